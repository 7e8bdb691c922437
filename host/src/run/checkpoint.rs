//! The checkpoints of a run folder: the newest two are kept.

use super::{RunFolder, Snapshot};
use crate::error::Error;
use crate::write::{self, Existing};
use std::fs;
use std::path::{Path, PathBuf};
use tinyevo_core::checkpoint::{self, Checkpoint};

/// How many checkpoints are kept.
const KEPT: usize = 2;

const START: &str = "checkpoint-";
const END: &str = ".tevc";

/// A checkpoint that was found whole.
#[derive(Debug)]
pub struct Found {
    /// Its bytes, which [`Checkpoint::new`] takes.
    pub bytes: Vec<u8>,
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong with each newer one.
    pub damaged: Vec<Error>,
}

impl Found {
    /// The checkpoint itself.
    ///
    /// # Errors
    /// None that can happen: it was checked when it was found.
    pub fn checkpoint(&self) -> Result<Checkpoint<'_>, Error> {
        Checkpoint::new(&self.bytes).map_err(|error| Error::Internal(error.to_string()))
    }

    /// Checks that it is of the run with this identity, before anything is changed.
    ///
    /// # Errors
    /// [`Error::OtherRun`].
    pub fn check(&self, identity: u64) -> Result<(), Error> {
        if self.checkpoint()?.header().run == identity { Ok(()) } else { Err(Error::OtherRun) }
    }
}

/// Writes a checkpoint of this generation, and removes all but this one and the one before. Later ones
/// are damaged: the run goes on from one before them.
///
/// # Errors
/// It cannot be written; the earlier ones stay.
pub(super) fn save(folder: &RunFolder, snapshot: &Snapshot<'_>) -> Result<(), Error> {
    let path = folder.file(&format!("{START}{:010}{END}", snapshot.generation));
    write::with(&path, Existing::Replace, |file| {
        checkpoint::write(&snapshot.header, &snapshot.state, |bytes| file.write_all(bytes))
    })?;
    let (later, kept): (Vec<_>, Vec<_>) = list(folder.path())?
        .into_iter()
        .partition(|(generation, _)| *generation > snapshot.generation);
    for (_, old) in later.iter().chain(kept.iter().skip(KEPT)) {
        fs::remove_file(old).map_err(Error::io("remove", old))?;
    }
    Ok(())
}

/// The newest checkpoint of a folder that is whole; `None` where the run was ended before its first,
/// which is that of generation 0.
///
/// # Errors
/// There is none that is whole, though more was made than generation 0: [`Error::NoCheckpoint`], with
/// what is wrong with those that are there.
pub fn newest(folder: &RunFolder) -> Result<Option<Found>, Error> {
    let mut damaged = Vec::new();
    for (generation, path) in list(folder.path())? {
        let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
        let checked = Checkpoint::new(&bytes).map(|checkpoint| checkpoint.header().generation);
        let reason = match checked {
            Ok(own) if own == generation => return Ok(Some(Found { bytes, path, damaged })),
            Ok(own) => format!("a checkpoint of generation {own}, by another name"),
            Err(error) => error.to_string(),
        };
        damaged.push(Error::Content { path, reason });
    }
    // Without a checkpoint a run starts again only if nothing is lost by it.
    let rows = fs::read_to_string(folder.file("history.csv")).unwrap_or_default();
    if damaged.is_empty() && rows.lines().count() <= 2 {
        return Ok(None);
    }
    Err(Error::NoCheckpoint { path: folder.path().to_path_buf(), damaged })
}

/// The checkpoints of a folder with their generations, the newest first.
fn list(folder: &Path) -> Result<Vec<(u32, PathBuf)>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let entry = entry.map_err(Error::io("read", folder))?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(START)?.strip_suffix(END));
        if let Some(generation) = number.and_then(|number| number.parse().ok()) {
            found.push((generation, entry.path()));
        }
    }
    found.sort_by_key(|(generation, _)| std::cmp::Reverse(*generation));
    Ok(found)
}
