//! What a run is: one typed struct, whether it comes from a preset, a TOML file or flags.
//!
//! The defaults are the preset `tutorial`. [`Config::check`] says what is out of range, in the
//! words of the user; nothing deeper reads arguments or the environment.

mod check;
mod operators;

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A run, to the number. Serialised as the TOML of `--config` and `config.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The preset that it started from.
    pub preset: Preset,
    /// Seed of all randomness, 0 to 2^63 - 1.
    pub seed: u64,
    /// Rounds of this many generations end with a report.
    pub report_every: u32,
    /// Where samples come from.
    pub data: Data,
    /// The network.
    pub network: NetworkConfig,
    /// Size and start of the population.
    pub population: Population,
    /// What is optimised.
    pub fitness: Fitness,
    /// Which individuals become parents.
    pub selection: Selection,
    /// What parents pass on.
    pub crossover: Crossover,
    /// How individuals change by themselves.
    pub mutation: Mutation,
    /// When a run ends.
    pub stop: Stop,
}

/// A named configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// The tutorial on the limits of evolutionary optimisation, to the number.
    Tutorial,
}

/// Where samples come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// `auto`, `mnist`, `fashion`, `kmnist`, `builtin` or a folder.
    pub source: String,
    /// Training images of the built-in digits.
    pub builtin_train: usize,
    /// Test images of the built-in digits.
    pub builtin_test: usize,
    /// Seed of the built-in digits.
    pub builtin_seed: u64,
}

/// The network between the pixels and the ten classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// Units of each hidden dense layer with ReLU, in order; may be empty.
    pub hidden: Vec<usize>,
}

/// Size and start of the population.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Population {
    /// How many individuals.
    pub size: usize,
    /// How many of the best parents survive as they are.
    pub elites: usize,
    /// How the first weights are drawn.
    pub initialisation: Initialisation,
}

/// How the first weights are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Initialisation {
    /// All parameters uniform in a range.
    Uniform {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// He et al. 2015.
    He,
    /// Glorot and Bengio 2010.
    Glorot,
}

/// What is optimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fitness {
    /// The fitness function.
    pub measure: MeasureName,
    /// Which images it is computed on.
    pub images: SplitName,
}

/// The fitness function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum MeasureName {
    /// The share of correct classifications, maximised.
    Accuracy,
    /// 1 / accuracy, minimised: the tutorial's.
    ReciprocalAccuracy,
    /// Mean cross-entropy, minimised.
    CrossEntropy,
}

/// One of the two parts of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum SplitName {
    /// The training images.
    Train,
    /// The test images, as in the tutorial.
    Test,
}

/// Which individuals become parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Selection {
    /// The best of some drawn with replacement.
    Tournament {
        /// How many are drawn.
        size: usize,
    },
    /// The best, equally often.
    Truncation {
        /// How many survive.
        best: usize,
    },
    /// Anyone.
    Random,
}

/// What parents pass on, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Crossover {
    /// Probability that a pair is mated.
    pub probability: f64,
    /// How.
    pub operator: CrossoverOperator,
}

/// How a pair is mated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CrossoverOperator {
    /// Both children are the mean.
    Mean,
    /// DEAP's `cxBlend`.
    Blend {
        /// How far beyond the parents.
        alpha: f64,
    },
    /// Genes are swapped one by one.
    Uniform {
        /// Probability per gene.
        gene_probability: f64,
    },
    /// A tail is swapped.
    OnePoint,
    /// A middle part is swapped.
    TwoPoint,
}

/// How individuals change, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mutation {
    /// Probability that an individual is mutated.
    pub probability: f64,
    /// How.
    pub operator: MutationOperator,
}

/// How an individual is mutated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum MutationOperator {
    /// DEAP's `mutGaussian` with mean 0.
    Gaussian {
        /// Probability per gene.
        gene_probability: f64,
        /// Deviation of the noise.
        sigma: f64,
    },
    /// Genes are drawn anew.
    UniformReset {
        /// Probability per gene.
        gene_probability: f64,
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
}

/// When a run ends: at the first of these.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stop {
    /// After this many generations.
    pub generations: u32,
    /// When the best individual's accuracy is above this; 1 never stops.
    pub accuracy: f64,
    /// After this many seconds, at the end of a generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// After this many generations without a new best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<u32>,
}

impl Default for Config {
    fn default() -> Self {
        Preset::Tutorial.config()
    }
}

impl Preset {
    /// The configuration of that name.
    #[must_use]
    pub fn config(self) -> Config {
        match self {
            Self::Tutorial => Config {
                preset: self,
                seed: 64,
                report_every: 10,
                data: Data::default(),
                network: NetworkConfig::default(),
                population: Population::default(),
                fitness: Fitness::default(),
                selection: Selection::Tournament { size: 5 },
                crossover: Crossover::default(),
                mutation: Mutation::default(),
                stop: Stop::default(),
            },
        }
    }
}

impl Config {
    /// Whether the recipe is that of the preset: all but the seed, the data, and when the run reports
    /// and ends.
    #[must_use]
    pub fn keeps_preset(&self) -> bool {
        let Self { preset, seed, report_every, data, stop, .. } = self.clone();
        *self == Self { seed, report_every, data, stop, ..preset.config() }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self {
            source: "auto".to_string(),
            builtin_train: 60_000,
            builtin_test: 10_000,
            builtin_seed: 64,
        }
    }
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self { hidden: vec![128] }
    }
}

impl Default for Population {
    fn default() -> Self {
        let initialisation = Initialisation::Uniform { low: -1.0, high: 1.0 };
        Self { size: 25, elites: 0, initialisation }
    }
}

impl Default for Fitness {
    fn default() -> Self {
        Self { measure: MeasureName::ReciprocalAccuracy, images: SplitName::Test }
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self::Tournament { size: 5 }
    }
}

impl Default for Crossover {
    fn default() -> Self {
        Self { probability: 0.6, operator: CrossoverOperator::Mean }
    }
}

impl Default for Mutation {
    fn default() -> Self {
        let operator = MutationOperator::Gaussian { gene_probability: 0.25, sigma: 0.1 };
        Self { probability: 0.3, operator }
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self { generations: 10_000, accuracy: 0.99999, seconds: None, patience: None }
    }
}

impl Config {
    /// Reads a TOML file; keys that it leaves out have the default.
    ///
    /// # Errors
    /// The file cannot be read, is not TOML, or has an unknown key or a value of the wrong type.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        toml::from_str(&text).map_err(|error| Error::Usage(format!("{}: {error}", path.display())))
    }

    /// As TOML, every number included.
    ///
    /// # Errors
    /// None that can happen after [`Config::check`].
    pub fn to_toml(&self) -> Result<String, Error> {
        toml::to_string(self).map_err(|error| Error::Internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tutorial_is_the_table_of_its_recipe() {
        let config = Preset::Tutorial.config();
        assert_eq!((config.seed, config.population.size, config.population.elites), (64, 25, 0));
        assert_eq!(
            config.population.initialisation,
            Initialisation::Uniform { low: -1.0, high: 1.0 }
        );
        assert_eq!(config.fitness.measure, MeasureName::ReciprocalAccuracy);
        assert_eq!(config.fitness.images, SplitName::Test);
        assert_eq!(config.selection, Selection::Tournament { size: 5 });
        assert_eq!((config.stop.generations, config.report_every), (1000 * 10, 10));
        assert_eq!(config.stop.accuracy, 0.99999);
        let algorithm = config.algorithm();
        assert_eq!(algorithm.crossover, tinyevo_core::operators::Crossover::Mean);
        assert_eq!(algorithm.crossover_probability, 0.6);
        assert_eq!(algorithm.mutation_probability, 0.3);
        assert_eq!(
            algorithm.mutation,
            tinyevo_core::operators::Mutation::Gaussian { probability: 0.25, sigma: 0.1 }
        );
        assert_eq!(config.network().unwrap().parameters(), 101_770);
        config.check().unwrap();
    }

    #[test]
    fn toml_round_trips() {
        let mut config = Config::default();
        assert_eq!(toml::from_str::<Config>(&config.to_toml().unwrap()).unwrap(), config);
        config.crossover.operator = CrossoverOperator::Blend { alpha: 0.5 };
        config.mutation.operator =
            MutationOperator::UniformReset { gene_probability: 0.01, low: -0.5, high: 0.5 };
        config.selection = Selection::Truncation { best: 3 };
        config.population.initialisation = Initialisation::He;
        config.stop.seconds = Some(1.5);
        config.stop.patience = Some(7);
        config.network.hidden = vec![];
        let text = config.to_toml().unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config, "{text}");
    }

    #[test]
    fn unknown_keys_are_refused_and_missing_ones_have_the_default() {
        assert!(toml::from_str::<Config>("sede = 1").is_err());
        assert!(toml::from_str::<Config>("[stop]\ngeneration = 1").is_err());
        assert!(
            toml::from_str::<Config>("selection = { kind = \"tournament\", sise = 1 }").is_err()
        );
        let config: Config = toml::from_str("[stop]\ngenerations = 3").unwrap();
        assert_eq!(config.stop, Stop { generations: 3, ..Stop::default() });
    }

    #[test]
    fn numbers_out_of_range_are_usage_errors() {
        let changes: [fn(&mut Config); 14] = [
            |c| c.population.size = 0,
            |c| c.population.size = 1_000_000_000,
            |c| c.stop.generations = 0,
            |c| c.report_every = 0,
            |c| c.crossover.probability = 1.1,
            |c| c.mutation.probability = -0.1,
            |c| c.mutation.probability = f64::NAN,
            |c| c.selection = Selection::Tournament { size: 0 },
            |c| c.network.hidden = vec![0],
            |c| c.network.hidden = vec![1; 99],
            |c| c.network.hidden = vec![usize::MAX],
            |c| c.population.elites = 26,
            |c| c.stop.accuracy = 1.5,
            |c| c.data.builtin_test = 0,
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut config = Config::default();
            change(&mut config);
            assert!(matches!(config.check(), Err(Error::Usage(_))), "change {index}");
        }
    }
}
