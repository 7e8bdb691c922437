//! The parent of a generation on the samples of a batch: activations, probabilities, and the roulette, by which
//! only some of the samples count that are nearly solved.

use crate::error::LengthError;
use crate::fitness::MAX_LOSS;
use crate::math;
use crate::objective::Batch;
use crate::slices::copy;
use crate::spread::{Parts, Spread};

/// The activations of sums.
#[inline(always)]
pub(super) fn activate(sums: &[f32], relu: bool, out: &mut [f32]) {
    copy(out, sums);
    if relu {
        for x in out.iter_mut().take(sums.len()) {
            *x = if *x > 0.0 { *x } else { 0.0 };
        }
    }
}

/// What is known of a sample from its logits.
pub(super) struct Judged {
    /// The probability of all wrong classes together.
    pub(super) rest: f32,
    pub(super) loss: f32,
    /// 1 if the largest logit is the label's, else 0.
    pub(super) right: f32,
}

/// Replaces the first `classes` logits of a row by their softmax, and what follows by 0.
#[inline(always)]
pub(super) fn softmax(row: &mut [f32], classes: usize, label: usize) -> Judged {
    let mut largest = f32::NEG_INFINITY;
    for &logit in row.iter().take(classes) {
        largest = if logit > largest { logit } else { largest };
    }
    let own = row.get(label).copied().unwrap_or(f32::NAN);
    for x in row.iter_mut().skip(classes) {
        *x = f32::NEG_INFINITY;
    }
    for x in row.iter_mut() {
        *x = math::exp(*x - largest);
    }
    let (mut sum, mut wrong) = (0.0, 0.0);
    for (class, &x) in row.iter().enumerate().take(classes) {
        sum += x;
        wrong += if class == label { 0.0 } else { x };
    }
    let inverse = 1.0 / sum;
    for x in row.iter_mut() {
        *x *= inverse;
    }
    let loss = math::ln(sum) - (own - largest);
    let loss = if loss < MAX_LOSS { loss } else { MAX_LOSS };
    Judged { rest: wrong * inverse, loss, right: f32::from(u8::from(own >= largest)) }
}

/// The weight of a sample, 0 if it does not count: unbiased, as the chance times the weight is always 1.
#[inline(always)]
pub(super) fn roulette(rest: f32, threshold: f32, word: u64) -> f32 {
    let (mut weight, mut limit) = (1_u16, threshold);
    for _ in 0..4 {
        if rest >= limit {
            break;
        }
        weight <<= 2;
        limit *= 0.25;
    }
    let mask = u64::from(weight).wrapping_sub(1);
    if word & mask == 0 { f32::from(weight) } else { 0.0 }
}

/// Packs a layer over the inputs; one part.
struct Pack<'a, B> {
    batch: &'a B,
    units: usize,
    weights: &'a [f32],
}

impl<B: Batch> Parts for Pack<'_, B> {
    type Out = f32;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        _index: usize,
        out: &mut [f32],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        self.batch.pack::<WIDTH>(self.units, self.weights, out)
    }
}

/// Packs a layer over the inputs.
pub(super) fn pack<B: Batch>(
    batch: &B,
    units: usize,
    weights: &[f32],
    packed: &mut [f32],
    spread: &mut impl Spread,
) -> Result<(), LengthError> {
    let whole = packed.len().max(1);
    spread.spread(packed, whole, &Pack { batch, units, weights })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive;
    use crate::slices::LANES;

    #[test]
    fn the_roulette_is_unbiased() {
        for (rest, chance) in
            [(0.5, 1), (0.05, 1), (0.049, 4), (0.012, 16), (0.003, 64), (0.0, 256)]
        {
            let (mut kept, mut total) = (0, 0.0);
            let draws = 200_000;
            for word in (0..draws).map(|index| derive(7, index)) {
                let weight = roulette(rest, 0.05, word);
                assert!(weight == 0.0 || weight == chance as f32);
                kept += u32::from(weight > 0.0);
                total += f64::from(weight);
            }
            let mean = total / draws as f64;
            // Five standard deviations of the mean of draws that are `chance` once in `chance` times.
            let deviation = libm::sqrt(f64::from(chance - 1) / draws as f64);
            assert!((mean - 1.0).abs() <= 5.0 * deviation, "{rest}: {mean}");
            assert!(kept > 0);
        }
        assert_eq!(roulette(0.0, 0.0, 1), 1.0);
    }

    #[test]
    fn a_softmax_with_its_loss_equals_the_oracle() {
        let logits = [1.0, -2.0, 0.5, 3.0];
        for label in 0..4_u8 {
            let mut row = [7.0; LANES];
            copy(&mut row, &logits);
            let judged = softmax(&mut row, 4, usize::from(label));
            assert_eq!(judged.loss, crate::fitness::cross_entropy(&logits, label));
            assert_eq!(judged.right, if label == 3 { 1.0 } else { 0.0 });
            let own = row.get(usize::from(label)).copied().unwrap();
            assert!((judged.rest - (1.0 - own)).abs() < 1e-6);
            assert!(row.iter().skip(4).all(|&x| x == 0.0));
        }
    }
}
