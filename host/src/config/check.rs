//! Checks of a configuration, with problems named by the user's keys and flags.
//!
//! The schema checks single settings. This file checks settings that must agree with each other, for
//! example the number of elites with the population.

use super::algorithm::Algorithm;
use super::error::{ConfigError, Problem};
use super::hidden::Hidden;
use super::kinds::name;
use super::schema;
use super::settings::{Config, SplitName, table_of};
use std::fmt;
use tinyevo_core::evolution::{EaSimple, FilterEs, FilterGa, LowRankEs, NeuronEs, NeuronGa};
use tinyevo_core::fitness::Measure;
use tinyevo_core::network::MAX_LAYERS;
use tinyevo_core::operators::{Initialisation, Mutation, Selection};
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;

impl Config {
    /// Checks that every number is in range and that all settings agree.
    ///
    /// # Errors
    /// Every problem: which setting, what it is, what is allowed.
    pub fn check(&self) -> Result<(), ConfigError> {
        let seeds = [
            ("seed", self.seed),
            ("data.builtin_seed", self.data.builtin_seed),
            ("data.split_seed", self.data.split_seed),
        ];
        for (key, seed) in seeds {
            // TOML cannot say it, so the schema would not see it.
            if i64::try_from(seed).is_err() {
                let fault = format!("must be a whole number from 0 to {}, got {seed}", i64::MAX);
                return Err(ConfigError::one(key, fault));
            }
        }
        let table = table_of(self)?;
        ConfigError::check(schema::problems(&table, &schema::Keys))?;
        let mut problems = Vec::new();
        self.compare(&mut problems);
        ConfigError::check(problems)?;
        // The part of the network that is known without the data.
        if self.network.hidden.iter().all(|layer| layer.is_dense()) {
            self.network(Shape::flat(1), self.network.outputs.unwrap_or(1))?;
        }
        Ok(())
    }

    /// Settings that must agree with each other.
    fn compare(&self, problems: &mut Vec<Problem>) {
        let mut refuse = |key: &str, allowed: String, got: &dyn fmt::Display| {
            problems.push(Problem::value(key.to_string(), &allowed, got));
        };
        let layers = self.network.hidden.len();
        if layers >= MAX_LAYERS {
            let most = MAX_LAYERS - 1;
            refuse("network.hidden", format!("a list of at most {most} numbers"), &layers);
        }
        if self.batch.is_some() && self.fitness.images == SplitName::Test {
            refuse("fitness.images", "train where there is a batch".to_string(), &"test");
        }
        for (key, schedule) in self.schedules() {
            geometric(key, schedule, &mut refuse);
        }
        if let Initialisation::Uniform { low, high } = self.algorithm.initialisation() {
            ordered("algorithm.initialisation.low", low, high, &mut refuse);
        }
        let kind = name(&self.algorithm);
        self.compare_weights(&kind, &mut refuse);
        if kind != "ea-simple" && self.fitness.measure != Measure::CrossEntropy {
            let got = name(&self.fitness.measure);
            refuse("fitness.measure", format!("cross-entropy for {kind}"), &got);
        }
        match &self.algorithm {
            Algorithm::LowRankEs(LowRankEs { pairs, images, learning_rate, decay, .. }) => {
                for (key, number) in [("algorithm.pairs", pairs), ("algorithm.images", images)] {
                    if !number.is_multiple_of(16) {
                        refuse(key, "a multiple of 16".to_string(), number);
                    }
                }
                decays(RATE, learning_rate.largest(), *decay, &mut refuse);
            }
            Algorithm::EaSimple(settings) => ea_simple(settings, &mut refuse),
            Algorithm::NeuronEs(NeuronEs { directions, learning_rate, decay, .. }) => {
                self.neuron_wise(layers, *directions, &mut refuse);
                decays(RATE, learning_rate.largest(), *decay, &mut refuse);
            }
            Algorithm::FilterEs(FilterEs { learning_rate, decay, .. }) => {
                some_layers(layers, &kind, &mut refuse);
                decays(RATE, learning_rate.largest(), *decay, &mut refuse);
            }
            Algorithm::NeuronGa(settings) => {
                self.neuron_wise(layers, settings.directions, &mut refuse);
                let NeuronGa { sigma, mutation_scale, decay, .. } = *settings;
                mutates(&kind, sigma, mutation_scale, decay, &mut refuse);
            }
            Algorithm::FilterGa(FilterGa { sigma, mutation_scale, decay, .. }) => {
                some_layers(layers, &kind, &mut refuse);
                mutates(&kind, *sigma, *mutation_scale, *decay, &mut refuse);
            }
        }
    }
}

impl Config {
    /// The formats of the weights, for this kind of algorithm.
    fn compare_weights(&self, kind: &str, refuse: &mut Refuse<'_>) {
        let (given, hidden) = (&self.network.weights, &self.network.hidden);
        let Some(first) = given.first() else { return };
        if kind != "filter-es" {
            let allowed = "none but for filter-es (preset cnn)".to_string();
            refuse("network.weights", allowed, &first.name());
        }
        let pool = |layer: &&Hidden| matches!(layer, Hidden::Pool(_));
        let count = hidden.len() + 1 - hidden.iter().filter(pool).count();
        if given.len() != 1 && given.len() != count {
            let allowed = format!("one format or {count}, one for each layer that has weights");
            refuse("network.weights", allowed, &given.len());
        }
    }

    /// What an algorithm of neuron-wise mutants needs.
    fn neuron_wise(&self, layers: usize, directions: usize, refuse: &mut Refuse<'_>) {
        let kind = name(&self.algorithm);
        if !directions.is_multiple_of(16) {
            refuse("algorithm.directions", "16, 32, 48 or 64".to_string(), &directions);
        }
        some_layers(layers, &kind, refuse);
        self.dense_only(refuse);
    }

    /// Refuses convolutions and poolings.
    fn dense_only(&self, refuse: &mut Refuse<'_>) {
        if let Some(other) = self.network.hidden.iter().find(|layer| !layer.is_dense()) {
            let kind = name(&self.algorithm);
            let instead = match self.algorithm {
                Algorithm::NeuronGa(_) => "filter-ga",
                _ => "filter-es (preset cnn)",
            };
            let allowed = format!("dense layers only for {kind}; use {instead}");
            refuse("network.hidden", allowed, other);
        }
    }
}

/// Gets a key, what is allowed, and what was given.
type Refuse<'a> = dyn FnMut(&str, String, &dyn fmt::Display) + 'a;

/// Refuses a geometric schedule that does not stay above 0, and one whose ends lie too far apart.
fn geometric(key: &str, schedule: Schedule, refuse: &mut Refuse<'_>) {
    let (from, to) = schedule.ends();
    if matches!(schedule, Schedule::Geometric { .. }) && (from <= 0.0 || to <= 0.0) {
        let (end, got) = if from <= 0.0 { ("from", from) } else { ("to", to) };
        let allowed = "above 0 for a geometric schedule".to_string();
        refuse(&format!("{key}.{end}"), allowed, &got);
    } else if schedule.quotient().is_none() {
        let allowed = format!("nearer to {from:?} for a geometric schedule");
        refuse(&format!("{key}.to"), allowed, &to);
    }
}

/// Refuses a network without hidden layers.
fn some_layers(layers: usize, kind: &str, refuse: &mut Refuse<'_>) {
    if layers == 0 {
        let allowed = format!(
            "at least one layer for {kind} (the presets tutorial, ga and low-rank need none)"
        );
        refuse("network.hidden", allowed, &"[]");
    }
}

/// Refuses bounds that are not in order.
fn ordered(key: &str, low: f32, high: f32, refuse: &mut Refuse<'_>) {
    if low > high {
        refuse(key, format!("at most {high}, the value of high"), &low);
    }
}

/// What a decay is relative to.
const RATE: &str = "the largest algorithm.learning_rate";
const SIZE: &str = "algorithm.sigma times the largest algorithm.mutation_scale";

/// Refuses a decay, relative to a factor, with which weights would change their signs.
fn decays(name: &str, factor: f32, decay: Schedule, refuse: &mut Refuse<'_>) {
    let got = decay.largest();
    if factor * got > 1.0 {
        refuse("algorithm.decay", format!("at most {}, 1 / ({name})", 1.0 / factor), &got);
    }
}

/// Refuses sizes of mutations that do not stay above 0, and a decay with which weights would change their signs.
fn mutates(kind: &str, sigma: f32, scale: Schedule, decay: Schedule, refuse: &mut Refuse<'_>) {
    let (from, to) = scale.ends();
    if from <= 0.0 || to <= 0.0 {
        refuse("algorithm.mutation_scale", format!("above 0 for {kind}"), &from.min(to));
    }
    decays(SIZE, sigma * scale.largest(), decay, refuse);
}

/// Settings of the algorithm `ea-simple` that must agree with each other.
fn ea_simple(settings: &EaSimple, refuse: &mut Refuse<'_>) {
    let population = settings.population;
    let upto =
        |least| format!("a whole number from {least} to {population} (algorithm.population)");
    if settings.elites > population {
        refuse("algorithm.elites", upto(0), &settings.elites);
    }
    if let Selection::Truncation { best } = settings.selection
        && best > population
    {
        refuse("algorithm.selection.best", upto(1), &best);
    }
    if let Mutation::UniformReset { low, high, .. } = settings.mutation {
        ordered("algorithm.mutation.low", low, high, refuse);
    }
}
