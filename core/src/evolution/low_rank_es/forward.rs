//! The parent on the samples: sums, probabilities, which samples count, the projections of the first layer's
//! factors, and which neurons a mutant can switch.

use super::changes::index_of;
use super::layout::{LOOSE, LOSS, Layout, Place, RECORD, RIGHT, STEADY, WEIGHT};
use crate::batch::PackedLayer;
use crate::error::LengthError;
use crate::evolution::parent::{activate, roulette, softmax};
use crate::layers::Activation;
use crate::objective::{Batch, First};
use crate::rng::derive;
use crate::slices::{LANES, parts_mut};
use crate::spread::Parts;

/// The most samples of a part.
const MOST: usize = 256;

/// A part is a block of samples.
pub(super) struct Forward<'a, B> {
    pub(super) layout: &'a Layout,
    pub(super) batch: &'a B,
    pub(super) genome: &'a [f32],
    pub(super) left: &'a [f32],
    pub(super) packed: &'a [f32],
    pub(super) packed_sets: &'a [f32],
    /// Standard deviation of a change for one rank, divided by that of the first layer's factors A.
    pub(super) unit: f32,
    pub(super) roulette: f32,
    /// The seed of the roulette's words.
    pub(super) seed: u64,
}

/// The region of a block that starts at `start`, with rows of `length` floats for `count` samples.
fn region(out: &mut [f32], start: usize, length: usize, count: usize) -> &mut [f32] {
    let rest = out.get_mut(start..).unwrap_or_default();
    rest.get_mut(..length.saturating_mul(count)).unwrap_or_default()
}

impl<B: Batch> Forward<'_, B> {
    /// Floats of working memory of a part.
    pub(super) fn room(layout: &Layout) -> usize {
        let packed = |place: &Place| PackedLayer::<1>::packed_length(place.inputs, place.units);
        let weights = layout.places().iter().skip(1).map(packed).max().unwrap_or(0);
        layout.widest().saturating_mul(layout.part).saturating_add(weights)
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
            let weights = self.genome.get(place.weights..).unwrap_or(&[]);
            let weights = weights.get(..place.parameters()).unwrap_or(&[]);
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
            before = Some(*place);
        }
        Ok(())
    }

    /// Replaces logits by probabilities, and writes the records; notes which samples count.
    #[inline(always)]
    fn judge(&self, part: usize, count: usize, out: &mut [f32], wanted: &mut [bool; MOST]) {
        let output = self.layout.output();
        let (sums, records) = out.split_at_mut_checked(self.layout.records).unwrap_or_default();
        let logits = region(sums, output.sums, output.row(), count);
        let first = part.saturating_mul(self.layout.part);
        let labels = self.batch.labels().get(first..).unwrap_or(&[]);
        let rows = parts_mut(logits, output.row()).zip(parts_mut(records, RECORD));
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

    /// The projections of the first layer's factors on the samples that count.
    #[inline(always)]
    fn project<const WIDTH: usize>(
        &self,
        part: usize,
        out: &mut [f32],
        wanted: &[bool],
    ) -> Result<(), LengthError> {
        let rows = self.layout.places().first().map_or(0, |place| place.inputs.saturating_add(1));
        let mut packed = self.packed_sets;
        for set in 0..self.layout.sets() {
            let units = self.layout.width(set);
            let weights = self.left.get(Layout::set_start(rows, set)..).unwrap_or(&[]);
            let weights = weights.get(..rows.saturating_mul(units)).unwrap_or(&[]);
            let (own, rest) = packed.split_at_checked(self.layout.packed_set).unwrap_or_default();
            packed = rest;
            let start = Layout::set_start(self.layout.part, set);
            let start = self.layout.projections.saturating_add(start);
            let to = region(out, start, units, wanted.len());
            let layer = First { units, weights, packed: own };
            self.batch.sums::<WIDTH>(part, layer, Some(wanted), to)?;
            for (row, _) in parts_mut(to, units).zip(wanted).filter(|(_, wanted)| **wanted) {
                for x in row {
                    *x *= self.unit;
                }
            }
        }
        Ok(())
    }

    /// How far a sum of the first layer can move in any mutant: for each rank the largest projection.
    #[inline(always)]
    fn reach(&self, place: usize, block: &[f32]) -> f32 {
        let mut total = 0.0;
        for rank in 0..self.layout.rank {
            let mut largest = 0.0;
            for group in 0..self.layout.pairs / LANES {
                let (set, column) = self.layout.column(group, rank);
                let start = Layout::set_start(self.layout.part, set)
                    .wrapping_add(self.layout.projections)
                    .wrapping_add(place.wrapping_mul(self.layout.width(set)))
                    .wrapping_add(column);
                let own = block.get(start..).unwrap_or(&[]);
                for x in own.iter().take(LANES) {
                    let size = x.abs();
                    largest = if size > largest { size } else { largest };
                }
            }
            total += largest;
        }
        total
    }

    /// Lists the neurons of a hidden first layer that are on in every mutant, then those that some mutant
    /// may switch. All others are off in every mutant.
    #[inline(always)]
    fn list(&self, place: usize, out: &mut [f32]) {
        let [first, _, ..] = self.layout.places() else { return };
        let reach = self.reach(place, out);
        let (before, records) = out.split_at_mut_checked(self.layout.records).unwrap_or_default();
        let (before, lists) = before.split_at_mut_checked(self.layout.lists).unwrap_or_default();
        let start = place.saturating_mul(first.row());
        let sums = before.get(first.sums.saturating_add(start)..).unwrap_or_default();
        let list = lists.get_mut(start..).unwrap_or_default();
        let list = list.get_mut(..first.units).unwrap_or_default();
        let mut steady = 0_usize;
        // Without a branch, which would be mispredicted: each index is written, and kept if it belongs.
        for (index, &z) in (0..first.units).zip(sums.iter()) {
            if let Some(to) = list.get_mut(steady) {
                *to = index_of(index);
            }
            steady = steady.wrapping_add(usize::from(!first.relu | (z >= reach)));
        }
        let mut all = steady;
        for (index, &z) in (0..first.units).zip(sums.iter()) {
            if let Some(to) = list.get_mut(all) {
                *to = index_of(index);
            }
            all = all.wrapping_add(usize::from(first.relu & (z < reach) & (z > -reach)));
        }
        let record = records.get_mut(place.saturating_mul(RECORD)..).unwrap_or_default();
        if let Some(to) = record.get_mut(STEADY) {
            *to = index_of(steady);
        }
        if let Some(to) = record.get_mut(LOOSE) {
            *to = index_of(all.wrapping_sub(steady));
        }
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
        let first = index.saturating_mul(self.layout.part);
        let count = self.layout.samples.saturating_sub(first).min(self.layout.part);
        let mut wanted = [false; MOST];
        self.sums::<WIDTH>(index, count, out, room)?;
        self.judge(index, count, out, &mut wanted);
        let wanted = wanted.get(..count).unwrap_or(&[]);
        self.project::<WIDTH>(index, out, wanted)?;
        for (place, _) in (0..MOST).zip(wanted).filter(|(_, wanted)| **wanted) {
            self.list(place, out);
        }
        Ok(())
    }
}
