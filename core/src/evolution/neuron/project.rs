//! The projections of the directions on the samples that count, and the directions' Gram matrices.

use super::directions::factorise;
use super::layout::{LARGEST, Layout, Place};
use crate::error::LengthError;
use crate::evolution::parent::activate;
use crate::evolution::places::{MOST, WEIGHT, region};
use crate::objective::{Batch, First};
use crate::slices::{LANES, parts, parts_mut};
use crate::spread::{Parts, Phase};

/// A part is the Gram matrix of a hidden layer's directions, which takes longest, or, after those, a block of
/// samples with their parent's sums.
pub(super) struct Project<'a, B> {
    pub(super) layout: &'a Layout,
    pub(super) batch: &'a B,
    pub(super) directions: &'a [f32],
    pub(super) packed_directions: &'a [f32],
    /// The standard deviation of a hidden mutant's weight, divided by that of the directions' entries; of the
    /// first layer and of the others.
    pub(super) units: (f32, f32),
    pub(super) ridge: f32,
}

impl<B: Batch> Project<'_, B> {
    fn directions_of(&self, place: &Place) -> &[f32] {
        let length = place.rows().saturating_mul(self.layout.directions);
        let rest = self.directions.get(place.own.directions..).unwrap_or(&[]);
        rest.get(..length).unwrap_or(&[])
    }

    /// The Gram matrix of a hidden layer.
    #[inline(always)]
    fn gram(&self, place: &Place, out: &mut [f32]) {
        let k = self.layout.directions;
        let entries = self.directions_of(place);
        let entries = entries.get(..place.inputs.saturating_mul(k)).unwrap_or(&[]);
        let out = out.get_mut(..k.saturating_mul(k)).unwrap_or_default();
        factorise(entries, k, self.ridge, out);
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
            let to = region(out, place.own.projections, k, count);
            self.batch.sums::<WIDTH>(part, first, Some(wanted), to)?;
        } else if let Some(before) = self.layout.places().get(layer.wrapping_sub(1)) {
            let sums = region(out, before.sums, before.row(), count);
            activate(sums, before.relu, room);
            let to = region(out, place.own.projections, k, count);
            let rows = parts_mut(to, k).zip(parts(room, before.row()));
            for ((to, input), _) in rows.zip(wanted).filter(|(_, wanted)| **wanted) {
                let input = input.get(..place.inputs).unwrap_or(&[]);
                project_one(input, weights, to);
            }
        }
        let (rows, records) =
            out.split_at_mut_checked(self.layout.grid.records).unwrap_or_default();
        let rows = parts_mut(region(rows, place.own.projections, k, count), k);
        let records = parts_mut(records, self.layout.grid.record);
        for ((row, record), _) in rows.zip(records).zip(wanted).filter(|(_, wanted)| **wanted) {
            let largest = scale(row, unit);
            if let Some(to) = record.get_mut(LARGEST.saturating_add(layer)) {
                *to = largest;
            }
        }
        Ok(())
    }
}

impl<B: Batch> Parts for Project<'_, B> {
    type Out = f32;

    const PHASE: Phase = Phase::Projections;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let (hidden, _) = self.layout.split();
        let Some(part) = index.checked_sub(self.layout.grams) else {
            if let Some(place) = hidden.get(index) {
                self.gram(place, out);
            }
            return Ok(());
        };
        let grid = &self.layout.grid;
        let mut wanted = [false; MOST];
        let records = parts(out.get(grid.records..).unwrap_or(&[]), grid.record);
        for (wanted, record) in wanted.iter_mut().zip(records) {
            *wanted = record.get(WEIGHT).is_some_and(|&weight| weight > 0.0);
        }
        let wanted = wanted.get(..grid.count(part)).unwrap_or(&[]);
        for layer in 0..hidden.len() {
            self.project::<WIDTH>(part, layer, out, room, wanted)?;
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
