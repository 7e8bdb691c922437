//! The folder that `--out` names: which files it gets, and that they are whole.
//!
//! Nothing of another run is overwritten. `history.csv` grows line by line as generations come;
//! every other file is written beside its name and renamed, so there is never half of one.

use crate::error::Error;
use crate::evolve::{Observer, Snapshot};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The files of a run.
pub const FILES: [&str; 8] = [
    "config.toml",
    "history.csv",
    "summary.json",
    "champion.safetensors",
    "report.txt",
    "confusion.csv",
    "history.svg",
    "history.png",
];

/// A folder for one run.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder, or takes one that holds no run.
    ///
    /// # Errors
    /// It holds another run, or cannot be made.
    pub fn create(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::io("create the folder", path))?;
        let taken = FILES.iter().map(|file| path.join(file)).find(|file| file.exists());
        match taken {
            Some(file) => Err(Error::Occupied { path: path.to_path_buf(), file }),
            None => Ok(Self { path: path.to_path_buf() }),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file whole.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.write_with(name, |path| fs::write(path, bytes).map_err(Error::io("write", path)))
    }

    /// Lets `make` write a file, then gives it its name.
    ///
    /// # Errors
    /// That of `make`, or the file cannot be written.
    pub fn write_with(
        &self,
        name: &str,
        make: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        whole(&self.path, name, make)
    }

    /// Starts `history.csv`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn history(&self) -> Result<HistoryFile, Error> {
        let path = self.path.join("history.csv");
        let mut file = File::create_new(&path).map_err(Error::io("create", &path))?;
        writeln!(file, "{HISTORY_HEADER}").map_err(Error::io("write", &path))?;
        Ok(HistoryFile { path, file })
    }
}

/// Writes a file whole, outside of a run's folder; what was there is replaced.
///
/// # Errors
/// The file cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| Error::Usage(format!("{} is not the name of a file", path.display())))?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    whole(folder, name, |file| fs::write(file, bytes).map_err(Error::io("write", file)))
}

/// Lets `make` write a file beside its name, then gives it its name.
fn whole(
    folder: &Path,
    name: &str,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<(), Error> {
    let path = folder.join(name);
    // The ending stays: plotters chooses the picture's format by it.
    let file = tempfile::Builder::new()
        .prefix(".tinyevo-")
        .suffix(&format!("-{name}"))
        .tempfile_in(folder)
        .map_err(Error::io("write", &path))?;
    make(file.path())?;
    readable(file.as_file()).map_err(Error::io("write", &path))?;
    file.persist(&path).map_err(|error| Error::io("write", &path)(error.error))?;
    Ok(())
}

/// A temporary file can be read by its owner only; a result by everyone, as files usually are.
fn readable(file: &File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.sync_all()
}

const HISTORY_HEADER: &str = "generation,evaluations,seconds,best,avg,std,min,max,accuracy";

/// `history.csv`, a row a generation.
#[derive(Debug)]
pub struct HistoryFile {
    path: PathBuf,
    file: File,
}

impl Observer for HistoryFile {
    fn generation(&mut self, snapshot: &Snapshot<'_>) -> Result<(), Error> {
        let Snapshot { generation, evaluations, seconds, best, accuracy, statistics, .. } =
            snapshot;
        let (avg, std) = (statistics.avg, statistics.std);
        let (min, max) = (statistics.min, statistics.max);
        let row = format!(
            "{generation},{evaluations},{seconds:.3},{best},{avg},{std},{min},{max},{accuracy}\n"
        );
        self.file.write_all(row.as_bytes()).map_err(Error::io("write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_run_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(&folder.path().join("a/b")).unwrap();
        run.write("report.txt", b"one").unwrap();
        assert!(matches!(RunFolder::create(run.path()), Err(Error::Occupied { .. })));
        assert_eq!(fs::read(run.path().join("report.txt")).unwrap(), b"one");
        assert_eq!(fs::read_dir(run.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_could_not_be_made_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path()).unwrap();
        let failed = run.write_with("x.png", |_| Err(Error::Internal("no".to_string())));
        assert!(failed.is_err());
        assert_eq!(fs::read_dir(run.path()).unwrap().count(), 0);
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(RunFolder::create(&folder.path().join("file")).is_err());
    }
}
