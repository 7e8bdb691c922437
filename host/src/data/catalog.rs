//! The published data sets: where they are served, and the checksums that prove them.

use super::files::{FILES, Spec};
use super::{DataError, Fault, Split};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// A data set that can be downloaded.
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

    /// What it is called on the command line and in the cache.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::Fashion => "fashion",
            Self::Kmnist => "kmnist",
        }
    }
}

/// The name that its authors gave it.
impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mnist => "MNIST",
            Self::Fashion => "Fashion-MNIST",
            Self::Kmnist => "KMNIST",
        })
    }
}

/// Takes the [`key`](Published::key).
impl FromStr for Published {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        Self::ALL
            .into_iter()
            .find(|set| set.key() == text)
            .ok_or_else(|| DataError::NotPublished(text.to_owned()))
    }
}

/// A SHA-256.
pub(super) type Sum = [u8; 32];

/// What is known of a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Checksum {
    /// Of the file itself; any archive of it will do.
    Unpacked(Sum),
    /// Of the archive, which has so many bytes.
    Archive { sum: Sum, bytes: u64 },
}

/// A file that mirrors serve as NAME.gz.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remote {
    pub(super) spec: Spec,
    pub(super) checksum: Checksum,
}

/// How to get a data set.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) set: Published,
    /// Addresses to which the name of a file is appended, the preferred one first.
    pub(super) mirrors: Vec<String>,
    pub(super) files: Vec<Remote>,
}

impl Entry {
    /// The first file whose published checksum these splits do not have. Archives are not compared: they are gone
    /// once they are unpacked.
    pub(super) fn first_difference(
        &self,
        train: &Split,
        test: &Split,
    ) -> Option<(&'static str, Fault)> {
        let data = [&train.images, &train.labels, &test.images, &test.labels];
        self.files.iter().zip(data).find_map(|(remote, values)| {
            let Checksum::Unpacked(expected) = remote.checksum else {
                return None;
            };
            let fault = compare(&expected, &sum_of_file(remote.spec, values)).err()?;
            Some((remote.spec.name, fault))
        })
    }
}

/// Tells a wrong checksum.
pub(super) fn compare(expected: &Sum, got: &Sum) -> Result<(), Fault> {
    if expected == got {
        return Ok(());
    }
    Err(Fault::Checksum { expected: to_hex(expected), got: to_hex(got) })
}

/// The SHA-256 of the file that holds these values.
fn sum_of_file(spec: Spec, values: &[u8]) -> Sum {
    let mut hash = Sha256::new();
    hash.update(spec.layout.header());
    hash.update(values);
    hash.finalize().into()
}

/// A checksum as it is usually written.
pub(super) fn to_hex(sum: &Sum) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The entry of a published data set.
pub(super) fn entry(set: Published) -> Entry {
    let (mirrors, checksums): ([&str; 2], _) = match set {
        Published::Mnist => (
            [
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ],
            MNIST,
        ),
        Published::Fashion => (
            [
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            ],
            FASHION,
        ),
        Published::Kmnist => (
            [
                "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
                "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            ],
            KMNIST,
        ),
    };
    let files = FILES
        .into_iter()
        .zip(checksums)
        .map(|(spec, checksum)| Remote { spec, checksum })
        .collect();
    Entry { set, mirrors: mirrors.map(str::to_owned).to_vec(), files }
}

// In the order of `FILES`. MNIST is served in archives that differ between mirrors, so its checksums are of the files.
const MNIST: [Checksum; 4] = [
    unpacked("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    unpacked("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    unpacked("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    unpacked("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
];

// Of these two only the archives have published checksums (TensorFlow Datasets, url_checksums).
const FASHION: [Checksum; 4] = [
    archive("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
    archive("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
    archive("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
    archive("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
];

const KMNIST: [Checksum; 4] = [
    archive("51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4", 18_165_135),
    archive("e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17", 29_497),
    archive("edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5", 3_041_136),
    archive("20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c", 5_120),
];

const fn unpacked(hex: &str) -> Checksum {
    Checksum::Unpacked(from_hex(hex))
}

const fn archive(hex: &str, bytes: u64) -> Checksum {
    let sum = from_hex(hex);
    Checksum::Archive { sum, bytes }
}

/// Reads a checksum. Only constants use it, so its panics are errors of compilation.
const fn from_hex(hex: &str) -> Sum {
    const fn digit(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => panic!("not a lower-case hexadecimal digit"),
        }
    }
    let hex = hex.as_bytes();
    assert!(hex.len() == 64, "a SHA-256 has 64 hexadecimal digits");
    let mut sum = [0; 32];
    let mut i = 0;
    while i < 32 {
        sum[i] = digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]);
        i += 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_set_has_two_mirrors_four_files_and_distinct_checksums() {
        let mut sums = HashSet::new();
        for set in Published::ALL {
            let entry = entry(set);
            assert_eq!(entry.set, set);
            assert!(entry.mirrors.len() >= 2 && entry.mirrors[0] != entry.mirrors[1]);
            assert!(entry.mirrors.iter().all(|url| url.ends_with('/')));
            assert_eq!(entry.files.len(), 4);
            for remote in entry.files {
                let sum = match remote.checksum {
                    Checksum::Unpacked(sum) => sum,
                    Checksum::Archive { sum, bytes } => {
                        assert!(bytes <= remote.spec.layout.archive_limit());
                        sum
                    }
                };
                assert!(sums.insert(sum));
            }
        }
    }

    #[test]
    fn keys_read_back_and_others_are_refused() {
        for set in Published::ALL {
            assert_eq!(set.key().parse::<Published>().unwrap(), set);
        }
        let message = "MNIST!".parse::<Published>().unwrap_err().to_string();
        assert!(message.contains("\"MNIST!\"") && message.contains("kmnist"), "{message}");
    }

    #[test]
    fn hexadecimal_goes_both_ways() {
        let hex = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db";
        assert_eq!(to_hex(&from_hex(hex)), hex);
    }
}
