//! Where each thing lies in the shared memory of a generation.

use crate::evolution::places::{self, Blocks, Grid, NOTES, Places};
use crate::network::Network;
use crate::objective::Batch;
use crate::slices::{LANES, row_length};

/// Columns of a set: as many as a word has bits. The factors of all mutants stand in sets, the last one
/// perhaps narrower.
pub(super) const SET: usize = 64;

/// What is noted of a layer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Own {
    /// Where the factors A start in their region: sets of `[inputs + 1][columns]`.
    pub(super) left: usize,
    /// Where the factors B start in their region: sets of `[units][columns]`.
    pub(super) right: usize,
}

/// A layer. A part is of a lane group of its units: their weighted factors.
pub(super) type Place = places::Place<Own>;

/// Indices in a record: the number of neurons of the first layer that no mutant switches and that are on, and of
/// those that some may switch.
pub(super) const STEADY: usize = NOTES;
pub(super) const LOOSE: usize = NOTES + 1;
/// Floats of a record.
pub(super) const RECORD: usize = LANES;

/// The layout for a network, a batch, and numbers of pairs and ranks.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    places: Places<Own>,
    /// Number of mirrored pairs, and the rank of a change.
    pub(super) pairs: usize,
    pub(super) rank: usize,
    /// The samples' blocks.
    pub(super) grid: Grid,
    /// Where the projections start in a block of samples: sets of `[samples][columns]`.
    pub(super) projections: usize,
    /// Where the lists of neurons start in a block: `[samples][row_length(units)]`, of the first layer.
    pub(super) lists: usize,
    /// Floats of all factors A, and of all factors B.
    pub(super) left: usize,
    pub(super) right: usize,
    /// Floats of the packed weights of the first layer, and of a packed set of its factors A.
    pub(super) packed: usize,
    pub(super) packed_set: usize,
    /// Number of parts of weighted factors.
    pub(super) parts: usize,
}

impl Layout {
    pub(super) fn new(network: &Network, batch: &impl Batch, pairs: usize, rank: usize) -> Self {
        let (samples, part) = (batch.labels().len(), batch.part_length());
        let columns = pairs.saturating_mul(rank);
        let mut places = Places::<Own>::of(network);
        let (mut left, mut right, mut projections, mut parts) =
            (0_usize, 0_usize, 0_usize, 0_usize);
        for place in places.all_mut() {
            place.own = Own { left, right };
            place.sums = projections;
            place.part = parts;
            left = left.saturating_add(place.rows().saturating_mul(columns));
            right = right.saturating_add(place.units.saturating_mul(columns));
            projections = projections.saturating_add(place.row().saturating_mul(part));
            parts = parts.saturating_add(place.groups());
        }
        let first = places.all().first().map_or(0, |place| place.units);
        let lists = projections.saturating_add(columns.saturating_mul(part));
        let records = lists.saturating_add(row_length(first).saturating_mul(part));
        let block = records.saturating_add(RECORD.saturating_mul(part));
        Self {
            places,
            pairs,
            rank,
            grid: Grid { samples, part, block, records, record: RECORD },
            projections,
            lists,
            left,
            right,
            packed: batch.packed_length(first),
            packed_set: row_length(batch.packed_length(columns.min(SET))),
            parts,
        }
    }

    /// All layers, the output layer last.
    pub(super) fn places(&self) -> &[Place] {
        self.places.all()
    }

    /// The output layer.
    pub(super) fn output(&self) -> Place {
        self.places.split().1
    }

    /// Number of columns: a mutant has one for each rank.
    pub(super) const fn columns(&self) -> usize {
        self.pairs.saturating_mul(self.rank)
    }

    /// Number of sets of columns.
    pub(super) const fn sets(&self) -> usize {
        self.columns().div_ceil(SET)
    }

    /// Number of columns of a set.
    pub(super) fn width(&self, set: usize) -> usize {
        self.columns().saturating_sub(set.saturating_mul(SET)).min(SET)
    }

    /// Where a set of factors with so many rows starts, after the start of its layer's.
    pub(super) const fn set_start(rows: usize, set: usize) -> usize {
        rows.saturating_mul(SET).saturating_mul(set)
    }

    /// The set of the columns of a lane group of pairs for one of the ranks, and the place in it.
    pub(super) const fn column(&self, group: usize, rank: usize) -> (usize, usize) {
        let first = rank.saturating_mul(self.pairs).saturating_add(group.saturating_mul(LANES));
        (first / SET, first % SET)
    }

    /// Floats of all blocks of samples.
    pub(super) const fn blocks(&self) -> usize {
        self.grid.parts().saturating_mul(self.grid.block)
    }

    /// Floats of a part of weighted factors: `[columns][LANES]`.
    pub(super) const fn weighted(&self) -> usize {
        self.columns().saturating_mul(LANES)
    }

    /// The projections of a sample on the factors of a lane group of pairs, for one of the ranks.
    #[inline(always)]
    pub(super) fn projections_of<'a>(
        &self,
        blocks: &Blocks<'a>,
        sample: usize,
        group: usize,
        rank: usize,
    ) -> &'a [f32] {
        let (set, place) = self.column(group, rank);
        let start = self.projections.wrapping_add(Self::set_start(self.grid.part, set));
        let row = blocks.row(sample, start, self.width(set));
        row.get(place..place.wrapping_add(LANES)).unwrap_or(&[])
    }
}

/// The regions of the shared memory.
pub(super) struct Regions<'s> {
    pub(super) left: &'s mut [f32],
    pub(super) right: &'s mut [f32],
    pub(super) packed: &'s mut [f32],
    pub(super) packed_sets: &'s mut [f32],
    pub(super) blocks: &'s mut [f32],
    /// Differences of fitness, one a pair, and weights of the recombination.
    pub(super) differences: &'s mut [f32],
    pub(super) shares: &'s mut [f32],
    pub(super) weighted: &'s mut [f32],
}

impl<'s> Regions<'s> {
    /// The lengths of the regions, in their order.
    const fn lengths(layout: &Layout) -> [usize; 8] {
        [
            layout.left,
            layout.right,
            layout.packed,
            layout.packed_set.saturating_mul(layout.sets()),
            layout.blocks(),
            layout.pairs,
            layout.pairs,
            layout.parts.saturating_mul(layout.weighted()),
        ]
    }

    /// Floats of the shared memory.
    pub(super) fn length(layout: &Layout) -> usize {
        Self::lengths(layout).map(row_length).iter().fold(0, |sum, &one| sum.saturating_add(one))
    }

    pub(super) fn of(layout: &Layout, shared: &'s mut [f32]) -> Self {
        let mut rest = shared;
        let mut next = |used: usize| {
            let all = core::mem::take(&mut rest);
            let (own, after) = all.split_at_mut(row_length(used).min(all.len()));
            rest = after;
            own.get_mut(..used).unwrap_or_default()
        };
        let [left, right, packed, packed_sets, blocks, differences, shares, weighted] =
            Self::lengths(layout).map(&mut next);
        Self { left, right, packed, packed_sets, blocks, differences, shares, weighted }
    }
}
