//! Errors of turning a picture into a sample.

use image::ImageError;
use std::io;

/// The reason why a picture is no sample for a network.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file is no PNG and no JPEG.
    #[error("neither a PNG nor a JPEG file")]
    Format,
    /// The file is damaged, or larger than a picture may be.
    #[error("{0}")]
    Decode(ImageError),
    /// The picture has more pixels than are taken.
    #[error("has {width}x{height} pixels, more than a picture may have\n  make it smaller")]
    TooLarge {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Exact pixels were asked for, and the picture has another size.
    #[error(
        "has {}x{} pixels, and the network takes {}x{}; without --raw a picture of any size is taken",
        .got.0, .got.1, .expected.0, .expected.1
    )]
    Size {
        /// Columns and rows that the network takes.
        expected: (usize, usize),
        /// Columns and rows of the picture.
        got: (usize, usize),
    },
    /// All pixels are about as bright as the border: there is nothing on it.
    #[error("shows nothing: all of it is about as bright as its border")]
    Blank,
    /// The network takes no pictures.
    #[error("the network takes samples of {0}x{1}x{2}, which are no pictures of 1 or 3 channels")]
    NoPictures(usize, usize, usize),
}
