//! Errors of configurations.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A configuration that cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// Settings that cannot be used: one or more.
    Problems(Vec<Problem>),
}

/// One setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name and place of the setting: `run.toml:3: stop.accuracy`, or `--stop-accuracy`.
    pub subject: String,
    /// What is wrong with it, what was given and what is allowed.
    pub fault: String,
}

impl Problem {
    /// A value that is not allowed.
    pub(super) fn value(subject: String, allowed: &str, got: &dyn fmt::Display) -> Self {
        Self { subject, fault: format!("must be {allowed}, got {}", short(&got.to_string())) }
    }
}

impl ConfigError {
    /// A single problem.
    #[must_use]
    pub fn one(subject: impl Into<String>, fault: impl Into<String>) -> Self {
        Self::Problems(vec![Problem { subject: subject.into(), fault: fault.into() }])
    }

    /// A word that is not one of the allowed words.
    pub(super) fn word(subject: &str, allowed: &[String], got: &str) -> Self {
        Self::one(subject, format!("must be {}, got \"{got}\"", one_of(allowed)))
    }

    /// `Ok` without problems.
    pub(super) fn check(mut problems: Vec<Problem>) -> Result<(), Self> {
        // One flag can set two keys.
        problems.dedup();
        if problems.is_empty() { Ok(()) } else { Err(Self::Problems(problems)) }
    }
}

/// The text as one line that can be read at a glance.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 60;
    let mut line: String =
        text.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MOST).is_some() {
        line.push('…');
    }
    line
}

/// `a`, or `one of a, b, c`.
pub(super) fn one_of(words: &[String]) -> String {
    match words {
        [word] => format!("\"{word}\""),
        words => format!("one of {}", words.join(", ")),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject, self.fault)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(f, "could not read {}: {source}", path.display()),
            Self::Problems(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    write!(f, "{}{problem}", if index == 0 { "" } else { "\n  " })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            Self::Problems(_) => None,
        }
    }
}
