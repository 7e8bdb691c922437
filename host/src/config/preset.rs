//! The named configurations.

use super::algorithm::Algorithm;
use super::batch::Batch;
use super::hidden::Hidden;
use super::settings::{
    Checkpoint, Config, Data, Fitness, Judge, NetworkConfig, Preset, SplitName, Start, Stop,
    table_of,
};
use tinyevo_core::deploy::Format;
use tinyevo_core::evolution::{EaSimple, FilterEs, FilterGa, LowRankEs, NeuronEs, NeuronGa};
use tinyevo_core::fitness::Measure;
use tinyevo_core::layers::Window;
use tinyevo_core::operators::{Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;
use toml::{Table, Value};

/// The algorithm of the tutorial.
pub(super) const TUTORIAL: Algorithm = Algorithm::EaSimple(EaSimple {
    population: 25,
    elites: 0,
    initialisation: Initialisation::Uniform { low: -1.0, high: 1.0 },
    selection: Selection::Tournament { size: 5 },
    crossover: Crossover::Mean,
    crossover_probability: 0.6,
    mutation: Mutation::Gaussian { probability: 0.25, sigma: 0.1 },
    mutation_probability: 0.3,
    mutation_scale: Schedule::ONE,
    self_adaptation: 0.0,
});

/// The genetic algorithm of the preset `ga`; docs/genetic-algorithm.md has what was measured.
const GENETIC: Algorithm = Algorithm::EaSimple(EaSimple {
    population: 40,
    elites: 0,
    initialisation: Initialisation::He,
    selection: Selection::Tournament { size: 5 },
    crossover: Crossover::Neurons { probability: 0.5 },
    crossover_probability: 0.9,
    mutation: Mutation::Neurons { probability: 0.01, sigma: 0.05, blur: 3 },
    mutation_probability: 1.0,
    mutation_scale: Schedule::Linear { from: 1.0, to: 0.05 },
    self_adaptation: 0.0,
});

/// The neuron-wise evolution strategy with its usual settings.
pub(super) const NEURON_ES: Algorithm = Algorithm::NeuronEs(NeuronEs::USUAL);

/// The filter-wise evolution strategy with its usual settings.
pub(super) const FILTER_ES: Algorithm = Algorithm::FilterEs(FilterEs::USUAL);

/// The filter-wise genetic algorithm with its usual settings.
pub(super) const FILTER_GA: Algorithm = Algorithm::FilterGa(FilterGa::USUAL);

/// The neuron-wise genetic algorithm with its usual settings.
pub(super) const NEURON_GA: Algorithm = Algorithm::NeuronGa(NeuronGa::USUAL);

/// The low-rank evolution strategy with its usual settings.
pub(super) const LOW_RANK: Algorithm = Algorithm::LowRankEs(LowRankEs::USUAL);

impl Preset {
    /// The configuration of that name.
    #[must_use]
    pub fn config(self) -> Config {
        match self {
            Self::Tutorial => tutorial(),
            Self::Es => es(),
            Self::Coevolution => Config { preset: self, algorithm: NEURON_GA, ..es() },
            Self::Ga => Config {
                preset: self,
                report_every: 100,
                length: Some(GA_GENERATIONS),
                batch: Some(Batch::plain(Schedule::Linear { from: 256.0, to: 1024.0 }, 0)),
                judge: Judge { every: 100 },
                algorithm: GENETIC,
                stop: Stop { generations: GA_GENERATIONS, ..es().stop },
                ..es()
            },
            Self::Cnn => Config {
                preset: self,
                length: Some(CNN_GENERATIONS),
                // The champion is the last one: the judge only watches.
                data: Data { validation: 1000, ..es().data },
                network: NetworkConfig { hidden: CNN.to_vec(), ..es().network },
                batch: Some(Batch::plain(Schedule::Constant { value: 256.0 }, 1)),
                algorithm: FILTER_ES,
                stop: Stop { generations: CNN_GENERATIONS, ..es().stop },
                ..es()
            },
            Self::TinyCnn => Config {
                preset: self,
                network: NetworkConfig { hidden: TINY.to_vec(), ..es().network },
                algorithm: Algorithm::FilterEs(FilterEs {
                    decay: Schedule::Constant { value: 0.02 },
                    ..FilterEs::USUAL
                }),
                ..Self::Cnn.config()
            },
            Self::Micro => Config { preset: self, network: packed(&CNN), ..Self::Cnn.config() },
            Self::Nano => Config { preset: self, network: packed(&NANO), ..Self::Cnn.config() },
            Self::LowRank => Config {
                preset: self,
                length: Some(LOW_RANK_GENERATIONS),
                algorithm: LOW_RANK,
                stop: Stop { generations: LOW_RANK_GENERATIONS, ..es().stop },
                ..es()
            },
        }
    }
}

/// The network of the preset `cnn`: 10,134 weights.
const CNN: [Hidden; 4] = [
    Hidden::Conv(10, Window::slides(5)),
    Hidden::Pool(Window::tiles(2)),
    Hidden::Conv(24, Window::slides(5)),
    Hidden::Pool(Window::tiles(2)),
];

/// The network of the preset `tiny-cnn`: 2,478 weights.
const TINY: [Hidden; 4] = [
    Hidden::Conv(8, Window::slides(5)),
    Hidden::Pool(Window::tiles(2)),
    Hidden::Conv(20, Window::slides(3)),
    Hidden::Pool(Window::tiles(5)),
];

/// The network of the preset `nano`: 3,545 weights.
const NANO: [Hidden; 4] = [
    Hidden::Conv(10, Window::slides(5)),
    Hidden::Pool(Window::tiles(2)),
    Hidden::Conv(25, Window::slides(3)),
    Hidden::Pool(Window::tiles(5)),
];

/// The formats of the presets `micro` and `nano`: the second layer, which has most weights, in the fewest bits.
const PACKED: [Format; 3] = [Format::Int4, Format::Ternary, Format::Int4];

/// A network of packed integers.
fn packed(hidden: &[Hidden]) -> NetworkConfig {
    NetworkConfig { hidden: hidden.to_vec(), weights: PACKED.to_vec(), ..es().network }
}

/// Generations of the preset `cnn`: about half a minute on two cores.
const CNN_GENERATIONS: u32 = 9000;

/// Generations of the preset `low-rank`: about a minute on two cores.
const LOW_RANK_GENERATIONS: u32 = 20_000;

fn tutorial() -> Config {
    Config {
        preset: Preset::Tutorial,
        seed: 64,
        report_every: 10,
        length: None,
        data: Data {
            source: "auto".to_string(),
            label: None,
            test_share: 0.2,
            split_seed: 64,
            builtin_train: 60_000,
            builtin_test: 10_000,
            builtin_seed: 64,
            validation: 0,
            fingerprint: None,
        },
        start: None,
        network: NetworkConfig {
            hidden: vec![Hidden::Dense(128)],
            outputs: None,
            weights: Vec::new(),
        },
        fitness: Fitness { measure: Measure::ReciprocalAccuracy, images: SplitName::Test },
        batch: None,
        judge: Judge { every: 10 },
        algorithm: TUTORIAL,
        stop: Stop { generations: 10_000, accuracy: 0.99999, seconds: None, patience: None },
        checkpoint: Checkpoint { every: 10.0 },
    }
}

fn es() -> Config {
    Config {
        preset: Preset::Es,
        report_every: 500,
        length: Some(ES_GENERATIONS),
        data: Data { validation: 5000, ..tutorial().data },
        fitness: Fitness { measure: Measure::CrossEntropy, images: SplitName::Train },
        batch: Some(Batch::plain(Schedule::Constant { value: 512.0 }, 1)),
        judge: Judge { every: 500 },
        algorithm: NEURON_ES,
        stop: Stop { generations: ES_GENERATIONS, accuracy: 1.0, seconds: None, patience: None },
        ..tutorial()
    }
}

/// Generations of the preset `ga`: about a minute on two cores.
const GA_GENERATIONS: u32 = 4500;

/// Generations of the preset `es`: about ten seconds on two cores.
const ES_GENERATIONS: u32 = 7000;

impl Preset {
    /// The shape of a sample and the number of classes that it was made for: MNIST's.
    #[must_use]
    pub const fn samples(self) -> (Shape, usize) {
        match self {
            Self::Tutorial
            | Self::Es
            | Self::Cnn
            | Self::TinyCnn
            | Self::Micro
            | Self::Nano
            | Self::Coevolution
            | Self::Ga
            | Self::LowRank => (Shape { height: 28, width: 28, channels: 1 }, 10),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Preset::Tutorial.config()
    }
}

impl Config {
    /// The part that decides what a run computes: all but where the data and the start come from, and when the
    /// run reports, saves and ends. These have the preset's values. Two runs with equal recipes and
    /// the same data have the same states.
    #[must_use]
    pub fn recipe(&self) -> Self {
        let Self { report_every, data, stop, checkpoint, judge, .. } = self.preset.config();
        let data = Data { validation: self.data.validation, ..data };
        // Without images that are held out there is no judge.
        let judge = if data.validation == 0 { judge } else { self.judge };
        // Without schedules the length decides nothing.
        let length = if self.is_scheduled() { Some(self.planned()) } else { None };
        // The weights count, not the file in which they lie.
        let weights = |start: &Start| Start { champion: String::new(), ..start.clone() };
        let start = self.start.as_ref().map(weights);
        Self { report_every, length, data, start, stop, checkpoint, judge, ..self.clone() }
    }

    /// The recipe with the end and the data's fingerprint, and the seed 0: equal for runs that differ by their seed alone.
    /// Where the data lies is no part of it.
    #[must_use]
    pub fn without_seed(&self) -> Self {
        let recipe = self.recipe();
        let data = Data { fingerprint: self.data.fingerprint.clone(), ..recipe.data.clone() };
        Self { seed: 0, data, stop: self.stop, ..recipe }
    }

    /// The schedules, each with its key.
    pub(super) fn schedules(&self) -> Vec<(&'static str, Schedule)> {
        let batch = self.batch.iter().map(|batch| ("batch.size", batch.size));
        let own = match &self.algorithm {
            Algorithm::EaSimple(it) => vec![("algorithm.mutation_scale", it.mutation_scale)],
            Algorithm::NeuronEs(it) => {
                vec![("algorithm.learning_rate", it.learning_rate), ("algorithm.decay", it.decay)]
            }
            Algorithm::FilterEs(it) => {
                vec![("algorithm.learning_rate", it.learning_rate), ("algorithm.decay", it.decay)]
            }
            Algorithm::LowRankEs(it) => {
                vec![("algorithm.learning_rate", it.learning_rate), ("algorithm.decay", it.decay)]
            }
            Algorithm::FilterGa(it) => {
                vec![("algorithm.mutation_scale", it.mutation_scale), ("algorithm.decay", it.decay)]
            }
            Algorithm::NeuronGa(it) => {
                vec![("algorithm.mutation_scale", it.mutation_scale), ("algorithm.decay", it.decay)]
            }
        };
        batch.chain(own).collect()
    }

    /// Whether a setting changes over the run, so that its planned length decides what it computes.
    #[must_use]
    pub fn is_scheduled(&self) -> bool {
        self.schedules().iter().any(|(_, schedule)| !schedule.is_constant())
    }

    /// Number of generations over which schedules run: the length, or else the number of generations.
    #[must_use]
    pub fn planned(&self) -> u32 {
        self.length.unwrap_or(self.stop.generations)
    }

    /// The first setting in which the recipe differs from another one, with both values.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<String> {
        self.differences(other).into_iter().next()
    }

    /// All settings in which the recipe differs from another one, with both values. Where the algorithm, or another setting of
    /// several kinds, is of another kind, that stands for its own settings.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let table = |config: &Self| table_of(&config.recipe()).unwrap_or_default();
        let mut found = Vec::new();
        differences("", &table(self), &table(other), &mut found);
        found
    }

    /// Whether the recipe is that of the preset, whatever the seed and the length.
    #[must_use]
    pub fn keeps_preset(&self) -> bool {
        self.preset.configs().into_iter().any(|preset| {
            Self { seed: preset.seed, length: preset.length, ..self.recipe() } == preset
        })
    }
}

/// Where the kinds of two tables differ, that stands for their other settings.
fn differences(path: &str, one: &Table, other: &Table, found: &mut Vec<String>) {
    let differs = |key: &&String| one.get(*key) != other.get(*key);
    let new = other.keys().filter(|key| !one.contains_key(*key));
    let keys: Vec<_> = one.keys().chain(new).filter(differs).collect();
    let kind = keys.iter().copied().find(|key| *key == "kind");
    for key in kind.map_or(keys, |kind| vec![kind]) {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (one.get(key), other.get(key)) {
            (Some(Value::Table(one)), Some(Value::Table(other))) => {
                differences(&path, one, other, found);
            }
            (one, other) => {
                let text = |value: Option<&Value>| match value {
                    Some(value) => value.to_string(),
                    None => "nothing".to_string(),
                };
                found.push(format!("{path} = {}, not {}", text(one), text(other)));
            }
        }
    }
}
