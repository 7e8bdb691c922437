//! Errors of loading and downloading data, with advice.
//!
//! The text of each error is complete: its first line says what was wrong and where, with the cause
//! in it, and the indented lines after it say what to do.
#![expect(missing_docs, reason = "the message of each variant says what its fields are")]

mod own;

pub use own::OwnFault;

use std::{io, path::PathBuf};
use thiserror::Error;

/// The names of data; the first three can be downloaded.
const NAMES: [&str; 5] = ["mnist", "fashion", "kmnist", "builtin", "auto"];

/// The reason why data could not be loaded or downloaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    #[error(
        "the data has an empty name\n  give auto, mnist, fashion, kmnist, builtin, a file or a folder"
    )]
    EmptyRequest,
    #[error("{0:?} is not a data set that can be downloaded{hint}\n  give mnist, fashion or kmnist", hint = meant(.0, &NAMES[..3]))]
    NotPublished(String),
    #[error("{} {why}{}\n  give a .npz or .csv file, a folder with the four IDX files or with PNG files by class, or one of\n  auto, mnist, fashion, kmnist, builtin", .path.display(), meant(&.path.to_string_lossy(), &NAMES))]
    NoFolder { path: PathBuf, why: &'static str },
    #[error("{file} is missing in {} (plain or .gz)\n  put the file there, or folders of PNG files by class, or name no folder with --data or TINYEVO_DATA:\n  then MNIST is downloaded", .folder.display())]
    MissingFile { folder: PathBuf, file: &'static str },
    #[error("{}: {fault}\n  replace the file, or name no folder with --data or TINYEVO_DATA: then MNIST is downloaded", .path.display())]
    BadFile { path: PathBuf, fault: Fault },
    #[error("{} has {} images, but {} has {} labels\n  the two files are not of one data set: replace them", .paths[0].display(), .counts[0], .paths[1].display(), .counts[1])]
    CountMismatch { paths: [PathBuf; 2], counts: [u32; 2] },
    #[error("{} has images of {}x{}, but {} of {}x{}\n  the two files are not of one data set: replace them", .paths[0].display(), .sizes[0][0], .sizes[0][1], .paths[1].display(), .sizes[1][0], .sizes[1][1])]
    SizeMismatch { paths: [PathBuf; 2], sizes: [[u32; 2]; 2] },
    #[error(
        "--label names the column of the label in a .csv file, and the data is none\n  leave it out: arrays of labels, folders and files of labels say the classes by themselves"
    )]
    NoTable,
    #[error(
        "{name}: the samples are {got}, but the champion normalises floats of {channels} channels\n  give data of the kind on which it was evolved to --data"
    )]
    OtherValues { name: String, got: String, channels: usize },
    #[error("{}: {fault}", .path.display())]
    Own { path: PathBuf, fault: OwnFault },
    #[error("could not {action} {}: {cause}", .path.display())]
    Io { action: &'static str, path: PathBuf, cause: io::Error },
    #[error("the files in {} changed while they were loaded\n  run again when nothing writes there", .0.display())]
    Changed(PathBuf),
    #[error("{images} bytes of images do not belong to {labels} labels: an image has {features}")]
    Lengths { images: usize, labels: usize, features: usize },
    #[error("label {index} is {value}, but there are only {classes} classes, from 0 on")]
    Label { index: usize, value: u8, classes: usize },
    #[error(
        "there is no folder for caches: HOME is not set\n  set HOME or XDG_CACHE_HOME, or name a folder with TINYEVO_DATA"
    )]
    NoCache,
    #[error(
        "{0}\n  the variable TINYEVO_DATA names this folder: unset it, or name other data with --data"
    )]
    DataDir(Box<Self>),
    #[error("{set} is not in {} ({why})\n  downloads are turned off; {},\n  {}", .folder.display(), download(.set), elsewhere(.set))]
    Offline { set: &'static str, folder: PathBuf, why: String },
    #[error("could not download {file} of {set}{}\n  when there is a network, {},\n  or put the four files into {},\n  {}", list(.failures), download(.set), .folder.display(), elsewhere(.set))]
    Download { set: &'static str, file: String, folder: PathBuf, failures: Vec<(String, String)> },
    #[error("{samples} built-in {split} digits cannot be drawn: give 1 to 4294967295")]
    BuiltinSize { split: &'static str, samples: usize },
    #[error(
        "the built-in digits need {bytes} bytes of memory, more than is free\n  draw fewer with --builtin-train and --builtin-test"
    )]
    Memory { bytes: u64 },
    #[error(
        "{asked} of {training} training images cannot be held out for validation\n  hold out fewer by --validation N: at least one must be left to train on"
    )]
    Validation { asked: usize, training: usize },
    #[error("the path {} is not UTF-8, so config.toml cannot name it\n  rename the folder, or make a link to it with another name", .0.display())]
    NotUtf8(PathBuf),
}

/// The fault of one file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    #[error("not a regular file")]
    NotAFile,
    #[error("a link to a file that does not exist")]
    DanglingLink,
    #[error("the file is empty")]
    Empty,
    #[error("it ends within its header: {expected} bytes expected, {found} found")]
    Header { expected: u64, found: u64 },
    #[error("wrong magic number: expected {expected:#010x}, got {got:#010x}{}", hint(*.got))]
    Magic { expected: u32, got: u32 },
    #[error("nothing is in it: its header says {samples} samples of {rows}x{columns}")]
    Nothing { samples: u32, rows: u32, columns: u32 },
    #[error("not the published file: {got} samples or images of another size, {expected} expected")]
    Samples { expected: u32, got: u32 },
    #[error("truncated: {expected} bytes expected, {found} found")]
    Truncated { expected: u64, found: u64 },
    #[error("oversized: {expected} bytes expected, {found} found")]
    Oversized { expected: u64, found: u64 },
    #[error("oversized: it unpacks to more than the {expected} bytes expected")]
    Unpacks { expected: u64 },
    #[error("its header promises {bytes} bytes, more than the memory that is free")]
    Memory { bytes: u64 },
    #[error("label {index} is {value}; labels are 0 to {most}")]
    Label { index: usize, value: u8, most: usize },
    #[error("corrupt gzip archive ({0})")]
    Gzip(String),
    #[error("wrong SHA-256: expected {expected}, got {got}")]
    Checksum { expected: String, got: String },
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

    /// The same for a file that was read: the error may also say what is wrong with the file.
    pub(super) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| match Fault::of(error) {
            Ok(fault) => Self::BadFile { path, fault },
            Err(cause) => Self::Io { action: "read", path, cause },
        }
    }

    /// The problem in one line, without advice.
    pub(super) fn headline(&self) -> String {
        match self {
            Self::Download { failures, .. } => {
                failures.last().map_or(String::new(), |(_, reason)| reason.clone())
            }
            // Where it was looked for helps nobody before a first download.
            Self::Offline { why, .. } => format!("{why}, and downloads are turned off"),
            error => error.to_string().lines().next().unwrap_or_default().to_owned(),
        }
    }

    /// Whether a number or name that the user gave is at fault, rather than a file or the network.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        use DataError::{BuiltinSize, EmptyRequest, NoTable, NotPublished, Validation};
        matches!(
            self,
            EmptyRequest | NotPublished(_) | BuiltinSize { .. } | Validation { .. } | NoTable
        )
    }
}

impl Fault {
    /// What is wrong with a file whose reading ended in `error`; the error itself, if it is the
    /// system that failed.
    pub(super) fn of(error: io::Error) -> Result<Self, io::Error> {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Ok(Self::Gzip("it ends too early".into())),
            io::ErrorKind::InvalidInput => Ok(Self::Gzip(error.to_string())),
            io::ErrorKind::InvalidData => {
                error.downcast().or_else(|error| Ok(Self::Gzip(error.to_string())))
            }
            _ => Err(error),
        }
    }
}

/// So that a reader can say what is wrong with what it reads.
impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        Self::new(io::ErrorKind::InvalidData, fault)
    }
}

/// The command that downloads a data set: the installed one, and the one by cargo.
pub(super) fn download(key: &str) -> String {
    format!(
        "download it with `tinyevo data fetch {key}`,\n  \
         or from the source folder with `cargo run --release -- data fetch {key}`"
    )
}

/// The way to files that are there already; the variable stands for MNIST alone.
pub(super) fn elsewhere(key: &str) -> String {
    let variable = if key == "mnist" { " or TINYEVO_DATA" } else { "" };
    format!("or name a folder with its four files with --data{variable}")
}

/// A hint from a wrong magic number.
fn hint(magic: u32) -> &'static str {
    match magic {
        0x0803 => " (these are images)",
        0x0801 => " (these are labels)",
        _ if magic >> 16 == 0x1f8b => " (a gzip archive in a gzip archive: unpack it once)",
        _ => "",
    }
}

/// The name that a text is near to, whatever its case: one edit away, or one for every three of its letters.
fn meant(text: &str, names: &[&str]) -> String {
    let text = text.to_lowercase();
    let edits = |name: &&&str| strsim::damerau_levenshtein(&text, name);
    let near = names.iter().filter(|name| edits(name) <= (name.len() / 3).max(1));
    near.min_by_key(edits).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

fn list(failures: &[(String, String)]) -> String {
    failures.iter().map(|(url, reason)| format!("\n  {url}:\n    {reason}")).collect()
}
