//! A TOML file of settings, which knows the line and the text of each.

use super::error::ConfigError;
use super::schema::Origin;
use std::ops::Range;
use toml::Table;
use toml::de::{DeTable, DeValue};

/// A parsed file, which knows the line of each key.
pub(super) struct File<'a> {
    name: &'a str,
    text: &'a str,
    lines: DeTable<'a>,
    pub(super) table: Table,
}

impl<'a> File<'a> {
    pub(super) fn parse(text: &'a str, name: &'a str) -> Result<Self, ConfigError> {
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

impl File<'_> {
    /// The places of the key and of the value of a setting, or of the table that holds it.
    fn find(&self, key: &str) -> (Range<usize>, Option<Range<usize>>) {
        let (mut table, mut place) = (Some(&self.lines), 0..0);
        let mut parts = key.split('.');
        while let Some(part) = parts.next() {
            let found = table.and_then(|table| table.get_key_value(part));
            let Some((name, value)) = found else { return (place, None) };
            place = name.span();
            table = match value.get_ref() {
                DeValue::Table(table) => Some(table),
                _ if parts.clone().next().is_none() => return (place, Some(value.span())),
                _ => None,
            };
        }
        (place, None)
    }
}

impl Origin for File<'_> {
    fn subject(&self, key: &str) -> String {
        format!("{}:{}: {key}", self.name, line(self.text, self.find(key).0.start))
    }

    fn written(&self, key: &str) -> Option<String> {
        self.find(key).1.and_then(|value| self.text.get(value)).map(str::to_string)
    }
}
