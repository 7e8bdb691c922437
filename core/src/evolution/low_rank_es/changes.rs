//! How the activations of mutants differ from their parent's, and what the next layer makes of it.
//!
//! A neuron of the first layer that no mutant switches is *steady*: its changes in both signs are opposite, so
//! one product serves both. One that some mutant may switch is *loose*, and has a product for each sign. One
//! that is off in every mutant has none. In later layers all neurons count as loose.

use crate::slices::LANES;

pub(super) type Lanes = [f32; LANES];
/// What the plus mutants of a lane group have, and the minus mutants.
pub(super) type Both = [Lanes; 2];

/// The changes of a layer's activations: the neurons that have them, and the changes.
pub(super) struct Changes<'r> {
    pub(super) steady_at: &'r [f32],
    pub(super) steady: &'r [Lanes],
    pub(super) loose_at: &'r [f32],
    pub(super) loose: &'r [Both],
}

/// How a ReLU changes when its sum z moves.
#[inline(always)]
pub(super) fn switched(z: f32, moves: &Lanes) -> Lanes {
    let relu = |x: f32| if x > 0.0 { x } else { 0.0 };
    moves.map(|d| relu(z + d) - relu(z))
}

impl Changes<'_> {
    /// The changes of U sums of the next layer from unit `first` on; returns U.
    #[inline(always)]
    pub(super) fn product<const U: usize>(
        &self,
        kernel: &[f32],
        units: usize,
        first: usize,
        to: &mut [Both],
    ) -> usize {
        let row = |index: f32| {
            let start = (index as usize).wrapping_mul(units).wrapping_add(first);
            kernel.get(start..).and_then(|row| row.first_chunk::<U>())
        };
        let mut steady = [[0.0; LANES]; U];
        for (&index, change) in self.steady_at.iter().zip(self.steady) {
            if let Some(row) = row(index) {
                add_products(&mut steady, row, change);
            }
        }
        let (mut plus, mut minus) = ([[0.0; LANES]; U], [[0.0; LANES]; U]);
        for (&index, [up, down]) in self.loose_at.iter().zip(self.loose) {
            if let Some(row) = row(index) {
                add_products(&mut plus, row, up);
                add_products(&mut minus, row, down);
            }
        }
        for (to, (steady, (plus, minus))) in
            to.iter_mut().zip(steady.iter().zip(plus.iter().zip(minus)))
        {
            *to = both_signs(steady, plus, &minus);
        }
        U
    }

    /// The projections of the mutants' activations on a column of the factors A, whose last row is the bias.
    #[inline(always)]
    pub(super) fn projection(&self, left: &[Lanes], z: &[f32], relu: bool) -> Both {
        let of = |index: f32| {
            let z = z.get(index as usize).copied().unwrap_or(0.0);
            let h = if relu && z <= 0.0 { 0.0 } else { z };
            left.get(index as usize).map(|row| (h, row))
        };
        let (mut base, mut steady) = ([0.0; LANES], [0.0; LANES]);
        for (&index, change) in self.steady_at.iter().zip(self.steady) {
            if let Some((h, row)) = of(index) {
                add_scaled(&mut base, h, row);
                add_lanes(&mut steady, change, row);
            }
        }
        let (mut plus, mut minus) = ([0.0; LANES], [0.0; LANES]);
        for (&index, [up, down]) in self.loose_at.iter().zip(self.loose) {
            if let Some((h, row)) = of(index) {
                add_scaled(&mut base, h, row);
                add_lanes(&mut plus, up, row);
                add_lanes(&mut minus, down, row);
            }
        }
        if let Some(bias) = left.last() {
            add_scaled(&mut base, 1.0, bias);
        }
        let [mut up, mut down] = both_signs(&steady, &plus, &minus);
        add_scaled(&mut up, 1.0, &base);
        add_scaled(&mut down, 1.0, &base);
        [up, down]
    }
}

/// `plus + steady` and `minus - steady`.
#[inline(always)]
fn both_signs(steady: &Lanes, plus: &Lanes, minus: &Lanes) -> Both {
    let (mut up, mut down) = (*plus, *minus);
    for ((up, down), steady) in up.iter_mut().zip(&mut down).zip(steady) {
        *up += steady;
        *down -= steady;
    }
    [up, down]
}

/// `sums[u] += weights[u] * x`. The units are written out: a loop over the accumulators would keep them in memory.
#[inline(always)]
fn add_products<const U: usize>(sums: &mut [Lanes; U], weights: &[f32; U], x: &Lanes) {
    let mut unit = |index: usize| {
        if let (Some(sums), Some(&weight)) = (sums.get_mut(index), weights.get(index)) {
            add_scaled(sums, weight, x);
        }
    };
    unit(0);
    unit(1);
    unit(2);
    unit(3);
    unit(4);
    unit(5);
    unit(6);
    unit(7);
    unit(8);
    unit(9);
}

#[inline(always)]
fn add_scaled(sums: &mut Lanes, factor: f32, x: &Lanes) {
    for (sum, x) in sums.iter_mut().zip(x) {
        *sum += factor * x;
    }
}

#[inline(always)]
fn add_lanes(sums: &mut Lanes, x: &Lanes, y: &Lanes) {
    for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
        *sum += x * y;
    }
}
