//! Settings that are given one by one, for example by flags.

use super::error::ConfigError;
use super::limits::{self, Limit};
use super::schema::{Origin, below};
use toml::{Table, Value};

/// Settings that are given one by one, each with the name by which it was given.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    table: Table,
    given: Vec<Given>,
    choices: &'static [(&'static str, &'static str)],
}

/// The most tables and keys of a dotted key; no setting has so many.
const MOST_PARTS: usize = 16;

/// A setting as it was given.
#[derive(Debug, Clone)]
struct Given {
    key: String,
    name: String,
    text: String,
}

impl Overlay {
    /// An overlay without settings; `choices` are the tables that have a `kind`, each with the flag that
    /// chooses it.
    #[must_use]
    pub fn new(choices: &'static [(&'static str, &'static str)]) -> Self {
        Self { choices, ..Self::default() }
    }

    /// Gives a setting a value; `name` is what a problem calls it, as `--seed`.
    pub fn set(&mut self, name: &str, key: &str, value: Value) {
        let text = value.to_string();
        self.give(name, key, &text, value);
    }

    /// Gives a setting the value that a text stands for, see [`value`].
    pub fn set_text(&mut self, name: &str, key: &str, text: &str) {
        self.give(name, key, text, value(text));
    }

    fn give(&mut self, name: &str, key: &str, text: &str, value: Value) {
        let (key, name, text) = (key.to_string(), name.to_string(), text.to_string());
        // Each part is a table within a table; what lies deeper than any setting needs no more.
        let parts: Vec<&str> = key.splitn(MOST_PARTS, '.').collect();
        let (last, tables) = parts.split_last().unwrap_or((&"", &[]));
        let mut table = Table::from_iter([((*last).to_string(), value)]);
        for part in tables.iter().rev() {
            table = Table::from_iter([((*part).to_string(), Value::Table(table))]);
        }
        add(&mut self.table, table);
        self.given.push(Given { key, name, text });
    }

    /// Gives the bounds of a range the values from minus a number to it.
    ///
    /// # Errors
    /// It is not a number, or is negative or too large.
    pub fn set_range(&mut self, name: &str, table: &str, text: &str) -> Result<(), ConfigError> {
        let number = value(text);
        let (low, high) = (below(table, "low"), below(table, "high"));
        let most = match limits::limit(&high) {
            Some(Limit::Number(_, most)) => most,
            _ => f64::from(f32::MAX),
        };
        let allowed = Limit::Number(0.0, most);
        let value = number.as_float().or_else(|| number.as_integer().map(|whole| whole as f64));
        let Some(value) = value.filter(|_| allowed.contains(&number)) else {
            let fault = format!("must be a {}, got {text}", allowed.words(""));
            return Err(ConfigError::one(name, fault));
        };
        self.set(name, &low, Value::Float(-value));
        self.set(name, &high, Value::Float(value));
        Ok(())
    }

    /// The name by which a setting was given, by its key or in a table.
    #[must_use]
    pub fn name_of(&self, key: &str) -> Option<String> {
        let mut parts = key.split('.');
        let first = parts.next().and_then(|part| self.table.get(part));
        let value = parts.fold(first, |value, part| value.and_then(|value| value.get(part)));
        value.map(|_| self.subject(key))
    }

    /// The last setting that was given with this key, or with the table around it.
    fn last(&self, key: &str) -> Option<&Given> {
        let covers = |given: &&Given| {
            let rest = key.strip_prefix(&given.key);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.given.iter().rev().find(covers)
    }

    /// The settings as a table.
    pub(super) fn table(&self) -> &Table {
        &self.table
    }
}

impl Origin for Overlay {
    fn subject(&self, key: &str) -> String {
        // A table that there is not at all is named by what was given in it.
        let inside =
            |given: &&Given| given.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
        let given = self.last(key).or_else(|| self.given.iter().rev().find(inside));
        given.map_or_else(|| key.to_string(), |given| given.name.clone())
    }

    fn written(&self, key: &str) -> Option<String> {
        self.last(key).filter(|given| given.key == key).map(|given| given.text.clone())
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
