//! MNIST and what is laid out like it: the names of the four files, their standard sizes, and the
//! crate `mnist` that reads them.

use super::error::DataError;
use super::idx::{Header, Kind};
use super::split::Split;
use mnist::{Mnist, MnistBuilder};
use std::path::Path;
use tinyevo_core::shape::Shape;

/// Rows, and columns, of an image.
const SIDE: u32 = 28;
/// Number of classes: the digits, or what takes their place.
pub(super) const CLASSES: usize = 10;
/// The shape of an image.
pub(super) const SHAPE: Shape = Shape { height: 28, width: 28, channels: 1 };

/// One of the four files of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// The standard name.
    pub(super) name: &'static str,
    /// The spelling in some archives.
    pub(super) dotted: &'static str,
    /// The header in MNIST, Fashion-MNIST and KMNIST.
    pub(super) header: Header,
}

const fn images(name: &'static str, dotted: &'static str, samples: u32) -> File {
    let header = Header { kind: Kind::Images, samples, rows: SIDE, columns: SIDE };
    File { name, dotted, header }
}

const fn labels(name: &'static str, dotted: &'static str, samples: u32) -> File {
    let header = Header { kind: Kind::Labels, samples, rows: 1, columns: 1 };
    File { name, dotted, header }
}

/// Training images and labels, test images and labels.
pub(super) const FILES: [File; 4] = [
    images("train-images-idx3-ubyte", "train-images.idx3-ubyte", 60_000),
    labels("train-labels-idx1-ubyte", "train-labels.idx1-ubyte", 60_000),
    images("t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte", 10_000),
    labels("t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte", 10_000),
];

/// The name of the archive of a file.
pub(super) fn archive_name(name: &str) -> String {
    format!("{name}.gz")
}

/// Reads the four files by the crate `mnist`, in the order of [`FILES`].
///
/// The crate panics on any irregularity, so headers and lengths must have been checked.
///
/// # Errors
/// [`DataError::Changed`] when a file changed after the checks, [`DataError::Label`] for a label
/// above 9.
pub(super) fn load(folder: &Path, paths: [&str; 4]) -> Result<(Split, Split), DataError> {
    let changed = || DataError::Changed(folder.to_owned());
    let [train, test] = [FILES[0].header.samples, FILES[2].header.samples];
    let loaded = std::panic::catch_unwind(|| {
        MnistBuilder::new()
            .label_format_digit()
            .base_path("")
            .training_images_filename(paths[0])
            .training_labels_filename(paths[1])
            .test_images_filename(paths[2])
            .test_labels_filename(paths[3])
            .training_set_length(train)
            .validation_set_length(0)
            .test_set_length(test)
            .finalize()
    });
    let Mnist { mut trn_img, trn_lbl, tst_img, tst_lbl, .. } = loaded.map_err(|_| changed())?;
    if trn_lbl.len() != train as usize || tst_lbl.len() != test as usize {
        return Err(changed());
    }
    // It held both splits meanwhile.
    trn_img.shrink_to_fit();
    let split = |images, labels| Split::new(SHAPE, CLASSES, images, labels);
    Ok((split(trn_img, trn_lbl)?, split(tst_img, tst_lbl)?))
}
