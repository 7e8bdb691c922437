//! Settings over settings: a preset, a file over it, `--set` over both, flags over all.
//!
//! Each layer is a TOML table that is merged over those below. It is checked when it is merged, so
//! a problem can be named by the layer that it came with.

use super::error::ConfigError;
use super::kinds;
use super::limits::{self, Limit};
use super::schema::{self, Origin, below};
use super::settings::{Config, Preset, table_of};
use serde::Deserialize;
use std::path::Path;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

/// A configuration that is being made.
#[derive(Debug, Clone)]
pub struct Layers {
    table: Table,
}

/// Settings that are given one by one, each with the name by which it was given.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    table: Table,
    names: Vec<(String, String)>,
    choices: &'static [(&'static str, &'static str)],
}

impl Layers {
    /// A preset.
    ///
    /// # Errors
    /// None: presets can be written as TOML.
    pub fn preset(preset: Preset) -> Result<Self, ConfigError> {
        Ok(Self { table: table_of(&preset.config())? })
    }

    /// TOML text over the preset that it names, or over the tutorial.
    ///
    /// # Errors
    /// It is not TOML, or has an unknown key or a value that is not allowed. `name` stands before
    /// the line.
    pub fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        let file = File::parse(text, name)?;
        let named = file.table.get("preset").and_then(Value::as_str).and_then(kinds::named);
        let mut layers = Self::preset(named.unwrap_or(Preset::Tutorial))?;
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
        self.merge(overlay.table.clone(), overlay)
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
    /// Reads TOML text; keys that it leaves out have the values of the preset that it names, or of the
    /// tutorial. Checked.
    ///
    /// # Errors
    /// It is not TOML, or a setting is unknown, has a value that is not allowed, or does not agree with
    /// another one. Each problem has its line.
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

/// Merges tables key by key. A table of another `kind` starts from the usual settings of its kind.
fn merge(base: &mut Table, over: Table, path: &str) {
    for (key, value) in over {
        let path = below(path, &key);
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => {
                let kind = kinds::kind_of(&over);
                if kind.is_some() && kind != kinds::kind_of(base) {
                    let mut variants = kinds::tables(&path).unwrap_or_default().into_iter();
                    if let Some(usual) = variants.find(|usual| kinds::kind_of(usual) == kind) {
                        *base = usual;
                    }
                }
                merge(base, over, &path);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// A parsed file, which knows the line of each key.
struct File<'a> {
    name: &'a str,
    text: &'a str,
    lines: DeTable<'a>,
    table: Table,
}

impl<'a> File<'a> {
    fn parse(text: &'a str, name: &'a str) -> Result<Self, ConfigError> {
        let syntax = |error: toml::de::Error| {
            let line = line(text, error.span().map_or(0, |span| span.start));
            ConfigError::one(format!("{name}:{line}: not TOML:"), error.message().trim())
        };
        let table = toml::from_str(text).map_err(syntax)?;
        let lines = DeTable::parse(text).map_err(syntax)?.into_inner();
        Ok(Self { name, text, lines, table })
    }
}

/// The number of the line with a byte, from 1.
fn line(text: &str, place: usize) -> usize {
    1 + text.bytes().take(place).filter(|byte| *byte == b'\n').count()
}

impl Origin for File<'_> {
    fn subject(&self, key: &str) -> String {
        let (mut table, mut place) = (Some(&self.lines), 0);
        for part in key.split('.') {
            let Some((name, value)) = table.and_then(|table| table.get_key_value(part)) else {
                break;
            };
            place = name.span().start;
            table = match value.get_ref() {
                DeValue::Table(table) => Some(table),
                _ => None,
            };
        }
        format!("{}:{}: {key}", self.name, line(self.text, place))
    }
}

impl Overlay {
    /// Gives a setting a value; `name` is what a problem calls it, as `--seed`.
    pub fn set(&mut self, name: &str, key: &str, value: Value) {
        self.names.push((key.to_string(), name.to_string()));
        let mut parts = key.rsplit('.');
        let mut table = Table::new();
        table.insert(parts.next().unwrap_or_default().to_string(), value);
        for part in parts {
            table = Table::from_iter([(part.to_string(), Value::Table(table))]);
        }
        add(&mut self.table, table);
    }

    /// An overlay without settings; `choices` are the tables that are told apart by their `kind`, each
    /// with the flag that chooses it.
    #[must_use]
    pub fn new(choices: &'static [(&'static str, &'static str)]) -> Self {
        Self { choices, ..Self::default() }
    }

    /// Gives the bounds of a range the values from minus a number to it.
    ///
    /// # Errors
    /// It is not a number, or is negative or too large.
    pub fn set_range(
        &mut self,
        name: &str,
        table: &str,
        number: &Value,
    ) -> Result<(), ConfigError> {
        let (low, high) = (below(table, "low"), below(table, "high"));
        let most = match limits::limit(&high) {
            Some(Limit::Number(_, most)) => most,
            _ => f64::from(f32::MAX),
        };
        let allowed = Limit::Number(0.0, most);
        let value = number.as_float().or_else(|| number.as_integer().map(|whole| whole as f64));
        let Some(value) = value.filter(|_| allowed.contains(number)) else {
            let fault = format!("must be a {}, got {number}", allowed.words(""));
            return Err(ConfigError::one(name, fault));
        };
        self.set(name, &low, Value::Float(-value));
        self.set(name, &high, Value::Float(value));
        Ok(())
    }

    /// Gives settings the values of `KEY=VALUE`, with a dotted key and a TOML value, or a word.
    ///
    /// # Errors
    /// It has another form, or the key is `preset`, which is chosen before.
    pub fn assign(&mut self, assignment: &str) -> Result<(), ConfigError> {
        let (key, text) = assignment.split_once('=').ok_or_else(|| {
            let fault = format!("must be KEY=VALUE, got \"{assignment}\"");
            ConfigError::one("--set", fault)
        })?;
        let (key, text) = (key.trim(), text.trim());
        if key == "preset" {
            return Err(ConfigError::one("--set preset", "is not possible; use --preset"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if key.split('.').any(str::is_empty) || !key.chars().all(plain) {
            let fault = format!("must be KEY=VALUE with a dotted key, got \"{assignment}\"");
            return Err(ConfigError::one("--set", fault));
        }
        self.set(&format!("--set {key}"), key, value(text));
        Ok(())
    }

    /// Names the settings below a key.
    fn given(&self, key: &str) -> Option<&str> {
        let covers = |given: &str| {
            key.strip_prefix(given).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let found = self.names.iter().rev().find(|(given, _)| covers(given));
        found.map(|(_, name)| name.as_str())
    }
}

impl Origin for Overlay {
    fn subject(&self, key: &str) -> String {
        self.given(key).unwrap_or(key).to_string()
    }

    fn choice(&self, table: &str, kind: &str) -> String {
        let flag = self.choices.iter().find(|(known, _)| *known == table);
        flag.map_or_else(
            || format!("{table}.kind = \"{kind}\""),
            |(_, flag)| format!("{flag} {kind}"),
        )
    }
}

/// Adds a table to another one; the later value counts.
fn add(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => add(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// A value as the user writes it: TOML, a number as other programs write it (`.5`), or a word.
#[must_use]
pub fn value(text: &str) -> Value {
    let toml = toml::from_str::<Table>(&format!("value = {text}"));
    if let Some(value) =
        toml.ok().filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"))
    {
        return value;
    }
    text.parse().map_or_else(|_| Value::String(text.to_string()), Value::Float)
}
