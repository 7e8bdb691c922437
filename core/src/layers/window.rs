//! Windows that move over rows and columns: what convolution and pooling share.
//!
//! Sizes and padding are those of Keras. With `valid` padding a window lies inside its input: there are
//! `(input - size) / stride + 1` outputs, rounded down. With `same` padding there are `input / stride` outputs, rounded up, and half of
//! what is missing, rounded down, lies before the input. Nothing is copied for the padding: a window is clipped.

use crate::shape::Shape;
use core::ops::Range;

/// Where windows may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Inside the input.
    Valid,
    /// Also past its border, so that the output is as large as the input for a stride of 1.
    Same,
}

/// Rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Extent {
    /// As many rows as columns.
    #[must_use]
    pub const fn square(size: usize) -> Self {
        Self { height: size, width: size }
    }
}

/// A window that moves over its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Rows and columns of the window, 1 or more.
    pub size: Extent,
    /// Rows and columns from one window to the next, 1 or more.
    pub stride: Extent,
    /// Where windows may lie.
    pub padding: Padding,
}

/// A window's move along one side of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) size: usize,
    pub(crate) stride: usize,
    /// Number of inputs.
    pub(crate) inputs: usize,
    /// Number of outputs.
    pub(crate) outputs: usize,
    /// How far the first window reaches past the border.
    before: usize,
}

/// Outputs, one after another, that read the input at some place of their window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first_output: usize,
    pub(crate) outputs: usize,
    /// What the first of them reads.
    pub(crate) first_input: usize,
}

impl Side {
    /// No window, of no input.
    pub(crate) const fn none() -> Self {
        Self { size: 0, stride: 1, inputs: 0, outputs: 0, before: 0 }
    }

    /// One window that covers all inputs.
    pub(crate) const fn whole_of(inputs: usize) -> Self {
        Self { size: inputs, stride: 1, inputs, outputs: 1, before: 0 }
    }

    /// `None` where no window fits or a number is 0.
    const fn new(size: usize, stride: usize, inputs: usize, padding: Padding) -> Option<Self> {
        let Some(last) = stride.checked_sub(1) else { return None };
        if size == 0 || inputs == 0 {
            return None;
        }
        let (outputs, before) = match padding {
            Padding::Valid => match inputs.checked_sub(size) {
                // The divisor is not 0.
                Some(rest) => (quotient(rest, stride).saturating_add(1), 0),
                None => return None,
            },
            Padding::Same => {
                let outputs = quotient(inputs.saturating_add(last), stride);
                let reach = outputs.saturating_sub(1).saturating_mul(stride).saturating_add(size);
                (outputs, reach.saturating_sub(inputs) / 2)
            }
        };
        Some(Self { size, stride, inputs, outputs, before })
    }

    /// The places of window `output` that lie inside the input, and the index of the input at the first of them.
    #[inline(always)]
    pub(crate) const fn clip(&self, output: usize) -> (Range<usize>, usize) {
        let start = output.saturating_mul(self.stride);
        let first = self.before.saturating_sub(start);
        let inside = self.inputs.saturating_add(self.before).saturating_sub(start);
        let end = if inside < self.size { inside } else { self.size };
        (first..end, start.saturating_add(first).saturating_sub(self.before))
    }

    /// The index of the input at a place of window `output`; `None` in the padding.
    #[inline(always)]
    pub(crate) const fn input_at(&self, output: usize, place: usize) -> Option<usize> {
        let index = output.wrapping_mul(self.stride).wrapping_add(place).wrapping_sub(self.before);
        if index < self.inputs { Some(index) } else { None }
    }

    /// The outputs whose windows have this place inside the input.
    pub(crate) const fn span(&self, place: usize) -> Span {
        let missing = self.before.saturating_sub(place);
        let first_output =
            quotient(missing.saturating_add(self.stride.saturating_sub(1)), self.stride);
        let first = first_output.saturating_mul(self.stride).saturating_add(place);
        let first_input = first.saturating_sub(self.before);
        let left = self.outputs.saturating_sub(first_output);
        let inside = match self.inputs.checked_sub(first_input) {
            Some(rest) => quotient(rest.saturating_add(self.stride.saturating_sub(1)), self.stride),
            None => 0,
        };
        Span { first_output, outputs: if inside < left { inside } else { left }, first_input }
    }

    /// The outputs whose windows are not clipped.
    pub(crate) const fn whole(&self) -> Range<usize> {
        let stride = if self.stride == 0 { 1 } else { self.stride };
        let first = quotient(self.before.saturating_add(stride.saturating_sub(1)), stride);
        let end = match self.inputs.saturating_add(self.before).checked_sub(self.size) {
            Some(rest) => quotient(rest, stride).saturating_add(1),
            None => 0,
        };
        let end = if end < self.outputs { end } else { self.outputs };
        let first = if first < end { first } else { end };
        first..end
    }

    /// Whether all windows are of this size, and none is clipped.
    pub(crate) const fn is_whole(&self, size: usize) -> bool {
        let whole = self.whole();
        self.size == size && whole.start == 0 && whole.end == self.outputs
    }

    /// The same windows with fewer outputs.
    pub(crate) const fn with_outputs(self, outputs: usize) -> Self {
        Self { outputs: if outputs < self.outputs { outputs } else { self.outputs }, ..self }
    }

    /// Number of inputs, from the first on, that some window reaches.
    pub(crate) const fn reach(&self) -> usize {
        let end = self.outputs.saturating_sub(1).saturating_mul(self.stride);
        let end = end.saturating_add(self.size).saturating_sub(self.before);
        if end < self.inputs { end } else { self.inputs }
    }
}

/// A quotient; of a divisor of 0, which callers exclude, 0.
const fn quotient(number: usize, divisor: usize) -> usize {
    match number.checked_div(divisor) {
        Some(quotient) => quotient,
        None => 0,
    }
}

impl Window {
    /// A square window that moves by its own size: the usual one of pooling.
    #[must_use]
    pub const fn tiles(size: usize) -> Self {
        let size = Extent::square(size);
        Self { size, stride: size, padding: Padding::Valid }
    }

    /// A square window that moves by one: the usual one of convolution.
    #[must_use]
    pub const fn slides(size: usize) -> Self {
        let (size, stride) = (Extent::square(size), Extent::square(1));
        Self { size, stride, padding: Padding::Valid }
    }

    /// The row and column of the input that a place of a window reads: that of row `down` and column `right` of the window
    /// whose output stands in this row and column. `None` in the padding, and where no window fits the input.
    #[must_use]
    pub const fn input_at(
        self,
        input: Shape,
        (row, column): (usize, usize),
        (down, right): (usize, usize),
    ) -> Option<(usize, usize)> {
        let Some((rows, columns)) = self.sides(input) else { return None };
        match (rows.input_at(row, down), columns.input_at(column, right)) {
            (Some(row), Some(column)) => Some((row, column)),
            _ => None,
        }
    }

    /// Its moves along rows and along columns; `None` where no window fits or a number is 0.
    pub(crate) const fn sides(self, input: Shape) -> Option<(Side, Side)> {
        let Self { size, stride, padding } = self;
        let rows = Side::new(size.height, stride.height, input.height, padding);
        let columns = Side::new(size.width, stride.width, input.width, padding);
        match (rows, columns) {
            (Some(rows), Some(columns)) => Some((rows, columns)),
            _ => None,
        }
    }

    /// Number of places of the window; `None` on overflow.
    pub(crate) const fn area(self) -> Option<usize> {
        self.size.height.checked_mul(self.size.width)
    }

    /// The shape of so many output channels.
    pub(crate) const fn output(self, input: Shape, channels: usize) -> Option<Shape> {
        match self.sides(input) {
            Some((rows, columns)) if channels > 0 => {
                Some(Shape { height: rows.outputs, width: columns.outputs, channels })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_keras() {
        // (size, stride, input, padding): outputs and padding before, by keras.src.backend.common's formulas in
        // TensorFlow 2.20: valid floor((i - k) / s) + 1; same ceil(i / s), pad max((o - 1) s + k - i, 0), half before.
        let cases = [
            (5, 1, 28, Padding::Valid, 24, 0),
            (2, 2, 13, Padding::Valid, 6, 0),
            (3, 2, 28, Padding::Valid, 13, 0),
            (5, 1, 28, Padding::Same, 28, 2),
            (3, 2, 28, Padding::Same, 14, 0),
            (3, 2, 5, Padding::Same, 3, 1),
            (4, 1, 5, Padding::Same, 5, 1),
            (2, 3, 7, Padding::Same, 3, 0),
            (9, 1, 3, Padding::Same, 3, 4),
        ];
        for (size, stride, input, padding, outputs, before) in cases {
            let side = Side::new(size, stride, input, padding).unwrap();
            assert_eq!((side.outputs, side.before), (outputs, before), "{size} {stride} {input}");
        }
        assert_eq!(Side::new(5, 1, 4, Padding::Valid), None);
        assert_eq!(Side::new(0, 1, 4, Padding::Same), None);
        assert_eq!(Side::new(1, 0, 4, Padding::Same), None);
        assert_eq!(Side::new(1, 1, 0, Padding::Same), None);
    }

    #[test]
    fn a_place_of_a_window_reads_nothing_in_the_padding() {
        // 5 inputs, windows of 3 that move by 2, padding 1 before: the first reads 0 and 1, the last 3 and 4, as above.
        let (size, stride) = (Extent::square(3), Extent::square(2));
        let window = Window { size, stride, padding: Padding::Same };
        let input = Shape { height: 5, width: 5, channels: 2 };
        let reads = |output| [0, 1, 2].map(|place| window.input_at(input, (1, output), (2, place)));
        assert_eq!(reads(0), [None, Some((3, 0)), Some((3, 1))]);
        assert_eq!(reads(1), [Some((3, 1)), Some((3, 2)), Some((3, 3))]);
        assert_eq!(reads(2), [Some((3, 3)), Some((3, 4)), None]);
        assert_eq!(Window::slides(6).input_at(input, (0, 0), (0, 0)), None);
    }

    #[test]
    fn clipped_windows_cover_what_lies_inside() {
        for padding in [Padding::Valid, Padding::Same] {
            for (size, stride, inputs) in
                [(5, 1, 7), (3, 2, 6), (4, 3, 9), (9, 1, 3), (2, 5, 7), (1, 1, 1), (2, 2, 5)]
            {
                let Some(side) = Side::new(size, stride, inputs, padding) else { continue };
                let mut reach = 0;
                for output in 0..side.outputs {
                    let (taps, first) = side.clip(output);
                    let start = (output * stride) as isize - side.before as isize;
                    let inside =
                        |tap: &usize| (0..inputs as isize).contains(&(start + *tap as isize));
                    let expected: (usize, usize) =
                        ((0..size).find(inside).unwrap(), (0..size).filter(inside).count());
                    assert_eq!((taps.start, taps.len()), expected);
                    assert_eq!(first as isize, start + taps.start as isize);
                    assert_eq!(side.whole().contains(&output), taps.len() == size);
                    reach = reach.max(first + taps.len());
                }
                assert_eq!(side.reach(), reach);
            }
        }
    }
}
