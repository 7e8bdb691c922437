//! A neuron-wise genetic algorithm: cooperative coevolution of the neurons of one network.
//!
//! ```text
//! generation 0:  draw the parent
//! generation g:  K directions for each hidden layer, shared by its neurons
//!                the parent's sums and probabilities on the batch; roulette of nearly solved samples
//!                for each hidden neuron, in both signs of each direction:
//!                    the loss of the mutant whose incoming weights move by sigma times the direction
//!                    crossover: the child takes the sum of the improving mutants' changes,
//!                        divided by the root of their number
//!                    elitist acceptance: the child replaces the neuron if the loss of the batch falls
//!                for each output weight, in both signs: the loss of the mutant moved by the output sigma;
//!                    the better one replaces the weight if the loss of the batch falls
//!                all weights decay, but those of inputs that are 0 in all samples
//! ```
//!
//! Each neuron is a species of its own, whose mutants are judged in the network of the others' parents, as in
//! Enforced SubPopulations (Gomez and Miikkulainen 1997) and cooperative coevolution (Potter and De Jong
//! 1994); as in RSO (Tripathi and Singh 2020) one place changes at a time and the best is kept. All species
//! make a step at once, so a step that improves the loss alone may not do so together with the others:
//! small mutations keep this rare.
//!
//! The mutants' losses, their speed-ups and what is approximate in them are those of
//! [`NeuronEs`](super::NeuronEs); the loss of a child is computed without the
//! polynomial. The size of a mutation is the size of a step, so it falls over the run. The loss and the accuracy of an
//! outcome are those of the parent before its step, on the batch.
//!
//! No derivative is computed. Which of two mirrored mutants is better is, for small mutations, the sign of the
//! gradient along the direction: the sum of the better ones is nearly a step of a sign-based gradient descent
//! in a random subspace.
//!
//! Left out: populations that outlive a generation, speciation, adaptation of the mutation's size.
//!
//! Time a generation: as [`NeuronEs`](super::NeuronEs), with one more loss a neuron and sample. The state has one
//! float a weight.

use super::neuron::generation::Mutants;
use super::neuron::score::Rule;
use super::selection::Replace;
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
pub struct NeuronGa {
    /// Number of directions that the neurons of a layer share: 16, 32, 48 or 64. Each neuron has twice as many
    /// mutants.
    pub directions: usize,
    /// Initialisation of the first genome.
    pub initialisation: Initialisation,
    /// Size of a mutation of a hidden neuron: standard deviation of each weight's change, above 0.
    pub sigma: f32,
    /// Change of an output weight in a mutant, above 0.
    pub output_sigma: f32,
    /// Factor of both sizes over the run, above 0.
    pub mutation_scale: Schedule,
    /// Radius in pixels of the binomial blur of the first layer's directions, 0 to 4; inputs without height
    /// and width are not blurred.
    pub blur: usize,
    /// Share by which all weights become smaller in a generation, relative to `sigma` and the scale, 0 or more; the
    /// product of the three is at most 1.
    pub decay: Schedule,
    /// An image whose wrong classes have less probability than this is kept with chance 1/4 and weighs 4,
    /// below a quarter of it 1/16 and 16, and so on to 1/256. 0 keeps all.
    pub roulette: f32,
}

impl Default for NeuronGa {
    fn default() -> Self {
        Self::USUAL
    }
}

impl NeuronGa {
    /// The usual settings, for images of handwritten digits.
    pub const USUAL: Self = Self {
        directions: 32,
        initialisation: Initialisation::He,
        sigma: 0.0025,
        output_sigma: 0.001,
        mutation_scale: Schedule::Linear { from: 1.0, to: 0.001 },
        blur: 2,
        decay: Schedule::Constant { value: 0.1 },
        roulette: 0.05,
    };

    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn in_range(&self) -> Result<(), SettingError> {
        self.mutants(1.0).check()?;
        let (from, to) = self.mutation_scale.ends();
        for got in [from, to] {
            SettingError::positive("mutation scale", got)?;
        }
        self.decay.check("decay", 0.0)?;
        let most = self.sigma * self.mutation_scale.largest() * self.decay.largest();
        SettingError::share("sigma times the largest mutation scale and decay", most)
    }

    const fn mutants(&self, scale: f32) -> Mutants {
        Mutants {
            initialisation: self.initialisation,
            directions: self.directions,
            blur: self.blur,
            sigma: self.sigma * scale,
            output_sigma: self.output_sigma * scale,
            roulette: self.roulette,
            rule: Rule::Improving,
        }
    }
}

impl<B: Batch> Algorithm<B> for NeuronGa {
    fn check(&self) -> Result<(), SettingError> {
        self.in_range()
    }

    fn lengths(&self, network: &Network, batch: &B) -> Lengths {
        self.mutants(1.0).lengths(network, batch, Replace::MOMENTS)
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
        let mutants = self.mutants(self.mutation_scale.at(before, task.length));
        let (first, hidden) = mutants.units(task.network);
        let keep = 1.0 - mutants.sigma * self.decay.at(before, task.length);
        let step = Replace { units: [first, hidden, mutants.output_sigma], keep };
        mutants.generation(task, &step, memory, spread)
    }

    fn outcome(
        &self,
        task: &Task<'_, B>,
        state: &[f32],
        _shared: &mut [f32],
    ) -> Result<Outcome, EvolutionError> {
        outcome(task.network.parameters(), Replace::MOMENTS, state)
    }

    fn keeps_last(&self) -> bool {
        true
    }
}
