//! Where each thing lies in the shared memory of a generation.

use crate::layers::Activation;
use crate::network::{MAX_LAYERS, Network, Stage};
use crate::objective::Batch;
use crate::slices::{LANES, row_length};

/// A hidden layer or the output layer, and where what belongs to it lies.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// Number of inputs and of units.
    pub(super) inputs: usize,
    pub(super) units: usize,
    /// Whether the activation is ReLU; else there is none.
    pub(super) relu: bool,
    /// Where its weights start in the genome: `[inputs + 1][units]`, the bias last.
    pub(super) weights: usize,
    /// Where the directions start in their region: `[inputs + 1][K]`; hidden layers only.
    pub(super) directions: usize,
    /// Where the block of its first score part starts.
    pub(super) part: usize,
    /// Where its sums start in a block of samples: `[samples][row_length(units)]`. For the output layer these
    /// become the probabilities.
    pub(super) sums: usize,
    /// Where its projections start in a block of samples: `[samples][K]`; hidden layers only.
    pub(super) projections: usize,
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

/// The layout for a network, a batch and a number of directions.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    places: [Place; MAX_LAYERS],
    layers: usize,
    /// Number of directions.
    pub(super) directions: usize,
    /// Samples, and samples of a part.
    pub(super) samples: usize,
    pub(super) part: usize,
    /// Floats of a record in a block of samples: weight, loss, whether right, then the largest projection of
    /// each hidden layer.
    pub(super) record: usize,
    /// Where the records start in a block.
    pub(super) records: usize,
    /// Floats of a block of samples, or of the Gram matrix of a layer.
    pub(super) block: usize,
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

/// Indices in a record.
pub(super) const WEIGHT: usize = 0;
pub(super) const LOSS: usize = 1;
pub(super) const RIGHT: usize = 2;
/// The first of the largest projections.
pub(super) const LARGEST: usize = 3;

impl Layout {
    pub(super) fn new(
        network: &Network,
        batch: &impl Batch,
        directions: usize,
        least_squares: bool,
    ) -> Self {
        let stages = network.stages();
        let (samples, part) = (batch.labels().len(), batch.part_length());
        let mut layout = Self {
            places: [Place::default(); MAX_LAYERS],
            layers: stages.len(),
            directions,
            samples,
            part,
            record: stages.len().saturating_add(LARGEST),
            records: 0,
            block: 0,
            all_directions: 0,
            packed: 0,
            packed_directions: batch.packed_length(directions),
            score: directions.max(network.outputs()).saturating_mul(LANES),
            parts: 0,
            grams: if least_squares { stages.len().saturating_sub(1) } else { 0 },
        };
        for (index, (stage, place)) in (0..MAX_LAYERS).zip(stages.iter().zip(&mut layout.places)) {
            *place = place_of(stage);
            let hidden = index.saturating_add(1) < stages.len();
            place.sums = layout.records;
            layout.records = layout.records.saturating_add(place.row().saturating_mul(part));
            place.part = layout.parts;
            if index == 0 {
                layout.packed = batch.packed_length(place.units);
            }
            if hidden {
                place.directions = layout.all_directions;
                let rows = place.inputs.saturating_add(1);
                layout.all_directions =
                    layout.all_directions.saturating_add(rows.saturating_mul(directions));
                place.projections = layout.records;
                layout.records = layout.records.saturating_add(directions.saturating_mul(part));
                layout.parts = layout.parts.saturating_add(place.groups());
            } else {
                // Mutants of the output weights: a part for each lane group of inputs, one for the bias.
                let groups = place.inputs.div_ceil(LANES).saturating_add(1);
                layout.parts = layout.parts.saturating_add(groups);
            }
        }
        let records = layout.record.saturating_mul(part);
        let square = if layout.grams > 0 { directions.saturating_mul(directions) } else { 0 };
        layout.block = row_length(layout.records.saturating_add(records).max(square));
        layout
    }

    /// All layers, the output layer last.
    pub(super) fn places(&self) -> &[Place] {
        self.places.get(..self.layers).unwrap_or(&[])
    }

    /// The hidden layers, and the output layer.
    pub(super) fn split(&self) -> (&[Place], Place) {
        let (last, hidden) = match self.places().split_last() {
            Some((last, hidden)) => (*last, hidden),
            None => (Place::default(), &[][..]),
        };
        (hidden, last)
    }

    /// Number of parts of the samples.
    pub(super) const fn sample_parts(&self) -> usize {
        // A part is a power of two.
        let last = self.samples.saturating_add(self.part.saturating_sub(1));
        last.wrapping_shr(self.part.trailing_zeros())
    }

    /// Floats of all blocks: the samples', then the Gram matrices.
    pub(super) const fn blocks(&self) -> usize {
        self.sample_parts().saturating_add(self.grams).saturating_mul(self.block)
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
        self.row(sample, self.layout.records, self.layout.record)
    }

    /// The Gram matrix of a hidden layer, factorised.
    pub(super) fn gram(&self, layer: usize) -> &'a [f32] {
        let block = self.layout.sample_parts().saturating_add(layer);
        let start = block.saturating_mul(self.layout.block);
        let length = self.layout.directions.saturating_mul(self.layout.directions);
        self.blocks.get(start..start.saturating_add(length)).unwrap_or(&[])
    }
}
