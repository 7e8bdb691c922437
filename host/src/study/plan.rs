//! The runs of the study.
// long: a table of runs

use crate::config::{Config, ConfigError, Layers, Overlay, named};

/// The questions, each with what it asks.
pub(super) const QUESTIONS: [(&str, &str); 5] = [
    ("ladder", "From the tutorial's recipe up, one change at a time"),
    ("hidden", "Do smaller networks do better? Hidden units by algorithm"),
    ("networks", "Do convolution and max pooling help? Accuracy by number of weights"),
    ("bytes", "How few bytes do? Formats of the weights"),
    ("time", "What does more time give? Generations by algorithm"),
];

/// A run that is repeated over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Experiment {
    /// The question that it answers.
    pub question: &'static str,
    /// Its name in tables.
    pub name: &'static str,
    /// The preset that it starts from.
    pub preset: &'static str,
    /// What it changes, as `--set` takes it.
    pub settings: &'static [&'static str],
    /// Number of generations.
    pub generations: u32,
    /// Milliseconds of a generation on two cores, roughly.
    milliseconds: f64,
}

/// All of them.
pub const EXPERIMENTS: &[Experiment] = &[
    Experiment {
        question: "ladder",
        name: "the tutorial",
        preset: "tutorial",
        settings: &[],
        generations: 350,
        milliseconds: 55.00,
    },
    Experiment {
        question: "ladder",
        name: "He initialisation, sigma 0.01",
        preset: "tutorial",
        settings: &["algorithm.initialisation.kind=he", "algorithm.mutation.sigma=0.01"],
        generations: 350,
        milliseconds: 55.00,
    },
    Experiment {
        question: "ladder",
        name: "cross-entropy on fresh batches of 256",
        preset: "tutorial",
        settings: &[
            "algorithm.initialisation.kind=he",
            "algorithm.mutation.sigma=0.01",
            "fitness.measure=cross-entropy",
            "fitness.images=train",
            "batch.size=256",
            "batch.shift=0",
        ],
        generations: 4000,
        milliseconds: 3.00,
    },
    Experiment {
        question: "ladder",
        name: "uniform crossover",
        preset: "tutorial",
        settings: &[
            "algorithm.initialisation.kind=he",
            "algorithm.mutation.sigma=0.01",
            "fitness.measure=cross-entropy",
            "fitness.images=train",
            "batch.size=256",
            "batch.shift=0",
            "algorithm.crossover.kind=uniform",
        ],
        generations: 4000,
        milliseconds: 3.00,
    },
    Experiment {
        question: "ladder",
        name: "mutants of neurons (ga)",
        preset: "ga",
        settings: &[],
        generations: 1500,
        milliseconds: 12.00,
    },
    Experiment {
        question: "ladder",
        name: "low-rank mutants (low-rank)",
        preset: "low-rank",
        settings: &[],
        generations: 8000,
        milliseconds: 2.20,
    },
    Experiment {
        question: "ladder",
        name: "neuron-wise genetic (coevolution)",
        preset: "coevolution",
        settings: &[],
        generations: 10000,
        milliseconds: 1.00,
    },
    Experiment {
        question: "ladder",
        name: "neuron-wise strategy (es)",
        preset: "es",
        settings: &[],
        generations: 10000,
        milliseconds: 1.00,
    },
    Experiment {
        question: "ladder",
        name: "filter-wise, convolutions (cnn)",
        preset: "cnn",
        settings: &[],
        generations: 5000,
        milliseconds: 4.00,
    },
    Experiment {
        question: "hidden",
        name: "tutorial, 16",
        preset: "tutorial",
        settings: &["network.hidden=[16]"],
        generations: 300,
        milliseconds: 10.88,
    },
    Experiment {
        question: "hidden",
        name: "tutorial, 32",
        preset: "tutorial",
        settings: &["network.hidden=[32]"],
        generations: 300,
        milliseconds: 17.75,
    },
    Experiment {
        question: "hidden",
        name: "tutorial, 64",
        preset: "tutorial",
        settings: &["network.hidden=[64]"],
        generations: 300,
        milliseconds: 31.50,
    },
    Experiment {
        question: "hidden",
        name: "tutorial, 128",
        preset: "tutorial",
        settings: &["network.hidden=[128]"],
        generations: 300,
        milliseconds: 59.00,
    },
    Experiment {
        question: "hidden",
        name: "ga, 16",
        preset: "ga",
        settings: &["network.hidden=[16]"],
        generations: 1200,
        milliseconds: 2.50,
    },
    Experiment {
        question: "hidden",
        name: "ga, 32",
        preset: "ga",
        settings: &["network.hidden=[32]"],
        generations: 1200,
        milliseconds: 4.00,
    },
    Experiment {
        question: "hidden",
        name: "ga, 64",
        preset: "ga",
        settings: &["network.hidden=[64]"],
        generations: 1200,
        milliseconds: 7.00,
    },
    Experiment {
        question: "hidden",
        name: "ga, 128",
        preset: "ga",
        settings: &["network.hidden=[128]"],
        generations: 1200,
        milliseconds: 13.00,
    },
    Experiment {
        question: "hidden",
        name: "es, 16",
        preset: "es",
        settings: &["network.hidden=[16]"],
        generations: 8000,
        milliseconds: 0.33,
    },
    Experiment {
        question: "hidden",
        name: "es, 32",
        preset: "es",
        settings: &["network.hidden=[32]"],
        generations: 8000,
        milliseconds: 0.45,
    },
    Experiment {
        question: "hidden",
        name: "es, 64",
        preset: "es",
        settings: &["network.hidden=[64]"],
        generations: 8000,
        milliseconds: 0.70,
    },
    Experiment {
        question: "hidden",
        name: "es, 128",
        preset: "es",
        settings: &["network.hidden=[128]"],
        generations: 8000,
        milliseconds: 1.20,
    },
    Experiment {
        question: "networks",
        name: "es, 784-16-10",
        preset: "es",
        settings: &["network.hidden=[16]"],
        generations: 12000,
        milliseconds: 0.33,
    },
    Experiment {
        question: "networks",
        name: "es, 784-64-10",
        preset: "es",
        settings: &["network.hidden=[64]"],
        generations: 12000,
        milliseconds: 0.70,
    },
    Experiment {
        question: "networks",
        name: "es, 784-128-10",
        preset: "es",
        settings: &["network.hidden=[128]"],
        generations: 12000,
        milliseconds: 1.20,
    },
    Experiment {
        question: "networks",
        name: "cnn, conv:4x5,pool:2,conv:8x5,pool:2",
        preset: "cnn",
        settings: &["network.hidden=[\"conv:4x5\",\"pool:2\",\"conv:8x5\",\"pool:2\"]"],
        generations: 4000,
        milliseconds: 4.00,
    },
    Experiment {
        question: "networks",
        name: "cnn, conv:8x5,pool:2,conv:20x3,pool:5",
        preset: "cnn",
        settings: &["network.hidden=[\"conv:8x5\",\"pool:2\",\"conv:20x3\",\"pool:5\"]"],
        generations: 4000,
        milliseconds: 4.00,
    },
    Experiment {
        question: "networks",
        name: "cnn, conv:24x7,pool:5",
        preset: "cnn",
        settings: &["network.hidden=[\"conv:24x7\",\"pool:5\"]"],
        generations: 4000,
        milliseconds: 4.00,
    },
    Experiment {
        question: "networks",
        name: "cnn, conv:10x5,pool:2,conv:24x5,pool:2",
        preset: "cnn",
        settings: &["network.hidden=[\"conv:10x5\",\"pool:2\",\"conv:24x5\",\"pool:2\"]"],
        generations: 4000,
        milliseconds: 4.00,
    },
    Experiment {
        question: "bytes",
        name: "10-24, f32",
        preset: "cnn",
        settings: &[],
        generations: 4000,
        milliseconds: 4.50,
    },
    Experiment {
        question: "bytes",
        name: "10-24, int8",
        preset: "cnn",
        settings: &["network.weights=[\"int8\"]"],
        generations: 4000,
        milliseconds: 4.50,
    },
    Experiment {
        question: "bytes",
        name: "10-24, int4",
        preset: "cnn",
        settings: &["network.weights=[\"int4\"]"],
        generations: 4000,
        milliseconds: 4.50,
    },
    Experiment {
        question: "bytes",
        name: "10-24, ternary",
        preset: "cnn",
        settings: &["network.weights=[\"ternary\"]"],
        generations: 4000,
        milliseconds: 4.50,
    },
    Experiment {
        question: "bytes",
        name: "10-24, int4,ternary,int4",
        preset: "cnn",
        settings: &["network.weights=[\"int4\",\"ternary\",\"int4\"]"],
        generations: 4000,
        milliseconds: 4.50,
    },
    Experiment {
        question: "bytes",
        name: "nano",
        preset: "nano",
        settings: &[],
        generations: 4000,
        milliseconds: 2.50,
    },
    Experiment {
        question: "time",
        name: "ga, 1000 generations",
        preset: "ga",
        settings: &[],
        generations: 1000,
        milliseconds: 12.00,
    },
    Experiment {
        question: "time",
        name: "ga, 4000 generations",
        preset: "ga",
        settings: &[],
        generations: 4000,
        milliseconds: 12.00,
    },
    Experiment {
        question: "time",
        name: "coevolution, 5000 generations",
        preset: "coevolution",
        settings: &[],
        generations: 5000,
        milliseconds: 1.00,
    },
    Experiment {
        question: "time",
        name: "coevolution, 20000 generations",
        preset: "coevolution",
        settings: &[],
        generations: 20000,
        milliseconds: 1.00,
    },
    Experiment {
        question: "time",
        name: "es, 5000 generations",
        preset: "es",
        settings: &[],
        generations: 5000,
        milliseconds: 1.00,
    },
    Experiment {
        question: "time",
        name: "es, 20000 generations",
        preset: "es",
        settings: &[],
        generations: 20000,
        milliseconds: 1.00,
    },
    Experiment {
        question: "time",
        name: "cnn, 2500 generations",
        preset: "cnn",
        settings: &[],
        generations: 2500,
        milliseconds: 4.00,
    },
    Experiment {
        question: "time",
        name: "cnn, 10000 generations",
        preset: "cnn",
        settings: &[],
        generations: 10000,
        milliseconds: 4.00,
    },
];

/// An experiment with a seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Task {
    /// The experiment.
    pub experiment: Experiment,
    /// The seed, from 1 on.
    pub seed: u64,
    /// By what its generations are divided.
    divisor: u32,
}

/// All experiments with so many seeds. A quick study has a fifteenth of the generations.
#[must_use]
pub fn tasks(seeds: u64, quick: bool) -> Vec<Task> {
    let divisor = if quick { 15 } else { 1 };
    let each =
        |&experiment: &Experiment| (1..=seeds).map(move |seed| Task { experiment, seed, divisor });
    EXPERIMENTS.iter().flat_map(each).collect()
}

impl Task {
    /// Its configuration.
    ///
    /// # Errors
    /// Never: the experiments are good ones.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let Experiment { preset, settings, .. } = self.experiment;
        let none = || ConfigError::one("preset", format!("{preset} is none"));
        let mut overlay = Overlay::default();
        for assignment in settings {
            let (key, text) = assignment.split_once('=').unwrap_or((assignment, ""));
            overlay.set_text(key, key, text);
        }
        let mut layers = Layers::preset(named(preset).ok_or_else(none)?)?;
        layers.put(&overlay)?;
        let mut config = layers.config()?;
        (config.seed, config.stop.generations) = (self.seed, self.generations());
        config.length = config.length.map(|_| config.stop.generations);
        config.judge.every = config.stop.generations;
        config.check()?;
        Ok(config)
    }

    /// Number of generations.
    #[must_use]
    pub const fn generations(&self) -> u32 {
        let generations = self.experiment.generations / self.divisor;
        if generations > 0 { generations } else { 1 }
    }

    /// How long it takes on two cores, roughly.
    pub(super) fn seconds(&self) -> f64 {
        0.7 + f64::from(self.generations()) * self.experiment.milliseconds / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_experiment_has_a_configuration_a_question_and_a_name_of_its_own() {
        let mut seen = HashSet::new();
        for task in tasks(2, true) {
            let config = task.config().unwrap();
            assert_eq!((config.seed, config.stop.generations), (task.seed, task.generations()));
            let Experiment { question, name, .. } = task.experiment;
            assert!(QUESTIONS.iter().any(|(known, _)| *known == question), "{question}");
            assert!(seen.insert((question, name, task.seed)), "{name}");
        }
        assert_eq!(tasks(3, false).len(), 3 * EXPERIMENTS.len());
        // A taste takes about two minutes.
        let quick: f64 = tasks(1, true).iter().map(Task::seconds).sum();
        assert!((60.0..150.0).contains(&quick), "{quick}");
    }
}
