//! Recombination: `sum_k x_k D_k` for each neuron, in which its weights take a step.

use super::layout::{Layout, Place};
use crate::error::LengthError;
use crate::evolution::weights::{Block, Directions, Kind, ROWS, Step, recombine};
use crate::objective::Batch;
use crate::slices::LANES;
use crate::spread::{Parts, Phase};

type Lanes = [f32; LANES];

/// Updates the blocks; a part is one.
pub(super) struct Update<'a, 's, B, S> {
    pub(super) layout: &'a Layout,
    pub(super) batch: &'a B,
    pub(super) directions: &'a [f32],
    /// What [`super::score::Score`] wrote.
    pub(super) scores: &'a [f32],
    pub(super) step: &'a S,
    pub(super) blocks: core::marker::PhantomData<Block<'s>>,
}

impl<'s, B: Batch, S: Step> Update<'_, 's, B, S> {
    /// What a score part wrote.
    #[inline(always)]
    fn score(&self, part: usize) -> &[Lanes] {
        let start = part.saturating_mul(self.layout.score);
        let scores = self.scores.get(start..start.saturating_add(self.layout.score));
        scores.unwrap_or(&[]).as_chunks::<LANES>().0
    }

    #[inline(always)]
    fn hidden(&self, place: &Place, block: &mut Block<'s>) {
        let kind = if block.layer == 0 { Kind::First } else { Kind::Hidden };
        block.step((self.step, kind), place.units, self);
    }

    /// The output layer, whose mutants are single weights: the differences are the direction.
    fn output(&self, place: &Place, block: &mut Block<'s>) {
        let rows = block.weights.len().checked_div(place.units).unwrap_or(0);
        for row in 0..rows {
            let input = block.first.saturating_add(row);
            let (group, lane) = if input < place.inputs {
                (input / LANES, input % LANES)
            } else {
                (place.inputs.div_ceil(LANES), 0)
            };
            let scores = self.score(place.part.saturating_add(group));
            for (class, score) in (0..place.units).zip(scores) {
                let direction = score.get(lane).copied().unwrap_or(0.0);
                let index = row.saturating_mul(place.units).saturating_add(class);
                let [weight, first, second] = block.rows(index, 1);
                self.step.each(Kind::Output, &[direction], weight, [first, second]);
            }
        }
    }
}

impl<B: Batch, S: Step> Directions for Update<'_, '_, B, S> {
    #[inline(always)]
    fn of(&self, layer: usize, first: usize, group: usize) -> [Lanes; ROWS] {
        let sums = [[0.0; LANES]; ROWS];
        let Some(place) = self.layout.places().get(layer) else { return sums };
        let k = self.layout.directions;
        let start = place.own.directions.saturating_add(first.saturating_mul(k));
        let entries = self.directions.get(start..).unwrap_or(&[]);
        let x = self.score(place.part.saturating_add(group));
        recombine(sums, entries, k, x.get(..k).unwrap_or(&[]))
    }

    #[inline(always)]
    fn is_none(&self, layer: usize, row: usize) -> bool {
        let inputs = self.layout.places().first().map_or(0, |place| place.inputs);
        layer == 0 && row < inputs && !self.batch.is_used(row)
    }
}

impl<'s, B: Batch, S: Step> Parts for Update<'_, 's, B, S> {
    type Out = Block<'s>;

    const PHASE: Phase = Phase::Step;

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
