//! Random distortion of one image: an affine map and a smooth field of displacements, by bilinear
//! interpolation (Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks
//! applied to visual document analysis"). It depends on the image and a key alone.

use super::reserved;
use crate::config::Distortion;
use crate::error::Error;
use tinyevo_core::rng::derive;
use tinyevo_core::shape::Shape;

/// Number of displacement fields, one of which an image gets.
const FIELDS: usize = 256;

/// Signs that a value of a field reaches to each side.
const REACH: usize = 12;

/// Keeps the words of fields apart from those of all other purposes.
const PURPOSE: u64 = 0x6469_7370_6c61_6365;

/// Distorts images of one shape and one channel.
#[derive(Debug)]
pub(super) struct Warp {
    settings: Distortion,
    height: usize,
    width: usize,
    /// For each field the displacements to the right, then those down; none without elastic distortion.
    fields: Vec<f32>,
}

impl Warp {
    /// Draws the fields, which depend on the seed alone. They take 2 KB for each pixel of an image.
    pub(super) fn new(settings: Distortion, shape: Shape, seed: u64) -> Result<Self, Error> {
        let Shape { height, width, .. } = shape;
        let axes = if settings.elastic > 0.0 { 2 * FIELDS } else { 0 };
        let mut fields = reserved(axes.saturating_mul(height * width))?;
        let seed = derive(seed, PURPOSE);
        let (mut signs, mut rows) = (Vec::new(), Vec::new());
        for (axis, field) in (0..).zip(fields.chunks_exact_mut((height * width).max(1))) {
            draw_signs(derive(seed, axis), (height + 2 * REACH) * (width + 2 * REACH), &mut signs);
            blur(&signs, width, &mut rows, field);
        }
        Ok(Self { settings, height, width, fields })
    }

    /// Number of bytes of the image with a margin of one pixel.
    pub(super) const fn margin_length(&self) -> usize {
        (self.height + 2) * (self.width + 2)
    }

    /// The distorted image of a key. `margin` is working memory of [`margin_length`](Self::margin_length)
    /// bytes, whose outermost pixels are 0.
    #[inline(always)]
    pub(super) fn distort(&self, image: &[u8], key: u64, margin: &mut [u8], out: &mut [u8]) {
        let Self { height, width, .. } = *self;
        let inner = margin[width + 2..].chunks_exact_mut(width + 2);
        for (row, source) in inner.zip(image.chunks_exact(width)) {
            row[1..=width].copy_from_slice(source);
        }
        let map = self.map(key);
        let (right, down) = self.field(derive(key, 2));
        let elastic =
            if derive(key, 2) >> 63 == 0 { self.settings.elastic } else { -self.settings.elastic };
        let (centre_x, centre_y) = (0.5 * (width as f32 - 1.0), 0.5 * (height as f32 - 1.0));
        for (y, row) in out.chunks_exact_mut(width).enumerate() {
            let down_of_centre = y as f32 - centre_y;
            let [mut right, mut down] = [right, down].map(|field| field.iter().skip(y * width));
            for (x, pixel) in row.iter_mut().enumerate() {
                let right_of_centre = x as f32 - centre_x;
                let moved = [&mut right, &mut down].map(|field| match field.next() {
                    Some(displacement) => elastic * displacement,
                    None => 0.0,
                });
                // The margin makes 1 more of each.
                let from_x = map[0] * right_of_centre + map[1] * down_of_centre + (centre_x + 1.0);
                let from_y = map[2] * right_of_centre + map[3] * down_of_centre + (centre_y + 1.0);
                *pixel = between(margin, (width, height), from_x + moved[0], from_y + moved[1]);
            }
        }
    }

    /// From where in the image a pixel comes: the matrix, row by row, of a random rotation, shear and scale.
    #[inline(always)]
    fn map(&self, key: u64) -> [f32; 4] {
        let Distortion { rotation, scale, shear, .. } = self.settings;
        let (first, second) = (derive(key, 0), derive(key, 1));
        let angle = rotation * signed(first);
        let shear = shear * signed(first >> 32);
        let (scale_x, scale_y) = (1.0 + scale * signed(second), 1.0 + scale * signed(second >> 32));
        // The series of sine and cosine, off by less than 0.0003 up to half a radian.
        let square = angle * angle;
        let sine = angle * (1.0 - square / 6.0);
        let cosine = 1.0 - square * (0.5 - square / 24.0);
        [
            cosine * scale_x,
            (cosine * shear - sine) * scale_y,
            sine * scale_x,
            (sine * shear + cosine) * scale_y,
        ]
    }

    /// The displacements of a random field to the right and down, in units of their standard deviation.
    #[inline(always)]
    fn field(&self, word: u64) -> (&[f32], &[f32]) {
        let features = self.height * self.width;
        let first = word as usize % FIELDS * 2 * features;
        let field = self.fields.get(first..first + 2 * features).unwrap_or_default();
        field.split_at(field.len() / 2)
    }
}

/// The lower 32 bits as a number from -1 up to 1, a multiple of 2^-23.
#[inline(always)]
const fn signed(word: u64) -> f32 {
    ((word as u32) >> 8) as f32 * (1.0 / 8_388_608.0) - 1.0
}

/// The image at a place between pixels; the margin around it is 0, and so is all outside.
#[inline(always)]
fn between(margin: &[u8], (width, height): (usize, usize), x: f32, y: f32) -> u8 {
    let (x, y) = (x.clamp(0.0, (width + 1) as f32), y.clamp(0.0, (height + 1) as f32));
    let (left, top) = ((x as usize).min(width), (y as usize).min(height));
    let (to_right, to_bottom) = (x - left as f32, y - top as f32);
    let place = top * (width + 2) + left;
    let pixel = |place: usize| f32::from(margin[place]);
    let row = |place| pixel(place) * (1.0 - to_right) + pixel(place + 1) * to_right;
    let value = row(place) * (1.0 - to_bottom) + row(place + width + 2) * to_bottom;
    (value + 0.5) as u8
}

/// Random signs, by the bits of the words of a seed.
fn draw_signs(seed: u64, count: usize, signs: &mut Vec<f32>) {
    signs.clear();
    let words = (0..).map(|index| derive(seed, index));
    let bits = words.flat_map(|word| (0..64).map(move |bit| word >> bit & 1));
    signs.extend(bits.map(|bit| if bit == 0 { -1.0 } else { 1.0 }).take(count));
}

/// Blurs signs, whose grid is larger than the field by [`REACH`] on each side, to a field of unit variance.
fn blur(signs: &[f32], width: usize, rows: &mut Vec<f32>, field: &mut [f32]) {
    let kernel = kernel();
    let scale = 1.0 / kernel.iter().map(|weight| weight * weight).sum::<f32>();
    rows.clear();
    for line in signs.chunks_exact(width + 2 * REACH) {
        let first = rows.len();
        rows.resize(first + width, 0.0);
        for (weight, line) in kernel.iter().zip(line.windows(width)) {
            add(weight * scale, line, &mut rows[first..]);
        }
    }
    for (y, out) in field.chunks_exact_mut(width).enumerate() {
        out.fill(0.0);
        for (weight, line) in kernel.iter().zip(rows[y * width..].chunks_exact(width)) {
            add(*weight, line, out);
        }
    }
}

/// Adds a multiple of a row.
fn add(weight: f32, row: &[f32], out: &mut [f32]) {
    for (out, value) in out.iter_mut().zip(row) {
        *out += weight * value;
    }
}

/// The binomial kernel of 64 steps, nearly a Gaussian of standard deviation 4, to three of these; the centre is 1.
fn kernel() -> [f32; 2 * REACH + 1] {
    let mut kernel = [1.0; 2 * REACH + 1];
    let mut weight = 1.0;
    for step in 0..REACH {
        weight *= (32 - step) as f32 / (33 + step) as f32;
        kernel[REACH - 1 - step] = weight;
        kernel[REACH + 1 + step] = weight;
    }
    kernel
}

#[cfg(test)]
mod tests;
