//! The parent on the samples that count, a lane group at a time, and the change of one of its channels: through pooling
//! and activation, that channel's slice of the next layer, and all layers behind it, to the logits.

use super::layout::{Layout, Own};
use super::survey::members;
use crate::batch::conv::{Convolution, add_run, panel_size};
use crate::batch::group::{
    Weights, activate, forward, forward_from, gather, lanes_mut, logits, pooling, slice_of,
};
use crate::batch::pool::{Results, Values};
use crate::chain::Link;
use crate::deploy::Scale;
use crate::objective::Rows;
use crate::sample::Feature;
use crate::slices::{LANES, apart_mut};

type Lanes = [f32; LANES];

/// The parent, and the samples on which its mutants and children are scored.
pub(super) struct Parent<'a, V> {
    pub(super) layout: &'a Layout,
    /// A trait object, so that one copy of the code serves all kinds of samples.
    pub(super) rows: &'a dyn Rows<Value = V>,
    pub(super) weights: Weights<'a>,
    pub(super) slices: &'a [f32],
    /// The samples that count, and the records of all.
    pub(super) samples: &'a [usize],
    pub(super) records: &'a [f32],
    /// What an entry of a direction is multiplied by in a mutant, of links before the last hidden one, and of that.
    pub(super) sigmas: [f32; 2],
}

/// The working memory of a part.
pub(super) struct Room<'r> {
    /// The parent on the samples.
    pub(super) parent: &'r mut [Lanes],
    /// A mutant on the samples.
    pub(super) mutant: &'r mut [Lanes],
    /// The responses of the directions: `[direction][row][column]`.
    pub(super) responses: &'r mut [Lanes],
    /// The changes of a channel, of the mutants in both signs: `[sign][row][column]`.
    pub(super) changes: &'r mut [Lanes],
    /// The changes of the logits, `[class][sign]`.
    pub(super) logits: &'r mut [Lanes],
    /// For each direction the sums of both mutants, and the changes of the label's logit.
    pub(super) sums: &'r mut [Lanes],
}

/// A channel of a mutant before pooling, in one sign or in both.
struct Mutant<'a> {
    sums: &'a [Lanes],
    response: &'a [Lanes],
    sigma: f32,
}

impl Values<2> for Mutant<'_> {
    const WHOLE: bool = false;

    #[inline(always)]
    fn at(&self, place: usize) -> [Lanes; 2] {
        let (Some(sums), Some(response)) = (self.sums.get(place), self.response.get(place)) else {
            return [[0.0; LANES]; 2];
        };
        let (mut plus, mut minus) = (*sums, *sums);
        for ((plus, minus), response) in plus.iter_mut().zip(&mut minus).zip(response) {
            let change = self.sigma * response;
            *plus += change;
            *minus -= change;
        }
        [plus, minus]
    }
}

impl Values<1> for Mutant<'_> {
    const WHOLE: bool = false;

    #[inline(always)]
    fn at(&self, place: usize) -> [Lanes; 1] {
        let (Some(sums), Some(response)) = (self.sums.get(place), self.response.get(place)) else {
            return [[0.0; LANES]];
        };
        let mut plus = *sums;
        for (plus, response) in plus.iter_mut().zip(response) {
            *plus += self.sigma * response;
        }
        [plus]
    }
}

/// Takes the changes of a channel from the parent's, in one sign or in both.
struct Changes<'a> {
    /// The parent's map from the channel on.
    parent: &'a [Lanes],
    channels: usize,
    pluses: &'a mut [Lanes],
    minuses: &'a mut [Lanes],
}

impl Results<2> for Changes<'_> {
    #[inline(always)]
    fn put(&mut self, place: usize, [plus, minus]: &[Lanes; 2]) {
        let before = self.parent.get(place.wrapping_mul(self.channels));
        let to = (self.pluses.get_mut(place), self.minuses.get_mut(place));
        if let (Some(before), (Some(up), Some(down))) = (before, to) {
            for ((up, plus), before) in up.iter_mut().zip(plus).zip(before) {
                *up = plus - before;
            }
            for ((down, minus), before) in down.iter_mut().zip(minus).zip(before) {
                *down = minus - before;
            }
        }
    }
}

impl Results<1> for Changes<'_> {
    #[inline(always)]
    fn put(&mut self, place: usize, [plus]: &[Lanes; 1]) {
        let before = self.parent.get(place.wrapping_mul(self.channels));
        if let (Some(before), Some(up)) = (before, self.pluses.get_mut(place)) {
            for ((up, plus), before) in up.iter_mut().zip(plus).zip(before) {
                *up = plus - before;
            }
        }
    }
}

impl<V: Feature> Parent<'_, V> {
    pub(super) fn divide<'r>(&self, room: &'r mut [f32]) -> Room<'r> {
        let mut rest = lanes_mut(room);
        let mut next = |length: usize| {
            let all = core::mem::take(&mut rest);
            debug_assert!(length <= all.len(), "the room of a part is too short");
            let (own, after) = all.split_at_mut(length.min(all.len()));
            rest = after;
            own
        };
        let lanes = self.layout.chain.lanes;
        let classes = self.layout.chain.outputs();
        let (parent, mutant) = (next(lanes), next(lanes));
        let sums = self.layout.most.saturating_mul(self.layout.rule.lanes());
        let (logits, sums) = (next(classes.saturating_mul(2)), next(sums));
        let most = |size: fn(&Link, &Own) -> usize| {
            self.layout.hidden().map(|(link, own)| size(link, own)).max().unwrap_or(0)
        };
        let responses = next(most(|link, own| link.places().saturating_mul(own.directions)));
        let changes = next(most(|link, _| map(link).saturating_mul(2)));
        Room { parent, mutant, responses, changes, logits, sums }
    }

    /// The index and the weight of each sample of a part; past the end the first sample, which does not count.
    pub(super) fn members(&self, part: usize) -> ([usize; LANES], Lanes) {
        members(self.samples, self.records, part)
    }

    /// Takes the parent through these samples.
    #[inline(always)]
    pub(super) fn forward<const WIDTH: usize>(
        &self,
        members: &[usize; LANES],
        room: &mut Room<'_>,
    ) {
        let chain = &self.layout.chain;
        let input = room.parent.get_mut(..chain.input.elements()).unwrap_or_default();
        gather(self.rows, members, input);
        forward::<WIDTH>(chain, &self.weights, room.parent);
    }

    /// The change of a filter's channel by sigma times a response, in both signs.
    #[inline(always)]
    pub(super) fn change(
        &self,
        layer: usize,
        filter: usize,
        direction: usize,
        room: &mut Room<'_>,
    ) {
        let Some(link) = self.layout.chain.links().get(layer) else { return };
        let mutant = Mutant {
            sums: room.parent.get(channel(link, link.sums_at, filter)).unwrap_or(&[]),
            response: room.responses.get(channel(link, 0, direction)).unwrap_or(&[]),
            sigma: self.sigma(layer, link, filter),
        };
        let parent = room.parent.get(link.output_at.saturating_add(filter)..).unwrap_or(&[]);
        let (pluses, minuses) = room.changes.split_at_mut_checked(map(link)).unwrap_or_default();
        let mut changes = Changes { parent, channels: link.filters, pluses, minuses };
        let pooling = pooling(&self.layout.chain, link, filter, self.weights.scales);
        pooling.each::<2>(&mutant, &mut changes);
    }

    /// The change of a filter's channel by its child, whose responses stand where a mutant's sums do.
    #[inline(always)]
    pub(super) fn change_by_child(&self, layer: usize, filter: usize, room: &mut Room<'_>) {
        let Some(link) = self.layout.chain.links().get(layer) else { return };
        let own = channel(link, link.sums_at, filter);
        let mutant = Mutant {
            sums: room.parent.get(own.clone()).unwrap_or(&[]),
            response: room.mutant.get(own).unwrap_or(&[]),
            sigma: self.sigma(layer, link, filter),
        };
        let parent = room.parent.get(link.output_at.saturating_add(filter)..).unwrap_or(&[]);
        let pluses = &mut *room.changes;
        let mut changes = Changes { parent, channels: link.filters, pluses, minuses: &mut [] };
        let pooling = pooling(&self.layout.chain, link, filter, self.weights.scales);
        pooling.each::<1>(&mutant, &mut changes);
    }

    /// What an entry of a direction is multiplied by in a mutant of a filter, in units of its sums.
    #[inline(always)]
    fn sigma(&self, layer: usize, link: &Link, filter: usize) -> f32 {
        let [early, late] = self.sigmas;
        let is_last = layer.saturating_add(1) == self.layout.hidden().len();
        let sigma = if is_last { late } else { early };
        match Scale::of(self.weights.scales, link.first_filter.saturating_add(filter)) {
            Some(Scale { unit, .. }) => sigma / unit,
            None => sigma,
        }
    }

    /// Takes the changes of a channel, in one sign or in both, through the layers behind, to the changes of the logits,
    /// `[class][sign]`.
    #[inline(always)]
    pub(super) fn through<const WIDTH: usize, const SIGNS: usize>(
        &self,
        layer: usize,
        filter: usize,
        room: &mut Room<'_>,
    ) {
        let chain = &self.layout.chain;
        let after = layer.saturating_add(1);
        let Some(next) = chain.links().get(after) else { return };
        let slice = slice_of(next, filter, self.slices);
        let classes = chain.outputs();
        let size = next.input.height.saturating_mul(next.input.width);
        let (pluses, minuses) = room.changes.split_at_mut_checked(size).unwrap_or_default();
        let minuses = minuses.get(..size).unwrap_or(&[]);
        let both = [&*pluses, minuses];
        let Some(signs) = both.first_chunk::<SIGNS>() else { return };
        if after.saturating_add(1) == chain.links().len() {
            products::<WIDTH, SIGNS>(slice, signs, classes, room.logits);
            return;
        }
        let convolution = Convolution { channels: 1, ..Convolution::of(next, slice, &[]) };
        for (sign, changes) in (0..SIGNS).zip(signs) {
            let sums = next.sums_at..next.sums_at.saturating_add(next.sums());
            let base = room.parent.get(sums.clone()).unwrap_or(&[]);
            let to = room.mutant.get_mut(sums).unwrap_or_default();
            convolution.sums::<WIDTH>(changes, base, to);
            activate(chain, next, self.weights.scales, room.mutant);
            forward_from::<WIDTH>(chain, after.saturating_add(1), &self.weights, room.mutant);
            let (mutant, parent) = (logits(chain, room.mutant), logits(chain, room.parent));
            let out = room.logits.as_chunks_mut::<SIGNS>().0.iter_mut();
            for ((to, mutant), parent) in out.zip(mutant).zip(parent) {
                let Some(to) = to.get_mut(sign) else { continue };
                let to = apart_mut(to);
                for ((to, mutant), parent) in to.iter_mut().zip(mutant).zip(parent) {
                    *to = mutant - parent;
                }
            }
        }
    }
}

/// The places of a channel in the sums of a link, which start at `start`.
fn channel(link: &Link, start: usize, index: usize) -> core::ops::Range<usize> {
    let first = start.saturating_add(index.saturating_mul(link.places()));
    first..first.saturating_add(link.places())
}

/// Places of a channel of a link's output.
const fn map(link: &Link) -> usize {
    link.output.height.saturating_mul(link.output.width)
}

/// The products of a slice of the output layer with the changes in each sign: `[class][sign]`.
#[inline(always)]
fn products<const WIDTH: usize, const SIGNS: usize>(
    slice: &[f32],
    signs: &[&[Lanes]; SIGNS],
    classes: usize,
    out: &mut [Lanes],
) {
    let taps = signs.first().map_or(0, |changes| changes.len());
    let (mut first, mut rest) = (0_usize, slice);
    while first < classes {
        let size = panel_size(WIDTH, classes.saturating_sub(first));
        let length = size.saturating_mul(taps);
        let (panel, after) = rest.split_at_checked(length).unwrap_or_default();
        rest = after;
        match size {
            4 => panel_products::<4, SIGNS>(panel, signs, first, out),
            2 => panel_products::<2, SIGNS>(panel, signs, first, out),
            _ => panel_products::<1, SIGNS>(panel, signs, first, out),
        }
        first = first.saturating_add(size);
    }
}

#[inline(always)]
fn panel_products<const C: usize, const SIGNS: usize>(
    panel: &[f32],
    signs: &[&[Lanes]; SIGNS],
    first: usize,
    out: &mut [Lanes],
) {
    let mut sums = [[[0.0; LANES]; SIGNS]; C];
    add_run(panel.as_chunks::<C>().0, *signs, &mut sums);
    let to = out.as_chunks_mut::<SIGNS>().0.get_mut(first..);
    if let Some(to) = to.and_then(|to| to.first_chunk_mut::<C>()) {
        *to = sums;
    }
}
