//! The runs of a study: `limits.csv` and `records.csv`.

use crate::config::{Config, ConfigError, Layers, Overlay, named};
use tinyevo_core::tev;

/// A study: its experiments, and the files that it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Study {
    /// The tutorial's questions.
    Limits,
    /// The best that evolution alone reaches, by network, time and bytes.
    Records,
}

impl Study {
    /// The questions, each with what it asks.
    pub(super) const fn questions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Limits => &[
                ("ladder", "From the tutorial's recipe up, one change at a time"),
                ("hidden", "Do smaller networks do better? Hidden units by algorithm"),
                ("networks", "Do convolution and max pooling help? Accuracy by number of weights"),
                ("bytes", "How few bytes do? Formats of the weights"),
                ("time", "What does more time give? Generations by algorithm"),
            ],
            Self::Records => &[
                ("dense", "The tutorial's network, 784-128-10"),
                ("weights", "Networks of few weights"),
                ("bytes", "Networks of integers, by the size of their file"),
            ],
        }
    }

    /// Its table of experiments: comments, a header, a line an experiment.
    const fn plan(self) -> &'static str {
        match self {
            Self::Limits => include_str!("limits.csv"),
            Self::Records => include_str!("records.csv"),
        }
    }

    /// The name of its files, without extension.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Limits => "limits",
            Self::Records => "records",
        }
    }

    /// All experiments, in their order.
    pub fn experiments(self) -> impl Iterator<Item = Experiment> {
        self.plan().lines().filter_map(|line| {
            let mut cells = line.split(';');
            let (question, name, preset) = (cells.next()?, cells.next()?, cells.next()?);
            // Not so in the comments and the header.
            let generations = cells.next()?.parse().ok()?;
            let milliseconds = cells.next()?.parse().ok()?;
            let settings = cells.next()?;
            Some(Experiment { question, name, preset, settings, generations, milliseconds })
        })
    }

    /// All experiments with seed 1, then with seed 2 and so on: more seeds leave the places of the others as they are. A quick study has a fifteenth of the generations.
    #[must_use]
    pub fn tasks(self, seeds: u64, quick: bool) -> Vec<Task> {
        let divisor = if quick { 15 } else { 1 };
        let of =
            |seed| self.experiments().map(move |experiment| Task { experiment, seed, divisor });
        (1..=seeds).flat_map(of).collect()
    }
}

/// The question whose figure has curves: what an algorithm reaches by what it takes.
pub(super) const CURVES: &str = "time";

/// Stands in the place of a preset where a network is trained by Adam instead of evolved.
const ADAM: &str = "adam";

/// A run that is repeated over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Experiment {
    /// The question that it answers.
    pub question: &'static str,
    /// Its name in tables.
    pub name: &'static str,
    /// The preset that it starts from, or `adam`.
    pub preset: &'static str,
    /// What it changes, as `--set` takes it, with spaces between.
    pub settings: &'static str,
    /// Number of generations, or of steps of Adam.
    pub generations: u32,
    /// Milliseconds of a generation on two cores, roughly.
    milliseconds: f64,
}

impl Experiment {
    /// Whether a network is trained by Adam instead of evolved.
    #[must_use]
    pub fn is_training(&self) -> bool {
        self.preset == ADAM
    }

    /// The preset with the settings of the experiment.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        let Self { preset, settings, .. } = self;
        // Of a training only the network, the images that are held out and the seed count: any preset will do.
        let preset = if self.is_training() { "tutorial" } else { preset };
        let none = || ConfigError::one("preset", format!("{preset} is none"));
        let mut overlay = Overlay::default();
        for assignment in settings.split_whitespace() {
            let (key, text) = assignment.split_once('=').unwrap_or((assignment, ""));
            overlay.set_text(key, key, text);
        }
        let mut layers = Layers::preset(named(preset).ok_or_else(none)?)?;
        layers.put(&overlay)?;
        layers.config()
    }

    /// Images that went through a whole network: all mutant-images where each individual is evaluated as a whole, and in a
    /// training; else those of the parent's batches, as a mutant reuses its parent's pass. `None` without batches.
    pub(super) fn forward_passes(&self, generations: u32, mutant_images: f64) -> Option<f64> {
        let config = self.config().ok()?;
        if self.is_training() || config.algorithm.population().is_some() {
            return Some(mutant_images);
        }
        let sampler = config.batch?.sampler();
        Some((0..=generations).map(|at| sampler.size(at, generations) as f64).sum())
    }

    /// The size of the `.tev` file of its champion on MNIST, in bytes.
    pub(super) fn file_bytes(&self) -> Result<usize, ConfigError> {
        let config = self.config()?;
        let (shape, classes) = config.preset.samples();
        let network = config.network(shape, classes)?;
        let formats = config.formats(&network)?;
        Ok(match formats {
            None => tev::floats_length(&network),
            Some(formats) => tev::packed_length(&network, &formats),
        })
    }

    /// The command that repeats its run of a seed.
    pub(super) fn command(&self, seed: &str) -> String {
        let set =
            self.settings.split_whitespace().map(|assignment| match assignment.contains('"') {
                true => format!(" --set '{assignment}'"),
                false => format!(" --set {assignment}"),
            });
        let set: String = set.collect();
        format!(
            "tinyevo evolve --data mnist --preset {} --generations {}{set} --seed {seed}",
            self.preset, self.generations
        )
    }
}

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

impl Task {
    /// The same with another seed.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Its configuration.
    ///
    /// # Errors
    /// Never: the experiments are good ones.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let mut config = self.experiment.config()?;
        (config.seed, config.stop.generations) = (self.seed, self.generations());
        config.length = config.length.map(|_| config.stop.generations);
        config.judge.every = config.stop.generations;
        config.check()?;
        Ok(config)
    }

    /// Number of generations, or of steps of Adam.
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
    fn whole_passes_are_those_of_individuals_or_of_parents() {
        let passes = |name: &str| {
            let experiment = Study::Limits.experiments().find(|it| it.name == name).unwrap();
            experiment.forward_passes(3, 77.0)
        };
        for name in ["the tutorial", "mutants of neurons (ga)", "adam, 1720 steps"] {
            assert_eq!(passes(name), Some(77.0), "{name}");
        }
        // Generation 0 and three more.
        for name in
            ["es, 5000 generations", "coevolution, 5000 generations", "low-rank mutants (low-rank)"]
        {
            assert_eq!(passes(name), Some(4.0 * 512.0), "{name}");
        }
        for name in ["cnn, 2500 generations", "10-24, int8", "nano"] {
            assert_eq!(passes(name), Some(4.0 * 256.0), "{name}");
        }
        for experiment in Study::Limits.experiments() {
            assert!(experiment.forward_passes(3, 77.0).is_some(), "{}", experiment.name);
        }
    }

    #[test]
    fn every_experiment_has_a_configuration_a_question_and_a_name_of_its_own() {
        for study in [Study::Limits, Study::Records] {
            let mut seen = HashSet::new();
            for task in study.tasks(2, true) {
                let config = task.config().unwrap();
                assert_eq!((config.seed, config.stop.generations), (task.seed, task.generations()));
                let Experiment { question, name, .. } = task.experiment;
                assert!(
                    study.questions().iter().any(|(known, _)| *known == question),
                    "{question}"
                );
                assert!(seen.insert((question, name, task.seed)), "{name}");
            }
            // No line of the table was left out.
            let comments = study.plan().lines().filter(|line| line.starts_with('#')).count();
            assert_eq!(study.experiments().count(), study.plan().lines().count() - comments - 1);
            assert_eq!(study.tasks(3, false).len(), 3 * study.experiments().count());
        }
        // A taste takes about a minute.
        let quick: f64 = Study::Limits.tasks(1, true).iter().map(Task::seconds).sum();
        assert!((40.0..100.0).contains(&quick), "{quick}");
    }
}
