//! The mutants of filters and hidden neurons on the samples that count.
//!
//! A convolution is linear: the response of a direction on a sample is computed once and shared by all filters of the
//! layer and both signs. The mutant's channel is pooled and activated, and its change goes through that channel's slice
//! of the next layer, then through all layers behind it. The loss changes by
//! `ln(sum_c p_c exp(d_c)) - d_y`, d the change of the logits and p the parent's probabilities.

use super::layout::Rule;
use super::losses::{Known, Labels, difference, difference_and_sum, excess, finish, probabilities};
use super::parent::{Parent, Room};
use crate::batch::conv::Convolution;
use crate::batch::group::{lanes_mut, logits};
use crate::error::LengthError;
use crate::sample::Feature;
use crate::slices::{LANES, apart_mut, copy};
use crate::spread::{Parts, Phase};

/// Scores the mutants; a part is a lane group of samples, which gets its block.
pub(super) struct Score<'a, V> {
    pub(super) parent: Parent<'a, V>,
    pub(super) packed_entries: &'a [f32],
    /// Of the lane groups every so many-th scores the links before the last hidden one, from this one on.
    pub(super) early: (usize, usize),
}

impl<V: Feature> Score<'_, V> {
    /// Scores the mutants of a link: the difference of the losses of each pair, `[filter][direction]`, and their sum,
    /// if there is room for it.
    #[inline(always)]
    fn link<const WIDTH: usize>(
        &self,
        layer: usize,
        known: &Known<'_>,
        room: &mut Room<'_>,
        [differences, totals]: [&mut [f32]; 2],
    ) {
        let Parent { layout, .. } = self.parent;
        let Some((link, own)) = layout.at(layer) else { return };
        let kernel = link.inputs().saturating_mul(own.directions);
        let packed = self.packed_entries.get(own.packed..).unwrap_or(&[]);
        let (packed, bias) = packed.split_at_checked(kernel).unwrap_or_default();
        let bias = bias.get(..own.directions).unwrap_or(&[]);
        let project =
            Convolution { filters: own.directions, ..Convolution::of(link, packed, bias) };
        let input = room.parent.get(link.input_at..).unwrap_or(&[]);
        project.sums::<WIDTH>(input, &[], room.responses);
        let lanes = layout.rule.lanes();
        let excess = match layout.rule {
            Rule::Improving => excess(known.probabilities),
            Rule::Differences => [0.0; LANES],
        };
        let (mut differences, mut totals) = (differences, totals);
        for filter in 0..link.filters {
            for direction in 0..own.directions {
                self.parent.change(layer, filter, direction, room);
                self.parent.through::<WIDTH, 2>(layer, filter, room);
                let start = direction.saturating_mul(lanes);
                let sums = room.sums.get_mut(start..start.saturating_add(lanes));
                finish(room.logits, known, sums.unwrap_or_default());
            }
            let all = core::mem::take(&mut differences);
            let (to, rest) = all.split_at_mut_checked(own.directions).unwrap_or_default();
            differences = rest;
            if layout.rule == Rule::Differences {
                for (to, [plus, minus, change]) in to.iter_mut().zip(room.sums.as_chunks::<3>().0) {
                    let to = apart_mut(to);
                    *to = difference(plus, minus, change, &known.weights);
                }
                continue;
            }
            let all = core::mem::take(&mut totals);
            let (both, rest) = all.split_at_mut_checked(own.directions).unwrap_or_default();
            totals = rest;
            let to = to.iter_mut().zip(both);
            for ((to, both), sums) in to.zip(room.sums.as_chunks::<4>().0) {
                (*to, *both) = difference_and_sum(sums, &excess, &known.weights);
            }
        }
    }

    /// The losses of all pairs on a lane group of samples.
    #[inline(always)]
    fn links<const WIDTH: usize>(
        &self,
        index: usize,
        known: &Known<'_>,
        room: &mut Room<'_>,
        [differences, totals]: [&mut [f32]; 2],
    ) {
        let Parent { layout, .. } = self.parent;
        let hidden = layout.hidden().len();
        for layer in 0..hidden {
            let Some((link, own)) = layout.at(layer) else { continue };
            let length = link.filters.saturating_mul(own.directions);
            let range = own.differences..own.differences.saturating_add(length);
            let to = differences.get_mut(range.clone()).unwrap_or_default();
            let both = totals.get_mut(range).unwrap_or_default();
            if layer.saturating_add(1) == hidden || self.is_due(index) {
                self.link::<WIDTH>(layer, known, room, [to, both]);
            } else {
                to.fill(0.0);
                both.fill(0.0);
            }
        }
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
        let Parent { layout, .. } = self.parent;
        LengthError::at_least("room", layout.part, room.len())?;
        LengthError::exact("block", layout.block, out.len())?;
        let chain = &layout.chain;
        let mut room = self.parent.divide(room);
        let (members, weights) = self.parent.members(index);
        self.parent.forward::<WIDTH>(&members, &mut room);

        let (head, differences) = out.split_at_mut_checked(layout.differences).unwrap_or_default();
        let (own, features) = head.split_at_mut_checked(layout.activations).unwrap_or_default();
        let [first, own @ ..] = lanes_mut(own) else { return Ok(()) };
        *first = weights;
        probabilities(logits(chain, room.parent), own);
        let at = layout.output().map_or(0, |link| link.input_at);
        copy(features, room.parent.get(at..).unwrap_or(&[]).as_flattened());
        let labels = Labels::of(self.parent.rows.labels(), &members);
        let known = Known { labels, weights, probabilities: own };

        let sums = layout.sums.saturating_sub(layout.differences);
        let (differences, sums) = differences.split_at_mut_checked(sums).unwrap_or_default();
        self.links::<WIDTH>(index, &known, &mut room, [differences, sums]);
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
