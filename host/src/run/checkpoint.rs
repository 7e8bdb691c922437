//! The checkpoints of a run folder: the newest two are kept.

use super::{RunFolder, Snapshot};
use crate::error::Error;
use crate::write::{self, Existing};
use std::fs;
use std::path::{Path, PathBuf};
use tinyevo_core::checkpoint::{self, Checkpoint, CheckpointError};

/// How many checkpoints are kept.
const KEPT: usize = 2;

/// A checkpoint that was found whole.
#[derive(Debug)]
pub struct Found {
    /// Its bytes, which [`Checkpoint::new`] takes.
    pub bytes: Vec<u8>,
    /// The path of its file.
    pub path: PathBuf,
    /// Newer ones that cannot be used, and what is wrong with each.
    pub damaged: Vec<(PathBuf, String)>,
}

impl Found {
    /// The checkpoint itself.
    ///
    /// # Errors
    /// Never: it was checked when it was found.
    pub fn checkpoint(&self) -> Result<Checkpoint<'_>, Error> {
        Checkpoint::new(&self.bytes).map_err(|error| Error::Internal(error.to_string()))
    }

    /// Checks that a run of so many generations goes on from it.
    ///
    /// # Errors
    /// [`Error::Usage`]: it is of a later generation.
    pub fn check_length(&self, generations: u32) -> Result<(), Error> {
        let made = self.checkpoint()?.header().generation;
        if made <= generations {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "the run has made {made} generations already: --generations must be {made} or more, \
             got {generations}"
        )))
    }

    /// Checks that it is of the run with this identity, before anything is changed.
    ///
    /// # Errors
    /// [`Error::OtherRun`].
    pub fn check(&self, identity: u64) -> Result<(), Error> {
        if self.checkpoint()?.header().run == identity { Ok(()) } else { Err(Error::OtherRun) }
    }
}

/// Writes a checkpoint of this generation, and removes those that are older than the one before.
///
/// # Errors
/// It cannot be written; the earlier ones stay.
pub(super) fn save(folder: &RunFolder, snapshot: &Snapshot<'_>) -> Result<(), Error> {
    write::with(&folder.checkpoint(snapshot.generation), Existing::Replace, |file| {
        checkpoint::write(&snapshot.header, &snapshot.state, |bytes| file.write_all(bytes))
    })?;
    let all = folder.checkpoints()?;
    let earlier = all.iter().filter(|(generation, _)| *generation <= snapshot.generation);
    for (_, old) in earlier.skip(KEPT) {
        fs::remove_file(old).map_err(Error::io("remove", old))?;
    }
    Ok(())
}

/// Sets the checkpoints aside that a run could not go on from: their names end in `.damaged` then.
///
/// # Errors
/// One cannot be renamed.
pub(super) fn set_aside(found: &Found) -> Result<(), Error> {
    for (path, _) in &found.damaged {
        let mut aside = path.as_os_str().to_os_string();
        aside.push(".damaged");
        fs::rename(path, &aside).map_err(Error::io("rename", path))?;
    }
    Ok(())
}

/// The newest checkpoint of a folder that is whole; `None` where the run was ended before its first,
/// which is that of generation 0.
///
/// # Errors
/// There is none that is whole, though the run had begun: [`Error::NoCheckpoint`], with what is wrong with
/// those that are there. Or the newest one is of another version.
pub fn newest(folder: &RunFolder) -> Result<Option<Found>, Error> {
    let mut damaged = Vec::new();
    for (generation, path) in folder.checkpoints()? {
        let reason = match read(&path, generation) {
            Ok(bytes) => return Ok(Some(Found { bytes, path, damaged })),
            Err(Fault::Version(error)) => {
                return Err(Error::Content { path, reason: error.to_string() });
            }
            Err(Fault::Damaged(reason)) => reason,
        };
        damaged.push((path, reason));
    }
    // Without a checkpoint a run starts again only if nothing is lost by it.
    if damaged.is_empty() && !has_begun(folder)? {
        return Ok(None);
    }
    let damaged =
        damaged.into_iter().map(|(path, reason)| Error::Content { path, reason }).collect();
    Err(Error::NoCheckpoint { path: folder.path().to_path_buf(), damaged })
}

/// Why a file cannot be gone on from.
enum Fault {
    /// Another program wrote it, which can read it.
    Version(CheckpointError),
    /// It is not whole, or cannot be read.
    Damaged(String),
}

/// The bytes of a checkpoint that is whole.
fn read(path: &Path, generation: u32) -> Result<Vec<u8>, Fault> {
    let unread = |error: std::io::Error| Fault::Damaged(format!("cannot be read: {error}"));
    if !fs::metadata(path).map_err(unread)?.is_file() {
        return Err(Fault::Damaged("no regular file".to_string()));
    }
    let bytes = fs::read(path).map_err(unread)?;
    match Checkpoint::new(&bytes).map(|checkpoint| checkpoint.header().generation) {
        Ok(own) if own == generation => Ok(bytes),
        Ok(own) => {
            Err(Fault::Damaged(format!("a checkpoint of generation {own}, by another name")))
        }
        Err(error @ CheckpointError::Version { .. }) => Err(Fault::Version(error)),
        Err(error) => Err(Fault::Damaged(error.to_string())),
    }
}

/// Whether more is in a folder than what a run leaves that is ended before its first checkpoint.
fn has_begun(folder: &RunFolder) -> Result<bool, Error> {
    let path = folder.file("history.csv");
    let rows = match fs::read(&path) {
        Ok(bytes) => bytes.iter().filter(|byte| **byte == b'\n').count(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(Error::io("read", &path)(error)),
    };
    let ended = ["summary.json", "report.txt"].iter().any(|name| folder.file(name).exists());
    Ok(rows > 2 || ended)
}
