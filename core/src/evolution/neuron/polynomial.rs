//! The polynomials of a neuron's mutants, and the sums of their values.

use crate::slices::LANES;

type Lanes = [f32; LANES];

/// Rows of [`Lanes`] that are kept for each sample and lane group of neurons.
pub(super) const COEFFICIENTS: usize = 6;

/// About `exp(d)`, without a range reduction: `((t t + 1) / 2)^4` with `t = 1 + d / 4`, which has the value and
/// the first two derivatives of `exp` at 0, and is off by `|d|^3 / 72` of it at most for `|d| <= 1`. Below -4,
/// where it would rise again, it stays.
#[inline(always)]
pub(super) fn power(d: f32) -> f32 {
    let t = 1.0 + 0.25 * d;
    let t = if t > 0.0 { t } else { 0.0 };
    let half = 0.5 * t * t + 0.5;
    let square = half * half;
    square * square
}

/// The coefficients of the polynomial of degree 4 through the origin and four points, times a weight.
#[inline(always)]
pub(super) fn polynomial(points: [Lanes; 4], r: f32, weight: f32) -> [Lanes; 4] {
    let mut coefficients = [[0.0; LANES]; 4];
    let inverse = 1.0 / r;
    let [up, down, half_up, half_down] = points;
    let [t1, t2, t3, t4] = &mut coefficients;
    for lane in 0..LANES {
        let of = |lanes: &Lanes| lanes.get(lane).copied().unwrap_or(0.0);
        let (a, b, c, d) = (of(&up), of(&down), of(&half_up), of(&half_down));
        // The even and the odd part, at r and at r / 2.
        let (even, even_half) = (0.5 * (a + b), 0.5 * (c + d));
        let (odd, odd_half) = (0.5 * (a - b), 0.5 * (c - d));
        let second = (16.0 * even_half - even) * (1.0 / 3.0);
        let first = (8.0 * odd_half - odd) * (1.0 / 3.0);
        let values = [first, second, odd - first, even - second];
        let mut factor = weight;
        let rows = [&mut *t1, &mut *t2, &mut *t3, &mut *t4];
        for (row, value) in rows.into_iter().zip(values) {
            factor *= inverse;
            if let Some(to) = row.get_mut(lane) {
                *to = value * factor;
            }
        }
    }
    coefficients
}

/// Number of samples whose pairs with a neuron are sorted together; no result depends on it.
pub(super) const RUN: usize = 64;

/// The coefficients of a lane group of neurons for one sample.
pub(super) type Row = [Lanes; COEFFICIENTS];

/// The samples of a run that can change with a neuron's mutants: those where some mutants turn the neuron off
/// or on, and those where it is on for all. Written without branches, as the CPU could not predict them.
pub(super) struct Lists {
    partly: [u8; RUN],
    always: [u8; RUN],
    counts: (usize, usize),
}

impl Lists {
    #[inline(always)]
    pub(super) fn new(rows: &[Row], lane: usize, relu: bool) -> Self {
        let mut lists = Self { partly: [0; RUN], always: [0; RUN], counts: (0, 0) };
        for (index, row) in (0..u8::MAX).zip(rows) {
            let [z, r, ..] = row;
            let (z, r) = (z.get(lane).copied().unwrap_or(0.0), r.get(lane).copied().unwrap_or(0.0));
            let always = !relu | (z >= r);
            let partly = !always & (z + r > 0.0);
            let (first, second) = lists.counts;
            if let (Some(a), Some(b)) = (lists.partly.get_mut(first), lists.always.get_mut(second))
            {
                (*a, *b) = (index, index);
            }
            lists.counts =
                (first.wrapping_add(usize::from(partly)), second.wrapping_add(usize::from(always)));
        }
        lists
    }

    pub(super) fn partly(&self) -> &[u8] {
        self.partly.get(..self.counts.0).unwrap_or(&self.partly)
    }

    pub(super) fn always(&self) -> &[u8] {
        self.always.get(..self.counts.1).unwrap_or(&self.always)
    }
}

/// Adds `L(-s) - L(+s)` where the neuron is on for every mutant: only the odd part of the polynomial is left.
#[inline(always)]
pub(super) fn add_always<const K: usize>(
    fitness: &mut [f32; K],
    projections: &[f32; K],
    [_, _, t1, _, t3, _]: [f32; COEFFICIENTS],
) {
    let (first, third) = (-2.0 * t1, -2.0 * t3);
    for (fitness, s) in fitness.iter_mut().zip(projections) {
        *fitness += s * (first + third * (s * s));
    }
}

/// Adds `L(-s) - L(+s)` where some mutants turn the neuron off.
#[inline(always)]
pub(super) fn add_partly<const K: usize>(
    fitness: &mut [f32; K],
    projections: &[f32; K],
    row: [f32; COEFFICIENTS],
) {
    for (fitness, s) in fitness.iter_mut().zip(projections) {
        *fitness += change(row, -s) - change(row, *s);
    }
}

/// Adds `L(-s) + L(+s)` where the neuron is on for every mutant: only the even part is left.
#[inline(always)]
pub(super) fn add_always_both<const K: usize>(
    sums: &mut [f32; K],
    projections: &[f32; K],
    [_, _, _, t2, _, t4]: [f32; COEFFICIENTS],
) {
    let (second, fourth) = (2.0 * t2, 2.0 * t4);
    for (sum, s) in sums.iter_mut().zip(projections) {
        let square = s * s;
        *sum += square * (second + fourth * square);
    }
}

/// Adds `L(-s) + L(+s)` where some mutants turn the neuron off.
#[inline(always)]
pub(super) fn add_partly_both<const K: usize>(
    sums: &mut [f32; K],
    projections: &[f32; K],
    row: [f32; COEFFICIENTS],
) {
    for (sum, s) in sums.iter_mut().zip(projections) {
        *sum += change(row, -s) + change(row, *s);
    }
}

/// The change of the loss of a mutant that changes the neuron's sum by `s`.
#[inline(always)]
fn change([z, _, t1, t2, t3, t4]: [f32; COEFFICIENTS], s: f32) -> f32 {
    let now = if z > 0.0 { z } else { 0.0 };
    let moved = z + s;
    let d = (if moved > 0.0 { moved } else { 0.0 }) - now;
    d * (t1 + d * (t2 + d * (t3 + d * t4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_is_within_its_bound() {
        for step in -1000..=1000 {
            let d = f64::from(step) / 1000.0;
            let error = libm::fabs(f64::from(power(d as f32)) / libm::exp(d) - 1.0);
            // Four roundings of a square, each within 2^-24, of which the first counts four times.
            let bound = libm::fabs(d * d * d) / 72.0 + 6e-7;
            assert!(error <= bound, "{d}: {error}");
        }
        assert!(power(-4.0) == power(-9.0) && power(-9.0) > 0.0);
    }

    #[test]
    fn a_polynomial_of_degree_4_is_found_from_four_points() {
        let own = |d: f32| d * (2.0 + d * (-1.0 + d * (0.5 + d * 0.25)));
        let r = 2.0;
        let points = [r, -r, 0.5 * r, -0.5 * r].map(|d| [own(d); LANES]);
        let expected = [2.0, -1.0, 0.5, 0.25].map(|t| t * 4.0);
        for (found, expected) in polynomial(points, r, 4.0).iter().zip(expected) {
            assert!(found.iter().all(|t| (t - expected).abs() < 1e-5), "{found:?}");
        }
    }

    #[test]
    fn both_ways_of_adding_agree_where_a_neuron_stays_on() {
        let projections: [f32; 16] = core::array::from_fn(|k| k as f32 / 16.0 - 0.5);
        let row = [1.0, 0.5, 0.3, -0.2, 0.1, 0.05];
        let (mut always, mut partly) = ([0.0; 16], [0.0; 16]);
        add_always(&mut always, &projections, row);
        add_partly(&mut partly, &projections, row);
        for (a, b) in always.iter().zip(partly) {
            assert!((a - b).abs() < 1e-6, "{always:?} {partly:?}");
        }
    }
}
