//! Brings a published data set into the cache.
//!
//! Each file is asked of one mirror after the other, at most twice of each. It is downloaded,
//! unpacked and checked in memory, then written to a temporary file beside its final place, written
//! through to the disk and renamed. So a file under its final name is always whole and right. A
//! lock on the folder keeps two processes apart; whoever has it removes temporary files that a
//! killed process left.

pub(super) mod catalog;
pub(super) mod download;

use super::error::{DataError, Fault, MirrorFailure};
use super::folder::Source;
use super::gzip::Unpacked;
use super::idx::Header;
use super::mnist::archive_name;
use super::request::Progress;
use catalog::{Entry, Remote};
use download::{Client, Failure};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

/// How the names of temporary files begin.
const TEMPORARY: &str = ".part-";
/// How often one mirror is asked for one file.
const TRIES: usize = 2;

/// Makes sure that all files of `entry` are in `folder`, plain and right.
pub(super) fn fetch(
    entry: &Entry,
    folder: &Path,
    client: &Client,
    progress: &dyn Progress,
) -> Result<(), DataError> {
    fs::create_dir_all(folder).map_err(DataError::io("make the folder", folder))?;
    let _lock = lock(folder, progress)?;
    sweep(folder);
    for remote in &entry.files {
        if !installed(remote, folder)? {
            let name = archive_name(remote.file.name);
            let values = ask(entry, remote, &name, client, progress).map_err(|failures| {
                let (file, folder) = (name.clone(), folder.to_owned());
                DataError::Download { set: entry.set, file, folder, failures }
            })?;
            install(remote, &values, folder)?;
            progress.file_finished(&name);
        }
    }
    Ok(())
}

/// Waits until no other process downloads into this folder. The lock ends with the returned file,
/// or with the process.
fn lock(folder: &Path, progress: &dyn Progress) -> Result<File, DataError> {
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(DataError::io("create", &path))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let folder = folder.display();
            progress
                .notice(&format!("waiting for another tinyevo that downloads into\n  {folder}"));
            file.lock().map_err(DataError::io("lock", &path))?;
        }
        // Some network file systems know no locks. Two processes then download twice at worst.
        Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => {
            return Err(DataError::io("lock", path)(error));
        }
        _ => {}
    }
    Ok(file)
}

/// Removes temporary files of processes that were killed. One that cannot be removed does no harm.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether the file is in place and right. Where only the archive has a checksum, its form and
/// length must do.
fn installed(remote: &Remote, folder: &Path) -> Result<bool, DataError> {
    let path = folder.join(remote.file.name);
    if !path.is_file() {
        return Ok(false);
    }
    let read = Source::open(path, &remote.file)
        .and_then(|mut source| Ok(remote.check(source.header, &source.values()?).is_ok()));
    match read {
        Err(DataError::BadFile { .. }) => Ok(false),
        result => result,
    }
}

/// Asks every mirror for a file; returns its values, or why no mirror gave it.
fn ask(
    entry: &Entry,
    remote: &Remote,
    name: &str,
    client: &Client,
    progress: &dyn Progress,
) -> Result<Vec<u8>, Vec<MirrorFailure>> {
    // Deflate adds 5 bytes for each stored block at worst.
    let limit = remote.file.header.file_bytes() / 1000 * 1001 + 2048;
    let mut failures = Vec::new();
    for mirror in &entry.mirrors {
        let url = format!("{}/{name}", mirror.trim_end_matches('/'));
        let mut reason = String::new();
        for _ in 0..TRIES {
            match client.get(&url, limit, name, progress) {
                Ok(archive) => match unpack(remote, &archive) {
                    Ok(values) => return Ok(values),
                    Err(fault) => reason = fault.to_string(),
                },
                Err(Failure::Lost(text)) => reason = text,
                Err(Failure::Refused(text)) => {
                    reason = text;
                    break;
                }
            }
        }
        failures.push(MirrorFailure { url, reason });
    }
    Err(failures)
}

/// Checks and unpacks an archive; returns the values of the file in it.
fn unpack(remote: &Remote, archive: &[u8]) -> Result<Vec<u8>, Fault> {
    remote.check_archive(archive)?;
    let read = || -> io::Result<_> {
        let mut reader = Unpacked::new(archive)?;
        let header = Header::read(remote.file.header.kind, &mut reader)?;
        // Before the values are read, which could be many.
        remote.check_header(header)?;
        Ok((header, header.values(&mut reader, None)?))
    };
    let other = |error: io::Error| Fault::Gzip(error.to_string());
    let (header, values) = read().map_err(|error| Fault::of(error).unwrap_or_else(other))?;
    remote.check(header, &values)?;
    Ok(values)
}

/// Writes a file and puts it in its place.
fn install(remote: &Remote, values: &[u8], folder: &Path) -> Result<(), DataError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less what the umask forbids, as any other file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder);
    let mut file = file.map_err(DataError::io("make a temporary file in", folder))?;
    file.write_all(&remote.file.header.encode())
        .and_then(|()| file.write_all(values))
        .and_then(|()| file.as_file().sync_all())
        .map_err(DataError::io("write", file.path()))?;
    let target = folder.join(remote.file.name);
    file.persist(&target).map_err(|error| DataError::io("put in place", target)(error.error))?;
    // So that the new name survives a power cut too. Not every system can; nothing depends on it.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}
