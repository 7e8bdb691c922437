//! The algorithm of a run with its settings: the table `[algorithm]`; its `kind` names the algorithm.

use serde::{Deserialize, Serialize};
use tinyevo_core::evolution::{EaSimple, FilterEs, FilterGa, LowRankEs, NeuronEs, NeuronGa};
use tinyevo_core::operators::Initialisation;

/// An evolutionary algorithm and its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Algorithm {
    /// DEAP's `eaSimple`: offspring replace their parents.
    EaSimple(EaSimple),
    /// The neuron-wise evolution strategy: one parent, mutants of single neurons and output weights.
    NeuronEs(NeuronEs),
    /// The filter-wise evolution strategy: one parent, mutants of single filters, hidden neurons and output weights.
    FilterEs(FilterEs),
    /// The filter-wise genetic algorithm: cooperative coevolution of the filters of one network.
    FilterGa(FilterGa),
    /// The neuron-wise genetic algorithm: cooperative coevolution of the neurons of one network.
    NeuronGa(NeuronGa),
    /// The low-rank evolution strategy: one parent, mutants of all weights.
    #[serde(rename = "low-rank")]
    LowRankEs(LowRankEs),
}

impl Algorithm {
    /// Number of individuals; `None` for an algorithm that has one parent.
    #[must_use]
    pub const fn population(&self) -> Option<usize> {
        match self {
            Self::EaSimple(settings) => Some(settings.population),
            Self::NeuronEs(_)
            | Self::FilterEs(_)
            | Self::FilterGa(_)
            | Self::NeuronGa(_)
            | Self::LowRankEs(_) => None,
        }
    }

    /// How the first weights are drawn.
    #[must_use]
    pub const fn initialisation(&self) -> Initialisation {
        match self {
            Self::EaSimple(settings) => settings.initialisation,
            Self::NeuronEs(settings) => settings.initialisation,
            Self::FilterEs(settings) => settings.initialisation,
            Self::FilterGa(settings) => settings.initialisation,
            Self::NeuronGa(settings) => settings.initialisation,
            Self::LowRankEs(settings) => settings.initialisation,
        }
    }
}
