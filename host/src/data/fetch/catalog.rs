//! The published data sets: where they are served, and the checksums that prove them.

use crate::data::dataset::hex;
use crate::data::error::Fault;
use crate::data::idx::{Header, Kind};
use crate::data::mnist::{CLASSES, FILES, File};
use crate::data::published::Published;
use crate::data::split::Split;
use sha2::{Digest, Sha256};

/// A SHA-256.
pub(in crate::data) type Sum = [u8; 32];

/// What is known of a file.
#[derive(Clone, Copy, Debug)]
pub(in crate::data) enum Checksum {
    /// Of the file itself; any archive of it will do.
    Unpacked(Sum),
    /// Of the archive, which has so many bytes.
    Archive { sum: Sum, bytes: u64 },
}

/// A file that mirrors serve as NAME.gz.
#[derive(Clone, Copy, Debug)]
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
        train: &Split,
        test: &Split,
    ) -> Option<(&'static str, Fault)> {
        let values = |split: &Split, kind| match kind {
            Kind::Images => [split.shape.height, split.shape.width],
            Kind::Labels => [1, 1],
        };
        let splits = [train, train, test, test];
        let loaded = self.files.iter().zip(splits).filter(|(_, split)| !split.is_empty());
        loaded.into_iter().find_map(|(remote, split)| {
            let kind = remote.file.header.kind;
            let [rows, columns] = values(split, kind).map(|side| side as u32);
            let header = Header { kind, samples: split.len() as u32, rows, columns };
            let values = if kind == Kind::Images { &split.images } else { &split.labels };
            Some((remote.file.name, remote.check(header, values).err()?))
        })
    }
}

impl Remote {
    /// Whether this is the header of the published file.
    pub(super) fn check_header(&self, header: Header) -> Result<(), Fault> {
        let right = self.file.header;
        if header.size() != right.size() {
            return Err(Fault::Size { expected: right.size(), got: header.size() });
        }
        if header.samples != right.samples {
            return Err(Fault::Count { expected: right.samples, got: header.samples });
        }
        Ok(())
    }

    /// Whether a file with this header and these values is the published one, as far as is known.
    pub(in crate::data) fn check(&self, header: Header, values: &[u8]) -> Result<(), Fault> {
        self.check_header(header)?;
        let most = CLASSES - 1;
        let wrong = values.iter().enumerate().find(|(_, label)| usize::from(**label) > most);
        if let (Kind::Labels, Some((index, &value))) = (header.kind, wrong) {
            return Err(Fault::Label { index, value, most });
        }
        match self.checksum {
            Checksum::Unpacked(sum) => {
                compare(&sum, Sha256::new().chain_update(header.encode()).chain_update(values))
            }
            Checksum::Archive { .. } => Ok(()),
        }
    }
}

/// Tells a wrong checksum.
pub(in crate::data) fn compare(expected: &Sum, got: Sha256) -> Result<(), Fault> {
    let got = got.finalize().into();
    if *expected == got {
        return Ok(());
    }
    Err(Fault::Checksum { expected: hex(expected), got: hex(&got) })
}

/// The entry of a published data set.
pub(in crate::data) fn entry(set: Published) -> Entry {
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
    let files = FILES.into_iter().zip(checksums).map(|(file, checksum)| Remote { file, checksum });
    Entry { set, mirrors: mirrors.map(str::to_owned).to_vec(), files: files.collect() }
}

// In the order of `FILES`. MNIST's archives differ between mirrors, so its checksums are of the files.
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
#[path = "../tests/catalog.rs"]
mod tests;
