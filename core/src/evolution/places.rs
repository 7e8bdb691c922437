//! Where the layers of a parent lie, and what is known of the samples of a batch.

use crate::error::LengthError;
use crate::layers::Activation;
use crate::network::{MAX_LAYERS, Network, Stage};
use crate::slices::{LANES, row_length};

/// A dense layer, with what an algorithm notes of it for itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place<X> {
    /// Number of inputs and of units.
    pub(super) inputs: usize,
    pub(super) units: usize,
    /// Whether the activation is ReLU; else there is none.
    pub(super) relu: bool,
    /// Where its weights start in the genome: `[inputs + 1][units]`, the bias last.
    pub(super) weights: usize,
    /// Where its sums start in a block of samples: `[samples][row_length(units)]`. For the output layer these
    /// become the probabilities.
    pub(super) sums: usize,
    /// The first of the parts by which its mutants are scored or recombined, one for each lane group.
    pub(super) part: usize,
    /// What the algorithm notes.
    pub(super) own: X,
}

impl<X> Place<X> {
    /// Number of lane groups of its units.
    pub(super) const fn groups(&self) -> usize {
        self.units.div_ceil(LANES)
    }

    /// Number of floats of a row of sums.
    pub(super) const fn row(&self) -> usize {
        row_length(self.units)
    }

    /// Number of rows of its weights: the inputs and the bias.
    pub(super) const fn rows(&self) -> usize {
        self.inputs.saturating_add(1)
    }

    /// Number of weights, the bias included.
    pub(super) const fn parameters(&self) -> usize {
        self.rows().saturating_mul(self.units)
    }

    /// Its weights.
    #[inline(always)]
    pub(super) fn weights_of<'g>(&self, genome: &'g [f32]) -> &'g [f32] {
        let rest = genome.get(self.weights..).unwrap_or(&[]);
        rest.get(..self.parameters()).unwrap_or(&[])
    }
}

/// The layers of a network, the output layer last.
#[derive(Debug, Clone)]
pub(super) struct Places<X> {
    places: [Place<X>; MAX_LAYERS],
    count: usize,
}

impl<X: Copy + Default> Places<X> {
    /// Without sums, parts and notes.
    pub(super) fn of(network: &Network) -> Self {
        let mut places = [Place::default(); MAX_LAYERS];
        for (place, stage) in places.iter_mut().zip(network.stages()) {
            *place = place_of(stage);
        }
        Self { places, count: network.stages().len() }
    }

    pub(super) fn all(&self) -> &[Place<X>] {
        self.places.get(..self.count).unwrap_or(&[])
    }

    pub(super) fn all_mut(&mut self) -> &mut [Place<X>] {
        self.places.get_mut(..self.count).unwrap_or_default()
    }

    /// The hidden layers, and the output layer.
    pub(super) fn split(&self) -> (&[Place<X>], Place<X>) {
        match self.all().split_last() {
            Some((last, hidden)) => (hidden, *last),
            None => (&[], Place::default()),
        }
    }
}

fn place_of<X: Default>(stage: &Stage) -> Place<X> {
    Place {
        inputs: stage.input.elements(),
        units: stage.output.elements(),
        relu: stage.layer.activation() == Activation::Relu,
        weights: stage.kernel_start,
        ..Place::default()
    }
}

/// Floats of the widest layer's row.
pub(super) fn widest<X>(places: &[Place<X>]) -> usize {
    places.iter().map(Place::row).max().unwrap_or(0)
}

/// Indices in the record of a sample: its weight by the roulette, the loss of the parent, and whether it is right.
/// What the algorithm notes comes after them.
pub(super) const WEIGHT: usize = 0;
pub(super) const LOSS: usize = 1;
pub(super) const RIGHT: usize = 2;
/// The first index that is the algorithm's.
pub(super) const NOTES: usize = 3;

/// The most samples of a part.
pub(super) const MOST: usize = 256;

/// How what is known of the samples of a batch is divided into blocks, one for each part of the batch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Grid {
    /// Samples, and samples of a part, a power of two.
    pub(super) samples: usize,
    pub(super) part: usize,
    /// Floats of a block.
    pub(super) block: usize,
    /// Where the records start in a block, and floats of a record.
    pub(super) records: usize,
    pub(super) record: usize,
}

impl Grid {
    /// Checks that a part is a power of two up to [`MOST`].
    pub(super) fn check(&self) -> Result<(), LengthError> {
        let power = self.part.checked_next_power_of_two().unwrap_or(0).min(MOST);
        LengthError::exact("part of the batch", power, self.part)
    }

    /// Number of parts of the samples.
    pub(super) const fn parts(&self) -> usize {
        let last = self.samples.saturating_add(self.part.saturating_sub(1));
        last.wrapping_shr(self.part.trailing_zeros())
    }

    /// Number of samples of a part.
    pub(super) fn count(&self, part: usize) -> usize {
        self.samples.saturating_sub(part.saturating_mul(self.part)).min(self.part)
    }
}

/// The region of a block that starts at `start`, with rows of `length` floats for `count` samples.
#[inline(always)]
pub(super) fn region(out: &mut [f32], start: usize, length: usize, count: usize) -> &mut [f32] {
    let rest = out.get_mut(start..).unwrap_or_default();
    rest.get_mut(..length.saturating_mul(count)).unwrap_or_default()
}

/// The blocks of a generation's samples, to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocks<'a> {
    pub(super) grid: Grid,
    pub(super) blocks: &'a [f32],
}

impl<'a> Blocks<'a> {
    /// A row of `length` floats of a sample, in the region that starts at `start` of each block.
    #[inline(always)]
    pub(super) fn row(&self, sample: usize, start: usize, length: usize) -> &'a [f32] {
        // A part is a power of two: no division in the inner loops.
        let block = sample.wrapping_shr(self.grid.part.trailing_zeros());
        let place = sample & self.grid.part.wrapping_sub(1);
        let first = block
            .wrapping_mul(self.grid.block)
            .wrapping_add(start)
            .wrapping_add(place.wrapping_mul(length));
        self.blocks.get(first..first.wrapping_add(length)).unwrap_or(&[])
    }

    /// The record of a sample.
    #[inline(always)]
    pub(super) fn record(&self, sample: usize) -> &'a [f32] {
        self.row(sample, self.grid.records, self.grid.record)
    }

    /// A number of a sample's record, for example its [`WEIGHT`].
    pub(super) fn number(&self, sample: usize, number: usize) -> f32 {
        self.record(sample).get(number).copied().unwrap_or(0.0)
    }
}
