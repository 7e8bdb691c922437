//! The mutants of single output weights.
//!
//! The mutant of the weight from feature i to class c changes the logit of c by `+-s A_i`, A the activations. The
//! change of a sample's loss is exactly `ln(1 + p_c (e^(+-s A_i) - 1)) -+ [c is the label] s A_i`. Two
//! exponentials serve all classes, and one logarithm a product of [`PRODUCT`] samples of equal weight.

use super::layout::{Layout, Rule};
use super::losses::{logarithms, sum};
use crate::error::LengthError;
use crate::evolution::selection::better;
use crate::math;
use crate::slices::{LANES, apart_mut, parts, parts_mut};
use crate::spread::{Parts, Phase};

type Lanes = [f32; LANES];

/// Number of lane groups whose factors are multiplied before a logarithm.
const PRODUCT: usize = 8;

/// The largest change of a logit that is computed: the products of factors of its exponential are finite.
const LARGEST_CHANGE: f32 = 10.0;

/// Classes that are summed together: fewer on a microcontroller, whose stack is small.
const CLASSES: usize = if cfg!(target_os = "none") { 8 } else { 16 };

/// Features of a part.
pub(super) const FEATURES: usize = 8;

/// Scores the mutants of output weights; a part is of [`FEATURES`] features, the last one of the bias too.
pub(super) struct Output<'a> {
    pub(super) layout: &'a Layout,
    /// The blocks of the samples that count.
    pub(super) blocks: &'a [f32],
    /// Change of an output weight in a mutant.
    pub(super) sigma: f32,
    /// What a feature of 1 stands for.
    pub(super) unit: f32,
    /// The samples that count, and the labels of all.
    pub(super) samples: &'a [usize],
    pub(super) labels: &'a [u8],
}

/// Products of the factors of the last few samples, for both signs of a class, and so far the difference of the losses,
/// and their sum, if it is wanted.
#[derive(Clone, Copy)]
struct Sums<const BOTH: usize> {
    up: Lanes,
    down: Lanes,
    total: Lanes,
    both: [Lanes; BOTH],
}

impl<const BOTH: usize> Sums<BOTH> {
    const NONE: Self = Self {
        up: [1.0; LANES],
        down: [1.0; LANES],
        total: [0.0; LANES],
        both: [[0.0; LANES]; BOTH],
    };

    /// Adds a lane group of samples, without their weights.
    #[inline(always)]
    fn multiply(&mut self, p: &Lanes, up: &Lanes, down: &Lanes) {
        for ((product, p), up) in self.up.iter_mut().zip(p).zip(up) {
            *product *= 1.0 + p * up;
        }
        for ((product, p), down) in self.down.iter_mut().zip(p).zip(down) {
            *product *= 1.0 + p * down;
        }
    }

    /// Adds the logarithms of the products, times the weights of their samples.
    #[inline(always)]
    fn flush(&mut self, weights: &Lanes) {
        let (down, up) = (logarithms(&self.down), logarithms(&self.up));
        for ((total, weight), (up, down)) in
            self.total.iter_mut().zip(weights).zip(up.iter().zip(&down))
        {
            *total += weight * (down - up);
        }
        for both in &mut self.both {
            for ((both, weight), (up, down)) in
                both.iter_mut().zip(weights).zip(up.iter().zip(&down))
            {
                *both += weight * (down + up);
            }
        }
        (self.up, self.down) = ([1.0; LANES], [1.0; LANES]);
    }
}

impl Output<'_> {
    /// The differences of a feature, or of the bias after all features, for up to [`CLASSES`] classes from `first` on;
    /// or, with the sums, the signs of the mutants that improve the loss.
    // Apart on a microcontroller, where stack is dear: only one of the two is called.
    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn classes<const BOTH: usize>(
        &self,
        feature: usize,
        first: usize,
        classes: usize,
        out: &mut [f32],
    ) {
        let mut sums = [Sums::<BOTH>::NONE; CLASSES];
        let sums = sums.get_mut(..out.len()).unwrap_or_default();
        let (mut pending, mut last) = (0_usize, [0.0; LANES]);
        let inputs = self.layout.output().map_or(0, |link| link.inputs());
        let blocks = parts(self.blocks, self.layout.block);
        for (block, members) in blocks.zip(parts(self.samples, LANES)) {
            let block = block.as_chunks::<LANES>().0;
            let Some((weights, rest)) = block.split_first() else { continue };
            let (probabilities, features) = rest.split_at_checked(classes).unwrap_or_default();
            if pending == PRODUCT || *weights != last {
                for sums in sums.iter_mut() {
                    apart_mut(sums).flush(&last);
                }
                (pending, last) = (0, *weights);
            }
            pending = pending.wrapping_add(1);
            // The differences of other mutants stand behind the features.
            let feature = features.get(feature).filter(|_| feature < inputs);
            let (changes, up, down) = self.changes(feature);
            let probabilities = probabilities.get(first..).unwrap_or(&[]);
            for (p, sums) in probabilities.iter().zip(sums.iter_mut()) {
                let sums = apart_mut(sums);
                sums.multiply(p, &up, &down);
            }
            for ((member, lane), (weight, change)) in
                members.iter().zip(0..LANES).zip(weights.iter().zip(&changes))
            {
                let label = self.labels.get(*member).copied().map_or(usize::MAX, usize::from);
                let to = sums
                    .get_mut(label.wrapping_sub(first))
                    .and_then(|sums| sums.total.get_mut(lane));
                if let Some(to) = to {
                    *to += weight * (change + change);
                }
            }
        }
        for (out, sums) in out.iter_mut().zip(sums) {
            let sums = apart_mut(sums);
            sums.flush(&last);
            *out = sum(&sums.total);
            if let Some(both) = sums.both.first() {
                *out = better(*out, sum(both));
            }
        }
    }

    /// The changes of a logit, and their exponentials less 1, for both signs; without a feature those of the bias.
    #[inline(always)]
    fn changes(&self, feature: Option<&Lanes>) -> (Lanes, Lanes, Lanes) {
        let mut changes = [self.sigma; LANES];
        if let Some(feature) = feature {
            let sigma = self.sigma * self.unit;
            for (change, x) in changes.iter_mut().zip(feature) {
                let own = sigma * x;
                let own = if own < LARGEST_CHANGE { own } else { LARGEST_CHANGE };
                *change = if own > -LARGEST_CHANGE { own } else { -LARGEST_CHANGE };
            }
        }
        let (mut up, mut down) = ([0.0; LANES], [0.0; LANES]);
        for (up, change) in up.iter_mut().zip(&changes) {
            *up = math::exp(*change) - 1.0;
        }
        for (down, change) in down.iter_mut().zip(&changes) {
            *down = math::exp(-*change) - 1.0;
        }
        (changes, up, down)
    }
}

impl Parts for Output<'_> {
    type Out = f32;

    const PHASE: Phase = Phase::Scores;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let classes = self.layout.output_row();
        let first = index.saturating_mul(FEATURES);
        for (feature, out) in (first..usize::MAX).zip(parts_mut(out, classes)) {
            let mut class = 0_usize;
            for out in parts_mut(out, CLASSES) {
                match self.layout.rule {
                    Rule::Differences => self.classes::<0>(feature, class, classes, out),
                    Rule::Improving => self.classes::<1>(feature, class, classes, out),
                }
                class = class.saturating_add(CLASSES);
            }
        }
        Ok(())
    }
}
