//! The keys of a configuration, their types, and the ranges of numbers.
//!
//! Nothing is written down here: the keys and types are those of a configuration in which every
//! setting is present, the ranges those of [`limits`]. So unknown keys are found at any depth, also
//! beside a `kind` without settings, where serde accepts them.

use super::batch::{Batch, Distortion};
use super::error::{Problem, one_of, short};
use super::hidden::Hidden;
use super::kinds::Kind;
use super::settings::{Preset, Start, table_of};
use super::{kinds, limits};
use std::sync::LazyLock;
use tinyevo_core::deploy::Format;
use toml::{Table, Value};

/// How problems name a setting.
pub(super) trait Origin {
    /// The setting with that key, and where it was given.
    fn subject(&self, key: &str) -> String;

    /// The value of the setting as the user wrote it, if this is known.
    fn written(&self, _key: &str) -> Option<String> {
        None
    }

    /// The choice of a `kind` for a table.
    fn choice(&self, table: &str, kind: &str) -> String {
        format!("{table}.kind = \"{kind}\"")
    }
}

/// Settings named by their key alone.
#[derive(Debug)]
pub(super) struct Keys;

impl Origin for Keys {
    fn subject(&self, key: &str) -> String {
        key.to_string()
    }
}

/// A configuration in which every setting is present.
static COMPLETE: LazyLock<Table> = LazyLock::new(|| {
    let mut config = Preset::Tutorial.config();
    config.stop.seconds = Some(1.0);
    config.stop.patience = Some(1);
    config.network.outputs = Some(1);
    config.network.weights = vec![Format::Int8];
    config.data.fingerprint = Some(String::new());
    config.data.label = Some(String::new());
    config.start = Some(Start { champion: String::new(), fingerprint: Some(String::new()) });
    config.length = Some(1);
    let distortion = Some(Distortion::default());
    config.batch = Preset::Es.config().batch.map(|batch| Batch { distortion, ..batch });
    table_of(&config).unwrap_or_default()
});

/// A key below a table, quoted where TOML needs it.
pub(super) fn below(table: &str, key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if key.is_empty() || !key.chars().all(bare) {
        let quoted = format!("\"{}\"", short(key));
        return if table.is_empty() { quoted } else { format!("{table}.{quoted}") };
    }
    if table.is_empty() { key.to_string() } else { format!("{table}.{key}") }
}

/// Every setting: its dotted key and its value in a complete configuration, or, for a setting of
/// another variant than the preset's, its usual value.
pub(super) fn settings() -> Vec<(String, Value)> {
    fn collect(path: &str, table: &Table, found: &mut Vec<(String, Value)>) {
        for (key, value) in table {
            let path = below(path, key);
            let Value::Table(inner) = value else {
                if found.iter().all(|(known, _)| *known != path) {
                    found.push((path, value.clone()));
                }
                continue;
            };
            collect(&path, inner, found);
            for variant in kinds::tables(&path).unwrap_or_default() {
                collect(&path, &variant, found);
            }
        }
    }
    let mut found = Vec::new();
    collect("", &COMPLETE, &mut found);
    found
}

/// A complete table of settings, and how its problems are named.
struct Whole<'a> {
    table: &'a Table,
    origin: &'a dyn Origin,
}

impl Whole<'_> {
    /// Whether the table has a setting.
    fn has(&self, key: &str) -> bool {
        let mut parts = key.split('.');
        let first = parts.next().and_then(|part| self.table.get(part));
        parts.fold(first, |value, part| value.and_then(|value| value.get(part))).is_some()
    }
}

/// What is wrong with a complete table of settings.
pub(super) fn problems(table: &Table, origin: &dyn Origin) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk("", table, &COMPLETE, &Whole { table, origin }, &mut problems);
    problems
}

fn walk(path: &str, given: &Table, known: &Table, whole: &Whole<'_>, problems: &mut Vec<Problem>) {
    for (key, value) in given {
        let path = below(path, key);
        match (value, known.get(key)) {
            (_, None) => problems.push(unknown(&path, given, whole)),
            (Value::Table(given), Some(Value::Table(known))) => {
                let Some(variants) = kinds::tables(&path) else {
                    walk(&path, given, known, whole, problems);
                    continue;
                };
                let kind = kinds::kind_of(given);
                match variants.iter().find(|variant| kinds::kind_of(variant) == kind) {
                    Some(variant) => walk(&path, given, variant, whole, problems),
                    None => problems.push(no_kind(&path, given, &variants, whole.origin)),
                }
            }
            (value, Some(known)) => problems.extend(leaf(&path, value, known, whole.origin)),
        }
    }
}

/// The problem of an unknown `kind`.
fn no_kind(path: &str, given: &Table, variants: &[Table], origin: &dyn Origin) -> Problem {
    let names = variants.iter().filter_map(kinds::kind_of).map(str::to_string);
    let names: Vec<String> = names.collect();
    let got = given.get("kind").cloned().unwrap_or_else(|| "nothing".into());
    Problem::value(origin.subject(&below(path, "kind")), &one_of(&names), &got)
}

/// The presets that have an algorithm of one of these kinds, in brackets.
fn presets_of(table: &str, kinds: &[&str]) -> String {
    let has = |preset: &&Preset| kinds.contains(&&*kinds::name(&preset.config().algorithm));
    let presets: Vec<String> = Preset::USUAL.iter().filter(has).map(Preset::to_string).collect();
    match (table, presets.is_empty()) {
        ("algorithm", false) => format!(" (preset {})", presets.join(", ")),
        ("algorithm", true) => " (preset coevolution on a network with convolutions)".to_string(),
        _ => String::new(),
    }
}

/// A key that there is not: it belongs to another `kind`, or is near to one that there is.
fn unknown(path: &str, given: &Table, whole: &Whole<'_>) -> Problem {
    let origin = whole.origin;
    let subject = origin.subject(path);
    if let Some((table, key)) = path.rsplit_once('.')
        && let Some(variants) = kinds::tables(table)
        && let Some(kind) = kinds::kind_of(given)
    {
        let has = |variant: &&Table| variant.contains_key(key);
        let kinds: Vec<&str> = variants.iter().filter(has).filter_map(kinds::kind_of).collect();
        if !kinds.is_empty() {
            let owners: Vec<String> =
                kinds.iter().map(|owner| origin.choice(table, owner)).collect();
            let fault = format!("needs {}; here the kind is \"{kind}\"", owners.join(" or "));
            return Problem { subject, fault: fault + &presets_of(table, &kinds) };
        }
    }
    Problem { subject, fault: format!("is not a setting{}", hint(path, whole)) }
}

/// What an unknown key may stand for.
fn hint(path: &str, whole: &Whole<'_>) -> String {
    let mut settings: Vec<String> = settings().into_iter().map(|(key, _)| key).collect();
    let tables = settings.iter().filter_map(|key| key.rsplit_once('.'));
    let schedules = tables.map(|(table, _)| table).filter(|table| kinds::is_schedule(table));
    let mut schedules: Vec<String> = schedules.map(str::to_string).collect();
    schedules.dedup();
    settings.extend(schedules);
    // A key without its table is the end of several; those that this configuration has are meant.
    let ends: Vec<_> = settings.iter().filter(|key| key.ends_with(&format!(".{path}"))).collect();
    let own: Vec<_> = ends.iter().copied().filter(|key| whole.has(key)).collect();
    let ends = if own.is_empty() { ends } else { own };
    if !ends.is_empty() {
        let ends: Vec<String> = ends.iter().map(|key| format!("`{key}`")).collect();
        return format!("; did you mean {}?", ends.join(" or "));
    }
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_string();
    let distance = |known: &str| {
        // A key without its table, or in another one, is as good as near.
        strsim::damerau_levenshtein(&last(path), &last(known)) * 100
            + strsim::damerau_levenshtein(path, known).min(99)
    };
    let far = last(path).chars().count().div_ceil(3).max(3) * 100;
    // Of a short key, all letters may be others.
    let alike = |known: &str| distance(known) / 100 < last(known).chars().count();
    let near = settings.iter().filter(|known| distance(known) < far && alike(known));
    // Of keys with the same name the one that this configuration has.
    let rank = |known: &str| (distance(known) / 100, !whole.has(known), distance(known));
    let nearest = near.min_by_key(|known| rank(known));
    nearest.map_or_else(String::new, |key| format!("; did you mean `{key}`?"))
}

/// What is wrong with a value, if anything is; `known` has the right type.
fn leaf(path: &str, value: &Value, known: &Value, origin: &dyn Origin) -> Option<Problem> {
    let limit = limits::limit(path);
    let (fits, allowed) = match known {
        Value::Table(_) => (value.is_table(), "a table".to_string()),
        Value::Array(_) if kinds::words(path).is_some() => {
            let words = kinds::words(path).unwrap_or_default();
            let is_word = |value: &Value| words.iter().any(|word| Some(&**word) == value.as_str());
            let fits = value.as_array().is_some_and(|list| list.iter().all(is_word));
            (fits, format!("a list of {}", one_of(&words)))
        }
        Value::Array(_) => {
            let limit = limit?;
            let is_layer =
                |value: &Value| value.as_str().is_some_and(|text| text.parse::<Hidden>().is_ok());
            let fits = |list: &Vec<Value>| list.iter().all(|it| limit.contains(it) || is_layer(it));
            let words = limit.words("s");
            let allowed = format!("a list of {words}, or of layers as \"conv:10x5\", \"pool:2\"");
            (value.as_array().is_some_and(fits), allowed)
        }
        Value::Integer(_) | Value::Float(_) => {
            let limit = limit?;
            (limit.contains(value), format!("a {}", limit.words("")))
        }
        _ => match kinds::words(path) {
            Some(words) => {
                let fits = |text| words.iter().any(|word| word == text);
                (value.as_str().is_some_and(fits), one_of(&words))
            }
            None => (value.is_str(), "text".to_string()),
        },
    };
    let got = || origin.written(path).unwrap_or_else(|| value.to_string());
    (!fits).then(|| Problem::value(origin.subject(path), &allowed, &got()))
}

/// The value that a setting has in the preset `es`, or in `tutorial`, or usually where they have another
/// variant; `None` if it has none.
#[must_use]
pub fn default_of(key: &str) -> Option<Value> {
    let own = table_of(&Preset::Es.config()).unwrap_or_default();
    let mut parts = key.split('.');
    let first = parts.next().and_then(|part| own.get(part));
    if let Some(value) = parts.fold(first, |value, part| value.and_then(|value| value.get(part)))
        && !value.is_table()
        && key != "length"
    {
        return Some(value.clone());
    }
    let absent = [
        "stop.seconds",
        "stop.patience",
        "data.fingerprint",
        "data.label",
        "start.champion",
        "start.fingerprint",
        "length",
        "network.outputs",
        "network.weights",
    ];
    let found = settings().into_iter().find(|(known, _)| known == key && !absent.contains(&key));
    found.map(|(_, value)| value)
}
