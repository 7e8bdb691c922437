//! The runs of the study: `plan.csv`.

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
    /// What it changes, as `--set` takes it, with spaces between.
    pub settings: &'static str,
    /// Number of generations.
    pub generations: u32,
    /// Milliseconds of a generation on two cores, roughly.
    milliseconds: f64,
}

/// The table of all: comments, a header, a line an experiment.
const TABLE: &str = include_str!("plan.csv");

/// All of them, in their order.
pub fn experiments() -> impl Iterator<Item = Experiment> {
    TABLE.lines().filter_map(|line| {
        let mut cells = line.split(';');
        let (question, name, preset) = (cells.next()?, cells.next()?, cells.next()?);
        // Not so in the comments and the header.
        let generations = cells.next()?.parse().ok()?;
        let milliseconds = cells.next()?.parse().ok()?;
        let settings = cells.next()?;
        Some(Experiment { question, name, preset, settings, generations, milliseconds })
    })
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

/// All experiments with so many seeds. A quick study has a fifteenth of the generations.
#[must_use]
pub fn tasks(seeds: u64, quick: bool) -> Vec<Task> {
    let divisor = if quick { 15 } else { 1 };
    let each = |experiment| (1..=seeds).map(move |seed| Task { experiment, seed, divisor });
    experiments().flat_map(each).collect()
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
        for assignment in settings.split_whitespace() {
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
        // No line of the table was left out.
        assert_eq!(experiments().count(), TABLE.lines().count() - 3);
        assert_eq!(tasks(3, false).len(), 3 * experiments().count());
        // A taste takes about a minute.
        let quick: f64 = tasks(1, true).iter().map(Task::seconds).sum();
        assert!((40.0..100.0).contains(&quick), "{quick}");
    }
}
