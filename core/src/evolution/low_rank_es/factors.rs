//! The factors A and B of the changes of all layers: where they lie, and how they are drawn.
//!
//! The factors of all mutants stand in sets of [`SET`] columns, the last set perhaps narrower. Pair i has column i for the
//! first rank, column i + pairs for the second, and so on.

use crate::directions::{Blur, Directions};
use crate::error::LengthError;
use crate::network::MAX_LAYERS;
use crate::rng::derive;
use crate::slices::{LANES, parts_mut};
use crate::spread::Spread;

/// Columns of a set: as many as a word has bits.
pub(super) const SET: usize = 64;

/// A layer with weights `[inputs + 1][units]`, the bias last: a dense layer, or a convolution whose filters are the units.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Layer {
    pub(super) inputs: usize,
    pub(super) units: usize,
    /// Where the factors A start in their region: sets of `[inputs + 1][columns]`.
    pub(super) left: usize,
    /// Where the factors B start in their region: sets of `[units][columns]`.
    pub(super) right: usize,
    /// The first of the parts by which its factors are weighted, one for each lane group of units.
    pub(super) part: usize,
}

impl Layer {
    /// Number of rows of its weights: the inputs and the bias.
    pub(super) const fn rows(&self) -> usize {
        self.inputs.saturating_add(1)
    }
}

/// The layout of the factors of all layers.
#[derive(Debug, Clone)]
pub(super) struct Factors {
    layers: [Layer; MAX_LAYERS],
    count: usize,
    /// Number of mirrored pairs, and the rank of a change.
    pub(super) pairs: usize,
    pub(super) rank: usize,
    /// Floats of all factors A, and of all factors B.
    pub(super) left: usize,
    pub(super) right: usize,
    /// Number of parts of weighted factors.
    pub(super) parts: usize,
}

impl Factors {
    /// The layout for layers of so many inputs and units.
    pub(super) fn new(
        layers: impl Iterator<Item = (usize, usize)>,
        pairs: usize,
        rank: usize,
    ) -> Self {
        let columns = pairs.saturating_mul(rank);
        let mut all = [Layer::default(); MAX_LAYERS];
        let (mut left, mut right, mut parts, mut count) = (0_usize, 0_usize, 0_usize, 0_usize);
        for (layer, (inputs, units)) in all.iter_mut().zip(layers) {
            *layer = Layer { inputs, units, left, right, part: parts };
            left = left.saturating_add(layer.rows().saturating_mul(columns));
            right = right.saturating_add(units.saturating_mul(columns));
            parts = parts.saturating_add(units.div_ceil(LANES));
            count = count.saturating_add(1);
        }
        Self { layers: all, count, pairs, rank, left, right, parts }
    }

    /// All layers, the output layer last.
    pub(super) fn layers(&self) -> &[Layer] {
        self.layers.get(..self.count).unwrap_or(&[])
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

    /// The set of the column of a pair for one of the ranks, and the place in it.
    pub(super) const fn column(&self, pair: usize, rank: usize) -> (usize, usize) {
        let column = rank.saturating_mul(self.pairs).saturating_add(pair);
        (column / SET, column % SET)
    }

    /// The entry of a factor with so many rows that starts at `start`, in one of its rows: of a pair, for one of the ranks.
    #[inline(always)]
    pub(super) fn entry(
        &self,
        factor: &[f32],
        (start, rows): (usize, usize),
        row: usize,
        (pair, rank): (usize, usize),
    ) -> f32 {
        let (set, place) = self.column(pair, rank);
        let row = row.wrapping_mul(self.width(set)).wrapping_add(place);
        let start = start.wrapping_add(Self::set_start(rows, set));
        factor.get(start.wrapping_add(row)).copied().unwrap_or(0.0)
    }

    /// Floats of a part of weighted factors: `[columns][LANES]`.
    pub(super) const fn weighted(&self) -> usize {
        self.columns().saturating_mul(LANES)
    }

    /// Draws the factors of all layers: the signs of the first layer's A blurred, the others as they are.
    pub(super) fn draw(
        &self,
        first: Blur,
        base: u64,
        (left, right): (&mut [f32], &mut [f32]),
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        for (index, layer) in (0..usize::MAX).zip(self.layers()) {
            let blur = if index == 0 { first } else { Blur::none(layer.inputs) };
            let (rows, units, plain) = (layer.rows(), layer.units, Blur::none(layer.units));
            let sides = [
                // The rows that are left are the bias.
                (Side::Left, &mut *left, layer.left, rows, (blur, layer.inputs)),
                (Side::Right, &mut *right, layer.right, units, (plain, units)),
            ];
            for (side, factors, start, rows, (blur, inputs)) in sides {
                let factors = factors.get_mut(start..).unwrap_or_default();
                let all = rows.saturating_mul(self.columns());
                let factors = factors.get_mut(..all).unwrap_or_default();
                let sets = parts_mut(factors, Self::set_start(rows, 1));
                for (set, out) in (0..usize::MAX).zip(sets) {
                    let seed = seed_of(base, index, side, set);
                    let work = Directions { blur, inputs, directions: self.width(set), seed };
                    spread.spread(out, work.size(), &work)?;
                }
            }
        }
        Ok(())
    }
}

/// The two factors of a change.
#[derive(Debug, Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// The seed of the words of a set of factors of a layer.
fn seed_of(base: u64, layer: usize, side: Side, set: usize) -> u64 {
    let matrix = (layer as u64).wrapping_mul(2).wrapping_add(side as u64);
    derive(derive(base, matrix), set as u64)
}
