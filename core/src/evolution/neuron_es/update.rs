//! Recombination and Adam: `sum_k x_k D_k` for each neuron, taken as the step of Adam.

use super::layout::{Layout, Place};
use crate::error::LengthError;
use crate::evolution::adam::{Adam, Block, ROWS, recombine};
use crate::objective::Batch;
use crate::slices::{LANES, parts_mut};
use crate::spread::Parts;

type Lanes = [f32; LANES];

/// Updates the blocks; a part is one.
pub(super) struct Update<'a, 's, B> {
    pub(super) layout: &'a Layout,
    pub(super) batch: &'a B,
    pub(super) directions: &'a [f32],
    /// What [`super::score::Score`] wrote.
    pub(super) scores: &'a [f32],
    pub(super) adam: Adam,
    pub(super) blocks: core::marker::PhantomData<Block<'s>>,
}

impl<'s, B: Batch> Update<'_, 's, B> {
    /// What a score part wrote.
    #[inline(always)]
    fn score(&self, part: usize) -> &[Lanes] {
        let start = part.saturating_mul(self.layout.score);
        let scores = self.scores.get(start..start.saturating_add(self.layout.score));
        scores.unwrap_or(&[]).as_chunks::<LANES>().0
    }

    #[inline(always)]
    fn hidden(&self, place: &Place, block: &mut Block<'s>) {
        let (k, size) = (self.layout.directions, place.units.saturating_mul(ROWS));
        let rows = parts_mut(block.weights, size)
            .zip(parts_mut(block.first_moments, size))
            .zip(parts_mut(block.second_moments, size));
        let mut first = block.first;
        for ((weights, moments), second) in rows {
            let start = place.directions.saturating_add(first.saturating_mul(k));
            let entries = self.directions.get(start..).unwrap_or(&[]);
            for group in 0..place.groups() {
                let x = self.score(place.part.saturating_add(group));
                let zeros = [[0.0; LANES]; ROWS];
                let directions = recombine(zeros, entries, k, x.get(..k).unwrap_or(&[]));
                let column = group.saturating_mul(LANES);
                let last = column.saturating_add(LANES).min(place.units);
                for (row, directions) in directions.iter().enumerate() {
                    let input = first.saturating_add(row);
                    if place.directions == 0 && input < place.inputs && !self.batch.is_used(input) {
                        continue;
                    }
                    let offset = row.saturating_mul(place.units);
                    let own = offset.saturating_add(column)..offset.saturating_add(last);
                    let rows = [&mut *weights, &mut *moments, &mut *second]
                        .map(|rows| rows.get_mut(own.clone()).unwrap_or_default());
                    self.adam.lanes(directions, rows);
                }
            }
            first = first.saturating_add(ROWS);
        }
    }

    /// The output layer, whose mutants are single weights: the differences are the direction.
    fn output(&self, place: &Place, block: &mut Block<'s>) {
        let rows = parts_mut(block.weights, place.units)
            .zip(parts_mut(block.first_moments, place.units))
            .zip(parts_mut(block.second_moments, place.units));
        for (row, ((weights, moments), second)) in (0..usize::MAX).zip(rows) {
            let input = block.first.saturating_add(row);
            let (group, lane) = if input < place.inputs {
                (input / LANES, input % LANES)
            } else {
                (place.inputs.div_ceil(LANES), 0)
            };
            let scores = self.score(place.part.saturating_add(group));
            let moments = moments.iter_mut().zip(second);
            for ((weight, (first, second)), score) in weights.iter_mut().zip(moments).zip(scores) {
                let direction = score.get(lane).copied().unwrap_or(0.0);
                self.adam.step(direction, weight, first, second);
            }
        }
    }
}

impl<'s, B: Batch> Parts for Update<'_, 's, B> {
    type Out = Block<'s>;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        _index: usize,
        out: &mut [Block<'s>],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let places = self.layout.places();
        for block in out {
            match places.get(block.layer) {
                Some(place) if block.layer.saturating_add(1) < places.len() => {
                    self.hidden(place, block);
                }
                Some(place) => self.output(place, block),
                None => {}
            }
        }
        Ok(())
    }
}
