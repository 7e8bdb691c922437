//! A filter-wise genetic algorithm for networks with convolutions: cooperative coevolution of the filters of one network.
//!
//! ```text
//! generation 0:  draw the parent
//! generation g:  the parent's losses on the batch
//!                roulette: of samples that are nearly solved, only some, with more weight
//!                K directions for each hidden layer, shared by its filters
//!                the parent on the samples that count; the response of each direction on each of them, once
//!                for each filter, in both signs of each direction:
//!                    the loss of the mutant whose weights move by sigma times the direction
//!                    crossover: the child takes the sum of the improving mutants' changes,
//!                        divided by the root of their number
//!                for each output weight, in both signs: the loss of the mutant moved by the output sigma;
//!                    the better one replaces the weight if the loss of the batch falls
//!                for each filter, on all samples that count: the loss of its child
//!                    elitist acceptance: the child replaces the filter if the loss of the batch falls
//!                all weights decay
//! ```
//!
//! Each filter of a convolution, or neuron of a hidden dense layer, is a species of its own, whose mutants are judged in
//! the network of the others' parents, as in [`NeuronGa`](super::NeuronGa) and its sources: Enforced SubPopulations (Gomez
//! and Miikkulainen 1997), cooperative coevolution (Potter and De Jong 1994) and RSO (Tripathi and Singh 2020). All
//! species make a step at once, so a step that improves the loss alone may not do so together with the others: small
//! mutations keep this rare.
//!
//! The mutants, their speed-ups and the network are those of [`FilterEs`](super::FilterEs). A child differs from its parent in
//! one filter, so its loss takes one more convolution and the layers behind it: exact but for rounding. The size of a
//! mutation is the size of a step, so it falls over the run. The loss and the accuracy of an outcome are those of the
//! parent before its step, on the batch.
//!
//! No derivative is computed. Which of two mirrored mutants is better is, for small mutations, the sign of the
//! gradient along the direction: the sum of the better ones is nearly a step of a sign-based gradient descent
//! in a random subspace.
//!
//! Left out: populations that outlive a generation, speciation, adaptation of the mutation's size, networks of integers.
//!
//! The state has one float a weight.

use super::filter::generation::Mutants;
use super::filter::layout::Rule;
use super::selection::Replace;
use super::weights::{Step, outcome};
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
pub struct FilterGa {
    /// Number of directions that the filters or neurons of the last hidden layer share, 1 to 64. Each has twice as
    /// many mutants.
    pub directions: usize,
    /// Number of directions of each layer before it, 1 to 64.
    pub early_directions: usize,
    /// Of the lane groups of 16 samples, every so many-th scores the mutants of those layers; 1 or more. Their children
    /// are scored on all.
    pub early_every: usize,
    /// Initialisation of the first genome.
    pub initialisation: Initialisation,
    /// Size of a mutation of a filter or neuron of the last hidden layer: standard deviation of each weight's change,
    /// above 0.
    pub sigma: f32,
    /// The same for the layers before it.
    pub early_sigma: f32,
    /// Change of an output weight in a mutant, above 0.
    pub output_sigma: f32,
    /// Factor of all sizes over the run, above 0.
    pub mutation_scale: Schedule,
    /// Share by which all weights become smaller in a generation, relative to `sigma` and the scale, 0 or more; the
    /// product of the three is at most 1.
    pub decay: Schedule,
    /// An image whose wrong classes have less probability than this is kept with chance 1/4 and weighs 4,
    /// below a quarter of it 1/16 and 16, and so on to 1/256. 0 keeps all.
    pub roulette: f32,
}

impl Default for FilterGa {
    fn default() -> Self {
        Self::USUAL
    }
}

impl FilterGa {
    /// The usual settings, for images of handwritten digits.
    pub const USUAL: Self = Self {
        directions: 16,
        early_directions: 4,
        early_every: 8,
        initialisation: Initialisation::He,
        sigma: 0.015,
        early_sigma: 0.015,
        output_sigma: 0.006,
        mutation_scale: Schedule::Linear { from: 1.0, to: 0.001 },
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
            early_directions: self.early_directions,
            early_every: self.early_every,
            sigma: self.sigma * scale,
            early_sigma: self.early_sigma * scale,
            output_sigma: self.output_sigma * scale,
            roulette: self.roulette,
            rule: Rule::Improving,
        }
    }
}

impl<O: Rows> Algorithm<O> for FilterGa {
    fn check(&self) -> Result<(), SettingError> {
        self.in_range()
    }

    fn lengths(&self, network: &Network, objective: &O) -> Lengths {
        self.mutants(1.0).lengths(network, objective, Replace::MOMENTS)
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
        let formats = usize::from(task.objective.formats().is_some());
        SettingError::count("formats of integers", 0, 0, formats)?;
        let before = task.generation.saturating_sub(1);
        let mutants = self.mutants(self.mutation_scale.at(before, task.length));
        let keep = 1.0 - mutants.sigma * self.decay.at(before, task.length);
        let units = [mutants.early_sigma, mutants.sigma, mutants.output_sigma];
        mutants.generation(task, &Replace { units, keep }, memory, spread)
    }

    fn outcome(
        &self,
        task: &Task<'_, O>,
        state: &[f32],
        _shared: &mut [f32],
    ) -> Result<Outcome, EvolutionError> {
        outcome(task.network.parameters(), Replace::MOMENTS, state)
    }

    fn keeps_last(&self) -> bool {
        true
    }
}
