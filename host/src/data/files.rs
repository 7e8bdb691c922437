//! The four standard files: their names, what each holds, and where each lies in a folder.

use super::idx::{Kind, Layout};
use super::{DataError, Fault};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// One of the four files of a data set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spec {
    /// The standard name.
    pub(super) name: &'static str,
    /// The spelling that some archives unpack to.
    pub(super) dotted: &'static str,
    pub(super) layout: Layout,
}

pub(super) const TRAIN_IMAGES: Spec = Spec {
    name: "train-images-idx3-ubyte",
    dotted: "train-images.idx3-ubyte",
    layout: Layout { kind: Kind::Images, samples: 60_000 },
};
pub(super) const TRAIN_LABELS: Spec = Spec {
    name: "train-labels-idx1-ubyte",
    dotted: "train-labels.idx1-ubyte",
    layout: Layout { kind: Kind::Labels, samples: 60_000 },
};
pub(super) const TEST_IMAGES: Spec = Spec {
    name: "t10k-images-idx3-ubyte",
    dotted: "t10k-images.idx3-ubyte",
    layout: Layout { kind: Kind::Images, samples: 10_000 },
};
pub(super) const TEST_LABELS: Spec = Spec {
    name: "t10k-labels-idx1-ubyte",
    dotted: "t10k-labels.idx1-ubyte",
    layout: Layout { kind: Kind::Labels, samples: 10_000 },
};

/// The four files in the order of a [`Dataset`](super::Dataset): training images and labels, test images and labels.
pub(super) const FILES: [Spec; 4] = [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS];

/// Where a file was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) gzip: bool,
}

/// Finds a file in a folder under any of its names: plain ones before archives.
pub(super) fn locate(folder: &Path, spec: &Spec) -> Result<Found, DataError> {
    for gzip in [false, true] {
        for name in [spec.name, spec.dotted] {
            let path = folder.join(if gzip { archive_name(name) } else { name.to_owned() });
            // Asked before it is opened: opening a pipe would wait for ever.
            match fs::metadata(&path) {
                Ok(meta) if meta.is_file() => return Ok(Found { path, gzip }),
                Ok(_) => {
                    let fault = Fault::NotAFile;
                    return Err(DataError::BadFile { path, fault });
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(DataError::io("look at", path)(error)),
            }
        }
    }
    Err(DataError::MissingFile { folder: folder.to_owned(), file: spec.name })
}

/// The name of the archive of a file.
pub(super) fn archive_name(name: &str) -> String {
    format!("{name}.gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_comes_before_archive_and_the_dash_before_the_dot() {
        let folder = tempfile::tempdir().unwrap();
        let missing = locate(folder.path(), &TRAIN_IMAGES).unwrap_err();
        assert!(matches!(missing, DataError::MissingFile { file: "train-images-idx3-ubyte", .. }));
        // From the last choice to the first: each takes over from the one before.
        for (name, gzip) in [
            ("train-images.idx3-ubyte.gz", true),
            ("train-images-idx3-ubyte.gz", true),
            ("train-images.idx3-ubyte", false),
            ("train-images-idx3-ubyte", false),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, b"").unwrap();
            assert_eq!(locate(folder.path(), &TRAIN_IMAGES).unwrap(), Found { path, gzip });
        }
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("train-images-idx3-ubyte")).unwrap();
        let error = locate(folder.path(), &TRAIN_IMAGES).unwrap_err();
        assert!(matches!(error, DataError::BadFile { fault: Fault::NotAFile, .. }));
    }
}
