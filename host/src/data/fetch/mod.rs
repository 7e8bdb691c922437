//! Downloads a published data set into the cache.
//!
//! Each file is requested from one mirror after the other, at most twice from each. It is downloaded,
//! unpacked and checked in memory, written to a temporary file beside its final place, synced and
//! renamed: a file under its final name is always whole and right. Only one process at a time holds the
//! lock of the folder; it may overwrite the temporary files of a killed process.

pub(super) mod catalog;
pub(super) mod download;

use super::error::{DataError, Fault};
use super::folder::Source;
use super::gzip::Unpacked;
use super::idx::Header;
use super::request::Progress;
use catalog::{Entry, Remote};
use download::Client;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

/// A published data set, and how to get it.
pub(super) struct Fetch<'a> {
    pub(super) entry: &'a Entry,
    /// Its folder in the cache.
    pub(super) folder: &'a Path,
    pub(super) client: &'a Client,
    pub(super) progress: &'a dyn Progress,
}

impl Fetch<'_> {
    /// Makes sure that all files are in the folder, plain and right.
    pub(super) fn run(&self) -> Result<(), DataError> {
        let Self { entry, folder, progress, .. } = *self;
        fs::create_dir_all(folder).map_err(DataError::io("make the folder", folder))?;
        let _lock = self.lock()?;
        for remote in &entry.files {
            if !installed(remote, folder)? {
                let file = format!("{}.gz", remote.file.name);
                match self.ask(remote, &file) {
                    Ok(values) => install(remote, &values, folder)?,
                    Err(failures) => {
                        let (set, folder) = (entry.set.key(), folder.to_owned());
                        return Err(DataError::Download { set, file, folder, failures });
                    }
                }
                progress.file_finished(&file);
            }
        }
        Ok(())
    }

    /// Waits until no other process downloads into this folder. The lock ends with the returned
    /// file, or with the process.
    fn lock(&self) -> Result<File, DataError> {
        let path = self.folder.join(".lock");
        let file = File::create(&path).map_err(DataError::io("create", &path))?;
        // Some network file systems know no locks. Two processes then download twice at worst.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let text = "waiting for another tinyevo that downloads into";
            self.progress.notice(&format!("{text}\n  {}", self.folder.display()));
            file.lock().map_err(DataError::io("lock", &path))?;
        }
        Ok(file)
    }

    /// Requests a file from each mirror in turn; returns its values, or each address with its problem.
    fn ask(&self, remote: &Remote, name: &str) -> Result<Vec<u8>, Vec<(String, String)>> {
        // Deflate adds 5 bytes for each stored block at worst.
        let limit = remote.file.header.file_bytes() / 1000 * 1001 + 2048;
        let mut failures = Vec::new();
        for mirror in &self.entry.mirrors {
            let url = format!("{}/{name}", mirror.trim_end_matches('/'));
            let attempt = || {
                let archive = self.client.get(&url, limit, name, self.progress)?;
                unpack(remote, &archive).map_err(|fault| (true, fault.to_string()))
            };
            match attempt().or_else(|failure| if failure.0 { attempt() } else { Err(failure) }) {
                Ok(values) => return Ok(values),
                Err((_, reason)) => failures.push((url, reason)),
            }
        }
        Err(failures)
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

/// Writes a file under a temporary name, and puts it in its place.
fn install(remote: &Remote, values: &[u8], folder: &Path) -> Result<(), DataError> {
    let target = folder.join(remote.file.name);
    let part = folder.join(format!("{}.part", remote.file.name));
    let write = |mut file: File| {
        file.write_all(&remote.file.header.encode())?;
        file.write_all(values)?;
        file.sync_all()
    };
    let written = File::create(&part).and_then(write).map_err(DataError::io("write", &part));
    let placed = written
        .and_then(|()| fs::rename(&part, &target).map_err(DataError::io("put in place", &target)));
    if placed.is_err() {
        let _ = fs::remove_file(&part);
    }
    // So that the new name survives a power cut too. Not every system can; nothing depends on it.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    placed
}
