//! Run folders read back: what ran, how it went, what became of it. Nothing in them is changed.

use super::folder::FILES;
use super::{History, Row, stop};
use crate::champion::network_name;
use crate::config::{Config, Layers};
use crate::error::Error;
use crate::formats;
use crate::report::Summary;
use serde::Serialize;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It reached an end that its configuration names.
    Ended,
    /// A signal, a key, an error or a power cut ended it: it can be resumed.
    Interrupted,
    /// A process works on it.
    Running,
}

/// A run as its folder has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The folder.
    pub path: PathBuf,
    /// Its `config.toml`.
    pub config: Config,
    /// Its `summary.json`, as of the last time that it stopped; none if it never did.
    pub summary: Option<Summary>,
    /// What became of it.
    pub state: State,
    /// When it last wrote a result.
    pub written: SystemTime,
}

impl Kept {
    /// Reads the run of a folder; `None` where the folder holds none.
    ///
    /// # Errors
    /// It holds a run that is damaged, with what is wrong, or it cannot be read.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        let [config, history, summary, champion, ..] = FILES.map(|name| path.join(name));
        let running = is_locked(path)?;
        let begun = history.exists() || champion.exists();
        // Programs of many kinds have a config.toml.
        if !begun && !(config.exists() && (running || summary.exists())) {
            return Ok(None);
        }
        let settings = Layers::read(&config).and_then(|layers| layers.config());
        let content = |reason: String| Error::Content { path: path.to_path_buf(), reason };
        // In one line.
        let settings =
            settings.map_err(|error| content(error.to_string().replace("\n  ", "; ")))?;
        let outcome = outcome(&summary)?;
        let state = match &outcome {
            _ if running => State::Running,
            Some(outcome) if !stop::is_cut_short(&outcome.stop_reason) => State::Ended,
            _ => State::Interrupted,
        };
        let times = [&summary, &history, &config].map(|file| fs::metadata(file)?.modified());
        // A run that is gone on with still has the summary of its last end.
        let written = times.into_iter().flatten().max().unwrap_or(SystemTime::UNIX_EPOCH);
        Ok(Some(Self { path: path.into(), config: settings, summary: outcome, state, written }))
    }

    /// Reads the runs below a folder, itself included, at any depth; the newest comes last. Symbolic links are not
    /// followed. Beside them stands what is wrong with those that are damaged.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn find(folder: &Path) -> Result<(Vec<Self>, Vec<Error>), Error> {
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        fs::read_dir(folder).map_err(Error::io("read", folder))?;
        let mut left = vec![folder.to_path_buf()];
        while let Some(path) = left.pop() {
            match Self::read(&path) {
                Ok(Some(kept)) => found.push(kept),
                Ok(None) => match folders(&path) {
                    Ok(below) => left.extend(below),
                    Err(error) => damaged.push(error),
                },
                Err(error) => damaged.push(error),
            }
        }
        found.sort_by(|a, b| (a.written, &a.path).cmp(&(b.written, &b.path)));
        damaged.sort_by_key(ToString::to_string);
        Ok((found, damaged))
    }

    /// The rows of its `history.csv`, up to the first that is not whole.
    ///
    /// # Errors
    /// The file cannot be read, or is another table.
    pub fn history(&self) -> Result<Vec<Row>, Error> {
        History::read(&self.path.join("history.csv"))
    }

    /// The name of its network, by the summary or the champion; none where neither is there.
    #[must_use]
    pub fn network(&self) -> Option<String> {
        if let Some(summary) = &self.summary {
            return Some(summary.network.clone());
        }
        let champion = formats::read(&self.path.join("champion.safetensors")).ok()?;
        Some(network_name(champion.network()))
    }

    /// The name of its data: a known set, or the last part of a path.
    #[must_use]
    pub fn data(&self) -> String {
        let source = &self.config.data.source;
        let name = Path::new(source).file_name().and_then(|name| name.to_str());
        name.unwrap_or(source).to_string()
    }
}

/// The summary; `None` where there is none yet.
pub(super) fn outcome(path: &Path) -> Result<Option<Summary>, Error> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    let summary = serde_json::from_slice(&bytes);
    summary.map(Some).map_err(|error| Error::Content {
        path: path.to_path_buf(),
        reason: format!("is not the summary of a run: {error}"),
    })
}

/// Whether a process works in the folder.
fn is_locked(path: &Path) -> Result<bool, Error> {
    if cfg!(not(unix)) {
        return Ok(false);
    }
    let folder = File::open(path).map_err(Error::io("open", path))?;
    // Shared, so that readers do not take one another for a run.
    Ok(matches!(folder.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

/// The folders in a folder.
fn folders(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(Error::io("read", path))? {
        let entry = entry.map_err(Error::io("read", path))?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::RunFolder;
    use super::*;
    use crate::config::Preset;

    /// A folder with the configuration of a run, and these files.
    fn run(path: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(path).unwrap();
        fs::write(path.join("config.toml"), Preset::Tutorial.config().to_toml().unwrap()).unwrap();
        for (name, text) in files {
            fs::write(path.join(name), text).unwrap();
        }
    }

    #[test]
    fn runs_are_found_at_any_depth_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        run(&path("one"), &[("history.csv", "")]);
        run(&path("deep/er/two"), &[("history.csv", "")]);
        run(&path("one/inside"), &[("history.csv", "")]);
        run(&path("a-config-alone"), &[]);
        fs::create_dir(path("empty")).unwrap();
        let (found, damaged) = Kept::find(folder.path()).unwrap();
        assert!(damaged.is_empty(), "{damaged:?}");
        let mut names: Vec<_> = found.iter().map(|kept| kept.path.clone()).collect();
        names.sort();
        assert_eq!(names, [path("deep/er/two"), path("one")]);
        assert!(found.iter().all(|kept| kept.state == State::Interrupted));
        assert!(Kept::find(&path("nowhere")).is_err());
    }

    #[test]
    fn damaged_runs_are_named_in_a_line_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        run(&path("no-config"), &[("history.csv", "")]);
        fs::remove_file(path("no-config/config.toml")).unwrap();
        run(&path("half-a-config"), &[("history.csv", ""), ("config.toml", "seed = ")]);
        run(&path("half-a-summary"), &[("summary.json", "{\"seed\": 1")]);
        let (found, damaged) = Kept::find(folder.path()).unwrap();
        assert!(found.is_empty());
        let lines: Vec<_> = damaged.iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        for (line, name) in lines.iter().zip(["half-a-config", "half-a-summary", "no-config"]) {
            assert!(line.contains(name) && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn the_time_of_a_run_is_that_of_its_newest_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        run(&path, &[("history.csv", "")]);
        let newest = SystemTime::now() + std::time::Duration::from_secs(60);
        let config = File::options().append(true).open(path.join("config.toml")).unwrap();
        config.set_modified(newest).unwrap();
        let written = Kept::read(&path).unwrap().map(|kept| kept.written);
        assert_eq!(written, Some(newest));
    }

    #[test]
    fn a_folder_that_a_process_has_is_running() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let owner = RunFolder::create(&path).unwrap();
        run(&path, &[]);
        let state = || Kept::read(&path).unwrap().map(|kept| kept.state);
        assert_eq!(state(), Some(State::Running));
        drop(owner);
        assert_eq!(state(), None);
        run(&path, &[("history.csv", "")]);
        assert_eq!(state(), Some(State::Interrupted));
    }
}
