//! The request of the user: which data, from where, and the observer of its progress.

use super::description::Description;
use super::error::DataError;
use rayon::ThreadPool;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::{fmt, str::FromStr};

/// A published data set, which can be downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Published {
    /// Handwritten digits (LeCun, Cortes, Burges).
    Mnist,
    /// Articles of clothing (Xiao, Rasul, Vollgraf 2017).
    Fashion,
    /// Handwritten Japanese characters (Clanuwat and others 2018).
    Kmnist,
}

impl Published {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mnist, Self::Fashion, Self::Kmnist];

    /// The name on the command line and in the cache: `mnist`, `fashion` or `kmnist`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        ["mnist", "fashion", "kmnist"][self as usize]
    }
}

/// The name that its authors gave it.
impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(["MNIST", "Fashion-MNIST", "KMNIST"][*self as usize])
    }
}

/// Takes the [`key`](Published::key).
impl FromStr for Published {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let mut all = Self::ALL.into_iter();
        all.find(|set| set.key() == text).ok_or_else(|| DataError::NotPublished(text.to_owned()))
    }
}

/// The requested data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Request {
    /// MNIST if it can be loaded, else the built-in digits with a notice.
    #[default]
    Auto,
    /// A published data set or an error.
    Published(Published),
    /// The built-in digits.
    Builtin,
    /// This folder or file, or an error: a `.npz` or `.csv` file, a folder with the four files of IDX, or one with PNG
    /// files by class.
    Folder(PathBuf),
}

impl Request {
    /// MNIST or an error.
    pub const MNIST: Self = Self::Published(Published::Mnist);

    /// Takes a name (`auto`, `mnist`, `fashion`, `kmnist`, `builtin`) for what it says, and
    /// anything else for a folder or file. A folder with such a name is written `./mnist`.
    ///
    /// # Errors
    /// [`DataError::EmptyRequest`] for an empty text.
    pub fn new(text: impl AsRef<OsStr>) -> Result<Self, DataError> {
        let text = text.as_ref();
        Ok(match text.to_str() {
            Some("") => return Err(DataError::EmptyRequest),
            Some("auto") => Self::Auto,
            Some("builtin") => Self::Builtin,
            name => match name.map(str::parse) {
                Some(Ok(set)) => Self::Published(set),
                _ => Self::Folder(text.into()),
            },
        })
    }
}

/// The requested splits; the others are not read or drawn, and are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The training images.
    pub train: bool,
    /// The test images.
    pub test: bool,
}

impl Wanted {
    /// Both.
    pub const ALL: Self = Self { train: true, test: true };
    /// The training images alone.
    pub const TRAIN: Self = Self { train: true, test: false };
    /// The test images alone.
    pub const TEST: Self = Self { train: false, test: true };
}

/// The places of data, the requested amount, and the settings of the built-in digits.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// Folder to read instead of MNIST (on the command line the variable `TINYEVO_DATA`); an unusable
    /// folder is an error. An empty path counts as `None`. Default: none.
    pub data_dir: Option<PathBuf>,
    /// Folder with one folder for each downloaded set. Default: the user's for caches.
    pub cache: Option<PathBuf>,
    /// Addresses to download from instead of the known ones; `/NAME.gz` is appended. Default: none.
    pub mirrors: Vec<String>,
    /// Never use the network. Default: false.
    pub offline: bool,
    /// The splits to load. Default: both.
    pub wanted: Wanted,
    /// Number of training images, the last ones, that become the validation split. Default: 0.
    pub validation: usize,
    /// Hold out fewer than [`validation`](Self::validation) of own data that is small: at most a sixth of its training
    /// samples. Default: false.
    pub validation_fits: bool,
    /// The column of the label in a `.csv` file: its name in the header, or its number from 1. Default: the last.
    pub label: Option<String>,
    /// Share of the samples of each class that become the test part of own data that has none, 0.01 to 0.99; or 1: all
    /// are test samples, in the order of the file, and none is for training. Default: 0.2.
    pub test_share: f64,
    /// Seed by which these are drawn, and the training samples of own data are shuffled. Default: 64.
    pub split_seed: u64,
    /// The description of a champion: own data is normalised as it says, and its classes are that champion's, or some of
    /// them. Default: none, the normalisation is learned on the training samples.
    pub description: Option<Description>,
    /// Seed of the built-in digits. Default: 64.
    pub builtin_seed: u64,
    /// Number of built-in training digits, 1 to 2^32 - 1. Default: 60,000.
    pub builtin_train: usize,
    /// Number of built-in test digits, 1 to 2^32 - 1. Default: 10,000.
    pub builtin_test: usize,
    /// Threads that draw the built-in digits, which no result depends on. Default: none, the
    /// calling thread draws.
    pub pool: Option<&'a ThreadPool>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            data_dir: None,
            cache: None,
            mirrors: Vec::new(),
            offline: false,
            wanted: Wanted::ALL,
            validation: 0,
            validation_fits: false,
            label: None,
            test_share: 0.2,
            split_seed: 64,
            description: None,
            builtin_seed: 64,
            builtin_train: 60_000,
            builtin_test: 10_000,
            pool: None,
        }
    }
}

impl Options<'_> {
    /// The folder of the cache in which `set` is kept.
    pub(super) fn cache_folder(&self, set: Published) -> Result<PathBuf, DataError> {
        let default = || Some(dirs::cache_dir()?.join("tinyevo"));
        let cache = self.cache.clone().or_else(default).ok_or(DataError::NoCache)?;
        Ok(cache.join(set.key()))
    }
}

/// Observes downloads and loading; by default every method does nothing.
///
/// For each file that is downloaded: `file_started`, any number of `file_advanced`, then
/// `file_finished`. When a mirror fails, `file_started` comes again, or an error is returned.
pub trait Progress {
    /// A transfer begins; `total` is the size of the file in bytes if the server told it.
    fn file_started(&self, _name: &str, _total: Option<u64>) {}
    /// `bytes` more bytes of the current file have arrived.
    fn file_advanced(&self, _bytes: u64) {}
    /// The file is unpacked, checked and in place.
    fn file_finished(&self, _name: &str) {}
    /// Something that the user should read, in one line or several, without a line feed at the end.
    fn notice(&self, _text: &str) {}
}

/// An observer that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
