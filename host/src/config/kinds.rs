//! The variants of each setting that is chosen by name, with their usual settings.
//!
//! The names are those that serde gives the variants, written once, at the type. A variant that is chosen
//! without its settings, for example by `kind = "blend"` alone, has the usual ones.

use super::algorithm::Algorithm;
use super::error::ConfigError;
use super::preset::{FILTER_ES, FILTER_GA, LOW_RANK, NEURON_ES, NEURON_GA, TUTORIAL};
use super::settings::{Preset, SplitName, table_of};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;
use tinyevo_core::deploy::Format;
use tinyevo_core::evolution::Shaping;
use tinyevo_core::fitness::Measure;
use tinyevo_core::operators::{Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::schedule::Schedule;
use toml::{Table, Value};

/// A setting that is one of several variants.
pub trait Kind: Copy + Serialize + 'static {
    /// Every variant, with its usual settings.
    const USUAL: &'static [Self];
}

impl Kind for Initialisation {
    const USUAL: &'static [Self] =
        &[Self::Uniform { low: -1.0, high: 1.0 }, Self::He, Self::Glorot];
}

impl Kind for Selection {
    const USUAL: &'static [Self] =
        &[Self::Tournament { size: 5 }, Self::Truncation { best: 5 }, Self::Random];
}

impl Kind for Crossover {
    const USUAL: &'static [Self] = &[
        Self::Mean,
        Self::Blend { alpha: 0.5 },
        Self::Uniform { probability: 0.5 },
        Self::Neurons { probability: 0.5 },
        Self::OnePoint,
        Self::TwoPoint,
    ];
}

impl Kind for Mutation {
    const USUAL: &'static [Self] = &[
        Self::Gaussian { probability: 0.25, sigma: 0.1 },
        Self::UniformReset { probability: 0.25, low: -1.0, high: 1.0 },
        Self::Neurons { probability: 0.05, sigma: 0.02, blur: 2 },
    ];
}

impl Kind for Algorithm {
    const USUAL: &'static [Self] =
        &[TUTORIAL, NEURON_ES, FILTER_ES, NEURON_GA, FILTER_GA, LOW_RANK];
}

impl Kind for Shaping {
    const USUAL: &'static [Self] = &[Self::Normalised, Self::Ranks, Self::Signs];
}

impl Kind for Schedule {
    const USUAL: &'static [Self] = &[
        Self::Constant { value: 1.0 },
        Self::Linear { from: 1.0, to: 1.0 },
        Self::Geometric { from: 1.0, to: 1.0 },
    ];
}

impl Kind for Measure {
    const USUAL: &'static [Self] = &[Self::Accuracy, Self::ReciprocalAccuracy, Self::CrossEntropy];
}

impl Kind for Format {
    const USUAL: &'static [Self] = &Self::ALL;
}

impl Kind for SplitName {
    const USUAL: &'static [Self] = &[Self::Train, Self::Test];
}

impl Kind for Preset {
    const USUAL: &'static [Self] = &[
        Self::Tutorial,
        Self::Es,
        Self::Cnn,
        Self::TinyCnn,
        Self::Micro,
        Self::Nano,
        Self::Coevolution,
        Self::Ga,
        Self::LowRank,
    ];
}

/// The name of a variant, as TOML and flags have it.
#[must_use]
pub fn name<K: Kind>(variant: &K) -> String {
    let value = Value::try_from(variant);
    let text = value.as_ref().ok().and_then(|value| match value {
        Value::Table(table) => table.get("kind").and_then(Value::as_str),
        value => value.as_str(),
    });
    text.unwrap_or_default().to_string()
}

/// The names of all variants.
#[must_use]
pub fn names<K: Kind>() -> Vec<String> {
    K::USUAL.iter().map(name).collect()
}

/// The variant of a name, with its usual settings.
#[must_use]
pub fn named<K: Kind>(text: &str) -> Option<K> {
    K::USUAL.iter().find(|variant| name(*variant) == text).copied()
}

/// The names that a key takes whose value is one of several words.
pub(super) fn words(key: &str) -> Option<Vec<String>> {
    match key {
        "preset" => Some(names::<Preset>()),
        "fitness.measure" => Some(names::<Measure>()),
        "algorithm.shaping" => Some(names::<Shaping>()),
        "fitness.images" => Some(names::<SplitName>()),
        "network.weights" => Some(names::<Format>()),
        _ => None,
    }
}

/// The variants of a table with a `kind`.
pub(super) fn tables(key: &str) -> Option<Vec<Table>> {
    fn of<K: Kind>() -> Option<Vec<Table>> {
        Some(K::USUAL.iter().filter_map(|variant| table_of(variant).ok()).collect())
    }
    match key {
        "algorithm" => {
            let mut tables = of::<Algorithm>()?;
            // What is left out where it changes nothing is a setting all the same.
            let first = tables.iter_mut().find(|table| kind_of(table) == Some("ea-simple"))?;
            first.insert("mutation_scale".to_string(), Value::Table(absent(MUTATION_SCALE)?));
            first.insert("self_adaptation".to_string(), Value::Float(0.0));
            Some(tables)
        }
        key if is_schedule(key) => of::<Schedule>(),
        "algorithm.initialisation" => of::<Initialisation>(),
        "algorithm.selection" => of::<Selection>(),
        "algorithm.crossover" => of::<Crossover>(),
        "algorithm.mutation" => of::<Mutation>(),
        _ => None,
    }
}

/// The key of a schedule that is left out where it is 1.
const MUTATION_SCALE: &str = "algorithm.mutation_scale";

/// Whether the value of a key is a schedule.
pub(super) fn is_schedule(key: &str) -> bool {
    ["algorithm.learning_rate", "algorithm.decay", "batch.size", MUTATION_SCALE].contains(&key)
}

/// The usual settings of a table that may be left out.
pub(super) fn absent(key: &str) -> Option<Table> {
    match key {
        "batch" => Preset::Es.config().batch.and_then(|batch| table_of(&batch).ok()),
        MUTATION_SCALE => table_of(&Schedule::ONE).ok(),
        _ => None,
    }
}

/// A schedule of another kind, with the numbers of the one before; `None` if there is no such kind.
fn schedule_as(kind: &str, before: &Table) -> Option<Table> {
    let mut table = tables("batch.size")?.into_iter().find(|table| kind_of(table) == Some(kind))?;
    for (key, value) in &mut table {
        let former = before.get(key).or_else(|| before.get("value")).or_else(|| before.get("from"));
        if let (Some(former), "value" | "from" | "to") = (former, key.as_str()) {
            *value = former.clone();
        }
    }
    Some(table)
}

/// The settings that a table of another kind starts from.
pub(super) fn start_of(key: &str, kind: &str, before: &Table) -> Option<Table> {
    if is_schedule(key) {
        return schedule_as(kind, before);
    }
    tables(key)?.into_iter().find(|usual| kind_of(usual) == Some(kind))
}

/// A number where a schedule stands is a constant one.
pub(super) fn constant(number: Value) -> Value {
    let kind = ("kind".to_string(), Value::from("constant"));
    Value::Table(Table::from_iter([kind, ("value".to_string(), number)]))
}

/// The `kind` of a table.
pub(super) fn kind_of(table: &Table) -> Option<&str> {
    table.get("kind").and_then(Value::as_str)
}

impl fmt::Display for SplitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name(self))
    }
}

impl FromStr for SplitName {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        named(text)
            .ok_or_else(|| ConfigError::word("the name of the images", &names::<Self>(), text))
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name(self))
    }
}

impl FromStr for Preset {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        named(text).ok_or_else(|| ConfigError::word("preset", &names::<Self>(), text))
    }
}
