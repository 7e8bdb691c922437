//! A loaded data set: its two splits, and where they came from.

use super::Split;
use super::catalog::to_hex;
use crate::error::Error;
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::PathBuf;

/// Training and test samples, and where they came from.
///
/// Its `Display` is what every report prints: `MNIST from DIR`, or `built-in digits (drawn by tinyevo, seed 64; not MNIST)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// What it is. A folder's files are called MNIST only if all four have MNIST's published checksums.
    pub name: String,
    /// Where it came from.
    pub origin: Origin,
    /// The samples to evolve on.
    pub train: Split,
    /// Held out.
    pub validation: Split,
    /// The samples to report on.
    pub test: Split,
}

/// Where a data set came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A folder that the user named.
    Folder(PathBuf),
    /// A folder of the cache, filled by a download.
    Cache(PathBuf),
    /// Drawn by tinyevo.
    Builtin {
        /// The seed of the drawing.
        seed: u64,
    },
}

impl Dataset {
    /// What `--data` takes to have this data set again, where it was had as `source`: `auto` becomes
    /// what it came to, a relative folder an absolute one.
    ///
    /// # Errors
    /// The folder is not there any more.
    pub fn source_named(&self, source: &str) -> Result<String, Error> {
        match (&self.origin, source) {
            (Origin::Builtin { .. }, _) => Ok("builtin".to_string()),
            (_, "auto" | "mnist") => Ok("mnist".to_string()),
            (_, "fashion" | "kmnist") => Ok(source.to_string()),
            (Origin::Folder(folder) | Origin::Cache(folder), _) => {
                let absolute = folder.canonicalize().map_err(Error::io("find", folder))?;
                Ok(absolute.to_string_lossy().into_owned())
            }
        }
    }

    /// The shape of a sample.
    #[must_use]
    pub const fn shape(&self) -> tinyevo_core::shape::Shape {
        tinyevo_core::shape::Shape { height: 28, width: 28, channels: 1 }
    }

    /// How many classes there are.
    #[must_use]
    pub const fn classes(&self) -> usize {
        10
    }

    /// The name in a few words, which says so where the data is not what others measure on.
    #[must_use]
    pub fn short_name(&self) -> String {
        match &self.origin {
            Origin::Builtin { .. } => format!("{}, not MNIST", self.name),
            Origin::Folder(_) | Origin::Cache(_) => self.name.clone(),
        }
    }

    /// A SHA-256 in hexadecimal over every image and label, the same for the same data wherever it came from.
    ///
    /// For each split in turn it takes the number of samples as 8 little-endian bytes, the images, the labels.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for split in [&self.train, &self.test] {
            hash.update((split.len() as u64).to_le_bytes());
            hash.update(&split.images);
            hash.update(&split.labels);
        }
        to_hex(&hash.finalize().into())
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Folder(_) | Origin::Cache(_) => write!(f, "{} {}", self.name, self.origin),
            Origin::Builtin { .. } => write!(f, "{} ({})", self.name, self.origin),
        }
    }
}

/// `from DIR`, or `drawn by tinyevo, seed 64; not MNIST`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) | Self::Cache(folder) => write!(f, "from {}", folder.display()),
            Self::Builtin { seed } => write!(f, "drawn by tinyevo, seed {seed}; not MNIST"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny(origin: Origin) -> Dataset {
        let split = |value| Split::new(vec![value; 784], vec![value]).unwrap();
        Dataset {
            name: "MNIST".into(),
            origin,
            train: split(1),
            validation: Split::default(),
            test: split(2),
        }
    }

    #[test]
    fn reports_say_what_it_is_and_where_from() {
        let folder = tiny(Origin::Folder("DIR".into()));
        assert_eq!(folder.to_string(), "MNIST from DIR");
        let drawn =
            Dataset { name: "built-in digits".into(), ..tiny(Origin::Builtin { seed: 64 }) };
        assert_eq!(drawn.to_string(), "built-in digits (drawn by tinyevo, seed 64; not MNIST)");
    }

    #[test]
    fn the_fingerprint_sees_the_data_and_nothing_else() {
        let data = tiny(Origin::Folder("DIR".into()));
        // Python: b = lambda v: (1).to_bytes(8, "little") + bytes([v]) * 785; hashlib.sha256(b(1) + b(2)).hexdigest()
        assert_eq!(
            data.fingerprint(),
            "026f2481072488f8c124e507b0ffb649f2aaab732054cd455ef117a71c40e975"
        );
        let elsewhere = tiny(Origin::Cache("OTHER".into()));
        assert_eq!(data.fingerprint(), elsewhere.fingerprint());
        let mut other = data.clone();
        other.test.labels[0] = 3;
        assert_ne!(data.fingerprint(), other.fingerprint());
    }
}
