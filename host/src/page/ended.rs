//! A run that has ended, as its folder holds it.

use crate::champion::Champion;
use crate::config::Config;
use crate::error::Error;
use crate::formats::{self, safetensors};
use crate::report::{ConfusionMatrix, Summary};
use crate::run::{Kept, Row, State};
use std::fs;
use std::path::{Path, PathBuf};

/// What the page needs of a run's folder.
#[derive(Debug)]
pub(super) struct Ended {
    /// The folder, as it was named.
    pub(super) path: PathBuf,
    pub(super) config: Config,
    /// The text of `config.toml`.
    pub(super) toml: String,
    pub(super) summary: Summary,
    pub(super) history: Vec<Row>,
    pub(super) champion: Champion,
    /// The champion before it was made integers, if its run evolved integers; else the champion.
    pub(super) floats: Champion,
    pub(super) confusion: ConfusionMatrix,
}

impl Ended {
    /// Reads the folder of a run.
    ///
    /// # Errors
    /// It holds no run, or one that has not ended or is gone on with; a file is missing or damaged, or another version has written it.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let file = |name: &str| path.join(name);
        let kept = if path.is_dir() { Kept::read(path).map_err(of_other_version)? } else { None };
        let kept = kept.ok_or_else(|| {
            content(path, "holds no run\n  give the folder of a run, as runs/tutorial, or of each seed, as runs/small/seed-*")
        })?;
        // Its files are of different times.
        if kept.state == State::Running {
            let reason =
                "holds a run that a process works on\n  wait for its end, or end it by Ctrl-C";
            return Err(content(path, reason));
        }
        let history = kept.history()?;
        let summary = kept.summary.ok_or_else(|| {
            content(
                path,
                "holds a run that has not ended: summary.json is not there\n  wait for its end, or \
                 end it by `tinyevo evolve --resume`",
            )
        })?;
        let toml = text(&file("config.toml"))?;
        let champion_file = file("champion.safetensors");
        let champion = formats::read(&champion_file)?;
        let bytes = fs::read(&champion_file).map_err(Error::io("read", &champion_file))?;
        let floats = safetensors::masters(&bytes)
            .map_err(|source| Error::Champion { path: champion_file, source })?;
        let confusion_file = file("confusion.csv");
        let confusion = ConfusionMatrix::parse(&text(&confusion_file)?)
            .filter(|matrix| matrix.rows().count() == champion.network().outputs())
            .ok_or_else(|| {
                content(&confusion_file, "is not the confusion matrix of the champion")
            })?;
        let (path, config) = (path.to_path_buf(), kept.config);
        Ok(Self { path, config, toml, summary, history, champion, floats, confusion })
    }

    /// The name of the folder.
    pub(super) fn name(&self) -> String {
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| self.path.display().to_string())
    }

    /// The name of a class, or its number.
    pub(super) fn class_name(&self, class: usize) -> String {
        self.champion.description.class_name(class)
    }

    /// The preset, and whether it was changed.
    pub(super) fn preset(&self) -> String {
        let changed = if self.summary.preset_kept { "" } else { " with changes" };
        format!("{}{changed}", self.summary.preset)
    }
}

/// A text file.
fn text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::io("read", path))
}

fn content(path: &Path, reason: &str) -> Error {
    Error::Content { path: path.to_path_buf(), reason: reason.to_string() }
}

/// The error with what may be the reason.
fn of_other_version(error: Error) -> Error {
    match error {
        Error::Content { path, reason } => {
            let version = env!("CARGO_PKG_VERSION");
            let reason = format!(
                "{reason}\n  tinyevo {version} cannot read this; a run of another version needs that version"
            );
            Error::Content { path, reason }
        }
        error => error,
    }
}
