//! The parent of a generation on the samples of a batch: sums, probabilities, and the roulette, by which only some
//! of the samples count that are nearly solved.

use super::places::{Grid, LOSS, MOST, Place, RIGHT, WEIGHT, region, widest};
use crate::batch::PackedLayer;
use crate::error::LengthError;
use crate::fitness::MAX_LOSS;
use crate::layers::Activation;
use crate::math;
use crate::objective::{Batch, First};
use crate::rng::derive;
use crate::slices::{copy, parts_mut};
use crate::spread::{Parts, Phase, Spread};

/// The parent on the samples of a batch.
pub(super) struct Parent<'a, B> {
    pub(super) batch: &'a B,
    pub(super) genome: &'a [f32],
    /// The packed weights of the first layer.
    pub(super) packed: &'a [f32],
    /// The probability of wrong classes below which the roulette begins.
    pub(super) roulette: f32,
    /// The seed of the roulette's words.
    pub(super) seed: u64,
}

impl<B: Batch> Parent<'_, B> {
    /// Floats of working memory of a part.
    pub(super) fn room<X>(places: &[Place<X>], grid: &Grid) -> usize {
        let packed = |place: &Place<X>| PackedLayer::<1>::packed_length(place.inputs, place.units);
        let weights = places.iter().skip(1).map(packed).max().unwrap_or(0);
        widest(places).saturating_mul(grid.part).saturating_add(weights)
    }

    /// Writes the block of a part: the sums of all layers, the probabilities, the records. Says which of its
    /// samples count.
    #[inline(always)]
    pub(super) fn part<X, const WIDTH: usize>(
        &self,
        places: &[Place<X>],
        grid: &Grid,
        part: usize,
        out: &mut [f32],
        room: &mut [f32],
    ) -> Result<[bool; MOST], LengthError> {
        LengthError::at_least("room", Self::room(places, grid), room.len())?;
        self.sums::<X, WIDTH>(places, grid, part, out, room)?;
        let mut wanted = [false; MOST];
        if let Some(output) = places.last() {
            self.judge(output, grid, part, out, &mut wanted);
        }
        Ok(wanted)
    }

    /// The sums of all layers; those of the output layer are the logits.
    #[inline(always)]
    fn sums<X, const WIDTH: usize>(
        &self,
        places: &[Place<X>],
        grid: &Grid,
        part: usize,
        out: &mut [f32],
        room: &mut [f32],
    ) -> Result<(), LengthError> {
        let rows = widest(places).saturating_mul(grid.part);
        let (hidden, packed) = room.split_at_mut_checked(rows).unwrap_or_default();
        let count = grid.count(part);
        let mut before: Option<&Place<X>> = None;
        for place in places {
            let weights = place.weights_of(self.genome);
            if let Some(before) = before {
                let sums = region(out, before.sums, before.row(), count);
                activate(sums, before.relu, hidden);
                let kernel = place.inputs.saturating_mul(place.units);
                let (kernel, bias) = weights.split_at_checked(kernel).unwrap_or_default();
                let linear = Activation::Linear;
                let layer = PackedLayer::<1>::new(place.inputs, kernel, bias, linear, packed)?;
                let to = region(out, place.sums, place.row(), count);
                layer.dense(hidden, before.row(), count, to)?;
            } else {
                let layer = First { units: place.units, weights, packed: self.packed };
                let to = region(out, place.sums, place.row(), count);
                self.batch.sums::<WIDTH>(part, layer, None, to)?;
            }
            before = Some(place);
        }
        Ok(())
    }

    /// Replaces logits by probabilities, and writes the records; notes which samples count.
    #[inline(always)]
    fn judge<X>(
        &self,
        output: &Place<X>,
        grid: &Grid,
        part: usize,
        out: &mut [f32],
        wanted: &mut [bool; MOST],
    ) {
        let (sums, records) = out.split_at_mut_checked(grid.records).unwrap_or_default();
        let logits = region(sums, output.sums, output.row(), grid.count(part));
        let first = part.saturating_mul(grid.part);
        let labels = self.batch.labels().get(first..).unwrap_or(&[]);
        let rows = parts_mut(logits, output.row()).zip(parts_mut(records, grid.record));
        for (place, (((row, record), &label), wanted)) in
            (0..MOST).zip(rows.zip(labels).zip(wanted.iter_mut()))
        {
            let judged = softmax(row, output.units, usize::from(label));
            let word = derive(self.seed, first.wrapping_add(place) as u64);
            let weight = roulette(judged.rest, self.roulette, word);
            *wanted = weight > 0.0;
            for (to, value) in record.iter_mut().zip([weight, judged.loss, judged.right]) {
                *to = value;
            }
        }
        debug_assert_eq!((WEIGHT, LOSS, RIGHT), (0, 1, 2));
    }
}

/// Writes the mean loss and the accuracy of the parent over so many samples, from the loss of each and 1 if it is
/// right, else 0.
pub(super) fn record(samples: usize, of: impl Fn(usize) -> (f32, f32), record: &mut [f32]) {
    let (mut loss, mut right) = (0.0_f64, 0_u32);
    for sample in 0..samples {
        let (own, is_right) = of(sample);
        loss += f64::from(own);
        right = right.saturating_add(u32::from(is_right == 1.0));
    }
    if let [to, accuracy] = record {
        *to = (loss / samples as f64) as f32;
        *accuracy = right as f32 / samples as f32;
    }
}

/// The samples that count, by weight and then by index.
pub(super) fn pick(
    samples: usize,
    weight_of: impl Fn(usize) -> f32,
    picks: &mut [usize],
) -> &[usize] {
    let mut count = 0_usize;
    for level in 0..5_u32 {
        let weight = (1_u32 << (2 * level)) as f32;
        for sample in 0..samples {
            if weight_of(sample) == weight
                && let Some(place) = picks.get_mut(count)
            {
                *place = sample;
                count = count.saturating_add(1);
            }
        }
    }
    picks.get(..count).unwrap_or(&[])
}

/// The samples that count, by index.
pub(super) fn counting(
    samples: usize,
    weight_of: impl Fn(usize) -> f32,
    picks: &mut [usize],
) -> &[usize] {
    let mut count = 0_usize;
    for sample in 0..samples {
        if weight_of(sample) > 0.0
            && let Some(place) = picks.get_mut(count)
        {
            *place = sample;
            count = count.saturating_add(1);
        }
    }
    picks.get(..count).unwrap_or(&[])
}

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
struct Judged {
    /// The probability of all wrong classes together.
    rest: f32,
    loss: f32,
    /// 1 if the largest logit is the label's, else 0.
    right: f32,
}

/// Replaces the first `classes` logits of a row by their softmax, and what follows by 0.
#[inline(always)]
fn softmax(row: &mut [f32], classes: usize, label: usize) -> Judged {
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

/// Packs a layer over the inputs, the parent's or that of the directions; one part.
struct Pack<'a, B, const DIRECTIONS: bool> {
    batch: &'a B,
    units: usize,
    weights: &'a [f32],
}

impl<B: Batch, const DIRECTIONS: bool> Parts for Pack<'_, B, DIRECTIONS> {
    type Out = f32;

    const PHASE: Phase = if DIRECTIONS { Phase::Projections } else { Phase::Forward };

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

/// Packs a layer over the inputs, the parent's or that of the directions.
pub(super) fn pack<B: Batch, const DIRECTIONS: bool>(
    batch: &B,
    units: usize,
    weights: &[f32],
    packed: &mut [f32],
    spread: &mut impl Spread,
) -> Result<(), LengthError> {
    let whole = packed.len().max(1);
    spread.spread(packed, whole, &Pack::<B, DIRECTIONS> { batch, units, weights })
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
