//! A picture as MNIST has them (LeCun, Bottou, Bengio and Haffner 1998): ink bright on black, in a box of 20x20 pixels that keeps its
//! aspect ratio, whose centre of mass lies in the middle of 28x28, at pixel 14. Other sizes have the same proportions.

use super::error::PictureError;
use super::scale::scaled;
use image::{GrayImage, imageops};

/// Rows of the box, of 28 rows of a sample.
const BOX: (usize, usize) = (20, 28);

/// A pixel that is this share of the brightest ink, an eighth, is ink.
const SHARE: u16 = 8;

/// The least contrast between ink and ground, in grey levels.
const LEAST_CONTRAST: u8 = 16;

/// The pixels of the border.
fn border(picture: &GrayImage) -> Vec<u8> {
    let (right, bottom) = (picture.width().saturating_sub(1), picture.height().saturating_sub(1));
    let is_border = |x: u32, y: u32| x == 0 || y == 0 || x == right || y == bottom;
    let border = picture.enumerate_pixels().filter(|(x, y, _)| is_border(*x, *y));
    border.map(|(.., pixel)| pixel.0[0]).collect()
}

/// How bright the ground is: the median of the border.
pub(super) fn ground(picture: &GrayImage) -> u8 {
    let mut border = border(picture);
    border.sort_unstable();
    border.get(border.len() / 2).copied().unwrap_or(0)
}

/// The picture in this size, with its ink as MNIST has it; and the share of its border that was taken as ink.
pub(super) fn centred(
    mut picture: GrayImage,
    width: usize,
    height: usize,
) -> Result<(GrayImage, f32), PictureError> {
    let brightest = to_ink(&mut picture);
    if brightest < LEAST_CONTRAST {
        return Err(PictureError::Blank);
    }
    for pixel in picture.pixels_mut() {
        pixel.0[0] = (u16::from(pixel.0[0]) * 255 / u16::from(brightest)) as u8;
    }
    let inked = |pixel: u8| u16::from(pixel) >= 255 / SHARE;
    let places = || picture.enumerate_pixels().filter(|(.., pixel)| inked(pixel.0[0]));
    let border = border(&picture);
    let share = border.iter().filter(|pixel| inked(**pixel)).count() as f32 / border.len() as f32;
    let (mut left, mut right, mut top, mut bottom) = (u32::MAX, 0, u32::MAX, 0);
    for (x, y, _) in places() {
        (left, right) = (left.min(x), right.max(x));
        (top, bottom) = (top.min(y), bottom.max(y));
    }
    let (columns, rows) = (right - left + 1, bottom - top + 1);
    let ink = imageops::crop_imm(&picture, left, top, columns, rows).to_image();
    let (columns, rows) = fitting((columns as usize, rows as usize), (width, height));
    let ink = scaled(&ink, columns, rows);
    // Two dots far apart vanish where the picture becomes small.
    if ink.pixels().all(|pixel| pixel.0[0] == 0) {
        return Err(PictureError::Blank);
    }
    let (x, y) = middle(&ink);
    // Pixel 14 of 28, counted from 0: there the centres of MNIST's test images lie, 14.01 and 13.99 in the mean.
    let start = |side: usize, own: usize, mass: f64| {
        let start = (side as f64 / 2.0 - mass).round();
        start.clamp(0.0, (side - own) as f64) as i64
    };
    let mut sample = GrayImage::new(width as u32, height as u32);
    let (x, y) = (start(width, columns, x), start(height, rows, y));
    imageops::replace(&mut sample, &ink, x, y);
    Ok((sample, share))
}

/// Makes each pixel the amount by which it is darker than a bright ground, or brighter than a dark one; returns the largest.
fn to_ink(picture: &mut GrayImage) -> u8 {
    let ground = ground(picture);
    let mut largest = 0;
    for pixel in picture.pixels_mut() {
        let ink = if ground > 127 {
            ground.saturating_sub(pixel.0[0])
        } else {
            pixel.0[0].saturating_sub(ground)
        };
        pixel.0[0] = ink;
        largest = largest.max(ink);
    }
    largest
}

/// Columns and rows of ink, as large as its box in a sample of this size allows.
fn fitting((columns, rows): (usize, usize), (width, height): (usize, usize)) -> (usize, usize) {
    let side = |side: usize| ((side * BOX.0) as f64 / BOX.1 as f64).round().max(1.0);
    let (most_columns, most_rows) = (side(width), side(height));
    let scale = (most_columns / columns as f64).min(most_rows / rows as f64);
    let scaled = |side: usize, most: f64| (side as f64 * scale).round().clamp(1.0, most) as usize;
    (scaled(columns, most_columns), scaled(rows, most_rows))
}

/// The column and the row of the centre of mass, counted from 0.
fn middle(ink: &GrayImage) -> (f64, f64) {
    let (mut mass, mut x, mut y) = (0.0, 0.0, 0.0);
    for (column, row, pixel) in ink.enumerate_pixels() {
        let own = f64::from(pixel.0[0]);
        mass += own;
        x += own * f64::from(column);
        y += own * f64::from(row);
    }
    (x / mass, y / mass)
}
