//! The core's operators and algorithm that a configuration names.

use super::{Config, CrossoverOperator, Initialisation, MeasureName, MutationOperator, Selection};
use tinyevo_core::evolution::EaSimple;
use tinyevo_core::fitness::Measure;
use tinyevo_core::operators;

impl MeasureName {
    /// The core's fitness function of that name.
    #[must_use]
    pub const fn measure(self) -> Measure {
        match self {
            Self::Accuracy => Measure::Accuracy,
            Self::ReciprocalAccuracy => Measure::ReciprocalAccuracy,
            Self::CrossEntropy => Measure::CrossEntropy,
        }
    }
}

impl Initialisation {
    /// The core's operator.
    #[must_use]
    pub const fn operator(self) -> operators::Initialisation {
        match self {
            Self::Uniform { low, high } => {
                operators::Initialisation::Uniform { low: low as f32, high: high as f32 }
            }
            Self::He => operators::Initialisation::He,
            Self::Glorot => operators::Initialisation::Glorot,
        }
    }
}

impl Config {
    /// The algorithm with its settings.
    #[must_use]
    pub fn algorithm(&self) -> EaSimple {
        EaSimple {
            selection: match self.selection {
                Selection::Tournament { size } => operators::Selection::Tournament { size },
                Selection::Truncation { best } => operators::Selection::Truncation { best },
                Selection::Random => operators::Selection::Random,
            },
            crossover: match self.crossover.operator {
                CrossoverOperator::Mean => operators::Crossover::Mean,
                CrossoverOperator::Blend { alpha } => {
                    operators::Crossover::Blend { alpha: alpha as f32 }
                }
                CrossoverOperator::Uniform { gene_probability } => {
                    operators::Crossover::Uniform { probability: gene_probability as f32 }
                }
                CrossoverOperator::OnePoint => operators::Crossover::OnePoint,
                CrossoverOperator::TwoPoint => operators::Crossover::TwoPoint,
            },
            crossover_probability: self.crossover.probability as f32,
            mutation: match self.mutation.operator {
                MutationOperator::Gaussian { gene_probability, sigma } => {
                    operators::Mutation::Gaussian {
                        probability: gene_probability as f32,
                        sigma: sigma as f32,
                    }
                }
                MutationOperator::UniformReset { gene_probability, low, high } => {
                    operators::Mutation::UniformReset {
                        probability: gene_probability as f32,
                        low: low as f32,
                        high: high as f32,
                    }
                }
            },
            mutation_probability: self.mutation.probability as f32,
            elites: self.population.elites,
            direction: self.fitness.measure.measure().direction(),
        }
    }
}
