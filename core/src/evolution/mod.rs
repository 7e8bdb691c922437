//! One generation of each algorithm: one file an algorithm, all of one shape.
//!
//! [`Algorithm::generation`] is written once, as phases of independent parts that a
//! [`Spread`] does: a microcontroller and a desktop call the same function. The loop around it is the
//! caller's; the state of a run is one slice of floats, and with the number of the generation it is all
//! that is needed to go on.

pub mod ea_simple;

pub use ea_simple::EaSimple;

use crate::error::{LengthError, SettingError};
use crate::fitness::Score;
use crate::network::Network;
use crate::spread::Spread;
use crate::statistics::Statistics;
use core::fmt;

/// What one generation is made of, beside the state.
#[derive(Debug)]
pub struct Task<'a, O> {
    /// The network whose genomes evolve.
    pub network: &'a Network,
    /// What gives them their fitness.
    pub objective: &'a O,
    /// The seed of the run.
    pub seed: u64,
    /// The number of the generation: 0 draws the first one.
    pub generation: u32,
    /// Whether everything is scored anew, since the objective is not that of the generation before.
    pub rescore: bool,
}

// Not derived, which would ask the same of the objective.
impl<O> Clone for Task<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Task<'_, O> {}

/// How much memory an algorithm needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lengths {
    /// Floats of the state: what a checkpoint keeps.
    pub state: usize,
    /// Floats of a second state, in which the next one is made.
    pub spare: usize,
    /// Floats that all parts of a phase can read.
    pub shared: usize,
    /// Indices.
    pub picks: usize,
    /// Scores of parts of genomes.
    pub scores: usize,
    /// Floats that each part needs for itself: the length of the working memory of a
    /// [`Spread`], once for each part that is done at a time.
    pub part: usize,
}

/// A buffer of the caller's: a slice or whatever holds one.
pub trait Buffer<T>: AsRef<[T]> + AsMut<[T]> {}

impl<T, B: AsRef<[T]> + AsMut<[T]>> Buffer<T> for B {}

/// The memory of a run, each part at least as long as [`Lengths`] says. Only `state` has to be kept
/// between generations; an algorithm may swap it with `spare`.
#[derive(Debug, Clone)]
pub struct Memory<F, I, S> {
    /// The state of the run.
    pub state: F,
    /// Where the next state is made.
    pub spare: F,
    /// What all parts of a phase can read.
    pub shared: F,
    /// Indices.
    pub picks: I,
    /// Scores of parts of genomes.
    pub scores: S,
}

impl<F: Buffer<f32>, I: Buffer<usize>, S: Buffer<Score>> Memory<F, I, S> {
    /// Whether everything is as long as it must be.
    ///
    /// # Errors
    /// The first that is too short.
    pub fn check(&self, lengths: &Lengths) -> Result<(), LengthError> {
        LengthError::at_least("state", lengths.state, self.state.as_ref().len())?;
        LengthError::at_least("spare", lengths.spare, self.spare.as_ref().len())?;
        LengthError::at_least("shared", lengths.shared, self.shared.as_ref().len())?;
        LengthError::at_least("picks", lengths.picks, self.picks.as_ref().len())?;
        LengthError::at_least("scores", lengths.scores, self.scores.as_ref().len())
    }
}

/// What a generation came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Outcome {
    /// How many genomes were scored.
    pub evaluations: u64,
    /// The best fitness in the state.
    pub best: f32,
    /// The accuracy of the individual that has it, on the samples of the objective.
    pub accuracy: f32,
    /// Where in the state the genome that has it starts.
    pub champion: usize,
    /// Fitness over the population.
    pub statistics: Statistics,
}

/// An algorithm with its settings.
pub trait Algorithm<O> {
    /// Whether the settings are in range.
    ///
    /// # Errors
    /// The first that is not.
    fn check(&self) -> Result<(), SettingError>;

    /// How much memory a run needs.
    fn lengths(&self, network: &Network, objective: &O) -> Lengths;

    /// Makes a generation of the one in `memory.state`; number 0 draws the first one.
    ///
    /// The result depends on the task and the state alone.
    ///
    /// # Errors
    /// A setting out of range, a slice that is too short.
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

    /// What the state of a run came to, without its evaluations: how a resumed run begins. `shared`
    /// is that of [`Lengths`].
    ///
    /// # Errors
    /// A slice is too short.
    fn outcome(
        &self,
        task: &Task<'_, O>,
        state: &[f32],
        shared: &mut [f32],
    ) -> Result<Outcome, EvolutionError>;
}

/// A generation that cannot be made.
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
