//! Handwritten digits that a program draws itself: a data set without files and without a network.
//!
//! A stand-in for MNIST (LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
//! document recognition", 1998): same image size, grey levels, ink statistics and, by
//! calibration, about the same difficulty. This file owns the interface: which label an image has,
//! and drawing it. An image passes through
//!
//! 1. `strokes`: the skeletons of the ten digits, several ways of writing each;
//! 2. `shape`: one hand's version of a skeleton as a pen trajectory;
//! 3. `render`: the trajectory inked, size-normalised and centred by its mass;
//!
//! with `random` supplying each image's own random numbers. Every step uses only operations that
//! IEEE 754 defines exactly (`+ - * /` and square root) in a fixed order, so an image has the same
//! bits on every CPU, in whatever order or on however many threads images are drawn.
//!
//! The package needs no standard library and no heap: a drawing takes about 3 kB of stack.
//!
//! ```
//! let (seed, stream, index) = (64, 0, 7);
//! let label = tinyevo_digits::label(seed, stream, index);
//! let image = tinyevo_digits::draw(seed, stream, index, label);
//! assert_eq!(image.len(), 28 * 28);
//! ```
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

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
/// Number of classes: the digits 0 to 9.
pub const CLASSES: u8 = 10;

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
    let random = Random::new(random::Purpose::Image, seed, stream, index);
    render::render(&shape::write(&strokes::DIGITS[usize::from(label)], random))
}

/// The label of image `index` of stream `stream` of the data set with `seed`: each of the ten
/// digits with the same probability, independently of all other images.
///
/// A pure function of its arguments.
#[must_use]
pub fn label(seed: u64, stream: u32, index: u32) -> u8 {
    Random::new(random::Purpose::Label, seed, stream, index).below(u32::from(CLASSES)) as u8
}
