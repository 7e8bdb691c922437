//! The errors of the host, and the exit code that each gives.

use crate::data::DataError;
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
            Self::Usage(_) => 2,
            Self::Data(error) if error.is_usage() => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => f.write_str(message),
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
            _ => None,
        }
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
