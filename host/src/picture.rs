//! Pictures as samples of a network: PNG and JPEG files of any size, dark on light or light on dark.
//!
//! A network of one channel gets a picture as MNIST has them (`centre`): ink is bright on a black ground, fills 20 of 28 rows
//! or columns and has its centre of mass in the middle. A network of three channels gets all of the picture in its size.
//! A picture that has the size of a sample is taken pixel by pixel.

mod centre;
pub mod error;
mod scale;

pub use error::PictureError;

use image::imageops;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Rgb, RgbImage, RgbaImage};
use scale::scaled;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};
use std::path::Path;
use tinyevo_core::shape::Shape;

/// How a picture becomes a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Made bright on dark, scaled and centred where that is needed.
    Fitted,
    /// Pixel by pixel; the picture must have the size of a sample.
    Exact,
}

/// The most of the border that is taken as ink without a note: nearly three times what any of MNIST's test images has, 3.6 %
/// (`tests/predict.rs`).
const MOST_BORDER: f32 = 0.1;

/// A picture as a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Bytes, row by row with the channels together.
    pub pixels: Vec<u8>,
    /// Where the ink was scaled and centred: the share of the picture's border that was taken as ink, 0 to 1. Of ink on a plain
    /// ground it is near 0.
    pub border: Option<f32>,
}

impl Sample {
    /// Why it may be something else than the network knows: the ground is not plain, so ink and ground were not told apart.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let border = self.border.filter(|border| *border > MOST_BORDER)?;
        Some(format!(
            "{:.0} % of the border differ from its ground and were taken as ink: is this ink on a plain ground?",
            100.0 * border
        ))
    }
}

/// The most bytes of the pixels of a picture: 64 million of three channels.
const MOST_BYTES: u64 = 192_000_000;

/// The sample of a PNG or JPEG file.
///
/// # Errors
/// The file cannot be read, or [`sample`] refuses it.
pub fn read(path: &Path, shape: Shape, taken: Taken) -> Result<Sample, PictureError> {
    // Not by its name: what it is, its first bytes say.
    let reader = ImageReader::new(BufReader::new(File::open(path)?));
    sample(&decoded(reader)?, shape, taken)
}

/// As [`read`], of the bytes of a file. Never panics.
///
/// # Errors
/// As [`read`].
pub fn parse(bytes: &[u8], shape: Shape, taken: Taken) -> Result<Sample, PictureError> {
    sample(&decoded(ImageReader::new(Cursor::new(bytes)))?, shape, taken)
}

/// The picture of the bytes of a PNG or JPEG file, turned as its camera says.
fn decoded(reader: ImageReader<impl BufRead + Seek>) -> Result<DynamicImage, PictureError> {
    let failed = |error| match error {
        ImageError::Unsupported(_) => PictureError::Format,
        ImageError::IoError(error) => PictureError::Io(error),
        other => PictureError::Decode(other),
    };
    let mut decoder = reader.with_guessed_format()?.into_decoder().map_err(failed)?;
    // A file of a few bytes can promise any size, and the decoder would take the memory for it.
    if decoder.total_bytes() > MOST_BYTES {
        let (width, height) = decoder.dimensions();
        return Err(PictureError::TooLarge { width, height });
    }
    let orientation = decoder.orientation().map_err(failed)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// The sample of a picture, for a network whose input has this shape: of 1 or 3 channels, or a vector whose length is that of a
/// square.
///
/// # Errors
/// The network takes no pictures; an exact one has another size; nothing is on it.
pub fn sample(picture: &DynamicImage, shape: Shape, taken: Taken) -> Result<Sample, PictureError> {
    let plain = |pixels| Sample { pixels, border: None };
    let Shape { height, width, channels } = shape;
    let side = height.saturating_mul(width).saturating_mul(channels).isqrt();
    let (height, width, channels) = match channels {
        1 | 3 if height > 1 && width > 1 => (height, width, channels),
        _ if height == 1 && width == 1 && side > 1 && side * side == channels => (side, side, 1),
        _ => return Err(PictureError::NoPictures(height, width, channels)),
    };
    let got = (picture.width() as usize, picture.height() as usize);
    let exact = got == (width, height);
    if taken == Taken::Exact && !exact {
        return Err(PictureError::Size { expected: (width, height), got });
    }
    let colours = opaque(&picture.to_rgba8());
    if channels == 3 {
        let sized = if exact { colours } else { scaled(&colours, width, height) };
        return Ok(plain(sized.into_raw()));
    }
    let mut grey = imageops::grayscale(&colours);
    if taken == Taken::Exact {
        return Ok(plain(grey.into_raw()));
    }
    if exact {
        if centre::ground(&grey) > 127 {
            imageops::invert(&mut grey);
        }
        return Ok(plain(grey.into_raw()));
    }
    let (sample, border) = centre::centred(grey, width, height)?;
    Ok(Sample { pixels: sample.into_raw(), border: Some(border) })
}

/// The picture on a ground where it is transparent: white, or black if what is on it is bright.
fn opaque(picture: &RgbaImage) -> RgbImage {
    let visible = || picture.pixels().filter(|pixel| pixel.0[3] > 127);
    let light: u64 =
        visible().map(|pixel| pixel.0[..3].iter().map(|part| u64::from(*part)).sum::<u64>()).sum();
    let is_bright = light > 3 * 127 * visible().count() as u64;
    let ground = if is_bright { 0 } else { 255 };
    let mut colours = RgbImage::new(picture.width(), picture.height());
    for (to, from) in colours.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        let blended = |part: u32| ((part * alpha + ground * (255 - alpha) + 127) / 255) as u8;
        *to = Rgb([red, green, blue].map(blended));
    }
    colours
}

#[cfg(test)]
mod tests;
