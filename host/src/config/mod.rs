//! The configuration of a run: one typed struct, built from a preset, a TOML file or flags.
//!
//! [`Config::parse`] reads TOML: keys that it leaves out have the values of the preset that it
//! names. [`Layers`] merges settings over settings. [`Config::check`] reports what is out of range, by
//! the user's keys and flags. Nothing below this module reads arguments or the environment.

mod algorithm;
mod batch;
mod budget;
mod check;
mod error;
mod file;
mod hidden;
mod kinds;
mod layers;
#[cfg(test)]
mod layers_tests;
mod limits;
mod overlay;
mod preset;
mod schema;
mod settings;
#[cfg(test)]
mod tests;

pub use algorithm::Algorithm;
pub use batch::{Batch, Distortion};
pub use error::{ConfigError, Problem};
pub use hidden::{Hidden, layers};
pub use kinds::{Kind, name, named, names};
pub use layers::Layers;
pub use overlay::{Overlay, value};
pub use schema::default_of;
pub use settings::{
    Checkpoint, Config, Data, Fitness, Judge, NetworkConfig, Preset, SplitName, Start, Stop,
};
