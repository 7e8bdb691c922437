//! The folder of a run: claimed by one process at a time, every file in it whole.
//!
//! `history.csv` grows line by line; every other file is written beside its name and renamed. The claim
//! is a lock on the folder itself, which dies with the process.

use crate::error::Error;
use crate::write;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The files of a run, checkpoints aside.
pub(super) const FILES: [&str; 8] = [
    "config.toml",
    "history.csv",
    "summary.json",
    "champion.safetensors",
    "report.txt",
    "confusion.csv",
    "history.svg",
    "history.png",
];

/// Start and end of the names of checkpoints, around the generation.
const START: &str = "checkpoint-";
const END: &str = ".tevc";

/// A folder that this process owns as long as the value lives.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Whether this process made the folder.
    made: bool,
    /// Whether the run begins, instead of going on.
    fresh: bool,
    /// Holds the lock; `None` where folders cannot be locked.
    _lock: Option<File>,
}

impl RunFolder {
    /// Makes the folder, or takes one that holds no run.
    ///
    /// # Errors
    /// It holds files of a run ([`Error::Occupied`]), another process has it ([`Error::Busy`]), or it
    /// cannot be made.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let made = !path.exists();
        fs::create_dir_all(path).map_err(Error::io("create the folder", path))?;
        let folder = Self { fresh: true, ..Self::claim(path, made)? };
        let taken = FILES.iter().map(|file| path.join(file)).find(|file| file.exists());
        let checkpoint = folder.checkpoints()?.into_iter().next().map(|(_, file)| file);
        if let Some(file) = taken.or(checkpoint) {
            return Err(Error::Occupied { path: path.to_path_buf(), file });
        }
        write::remove_temporary(path)?;
        Ok(folder)
    }

    /// Where the checkpoint of a generation is.
    pub(super) fn checkpoint(&self, generation: u32) -> PathBuf {
        self.file(&format!("{START}{generation:010}{END}"))
    }

    /// The checkpoints with their generations, the newest first.
    pub(super) fn checkpoints(&self) -> Result<Vec<(u32, PathBuf)>, Error> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(Error::io("read", &self.path))? {
            let entry = entry.map_err(Error::io("read", &self.path))?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(START)?.strip_suffix(END));
            if let Some(generation) = number.and_then(|number| number.parse().ok()) {
                found.push((generation, entry.path()));
            }
        }
        found.sort_by_key(|(generation, _)| std::cmp::Reverse(*generation));
        Ok(found)
    }

    /// Makes a new folder of this name, or with a number after it if that is taken.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create_new(path: &Path) -> Result<Self, Error> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(Error::io("create the folder", parent))?;
        }
        for number in 1.. {
            let mut name = path.as_os_str().to_os_string();
            if number > 1 {
                name.push(format!("-{number}"));
            }
            let path = PathBuf::from(name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { fresh: true, ..Self::claim(&path, true)? }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::io("create the folder", &path)(error)),
            }
        }
        Err(Error::Internal("no number is left for a folder".to_string()))
    }

    /// Takes the folder of a run that was interrupted, and removes what it left half written.
    ///
    /// # Errors
    /// It holds no run ([`Error::NoRun`]), another process has it ([`Error::Busy`]), or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if !path.join("config.toml").is_file() {
            return Err(Error::NoRun { path: path.to_path_buf() });
        }
        let folder = Self::claim(path, false)?;
        write::remove_temporary(path)?;
        Ok(folder)
    }

    /// The path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a file of it is.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file whole; one that is there is replaced.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        write::whole(&self.file(name), bytes)
    }

    /// Leaves the folder as it was, for a run that has failed before its first generation: removes the
    /// configuration if no other file of a run is there, and the folder if this process made it.
    pub fn abandon(self) {
        if self.fresh && !FILES[1..].iter().any(|name| self.file(name).exists()) {
            // Where it was not written, there is nothing to remove.
            let _ = fs::remove_file(self.file(FILES[0]));
        }
        if self.made {
            // Where something is in it, it stays.
            let _ = fs::remove_dir(&self.path);
        }
    }

    /// Locks the folder.
    fn claim(path: &Path, made: bool) -> Result<Self, Error> {
        let _lock = if cfg!(unix) {
            let lock = File::open(path).map_err(Error::io("open", path))?;
            match lock.try_lock() {
                Ok(()) => Some(lock),
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(Error::Busy { path: path.to_path_buf() });
                }
                // A file system without locks, such as some network ones.
                Err(fs::TryLockError::Error(_)) => None,
            }
        } else {
            None
        };
        Ok(Self { path: path.to_path_buf(), made, fresh: false, _lock })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_run_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(&folder.path().join("a/b")).unwrap();
        let path = run.path().to_path_buf();
        run.write("report.txt", b"one").unwrap();
        drop(run);
        assert!(matches!(RunFolder::create(&path), Err(Error::Occupied { .. })));
        assert_eq!(fs::read(path.join("report.txt")).unwrap(), b"one");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
        assert!(matches!(RunFolder::open(&path), Err(Error::NoRun { .. })));
    }

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let first = RunFolder::create(&path).unwrap();
        assert!(matches!(RunFolder::create(&path), Err(Error::Busy { .. })));
        first.write("config.toml", b"").unwrap();
        assert!(matches!(RunFolder::open(&path), Err(Error::Busy { .. })));
        drop(first);
        assert!(RunFolder::open(&path).is_ok());
    }

    #[test]
    fn a_new_folder_never_takes_one_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/today");
        let first = RunFolder::create_new(&path).unwrap();
        let second = RunFolder::create_new(&path).unwrap();
        assert_eq!(first.path(), path);
        assert_eq!(second.path(), folder.path().join("runs/today-2"));
    }

    #[test]
    fn a_run_that_came_to_nothing_leaves_the_folder_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        for (path, there) in
            [(folder.path().to_path_buf(), true), (folder.path().join("new"), false)]
        {
            let run = RunFolder::create(&path).unwrap();
            run.write("config.toml", b"").unwrap();
            run.abandon();
            assert_eq!(path.exists(), there);
            assert!(!path.join("config.toml").exists());
        }
        let run = RunFolder::create(folder.path()).unwrap();
        run.write("config.toml", b"").unwrap();
        drop(run);
        RunFolder::open(folder.path()).unwrap().abandon();
        assert!(folder.path().join("config.toml").exists());
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["config.toml", ".tinyevo-abc.tmp", "champion.safetensors"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        RunFolder::open(folder.path()).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["champion.safetensors", "config.toml"]);
    }
}
