//! The values of a sample: floats as they are, or pixels of 8 bits.

/// A value of a sample: an `f32` as it is, or a `u8` pixel, which counts as itself divided by 255.
pub trait Feature: Copy {
    /// The value 0.
    const ZERO: Self;

    /// The value as the network sees it.
    fn value(self) -> f32;
}

impl Feature for f32 {
    const ZERO: Self = 0.0;

    #[inline(always)]
    fn value(self) -> f32 {
        self
    }
}

impl Feature for u8 {
    const ZERO: Self = 0;

    #[inline(always)]
    fn value(self) -> f32 {
        f32::from(self) / 255.0
    }
}
