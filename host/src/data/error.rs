//! What can go wrong with data, and what to do about it.
//!
//! The text of each error is complete in itself (causes are in it, not in
//! [`source`](std::error::Error::source)): its first line says what was wrong and where, the
//! indented lines after it say what to do.

use super::published::Published;
use std::{fmt, io, path::PathBuf};
use thiserror::Error;

/// Why data could not be loaded or downloaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// The name of the data is empty.
    #[error(
        "the name of the data is empty\n  give auto, mnist, fashion, kmnist, builtin or a folder"
    )]
    EmptyRequest,
    /// No published data set has that name.
    #[error("{0:?} is not a data set that can be downloaded\n  give mnist, fashion or kmnist")]
    NotPublished(String),
    /// There is no such folder.
    #[error("{} {why}\n  give a folder with the four IDX files, or auto, mnist, fashion, kmnist or builtin", .path.display())]
    NoFolder {
        /// What should be a folder.
        path: PathBuf,
        /// What it is instead.
        why: &'static str,
    },
    /// One of the four files is missing.
    #[error("{file} is missing in {} (plain or .gz)\n  put the file there, or name no folder: then MNIST is downloaded", .folder.display())]
    MissingFile {
        /// Where it was looked for.
        folder: PathBuf,
        /// The standard name, without `.gz`.
        file: &'static str,
    },
    /// A file is not what it should be.
    #[error("{}: {fault}\n  replace the file, or name no folder: then MNIST is downloaded", .path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
    /// Images and labels do not belong together.
    #[error("{} has {images} images, but {} has {labels} labels\n  the two files are not of one data set: replace them", .image_file.display(), .label_file.display())]
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
    /// Training and test images have different sizes.
    #[error("{}: training images are {}x{} pixels, test images {}x{}\n  the files are not of one data set: replace them", .folder.display(), .train[0], .train[1], .test[0], .test[1])]
    SizeMismatch {
        /// The folder.
        folder: PathBuf,
        /// Rows and columns of the training images.
        train: [u32; 2],
        /// Rows and columns of the test images.
        test: [u32; 2],
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
    /// The files passed every check, yet the crate `mnist` failed: they changed meanwhile.
    #[error("the files in {} changed while they were loaded\n  run again when nothing writes there", .0.display())]
    Changed(PathBuf),
    /// Images and labels of a split do not belong together.
    #[error(
        "{images} bytes of images do not belong to {labels} labels: an image has {features} bytes"
    )]
    Lengths {
        /// Bytes of images.
        images: usize,
        /// Number of labels.
        labels: usize,
        /// Bytes of one image.
        features: usize,
    },
    /// A label is not below the number of classes.
    #[error("label {index} is {value}, but there are {classes} classes, 0 to {}", classes.saturating_sub(1))]
    Label {
        /// Its index, from 0.
        index: usize,
        /// Its value.
        value: u8,
        /// Number of classes.
        classes: usize,
    },
    /// The system names no folder for caches.
    #[error(
        "there is no folder for caches: HOME is not set\n  set HOME or XDG_CACHE_HOME, or name a folder with TINYEVO_DATA"
    )]
    NoCache,
    /// The data is not in the cache, and downloads are turned off.
    #[error("{set} is not in {} ({why})\n  downloads are turned off; {}", .folder.display(), download(*.set))]
    Offline {
        /// The data set.
        set: Published,
        /// The folder of the cache.
        folder: PathBuf,
        /// What is wrong with the cache.
        why: String,
    },
    /// No mirror gave a good file.
    #[error("could not download {file} of {set}{}\n  try again when there is a network: {}\n  or put the four files into {}\n  or name a folder that has them with --data or TINYEVO_DATA", List(.failures), download(*.set), .folder.display())]
    Download {
        /// The data set.
        set: Published,
        /// The file.
        file: String,
        /// The folder of the cache.
        folder: PathBuf,
        /// Every mirror that was tried.
        failures: Vec<MirrorFailure>,
    },
    /// That many built-in digits cannot be drawn.
    #[error("{samples} built-in {split} digits cannot be drawn: give 1 to 4294967295")]
    BuiltinSize {
        /// "training" or "test".
        split: &'static str,
        /// The number that was asked for.
        samples: usize,
    },
    /// The images do not fit into memory.
    #[error("{what} need {bytes} bytes of memory, more than is free\n  take fewer images")]
    Memory {
        /// Which images.
        what: String,
        /// Bytes that they need.
        bytes: u64,
    },
    /// More training images are to be held out than there are, or all of them.
    #[error(
        "{asked} of {training} training images cannot be held out for validation\n  hold out fewer: at least one must be left to train on"
    )]
    Validation {
        /// Images to hold out.
        asked: usize,
        /// Training images.
        training: usize,
    },
    /// A configuration file cannot name this folder.
    #[error("the path {} is not UTF-8, so config.toml cannot name it\n  rename the folder, or make a link to it with another name", .0.display())]
    NotUtf8(PathBuf),
}

/// What is wrong with one file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A folder, pipe or device.
    #[error("not a regular file")]
    NotAFile,
    /// A link whose target does not exist.
    #[error("a link to a file that does not exist")]
    DanglingLink,
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
    /// Its header says that nothing is in it.
    #[error("there is nothing in it: its header says {samples} samples of {rows}x{columns}")]
    Nothing {
        /// Samples.
        samples: u32,
        /// Rows of each.
        rows: u32,
        /// Columns of each.
        columns: u32,
    },
    /// It has another number of samples than the published file.
    #[error("wrong number of samples: expected {expected}, got {got}")]
    Count {
        /// The right one.
        expected: u32,
        /// The one found.
        got: u32,
    },
    /// Its images have another size than the published ones.
    #[error("wrong size of images: expected {}x{}, got {}x{}", .expected[0], .expected[1], .got[0], .got[1])]
    Size {
        /// Rows and columns of the published images.
        expected: [u32; 2],
        /// Rows and columns found.
        got: [u32; 2],
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
    #[error("oversized: it unpacks to more than the {expected} bytes expected")]
    Unpacks {
        /// Bytes that the header promises.
        expected: u64,
    },
    /// Its values do not fit into memory.
    #[error("its header promises {bytes} bytes, more than the memory that is free")]
    Memory {
        /// Bytes that the header promises.
        bytes: u64,
    },
    /// A label is above the highest class.
    #[error("label {index} is {value}; labels are 0 to {most}")]
    Label {
        /// Index of the first such label, from 0.
        index: usize,
        /// Its value.
        value: u8,
        /// The highest class.
        most: usize,
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

    /// What was wrong and where in one line, without what to do.
    pub(super) fn headline(&self) -> String {
        if let Self::Download { file, failures, .. } = self
            && let Some(MirrorFailure { reason, .. }) = failures.last()
        {
            return format!("{file}: {reason}");
        }
        self.to_string().lines().next().unwrap_or_default().to_owned()
    }

    /// Whether a number or name that the user gave is at fault, rather than a file or the network.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::EmptyRequest
                | Self::NotPublished(_)
                | Self::BuiltinSize { .. }
                | Self::Validation { .. }
        )
    }
}

/// The command that downloads a data set: whoever has not installed tinyevo runs it by cargo.
pub(super) fn download(set: Published) -> String {
    let key = set.key();
    format!(
        "download it by\n    tinyevo data fetch {key}\n    cargo run --release -- data fetch {key}     (if tinyevo is not installed)"
    )
}

/// What a wrong magic number gives away.
fn hint(magic: u32) -> &'static str {
    match magic {
        0x0803 => " (these are images)",
        0x0801 => " (these are labels)",
        _ if magic >> 16 == 0x1f8b => " (a gzip archive in a gzip archive: unpack it once)",
        _ => "",
    }
}

struct List<'a>(&'a [MirrorFailure]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for MirrorFailure { url, reason } in self.0 {
            write!(f, "\n  {url}:\n    {reason}")?;
        }
        Ok(())
    }
}
