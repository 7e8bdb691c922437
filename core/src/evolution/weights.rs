//! The weights of an algorithm that moves one parent: the pieces of its state, and their recombination and step.

use super::{EvolutionError, Outcome, Task};
use crate::error::LengthError;
use crate::operators::Initialisation;
use crate::rng::{Purpose, stream};
use crate::slices::{LANES, copy, row_length};
use crate::statistics::Statistics;

type Lanes = [f32; LANES];

/// The pieces of a state: the genome, two moments of each weight or none, and the record: loss and accuracy
/// of the parent on the batch.
pub(super) struct Pieces<'s> {
    pub(super) genome: &'s mut [f32],
    pub(super) first: &'s mut [f32],
    pub(super) second: &'s mut [f32],
    pub(super) record: &'s mut [f32],
}

/// Floats of the record.
const RECORD: usize = 2;

impl<'s> Pieces<'s> {
    pub(super) fn length(genes: usize, moments: usize) -> usize {
        row_length(genes).saturating_mul(moments.saturating_add(1)).saturating_add(RECORD)
    }

    /// Those of a state, in which generation 0 draws the genome, or takes that of the task's start.
    pub(super) fn begin<O>(
        task: &Task<'_, O>,
        initialisation: Initialisation,
        moments: usize,
        state: &'s mut [f32],
    ) -> Result<Self, EvolutionError> {
        let genes = task.network.parameters();
        if task.generation == 0 {
            state.fill(0.0);
            let genome = state.get_mut(..genes).unwrap_or_default();
            if let Some(start) = task.start {
                LengthError::exact("start", genes, start.len())?;
                copy(genome, start);
            } else {
                let mut rng = stream(task.seed, 0, 0, Purpose::Initialise);
                initialisation.fill(task.network, genome, &mut rng)?;
            }
        }
        Ok(Self::of(genes, moments, state)?)
    }

    fn of(genes: usize, moments: usize, state: &'s mut [f32]) -> Result<Self, LengthError> {
        let expected = Self::length(genes, moments);
        let short = LengthError { buffer: "state", expected, got: state.len() };
        let row = row_length(genes);
        let (genome, rest) = state.split_at_mut_checked(row).ok_or(short)?;
        let row = if moments == 0 { 0 } else { row };
        let (first, rest) = rest.split_at_mut_checked(row).ok_or(short)?;
        let (second, rest) = rest.split_at_mut_checked(row).ok_or(short)?;
        let record = rest.get_mut(..RECORD).ok_or(short)?;
        Ok(Self { genome, first, second, record })
    }
}

/// The result of the generation in `state`.
pub(super) fn outcome(
    genes: usize,
    moments: usize,
    state: &[f32],
) -> Result<Outcome, EvolutionError> {
    let length = Pieces::length(genes, moments);
    LengthError::at_least("state", length, state.len())?;
    let record = state.get(row_length(genes).saturating_mul(moments.saturating_add(1))..);
    let (best, accuracy) = match record {
        Some([loss, accuracy, ..]) => (*loss, *accuracy),
        _ => (0.0, 0.0),
    };
    let statistics = Statistics::of(&[best]);
    Ok(Outcome { best, accuracy, statistics, ..Outcome::default() })
}

/// The most blocks of rows of a network.
pub(super) const BLOCKS: usize = 64;

/// Rows that are recombined together.
pub(super) const ROWS: usize = 8;

/// A block of rows of a layer's weights, with the moments of Adam.
#[derive(Debug, Default)]
pub(super) struct Block<'s> {
    /// Index of the layer.
    pub(super) layer: usize,
    /// The first row: an input, or the bias after all inputs.
    pub(super) first: usize,
    pub(super) weights: &'s mut [f32],
    pub(super) first_moments: &'s mut [f32],
    pub(super) second_moments: &'s mut [f32],
}

/// In which directions the weights of layers go. A trait, as a closure would not be compiled for wide vectors.
pub(super) trait Directions {
    /// Those of [`ROWS`] rows of a layer from row `first` on, for a lane group of units.
    fn of(&self, layer: usize, first: usize, group: usize) -> [Lanes; ROWS];

    /// Whether a row stays as it is. Default: no.
    #[inline(always)]
    fn is_none(&self, layer: usize, row: usize) -> bool {
        let _ = (layer, row);
        false
    }
}

impl Block<'_> {
    /// Takes a step in all rows of a layer of so many units.
    #[inline(always)]
    pub(super) fn step<S: Step>(
        &mut self,
        (step, kind): (&S, Kind),
        units: usize,
        directions: &impl Directions,
    ) {
        let rows = self.weights.len().checked_div(units).unwrap_or(0);
        let mut row = 0_usize;
        while row < rows {
            let first = self.first.saturating_add(row);
            for group in 0..units.div_ceil(LANES) {
                let sums = directions.of(self.layer, first, group);
                let column = group.saturating_mul(LANES);
                let length = LANES.min(units.saturating_sub(column));
                for (offset, sums) in (0..ROWS).zip(&sums) {
                    if directions.is_none(self.layer, first.saturating_add(offset)) {
                        continue;
                    }
                    let row = row.saturating_add(offset).saturating_mul(units);
                    lanes(step, kind, sums, self.rows(row.saturating_add(column), length));
                }
            }
            row = row.saturating_add(ROWS);
        }
    }

    /// A run of weights, and of their moments.
    #[inline(always)]
    pub(super) fn rows(&mut self, first: usize, length: usize) -> [&mut [f32]; 3] {
        let own = first..first.saturating_add(length);
        let Self { weights, first_moments, second_moments, .. } = self;
        [weights, first_moments, second_moments]
            .map(|rows| rows.get_mut(own.clone()).unwrap_or_default())
    }
}

/// Adds the blocks of layers of so many inputs and units, of the slices of the state: weights, and both moments,
/// which may be empty.
///
/// Into a place of the caller's: returned, they would take the stack of a microcontroller twice.
pub(super) fn blocks<'s>(
    layers: impl ExactSizeIterator<Item = (usize, usize)>,
    [mut weights, mut first_moments, mut second_moments]: [&'s mut [f32]; 3],
    blocks: &mut heapless::Vec<Block<'s>, BLOCKS>,
) {
    let share = BLOCKS.checked_div(layers.len()).unwrap_or(1).min(32);
    for (layer, (inputs, units)) in (0..usize::MAX).zip(layers) {
        let all = inputs.saturating_add(1);
        let rows = all.div_ceil(share.max(1)).div_ceil(ROWS).saturating_mul(ROWS);
        let mut first = 0;
        while first < all {
            let count = rows.min(all.saturating_sub(first));
            let length = count.saturating_mul(units);
            let block = Block {
                layer,
                first,
                weights: take(&mut weights, length),
                first_moments: take(&mut first_moments, length),
                second_moments: take(&mut second_moments, length),
            };
            let pushed = blocks.push(block);
            debug_assert!(pushed.is_ok());
            first = first.saturating_add(rows);
        }
    }
}

/// Takes the first `length` floats.
fn take<'s>(rest: &mut &'s mut [f32], length: usize) -> &'s mut [f32] {
    let all = core::mem::take(rest);
    let (first, after) = all.split_at_mut(length.min(all.len()));
    *rest = after;
    first
}

/// Which weights a step moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Those of the first layer, whose directions may be blurred.
    First,
    /// Those of a later hidden layer.
    Hidden,
    /// Those of the output layer.
    Output,
}

/// How a weight follows its direction.
pub(super) trait Step: Sync {
    /// Number of floats that are kept beside each weight: 0, or 2.
    const MOMENTS: usize;

    /// Moves weights in these directions; without moments their slices are empty.
    fn each(&self, kind: Kind, directions: &[f32], weights: &mut [f32], moments: [&mut [f32]; 2]);
}

/// Moves a row of a lane group: whole lanes, or fewer at the end of a row.
#[inline(always)]
fn lanes<S: Step>(step: &S, kind: Kind, directions: &Lanes, rows: [&mut [f32]; 3]) {
    let [weights, first, second] = rows;
    if let (Some(weights), true) = (weights.first_chunk_mut::<LANES>(), S::MOMENTS == 0) {
        step.each(kind, directions, weights, [&mut [], &mut []]);
        return;
    }
    let whole = (
        weights.first_chunk_mut::<LANES>(),
        first.first_chunk_mut::<LANES>(),
        second.first_chunk_mut::<LANES>(),
    );
    if let (Some(weights), Some(first), Some(second)) = whole {
        step.each(kind, directions, weights, [first, second]);
    } else {
        step.each(kind, directions, weights, [first, second]);
    }
}

/// `sums + sum_k x_k D[row][k]` for [`ROWS`] rows, a lane group of neurons: one accumulator a row and neuron, the
/// directions in order. Rows past the end are arbitrary.
#[inline(always)]
pub(super) fn recombine(
    mut sums: [Lanes; ROWS],
    entries: &[f32],
    k: usize,
    x: &[Lanes],
) -> [Lanes; ROWS] {
    let own = entries.get(..k).unwrap_or(&[]);
    let row = |index: usize| {
        let start = index.saturating_mul(k);
        entries.get(start..start.saturating_add(k)).unwrap_or(own)
    };
    let left = row(0).iter().zip(row(1)).zip(row(2).iter().zip(row(3)));
    let right = row(4).iter().zip(row(5)).zip(row(6).iter().zip(row(7)));
    for (x, (((a, b), (c, d)), ((e, f), (g, h)))) in x.iter().zip(left.zip(right)) {
        // Written out: a loop over the accumulators would keep them in memory.
        let [s0, s1, s2, s3, s4, s5, s6, s7] = &mut sums;
        multiply_add(s0, *a, x);
        multiply_add(s1, *b, x);
        multiply_add(s2, *c, x);
        multiply_add(s3, *d, x);
        multiply_add(s4, *e, x);
        multiply_add(s5, *f, x);
        multiply_add(s6, *g, x);
        multiply_add(s7, *h, x);
    }
    sums
}

#[inline(always)]
fn multiply_add(sums: &mut Lanes, factor: f32, x: &Lanes) {
    for (sum, x) in sums.iter_mut().zip(x) {
        *sum += factor * x;
    }
}
