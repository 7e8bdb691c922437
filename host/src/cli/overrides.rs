//! Flags that are settings of the configuration: each has a key, and its text is a value of TOML.
//!
//! So types and ranges are checked in one place, for flags, `--set` and files alike.

use crate::config::{Config, ConfigError, Hidden, Layers, Overlay, Preset, default_of, value};
use toml::Value;

/// The flags that choose the `kind` of a table.
const CHOICES: &[(&str, &str)] = &[
    ("algorithm.initialisation", "--initialisation"),
    ("algorithm.selection", "--selection"),
    ("algorithm.crossover", "--crossover"),
    ("algorithm.mutation", "--mutation"),
];

/// The settings that the flags of a command give.
#[derive(Debug)]
pub(super) struct Overrides {
    overlay: Overlay,
}

impl Overrides {
    pub(super) fn new() -> Self {
        Self { overlay: Overlay::new(CHOICES) }
    }

    /// A number.
    pub(super) fn set(&mut self, flag: &str, key: &str, text: &Option<String>) {
        if let Some(text) = text {
            self.overlay.set_text(flag, key, text);
        }
    }

    /// A word, whatever it looks like.
    pub(super) fn word(&mut self, flag: &str, key: &str, text: &Option<String>) {
        if let Some(text) = text {
            self.overlay.set(flag, key, Value::String(text.clone()));
        }
    }

    /// Numbers with commas between them; 0 alone for none.
    pub(super) fn list(&mut self, flag: &str, key: &str, text: &Option<String>) {
        if let Some(text) = text {
            let items = text.split(',').map(value);
            let items = if text == "0" { Vec::new() } else { items.collect() };
            self.overlay.set(flag, key, Value::Array(items));
        }
    }

    /// Words with commas between them; `f32` alone for none.
    pub(super) fn words(&mut self, flag: &str, key: &str, text: &Option<String>) {
        if let Some(text) = text {
            let items = text.split(',').map(|word| Value::from(word.trim()));
            let items = if text == "f32" { Vec::new() } else { items.collect() };
            self.overlay.set(flag, key, Value::Array(items));
        }
    }

    /// All layers of a network, the output layer last.
    pub(super) fn network(&mut self, flag: &str, text: &Option<String>) -> Result<(), ConfigError> {
        let Some(text) = text else { return Ok(()) };
        let mut layers = Vec::new();
        for layer in text.split(',') {
            let parsed = layer.trim().parse::<Hidden>();
            layers.push(parsed.map_err(|fault| {
                ConfigError::one(flag, format!("has the layer \"{layer}\"; {fault}"))
            })?);
        }
        let Some(Hidden::Dense(outputs)) = layers.pop() else {
            let fault = format!("must end with dense:CLASSES, as dense:10, got {text}");
            return Err(ConfigError::one(flag, fault));
        };
        self.layers(flag, &layers);
        let outputs = i64::try_from(outputs).unwrap_or(i64::MAX);
        self.overlay.set(flag, "network.outputs", Value::Integer(outputs));
        Ok(())
    }

    /// The hidden layers of a network.
    pub(super) fn layers(&mut self, flag: &str, hidden: &[Hidden]) {
        let layers = hidden.iter().map(|layer| Value::from(layer.to_string())).collect();
        self.overlay.set(flag, "network.hidden", Value::Array(layers));
    }

    /// A number that stands for the range from minus it to it.
    pub(super) fn range(
        &mut self,
        flag: &str,
        table: &str,
        text: &Option<String>,
    ) -> Result<(), ConfigError> {
        match text {
            Some(text) => self.overlay.set_range(flag, table, text),
            None => Ok(()),
        }
    }

    /// `KEY=VALUE` of `--set`, with a dotted key and a TOML value, or a word.
    pub(super) fn assign(&mut self, assignment: &str) -> Result<(), ConfigError> {
        let refuse =
            |fault: &str| ConfigError::one("--set", format!("{fault}, got \"{assignment}\""));
        let Some((key, text)) = assignment.split_once('=') else {
            return Err(refuse("must be KEY=VALUE"));
        };
        let (key, text) = (key.trim(), text.trim());
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if key.split('.').any(str::is_empty) || !key.chars().all(plain) {
            return Err(refuse("must be KEY=VALUE with a dotted key"));
        }
        if key == "preset" {
            return Err(ConfigError::one("--set preset", "is not possible; use --preset"));
        }
        self.overlay.set_text(&format!("--set {key}"), key, text);
        Ok(())
    }

    /// The settings, as a layer over others.
    pub(super) fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// The configuration of a command that has no other settings than these.
    pub(super) fn over(&self, preset: Preset) -> Result<Config, ConfigError> {
        let mut layers = Layers::preset(preset)?;
        layers.put(&self.overlay)?;
        layers.config()
    }
}

/// A help text with the default of a setting.
pub(super) fn about(text: &str, key: &str) -> String {
    let default = match default_of(key) {
        None => "none".to_string(),
        Some(Value::String(text)) => text,
        Some(Value::Float(number)) => number.to_string(),
        Some(Value::Array(list)) => list.iter().map(Value::to_string).collect::<Vec<_>>().join(","),
        Some(value) => value.to_string(),
    };
    format!("{text} [default: {default}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_takes_a_dotted_key_and_a_value() {
        let set = |assignment: &str| {
            let mut flags = Overrides::new();
            flags.assign(assignment).and_then(|()| flags.over(Preset::Tutorial))
        };
        assert_eq!(set(" stop.patience = 7 ").unwrap().stop.patience, Some(7));
        assert_eq!(set("data.source=a=b").unwrap().data.source, "a=b");
        for (assignment, expected) in [
            ("seed", "--set must be KEY=VALUE, got \"seed\""),
            ("=3", "--set must be KEY=VALUE with a dotted key, got \"=3\""),
            ("a..b=3", "--set must be KEY=VALUE with a dotted key, got \"a..b=3\""),
            ("preset=tutorial", "--set preset is not possible; use --preset"),
            ("sigma=3", "--set sigma is not a setting; did you mean `algorithm.mutation.sigma`?"),
            ("algorithm=3", "--set algorithm must be a table, got 3"),
        ] {
            assert_eq!(set(assignment).unwrap_err().to_string(), expected);
        }
        // A key without its table stands for all that end in it: those of the preset, or else all.
        for (key, expected) in [
            ("sigma", "`algorithm.sigma`"),
            ("learning_rate", "`algorithm.learning_rate`"),
            ("to", "`algorithm.learning_rate.to`"),
            ("value", "`algorithm.decay.value` or `batch.size.value`"),
            (
                "probability",
                "`algorithm.crossover.probability` or `algorithm.mutation.probability`",
            ),
        ] {
            let mut flags = Overrides::new();
            let error = flags.assign(&format!("{key}=3")).and_then(|()| flags.over(Preset::Es));
            let expected = format!("--set {key} is not a setting; did you mean {expected}?");
            assert_eq!(error.unwrap_err().to_string(), expected);
        }
    }
}
