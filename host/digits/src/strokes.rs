//! The skeletons of the ten digits: for each digit the ways people write it, each as pen strokes.
//! The strokes themselves are in `skeletons`.

// Tables of coordinates, which rustfmt would stretch to a line a knot.
#[rustfmt::skip]
mod skeletons;

use skeletons::{EIGHT, FIVE, FOUR, NINE, ONE, SEVEN, SIX, THREE, TWO, ZERO};

/// A point of a skeleton (x, y).
pub(super) type Knot = (i16, i16);

/// One movement of the pen from touching the paper to leaving it: a smooth curve through its
/// knots, with a corner at a knot that is given twice in a row.
///
/// The stroke has two forms with the same number of knots, and a hand writes something between
/// them, which makes a variant a continuum rather than a stencil.
#[derive(Debug)]
pub(super) struct Stroke {
    /// One extreme form.
    pub(super) from: &'static [Knot],
    /// The other one.
    pub(super) to: &'static [Knot],
}

/// One way of writing a digit.
#[derive(Debug)]
pub(super) struct Variant {
    /// How common it is relative to the digit's other variants.
    pub(super) weight: u32,
    /// Its strokes.
    pub(super) strokes: &'static [Stroke],
}

/// A digit and the habits of writing it, which were fitted to the class means of MNIST.
#[derive(Debug)]
pub(super) struct Digit {
    /// The ways of writing it.
    pub(super) variants: &'static [Variant],
    /// Mean slant to the right, as the tangent of its angle.
    pub(super) slant: f32,
    /// Mean factor of its width.
    pub(super) width: f32,
    /// Pen width relative to the mean of all digits.
    pub(super) pen: f32,
}

/// The ten digits.
pub(super) static DIGITS: [Digit; 10] = [
    digit(ZERO, 0.23, 1.16, 1.15),
    digit(ONE, 0.25, 1.1, 1.03),
    digit(TWO, 0.12, 1.33, 1.06),
    digit(THREE, 0.03, 1.17, 1.05),
    digit(FOUR, 0.19, 1.34, 0.95),
    digit(FIVE, 0.02, 1.34, 1.06),
    digit(SIX, 0.0, 1.28, 0.99),
    digit(SEVEN, 0.11, 1.23, 1.04),
    digit(EIGHT, 0.11, 1.16, 0.94),
    digit(NINE, 0.09, 1.18, 0.91),
];

/// A digit with its slant, width and pen width.
const fn digit(variants: &'static [Variant], slant: f32, width: f32, pen: f32) -> Digit {
    Digit { variants, slant, width, pen }
}

/// A stroke between the forms `from` and `to`.
const fn stroke(from: &'static [Knot], to: &'static [Knot]) -> Stroke {
    Stroke { from, to }
}

/// A variant of the given weight.
const fn variant(weight: u32, strokes: &'static [Stroke]) -> Variant {
    Variant { weight, strokes }
}
