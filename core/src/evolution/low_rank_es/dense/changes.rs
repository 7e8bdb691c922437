//! How the activations of mutants differ from their parent's, and what the next layer makes of it.
//!
//! A neuron of the first layer that no mutant switches is *steady*: its changes in both signs are opposite, so
//! one product serves both. One that some mutant may switch is *loose*, and has a product for each sign. One
//! that is off in every mutant has none. In later layers all neurons count as loose.
//!
//! Accumulators go to memory before anything else is done with them: a use of single lanes would keep them
//! from vector registers.

use crate::slices::LANES;

pub(super) type Lanes = [f32; LANES];

/// The changes of a layer's activations for a lane group of pairs: which neurons have them, and the changes in
/// the plus mutants and in the minus mutants.
pub(super) struct Changes<'r> {
    pub(super) steady_at: &'r [f32],
    pub(super) steady: &'r [Lanes],
    pub(super) loose_at: &'r [f32],
    pub(super) plus: &'r [Lanes],
    pub(super) minus: &'r [Lanes],
}

/// The number of a neuron in a list of floats, which holds its bits.
#[inline(always)]
pub(super) const fn place_of(index: f32) -> usize {
    index.to_bits() as usize
}

/// A number as [`place_of`] reads it.
#[inline(always)]
pub(super) const fn index_of(place: usize) -> f32 {
    f32::from_bits(place as u32)
}

/// How a ReLU changes when its sum z moves by d, in place of d.
#[inline(always)]
pub(super) fn switch(z: f32, moves: &mut Lanes) {
    let relu = |x: f32| if x > 0.0 { x } else { 0.0 };
    let mut own = *moves;
    for d in &mut own {
        *d = relu(z + *d) - relu(z);
    }
    *moves = own;
}

/// Sums of products of the changes of neurons with their weights: `out[u] = sum_j kernel[at_j][u] changes_j`,
/// for all units of the kernel. Four neurons at a time, so that a sum is seldom loaded and stored.
#[inline(always)]
pub(super) fn products(at: &[f32], changes: &[Lanes], kernel: &[f32], out: &mut [Lanes]) {
    out.fill([0.0; LANES]);
    let units = out.len();
    let row = |index: f32| {
        let start = place_of(index).wrapping_mul(units);
        kernel.get(start..start.wrapping_add(units)).unwrap_or(&[])
    };
    let (fours, rest) = at.as_chunks::<4>();
    let (changes, last) = changes.get(..at.len()).unwrap_or(&[]).as_chunks::<4>();
    for ([i, j, k, l], [x, y, z, w]) in fours.iter().zip(changes) {
        let left = row(*i).iter().zip(row(*j));
        let right = row(*k).iter().zip(row(*l));
        for (out, ((a, b), (c, d))) in out.iter_mut().zip(left.zip(right)) {
            let mut sums = *out;
            add_scaled(&mut sums, *a, x);
            add_scaled(&mut sums, *b, y);
            add_scaled(&mut sums, *c, z);
            add_scaled(&mut sums, *d, w);
            *out = sums;
        }
    }
    for (index, change) in rest.iter().zip(last) {
        for (out, weight) in out.iter_mut().zip(row(*index)) {
            let mut sums = *out;
            add_scaled(&mut sums, *weight, change);
            *out = sums;
        }
    }
}

/// The projections of the mutants' activations on a column of the factors A, `[inputs + 1]`, whose last row is
/// the bias: of the plus mutants and of the minus mutants the last two rows of `out`, times `unit`. The parent's
/// sums are `z`.
#[inline(always)]
pub(super) fn project(
    changes: &Changes<'_>,
    left: &[Lanes],
    (z, relu): (&[f32], bool),
    unit: f32,
    out: &mut [Lanes; 4],
) {
    let [base, steady, plus, minus] = out;
    base.fill(0.0);
    for &index in changes.steady_at.iter().chain(changes.loose_at) {
        let z = z.get(place_of(index)).copied().unwrap_or(0.0);
        let h = if relu && z <= 0.0 { 0.0 } else { z };
        if let Some(row) = left.get(place_of(index)) {
            let mut sums = *base;
            add_scaled(&mut sums, h, row);
            *base = sums;
        }
    }
    if let Some(bias) = left.last() {
        add_scaled(base, 1.0, bias);
    }
    product_with(changes.steady_at, changes.steady, left, steady);
    product_with(changes.loose_at, changes.plus, left, plus);
    product_with(changes.loose_at, changes.minus, left, minus);
    for ((plus, minus), (steady, base)) in
        plus.iter_mut().zip(minus).zip(steady.iter().zip(base.iter()))
    {
        *plus = ((*plus + steady) + base) * unit;
        *minus = ((*minus - steady) + base) * unit;
    }
}

/// The sum of products of changes with rows of factors.
#[inline(always)]
fn product_with(at: &[f32], changes: &[Lanes], rows: &[Lanes], out: &mut Lanes) {
    out.fill(0.0);
    for (&index, change) in at.iter().zip(changes) {
        if let Some(row) = rows.get(place_of(index)) {
            *out = sum_with(out, change, row);
        }
    }
}

#[inline(always)]
fn add_scaled(sums: &mut Lanes, factor: f32, x: &Lanes) {
    for (sum, x) in sums.iter_mut().zip(x) {
        *sum += factor * x;
    }
}

/// `sums + x * y`, lane by lane.
#[inline(always)]
pub(super) fn sum_with(sums: &Lanes, x: &Lanes, y: &Lanes) -> Lanes {
    let mut out = *sums;
    for ((sum, x), y) in out.iter_mut().zip(x).zip(y) {
        *sum += x * y;
    }
    out
}
