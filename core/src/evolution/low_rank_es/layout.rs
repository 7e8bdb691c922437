//! Where each thing lies in the shared memory of a generation.

use crate::layers::Activation;
use crate::network::{MAX_LAYERS, Network, Stage};
use crate::objective::Batch;
use crate::slices::{LANES, row_length};

/// Columns of a set: as many as a word has bits. The factors of all mutants stand in sets, the last one
/// perhaps narrower.
pub(super) const SET: usize = 64;

/// A layer, and where what belongs to it lies.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// Number of inputs and of units.
    pub(super) inputs: usize,
    pub(super) units: usize,
    /// Whether the activation is ReLU; else there is none.
    pub(super) relu: bool,
    /// Where its weights start in the genome: `[inputs + 1][units]`, the bias last.
    pub(super) weights: usize,
    /// Where the factors A start in their region: sets of `[inputs + 1][columns]`.
    pub(super) left: usize,
    /// Where the factors B start in their region: sets of `[units][columns]`.
    pub(super) right: usize,
    /// Where its sums start in a block of samples: `[samples][row_length(units)]`. For the output layer these
    /// become the probabilities.
    pub(super) sums: usize,
    /// The first of its parts of weighted factors, one for each lane group of units.
    pub(super) part: usize,
}

impl Place {
    /// Number of lane groups of its units.
    pub(super) const fn groups(&self) -> usize {
        self.units.div_ceil(LANES)
    }

    /// Number of floats of a row of sums.
    pub(super) const fn row(&self) -> usize {
        row_length(self.units)
    }

    /// Number of weights, the bias included.
    pub(super) const fn parameters(&self) -> usize {
        self.inputs.saturating_add(1).saturating_mul(self.units)
    }
}

/// Indices in a record.
pub(super) const WEIGHT: usize = 0;
pub(super) const LOSS: usize = 1;
pub(super) const RIGHT: usize = 2;
/// Number of neurons of the first layer that no mutant switches and that are on, and of those that some may
/// switch.
pub(super) const STEADY: usize = 3;
pub(super) const LOOSE: usize = 4;
/// Floats of a record.
pub(super) const RECORD: usize = LANES;

/// The layout for a network, a batch, and numbers of pairs and ranks.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    places: [Place; MAX_LAYERS],
    layers: usize,
    /// Number of mirrored pairs, and the rank of a change.
    pub(super) pairs: usize,
    pub(super) rank: usize,
    /// Samples, and samples of a part.
    pub(super) samples: usize,
    pub(super) part: usize,
    /// Where the projections start in a block of samples: sets of `[samples][columns]`.
    pub(super) projections: usize,
    /// Where the lists of neurons start in a block: `[samples][row_length(units)]`, of the first layer.
    pub(super) lists: usize,
    /// Where the records start in a block: `[samples][RECORD]`.
    pub(super) records: usize,
    /// Floats of a block of samples.
    pub(super) block: usize,
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
        let stages = network.stages();
        let (samples, part) = (batch.labels().len(), batch.part_length());
        let columns = pairs.saturating_mul(rank);
        let first = stages.first().map_or(0, |stage| stage.output.elements());
        let mut layout = Self {
            places: [Place::default(); MAX_LAYERS],
            layers: stages.len(),
            pairs,
            rank,
            samples,
            part,
            projections: 0,
            lists: 0,
            records: 0,
            block: 0,
            left: 0,
            right: 0,
            packed: batch.packed_length(first),
            packed_set: row_length(batch.packed_length(columns.min(SET))),
            parts: 0,
        };
        for (stage, place) in stages.iter().zip(&mut layout.places) {
            *place = place_of(stage);
            place.left = layout.left;
            place.right = layout.right;
            place.sums = layout.projections;
            place.part = layout.parts;
            let rows = place.inputs.saturating_add(1);
            layout.left = layout.left.saturating_add(rows.saturating_mul(columns));
            layout.right = layout.right.saturating_add(place.units.saturating_mul(columns));
            let sums = place.row().saturating_mul(part);
            layout.projections = layout.projections.saturating_add(sums);
            layout.parts = layout.parts.saturating_add(place.groups());
        }
        layout.lists = layout.projections.saturating_add(columns.saturating_mul(part));
        let lists = row_length(first).saturating_mul(part);
        layout.records = layout.lists.saturating_add(lists);
        layout.block = layout.records.saturating_add(RECORD.saturating_mul(part));
        layout
    }

    /// All layers, the output layer last.
    pub(super) fn places(&self) -> &[Place] {
        self.places.get(..self.layers).unwrap_or(&[])
    }

    /// The output layer.
    pub(super) fn output(&self) -> Place {
        self.places().last().copied().unwrap_or_default()
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

    /// Number of parts of the samples.
    pub(super) const fn sample_parts(&self) -> usize {
        // A part is a power of two.
        let last = self.samples.saturating_add(self.part.saturating_sub(1));
        last.wrapping_shr(self.part.trailing_zeros())
    }

    /// Floats of all blocks of samples.
    pub(super) const fn blocks(&self) -> usize {
        self.sample_parts().saturating_mul(self.block)
    }

    /// Floats of a part of weighted factors: `[columns][LANES]`.
    pub(super) const fn weighted(&self) -> usize {
        self.columns().saturating_mul(LANES)
    }

    /// Floats of the widest layer's row.
    pub(super) fn widest(&self) -> usize {
        self.places().iter().map(Place::row).max().unwrap_or(0)
    }
}

fn place_of(stage: &Stage) -> Place {
    Place {
        inputs: stage.input.elements(),
        units: stage.output.elements(),
        relu: stage.layer.activation() == Activation::Relu,
        weights: stage.kernel_start,
        ..Place::default()
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

/// The blocks of a generation's samples, to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocks<'a> {
    pub(super) layout: &'a Layout,
    pub(super) blocks: &'a [f32],
}

impl<'a> Blocks<'a> {
    /// A row of `length` floats of a sample, in the region that starts at `start` of each block.
    #[inline(always)]
    pub(super) fn row(&self, sample: usize, start: usize, length: usize) -> &'a [f32] {
        // A part is a power of two: no division in the inner loops.
        let block = sample.wrapping_shr(self.layout.part.trailing_zeros());
        let place = sample & self.layout.part.wrapping_sub(1);
        let first = block
            .wrapping_mul(self.layout.block)
            .wrapping_add(start)
            .wrapping_add(place.wrapping_mul(length));
        self.blocks.get(first..first.wrapping_add(length)).unwrap_or(&[])
    }

    /// The record of a sample.
    #[inline(always)]
    pub(super) fn record(&self, sample: usize) -> &'a [f32] {
        self.row(sample, self.layout.records, RECORD)
    }

    /// The projections of a sample on the factors of a lane group of pairs, for one of the ranks.
    #[inline(always)]
    pub(super) fn projections(&self, sample: usize, group: usize, rank: usize) -> &'a [f32] {
        let (set, place) = self.layout.column(group, rank);
        let start = Layout::set_start(self.layout.part, set);
        let start = self.layout.projections.wrapping_add(start);
        let row = self.row(sample, start, self.layout.width(set));
        row.get(place..place.wrapping_add(LANES)).unwrap_or(&[])
    }
}
