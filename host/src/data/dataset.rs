//! A loaded data set: its splits, and where they came from.

use super::description::{Columns, Description, Division};
use super::error::DataError;
use super::request::Published;
use super::split::Split;
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::PathBuf;
use tinyevo_core::shape::Shape;

/// Training, validation and test samples, and where they came from.
///
/// All three splits have one shape and one number of classes, empty ones too. Its `Display` is what
/// reports print: `MNIST from DIR`, or `built-in digits (drawn by tinyevo, seed 64; not MNIST)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The name of the data, as reports print it.
    pub name: String,
    /// The published data set that it is: of a folder, MNIST if the checksums say so.
    pub published: Option<Published>,
    /// The place that it was loaded from.
    pub origin: Origin,
    /// The samples to evolve on.
    pub train: Split,
    /// The samples that judge; the last ones of the training files. May be empty.
    pub validation: Split,
    /// The samples to report on.
    pub test: Split,
    /// How measured values became the bytes of the samples, and the names of the classes.
    pub description: Description,
    /// How the test samples were drawn, where the data had no test part.
    pub division: Option<Division>,
    /// The columns of the table that it was read from, if it was one.
    pub columns: Option<Columns>,
}

/// Where a data set came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The folder or file that was asked for.
    Folder(PathBuf),
    /// The folder that takes MNIST's place by [`Options::data_dir`](super::Options::data_dir).
    DataDir(PathBuf),
    /// A folder of the cache, filled by a download.
    Cache(PathBuf),
    /// Drawn by tinyevo, from this seed.
    Builtin(u64),
}

impl Dataset {
    /// A data set without a validation split, nor a description.
    #[must_use]
    pub fn new(
        name: String,
        published: Option<Published>,
        origin: Origin,
        (train, test): (Split, Split),
    ) -> Self {
        let validation = Split::empty(test.shape, test.classes);
        let description = Description::default();
        let (division, columns) = (None, None);
        Self { name, published, origin, train, validation, test, description, division, columns }
    }

    /// The same with the last `count` training images held out for validation; at most half of all.
    #[must_use]
    pub fn holding_out(mut self, count: usize) -> Self {
        let left = self.train.len() - count.min(self.train.len() / 2);
        self.validation = self.train.split_off(left);
        self
    }

    /// The same with a description.
    #[must_use]
    pub fn described(self, description: Description) -> Self {
        Self { description, ..self }
    }

    /// The shape of one image.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.test.shape
    }

    /// Number of classes.
    #[must_use]
    pub const fn classes(&self) -> usize {
        self.test.classes
    }

    /// What `--data` takes to load the same data again, wherever it is called: `builtin`; the name
    /// of a published set, if that is what was asked for and the files have its checksums; else the
    /// folder as an absolute path, in which links stay as they are.
    ///
    /// # Errors
    /// [`DataError::NotUtf8`] for a folder that a text file cannot name, [`DataError::Io`] when a
    /// relative path cannot be made absolute.
    pub fn resolved_source(&self) -> Result<String, DataError> {
        let folder = match (&self.origin, self.published) {
            (Origin::Builtin(_), _) => return Ok("builtin".to_owned()),
            (Origin::Cache(_) | Origin::DataDir(_), Some(set)) => return Ok(set.key().to_owned()),
            (Origin::Cache(path) | Origin::DataDir(path) | Origin::Folder(path), _) => path,
        };
        let absolute = std::path::absolute(folder).map_err(DataError::io("find", folder))?;
        absolute.into_os_string().into_string().map_err(|path| DataError::NotUtf8(path.into()))
    }

    /// The name in a few words, which says so where the data is not what others measure on.
    #[must_use]
    pub fn short_name(&self) -> String {
        let drawn = matches!(self.origin, Origin::Builtin(_));
        format!("{}{}", self.name, if drawn { ", not MNIST" } else { "" })
    }

    /// A SHA-256 in hexadecimal over all that was loaded, the same for the same data wherever it
    /// came from, and whether or not images were held out for validation.
    ///
    /// It is over the shape (height, width, channels), the number of classes, and then for the
    /// training files and for the test files the number of samples, the images and the labels;
    /// each number as 8 bytes, least significant first. A split that was not wanted has 0 samples.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let Shape { height, width, channels } = self.shape();
        for number in [height, width, channels, self.classes()] {
            hash.update((number as u64).to_le_bytes());
        }
        // Validation samples are the last ones of the training files.
        for parts in [&[&self.train, &self.validation][..], &[&self.test]] {
            let samples: usize = parts.iter().map(|split| split.len()).sum();
            hash.update((samples as u64).to_le_bytes());
            parts.iter().for_each(|split| hash.update(&split.images));
            parts.iter().for_each(|split| hash.update(&split.labels));
        }
        hex(hash)
    }
}

/// A SHA-256 as it is usually written.
pub(super) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.origin {
            Origin::Builtin(seed) => {
                write!(f, "{name} (drawn by tinyevo, seed {seed}; not MNIST)")
            }
            Origin::Folder(path) | Origin::DataDir(path) | Origin::Cache(path) => {
                write!(f, "{name} from {}", path.display())
            }
        }
    }
}
