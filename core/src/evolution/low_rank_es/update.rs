//! Recombination and Adam: `sum_i f_i A_i B_i^T` for each layer, taken as the step of Adam.

use super::layout::{Layout, SET};
use crate::error::LengthError;
use crate::evolution::adam::Adam;
use crate::evolution::weights::{Block, Directions, Kind, ROWS, recombine};
use crate::objective::Batch;
use crate::slices::{LANES, parts, parts_mut};
use crate::spread::{Parts, Phase};

/// Multiplies the factors B by the weights of the recombination. A part is a lane group of the units of a layer,
/// `[columns][LANES]`.
pub(super) struct Weigh<'a> {
    pub(super) layout: &'a Layout,
    pub(super) right: &'a [f32],
    /// The weights of the recombination, one a pair.
    pub(super) shares: &'a [f32],
}

impl Parts for Weigh<'_> {
    type Out = f32;

    const PHASE: Phase = Phase::Step;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let places = self.layout.places();
        let Some(place) = places.iter().rfind(|place| place.part <= index) else { return Ok(()) };
        let first = index.saturating_sub(place.part).saturating_mul(LANES);
        let units = place.units.saturating_sub(first).min(LANES);
        out.fill(0.0);
        let mut shares = self.shares.iter().cycle();
        for (set, out) in (0..usize::MAX).zip(parts_mut(out, SET * LANES)) {
            let width = self.layout.width(set);
            let start = place.own.right.saturating_add(Layout::set_start(place.units, set));
            let start = start.saturating_add(first.saturating_mul(width));
            let rows = self.right.get(start..).unwrap_or(&[]);
            let columns = out.as_chunks_mut::<LANES>().0;
            for (column, to) in (0..width).zip(columns) {
                let share = shares.next().copied().unwrap_or(0.0);
                for (to, row) in to.iter_mut().zip(parts(rows, width).take(units)) {
                    *to = share * row.get(column).copied().unwrap_or(0.0);
                }
            }
        }
        Ok(())
    }
}

/// Updates the blocks; a part is one.
pub(super) struct Update<'a, 's, B> {
    pub(super) layout: &'a Layout,
    pub(super) batch: &'a B,
    pub(super) left: &'a [f32],
    /// What [`Weigh`] wrote.
    pub(super) weighted: &'a [f32],
    pub(super) adam: Adam,
    pub(super) blocks: core::marker::PhantomData<Block<'s>>,
}

impl<B: Batch> Directions for Update<'_, '_, B> {
    #[inline(always)]
    fn of(&self, layer: usize, first: usize, group: usize) -> [[f32; LANES]; ROWS] {
        let mut sums = [[0.0; LANES]; ROWS];
        let Some(place) = self.layout.places().get(layer) else { return sums };
        let start = place.part.saturating_add(group).saturating_mul(self.layout.weighted());
        let weighted = self.weighted.get(start..).unwrap_or(&[]).as_chunks::<LANES>().0;
        let weighted = weighted.get(..self.layout.columns()).unwrap_or(&[]);
        for (set, x) in (0..usize::MAX).zip(parts(weighted, SET)) {
            let start = place.own.left.saturating_add(Layout::set_start(place.rows(), set));
            let start = start.saturating_add(first.saturating_mul(x.len()));
            sums = recombine(sums, self.left.get(start..).unwrap_or(&[]), x.len(), x);
        }
        sums
    }

    #[inline(always)]
    fn is_none(&self, layer: usize, row: usize) -> bool {
        let inputs = self.layout.places().first().map_or(0, |place| place.inputs);
        layer == 0 && row < inputs && !self.batch.is_used(row)
    }
}

impl<'s, B: Batch> Parts for Update<'_, 's, B> {
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
        for block in out {
            if let Some(place) = self.layout.places().get(block.layer) {
                let kind = if block.layer == 0 { Kind::First } else { Kind::Hidden };
                block.step((&self.adam, kind), place.units, self);
            }
        }
        Ok(())
    }
}
