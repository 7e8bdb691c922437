//! The built-in data set: handwritten digits the program draws itself.
//!
//! A stand-in for MNIST (LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
//! document recognition", 1998) that needs neither a network nor files: same image size, grey
//! levels, ink statistics and, by calibration, about the same difficulty. This file owns the
//! interface: which label an image has, and drawing it. An image passes through
//!
//! 1. `strokes`: the skeletons of the ten digits, several ways of writing each;
//! 2. `shape`: one hand's version of a skeleton as a pen trajectory;
//! 3. `render`: the trajectory inked, size-normalised and centred by its mass;
//!
//! with `random` supplying each image's own random numbers. Every step uses only operations that
//! IEEE 754 defines exactly (`+ - * /` and square root) in a fixed order, so an image has the same
//! bits on every CPU, in whatever order or on however many threads images are drawn.

mod random;
mod render;
mod shape;
mod strokes;
#[cfg(test)]
mod tests;

use random::Random;

/// Width and height of an image in pixels.
pub const SIDE: usize = 28;
/// Number of pixels of an image.
pub const PIXELS: usize = SIDE * SIDE;
/// Number of classes.
const CLASSES: u32 = 10;

/// Draws digit `label` (0..=9) as image number `index` of stream `stream` (0 = training, 1 = test)
/// of the data set with `seed`, row by row from the top, 0 = background and 255 = ink.
///
/// A pure function of its arguments.
///
/// # Panics
///
/// When `label` is above 9.
#[must_use]
pub fn draw(seed: u64, stream: u32, index: u32, label: u8) -> [u8; PIXELS] {
    let mut random = Random::new(random::Purpose::Image, seed, stream, index);
    let ink = shape::write(&strokes::DIGITS[usize::from(label)], &mut random);
    render::render(&ink)
}

/// The label of image `index` of stream `stream` of the data set with `seed`: each of the ten
/// digits with the same probability, independently of all other images.
///
/// A pure function of its arguments.
#[must_use]
pub fn label(seed: u64, stream: u32, index: u32) -> u8 {
    Random::new(random::Purpose::Label, seed, stream, index).below(CLASSES) as u8
}
