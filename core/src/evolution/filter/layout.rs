//! Where each thing lies in the shared memory of a generation.

use super::survey::RECORD;
use crate::chain::{Chain, Link};
use crate::deploy::scales_of;
use crate::network::{MAX_LAYERS, Network};
use crate::slices::{LANES, row_length};

/// Most directions of a link.
pub(super) const DIRECTIONS: usize = 64;

/// What a filter takes of its mutants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Of each direction the difference of the losses of its mutants.
    Differences,
    /// The sum of the mutants that improve the loss, divided by the root of their number, if it improves the loss
    /// itself.
    Improving,
}

impl Rule {
    /// Numbers that are summed of a pair of mutants: the difference of their losses, and their sum.
    pub(super) const fn numbers(self) -> usize {
        match self {
            Self::Differences => 1,
            Self::Improving => 2,
        }
    }

    /// Lanes that are kept of a pair: the sums of both mutants, and for each number a change of the label's logit.
    pub(super) const fn lanes(self) -> usize {
        self.numbers().saturating_add(2)
    }
}

/// What is noted of a hidden link.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Own {
    /// Number of directions that are scored.
    pub(super) directions: usize,
    /// Number of directions that are made, whole lane groups: a row of their memory.
    pub(super) row: usize,
    /// Where its directions start: `[inputs + 1][row]`.
    pub(super) entries: usize,
    /// Where its packed directions start: the kernel, then the bias.
    pub(super) packed: usize,
    /// Where the differences of its mutants start in a block: `[filter][directions]`; and where their totals start:
    /// `[group of filters][directions][LANES]`. The sums stand apart in the same order.
    pub(super) differences: usize,
    pub(super) totals: usize,
}

/// The layout for a network and a number of samples.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) chain: Chain,
    own: [Own; MAX_LAYERS],
    /// Number of samples of a batch, and of weights.
    pub(super) samples: usize,
    pub(super) parameters: usize,
    /// Floats of the integers for which the genome stands, if it does, and of their scales.
    deployed: (usize, usize),
    /// Floats of all directions, and of the packed ones.
    entries: usize,
    packed: usize,
    pub(super) rule: Rule,
    /// Floats of all totals of differences, and of the children, if there are some.
    totals: usize,
    children: usize,
    /// Where the activations of the last hidden link start in a block, after the weights of the samples and the
    /// probabilities; where the differences start, and the sums, if they are wanted; floats of a block.
    pub(super) activations: usize,
    pub(super) differences: usize,
    pub(super) sums: usize,
    pub(super) block: usize,
    /// Floats that a part needs.
    pub(super) part: usize,
    /// The most directions of a link.
    pub(super) most: usize,
}

impl Layout {
    /// `None` for a network that is no [`Chain`], or has no hidden link.
    // A large result: returned by a call, it would take the stack of a microcontroller twice.
    #[inline(always)]
    pub(super) fn new(
        network: &Network,
        samples: usize,
        (early, late): (usize, usize),
        is_deployed: bool,
        rule: Rule,
    ) -> Option<Self> {
        let chain = Chain::of(network)?;
        let codes = if is_deployed { network.parameters() } else { 0 };
        let scales = if is_deployed { scales_of(&chain) } else { 0 };
        let (output, hidden) = chain.links().split_last()?;
        let last = hidden.len().checked_sub(1)?;
        let mut own = [Own::default(); MAX_LAYERS];
        let (mut entries, mut packed, mut differences) = (0_usize, 0_usize, 0_usize);
        let (mut totals, mut responses, mut changes) = (0_usize, 0, 0);
        for (index, (own, link)) in (0..usize::MAX).zip(own.iter_mut().zip(hidden)) {
            let directions = if index == last { late } else { early };
            let row = row_length(directions);
            *own = Own { directions, row, entries, packed, differences, totals };
            let rows = link.inputs().saturating_add(1);
            entries = entries.saturating_add(rows.saturating_mul(row));
            packed = packed.saturating_add(row_length(rows.saturating_mul(directions)));
            differences = differences.saturating_add(link.filters.saturating_mul(directions));
            let filters = row_length(link.filters);
            totals = totals.saturating_add(filters.saturating_mul(directions));
            // Of a link the maps of responses, of another perhaps the changes of a channel in both signs, are the most.
            responses = link.places().saturating_mul(directions).max(responses);
            let map = link.output.height.saturating_mul(link.output.width);
            changes = map.saturating_mul(2).max(changes);
        }
        let activations = output.filters.saturating_add(1).saturating_mul(LANES);
        let before = activations.saturating_add(output.inputs().saturating_mul(LANES));
        let memories = chain.lanes.saturating_mul(2);
        let most = early.max(late);
        let sums = most.saturating_mul(rule.lanes());
        let scratch = sums.saturating_add(output.filters.saturating_mul(2));
        let maps = responses.saturating_add(changes);
        let part = memories.saturating_add(maps).saturating_add(scratch).saturating_mul(LANES);
        Some(Self {
            own,
            samples,
            parameters: network.parameters(),
            deployed: (codes, scales),
            entries,
            packed,
            rule,
            totals,
            children: if rule == Rule::Improving { network.parameters() } else { 0 },
            activations,
            differences: before,
            sums: before.saturating_add(differences),
            block: row_length(before.saturating_add(differences.saturating_mul(rule.numbers()))),
            part,
            most,
            chain,
        })
    }

    /// The hidden links, each with what is noted of it.
    pub(super) fn hidden(&self) -> impl ExactSizeIterator<Item = (&Link, &Own)> {
        let hidden = self.chain.links().split_last().map_or(&[][..], |(_, hidden)| hidden);
        hidden.iter().zip(&self.own)
    }

    /// A hidden link with what is noted of it.
    pub(super) fn at(&self, layer: usize) -> Option<(&Link, &Own)> {
        self.hidden().nth(layer)
    }

    /// The output layer.
    pub(super) fn output(&self) -> Option<&Link> {
        self.chain.links().last()
    }

    /// Number of lane groups of so many samples.
    pub(super) const fn groups(samples: usize) -> usize {
        samples.div_ceil(LANES)
    }

    /// Floats of the differences of all output mutants: `[feature, the bias last][row of classes]`.
    pub(super) fn output_differences(&self) -> usize {
        let rows = |link: &Link| link.inputs().saturating_add(1);
        self.output().map_or(0, rows).saturating_mul(self.output_row())
    }

    /// Floats of a row of differences of output mutants.
    pub(super) fn output_row(&self) -> usize {
        self.output().map_or(0, |link| link.filters)
    }

    /// Floats of the shared memory.
    pub(super) fn shared(&self) -> usize {
        let groups = Self::groups(self.samples);
        let weights = row_length(self.parameters).saturating_mul(2);
        row_length(self.entries)
            .saturating_add(row_length(self.deployed.0))
            .saturating_add(row_length(self.deployed.1))
            .saturating_add(self.packed)
            .saturating_add(weights)
            .saturating_add(groups.saturating_mul(RECORD))
            .saturating_add(groups.saturating_mul(self.block))
            .saturating_add(self.totals.saturating_mul(self.rule.numbers()))
            .saturating_add(row_length(self.children).saturating_mul(2))
            .saturating_add(row_length(self.output_differences()))
    }
}

/// The first part of a slice.
fn take(slice: &mut [f32], length: usize) -> &mut [f32] {
    slice.get_mut(..length).unwrap_or_default()
}

/// The regions of the shared memory.
pub(super) struct Regions<'s> {
    /// The directions of all hidden links.
    pub(super) entries: &'s mut [f32],
    /// The same, packed.
    pub(super) packed_entries: &'s mut [f32],
    /// The integers for which the genome stands, if it does, and their scales.
    pub(super) codes: &'s mut [f32],
    pub(super) scales: &'s mut [f32],
    /// The packed genome, and the same channel by channel.
    pub(super) packed: &'s mut [f32],
    pub(super) slices: &'s mut [f32],
    /// A record for each lane group of the batch.
    pub(super) records: &'s mut [f32],
    /// A block for each lane group of the samples that count.
    pub(super) blocks: &'s mut [f32],
    /// The differences of all filters' mutants, and their sums, if they are wanted.
    pub(super) totals: &'s mut [f32],
    pub(super) sums: &'s mut [f32],
    /// The changes of the children in units of a mutation, as a genome, and the same packed.
    pub(super) children: &'s mut [f32],
    pub(super) packed_children: &'s mut [f32],
    /// Those of the output mutants.
    pub(super) output: &'s mut [f32],
}

impl<'s> Regions<'s> {
    pub(super) fn of(layout: &Layout, shared: &'s mut [f32]) -> Self {
        let mut rest = shared;
        let mut next = |length: usize| {
            let all = core::mem::take(&mut rest);
            let (own, after) = all.split_at_mut(length.min(all.len()));
            rest = after;
            own
        };
        let groups = Layout::groups(layout.samples);
        let (weights, children) = (row_length(layout.parameters), row_length(layout.children));
        Self {
            entries: next(row_length(layout.entries)),
            packed_entries: next(layout.packed),
            codes: take(next(row_length(layout.deployed.0)), layout.deployed.0),
            scales: take(next(row_length(layout.deployed.1)), layout.deployed.1),
            packed: next(weights),
            slices: next(weights),
            records: next(groups.saturating_mul(RECORD)),
            blocks: next(groups.saturating_mul(layout.block)),
            totals: next(layout.totals),
            sums: next(layout.totals.saturating_mul(layout.rule.numbers().saturating_sub(1))),
            children: take(next(children), layout.children),
            packed_children: next(children),
            output: next(row_length(layout.output_differences())),
        }
    }
}
