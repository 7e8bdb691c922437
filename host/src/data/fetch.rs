//! Brings a published data set into the cache.
//!
//! Each file is tried on one mirror after the other; it is unpacked into a temporary file beside its final place,
//! checked, written through to the disk and renamed. So a file under its final name is always whole and right.
//! A lock on the folder keeps two processes apart.

use super::catalog::{Checksum, Entry, Remote, Sum, compare};
use super::download::{Client, Failure, Size, transfer};
use super::files::archive_name;
use super::idx::{self, CheckError};
use super::{DataError, MirrorFailure, Progress, gzip};
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Makes sure that all files of `entry` are in `folder`, plain and right.
pub(super) fn fetch(
    entry: &Entry,
    folder: &Path,
    client: &Client,
    progress: &dyn Progress,
) -> Result<(), DataError> {
    fs::create_dir_all(folder).map_err(DataError::io("make the folder", folder))?;
    let _lock = lock(folder, progress)?;
    for remote in &entry.files {
        if !installed(remote, folder)? {
            fetch_file(entry, remote, folder, client, progress)?;
        }
    }
    Ok(())
}

/// Waits until no other process fetches into this folder. The lock ends with the returned file, or with the process.
fn lock(folder: &Path, progress: &dyn Progress) -> Result<File, DataError> {
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(DataError::io("create", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress.notice(&format!(
                "waiting for another tinyevo that downloads into {}",
                folder.display()
            ));
            file.lock().map_err(DataError::io("lock", &path))?;
        }
        // Some network file systems know no locks. Two processes then spoil each other's downloads at worst, which
        // the checksums find; the files in place are safe.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
        Err(TryLockError::Error(error)) => return Err(DataError::io("lock", path)(error)),
    }
    Ok(file)
}

/// Whether the file is in place and right. Of a file whose archive alone has a checksum, the IDX check must do.
fn installed(remote: &Remote, folder: &Path) -> Result<bool, DataError> {
    let path = folder.join(remote.spec.name);
    match fs::metadata(&path) {
        Ok(meta) if meta.is_file() && meta.len() == remote.spec.layout.bytes() => {}
        Ok(_) => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(DataError::io("look at", path)(error)),
    }
    let mut file = File::open(&path).map_err(DataError::io("open", &path))?;
    match check(&mut file, remote) {
        Ok(()) => Ok(true),
        Err(CheckError::Fault(_)) => Ok(false),
        Err(CheckError::Io(error)) => Err(DataError::io("read", path)(error)),
    }
}

/// Tries every mirror.
fn fetch_file(
    entry: &Entry,
    remote: &Remote,
    folder: &Path,
    client: &Client,
    progress: &dyn Progress,
) -> Result<(), DataError> {
    let name = archive_name(remote.spec.name);
    let mut failures = Vec::new();
    for (index, mirror) in entry.mirrors.iter().enumerate() {
        let url = format!("{}/{name}", mirror.trim_end_matches('/'));
        match fetch_from(&url, remote, folder, client, progress) {
            Ok(()) => {
                progress.file_finished(&name);
                return Ok(());
            }
            Err(Failure::Local(error)) => return Err(error),
            Err(Failure::Mirror(reason)) => {
                if index + 1 < entry.mirrors.len() {
                    progress.notice(&format!("{url}: {reason}; trying the next mirror"));
                }
                failures.push(MirrorFailure { url, reason });
            }
        }
    }
    Err(DataError::Download { set: entry.set, file: name, folder: folder.to_owned(), failures })
}

/// Tries one mirror. Old bytes may have come from another mirror whose archive differs, or be damaged: when the result is wrong
/// with them, it is tried once more without.
fn fetch_from(
    url: &str,
    remote: &Remote,
    folder: &Path,
    client: &Client,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let name = archive_name(remote.spec.name);
    let part = folder.join(format!("{name}.part"));
    let size = match remote.checksum {
        Checksum::Archive { bytes, .. } => Size { limit: bytes, exact: true },
        Checksum::Unpacked(_) => Size { limit: remote.spec.layout.archive_limit(), exact: false },
    };
    loop {
        let resumed = transfer(client, url, &part, size, &name, progress)
            .inspect_err(|_| remove_if_empty(&part))?;
        let installed = install(remote, &part, folder);
        match &installed {
            Err(Failure::Local(_)) => return installed, // The download is good for the next run.
            Ok(()) | Err(Failure::Mirror(_)) => {
                fs::remove_file(&part).map_err(DataError::io("remove", &part))?;
            }
        }
        if installed.is_ok() || !resumed {
            return installed;
        }
    }
}

/// A mirror that gave nothing leaves nothing. That it cannot be removed would do no harm.
fn remove_if_empty(part: &Path) {
    if fs::metadata(part).is_ok_and(|meta| meta.len() == 0) {
        let _ = fs::remove_file(part);
    }
}

/// Checks and unpacks the archive `part`, and puts the file in its place.
fn install(remote: &Remote, part: &Path, folder: &Path) -> Result<(), Failure> {
    if let Checksum::Archive { sum, .. } = remote.checksum {
        let mut archive = File::open(part).map_err(DataError::io("open", part))?;
        let got = sum_of(&mut archive).map_err(DataError::io("read", part))?;
        compare(&sum, &got).map_err(|fault| Failure::Mirror(fault.to_string()))?;
    }
    let mut file = temporary(folder)?;
    let path = file.path().to_owned();
    match gzip::unpack(part, remote.spec.layout, &mut file, &path) {
        Ok(_) => {}
        Err(DataError::BadFile { fault, .. }) => return Err(Failure::Mirror(fault.to_string())),
        Err(error) => return Err(error.into()),
    }
    file.rewind().map_err(DataError::io("read", &path))?;
    match check(file.as_file_mut(), remote) {
        Ok(()) => {}
        Err(CheckError::Fault(fault)) => return Err(Failure::Mirror(fault.to_string())),
        Err(CheckError::Io(error)) => return Err(DataError::io("read", path)(error).into()),
    }
    file.flush().and_then(|()| file.as_file().sync_all()).map_err(DataError::io("write", &path))?;
    let target = folder.join(remote.spec.name);
    file.persist(&target).map_err(|error| DataError::io("put in place", target)(error.error))?;
    // So that the new name survives a power cut too. Not every system can; nothing depends on it.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// A file in the folder of its final place, readable for whom the umask allows, as any other file.
fn temporary(folder: &Path) -> Result<NamedTempFile, DataError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".unpacking-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder).map_err(DataError::io("make a temporary file in", folder))
}

/// Checks a plain file, read from its beginning: its form, and its SHA-256 where one is published.
fn check(file: &mut File, remote: &Remote) -> Result<(), CheckError> {
    let length = file.metadata()?.len();
    idx::check(&mut BufReader::new(&mut *file), length, remote.spec.layout)?;
    if let Checksum::Unpacked(sum) = remote.checksum {
        file.rewind()?;
        compare(&sum, &sum_of(file)?)?;
    }
    Ok(())
}

fn sum_of(file: &mut impl Read) -> io::Result<Sum> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match idx::read_full(file, &mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            count => hash.update(&buffer[..count]),
        }
    }
}
