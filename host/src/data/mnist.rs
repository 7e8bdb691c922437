//! MNIST and data sets of the same layout: the four files, and the crate `mnist` that reads them.

use super::error::{DataError, Fault};
use super::idx::{Header, Kind};
use super::split::Split;
use mnist::{Mnist, MnistBuilder};
use std::path::Path;
use tinyevo_core::shape::Shape;

/// Number of classes.
pub(super) const CLASSES: usize = 10;
/// The shape of an image.
pub(super) const SHAPE: Shape = Shape { height: 28, width: 28, channels: 1 };

/// One of the four files of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// The standard name.
    pub(super) name: &'static str,
    /// The header in MNIST, Fashion-MNIST and KMNIST.
    pub(super) header: Header,
}

/// Training images and labels, test images and labels.
pub(super) const FILES: [File; 4] = [
    file("train-images-idx3-ubyte", Kind::Images, 60_000, 28),
    file("train-labels-idx1-ubyte", Kind::Labels, 60_000, 1),
    file("t10k-images-idx3-ubyte", Kind::Images, 10_000, 28),
    file("t10k-labels-idx1-ubyte", Kind::Labels, 10_000, 1),
];

const fn file(name: &'static str, kind: Kind, samples: u32, side: u32) -> File {
    File { name, header: Header { kind, samples, size: [side, side] } }
}

/// Checks that all labels are 0 to 9.
pub(super) fn check_labels(labels: &[u8]) -> Result<(), Fault> {
    let most = CLASSES - 1;
    let wrong = labels.iter().enumerate().find(|(_, label)| usize::from(**label) > most);
    wrong.map_or(Ok(()), |(index, &value)| Err(Fault::Label { index, value, most }))
}

/// Reads the four files by the crate `mnist`, in the order of [`FILES`].
///
/// The crate panics on any irregularity, so headers, lengths and labels must have been checked.
///
/// # Errors
/// [`DataError::Changed`] when a file changed after the checks.
pub(super) fn load(folder: &Path, paths: [&str; 4]) -> Result<(Split, Split), DataError> {
    let changed = || DataError::Changed(folder.to_owned());
    let loaded = std::panic::catch_unwind(|| {
        MnistBuilder::new()
            .label_format_digit()
            .base_path("")
            .training_images_filename(paths[0])
            .training_labels_filename(paths[1])
            .test_images_filename(paths[2])
            .test_labels_filename(paths[3])
            .training_set_length(FILES[0].header.samples)
            .validation_set_length(0)
            .test_set_length(FILES[2].header.samples)
            .finalize()
    });
    let Mnist { mut trn_img, trn_lbl, tst_img, tst_lbl, .. } = loaded.map_err(|_| changed())?;
    // It held both splits meanwhile.
    trn_img.shrink_to_fit();
    let split = |images, labels| Split::new(SHAPE, CLASSES, images, labels).map_err(|_| changed());
    Ok((split(trn_img, trn_lbl)?, split(tst_img, tst_lbl)?))
}
