//! The published data sets: where they are served, and the checksums that prove them.

use crate::data::dataset::hex;
use crate::data::error::Fault;
use crate::data::idx::{Header, Kind};
use crate::data::mnist::{FILES, File, check_labels};
use crate::data::request::Published;
use crate::data::split::Split;
use sha2::{Digest, Sha256};

/// A SHA-256 in hexadecimal.
#[derive(Clone, Debug)]
pub(in crate::data) enum Checksum {
    /// Of the file itself; any archive of it will do.
    Unpacked(String),
    /// Of the archive.
    Archive(String),
}

/// A file that mirrors serve as NAME.gz.
#[derive(Clone, Debug)]
pub(in crate::data) struct Remote {
    pub(in crate::data) file: File,
    pub(in crate::data) checksum: Checksum,
}

/// How to get a data set.
#[derive(Clone, Debug)]
pub(in crate::data) struct Entry {
    pub(in crate::data) set: Published,
    /// Addresses to which the name of a file is appended, the preferred one first.
    pub(in crate::data) mirrors: Vec<String>,
    /// In the order of [`FILES`].
    pub(in crate::data) files: Vec<Remote>,
}

impl Entry {
    /// The first file that is not the published one. Empty splits are not compared, nor are
    /// checksums of archives: archives are gone once they are unpacked.
    pub(in crate::data) fn first_difference(
        &self,
        (train, test): &(Split, Split),
    ) -> Option<(&'static str, Fault)> {
        let loaded = self.files.iter().zip([train, train, test, test]);
        loaded.filter(|(_, split)| !split.is_empty()).find_map(|(remote, split)| {
            let kind = remote.file.header.kind;
            let (size, values) = match kind {
                Kind::Images => ([split.shape.height, split.shape.width], &split.images),
                Kind::Labels => ([1, 1], &split.labels),
            };
            let (samples, size) = (split.len() as u32, size.map(|side| side as u32));
            let fault = remote.check(Header { kind, samples, size }, values).err()?;
            Some((remote.file.name, fault))
        })
    }
}

impl Remote {
    /// Whether a file with this header and these values is the published one, as far as is known.
    pub(in crate::data) fn check(&self, header: Header, values: &[u8]) -> Result<(), Fault> {
        self.check_header(header)?;
        if header.kind == Kind::Labels {
            check_labels(values)?;
        }
        match &self.checksum {
            Checksum::Unpacked(sum) => compare(sum, &[&header.encode(), values]),
            Checksum::Archive(_) => Ok(()),
        }
    }

    /// Whether this is the header of the published file.
    pub(super) fn check_header(&self, got: Header) -> Result<(), Fault> {
        let (expected, right) = (self.file.header.samples, got == self.file.header);
        if right { Ok(()) } else { Err(Fault::Samples { expected, got: got.samples }) }
    }

    /// Whether this is the published archive, where that is known.
    pub(super) fn check_archive(&self, archive: &[u8]) -> Result<(), Fault> {
        match &self.checksum {
            Checksum::Archive(sum) => compare(sum, &[archive]),
            Checksum::Unpacked(_) => Ok(()),
        }
    }
}

fn compare(expected: &str, parts: &[&[u8]]) -> Result<(), Fault> {
    let got = hex(parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)));
    if got == expected { Ok(()) } else { Err(Fault::Checksum { expected: expected.into(), got }) }
}

/// The entry of a published data set. MNIST's archives differ between mirrors, so its checksums are
/// of the files; of the others only the archives have published checksums (TensorFlow Datasets,
/// url_checksums).
pub(in crate::data) fn entry(set: Published) -> Entry {
    let (first, second, sums, checksum): (_, _, _, fn(String) -> Checksum) = match set {
        Published::Mnist => (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            MNIST,
            Checksum::Unpacked,
        ),
        Published::Fashion => (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            FASHION,
            Checksum::Archive,
        ),
        Published::Kmnist => (
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            KMNIST,
            Checksum::Archive,
        ),
    };
    let files = FILES.into_iter().zip(sums);
    let files = files.map(|(file, sum)| Remote { file, checksum: checksum(sum.to_owned()) });
    Entry { set, mirrors: vec![first.to_owned(), second.to_owned()], files: files.collect() }
}

// In the order of `FILES`.
const MNIST: [&str; 4] = [
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
];
const FASHION: [&str; 4] = [
    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
];
const KMNIST: [&str; 4] = [
    "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
    "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
    "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
    "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
];

#[cfg(test)]
#[path = "../tests/catalog.rs"]
mod tests;
