//! The parent on the samples: sums, probabilities, which samples count, and the projections of the directions.

use super::directions::factorise;
use super::layout::{LARGEST, LOSS, Layout, Place, RIGHT, WEIGHT};
use crate::batch::PackedLayer;
use crate::error::LengthError;
use crate::evolution::parent::{activate, roulette, softmax};
use crate::layers::Activation;
use crate::objective::{Batch, First};
use crate::rng::derive;
use crate::slices::{LANES, parts, parts_mut};
use crate::spread::Parts;

/// The most samples of a part.
const MOST: usize = 256;

/// A part is a block of samples, or, after those, the Gram matrix of a hidden layer's directions.
pub(super) struct Forward<'a, B> {
    pub(super) layout: &'a Layout,
    pub(super) batch: &'a B,
    pub(super) genome: &'a [f32],
    pub(super) directions: &'a [f32],
    pub(super) packed: &'a [f32],
    pub(super) packed_directions: &'a [f32],
    /// The standard deviation of a hidden mutant's weight, divided by that of the directions' entries; of the
    /// first layer and of the others.
    pub(super) units: (f32, f32),
    pub(super) ridge: f32,
    pub(super) roulette: f32,
    /// The seed of the roulette's words.
    pub(super) seed: u64,
}

impl<B: Batch> Forward<'_, B> {
    /// Floats of working memory of a part.
    pub(super) fn room(layout: &Layout) -> usize {
        let packed = |place: &Place| PackedLayer::<1>::packed_length(place.inputs, place.units);
        let weights = layout.places().iter().skip(1).map(packed).max().unwrap_or(0);
        layout.widest().saturating_mul(layout.part).saturating_add(weights)
    }

    fn directions_of(&self, place: &Place) -> &[f32] {
        let length = place.inputs.saturating_add(1).saturating_mul(self.layout.directions);
        let rest = self.directions.get(place.directions..).unwrap_or(&[]);
        rest.get(..length).unwrap_or(&[])
    }

    fn weights_of(&self, place: &Place) -> &[f32] {
        let rest = self.genome.get(place.weights..).unwrap_or(&[]);
        rest.get(..place.parameters()).unwrap_or(&[])
    }

    /// The region of a block that starts at `start`, with rows of `length` floats for `count` samples.
    fn region(out: &mut [f32], start: usize, length: usize, count: usize) -> &mut [f32] {
        let rest = out.get_mut(start..).unwrap_or_default();
        rest.get_mut(..length.saturating_mul(count)).unwrap_or_default()
    }

    /// The sums of all layers of a part; those of the output layer are the logits.
    #[inline(always)]
    fn sums<const WIDTH: usize>(
        &self,
        part: usize,
        count: usize,
        out: &mut [f32],
        room: &mut [f32],
    ) -> Result<(), LengthError> {
        let rows = self.layout.widest().saturating_mul(self.layout.part);
        let (hidden, packed) = room.split_at_mut_checked(rows).unwrap_or_default();
        let mut before: Option<Place> = None;
        for place in self.layout.places() {
            let weights = self.weights_of(place);
            if let Some(before) = before {
                let sums = Self::region(out, before.sums, before.row(), count);
                activate(sums, before.relu, hidden);
                let kernel = place.inputs.saturating_mul(place.units);
                let (kernel, bias) = weights.split_at_checked(kernel).unwrap_or_default();
                let linear = Activation::Linear;
                let layer = PackedLayer::<1>::new(place.inputs, kernel, bias, linear, packed)?;
                let to = Self::region(out, place.sums, place.row(), count);
                layer.dense(hidden, before.row(), count, to)?;
            } else {
                let layer = First { units: place.units, weights, packed: self.packed };
                let to = Self::region(out, place.sums, place.row(), count);
                self.batch.sums::<WIDTH>(part, layer, None, to)?;
            }
            before = Some(*place);
        }
        Ok(())
    }

    /// Replaces logits by probabilities, and writes the records; notes which samples count.
    #[inline(always)]
    fn judge(&self, part: usize, count: usize, out: &mut [f32], wanted: &mut [bool; MOST]) {
        let Some(output) = self.layout.places().last() else { return };
        let (sums, records) = out.split_at_mut_checked(self.layout.records).unwrap_or_default();
        let logits = Self::region(sums, output.sums, output.row(), count);
        let first = part.saturating_mul(self.layout.part);
        let labels = self.batch.labels().get(first..).unwrap_or(&[]);
        let rows = parts_mut(logits, output.row()).zip(parts_mut(records, self.layout.record));
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

    /// The projections of a hidden layer's directions on the samples that count.
    #[inline(always)]
    fn project<const WIDTH: usize>(
        &self,
        part: usize,
        layer: usize,
        out: &mut [f32],
        room: &mut [f32],
        wanted: &[bool],
    ) -> Result<(), LengthError> {
        let Some(place) = self.layout.places().get(layer) else { return Ok(()) };
        let (k, count) = (self.layout.directions, wanted.len());
        let weights = self.directions_of(place);
        let unit = if layer == 0 { self.units.0 } else { self.units.1 };
        if layer == 0 {
            let first = First { units: k, weights, packed: self.packed_directions };
            let to = Self::region(out, place.projections, k, count);
            self.batch.sums::<WIDTH>(part, first, Some(wanted), to)?;
        } else if let Some(before) = self.layout.places().get(layer.wrapping_sub(1)) {
            let sums = Self::region(out, before.sums, before.row(), count);
            activate(sums, before.relu, room);
            let to = Self::region(out, place.projections, k, count);
            let rows = parts_mut(to, k).zip(parts(room, before.row()));
            for ((to, input), _) in rows.zip(wanted).filter(|(_, wanted)| **wanted) {
                let input = input.get(..place.inputs).unwrap_or(&[]);
                project_one(input, weights, to);
            }
        }
        let (rows, records) = out.split_at_mut_checked(self.layout.records).unwrap_or_default();
        let rows = parts_mut(Self::region(rows, place.projections, k, count), k);
        let records = parts_mut(records, self.layout.record);
        for ((row, record), _) in rows.zip(records).zip(wanted).filter(|(_, wanted)| **wanted) {
            let largest = scale(row, unit);
            if let Some(to) = record.get_mut(LARGEST.saturating_add(layer)) {
                *to = largest;
            }
        }
        Ok(())
    }
}

impl<B: Batch> Parts for Forward<'_, B> {
    type Out = f32;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        LengthError::at_least("room", Self::room(self.layout), room.len())?;
        let (hidden, _) = self.layout.split();
        let (samples, k) = (self.layout.sample_parts(), self.layout.directions);
        if let Some(place) = index.checked_sub(samples).and_then(|layer| hidden.get(layer)) {
            let entries = self.directions_of(place);
            let entries = entries.get(..place.inputs.saturating_mul(k)).unwrap_or(&[]);
            factorise(
                entries,
                k,
                self.ridge,
                out.get_mut(..k.saturating_mul(k)).unwrap_or_default(),
            );
            return Ok(());
        }
        let first = index.saturating_mul(self.layout.part);
        let count = self.layout.samples.saturating_sub(first).min(self.layout.part);
        let mut wanted = [false; MOST];
        self.sums::<WIDTH>(index, count, out, room)?;
        self.judge(index, count, out, &mut wanted);
        let wanted = wanted.get(..count).unwrap_or(&[]);
        for layer in 0..hidden.len() {
            self.project::<WIDTH>(index, layer, out, room, wanted)?;
        }
        Ok(())
    }
}

/// One row of projections of a layer that is not the first.
#[inline(always)]
fn project_one(input: &[f32], weights: &[f32], out: &mut [f32]) {
    out.fill(0.0);
    let k = out.len();
    let out = out.as_chunks_mut::<LANES>().0;
    let mut rows = parts(weights, k);
    let mut add = |x: f32, row: &[f32]| {
        for (sums, row) in out.iter_mut().zip(row.as_chunks::<LANES>().0) {
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += x * weight;
            }
        }
    };
    for (&x, row) in input.iter().zip(&mut rows) {
        if x != 0.0 {
            add(x, row);
        }
    }
    if let Some(bias) = parts(weights, k).nth(input.len()) {
        add(1.0, bias);
    }
}

/// Scales a row, and returns its largest absolute value.
#[inline(always)]
fn scale(row: &mut [f32], factor: f32) -> f32 {
    let mut largest = [0.0_f32; LANES];
    for lanes in row.as_chunks_mut::<LANES>().0 {
        for (x, largest) in lanes.iter_mut().zip(&mut largest) {
            *x *= factor;
            let size = x.abs();
            *largest = if size > *largest { size } else { *largest };
        }
    }
    largest.iter().fold(0.0, |most, &x| if x > most { x } else { most })
}
