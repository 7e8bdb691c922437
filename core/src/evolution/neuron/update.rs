//! Recombination: `sum_k x_k D_k` for each neuron, in which its weights take a step.

use super::layout::{Layout, Place};
use crate::error::LengthError;
use crate::evolution::adam::Adam;
use crate::objective::Batch;
use crate::slices::LANES;
use crate::spread::Parts;

/// The most blocks of rows of a network.
pub(super) const BLOCKS: usize = 64;

/// Rows that are recombined together.
const ROWS: usize = 8;

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

impl Block<'_> {
    /// A run of weights, and of their moments.
    #[inline(always)]
    fn rows(&mut self, first: usize, length: usize) -> [&mut [f32]; 3] {
        let own = first..first.saturating_add(length);
        let Self { weights, first_moments, second_moments, .. } = self;
        [weights, first_moments, second_moments]
            .map(|rows| rows.get_mut(own.clone()).unwrap_or_default())
    }
}

/// Adds the blocks of a layout, of the slices of the state: weights, and both moments, which may be empty.
///
/// Into a place of the caller's: returned, they would take the stack of a microcontroller twice.
pub(super) fn blocks<'s>(
    layout: &Layout,
    [mut weights, mut first_moments, mut second_moments]: [&'s mut [f32]; 3],
    blocks: &mut heapless::Vec<Block<'s>, BLOCKS>,
) {
    let share = BLOCKS.checked_div(layout.places().len()).unwrap_or(1).min(32);
    for (layer, place) in layout.places().iter().enumerate() {
        let all = place.inputs.saturating_add(1);
        let rows = all.div_ceil(share.max(1)).div_ceil(ROWS).saturating_mul(ROWS);
        let mut first = 0;
        while first < all {
            let count = rows.min(all.saturating_sub(first));
            let length = count.saturating_mul(place.units);
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
pub(crate) enum Kind {
    /// Those of the first layer, whose directions may be blurred.
    First,
    /// Those of a later hidden layer.
    Hidden,
    /// Those of the output layer.
    Output,
}

/// How a weight follows its direction.
pub(crate) trait Step: Sync {
    /// Number of floats that are kept beside each weight: 0, or 2.
    const MOMENTS: usize;

    /// Moves weights in these directions; without moments their slices are empty.
    fn each(&self, kind: Kind, directions: &[f32], weights: &mut [f32], moments: [&mut [f32]; 2]);
}

impl Step for Adam {
    const MOMENTS: usize = 2;

    #[inline(always)]
    fn each(&self, _: Kind, directions: &[f32], weights: &mut [f32], moments: [&mut [f32]; 2]) {
        let [first, second] = moments;
        let moments = first.iter_mut().zip(second);
        for ((w, (first, second)), direction) in weights.iter_mut().zip(moments).zip(directions) {
            self.step(*direction, w, first, second);
        }
    }
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

/// Updates the blocks; a part is one.
pub(super) struct Update<'a, 's, B, S> {
    pub(super) layout: &'a Layout,
    pub(super) batch: &'a B,
    pub(super) directions: &'a [f32],
    /// What [`super::score::Score`] wrote.
    pub(super) scores: &'a [f32],
    pub(super) step: &'a S,
    pub(super) blocks: core::marker::PhantomData<Block<'s>>,
}

impl<'s, B: Batch, S: Step> Update<'_, 's, B, S> {
    /// What a score part wrote.
    #[inline(always)]
    fn score(&self, part: usize) -> &[Lanes] {
        let start = part.saturating_mul(self.layout.score);
        let scores = self.scores.get(start..start.saturating_add(self.layout.score));
        scores.unwrap_or(&[]).as_chunks::<LANES>().0
    }

    #[inline(always)]
    fn hidden(&self, place: &Place, block: &mut Block<'s>) {
        let (k, units) = (self.layout.directions, place.units);
        let kind = if place.directions == 0 { Kind::First } else { Kind::Hidden };
        let rows = block.weights.len().checked_div(units).unwrap_or(0);
        let mut row = 0_usize;
        while row < rows {
            let first = block.first.saturating_add(row);
            let start = place.directions.saturating_add(first.saturating_mul(k));
            let entries = self.directions.get(start..).unwrap_or(&[]);
            for group in 0..place.groups() {
                let x = self.score(place.part.saturating_add(group));
                let directions = recombine(entries, k, x.get(..k).unwrap_or(&[]));
                let column = group.saturating_mul(LANES);
                let length = LANES.min(units.saturating_sub(column));
                for (offset, directions) in (0..ROWS).zip(&directions) {
                    let input = first.saturating_add(offset);
                    let unused = input < place.inputs && !self.batch.is_used(input);
                    if kind == Kind::First && unused {
                        continue;
                    }
                    let row = row.saturating_add(offset).saturating_mul(units);
                    let own = block.rows(row.saturating_add(column), length);
                    lanes(self.step, kind, directions, own);
                }
            }
            row = row.saturating_add(ROWS);
        }
    }

    /// The output layer, whose mutants are single weights: the differences are the direction.
    fn output(&self, place: &Place, block: &mut Block<'s>) {
        let rows = block.weights.len().checked_div(place.units).unwrap_or(0);
        for row in 0..rows {
            let input = block.first.saturating_add(row);
            let (group, lane) = if input < place.inputs {
                (input / LANES, input % LANES)
            } else {
                (place.inputs.div_ceil(LANES), 0)
            };
            let scores = self.score(place.part.saturating_add(group));
            for (class, score) in (0..place.units).zip(scores) {
                let direction = score.get(lane).copied().unwrap_or(0.0);
                let index = row.saturating_mul(place.units).saturating_add(class);
                let [weight, first, second] = block.rows(index, 1);
                self.step.each(Kind::Output, &[direction], weight, [first, second]);
            }
        }
    }
}

impl<'s, B: Batch, S: Step> Parts for Update<'_, 's, B, S> {
    type Out = Block<'s>;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        _index: usize,
        out: &mut [Block<'s>],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let places = self.layout.places();
        for block in out {
            match places.get(block.layer) {
                Some(place) if block.layer.saturating_add(1) < places.len() => {
                    self.hidden(place, block);
                }
                Some(place) => self.output(place, block),
                None => {}
            }
        }
        Ok(())
    }
}

/// `sum_k x_k D[row][k]` for [`ROWS`] rows, a lane group of neurons: one accumulator a row and neuron, the
/// directions in order. Rows past the end are arbitrary.
#[inline(always)]
fn recombine(entries: &[f32], k: usize, x: &[Lanes]) -> [Lanes; ROWS] {
    let mut sums = [[0.0; LANES]; ROWS];
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
