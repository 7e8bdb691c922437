//! Output files: the one way in which tinyevo writes them.
//!
//! A file is written whole or not at all: to a temporary file beside it, which is synced and renamed,
//! and then the folder is synced. Permissions are those that the umask leaves of 0666; a file that is
//! replaced keeps its own. A symbolic link is followed: its target is written, the link stays. What is
//! no regular file (a FIFO, a device, `/dev/stdout`) is written to as it is.
//!
//! A process that is killed can leave a temporary file; [`remove_temporary`] removes those of a folder.

use crate::error::Error;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Start and end of the names of temporary files.
const TEMPORARY: (&str, &str) = (".tinyevo-", ".tmp");

/// The most symbolic links that are followed, as on Linux.
const MOST_LINKS: usize = 40;

/// What happens to a regular file that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// The new file takes its place, and its permissions.
    Replace,
    /// It stays, and [`Error::Exists`] is returned.
    Keep,
}

/// Writes a file of these bytes; a regular file that is there is replaced.
///
/// # Errors
/// The file cannot be written.
pub fn whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    with(path, Existing::Replace, |file| file.write_all(bytes))
}

/// As [`whole`], without waiting for the folder: after a power cut the file is the new one or the old one,
/// and whole.
///
/// # Errors
/// The file cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write(path, Existing::Replace, Sync::Nothing, |file| file.write_all(bytes))
}

/// Lets `make` write a file, through a buffer. If `make` fails, no file is made or changed.
///
/// # Errors
/// The file cannot be written, or [`Existing::Keep`] was asked for and it is there.
pub fn with(
    path: &Path,
    existing: Existing,
    make: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    write(path, existing, Sync::Folder, make)
}

/// What is waited for, beside the contents, until it is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sync {
    /// The new name.
    Folder,
    Nothing,
}

fn write(
    path: &Path,
    existing: Existing,
    sync: Sync,
    make: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let failed = |error| Error::io("write", path)(error);
    match Target::of(path).map_err(failed)? {
        Target::Stream(file) => {
            let file = OpenOptions::new().append(true).open(file).map_err(failed)?;
            fill(&file, make).map_err(failed)
        }
        Target::Regular(_, Some(_)) if existing == Existing::Keep => {
            Err(Error::Exists { path: path.to_path_buf() })
        }
        Target::Regular(file, old) => match place(&file, old.as_ref(), existing, sync, make) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::Exists { path: path.to_path_buf() })
            }
            result => result.map_err(failed),
        },
    }
}

/// Checks before any work that [`with`] will not refuse: that nothing is there which must be kept,
/// and that the output is not one of the command's inputs.
///
/// # Errors
/// [`Error::Exists`] or [`Error::OwnInput`].
pub fn check(path: &Path, existing: Existing, inputs: &[&Path]) -> Result<(), Error> {
    if inputs.iter().any(|input| same_file(path, input)) {
        return Err(Error::OwnInput { path: path.to_path_buf() });
    }
    match Target::of(path).map_err(Error::io("write", path))? {
        Target::Regular(_, Some(_)) if existing == Existing::Keep => {
            Err(Error::Exists { path: path.to_path_buf() })
        }
        _ => Ok(()),
    }
}

/// Removes the temporary files that a killed process left in a folder which nobody else writes to.
///
/// # Errors
/// The folder cannot be read, or a file cannot be removed.
pub fn remove_temporary(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let entry = entry.map_err(Error::io("read", folder))?;
        if is_temporary(&entry.file_name()) {
            fs::remove_file(entry.path()).map_err(Error::io("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Whether this is the name of a temporary file of this module.
#[must_use]
pub fn is_temporary(name: &OsStr) -> bool {
    let (start, end) = TEMPORARY;
    let name = name.as_encoded_bytes();
    name.starts_with(start.as_bytes()) && name.ends_with(end.as_bytes())
}

/// Where the bytes go.
enum Target {
    /// A regular file behind all links, and what it is now.
    Regular(PathBuf, Option<fs::Metadata>),
    /// Anything else that can be written to, and open files of a process.
    Stream(PathBuf),
}

impl Target {
    fn of(path: &Path) -> io::Result<Self> {
        let mut path = path.to_path_buf();
        for _ in 0..MOST_LINKS {
            let folder = folder_of(&path)?;
            // Links of /proc name files that are open: what was redirected there goes on.
            if fs::canonicalize(&folder)?.starts_with("/proc") {
                return Ok(Self::Stream(path));
            }
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_symlink() => path = folder.join(fs::read_link(&path)?),
                Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
                Ok(found) if found.is_file() => return Ok(Self::Regular(path, Some(found))),
                Ok(_) => return Ok(Self::Stream(path)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Self::Regular(path, None));
                }
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("too many symbolic links"))
    }
}

/// The folder in which a file of this name lies.
fn folder_of(path: &Path) -> io::Result<PathBuf> {
    let folder = path
        .as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&byte| std::path::is_separator(char::from(byte)));
    match path.parent() {
        Some(parent) if path.file_name().is_some() && !folder => {
            let here = parent.as_os_str().is_empty();
            Ok(if here { PathBuf::from(".") } else { parent.to_path_buf() })
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "this is not the name of a file")),
    }
}

/// Writes a file beside its name, then gives it its name.
fn place(
    path: &Path,
    old: Option<&fs::Metadata>,
    existing: Existing,
    sync: Sync,
    make: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = folder_of(path)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The system takes the umask off.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(&folder)?;
    fill(file.as_file(), make)?;
    if let Some(old) = old {
        keep_owner_and_permissions(file.as_file(), old)?;
    }
    // Also where the folder is not waited for: a new name for nothing would be worse than the old file.
    file.as_file().sync_all()?;
    match existing {
        Existing::Replace => file.persist(path),
        Existing::Keep => file.persist_noclobber(path),
    }
    .map_err(|error| error.error)?;
    if sync == Sync::Folder { sync_folder(&folder) } else { Ok(()) }
}

/// Lets `make` write through a buffer, and empties that.
fn fill(file: &File, make: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = BufWriter::new(file);
    make(&mut buffer)?;
    buffer.flush()
}

fn keep_owner_and_permissions(file: &File, old: &fs::Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        // Only root may give files away; for others the file is theirs, as every new one.
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
    file.set_permissions(old.permissions())
}

/// The new name is kept over a power cut only once the folder is synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    match File::open(folder)?.sync_all() {
        // Some network file systems cannot sync folders.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
        result => result?,
    }
    let _ = folder;
    Ok(())
}

/// Whether two names are of one file, by whatever links.
fn same_file(a: &Path, b: &Path) -> bool {
    let (Ok(first), Ok(second)) = (fs::metadata(a), fs::metadata(b)) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (first.dev(), first.ino()) == (second.dev(), second.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = (first, second);
        matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
    }
}

#[cfg(test)]
mod tests;
