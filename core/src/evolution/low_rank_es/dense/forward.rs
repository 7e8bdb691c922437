//! The parent on the samples: sums, probabilities, which samples count, the projections of the first layer's
//! factors, and which neurons a mutant can switch.

use super::changes::index_of;
use super::layout::{LOOSE, Layout, Place, RECORD, STEADY};
use crate::error::LengthError;
use crate::evolution::low_rank_es::factors::Factors;
use crate::evolution::parent::Parent;
use crate::evolution::places::region;
use crate::objective::{Batch, First};
use crate::slices::{LANES, parts_mut};
use crate::spread::{Parts, Phase};

/// A part is a block of samples.
pub(super) struct Forward<'a, B> {
    pub(super) layout: &'a Layout,
    pub(super) parent: Parent<'a, B>,
    pub(super) left: &'a [f32],
    pub(super) packed_sets: &'a [f32],
    /// Standard deviation of a change for one rank, divided by that of the first layer's factors A.
    pub(super) unit: f32,
}

impl<B: Batch> Forward<'_, B> {
    /// The projections of the first layer's factors on the samples that count.
    #[inline(always)]
    fn project<const WIDTH: usize>(
        &self,
        part: usize,
        out: &mut [f32],
        wanted: &[bool],
    ) -> Result<(), LengthError> {
        let rows = self.layout.places().first().map_or(0, Place::rows);
        let mut packed = self.packed_sets;
        for set in 0..self.layout.factors.sets() {
            let units = self.layout.factors.width(set);
            let weights = self.left.get(Factors::set_start(rows, set)..).unwrap_or(&[]);
            let weights = weights.get(..rows.saturating_mul(units)).unwrap_or(&[]);
            let (own, rest) = packed.split_at_checked(self.layout.packed_set).unwrap_or_default();
            packed = rest;
            let start = Factors::set_start(self.layout.grid.part, set);
            let start = self.layout.projections.saturating_add(start);
            let to = region(out, start, units, wanted.len());
            let layer = First { units, weights, packed: own };
            self.parent.batch.sums::<WIDTH>(part, layer, Some(wanted), to)?;
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
        for rank in 0..self.layout.factors.rank {
            let mut largest = 0.0;
            for group in 0..self.layout.factors.pairs / LANES {
                let (set, column) = self.layout.column(group, rank);
                let start = Factors::set_start(self.layout.grid.part, set)
                    .wrapping_add(self.layout.projections)
                    .wrapping_add(place.wrapping_mul(self.layout.factors.width(set)))
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
        let (before, records) =
            out.split_at_mut_checked(self.layout.grid.records).unwrap_or_default();
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

    const PHASE: Phase = Phase::Forward;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let (places, grid) = (self.layout.places(), &self.layout.grid);
        let wanted = self.parent.part::<_, WIDTH>(places, grid, index, out, room)?;
        let wanted = wanted.get(..grid.count(index)).unwrap_or(&[]);
        self.project::<WIDTH>(index, out, wanted)?;
        for (place, _) in (0..wanted.len()).zip(wanted).filter(|(_, wanted)| **wanted) {
            self.list(place, out);
        }
        Ok(())
    }
}
