//! The genetic algorithm's child of a neuron: crossover of its improving mutants, and elitist acceptance.

use super::polynomial::{COEFFICIENTS, power};
use super::score::Score;
use crate::evolution::places::WEIGHT;
use crate::math;
use crate::slices::LANES;

type Lanes = [f32; LANES];

impl Score<'_> {
    /// Keeps the children, columns of `out` which is `[K][LANES]`, that improve the loss of the batch; the others
    /// become 0. A child's loss is not that of the polynomial, which ends at the largest mutant; it is computed
    /// on the samples that count, in the last hidden layer with [`power`] for `exp`.
    #[inline(always)]
    pub(super) fn accept(
        &self,
        layer: usize,
        group: usize,
        coefficients: &[Lanes],
        out: &mut [f32],
        room: &mut [f32],
    ) {
        let Some(place) = self.layout.places().get(layer) else { return };
        let (hidden, output) = self.layout.split();
        let last = layer.saturating_add(1) == hidden.len();
        let (weights, room) =
            room.split_at_mut_checked(output.units.saturating_mul(LANES)).unwrap_or_default();
        let weights = weights.as_chunks_mut::<LANES>().0;
        if last {
            self.transpose(output, group, weights);
        }
        let mut losses = [0.0; LANES];
        let rows = coefficients.as_chunks::<COEFFICIENTS>().0;
        for (&sample, [z, ..]) in self.samples.iter().zip(rows) {
            let projections =
                self.blocks.row(sample, place.own.projections, self.layout.directions);
            let changes = activation_changes(z, &moves(projections, out), place.relu);
            if changes.iter().all(|&d| d == 0.0) {
                continue;
            }
            let own = if last {
                self.changes_of_loss(sample, weights, &changes)
            } else {
                let mut own = [0.0; LANES];
                let first = group.saturating_mul(LANES);
                let count = LANES.min(place.units.saturating_sub(first));
                let neurons = first..first.saturating_add(count);
                for (neuron, (own, &d)) in neurons.zip(own.iter_mut().zip(&changes)) {
                    *own =
                        if d == 0.0 { 0.0 } else { self.through(layer, neuron, sample, d, room) };
                }
                own
            };
            let weight = self.blocks.record(sample).get(WEIGHT).copied().unwrap_or(0.0);
            for (loss, own) in losses.iter_mut().zip(own) {
                *loss += weight * own;
            }
        }
        let keep = losses.map(|loss| if loss < 0.0 { 1.0 } else { 0.0 });
        for row in out.as_chunks_mut::<LANES>().0 {
            for (x, keep) in row.iter_mut().zip(keep) {
                *x *= keep;
            }
        }
    }

    /// `ln (1 + sum_c p_c (E(d (w_c - w_y)) - 1))` for a lane group of neurons of the last hidden layer: 0 where
    /// d is.
    #[inline(always)]
    fn changes_of_loss(&self, sample: usize, weights: &[Lanes], changes: &Lanes) -> Lanes {
        let (_, output) = self.layout.split();
        let probabilities = self.blocks.row(sample, output.sums, output.row());
        let own = weights.get(self.label(sample)).copied().unwrap_or([0.0; LANES]);
        let mut sums = [0.0; LANES];
        for (weights, &p) in weights.iter().zip(probabilities) {
            let lanes = sums.iter_mut().zip(weights).zip(own.iter().zip(changes));
            for ((sum, w), (own, d)) in lanes {
                *sum += p * (power((w - own) * d) - 1.0);
            }
        }
        sums.map(|sum| math::ln(1.0 + sum))
    }
}

/// By how much a lane group of children moves their neurons' sums: the directions in order.
#[inline(always)]
fn moves(projections: &[f32], children: &[f32]) -> Lanes {
    let mut moves = [0.0; LANES];
    for (s, row) in projections.iter().zip(children.as_chunks::<LANES>().0) {
        for (sum, x) in moves.iter_mut().zip(row) {
            *sum += s * x;
        }
    }
    moves
}

/// By how much the activations change.
#[inline(always)]
fn activation_changes(sums: &Lanes, moves: &Lanes, relu: bool) -> Lanes {
    let mut changes = *moves;
    if relu {
        for (change, z) in changes.iter_mut().zip(sums) {
            let moved = z + *change;
            let moved = if moved > 0.0 { moved } else { 0.0 };
            *change = moved - if *z > 0.0 { *z } else { 0.0 };
        }
    }
    changes
}
