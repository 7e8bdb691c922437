//! The formulas of the twins.

use tinyevo_core::evolution::Shaping;
use tinyevo_core::math::reciprocal_sqrt;

pub(crate) fn weighted_sum(input: &[f32], rows: &[&[f32]], unit: usize) -> f32 {
    let sum = input.iter().zip(rows).fold(0.0, |sum, (x, row)| sum + x * row[unit]);
    sum + rows[input.len()][unit]
}

/// About `exp`.
pub(crate) fn power(d: f32) -> f32 {
    let t = (1.0 + 0.25 * d).max(0.0);
    let half = 0.5 * t * t + 0.5;
    (half * half) * (half * half)
}

pub(crate) fn shape(f: &[f32], shaping: Shaping) -> Vec<f32> {
    let sign = |x: f32| {
        if x > 0.0 {
            1.0
        } else if x < 0.0 {
            -1.0
        } else {
            0.0
        }
    };
    match shaping {
        Shaping::Normalised => {
            let sum = f.iter().fold(0.0, |sum, x| sum + x * x);
            let scale = reciprocal_sqrt(sum / f.len() as f32 + 1e-24);
            f.iter().map(|x| x * scale).collect()
        }
        Shaping::Signs => f.iter().map(|&x| sign(x)).collect(),
        Shaping::Ranks => {
            let rank = |x: f32| f.iter().fold(0.0, |sum, y| sum + sign(x - y));
            f.iter().map(|&x| rank(x) / (f.len() as f32 - 1.0)).collect()
        }
    }
}

/// Gauss elimination without pivots.
pub(crate) fn solve(gram: &[Vec<f32>], f: &[f32]) -> Vec<f32> {
    let (mut rows, k) = (gram.to_vec(), f.len());
    let mut x = f.to_vec();
    for p in 0..k {
        let (done, below) = rows.split_at_mut(p + 1);
        let inverse = 1.0 / done[p][p];
        for (q, row) in (p + 1..k).zip(below) {
            let factor = done[p][q] * inverse;
            for t in q..k {
                row[t] += -factor * done[p][t];
            }
            x[q] -= factor * x[p];
        }
    }
    for p in (0..k).rev() {
        let inverse = 1.0 / rows[p][p];
        x[p] *= inverse;
        for q in p + 1..k {
            x[p] -= (rows[p][q] * inverse) * x[q];
        }
    }
    x
}
