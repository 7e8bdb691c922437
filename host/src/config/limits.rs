//! The range of every number of a configuration, by its key.

use std::fmt;

/// The range of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit {
    /// A whole number, both ends included.
    Whole(i64, i64),
    /// Any number, both ends included.
    Number(f64, f64),
    /// Any number above the first and up to the second.
    Above(f64, f64),
}

/// The largest magnitude of a 32-bit float setting. The width of a range and twice a blend's
/// alpha are finite with it.
const LARGE: f64 = 1e38;
/// The largest number of generations, and of other things counted in 32 bits.
const COUNT: i64 = u32::MAX as i64;
/// The largest number of images of a batch.
const BATCH: f64 = 1e6;
/// Seconds: more than 30 years.
const SECONDS: f64 = 1e9;

/// The range of every number, by its key.
pub(super) const LIMITS: [(&str, Limit); 65] = [
    ("seed", Limit::Whole(0, i64::MAX)),
    ("report_every", Limit::Whole(1, COUNT)),
    ("length", Limit::Whole(1, COUNT)),
    ("batch.size.value", Limit::Number(1.0, BATCH)),
    ("batch.size.from", Limit::Number(1.0, BATCH)),
    ("batch.size.to", Limit::Number(1.0, BATCH)),
    ("batch.shift", Limit::Whole(0, 8)),
    ("batch.distortion.rotation", Limit::Number(0.0, 0.5)),
    ("batch.distortion.scale", Limit::Number(0.0, 0.5)),
    ("batch.distortion.shear", Limit::Number(0.0, 0.5)),
    ("batch.distortion.elastic", Limit::Number(0.0, 8.0)),
    ("batch.distortion.lifetime", Limit::Whole(1, COUNT)),
    ("algorithm.directions", Limit::Whole(1, 64)),
    ("algorithm.early_directions", Limit::Whole(1, 64)),
    ("algorithm.early_every", Limit::Whole(1, COUNT)),
    ("algorithm.early_rate", Limit::Number(0.0, 1.0)),
    ("algorithm.warmup", Limit::Whole(0, COUNT)),
    ("algorithm.pairs", Limit::Whole(16, 4096)),
    ("algorithm.rank", Limit::Whole(1, 8)),
    ("algorithm.images", Limit::Whole(0, 65_536)),
    ("algorithm.sigma", Limit::Above(0.0, LARGE)),
    ("algorithm.early_sigma", Limit::Above(0.0, LARGE)),
    ("algorithm.output_sigma", Limit::Above(0.0, LARGE)),
    ("algorithm.blur", Limit::Whole(0, 4)),
    ("algorithm.ridge", Limit::Above(0.0, LARGE)),
    ("algorithm.roulette", Limit::Number(0.0, LARGE)),
    ("algorithm.learning_rate.value", Limit::Number(0.0, LARGE)),
    ("algorithm.learning_rate.from", Limit::Number(0.0, LARGE)),
    ("algorithm.learning_rate.to", Limit::Number(0.0, LARGE)),
    ("algorithm.decay.value", Limit::Number(0.0, LARGE)),
    ("algorithm.decay.from", Limit::Number(0.0, LARGE)),
    ("algorithm.decay.to", Limit::Number(0.0, LARGE)),
    ("data.test_share", Limit::Number(0.01, 0.99)),
    ("data.split_seed", Limit::Whole(0, i64::MAX)),
    ("data.builtin_train", Limit::Whole(1, 1_000_000)),
    ("data.builtin_test", Limit::Whole(1, 1_000_000)),
    ("data.builtin_seed", Limit::Whole(0, i64::MAX)),
    ("data.validation", Limit::Whole(0, 100_000_000)),
    ("network.hidden", Limit::Whole(1, 1_000_000)),
    ("network.outputs", Limit::Whole(1, 256)),
    ("judge.every", Limit::Whole(1, COUNT)),
    ("algorithm.population", Limit::Whole(1, 1_000_000)),
    ("algorithm.elites", Limit::Whole(0, 1_000_000)),
    ("algorithm.initialisation.low", Limit::Number(-LARGE, LARGE)),
    ("algorithm.initialisation.high", Limit::Number(-LARGE, LARGE)),
    // A larger one only takes time: the best of 1,000 drawn is nearly always the best of all.
    ("algorithm.selection.size", Limit::Whole(1, 1000)),
    ("algorithm.selection.best", Limit::Whole(1, 1_000_000)),
    ("algorithm.crossover.alpha", Limit::Number(0.0, LARGE)),
    ("algorithm.crossover.probability", Limit::Number(0.0, 1.0)),
    ("algorithm.crossover_probability", Limit::Number(0.0, 1.0)),
    ("algorithm.mutation.probability", Limit::Number(0.0, 1.0)),
    ("algorithm.mutation.sigma", Limit::Number(0.0, LARGE)),
    ("algorithm.mutation.low", Limit::Number(-LARGE, LARGE)),
    ("algorithm.mutation.high", Limit::Number(-LARGE, LARGE)),
    ("algorithm.mutation_probability", Limit::Number(0.0, 1.0)),
    ("algorithm.self_adaptation", Limit::Number(0.0, 1.0)),
    ("algorithm.mutation.blur", Limit::Whole(0, 4)),
    ("algorithm.mutation_scale.value", Limit::Number(0.0, LARGE)),
    ("algorithm.mutation_scale.from", Limit::Number(0.0, LARGE)),
    ("algorithm.mutation_scale.to", Limit::Number(0.0, LARGE)),
    ("stop.generations", Limit::Whole(1, COUNT)),
    ("stop.accuracy", Limit::Number(0.0, 1.0)),
    ("stop.seconds", Limit::Above(0.0, SECONDS)),
    ("stop.patience", Limit::Whole(1, COUNT)),
    ("checkpoint.every", Limit::Number(0.0, SECONDS)),
];

/// The range of the number with that key.
pub(super) fn limit(key: &str) -> Option<Limit> {
    LIMITS.iter().find(|(name, _)| *name == key).map(|(_, limit)| *limit)
}

impl Limit {
    /// Whether a number of TOML lies in the range.
    pub(super) fn contains(self, value: &toml::Value) -> bool {
        let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
        match self {
            Self::Whole(low, high) => value.as_integer().is_some_and(|x| low <= x && x <= high),
            Self::Number(low, high) => number.is_some_and(|x| low <= x && x <= high),
            Self::Above(low, high) => number.is_some_and(|x| low < x && x <= high),
        }
    }

    /// The range in words, after "a" or "a list of": `whole number from 1 to 9`.
    pub(super) fn words(self, plural: &str) -> String {
        match self {
            Self::Whole(low, high) => format!("whole number{plural} from {low} to {high}"),
            Self::Number(low, high) => {
                format!("number{plural} from {} to {}", Short(low), Short(high))
            }
            Self::Above(low, high) => {
                format!("number{plural} above {}, up to {}", Short(low), Short(high))
            }
        }
    }
}

/// A number as people write it: 0, 1 or 1e38.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.abs() < 1e6 { write!(f, "{}", self.0) } else { write!(f, "{:e}", self.0) }
    }
}
