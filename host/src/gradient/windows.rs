//! The windows of a convolution or pooling as a list of places, so that any stride and padding is one way of reading.

use candle_core::{Device, Result, Tensor};
use tinyevo_core::layers::{Padding, Window};
use tinyevo_core::network::Stage;

/// Candle reads zeros there, and passes no derivative on.
const NOWHERE: u32 = u32::MAX;

/// What a window reads where it reaches past the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// Zeros, as a convolution does.
    Zero,
    /// The closest place inside, which the window has too: the largest value stays the same.
    Closest,
}

/// The places that windows read.
#[derive(Debug)]
pub(super) struct Windows {
    /// Window after window, the places of each in the order of a kernel.
    places: Tensor,
    /// Number of windows.
    count: usize,
    /// Number of places of each.
    area: usize,
}

impl Windows {
    /// The windows of a layer.
    pub(super) fn new(window: Window, stage: &Stage, past: Past) -> Result<Self> {
        let Window { size, stride, padding } = window;
        let (input, output) = (stage.input, stage.output);
        let side =
            |size, stride, inputs, outputs| Side { size, stride, inputs, outputs, padding, past };
        let rows = side(size.height, stride.height, input.height, output.height).windows();
        let columns = side(size.width, stride.width, input.width, output.width).windows();
        let mut places = Vec::new();
        for down in &rows {
            for right in &columns {
                for row in down {
                    places.extend(right.iter().map(|column| match (row, column) {
                        (Some(row), Some(column)) => (row * input.width + column) as u32,
                        _ => NOWHERE,
                    }));
                }
            }
        }
        let (count, area) = (rows.len() * columns.len(), size.height * size.width);
        let places = Tensor::from_vec(places, count * area, &Device::Cpu)?;
        Ok(Self { places, count, area })
    }

    /// What the windows read of values `[samples][places][channels]`: `[samples][windows][area][channels]`.
    pub(super) fn read(&self, values: &Tensor) -> Result<Tensor> {
        let (samples, _, channels) = values.dims3()?;
        let read = values.contiguous()?.index_select(&self.places, 1)?;
        read.reshape((samples, self.count, self.area, channels))
    }
}

/// A window's move along one side of its input.
struct Side {
    size: usize,
    stride: usize,
    inputs: usize,
    outputs: usize,
    padding: Padding,
    past: Past,
}

impl Side {
    /// The indices that each window reads; none past the border.
    fn windows(&self) -> Vec<Vec<Option<usize>>> {
        let Self { size, stride, inputs, outputs, padding, past } = *self;
        let before = match padding {
            Padding::Valid => 0,
            // Half of what is missing, rounded down, as in Keras.
            Padding::Same => ((outputs - 1) * stride + size).saturating_sub(inputs) / 2,
        };
        let index = |output: usize, place: usize| {
            let index = output * stride + place;
            match past {
                Past::Zero => index.checked_sub(before).filter(|index| *index < inputs),
                Past::Closest => Some(index.saturating_sub(before).min(inputs - 1)),
            }
        };
        (0..outputs).map(|output| (0..size).map(|place| index(output, place)).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_past_the_border_read_nothing_or_the_closest_place() {
        // 5 inputs, windows of 3 that move by 2: outputs 3, padding 1 before (core/src/layers/window.rs has it from Keras).
        let side =
            |past| Side { size: 3, stride: 2, inputs: 5, outputs: 3, padding: Padding::Same, past };
        let some = |indices: [usize; 3]| indices.map(Some).to_vec();
        assert_eq!(
            side(Past::Zero).windows(),
            [vec![None, Some(0), Some(1)], some([1, 2, 3]), vec![Some(3), Some(4), None]]
        );
        assert_eq!(side(Past::Closest).windows(), [[0, 0, 1], [1, 2, 3], [3, 4, 4]].map(some));
        let valid = Side { padding: Padding::Valid, outputs: 2, ..side(Past::Zero) };
        assert_eq!(valid.windows(), [[0, 1, 2], [2, 3, 4]].map(some));
    }
}
