//! The algorithm of a run with its settings: the table `[algorithm]`, told apart by `kind`.

use serde::{Deserialize, Serialize};
use tinyevo_core::evolution::EaSimple;
use tinyevo_core::operators::{Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::order::Direction;

/// An evolutionary algorithm and its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Algorithm {
    /// DEAP's `eaSimple`: offspring replace their parents.
    EaSimple(EaSimpleConfig),
}

/// The settings of [`Algorithm::EaSimple`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EaSimpleConfig {
    /// Number of individuals, 1 to 1,000,000.
    pub population: usize,
    /// Number of best parents copied unchanged, 0 to `population`.
    pub elites: usize,
    /// How the first weights are drawn.
    pub initialisation: Initialisation,
    /// How parents are chosen.
    pub selection: Selection,
    /// How a pair is mated.
    pub crossover: Crossover,
    /// Probability that a pair is mated, 0 to 1.
    pub crossover_probability: f32,
    /// How an individual is mutated.
    pub mutation: Mutation,
    /// Probability that an individual is mutated, 0 to 1.
    pub mutation_probability: f32,
}

impl Algorithm {
    /// Number of individuals.
    #[must_use]
    pub const fn population(&self) -> usize {
        let Self::EaSimple(settings) = self;
        settings.population
    }

    /// How the first weights are drawn.
    #[must_use]
    pub const fn initialisation(&self) -> Initialisation {
        let Self::EaSimple(settings) = self;
        settings.initialisation
    }

    /// The core's algorithm with these settings.
    #[must_use]
    pub const fn build(&self, direction: Direction) -> EaSimple {
        let Self::EaSimple(settings) = *self;
        EaSimple {
            selection: settings.selection,
            crossover: settings.crossover,
            crossover_probability: settings.crossover_probability,
            mutation: settings.mutation,
            mutation_probability: settings.mutation_probability,
            elites: settings.elites,
            direction,
        }
    }
}
