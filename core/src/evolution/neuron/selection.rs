//! The genetic algorithm's selection of mutants, and their crossover.

use crate::math;

/// The sign of the better mutant of a pair, 0 if it does not improve the loss; from `L(-s) - L(+s)` and
/// `L(-s) + L(+s)`.
#[inline(always)]
pub(super) fn better(difference: f32, sum: f32) -> f32 {
    // The loss of the better one is (sum - |difference|) / 2.
    let improves = sum < difference.abs();
    let sign = if difference > 0.0 { 1.0 } else { -1.0 };
    if improves { sign } else { 0.0 }
}

/// The sum of the improving mutants, divided by the root of their number: what the child takes of each
/// direction. Of a pair of which both improve the better one counts.
#[inline(always)]
pub(super) fn cross<const K: usize>(differences: &[f32; K], sums: &[f32; K]) -> [f32; K] {
    let mut child = [0.0; K];
    let mut count = 0.0;
    for (child, (difference, sum)) in child.iter_mut().zip(differences.iter().zip(sums)) {
        *child = better(*difference, *sum);
        count += child.abs();
    }
    let scale = if count > 0.0 { math::reciprocal_sqrt(count) } else { 0.0 };
    child.map(|x| x * scale)
}
