//! The mutants of single output weights.
//!
//! The mutant of the weight from input i to class c changes the logit of c by `+-s A_i`, A the activations. The
//! change of a sample's loss is exactly `ln(1 + p_c (e^(+-s A_i) - 1)) -+ [c is the label] s A_i`. Two
//! exponentials serve all classes, and one logarithm a product of [`PRODUCT`] samples.

use super::score::{Rule, Score};
use crate::evolution::places::WEIGHT;
use crate::evolution::selection::better;
use crate::math;
use crate::slices::LANES;

/// Number of samples whose factors are multiplied before a logarithm.
const PRODUCT: usize = 8;

/// The largest change of a logit that is computed: eight factors of its exponential are finite.
const LARGEST_CHANGE: f32 = 10.0;

type Lanes = [f32; LANES];

/// The sums of a lane group of inputs, for each class.
struct Sums<'a> {
    /// Products of the factors of the last few samples, of the mutants in both signs.
    up: &'a mut [Lanes],
    down: &'a mut [Lanes],
    /// `L(-s) - L(+s)` so far.
    total: &'a mut [Lanes],
    /// `L(-s) + L(+s)` so far; empty if it is not needed.
    both: &'a mut [Lanes],
}

impl Sums<'_> {
    /// Adds one sample, without its weight.
    #[inline(always)]
    fn multiply(&mut self, changes: &Lanes, probabilities: &[f32]) {
        let (mut up, mut down) = ([0.0; LANES], [0.0; LANES]);
        for ((up, down), &change) in up.iter_mut().zip(&mut down).zip(changes) {
            *up = math::exp(change) - 1.0;
            *down = math::exp(-change) - 1.0;
        }
        let rows = self.up.iter_mut().zip(self.down.iter_mut());
        for ((products, inverse), &p) in rows.zip(probabilities) {
            for (product, up) in products.iter_mut().zip(&up) {
                *product *= 1.0 + p * up;
            }
            for (product, down) in inverse.iter_mut().zip(&down) {
                *product *= 1.0 + p * down;
            }
        }
    }

    /// Adds the logarithms of the products, times the weight of their samples.
    #[inline(always)]
    fn flush(&mut self, weight: f32) {
        for ((up, down), both) in self.up.iter().zip(&*self.down).zip(self.both.iter_mut()) {
            for ((up, down), both) in up.iter().zip(down).zip(both) {
                *both += weight * (math::ln(*down) + math::ln(*up));
            }
        }
        let rows = self.up.iter_mut().zip(self.down.iter_mut());
        for ((up, down), total) in rows.zip(self.total.iter_mut()) {
            for ((up, down), total) in up.iter_mut().zip(down).zip(total) {
                *total += weight * (math::ln(*down) - math::ln(*up));
                (*up, *down) = (1.0, 1.0);
            }
        }
    }
}

impl Score<'_> {
    /// `L(-s) - L(+s)` of the mutants of a lane group of inputs, `[class][LANES]`, or the sign of the one that
    /// improves the loss; the group after all inputs is the bias, whose input is 1.
    #[inline(always)]
    pub(super) fn output(&self, group: usize, out: &mut [f32], room: &mut [f32]) {
        let (_, output) = self.layout.split();
        let (classes, bias) = (output.units, group == output.inputs.div_ceil(LANES));
        let out = out.as_chunks_mut::<LANES>().0.get_mut(..classes).unwrap_or_default();
        let room = room.as_chunks_mut::<LANES>().0;
        let (up, rest) = room.split_at_mut_checked(classes).unwrap_or_default();
        let (down, rest) = rest.split_at_mut_checked(classes).unwrap_or_default();
        let improving = matches!(self.rule, Rule::Improving);
        let both = rest.get_mut(..if improving { classes } else { 0 }).unwrap_or_default();
        both.fill([0.0; LANES]);
        out.fill([0.0; LANES]);
        up.fill([1.0; LANES]);
        down.fill([1.0; LANES]);
        let mut sums = Sums { up, down, total: out, both };
        let (mut pending, mut weight) = (0_usize, 0.0);
        for &sample in self.samples {
            let own = self.blocks.record(sample).get(WEIGHT).copied().unwrap_or(0.0);
            if pending == PRODUCT || own != weight {
                sums.flush(weight);
                (pending, weight) = (0, own);
            }
            pending = pending.wrapping_add(1);
            let changes = if bias { self.bias() } else { self.changes(sample, group) };
            let probabilities = self.blocks.row(sample, output.sums, output.row());
            sums.multiply(&changes, probabilities);
            if let Some(total) = sums.total.get_mut(self.label(sample)) {
                for (total, change) in total.iter_mut().zip(changes) {
                    *total += weight * (change + change);
                }
            }
        }
        sums.flush(weight);
        for (total, both) in sums.total.iter_mut().zip(&*sums.both) {
            for (total, both) in total.iter_mut().zip(both) {
                *total = better(*total, *both);
            }
        }
    }

    /// The changes of a logit by the mutants of a lane group of inputs.
    #[inline(always)]
    fn changes(&self, sample: usize, group: usize) -> Lanes {
        let (hidden, output) = self.layout.split();
        let Some(before) = hidden.last() else { return [0.0; LANES] };
        let sums = self.blocks.row(sample, before.sums, before.row());
        let mut changes = sums.as_chunks::<LANES>().0.get(group).copied().unwrap_or_default();
        let first = group.saturating_mul(LANES);
        for (lane, x) in changes.iter_mut().enumerate() {
            let on = (*x > 0.0 || !before.relu) && first.wrapping_add(lane) < output.inputs;
            let change = if on { *x * self.output_sigma } else { 0.0 };
            let change = if change < LARGEST_CHANGE { change } else { LARGEST_CHANGE };
            *x = if change > -LARGEST_CHANGE { change } else { -LARGEST_CHANGE };
        }
        changes
    }

    fn bias(&self) -> Lanes {
        let mut changes = [0.0; LANES];
        if let Some(first) = changes.first_mut() {
            *first = self.output_sigma;
        }
        changes
    }
}
