//! Adam: the state of a strategy that moves one parent, and its step.

use crate::error::LengthError;
use crate::math;
use crate::slices::{LANES, row_length};

/// The pieces of a state: the genome, both moments of Adam, and the record: loss and accuracy of the
/// parent on the batch.
pub(super) struct Pieces<'s> {
    pub(super) genome: &'s mut [f32],
    pub(super) first: &'s mut [f32],
    pub(super) second: &'s mut [f32],
    pub(super) record: &'s mut [f32],
}

/// Floats of the record.
const RECORD: usize = 2;

impl<'s> Pieces<'s> {
    pub(super) fn length(genes: usize) -> usize {
        row_length(genes).saturating_mul(3).saturating_add(RECORD)
    }

    pub(super) fn of(genes: usize, state: &'s mut [f32]) -> Result<Self, LengthError> {
        let short =
            LengthError { buffer: "state", expected: Self::length(genes), got: state.len() };
        let row = row_length(genes);
        let (genome, rest) = state.split_at_mut_checked(row).ok_or(short)?;
        let (first, rest) = rest.split_at_mut_checked(row).ok_or(short)?;
        let (second, rest) = rest.split_at_mut_checked(row).ok_or(short)?;
        let record = rest.get_mut(..RECORD).ok_or(short)?;
        Ok(Self { genome, first, second, record })
    }
}

/// The most blocks of rows of a network.
pub(super) const BLOCKS: usize = 64;

/// Rows that are recombined together.
pub(super) const ROWS: usize = 8;

type Lanes = [f32; LANES];

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

/// The blocks of layers of so many inputs and units, of the three slices of the state.
pub(super) fn blocks<'s>(
    layers: impl ExactSizeIterator<Item = (usize, usize)>,
    mut weights: &'s mut [f32],
    mut first_moments: &'s mut [f32],
    mut second_moments: &'s mut [f32],
) -> heapless::Vec<Block<'s>, BLOCKS> {
    let mut blocks = heapless::Vec::new();
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
    blocks
}

/// Takes the first `length` floats.
fn take<'s>(rest: &mut &'s mut [f32], length: usize) -> &'s mut [f32] {
    let all = core::mem::take(rest);
    let (first, after) = all.split_at_mut(length.min(all.len()));
    *rest = after;
    first
}

/// One step of Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019).
#[derive(Debug, Clone, Copy)]
pub(super) struct Adam {
    rate: f32,
    /// One less the learning rate times the decay.
    keep: f32,
    /// `1 / (1 - beta^t)` of both moments.
    corrections: (f32, f32),
}

/// Decay of the moments.
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/// The square of Adam's epsilon, inside of the root.
const EPSILON: f32 = 1e-16;

impl Adam {
    /// Step number `step`, counted from 1.
    pub(super) fn new(step: u32, rate: f32, decay: f32) -> Self {
        let correction = |beta: f32| 1.0 / (1.0 - math::exp(math::ln(beta) * step as f32));
        Self {
            rate,
            keep: 1.0 - rate * decay,
            corrections: (correction(BETA_1), correction(BETA_2)),
        }
    }

    #[inline(always)]
    pub(super) fn step(&self, direction: f32, weight: &mut f32, first: &mut f32, second: &mut f32) {
        *first = BETA_1 * *first + (1.0 - BETA_1) * direction;
        *second = BETA_2 * *second + (1.0 - BETA_2) * (direction * direction);
        let root = math::reciprocal_sqrt(*second * self.corrections.1 + EPSILON);
        *weight = *weight * self.keep + self.rate * ((*first * self.corrections.0) * root);
    }

    /// A row of a lane group: whole lanes, or fewer at the end of a row.
    #[inline(always)]
    pub(super) fn lanes(&self, directions: &Lanes, rows: [&mut [f32]; 3]) {
        let [weights, first, second] = rows;
        let whole = (
            weights.first_chunk_mut::<LANES>(),
            first.first_chunk_mut::<LANES>(),
            second.first_chunk_mut::<LANES>(),
        );
        if let (Some(weights), Some(first), Some(second)) = whole {
            self.each(directions, weights, first, second);
        } else {
            self.each(directions, weights, first, second);
        }
    }

    #[inline(always)]
    fn each(&self, directions: &Lanes, w: &mut [f32], first: &mut [f32], second: &mut [f32]) {
        let moments = first.iter_mut().zip(second);
        for ((w, (first, second)), direction) in w.iter_mut().zip(moments).zip(directions) {
            self.step(*direction, w, first, second);
        }
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
