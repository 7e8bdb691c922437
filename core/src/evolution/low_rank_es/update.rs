//! Recombination and Adam: `sum_i f_i A_i B_i^T` for each layer, taken as the step of Adam.

use super::factors::{Factors, SET};
use super::settings::LowRankEs;
use crate::error::LengthError;
use crate::evolution::Task;
use crate::evolution::adam::Adam;
use crate::evolution::shaping::shape;
use crate::evolution::weights::{self, Block, Directions, Kind, Pieces, ROWS, recombine};
use crate::objective::Batch;
use crate::slices::{LANES, parts, parts_mut, row_length};
use crate::spread::{Parts, Phase, Spread};

/// The shared memory of the mutants of any network.
pub(super) struct Mutants<'s> {
    /// The factors A and B.
    pub(super) left: &'s mut [f32],
    pub(super) right: &'s mut [f32],
    /// Differences of fitness, one a pair, and weights of the recombination.
    pub(super) differences: &'s mut [f32],
    shares: &'s mut [f32],
    /// The factors B times these weights.
    weighted: &'s mut [f32],
}

impl<'s> Mutants<'s> {
    const fn lengths(factors: &Factors) -> [usize; 5] {
        let weighted = factors.parts.saturating_mul(factors.weighted());
        [factors.left, factors.right, factors.pairs, factors.pairs, weighted]
    }

    /// Floats of this memory.
    pub(super) fn length(factors: &Factors) -> usize {
        total(&Self::lengths(factors))
    }

    /// Takes it from the start of the shared memory.
    pub(super) fn take(factors: &Factors, rest: &mut &'s mut [f32]) -> Self {
        let [left, right, differences, shares, weighted] =
            Self::lengths(factors).map(|length| take(rest, length));
        Self { left, right, differences, shares, weighted }
    }
}

/// Floats of regions of these lengths.
pub(super) fn total(lengths: &[usize]) -> usize {
    lengths.iter().fold(0, |sum, &length| sum.saturating_add(row_length(length)))
}

/// Takes a region from the start of the shared memory; the next one starts at a whole lane group.
pub(super) fn take<'s>(rest: &mut &'s mut [f32], length: usize) -> &'s mut [f32] {
    let all = core::mem::take(rest);
    let (own, after) = all.split_at_mut(row_length(length).min(all.len()));
    *rest = after;
    own.get_mut(..length).unwrap_or_default()
}

/// Moves the parent by the differences of fitness. `batch` knows the inputs that no sample uses, whose weights stay.
pub(super) fn step<B: Batch>(
    (es, factors): (&LowRankEs, &Factors),
    task: &Task<'_, B>,
    batch: Option<&B>,
    mutants: &mut Mutants<'_>,
    pieces: &mut Pieces<'_>,
    spread: &mut impl Spread,
) -> Result<(), LengthError> {
    shape(mutants.differences, es.shaping, mutants.shares);
    let work = Weigh { factors, right: mutants.right, shares: mutants.shares };
    spread.spread(mutants.weighted, factors.weighted(), &work)?;
    let layers = factors.layers().iter().map(|layer| (layer.inputs, layer.units));
    let mut blocks = heapless::Vec::new();
    let state = [&mut *pieces.genome, &mut *pieces.first, &mut *pieces.second];
    weights::blocks(layers, state, &mut blocks);
    let work = Update {
        factors,
        batch,
        left: mutants.left,
        weighted: mutants.weighted,
        adam: es.adam(task.generation, task.length),
        blocks: core::marker::PhantomData,
    };
    spread.spread(&mut blocks, 1, &work)
}

/// Multiplies the factors B by the weights of the recombination. A part is a lane group of the units of a layer,
/// `[columns][LANES]`.
struct Weigh<'a> {
    factors: &'a Factors,
    right: &'a [f32],
    /// The weights of the recombination, one a pair.
    shares: &'a [f32],
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
        let layers = self.factors.layers();
        let Some(layer) = layers.iter().rfind(|layer| layer.part <= index) else { return Ok(()) };
        let first = index.saturating_sub(layer.part).saturating_mul(LANES);
        let units = layer.units.saturating_sub(first).min(LANES);
        out.fill(0.0);
        let mut shares = self.shares.iter().cycle();
        for (set, out) in (0..usize::MAX).zip(parts_mut(out, SET * LANES)) {
            let width = self.factors.width(set);
            let start = layer.right.saturating_add(Factors::set_start(layer.units, set));
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
struct Update<'a, 's, B> {
    factors: &'a Factors,
    batch: Option<&'a B>,
    left: &'a [f32],
    /// What [`Weigh`] wrote.
    weighted: &'a [f32],
    adam: Adam,
    blocks: core::marker::PhantomData<Block<'s>>,
}

impl<B: Batch> Directions for Update<'_, '_, B> {
    #[inline(always)]
    fn of(&self, layer: usize, first: usize, group: usize) -> [[f32; LANES]; ROWS] {
        let mut sums = [[0.0; LANES]; ROWS];
        let Some(layer) = self.factors.layers().get(layer) else { return sums };
        let start = layer.part.saturating_add(group).saturating_mul(self.factors.weighted());
        let weighted = self.weighted.get(start..).unwrap_or(&[]).as_chunks::<LANES>().0;
        let weighted = weighted.get(..self.factors.columns()).unwrap_or(&[]);
        for (set, x) in (0..usize::MAX).zip(parts(weighted, SET)) {
            let start = layer.left.saturating_add(Factors::set_start(layer.rows(), set));
            let start = start.saturating_add(first.saturating_mul(x.len()));
            sums = recombine(sums, self.left.get(start..).unwrap_or(&[]), x.len(), x);
        }
        sums
    }

    #[inline(always)]
    fn is_none(&self, layer: usize, row: usize) -> bool {
        let inputs = self.factors.layers().first().map_or(0, |layer| layer.inputs);
        layer == 0 && row < inputs && self.batch.is_some_and(|batch| !batch.is_used(row))
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
            if let Some(layer) = self.factors.layers().get(block.layer) {
                let kind = if block.layer == 0 { Kind::First } else { Kind::Hidden };
                block.step((&self.adam, kind), layer.units, self);
            }
        }
        Ok(())
    }
}
