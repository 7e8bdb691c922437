//! Where each thing lies in the shared memory of a generation.

use crate::evolution::places::{self, Grid, NOTES, Places};
use crate::network::Network;
use crate::objective::Batch;
use crate::slices::{LANES, row_length};

/// What is noted of a hidden layer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Own {
    /// Where the directions start in their region: `[inputs + 1][K]`.
    pub(super) directions: usize,
    /// Where the projections start in a block of samples: `[samples][K]`.
    pub(super) projections: usize,
}

/// A hidden layer or the output layer. A part is of a lane group of its units, or, of the output layer, of its
/// inputs.
pub(super) type Place = places::Place<Own>;

/// The index in a record of the largest projection of the first hidden layer; those of the others follow.
pub(super) const LARGEST: usize = NOTES;

/// The layout for a network, a batch and a number of directions.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    places: Places<Own>,
    /// Number of directions.
    pub(super) directions: usize,
    /// The samples' blocks, before which the Gram matrices stand in blocks of their own.
    pub(super) grid: Grid,
    /// Floats of all directions.
    pub(super) all_directions: usize,
    /// Floats of the packed weights of the first layer, and of its packed directions.
    pub(super) packed: usize,
    pub(super) packed_directions: usize,
    /// Floats of a score part.
    pub(super) score: usize,
    /// Number of score parts.
    pub(super) parts: usize,
    /// Number of Gram matrices: of all hidden layers, or none.
    pub(super) grams: usize,
}

impl Layout {
    pub(super) fn new(
        network: &Network,
        batch: &impl Batch,
        directions: usize,
        least_squares: bool,
    ) -> Self {
        let (samples, part) = (batch.labels().len(), batch.part_length());
        let mut places = Places::<Own>::of(network);
        let (hidden, first) = (places.split().0.len(), places.all().first().map(|it| it.units));
        let mut grid = Grid { samples, part, ..Grid::default() };
        let (mut all_directions, mut parts) = (0_usize, 0_usize);
        for (index, place) in (0..usize::MAX).zip(places.all_mut()) {
            place.sums = grid.records;
            grid.records = grid.records.saturating_add(place.row().saturating_mul(part));
            place.part = parts;
            let groups = if index < hidden {
                let projections = grid.records;
                place.own = Own { directions: all_directions, projections };
                let length = place.rows().saturating_mul(directions);
                all_directions = all_directions.saturating_add(length);
                grid.records = projections.saturating_add(directions.saturating_mul(part));
                place.groups()
            } else {
                // Mutants of the output weights: a part for each lane group of inputs, one for the bias.
                place.inputs.div_ceil(LANES).saturating_add(1)
            };
            parts = parts.saturating_add(groups);
        }
        grid.record = hidden.saturating_add(LARGEST);
        let grams = if least_squares { hidden } else { 0 };
        let square = if grams > 0 { directions.saturating_mul(directions) } else { 0 };
        let records = grid.record.saturating_mul(part);
        grid.block = row_length(grid.records.saturating_add(records).max(square));
        Self {
            places,
            directions,
            grid,
            all_directions,
            packed: batch.packed_length(first.unwrap_or(0)),
            packed_directions: batch.packed_length(directions),
            score: directions.max(network.outputs()).saturating_mul(LANES),
            parts,
            grams,
        }
    }

    /// All layers, the output layer last.
    pub(super) fn places(&self) -> &[Place] {
        self.places.all()
    }

    /// The hidden layers, and the output layer.
    pub(super) fn split(&self) -> (&[Place], Place) {
        self.places.split()
    }

    /// Floats of all blocks: the Gram matrices, then the samples'.
    pub(super) const fn blocks(&self) -> usize {
        self.grid.parts().saturating_add(self.grams).saturating_mul(self.grid.block)
    }

    /// The Gram matrices, and the samples' blocks.
    pub(super) const fn divide<'b>(&self, blocks: &'b [f32]) -> (&'b [f32], &'b [f32]) {
        let grams = self.grams.saturating_mul(self.grid.block);
        match blocks.split_at_checked(grams) {
            Some(divided) => divided,
            None => (&[], &[]),
        }
    }

    /// The Gram matrix of a hidden layer, factorised.
    pub(super) fn gram<'g>(&self, grams: &'g [f32], layer: usize) -> &'g [f32] {
        let start = layer.saturating_mul(self.grid.block);
        let length = self.directions.saturating_mul(self.directions);
        grams.get(start..start.saturating_add(length)).unwrap_or(&[])
    }

    /// Floats of all score parts.
    pub(super) const fn scores(&self) -> usize {
        self.parts.saturating_mul(self.score)
    }

    /// Floats of the shared memory.
    pub(super) const fn shared(&self) -> usize {
        row_length(self.all_directions)
            .saturating_add(row_length(self.packed))
            .saturating_add(row_length(self.packed_directions))
            .saturating_add(self.blocks())
            .saturating_add(self.scores())
    }
}
