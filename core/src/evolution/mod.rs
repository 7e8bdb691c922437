//! One generation of each algorithm: one file an algorithm, all of one shape.
//!
//! [`Algorithm::generation`] is written once, as phases of independent parts that a
//! [`Spread`] does: a microcontroller and a desktop call the same function. The loop around it is the
//! caller's; the state of a run is one slice of floats, and with the number of the generation it is all
//! that is needed to go on.

mod adam;
pub mod ea_simple;
mod filter;
pub mod filter_es;
pub mod filter_ga;
pub mod low_rank_es;
mod neuron;
pub mod neuron_es;
pub mod neuron_ga;
mod parent;
mod places;
mod selection;
mod shaping;
mod weights;

pub use ea_simple::EaSimple;
pub use filter_es::FilterEs;
pub use filter_ga::FilterGa;
pub use low_rank_es::LowRankEs;
pub use neuron_es::NeuronEs;
pub use neuron_ga::NeuronGa;
pub use shaping::Shaping;

use crate::error::{LengthError, SettingError};
use crate::fitness::Score;
use crate::hash::Fnv1a;
use crate::network::Network;
use crate::spread::Spread;
use crate::statistics::Statistics;
use core::fmt;

/// The inputs of one generation, except the state.
#[derive(Debug)]
pub struct Task<'a, O> {
    /// The network whose genomes evolve.
    pub network: &'a Network,
    /// The objective that gives genomes their fitness.
    pub objective: &'a O,
    /// The seed of the run.
    pub seed: u64,
    /// The number of the generation: 0 draws the first one, or makes it of `start`.
    pub generation: u32,
    /// Number of generations that the run is planned for, over which schedules run.
    pub length: u32,
    /// Whether all individuals are scored again, because the objective has changed since the last generation.
    pub rescore: bool,
    /// The genome that generation 0 begins with, in place of one that is drawn at random; it has
    /// [`Network::parameters`] floats. It is the parent of an algorithm that has one parent; of a population it is
    /// each individual, which the next generation mutates. Later generations do not read it.
    pub start: Option<&'a [f32]>,
}

// Not derived, which would ask the same of the objective.
impl<O> Clone for Task<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Task<'_, O> {}

/// Lengths of the memory that an algorithm needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lengths {
    /// Number of floats of the state, which a checkpoint keeps.
    pub state: usize,
    /// Number of floats of a second state, in which the next one is made.
    pub spare: usize,
    /// Number of floats that all parts of a phase can read.
    pub shared: usize,
    /// Indices.
    pub picks: usize,
    /// Scores of parts of genomes.
    pub scores: usize,
    /// Floats that each part needs for itself: the length of the working memory of a
    /// [`Spread`], once for each part that is done at a time.
    pub part: usize,
}

/// A buffer of the caller: a slice, or a type that holds one.
pub trait Buffer<T>: AsRef<[T]> + AsMut<[T]> {}

impl<T, B: AsRef<[T]> + AsMut<[T]>> Buffer<T> for B {}

/// The memory of a run, each part at least as long as [`Lengths`] says. Only `state` has to be kept
/// between generations; an algorithm may swap it with `spare`.
#[derive(Debug, Clone)]
pub struct Memory<F, I, S> {
    /// The state of the run.
    pub state: F,
    /// The memory in which the next state is made.
    pub spare: F,
    /// Floats that all parts of a phase can read.
    pub shared: F,
    /// Indices.
    pub picks: I,
    /// Scores of parts of genomes.
    pub scores: S,
}

impl<F: Buffer<f32>, I: Buffer<usize>, S: Buffer<Score>> Memory<F, I, S> {
    /// Checks that each part is long enough.
    ///
    /// # Errors
    /// The first part that is too short.
    pub fn check(&self, lengths: &Lengths) -> Result<(), LengthError> {
        LengthError::at_least("state", lengths.state, self.state.as_ref().len())?;
        LengthError::at_least("spare", lengths.spare, self.spare.as_ref().len())?;
        LengthError::at_least("shared", lengths.shared, self.shared.as_ref().len())?;
        LengthError::at_least("picks", lengths.picks, self.picks.as_ref().len())?;
        LengthError::at_least("scores", lengths.scores, self.scores.as_ref().len())
    }
}

/// The result of a generation.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Outcome {
    /// Number of genomes that were scored: individuals, or the parent, its mutants, and, in
    /// [`NeuronGa`] and [`FilterGa`], a child of each hidden neuron or filter.
    pub evaluations: u64,
    /// Number of images on which a genome was scored, summed over these genomes. Mutants and children count on
    /// the images that the roulette kept.
    pub mutant_images: u64,
    /// Best fitness in the state.
    pub best: f32,
    /// Accuracy of the best individual on the samples of the objective, 0 to 1.
    pub accuracy: f32,
    /// Index in the state at which the best individual's genome starts.
    pub champion: usize,
    /// Statistics of the population's fitness.
    pub statistics: Statistics,
}

/// An algorithm with its settings.
pub trait Algorithm<O> {
    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// The first setting that is not.
    fn check(&self) -> Result<(), SettingError>;

    /// Lengths of the memory that a run needs.
    fn lengths(&self, network: &Network, objective: &O) -> Lengths;

    /// Replaces the generation in `memory.state` by the next one; generation 0 is drawn at random, or made of the
    /// task's start.
    ///
    /// The result depends on the task and the state alone.
    ///
    /// # Errors
    /// A setting is out of range, or a slice is too short.
    fn generation<F, I, S>(
        &self,
        task: &Task<'_, O>,
        memory: &mut Memory<F, I, S>,
        spread: &mut impl Spread,
    ) -> Result<Outcome, EvolutionError>
    where
        F: Buffer<f32>,
        I: Buffer<usize>,
        S: Buffer<Score>;

    /// The result of the generation in `state`, with 0 evaluations: a resumed run begins with it. `shared`
    /// has the length that [`Lengths`] says.
    ///
    /// # Errors
    /// A slice is too short.
    fn outcome(
        &self,
        task: &Task<'_, O>,
        state: &[f32],
        shared: &mut [f32],
    ) -> Result<Outcome, EvolutionError>;

    /// Whether the result of a run is the champion of its last generation, instead of the best that was
    /// judged so far: so for an algorithm with one parent whose steps become smaller. Default: no.
    fn keeps_last(&self) -> bool {
        false
    }

    /// Adds what the state says to a hash by which two runs are compared. Default: all floats of the state.
    fn hash(&self, network: &Network, state: &[f32], hash: &mut Fnv1a) {
        let _ = network;
        hash.floats(state);
    }
}

/// The reason why a generation cannot be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EvolutionError {
    /// A slice has the wrong length.
    Length(LengthError),
    /// A setting is out of range.
    Setting(SettingError),
}

impl fmt::Display for EvolutionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(error) => error.fmt(f),
            Self::Setting(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for EvolutionError {}

impl From<LengthError> for EvolutionError {
    fn from(error: LengthError) -> Self {
        Self::Length(error)
    }
}

impl From<SettingError> for EvolutionError {
    fn from(error: SettingError) -> Self {
        Self::Setting(error)
    }
}
