//! The algorithm of a run with its settings: the table `[algorithm]`; its `kind` names the algorithm.

use serde::{Deserialize, Serialize};
use tinyevo_core::evolution::EaSimple;
use tinyevo_core::operators::Initialisation;

/// An evolutionary algorithm and its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Algorithm {
    /// DEAP's `eaSimple`: offspring replace their parents.
    EaSimple(EaSimple),
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
}
