//! A filter-wise evolution strategy for networks with convolutions: mutants differ from their parent in one filter, one
//! hidden neuron, or one output weight.
//!
//! ```text
//! generation 0:  draw the parent
//! generation g:  the parent's losses on the batch
//!                roulette: of samples that are nearly solved, only some, with more weight
//!                K directions for each hidden layer, shared by its filters
//!                the parent on the samples that count; the response of each direction on each of them, once
//!                for each filter, in both signs of each direction:
//!                    the loss of the mutant whose weights move by sigma times the direction
//!                for each output weight, in both signs: the loss of the mutant moved by the output sigma
//!                f = loss of the minus mutant - loss of the plus mutant
//!                Adam takes sum_k f_k D_k, and the differences of the output weights, as its step
//! ```
//!
//! No derivative is computed, only losses of mutants. Recombining mutants in both signs is, as in every
//! evolution strategy with mirrored samples (Brockhoff and others 2010), an estimate of the gradient of a
//! smoothed loss; for one-weight mutants of the output layer it is nearly the gradient itself.
//!
//! What makes it fast, and what of it shows in a result:
//! - a mutant's change goes through the changed channel's slice of the next layer only, and from there
//!   on through whole layers (exact but for rounding);
//! - layers before the last hidden one, whose mutants are dear and which have few weights, have fewer directions, scored on
//!   every so many-th lane group of samples, another one in each generation;
//! - the roulette is unbiased, and keyed by (seed, generation, sample); the samples that count are packed together;
//! - 16 samples are scored at a time, lanes across samples.
//!
//! Fitness is the cross-entropy of the batch; the loss and the accuracy of an outcome are those of the parent before
//! its step. The network is any stack of convolutions, poolings and dense layers with ReLU or no activation, the last one
//! dense. The state has three floats a weight.
//!
//! Left out: mutants of all weights at once, ranks (raw differences reach more here), adaptation of sigma.

use super::adam::Adam;
use super::filter::generation::Mutants;
use super::filter::layout::Rule;
use super::weights::{Kind, Step, outcome};
use super::{Algorithm, Buffer, EvolutionError, Lengths, Memory, Outcome, Task};
use crate::error::SettingError;
use crate::fitness::Score;
use crate::network::Network;
use crate::objective::Rows;
use crate::operators::Initialisation;
use crate::schedule::Schedule;
use crate::spread::Spread;

/// The settings of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FilterEs {
    /// Number of directions that the filters or neurons of the last hidden layer share, 1 to 64. Each has twice as
    /// many mutants.
    pub directions: usize,
    /// Number of directions of each layer before it, 1 to 64.
    pub early_directions: usize,
    /// Of the lane groups of 16 samples, every so many-th scores the mutants of those layers; 1 or more.
    pub early_every: usize,
    /// Initialisation of the first genome.
    pub initialisation: Initialisation,
    /// Size of a mutation of a filter or hidden neuron: standard deviation of each weight's change, above 0.
    pub sigma: f32,
    /// Change of an output weight in a mutant, above 0.
    pub output_sigma: f32,
    /// Learning rate of Adam.
    pub learning_rate: Schedule,
    /// Share of the learning rate with which the layers before the last hidden one move, 0 to 1.
    pub early_rate: f32,
    /// Number of generations over which the learning rate rises from 0; 0 for none.
    pub warmup: u32,
    /// Decoupled weight decay, relative to the learning rate; the product of both is at most 1.
    pub decay: Schedule,
    /// An image whose wrong classes have less probability than this is kept with chance 1/4 and weighs 4,
    /// below a quarter of it 1/16 and 16, and so on to 1/256. 0 keeps all.
    pub roulette: f32,
}

impl Default for FilterEs {
    fn default() -> Self {
        Self::USUAL
    }
}

impl FilterEs {
    /// The usual settings, for images of handwritten digits.
    pub const USUAL: Self = Self {
        directions: 16,
        early_directions: 4,
        early_every: 8,
        initialisation: Initialisation::He,
        sigma: 0.03,
        output_sigma: 0.05,
        learning_rate: Schedule::Linear { from: 0.015, to: 0.0 },
        early_rate: 0.3,
        warmup: 100,
        decay: Schedule::Constant { value: 0.1 },
        roulette: 0.05,
    };

    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn in_range(&self) -> Result<(), SettingError> {
        self.mutants().check()?;
        self.learning_rate.check("learning rate", 0.0)?;
        self.decay.check("decay", 0.0)?;
        SettingError::share("early rate", self.early_rate)?;
        Adam::check(self.learning_rate, self.decay)
    }

    const fn mutants(&self) -> Mutants {
        Mutants {
            initialisation: self.initialisation,
            directions: self.directions,
            early_directions: self.early_directions,
            early_every: self.early_every,
            sigma: self.sigma,
            early_sigma: self.sigma,
            output_sigma: self.output_sigma,
            roulette: self.roulette,
            rule: Rule::Differences,
        }
    }

    /// The step of a generation of a run of `length` generations.
    fn step(&self, generation: u32, length: u32) -> Rates {
        let before = generation.saturating_sub(1);
        let risen = generation as f32 / self.warmup as f32;
        let risen = if risen < 1.0 { risen } else { 1.0 };
        let rate = risen * self.learning_rate.at(before, length);
        let decay = self.decay.at(before, length);
        Rates {
            early: Adam::new(generation, self.early_rate * rate, decay),
            late: Adam::new(generation, rate, decay),
        }
    }
}

/// Adam with two rates.
struct Rates {
    early: Adam,
    late: Adam,
}

impl Step for Rates {
    const MOMENTS: usize = Adam::MOMENTS;

    #[inline(always)]
    fn each(&self, kind: Kind, directions: &[f32], weights: &mut [f32], moments: [&mut [f32]; 2]) {
        let adam = if kind == Kind::First { &self.early } else { &self.late };
        adam.each(kind, directions, weights, moments);
    }
}

impl<O: Rows> Algorithm<O> for FilterEs {
    fn check(&self) -> Result<(), SettingError> {
        self.in_range()
    }

    fn lengths(&self, network: &Network, objective: &O) -> Lengths {
        self.mutants().lengths(network, objective, Rates::MOMENTS)
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
        S: Buffer<Score>,
    {
        self.in_range()?;
        let step = self.step(task.generation, task.length);
        self.mutants().generation(task, &step, memory, spread)
    }

    fn outcome(
        &self,
        task: &Task<'_, O>,
        state: &[f32],
        _shared: &mut [f32],
    ) -> Result<Outcome, EvolutionError> {
        outcome(task.network.parameters(), Rates::MOMENTS, state)
    }

    fn keeps_last(&self) -> bool {
        true
    }
}
