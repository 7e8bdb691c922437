//! What can go wrong with data, and what to do about it.
//!
//! The text of each error is complete in itself (causes are in it, not in [`source`](std::error::Error::source)): what was wrong, where, and
//! in an indented line what mends it.

use super::Published;
use std::{fmt, io, path::PathBuf};
use thiserror::Error;

/// Why data could not be loaded or fetched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// The name of the wanted data is empty.
    #[error(
        "the data to use is named by an empty text\n  give auto, mnist, fashion, kmnist, builtin or a folder"
    )]
    EmptyRequest,
    /// No published data set has that name.
    #[error("{0:?} is not a data set that can be downloaded\n  give one of mnist, fashion, kmnist")]
    NotPublished(String),
    /// The folder is missing, or is no folder.
    #[error("{} is not a folder\n  give the folder of the four IDX files, or one of auto, mnist, fashion, kmnist, builtin", .0.display())]
    NoFolder(PathBuf),
    /// One of the four files is missing.
    #[error("{file} is missing in {} (plain or .gz)\n  put it there, or run `tinyevo data fetch mnist` and use the data named mnist", .folder.display())]
    MissingFile {
        /// Where it was looked for.
        folder: PathBuf,
        /// The standard name, without `.gz`.
        file: &'static str,
    },
    /// A file is not what it should be.
    #[error("{}: {fault}\n  replace the file, or run `tinyevo data fetch mnist` and use the data named mnist", .path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
    /// Images and labels do not belong together.
    #[error("{} holds {images} images, but {} holds {labels} labels\n  the two files are not of one set: replace them, or run `tinyevo data fetch mnist`", .image_file.display(), .label_file.display())]
    CountMismatch {
        /// File of the images.
        image_file: PathBuf,
        /// Number of images that its header gives.
        images: u32,
        /// File of the labels.
        label_file: PathBuf,
        /// Number of labels that its header gives.
        labels: u32,
    },
    /// The operating system refused something.
    #[error("could not {action} {}: {cause}", .path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// The folder for temporary files cannot be named to the loader.
    #[error("the path of the temporary folder {} is not valid UTF-8\n  set TMPDIR to another folder", .0.display())]
    TemporaryFolder(PathBuf),
    /// The files passed every check, yet the loader failed: they changed meanwhile.
    #[error("the files in {} changed while they were loaded ({message})\n  run again when nothing writes there", .folder.display())]
    Changed {
        /// The folder.
        folder: PathBuf,
        /// What the loader said.
        message: String,
    },
    /// Images and labels of a split do not belong together.
    #[error(
        "{images} bytes of images do not belong to {labels} labels: each image takes 784 bytes"
    )]
    Lengths {
        /// Bytes of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
    /// A label is above 9.
    #[error("label {index} is {value}; labels are 0 to 9")]
    Label {
        /// Its index, from 0.
        index: usize,
        /// Its value.
        value: u8,
    },
    /// The system names no folder for caches.
    #[error(
        "there is no folder for caches (is HOME set?)\n  name one with the option for the cache"
    )]
    NoCache,
    /// The data is not in the cache, and downloads are turned off.
    #[error("{set} is not in {} ({why}), and downloads are turned off\n  run `tinyevo data fetch {}` with a network, or put the four files there", .folder.display(), .set.key())]
    Offline {
        /// The wanted data.
        set: Published,
        /// The folder of the cache.
        folder: PathBuf,
        /// Why the cache does not do.
        why: String,
    },
    /// No mirror gave a good file.
    #[error("could not download {file} of {set}{}\n  run `tinyevo data fetch {}` where there is a network (it goes on where it stopped), or put the four files into {}, or name a folder that has them with --data or TINYEVO_DATA; --data builtin needs none", List(.failures), .set.key(), .folder.display())]
    Download {
        /// The wanted data.
        set: Published,
        /// The file.
        file: String,
        /// The folder of the cache.
        folder: PathBuf,
        /// Every mirror that was tried.
        failures: Vec<MirrorFailure>,
    },
    /// That many built-in digits cannot be drawn.
    #[error("{samples} built-in {split} digits cannot be drawn: {why}")]
    BuiltinSize {
        /// "training" or "test".
        split: &'static str,
        /// The size that was asked for.
        samples: usize,
        /// Why not.
        why: &'static str,
    },
}

/// What is wrong with one file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A folder, pipe or device.
    #[error("not a regular file")]
    NotAFile,
    /// No byte in it.
    #[error("the file is empty")]
    Empty,
    /// It ends within the header.
    #[error("it ends within its header: {expected} bytes expected, {found} found")]
    Header {
        /// Bytes of the header.
        expected: u64,
        /// Bytes in the file.
        found: u64,
    },
    /// It begins with the wrong magic number.
    #[error("wrong magic number: expected {expected:#010x}, got {got:#010x}{}", hint(*.got))]
    Magic {
        /// The right one.
        expected: u32,
        /// The one found.
        got: u32,
    },
    /// It holds another number of samples.
    #[error("wrong number of samples: expected {expected}, got {got}")]
    Count {
        /// The right one.
        expected: u32,
        /// The one found.
        got: u32,
    },
    /// Its images have another size.
    #[error(
        "wrong size of images: expected 28 rows of 28 columns, got {rows} rows of {columns} columns"
    )]
    Shape {
        /// Rows found.
        rows: u32,
        /// Columns found.
        columns: u32,
    },
    /// It is too short.
    #[error("truncated: {expected} bytes expected, {found} found")]
    Truncated {
        /// Bytes that the header promises.
        expected: u64,
        /// Bytes in the file.
        found: u64,
    },
    /// It is too long.
    #[error("oversized: {expected} bytes expected, {found} found")]
    Oversized {
        /// Bytes that the header promises.
        expected: u64,
        /// Bytes in the file.
        found: u64,
    },
    /// Unpacked it is too long.
    #[error(
        "oversized: it unpacks to more than the {expected} bytes expected; unpacking was stopped there"
    )]
    Unpacks {
        /// Bytes that the header promises.
        expected: u64,
    },
    /// An archive larger than any archive of so many bytes.
    #[error("oversized: an archive of {found} bytes, at most {limit} expected")]
    Archive {
        /// The most that is read.
        limit: u64,
        /// Bytes in the file.
        found: u64,
    },
    /// A label is above 9.
    #[error("label {index} is {value}; labels are 0 to 9")]
    Label {
        /// Index of the first such label, from 0.
        index: u64,
        /// Its value.
        value: u8,
    },
    /// It cannot be unpacked.
    #[error("corrupt gzip archive ({0})")]
    Gzip(String),
    /// It is not the published file.
    #[error("wrong SHA-256: expected {expected}, got {got}")]
    Checksum {
        /// The published one.
        expected: String,
        /// The one found.
        got: String,
    },
}

/// A mirror, and why it gave no good file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorFailure {
    /// The address that was tried.
    pub url: String,
    /// What happened.
    pub reason: String,
}

impl DataError {
    /// Turns an error of the operating system into one that says what was tried with which path.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Io { action, path, cause }
    }

    /// What was wrong and where, without what to do: for a text that gives its own advice.
    pub(super) fn headline(&self) -> String {
        let text = self.to_string();
        text.lines().next().unwrap_or_default().to_owned()
    }
}

/// What a wrong magic number gives away.
fn hint(magic: u32) -> &'static str {
    match magic {
        0x0803 => " (these are images)",
        0x0801 => " (these are labels)",
        _ if magic >> 16 == 0x1f8b => " (a gzip archive whose name lacks .gz)",
        _ => "",
    }
}

struct List<'a>(&'a [MirrorFailure]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for MirrorFailure { url, reason } in self.0 {
            write!(f, "\n  {url}: {reason}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_download_lists_every_mirror_and_what_to_run() {
        let failure = |url: &str| MirrorFailure { url: url.into(), reason: "no".into() };
        let error = DataError::Download {
            set: Published::Fashion,
            file: "f.gz".into(),
            folder: "/cache".into(),
            failures: vec![failure("http://a/f.gz"), failure("http://b/f.gz")],
        };
        assert_eq!(
            error.to_string(),
            "could not download f.gz of Fashion-MNIST\n  http://a/f.gz: no\n  http://b/f.gz: no\n  \
             run `tinyevo data fetch fashion` where there is a network (it goes on where it stopped), or put the four files into /cache, or name a folder that has them with --data or TINYEVO_DATA; --data builtin needs none"
        );
    }

    #[test]
    fn magic_numbers_are_hexadecimal_and_explained() {
        let text = |got| Fault::Magic { expected: 0x0803, got }.to_string();
        assert_eq!(
            text(0x0801),
            "wrong magic number: expected 0x00000803, got 0x00000801 (these are labels)"
        );
        assert!(text(0x1f8b_0808).ends_with("(a gzip archive whose name lacks .gz)"));
        assert!(text(7).ends_with("got 0x00000007"));
    }
}
