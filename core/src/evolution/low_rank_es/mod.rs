//! A low-rank evolution strategy: mutants change every weight of their parent, each layer by a matrix of low rank.
//!
//! EGGROLL (Sarkar and others 2025, arXiv 2511.16652), with one parent and mirrored pairs of mutants.
//!
//! ```text
//! generation 0:  draw the parent
//! generation g:  for each pair i and each layer: A_i [inputs + 1][rank] and B_i [units][rank], of random signs
//!                the parent's sums and probabilities on the batch
//!                roulette: of samples that are nearly solved, only some, with more weight
//!                projections: x A_i of the first layer for each sample x and all pairs, one product
//!                for each pair: the loss of the two mutants whose layers are
//!                    W + sigma / sqrt(rank) A_i B_i^T  and  W - sigma / sqrt(rank) A_i B_i^T
//!                f_i = loss of the minus mutant - loss of the plus mutant, shaped over all pairs
//!                Adam takes sum_i f_i A_i B_i^T as its step, for each layer
//! ```
//!
//! The bias is one more row of a layer, whose input is 1.
//!
//! No derivative is computed, only losses of mutants. Recombining mutants in both signs is, as in every
//! evolution strategy with mirrored samples (Brockhoff and others 2010), an estimate of the gradient of a
//! smoothed loss.
//!
//! What makes it fast in networks of dense layers, none of which shows in a loss but by rounding:
//! - no mutant's weights are ever made: a mutant of rank 1 moves all sums of the first layer by a multiple of B;
//! - a neuron that no mutant turns on is skipped; one that stays on in all moves alike in both signs;
//! - sixteen pairs are computed at a time, one in each lane.
//!
//! Networks with convolutions or poolings go another way, 16 samples at a time: a kernel is a matrix
//! `[height * width * channels + 1][filters]`. The sums of the first layer move by multiples of one response a rank; the layers
//! behind it are computed whole, with the mutant's own weights. Each 16 pairs are scored on a few samples of
//! their own: many mutants on few samples each say more than few mutants on many.
//!
//! The roulette is unbiased, and keyed by (seed, generation, sample).
//!
//! Fitness is the cross-entropy of the batch. Hidden layers have ReLU or no activation. Time a generation of
//! a dense network: for each sample and pair a product of `units` by `[units][outputs]` for each layer but the first, and for
//! each pair as many multiply-adds as there are weights, for the recombination. The state has three floats a weight.
//!
//! Left out: normal numbers in A and B (signs have the same moments up to the second, and cost a bit),
//! mutants without a mirror image, adaptation of sigma, integer networks.

mod dense;
mod factors;
mod maps;
mod settings;
mod update;

pub use settings::LowRankEs;

use super::adam::Adam;
use super::weights::{Step, outcome};
use super::{Algorithm, Buffer, EvolutionError, Lengths, Memory, Outcome, Task};
use crate::error::SettingError;
use crate::fitness;
use crate::layers::Layer;
use crate::network::Network;
use crate::objective::{Batch, Rows};
use crate::spread::Spread;

impl<O: Batch + Rows> Algorithm<O> for LowRankEs {
    fn check(&self) -> Result<(), SettingError> {
        self.in_range()
    }

    fn lengths(&self, network: &Network, objective: &O) -> Lengths {
        if is_dense(network) {
            dense::lengths(self, network, objective)
        } else {
            maps::lengths(self, network, objective)
        }
    }

    fn generation<F, I, S>(
        &self,
        task: &Task<'_, O>,
        memory: &mut Memory<F, I, S>,
        spread: &mut impl Spread,
    ) -> Result<Outcome, EvolutionError>
    where
        F: Buffer<f32>,
        I: Buffer<usize>,
        S: Buffer<fitness::Score>,
    {
        self.in_range()?;
        let (evaluations, mutant_images) = if is_dense(task.network) {
            dense::generation(self, task, memory, spread)?
        } else {
            maps::generation(self, task, memory, spread)?
        };
        let outcome = self.outcome(task, memory.state.as_ref(), &mut [])?;
        Ok(Outcome { evaluations, mutant_images, ..outcome })
    }

    fn outcome(
        &self,
        task: &Task<'_, O>,
        state: &[f32],
        _shared: &mut [f32],
    ) -> Result<Outcome, EvolutionError> {
        outcome(task.network.parameters(), Adam::MOMENTS, state)
    }

    fn keeps_last(&self) -> bool {
        true
    }
}

/// Whether all layers are dense.
fn is_dense(network: &Network) -> bool {
    network.stages().iter().all(|stage| matches!(stage.layer, Layer::Dense(_)))
}
