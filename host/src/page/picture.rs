//! Small pictures as PNG, in data addresses that stand in the page.

use crate::error::Error;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tinyevo_core::shape::Shape;

/// Steps of a colour between nothing and the largest weight.
const STEPS: usize = 7;
/// The colours of weights above and below 0, which can be told apart on white and on black.
const POSITIVE: [u8; 3] = [0x2f, 0x7a, 0xc9];
const NEGATIVE: [u8; 3] = [0xd5, 0x6a, 0x1e];

/// Bytes in base64.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// An image of bytes: grey for one channel, red, green and blue for three, else the first one in grey.
///
/// # Errors
/// Never in practice: the picture is made in memory.
pub(super) fn grey(pixels: &[u8], shape: Shape) -> Result<String, Error> {
    let Shape { height, width, channels } = shape;
    let (colour, bytes) = match channels {
        3 => (png::ColorType::Rgb, pixels.to_vec()),
        _ => {
            let first = pixels.iter().step_by(channels.max(1)).copied().collect();
            (png::ColorType::Grayscale, first)
        }
    };
    address((width, height), &bytes, |encoder| encoder.set_color(colour))
}

/// Signed weights: rows of pictures of `shape`, with an empty pixel around each.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    /// The picture as a data address.
    pub(super) address: String,
    /// Its size in pixels.
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Draws pictures of signed weights side by side, `columns` in a row. Each has `rows` times `line` weights; the colour of a weight
/// is as strong as its share of `largest`, and transparent at 0, so that they suit any background.
///
/// # Errors
/// Never in practice: the picture is made in memory.
pub(super) fn weights(
    pictures: &[Vec<f32>],
    (rows, line): (usize, usize),
    columns: usize,
    largest: f32,
) -> Result<Sheet, Error> {
    let lines = pictures.len().div_ceil(columns.max(1));
    let (width, height) = (columns * (line + 1) + 1, lines * (rows + 1) + 1);
    let mut pixels = vec![STEPS as u8; width * height];
    for (number, picture) in pictures.iter().enumerate() {
        let (top, left) = (number / columns * (rows + 1) + 1, number % columns * (line + 1) + 1);
        for (y, row) in picture.chunks(line.max(1)).enumerate() {
            for (x, weight) in row.iter().enumerate() {
                pixels[(top + y) * width + left + x] = step(*weight, largest);
            }
        }
    }
    // Four bits a pixel: two in a byte, each row from a byte of its own.
    let pack = |row: &[u8]| -> Vec<u8> {
        row.chunks(2).map(|two| two[0] << 4 | two.get(1).copied().unwrap_or(0)).collect()
    };
    let packed: Vec<u8> = pixels.chunks(width).flat_map(pack).collect();
    let (palette, alpha) = palette();
    let address = address((width, height), &packed, |encoder| {
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Four);
        encoder.set_palette(palette);
        encoder.set_trns(alpha);
    })?;
    Ok(Sheet { address, width, height })
}

/// The index of a weight's colour: [`STEPS`] for 0, one less or more for each step.
fn step(weight: f32, largest: f32) -> u8 {
    let steps = STEPS as f32;
    let share = if largest > 0.0 { weight / largest } else { 0.0 };
    (steps + (share * steps).round().clamp(-steps, steps)) as u8
}

/// Red, green and blue of each index, and how opaque it is.
fn palette() -> (Vec<u8>, Vec<u8>) {
    let indices = 0..=2 * STEPS;
    let colour = |index: usize| if index < STEPS { NEGATIVE } else { POSITIVE };
    let alpha = |index: usize| (index.abs_diff(STEPS) * 255 / STEPS) as u8;
    (indices.clone().flat_map(colour).collect(), indices.map(alpha).collect())
}

/// A PNG of these bytes as a data address.
fn address(
    (width, height): (usize, usize),
    bytes: &[u8],
    set: impl FnOnce(&mut png::Encoder<'_, &mut Vec<u8>>),
) -> Result<String, Error> {
    let failed =
        |error: png::EncodingError| Error::Internal(format!("could not draw a picture: {error}"));
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    set(&mut encoder);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(bytes).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(format!("data:image/png;base64,{}", base64(&file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Width, height and pixels as red, green, blue and alpha, or grey.
    fn decoded(address: &str) -> (u32, u32, Vec<u8>) {
        let bytes =
            STANDARD.decode(address.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        pixels.truncate(info.buffer_size());
        (info.width, info.height, pixels)
    }

    #[test]
    fn an_image_keeps_its_pixels() {
        let shape = |channels| Shape { height: 2, width: 3, channels };
        let pixels: Vec<u8> = (0..18).map(|pixel| pixel * 14).collect();
        assert_eq!(decoded(&grey(&pixels[..6], shape(1)).unwrap()), (3, 2, pixels[..6].to_vec()));
        assert_eq!(decoded(&grey(&pixels, shape(3)).unwrap()), (3, 2, pixels.clone()));
        let first: Vec<u8> = pixels[..12].iter().step_by(2).copied().collect();
        assert_eq!(decoded(&grey(&pixels[..12], shape(2)).unwrap()).2, first);
    }

    #[test]
    fn weights_are_blue_or_orange_and_clear_at_zero() {
        let sheet = weights(&[vec![1.0, -1.0], vec![0.0, 0.5]], (1, 2), 2, 1.0).unwrap();
        assert_eq!((sheet.width, sheet.height), (7, 3));
        let (width, height, pixels) = decoded(&sheet.address);
        assert_eq!((width, height), (7, 3));
        let at = |x: usize| &pixels[4 * (7 + x)..][..4];
        assert_eq!(at(1), [&POSITIVE[..], &[255]].concat());
        assert_eq!(at(2), [&NEGATIVE[..], &[255]].concat());
        assert_eq!([0, 3, 4].map(|x| at(x)[3]), [0; 3]);
        assert_eq!(at(5), [&POSITIVE[..], &[145]].concat());
        assert!(weights(&[vec![f32::NAN]], (1, 1), 1, 0.0).is_ok());
    }
}
