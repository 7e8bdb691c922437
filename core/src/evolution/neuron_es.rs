//! A neuron-wise evolution strategy: mutants differ from their parent in one neuron, or one output weight.
//!
//! ```text
//! generation 0:  draw the parent
//! generation g:  K directions for each hidden layer, shared by its neurons
//!                the parent's sums and probabilities on the batch
//!                roulette: of samples that are nearly solved, only some, with more weight
//!                projections: each direction on each sample, once
//!                for each hidden neuron, in both signs of each direction:
//!                    the loss of the mutant whose incoming weights move by sigma times the direction
//!                for each output weight, in both signs: the loss of the mutant moved by the output sigma
//!                f = loss of the minus mutant - loss of the plus mutant, shaped for each hidden neuron
//!                x = the least-squares solution of D x = f, D the directions
//!                Adam takes sum_k x_k D_k, and the differences of the output weights, as its step
//! ```
//!
//! No derivative is computed, only losses of mutants. Recombining mutants in both signs is, as in every
//! evolution strategy with mirrored samples (Brockhoff and others 2010), an estimate of the gradient of a
//! smoothed loss; for one-weight mutants of the output layer it is nearly the gradient itself.
//!
//! What makes it fast, and what of it shows in a result:
//! - only incoming weights of a neuron move, so its mutants share one function of one number; it is computed
//!   at four points a sample and interpolated (approximate; see `score.rs`);
//! - a neuron that no mutant turns on is skipped (exact);
//! - the roulette is unbiased, and keyed by (seed, generation, sample).
//!
//! Fitness is the cross-entropy of the batch; the loss and the accuracy of an outcome are those of the parent before
//! its step. Hidden layers have ReLU or no activation. Time a generation: the
//! parent's forward pass of the batch, K / units of it for the projections, and a product of
//! `[inputs][K]` by `[K][units]` for the recombination. The state has three floats a weight.
//!
//! Left out: mutants of all weights at once, adaptation of sigma (CMA-ES), restarts.

use super::adam::Adam;
use super::neuron::generation::Mutants;
use super::neuron::score::Rule;
use super::shaping::Shaping;
use super::weights::{Step, outcome};
use super::{Algorithm, Buffer, EvolutionError, Lengths, Memory, Outcome, Task};
use crate::error::SettingError;
use crate::fitness::Score;
use crate::network::Network;
use crate::objective::Batch;
use crate::operators::Initialisation;
use crate::schedule::Schedule;
use crate::spread::Spread;

/// The settings of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NeuronEs {
    /// Number of directions that the neurons of a layer share: 16, 32, 48 or 64. Each neuron has twice as many
    /// mutants.
    pub directions: usize,
    /// Initialisation of the first genome.
    pub initialisation: Initialisation,
    /// Size of a mutation of a hidden neuron: standard deviation of each weight's change, above 0.
    pub sigma: f32,
    /// Change of an output weight in a mutant, above 0.
    pub output_sigma: f32,
    /// Radius in pixels of the binomial blur of the first layer's directions, 0 to 4; inputs without height
    /// and width are not blurred.
    pub blur: usize,
    /// How differences of fitness become weights of the recombination.
    pub shaping: Shaping,
    /// Ridge of the least-squares recombination, relative to the squared length of a direction, above 0.
    pub ridge: f32,
    /// Learning rate of Adam.
    pub learning_rate: Schedule,
    /// Decoupled weight decay, relative to the learning rate; the product of both is at most 1.
    pub decay: Schedule,
    /// An image whose wrong classes have less probability than this is kept with chance 1/4 and weighs 4,
    /// below a quarter of it 1/16 and 16, and so on to 1/256. 0 keeps all.
    pub roulette: f32,
}

impl Default for NeuronEs {
    fn default() -> Self {
        Self::USUAL
    }
}

impl NeuronEs {
    /// The usual settings, for images of handwritten digits.
    pub const USUAL: Self = Self {
        directions: 64,
        initialisation: Initialisation::He,
        sigma: 0.03,
        output_sigma: 0.05,
        blur: 2,
        shaping: Shaping::Normalised,
        ridge: 0.03,
        learning_rate: Schedule::Linear { from: 0.006, to: 0.0 },
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
        Adam::check(self.learning_rate, self.decay)
    }

    const fn mutants(&self) -> Mutants {
        Mutants {
            initialisation: self.initialisation,
            directions: self.directions,
            blur: self.blur,
            sigma: self.sigma,
            output_sigma: self.output_sigma,
            roulette: self.roulette,
            rule: Rule::LeastSquares { shaping: self.shaping, ridge: self.ridge },
        }
    }
}

impl<B: Batch> Algorithm<B> for NeuronEs {
    fn check(&self) -> Result<(), SettingError> {
        self.in_range()
    }

    fn lengths(&self, network: &Network, batch: &B) -> Lengths {
        self.mutants().lengths(network, batch, Adam::MOMENTS)
    }

    fn generation<F, I, S>(
        &self,
        task: &Task<'_, B>,
        memory: &mut Memory<F, I, S>,
        spread: &mut impl Spread,
    ) -> Result<Outcome, EvolutionError>
    where
        F: Buffer<f32>,
        I: Buffer<usize>,
        S: Buffer<Score>,
    {
        self.in_range()?;
        let before = task.generation.saturating_sub(1);
        let rate = self.learning_rate.at(before, task.length);
        let adam = Adam::new(task.generation, rate, self.decay.at(before, task.length));
        self.mutants().generation(task, &adam, memory, spread)
    }

    fn outcome(
        &self,
        task: &Task<'_, B>,
        state: &[f32],
        _shared: &mut [f32],
    ) -> Result<Outcome, EvolutionError> {
        outcome(task.network.parameters(), Adam::MOMENTS, state)
    }

    fn keeps_last(&self) -> bool {
        true
    }
}
