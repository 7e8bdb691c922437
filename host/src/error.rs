//! The errors of the host, and the exit code that each gives.

use crate::config::ConfigError;
use crate::data::DataError;
use crate::formats::error::ParseError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use tinyevo_core::error::{LengthError, SettingError};
use tinyevo_core::evolution::EvolutionError;
use tinyevo_core::network::NetworkError;

/// What went wrong, in words for the user.
#[derive(Debug)]
pub enum Error {
    /// A flag or a key of the configuration cannot be used. Exit code 2.
    Usage(String),
    /// A configuration cannot be used. Exit code 2, or 1 if its file cannot be read.
    Config(ConfigError),
    /// The data set cannot be had.
    Data(DataError),
    /// A file or folder could not be read or written.
    Io {
        /// What was tried: "read", "write", "create".
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what it should.
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The output folder holds another run.
    Occupied {
        /// The folder.
        path: PathBuf,
        /// A file in it.
        file: PathBuf,
    },
    /// An output file is there already.
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// An output file is the input of the same command.
    OwnInput {
        /// The file.
        path: PathBuf,
    },
    /// A file holds no champion.
    Champion {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ParseError,
    },
    /// A champion cannot be written in a format, or not as integers.
    Unfit {
        /// What was tried: "exported as safetensors", "quantised".
        action: &'static str,
        /// What stands in the way, and what can be done.
        reason: String,
    },
    /// A champion and a data set do not fit each other.
    OtherData {
        /// Inputs and outputs of the champion.
        network: (usize, usize),
        /// Values of a sample, and classes of the data set.
        data: (usize, usize),
    },
    /// Another process works in the folder.
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// There is no run in a folder that should hold one.
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// A run has no checkpoint that is whole.
    NoCheckpoint {
        /// The folder.
        path: PathBuf,
        /// What is wrong with those that are there.
        damaged: Vec<Error>,
    },
    /// A checkpoint is of another recipe, or of other data.
    OtherRun,
    /// The data is not that of the configuration.
    OtherFingerprint {
        /// The fingerprint that the configuration has.
        expected: String,
        /// That of the data that was loaded.
        got: String,
        /// What the data is.
        dataset: String,
    },
    /// Something does not fit the memory.
    Memory {
        /// How many bytes are needed.
        bytes: u64,
    },
    /// The system gives no more threads.
    Threads {
        /// How many were asked for.
        count: usize,
        /// What it said.
        reason: String,
    },
    /// Something inside is wrong; the user can only report it.
    Internal(String),
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
            _ => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => f.write_str(message),
            Self::Config(error) => error.fmt(f),
            Self::Data(error) => error.fmt(f),
            Self::Io { action, path, source } => {
                write!(f, "could not {action} {}: {source}", path.display())
            }
            Self::Content { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::Occupied { path, file } => write!(
                f,
                "{} already holds a run ({}); nothing was changed\n  give a new or empty folder to --out",
                path.display(),
                file.display()
            ),
            Self::Exists { path } => {
                write!(f, "{} exists already: give --force to replace it", path.display())
            }
            Self::OwnInput { path } => write!(
                f,
                "{} is the input of this command and would be lost: write to another file",
                path.display()
            ),
            Self::Champion { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Unfit { action, reason } => {
                write!(f, "this champion cannot be {action}: {reason}")
            }
            Self::OtherData { network, data } => write!(
                f,
                "the champion takes {} inputs to {} classes, but the data has {} and {}\n  \
                 give the data that it was evolved on to --data",
                network.0, network.1, data.0, data.1
            ),
            Self::Busy { path } => write!(
                f,
                "another run works in {}\n  wait for its end, or give another folder",
                path.display()
            ),
            Self::NoRun { path } => write!(
                f,
                "{} holds no run: config.toml is not there\n  give the folder of a run to --resume",
                path.display()
            ),
            Self::NoCheckpoint { path, damaged } => {
                write!(f, "{} has no checkpoint to go on from", path.display())?;
                damaged.iter().try_for_each(|error| write!(f, "\n  {error}"))
            }
            Self::OtherRun => f.write_str(
                "the checkpoint is of another recipe or of other data\n  \
                 resume with the configuration and the data that the run began with",
            ),
            Self::OtherFingerprint { expected, got, dataset } => write!(
                f,
                "this is not the data of the run: {dataset}\n  \
                 has the fingerprint {got},\n  the run had {expected}"
            ),
            Self::Memory { bytes } => write!(
                f,
                "this needs {:.1} GB of memory ({bytes} bytes), more than there is\n  \
                 make the population, the network or the data smaller",
                *bytes as f64 / 1e9
            ),
            Self::Threads { count, reason } => write!(
                f,
                "could not start {count} threads: {reason}\n  give fewer, such as --threads 1"
            ),
            Self::Internal(message) => {
                write!(
                    f,
                    "{message}\n  this is a bug in tinyevo: please report it with the command"
                )
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Config(error) => error.source(),
            Self::Champion { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        Self::Data(error)
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
