//! The shape of a sample, and of the values between layers.

/// The shape of a layer's input or output, channels last as in Keras.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels: values at each row and column.
    pub channels: usize,
}

impl Shape {
    /// A vector of `elements` values.
    #[must_use]
    pub const fn flat(elements: usize) -> Self {
        Self { height: 1, width: 1, channels: elements }
    }

    /// Number of values; saturating.
    #[must_use]
    pub const fn elements(self) -> usize {
        self.height.saturating_mul(self.width).saturating_mul(self.channels)
    }
}
