//! The mutants of filters and hidden neurons on the samples that count.
//!
//! A convolution is linear: the response of a direction on a sample is computed once and shared by all filters of the
//! layer and both signs. The mutant's channel is pooled and activated, and its change goes through that channel's slice
//! of the next layer, then through all layers behind it. The loss changes by
//! `ln(sum_c p_c exp(d_c)) - d_y`, d the change of the logits and p the parent's probabilities.

use super::layout::{Layout, Own};
use super::losses::{Known, Labels, difference, finish, probabilities};
use super::survey::members;
use crate::batch::conv::{Convolution, add_run, panel_size};
use crate::batch::group::{
    Weights, activate, forward, forward_from, gather, lanes_mut, logits, pooling, slice_of,
};
use crate::batch::pool::{Results, Values};
use crate::chain::Link;
use crate::deploy::Scale;
use crate::error::LengthError;
use crate::objective::Rows;
use crate::sample::Feature;
use crate::slices::{LANES, apart_mut, copy};
use crate::spread::{Parts, Phase};

type Lanes = [f32; LANES];

/// Scores the mutants; a part is a lane group of samples, which gets its block.
pub(super) struct Score<'a, V> {
    pub(super) layout: &'a Layout,
    /// A trait object, so that one copy of the code serves all kinds of samples.
    pub(super) rows: &'a dyn Rows<Value = V>,
    pub(super) weights: Weights<'a>,
    pub(super) slices: &'a [f32],
    pub(super) packed_entries: &'a [f32],
    /// The samples that count, and the records of all.
    pub(super) samples: &'a [usize],
    pub(super) records: &'a [f32],
    /// What an entry of a direction is multiplied by in a mutant.
    pub(super) sigma: f32,
    /// Of the lane groups every so many-th scores the links before the last hidden one, from this one on.
    pub(super) early: (usize, usize),
}

/// The working memory of a part.
struct Room<'r> {
    /// The parent on the samples.
    parent: &'r mut [Lanes],
    /// A mutant on the samples.
    mutant: &'r mut [Lanes],
    /// The responses of the directions: `[direction][row][column]`.
    responses: &'r mut [Lanes],
    /// The changes of a channel, of the mutants in both signs: `[sign][row][column]`.
    changes: &'r mut [Lanes],
    /// The changes of the logits, `[class][sign]`.
    logits: &'r mut [Lanes],
    /// For each direction the sums of both mutants, and the change of the label's logit.
    sums: &'r mut [Lanes],
}

/// A channel of a mutant before pooling, in both signs.
struct Mutant<'a> {
    sums: &'a [Lanes],
    response: &'a [Lanes],
    sigma: f32,
}

impl Values<2> for Mutant<'_> {
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

/// Takes the changes of a channel from the parent's, in both signs.
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

impl<V: Feature> Score<'_, V> {
    fn divide<'r>(&self, room: &'r mut [f32]) -> Room<'r> {
        let mut rest = lanes_mut(room);
        let mut next = |length: usize| {
            let all = core::mem::take(&mut rest);
            let (own, after) = all.split_at_mut(length.min(all.len()));
            rest = after;
            own
        };
        let lanes = self.layout.chain.lanes;
        let classes = self.layout.chain.outputs();
        let (parent, mutant) = (next(lanes), next(lanes));
        let (logits, sums) =
            (next(classes.saturating_mul(2)), next(self.layout.most.saturating_mul(3)));
        let most = |size: fn(&Link, &Own) -> usize| {
            self.layout.hidden().map(|(link, own)| size(link, own)).max().unwrap_or(0)
        };
        let responses = next(most(|link, own| link.places().saturating_mul(own.directions)));
        let changes = next(most(|link, _| map(link).saturating_mul(2)));
        Room { parent, mutant, responses, changes, logits, sums }
    }

    /// Scores the mutants of a link: the difference of the losses of each pair, `[filter][direction]`.
    #[inline(always)]
    fn link<const WIDTH: usize>(
        &self,
        layer: usize,
        known: &Known<'_>,
        room: &mut Room<'_>,
        out: &mut [f32],
    ) {
        let Some((link, own)) = self.layout.at(layer) else { return };
        let kernel = link.inputs().saturating_mul(own.directions);
        let packed = self.packed_entries.get(own.packed..).unwrap_or(&[]);
        let (packed, bias) = packed.split_at_checked(kernel).unwrap_or_default();
        let bias = bias.get(..own.directions).unwrap_or(&[]);
        let project =
            Convolution { filters: own.directions, ..Convolution::of(link, packed, bias) };
        let input = room.parent.get(link.input_at..).unwrap_or(&[]);
        project.sums::<WIDTH>(input, &[], room.responses);
        let mut out = out;
        for filter in 0..link.filters {
            for direction in 0..own.directions {
                self.change(link, filter, direction, room);
                self.through::<WIDTH>(layer, filter, room);
                let sums = room.sums.as_chunks_mut::<3>().0.get_mut(direction);
                if let Some(sums) = sums {
                    *sums = finish(room.logits, known);
                }
            }
            let all = core::mem::take(&mut out);
            let (own, rest) = all.split_at_mut_checked(own.directions).unwrap_or_default();
            out = rest;
            for (to, [plus, minus, change]) in own.iter_mut().zip(room.sums.as_chunks::<3>().0) {
                let to = apart_mut(to);
                *to = difference(plus, minus, change, &known.weights);
            }
        }
    }

    /// The change of a filter's channel by a direction, in both signs.
    #[inline(always)]
    fn change(&self, link: &Link, filter: usize, direction: usize, room: &mut Room<'_>) {
        let places = link.places();
        let of = |maps: usize, index: usize| {
            let start = maps.saturating_add(index.saturating_mul(places));
            start..start.saturating_add(places)
        };
        let mutant = Mutant {
            sums: room.parent.get(of(link.sums_at, filter)).unwrap_or(&[]),
            response: room.responses.get(of(0, direction)).unwrap_or(&[]),
            sigma: match Scale::of(self.weights.scales, link.first_filter.saturating_add(filter)) {
                Some(Scale { unit, .. }) => self.sigma / unit,
                None => self.sigma,
            },
        };
        let parent = room.parent.get(link.output_at.saturating_add(filter)..).unwrap_or(&[]);
        let (pluses, minuses) = room.changes.split_at_mut_checked(map(link)).unwrap_or_default();
        let mut changes = Changes { parent, channels: link.filters, pluses, minuses };
        let pooling = pooling(&self.layout.chain, link, filter, self.weights.scales);
        pooling.each(&mutant, &mut changes);
    }

    /// Takes the change of a channel through the layers behind, to the changes of the logits.
    #[inline(always)]
    fn through<const WIDTH: usize>(&self, layer: usize, filter: usize, room: &mut Room<'_>) {
        let chain = &self.layout.chain;
        let after = layer.saturating_add(1);
        let Some(next) = chain.links().get(after) else { return };
        let slice = slice_of(next, filter, self.slices);
        let classes = chain.outputs();
        let size = next.input.height.saturating_mul(next.input.width);
        let (pluses, minuses) = room.changes.split_at_mut_checked(size).unwrap_or_default();
        let minuses = minuses.get(..size).unwrap_or(&[]);
        if after.saturating_add(1) == chain.links().len() {
            products::<WIDTH>(slice, [&*pluses, minuses], classes, room.logits);
            return;
        }
        let convolution = Convolution { channels: 1, ..Convolution::of(next, slice, &[]) };
        for (sign, changes) in [0, 1].into_iter().zip([&*pluses, minuses]) {
            let sums = next.sums_at..next.sums_at.saturating_add(next.sums());
            let base = room.parent.get(sums.clone()).unwrap_or(&[]);
            let to = room.mutant.get_mut(sums).unwrap_or_default();
            convolution.sums::<WIDTH>(changes, base, to);
            activate(chain, next, self.weights.scales, room.mutant);
            forward_from::<WIDTH>(chain, after.saturating_add(1), &self.weights, room.mutant);
            let (mutant, parent) = (logits(chain, room.mutant), logits(chain, room.parent));
            let out = room.logits.as_chunks_mut::<2>().0.iter_mut();
            for ((to, mutant), parent) in out.zip(mutant).zip(parent) {
                let [plus, minus] = apart_mut(to);
                let to = if sign == 0 { plus } else { minus };
                for ((to, mutant), parent) in to.iter_mut().zip(mutant).zip(parent) {
                    *to = mutant - parent;
                }
            }
        }
    }
}

/// Places of a channel of a link's output.
const fn map(link: &Link) -> usize {
    link.output.height.saturating_mul(link.output.width)
}

/// The products of a slice of the output layer with the changes in both signs: `[class][sign]`.
#[inline(always)]
fn products<const WIDTH: usize>(
    slice: &[f32],
    signs: [&[Lanes]; 2],
    classes: usize,
    out: &mut [Lanes],
) {
    let taps = signs[0].len();
    let (mut first, mut rest) = (0_usize, slice);
    while first < classes {
        let size = panel_size(WIDTH, classes.saturating_sub(first));
        let length = size.saturating_mul(taps);
        let (panel, after) = rest.split_at_checked(length).unwrap_or_default();
        rest = after;
        match size {
            4 => panel_products::<4>(panel, signs, first, out),
            2 => panel_products::<2>(panel, signs, first, out),
            _ => panel_products::<1>(panel, signs, first, out),
        }
        first = first.saturating_add(size);
    }
}

#[inline(always)]
fn panel_products<const C: usize>(
    panel: &[f32],
    signs: [&[Lanes]; 2],
    first: usize,
    out: &mut [Lanes],
) {
    let mut sums = [[[0.0; LANES]; 2]; C];
    add_run(panel.as_chunks::<C>().0, signs, &mut sums);
    let to = out.as_chunks_mut::<2>().0.get_mut(first..);
    if let Some(to) = to.and_then(|to| to.first_chunk_mut::<C>()) {
        *to = sums;
    }
}

impl<V: Feature> Parts for Score<'_, V> {
    type Out = f32;

    const PHASE: Phase = Phase::Scores;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        LengthError::at_least("room", self.layout.part, room.len())?;
        LengthError::exact("block", self.layout.block, out.len())?;
        let chain = &self.layout.chain;
        let mut room = self.divide(room);
        let (members, weights) = members(self.samples, self.records, index);
        let input = room.parent.get_mut(..chain.input.elements()).unwrap_or_default();
        gather(self.rows, &members, input);
        forward::<WIDTH>(chain, &self.weights, room.parent);

        let (head, differences) =
            out.split_at_mut_checked(self.layout.differences).unwrap_or_default();
        let (own, features) =
            head.split_at_mut_checked(self.layout.activations).unwrap_or_default();
        let [first, own @ ..] = lanes_mut(own) else { return Ok(()) };
        *first = weights;
        probabilities(logits(chain, room.parent), own);
        let output = self.layout.output();
        let at = output.map_or(0, |link| link.input_at);
        copy(features, room.parent.get(at..).unwrap_or(&[]).as_flattened());
        let labels = Labels::of(self.rows.labels(), &members);
        let known = Known { labels, weights, probabilities: own };

        let hidden = self.layout.hidden().len();
        for layer in 0..hidden {
            let Some((link, own)) = self.layout.at(layer) else { continue };
            let length = link.filters.saturating_mul(own.directions);
            let end = own.differences.saturating_add(length);
            let to = differences.get_mut(own.differences..end).unwrap_or_default();
            if layer.saturating_add(1) == hidden || self.is_due(index) {
                self.link::<WIDTH>(layer, &known, &mut room, to);
            } else {
                to.fill(0.0);
            }
        }
        Ok(())
    }
}

impl<V> Score<'_, V> {
    /// Whether a part scores the mutants of early links.
    pub(super) fn is_due(&self, part: usize) -> bool {
        let (every, first) = self.early;
        part.saturating_add(first).checked_rem(every).is_none_or(|rest| rest == 0)
    }
}
