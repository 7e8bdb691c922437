//! Settings over settings: a preset, a file over it, `--set` over both, flags over all.
//!
//! Each layer is a TOML table that is merged over those below. It is checked when it is merged, so
//! a problem can be named by the layer that it came with.

use super::error::ConfigError;
use super::file::File;
use super::hidden::Hidden;
use super::kinds;
use super::overlay::Overlay;
use super::schema::{self, Origin, below};
use super::settings::{Config, Preset, table_of};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;
use toml::{Table, Value};

/// A configuration under construction.
#[derive(Debug, Clone)]
pub struct Layers {
    table: Table,
}

impl Layers {
    /// A preset.
    ///
    /// # Errors
    /// Never in practice: presets can be written as TOML.
    pub fn preset(preset: Preset) -> Result<Self, ConfigError> {
        Ok(Self { table: table_of(&preset.config())? })
    }

    /// A preset for a run of about this time, and for the network that is given over it; see [`Preset::config_of`].
    ///
    /// # Errors
    /// As [`Layers::preset`].
    pub fn preset_for(
        preset: Preset,
        time: Option<Duration>,
        given: [&Overlay; 2],
    ) -> Result<Self, ConfigError> {
        let network = given.iter().rev().find_map(|overlay| convolves(overlay.table()));
        Ok(Self { table: table_of(&preset.config_of(network == Some(true), time))? })
    }

    /// The preset that stands below settings if none is named: `es`, or, if it has not all of the algorithm's
    /// settings that are given, `tutorial` if that has them.
    #[must_use]
    pub fn suited(given: [&Overlay; 2]) -> Preset {
        let given = given.map(|overlay| overlay.table().get("algorithm").and_then(Value::as_table));
        let has = |preset: Preset| {
            let own = Value::try_from(preset.config().algorithm).unwrap_or(Value::Boolean(false));
            let mut keys = given.iter().flatten().flat_map(|table| table.keys());
            keys.all(|key| own.get(key).is_some())
        };
        if !has(Preset::Es) && has(Preset::Tutorial) { Preset::Tutorial } else { Preset::Es }
    }

    /// TOML text over the preset that it names, or over the tutorial.
    ///
    /// # Errors
    /// It is not TOML, or has an unknown key or a value that is not allowed. `name` stands before
    /// the line.
    pub fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        let file = File::parse(text, name)?;
        let named = file.table.get("preset").and_then(Value::as_str).and_then(kinds::named);
        let convolves = convolves(&file.table) == Some(true);
        let preset = named.unwrap_or(Preset::Tutorial).config_of(convolves, None);
        let mut layers = Self { table: table_of(&preset)? };
        layers.merge(file.table.clone(), &file)?;
        Ok(layers)
    }

    /// A TOML file over the preset that it names, or over the tutorial.
    ///
    /// # Errors
    /// As [`Layers::parse`], or the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_path_buf(), source })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Puts settings over those so far.
    ///
    /// # Errors
    /// An unknown key or a value that is not allowed.
    pub fn put(&mut self, overlay: &Overlay) -> Result<(), ConfigError> {
        self.merge(overlay.table().clone(), overlay)
    }

    /// The configuration, checked.
    ///
    /// # Errors
    /// Settings that do not agree with each other.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let config = Config::deserialize(self.table.clone());
        let config = config.map_err(|error| ConfigError::one("configuration:", error.message()))?;
        config.check()?;
        Ok(config)
    }

    fn merge(&mut self, over: Table, origin: &dyn Origin) -> Result<(), ConfigError> {
        merge(&mut self.table, over, "");
        ConfigError::check(schema::problems(&self.table, origin))
    }
}

impl Config {
    /// Reads TOML text; keys that it leaves out have the values of the preset that it names, or of
    /// the tutorial. Checked.
    ///
    /// # Errors It is not TOML, or a setting is unknown, has a value that is not allowed, or does
    /// not agree with another one. Each problem has its line.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Layers::parse(text, "configuration")?.config()
    }

    /// Reads a TOML file, as [`Config::parse`].
    ///
    /// # Errors
    /// As [`Config::parse`], with the file's name; or the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Layers::read(path)?.config()
    }
}

/// Whether the network of a table has convolutions or pooling; `None` if it says nothing of it.
fn convolves(table: &Table) -> Option<bool> {
    let hidden = table.get("network")?.get("hidden")?.as_array()?;
    let layers = hidden.iter().filter_map(Value::as_str).filter_map(|text| text.parse().ok());
    Some(layers.into_iter().any(|layer: Hidden| !layer.is_dense()))
}

/// Merges tables key by key. A table of another `kind` starts from the usual settings of its kind, a schedule
/// from the numbers of the one before.
fn merge(base: &mut Table, over: Table, path: &str) {
    for (key, value) in over {
        let path = below(path, &key);
        let number = value.is_integer() || value.is_float();
        let value =
            if number && kinds::is_schedule(&path) { kinds::constant(value) } else { value };
        if value.is_table()
            && !base.contains_key(&key)
            && let Some(usual) = kinds::absent(&path)
        {
            base.insert(key.clone(), Value::Table(usual));
        }
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => {
                let kind = kinds::kind_of(&over);
                if let Some(kind) = kind.filter(|kind| Some(*kind) != kinds::kind_of(base))
                    && let Some(start) = kinds::start_of(&path, kind, base)
                {
                    *base = start;
                }
                merge(base, over, &path);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}
