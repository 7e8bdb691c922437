//! What the user asks for: which data, and where it may come from.

use super::{DataError, Published};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Which data is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Request {
    /// MNIST if it can be had, else the built-in digits with a notice.
    #[default]
    Auto,
    /// MNIST or an error.
    Mnist,
    /// Fashion-MNIST or an error.
    Fashion,
    /// KMNIST or an error.
    Kmnist,
    /// The built-in digits.
    Builtin,
    /// The four files of this folder or an error.
    Folder(PathBuf),
}

impl Request {
    /// Reads a name (`auto`, `mnist`, `fashion`, `kmnist`, `builtin`), and takes anything else for a folder. A folder with such a
    /// name is `./mnist`.
    ///
    /// # Errors
    /// [`DataError::EmptyRequest`] for an empty text.
    pub fn from_os_str(text: &OsStr) -> Result<Self, DataError> {
        if text.is_empty() {
            return Err(DataError::EmptyRequest);
        }
        Ok(match text.to_str() {
            Some("auto") => Self::Auto,
            Some("mnist") => Self::Mnist,
            Some("fashion") => Self::Fashion,
            Some("kmnist") => Self::Kmnist,
            Some("builtin") => Self::Builtin,
            _ => Self::Folder(text.into()),
        })
    }
}

impl FromStr for Request {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        Self::from_os_str(OsStr::new(text))
    }
}

impl TryFrom<OsString> for Request {
    type Error = DataError;

    fn try_from(text: OsString) -> Result<Self, DataError> {
        Self::from_os_str(&text)
    }
}

/// What [`FromStr`] reads back (of a path that is not UTF-8, what can be shown).
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Mnist => f.pad("mnist"),
            Self::Fashion => f.pad("fashion"),
            Self::Kmnist => f.pad("kmnist"),
            Self::Builtin => f.pad("builtin"),
            // Else it would read back as the name.
            Self::Folder(folder)
                if !matches!(folder.to_str().map(str::parse), Some(Ok(Self::Folder(_))) | None) =>
            {
                write!(f, "./{}", folder.display())
            }
            Self::Folder(folder) => f.pad(&folder.display().to_string()),
        }
    }
}

/// Where data may come from, and how the built-in digits are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Folder with the four files of MNIST (the command line takes it from the environment variable `TINYEVO_DATA`). It comes first for
    /// [`Request::Auto`] and [`Request::Mnist`]; when it is of no use, that is an error. An empty path counts as `None`.
    pub data_dir: Option<PathBuf>,
    /// Folder that keeps what was downloaded, one folder per data set in it. Default: `tinyevo` in the user's folder for caches.
    pub cache: Option<PathBuf>,
    /// Addresses to download from instead of the known ones; `/NAME.gz` is appended. Default: none.
    pub mirrors: Vec<String>,
    /// Never use the network. Default: no.
    pub offline: bool,
    /// Seed of the built-in digits. Default: 64.
    pub builtin_seed: u64,
    /// Number of built-in training digits, at least 1. Default: 60,000.
    pub builtin_train: usize,
    /// Number of built-in test digits, at least 1. Default: 10,000.
    pub builtin_test: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data_dir: None,
            cache: None,
            mirrors: Vec::new(),
            offline: false,
            builtin_seed: 64,
            builtin_train: 60_000,
            builtin_test: 10_000,
        }
    }
}

impl Options {
    /// The folder of the cache in which `set` is kept.
    ///
    /// # Errors
    /// [`DataError::NoCache`] when none is given and the system names none.
    pub fn cache_folder(&self, set: Published) -> Result<PathBuf, DataError> {
        let cache = match &self.cache {
            Some(folder) => folder.clone(),
            None => dirs::cache_dir().ok_or(DataError::NoCache)?.join("tinyevo"),
        };
        Ok(cache.join(set.key()))
    }

    /// The folder that was given, if it names anything.
    pub(super) fn given_folder(&self) -> Option<&Path> {
        self.data_dir.as_deref().filter(|folder| !folder.as_os_str().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_and_everything_else_is_a_folder() {
        for (text, request) in [
            ("auto", Request::Auto),
            ("mnist", Request::Mnist),
            ("fashion", Request::Fashion),
            ("kmnist", Request::Kmnist),
            ("builtin", Request::Builtin),
            ("MNIST", Request::Folder("MNIST".into())),
            ("./mnist", Request::Folder("./mnist".into())),
            ("/some where", Request::Folder("/some where".into())),
        ] {
            assert_eq!(text.parse::<Request>().unwrap(), request);
            assert_eq!(request.to_string(), text);
        }
        let named_like_a_set = Request::Folder("mnist".into());
        assert_eq!(named_like_a_set.to_string(), "./mnist");
        assert!(matches!("".parse::<Request>(), Err(DataError::EmptyRequest)));
    }

    #[cfg(unix)]
    #[test]
    fn folders_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let name = OsStr::from_bytes(b"\xff\xfe");
        let request = Request::from_os_str(name).unwrap();
        assert_eq!(request, Request::Folder(name.into()));
        assert!(!request.to_string().is_empty());
    }

    #[test]
    fn the_cache_has_a_folder_per_set() {
        let options = Options { cache: Some("/c".into()), ..Options::default() };
        let folder = options.cache_folder(Published::Kmnist).unwrap();
        assert_eq!(folder, Path::new("/c").join("kmnist"));
    }
}
