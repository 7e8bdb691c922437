//! The errors of the host, and the exit code that each gives.

use crate::config::ConfigError;
use crate::data::DataError;
use crate::formats::error::ParseError;
use crate::picture::error::PictureError;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use tinyevo_core::error::{LengthError, SettingError};
use tinyevo_core::evolution::EvolutionError;
use tinyevo_core::network::NetworkError;
use tinyevo_core::shape::Shape;

/// What went wrong, in words for the user.
#[derive(Debug, Error)]
pub enum Error {
    /// A flag or a key of the configuration cannot be used. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A configuration cannot be used. Exit code 2, or 1 if its file cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data set could not be loaded.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file or folder could not be read or written.
    #[error("could not {action} {}: {source}", .path.display())]
    Io {
        /// What was tried: "read", "write", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {reason}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The output folder holds another run.
    #[error("{} already holds a run ({}); nothing was changed\n  give a new or empty folder to --out", .path.display(), .file.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
        /// A file in it.
        file: PathBuf,
    },
    /// No folder for a run could be made.
    #[error(
        "no folder for the run: {source}\n  name one by --out DIR, or keep nothing by --no-save"
    )]
    NoFolder {
        /// What went wrong.
        source: Box<Error>,
    },
    /// Another process works in the folder.
    #[error("another run works in {}\n  wait for its end, or give another folder", .path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// There is no run in a folder that should hold one.
    #[error("{} holds no run: config.toml is not there\n  give the folder of a run to --resume", .path.display())]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// A run has no checkpoint that is whole.
    #[error("{} has no checkpoint to go on from{}", .path.display(), lines(.damaged))]
    NoCheckpoint {
        /// The folder.
        path: PathBuf,
        /// What is wrong with those that are there.
        damaged: Vec<Error>,
    },
    /// A run cannot go on with another recipe.
    #[error(
        "the run has {difference}\n  resume it with the settings that it began with; nothing was changed"
    )]
    OtherRecipe {
        /// The first setting that differs, with both values.
        difference: String,
    },
    /// A checkpoint is of another recipe, or of other data.
    #[error(
        "the checkpoint is of another recipe or of other data\n  resume with the settings and the data that the run began with"
    )]
    OtherRun,
    /// The data is not that of the configuration.
    #[error(
        "this is not the data of the run: {dataset}\n  its fingerprint is {got}\n  the run has {expected}"
    )]
    OtherFingerprint {
        /// The fingerprint that the configuration has.
        expected: String,
        /// That of the data that was loaded.
        got: String,
        /// What the data is.
        dataset: String,
    },
    /// The champion that a run begins with is not that of the configuration.
    #[error(
        "{} is not the champion that the run began with: it has other weights\n  their fingerprint is {got}\n  the run has {expected}", .path.display()
    )]
    OtherStart {
        /// The file.
        path: PathBuf,
        /// The fingerprint that the configuration has.
        expected: String,
        /// That of the weights in the file.
        got: String,
    },
    /// An output file is there already.
    #[error("{} exists already: give --force to replace it", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// An output file is the input of the same command.
    #[error("{} is the input of this command and would be lost: write to another file", .path.display())]
    OwnInput {
        /// The file.
        path: PathBuf,
    },
    /// A file holds no champion.
    #[error("{}: {source}", .path.display())]
    Champion {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ParseError,
    },
    /// A file is no picture that the network takes.
    #[error("{}: {source}", .path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: PictureError,
    },
    /// A champion cannot be written in a format, or not as integers.
    #[error("this champion cannot be {action}: {reason}")]
    Unfit {
        /// What was tried: "exported as safetensors", "quantised".
        action: &'static str,
        /// What stands in the way, and what can be done.
        reason: String,
    },
    /// A champion and a data set do not fit each other.
    #[error(
        "the champion takes {} inputs to {} classes, but the data has {} and {}\n  give the data that it was evolved on to --data",
        sides(&.network.0), .network.1, sides(&.data.0), .data.1
    )]
    OtherData {
        /// Input and number of outputs of the champion.
        network: (Shape, usize),
        /// Shape of a sample, and number of classes of the data set.
        data: (Shape, usize),
    },
    /// A signal ended the work before there was a result.
    #[error("interrupted{during}")]
    Interrupted {
        /// The number of the signal, as POSIX has it.
        signal: i32,
        /// " while ...", with what is left of the work, or nothing.
        during: &'static str,
    },
    /// Something does not fit the memory.
    #[error("this needs {:.1} GB of memory ({bytes} bytes), more than there is\n  make the population, the network or the data smaller", *.bytes as f64 / 1e9)]
    Memory {
        /// How many bytes are needed.
        bytes: u64,
    },
    /// The system gives no more threads.
    #[error("could not start {count} threads: {reason}\n  give fewer, such as --threads 1")]
    Threads {
        /// The number of threads that was asked for.
        count: usize,
        /// The message of the system.
        reason: String,
    },
    /// Something inside is wrong; the user can only report it.
    #[error("{0}\n  this is a bug in tinyevo: please report it with the command")]
    Internal(String),
}

/// Errors, a line each.
fn lines(errors: &[Error]) -> String {
    errors.iter().map(|error| format!("\n  {error}")).collect()
}

/// A shape as `28x28x1`.
fn sides(shape: &Shape) -> String {
    format!("{}x{}x{}", shape.height, shape.width, shape.channels)
}

impl Error {
    /// Wraps an I/O error with what was tried and where.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// 2 for usage, 1 for the rest.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Config(ConfigError::Problems(_)) => 2,
            Self::Data(error) if error.is_usage() => 2,
            Self::Interrupted { signal, .. } => 128_u8.wrapping_add(*signal as u8),
            _ => 1,
        }
    }
}

impl From<SettingError> for Error {
    fn from(error: SettingError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<NetworkError> for Error {
    fn from(error: NetworkError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<LengthError> for Error {
    fn from(error: LengthError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<EvolutionError> for Error {
    fn from(error: EvolutionError) -> Self {
        match error {
            EvolutionError::Setting(error) => error.into(),
            EvolutionError::Length(error) => error.into(),
        }
    }
}
