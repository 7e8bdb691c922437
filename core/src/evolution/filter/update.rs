//! Recombination: `sum_k f_k D_k` for each filter, in which its weights take a step.

use super::layout::{Layout, Own};
use crate::chain::Link;
use crate::error::LengthError;
use crate::evolution::weights::{self, Block, Directions, Kind, ROWS, Step, blocks};
use crate::slices::{LANES, parts};
use crate::spread::{Parts, Phase, Spread};

type Lanes = [f32; LANES];

/// Sums what the filters' mutants have from `start` on in each block, differences or sums, over all blocks, in order:
/// `[link][group of filters][direction][LANES]`.
pub(super) fn total(layout: &Layout, blocks: &[f32], start: usize, totals: &mut [f32]) {
    totals.fill(0.0);
    for block in parts(blocks, layout.block) {
        let differences = block.get(start..).unwrap_or(&[]);
        for (link, own) in layout.hidden() {
            let rows = differences.get(own.differences..).unwrap_or(&[]);
            let rows = parts(rows, own.directions).take(link.filters);
            for (filter, row) in (0..usize::MAX).zip(rows) {
                let group = (filter / LANES).saturating_mul(own.directions);
                let start = own.totals.saturating_add(group.saturating_mul(LANES));
                let to = totals.get_mut(start..).unwrap_or_default().as_chunks_mut::<LANES>().0;
                for (to, difference) in to.iter_mut().zip(row) {
                    if let Some(to) = to.get_mut(filter % LANES) {
                        *to += difference;
                    }
                }
            }
        }
    }
}

/// Moves the weights and moments of a state by what their filters take of the directions: `[entries, totals, output]`, the
/// directions, what [`total`] wrote, and the differences of the output mutants.
// Apart on a microcontroller, where its stack would be in that of the caller.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn recombine<S: Step>(
    layout: &Layout,
    [entries, totals, output]: [&[f32]; 3],
    step: &S,
    state: [&mut [f32]; 3],
    spread: &mut impl Spread,
) -> Result<(), LengthError> {
    let mut rows = heapless::Vec::new();
    let layers = layout.chain.links().iter().map(|link| (link.inputs(), link.filters));
    blocks(layers, state, &mut rows);
    let blocks = core::marker::PhantomData;
    let work = Update { layout, entries, totals, output, step, blocks };
    spread.spread(&mut rows, 1, &work)
}

/// Updates the blocks of weights; a part is one.
struct Update<'a, 's, S> {
    layout: &'a Layout,
    entries: &'a [f32],
    /// What [`total`] wrote.
    totals: &'a [f32],
    /// The differences of the output mutants.
    output: &'a [f32],
    step: &'a S,
    blocks: core::marker::PhantomData<Block<'s>>,
}

impl<'s, S: Step> Update<'_, 's, S> {
    /// The output layer, whose mutants are single weights: the differences are the direction.
    fn output(&self, block: &mut Block<'s>) {
        let classes = self.layout.output_row();
        let start = block.first.saturating_mul(classes);
        let length = block.weights.len();
        let directions = self.output.get(start..).unwrap_or(&[]);
        let [weights, first, second] = block.rows(0, length);
        self.step.each(Kind::Output, directions, weights, [first, second]);
    }
}

impl<S: Step> Directions for Update<'_, '_, S> {
    #[inline(always)]
    fn of(&self, layer: usize, first: usize, group: usize) -> [Lanes; ROWS] {
        let none = [[0.0; LANES]; ROWS];
        let Some((_, own)) = self.layout.at(layer) else { return none };
        let Own { directions, row, entries, totals, .. } = *own;
        let start = entries.saturating_add(first.saturating_mul(row));
        let entries = self.entries.get(start..).unwrap_or(&[]);
        let start = group.saturating_mul(directions).saturating_mul(LANES);
        let x = self.totals.get(totals.saturating_add(start)..).unwrap_or(&[]);
        weights::recombine(none, entries, row, x.as_chunks().0.get(..directions).unwrap_or(&[]))
    }
}

impl<'s, S: Step> Parts for Update<'_, 's, S> {
    type Out = Block<'s>;

    const PHASE: Phase = Phase::Step;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        _index: usize,
        out: &mut [Block<'s>],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let hidden = self.layout.hidden().len();
        for block in out {
            let kind =
                if block.layer.saturating_add(1) < hidden { Kind::First } else { Kind::Hidden };
            match self.layout.at(block.layer) {
                Some((Link { filters, .. }, _)) => block.step((self.step, kind), *filters, self),
                None => self.output(block),
            }
        }
        Ok(())
    }
}
