//! Directions: the changes of weights that all neurons of a layer share, see [`crate::directions`].
//! Their seeds, pure functions of (seed, generation, layer), and their Gram matrix.

use crate::directions::add_product;
use crate::rng::derive;
use crate::slices::{LANES, parts, parts_mut};

/// The seed of the words of a layer's directions.
pub(super) fn seed_of(seed: u64, generation: u32, layer: usize) -> u64 {
    derive(base(seed, generation), layer as u64)
}

/// The seed of the words of the roulette.
pub(super) fn roulette_seed(seed: u64, generation: u32) -> u64 {
    derive(base(seed, generation), u64::MAX)
}

/// The seed of all words of a generation, apart from those of batches and from seeds of islands.
fn base(seed: u64, generation: u32) -> u64 {
    /// "neuron-e" in ASCII.
    const PURPOSE: u64 = 0x6e65_7572_6f6e_2d65;
    derive(derive(seed, PURPOSE), u64::from(generation))
}

/// The Gram matrix of a layer's directions without their bias, `G = D'D / n + ridge I` with n the mean of its
/// diagonal, factorised as L diag(d) L'. Above the diagonal stands L', on it 1 / d; `out` is `[k][k]`.
#[inline(always)]
pub(super) fn factorise(entries: &[f32], k: usize, ridge: f32, out: &mut [f32]) {
    for p in (0..k).step_by(COLUMNS) {
        let rows = out.get_mut(p.saturating_mul(k)..).unwrap_or_default();
        match k.saturating_sub(p).div_ceil(LANES) {
            1 => products::<1>(entries, k, p, rows),
            2 => products::<2>(entries, k, p, rows),
            3 => products::<3>(entries, k, p, rows),
            _ => products::<4>(entries, k, p, rows),
        }
    }
    let mut trace = 0.0;
    for (p, row) in (0..k).zip(parts(out, k)) {
        trace += row.get(p).copied().unwrap_or(0.0);
    }
    let scale = k as f32 / trace;
    for (p, row) in (0..k).zip(parts_mut(out, k)) {
        for x in row.iter_mut() {
            *x *= scale;
        }
        if let Some(x) = row.get_mut(p) {
            *x += ridge;
        }
    }
    eliminate(k, out);
}

/// Columns of the Gram matrix that are summed together.
const COLUMNS: usize = 4;

/// The sums of products of four columns of the directions, from column `p` on, with the last G lane groups
/// of columns, as four rows of `out`.
#[inline(always)]
fn products<const G: usize>(entries: &[f32], k: usize, p: usize, out: &mut [f32]) {
    let start = k.saturating_sub(G.wrapping_mul(LANES));
    let mut sums = [[[0.0; LANES]; G]; COLUMNS];
    for row in parts(entries, k) {
        let own = row.get(p..).and_then(|own| own.first_chunk::<COLUMNS>());
        let lanes = row.get(start..).unwrap_or(&[]).as_chunks::<LANES>().0.first_chunk::<G>();
        let (Some([a, b, c, d]), Some(lanes)) = (own, lanes) else { continue };
        let [first, second, third, fourth] = &mut sums;
        add_product(first, *a, lanes);
        add_product(second, *b, lanes);
        add_product(third, *c, lanes);
        add_product(fourth, *d, lanes);
    }
    for (out, sums) in parts_mut(out, k).zip(sums) {
        let out = out.get_mut(start..).unwrap_or_default().as_chunks_mut::<LANES>().0;
        for (out, sums) in out.iter_mut().zip(sums) {
            *out = sums;
        }
    }
}

/// The lane groups of a row from that of column `column` on.
#[inline(always)]
fn from_group(row: &mut [f32], column: usize) -> &mut [[f32; LANES]] {
    row.as_chunks_mut::<LANES>().0.get_mut(column / LANES..).unwrap_or_default()
}

/// [`from_group`], to be read.
#[inline(always)]
fn from_group_of(row: &[f32], column: usize) -> &[[f32; LANES]] {
    row.as_chunks::<LANES>().0.get(column / LANES..).unwrap_or(&[])
}

/// `to += factor * from`.
#[inline(always)]
fn add_scaled(to: &mut [[f32; LANES]], factor: f32, from: &[[f32; LANES]]) {
    for (to, from) in to.iter_mut().zip(from) {
        for (to, from) in to.iter_mut().zip(from) {
            *to += factor * from;
        }
    }
}

/// Replaces a symmetric positive matrix, of which only the upper half is read, by L' and 1 / d: Gauss
/// elimination without pivots.
#[inline(always)]
fn eliminate(k: usize, out: &mut [f32]) {
    for p in 0..k {
        let (done, below) =
            out.split_at_mut_checked(p.saturating_add(1).saturating_mul(k)).unwrap_or_default();
        let row = done.get_mut(p.saturating_mul(k)..).unwrap_or_default();
        let inverse = 1.0 / row.get(p).copied().unwrap_or(1.0);
        for (q, below) in (p.saturating_add(1)..k).zip(parts_mut(below, k)) {
            let factor = row.get(q).copied().unwrap_or(0.0) * inverse;
            add_scaled(from_group(below, q), -factor, from_group_of(row, q));
        }
        for x in row.iter_mut() {
            *x *= inverse;
        }
        if let Some(x) = row.get_mut(p) {
            *x = inverse;
        }
    }
}

/// Solves `G x = f` for a lane group of neurons at once: `x` is `[k][LANES]`, f on entry.
#[inline(always)]
pub(super) fn solve(factors: &[f32], k: usize, x: &mut [f32]) {
    let x = x.as_chunks_mut::<LANES>().0.get_mut(..k).unwrap_or_default();
    for (p, row) in (0..k).zip(parts(factors, k)) {
        let (done, below) = x.split_at_mut_checked(p.saturating_add(1)).unwrap_or_default();
        let Some(own) = done.last() else { return };
        let factors = row.get(p.saturating_add(1)..).unwrap_or(&[]);
        for (below, &factor) in below.iter_mut().zip(factors) {
            for (x, y) in below.iter_mut().zip(own) {
                *x -= factor * y;
            }
        }
    }
    for p in (0..k).rev() {
        let (done, below) = x.split_at_mut_checked(p.saturating_add(1)).unwrap_or_default();
        let Some(own) = done.last_mut() else { return };
        let row = factors.get(p.saturating_mul(k)..).unwrap_or(&[]);
        let inverse = row.get(p).copied().unwrap_or(0.0);
        let factors = row.get(p.saturating_add(1)..).unwrap_or(&[]);
        let mut sums = own.map(|x| x * inverse);
        for (below, &factor) in below.iter().zip(factors) {
            for (x, y) in sums.iter_mut().zip(below) {
                *x -= factor * y;
            }
        }
        *own = sums;
    }
}
