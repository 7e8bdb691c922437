//! The settings of a run as types, and what follows from them: the network, the memory, TOML text.

use super::algorithm::Algorithm;
use super::batch::Batch;
use super::error::ConfigError;
use super::hidden::{Hidden, layers};
use serde::{Deserialize, Serialize};
use tinyevo_core::deploy::{Format, Formats};
use tinyevo_core::fitness::Measure;
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// The most parameters that a network may have: 1 GB of floats.
const MOST_PARAMETERS: usize = 1 << 28;

/// The complete configuration of a run. Serialised as the TOML of `--config` and `config.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The preset that it started from.
    pub preset: Preset,
    /// Seed of all randomness, 0 to 2^63 - 1.
    pub seed: u64,
    /// Generations of a round, which ends with a line of progress; 1 or more.
    pub report_every: u32,
    /// Number of generations over which schedules run, 1 or more; without it that of `stop.generations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// The source of the samples.
    pub data: Data,
    /// The champion that the run begins with; without it the first weights are drawn at random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// The network.
    pub network: NetworkConfig,
    /// The fitness.
    pub fitness: Fitness,
    /// A batch of training images that is drawn anew in every generation; without it fitness is computed on
    /// all images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
    /// How often the champion is judged on images of its own.
    pub judge: Judge,
    /// The algorithm and its operators.
    pub algorithm: Algorithm,
    /// The conditions that end a run.
    pub stop: Stop,
    /// How often the state is written to disk.
    pub checkpoint: Checkpoint,
}

/// A named configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// The tutorial on the limits of evolutionary optimisation, to the number.
    Tutorial,
    /// The neuron-wise evolution strategy, on batches of 512 images.
    Es,
    /// The filter-wise evolution strategy of a network with convolutions, on batches of 256 images.
    Cnn,
    /// The same of a network of fewer than 2,500 weights.
    TinyCnn,
    /// The same of a network of integers that takes less than 3.6 kB.
    Micro,
    /// The same of a network of integers that takes less than 1.4 kB.
    Nano,
    /// The neuron-wise genetic algorithm, on batches of 512 images.
    Coevolution,
    /// A genetic algorithm of whole genomes, on batches of 256 to 1,024 images.
    Ga,
    /// The low-rank evolution strategy, on batches of 512 images.
    LowRank,
}

/// The source of the samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// `auto`, `mnist`, `fashion`, `kmnist`, `builtin`, a folder, or a `.npz` or `.csv` file.
    pub source: String,
    /// The column of the label in a `.csv` file, by its name or its number from 1; without it the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Share of own data that becomes the test part where it has none, 0.01 to 0.99.
    pub test_share: f64,
    /// Seed by which own data is divided and shuffled, 0 to 2^63 - 1.
    pub split_seed: u64,
    /// Number of training images of the built-in digits, 1 to 1,000,000.
    pub builtin_train: usize,
    /// Number of test images of the built-in digits, 1 to 1,000,000.
    pub builtin_test: usize,
    /// Seed of the built-in digits, 0 to 2^63 - 1.
    pub builtin_seed: u64,
    /// Number of training images, the last ones, that are held out to judge the champion; 0 for
    /// none.
    pub validation: usize,
    /// The fingerprint of the data that the run had; other data is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// The champion that a run begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Its file: `.safetensors`, `.tev`, `.npz` or `.onnx`, of floats.
    #[serde(default)]
    pub champion: String,
    /// The fingerprint of its weights; a file with other weights is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// The network between the pixels and the classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkConfig {
    /// The hidden layers, in order: the units of a dense layer, or text as `conv:10x5`; may be empty. See [`Hidden`].
    pub hidden: Vec<Hidden>,
    /// Number of units of the output layer, which must be that of classes; without it there are as many as
    /// classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<usize>,
    /// The formats of the weights, of all layers or one a layer that has weights; empty for floats.
    #[serde(default)]
    pub weights: Vec<Format>,
}

/// The fitness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fitness {
    /// The fitness function.
    pub measure: Measure,
    /// The images that it is computed on.
    pub images: SplitName,
}

/// One of the two parts of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitName {
    /// The training images, without those that are held out.
    Train,
    /// The test images, as in the tutorial.
    Test,
}

/// How often the champion is judged, if images are held out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judge {
    /// Generations between judgements, 1 or more.
    pub every: u32,
}

/// The conditions that end a run: the first one that is met does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// Number of generations, 1 or more.
    pub generations: u32,
    /// The run ends when the champion's accuracy is above this, 0 to 1; 1 never ends it. See [`Stop::reached`].
    pub accuracy: f64,
    /// Seconds of work, above 0; checked after each generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Generations without a new champion, 1 or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<u32>,
}

/// How often the state of a run is written to disk.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Seconds of work between checkpoints; 0 writes one after each generation.
    pub every: f64,
}

impl Stop {
    /// Whether `correct` of `samples` is above the accuracy that ends a run. At exactly that
    /// accuracy the run goes on.
    ///
    /// Compares correct / samples with the accuracy as 64-bit floats. Both are the floats nearest
    /// to the true values, so 7,000 of 10,000 *is* 0.7 here, as the user wrote it, whichever way
    /// 0.7 is rounded. Two values are taken as equal only where they differ by less than 2^-53 of
    /// themselves: never for fewer than 10^7 samples and an accuracy of eight decimals. Of no
    /// samples it is false.
    #[must_use]
    pub fn reached(&self, correct: u32, samples: u32) -> bool {
        f64::from(correct) / f64::from(samples) > self.accuracy
    }
}

impl Config {
    /// As TOML, every number included. Read back it gives an equal configuration.
    ///
    /// # Errors
    /// Never, after [`Config::check`].
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        to_toml(self)
    }

    /// The network that it describes: the hidden layers, then a dense one with a unit for each class and softmax.
    ///
    /// # Errors
    /// No units in a layer, too many layers, too many parameters.
    pub fn network(&self, input: Shape, classes: usize) -> Result<Network, ConfigError> {
        if let Some(outputs) = self.network.outputs
            && outputs != classes
        {
            let fault = format!("is {outputs}, but the data has {classes} classes");
            return Err(ConfigError::one("network.outputs", fault));
        }
        let network = Network::new(input, &layers(&self.network.hidden, classes));
        let network = network.map_err(|error| {
            let Shape { height, width, channels } = input;
            let fault = format!(
                "{error}; the samples are {height}x{width}x{channels}: give layers that fit them, as --network dense:32,dense:{classes}"
            );
            ConfigError::one("network.hidden:", fault)
        })?;
        if network.parameters() > MOST_PARAMETERS {
            let fault = format!(
                "must give at most {MOST_PARAMETERS} parameters, got {}; use fewer units",
                network.parameters()
            );
            return Err(ConfigError::one("network.hidden", fault));
        }
        Ok(network)
    }

    /// The formats of the weights of its layers; `None` for floats.
    ///
    /// # Errors
    /// There are not as many as layers that have weights, or a network that cannot have integers.
    pub fn formats(&self, network: &Network) -> Result<Option<Formats>, ConfigError> {
        let given = &self.network.weights;
        let Some(&first) = given.first() else { return Ok(None) };
        let count = network.stages().iter().filter(|stage| stage.parameters() > 0).count();
        let all = if given.len() == 1 { vec![first; count] } else { given.clone() };
        let formats = Formats::new(network, &all);
        let checked =
            formats.and_then(|formats| formats.check_exact(network).map(|()| Some(formats)));
        checked.map_err(|error| ConfigError::one("network.weights:", error.to_string()))
    }
}

/// A setting or configuration as TOML.
pub(super) fn to_toml(value: &impl Serialize) -> Result<String, ConfigError> {
    toml::to_string(value).map_err(|error| ConfigError::one("configuration:", error.to_string()))
}

/// A setting or configuration as a table. By way of text, so that a 32-bit 0.1 is 0.1 there.
pub(super) fn table_of<T: Serialize>(value: &T) -> Result<toml::Table, ConfigError> {
    let error = |error: toml::de::Error| ConfigError::one("configuration:", error.message());
    toml::from_str(&to_toml(value)?).map_err(error)
}
