//! Where each thing lies in the shared memory of a generation.

use crate::evolution::low_rank_es::factors::{Factors, SET};
use crate::evolution::low_rank_es::update::{Mutants, take, total};
use crate::evolution::places::{self, Blocks, Grid, NOTES, Places};
use crate::network::Network;
use crate::objective::Batch;
use crate::slices::{LANES, row_length};

/// A layer.
pub(super) type Place = places::Place<()>;

/// Indices in a record: the number of neurons of the first layer that no mutant switches and that are on, and of
/// those that some may switch.
pub(super) const STEADY: usize = NOTES;
pub(super) const LOOSE: usize = NOTES + 1;
/// Floats of a record.
pub(super) const RECORD: usize = LANES;

/// The layout for a network, a batch, and numbers of pairs and ranks.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    places: Places<()>,
    pub(super) factors: Factors,
    /// The samples' blocks.
    pub(super) grid: Grid,
    /// Where the projections start in a block of samples: sets of `[samples][columns]`.
    pub(super) projections: usize,
    /// Where the lists of neurons start in a block: `[samples][row_length(units)]`, of the first layer.
    pub(super) lists: usize,
    /// Floats of the packed weights of the first layer, and of a packed set of its factors A.
    pub(super) packed: usize,
    pub(super) packed_set: usize,
}

impl Layout {
    pub(super) fn new(network: &Network, batch: &impl Batch, pairs: usize, rank: usize) -> Self {
        let (samples, part) = (batch.labels().len(), batch.part_length());
        let mut places = Places::<()>::of(network);
        let mut projections = 0_usize;
        for place in places.all_mut() {
            place.sums = projections;
            projections = projections.saturating_add(place.row().saturating_mul(part));
        }
        let layers = places.all().iter().map(|place| (place.inputs, place.units));
        let factors = Factors::new(layers, pairs, rank);
        let columns = factors.columns();
        let first = places.all().first().map_or(0, |place| place.units);
        let lists = projections.saturating_add(columns.saturating_mul(part));
        let records = lists.saturating_add(row_length(first).saturating_mul(part));
        let block = records.saturating_add(RECORD.saturating_mul(part));
        Self {
            places,
            factors,
            grid: Grid { samples, part, block, records, record: RECORD },
            projections,
            lists,
            packed: batch.packed_length(first),
            packed_set: row_length(batch.packed_length(columns.min(SET))),
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

    /// Floats of all blocks of samples.
    pub(super) const fn blocks(&self) -> usize {
        self.grid.parts().saturating_mul(self.grid.block)
    }

    /// The set of the columns of a lane group of pairs for one of the ranks, and the place in it.
    pub(super) const fn column(&self, group: usize, rank: usize) -> (usize, usize) {
        self.factors.column(group.saturating_mul(LANES), rank)
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
        let start = self.projections.wrapping_add(Factors::set_start(self.grid.part, set));
        let row = blocks.row(sample, start, self.factors.width(set));
        row.get(place..place.wrapping_add(LANES)).unwrap_or(&[])
    }
}

/// The regions of the shared memory.
pub(super) struct Regions<'s> {
    pub(super) packed: &'s mut [f32],
    pub(super) packed_sets: &'s mut [f32],
    pub(super) blocks: &'s mut [f32],
    pub(super) mutants: Mutants<'s>,
}

impl<'s> Regions<'s> {
    /// The lengths of the first regions, in their order.
    const fn lengths(layout: &Layout) -> [usize; 3] {
        let sets = layout.factors.sets();
        [layout.packed, layout.packed_set.saturating_mul(sets), layout.blocks()]
    }

    /// Floats of the shared memory.
    pub(super) fn length(layout: &Layout) -> usize {
        total(&Self::lengths(layout)).saturating_add(Mutants::length(&layout.factors))
    }

    pub(super) fn of(layout: &Layout, mut shared: &'s mut [f32]) -> Self {
        let [packed, packed_sets, blocks] =
            Self::lengths(layout).map(|length| take(&mut shared, length));
        let mutants = Mutants::take(&layout.factors, &mut shared);
        Self { packed, packed_sets, blocks, mutants }
    }
}
