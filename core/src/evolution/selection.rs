//! Selection of mutants, their crossover, and the replacement of parents: what the genetic algorithms of single neurons and
//! of single filters share.

use super::weights::{Kind, Step};
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

/// The children replace their parents.
pub(super) struct Replace {
    /// What a direction is multiplied by, in the first layers, later hidden ones, and the output layer.
    pub(super) units: [f32; 3],
    /// What is left of a weight.
    pub(super) keep: f32,
}

impl Step for Replace {
    const MOMENTS: usize = 0;

    #[inline(always)]
    fn each(&self, kind: Kind, directions: &[f32], weights: &mut [f32], _: [&mut [f32]; 2]) {
        let [first, hidden, output] = self.units;
        let unit = match kind {
            Kind::First => first,
            Kind::Hidden => hidden,
            Kind::Output => output,
        };
        for (weight, direction) in weights.iter_mut().zip(directions) {
            *weight = *weight * self.keep + unit * direction;
        }
    }
}
