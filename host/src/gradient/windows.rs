//! The windows of a convolution or pooling as a list of places, so that any stride and padding is one way of reading.

use candle_core::{Device, Result, Tensor};
use tinyevo_core::layers::Window;
use tinyevo_core::network::Stage;

/// Candle reads zeros there, and passes no derivative on.
const NOWHERE: u32 = u32::MAX;

/// What a window reads where it reaches past the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// Zeros, as a convolution does.
    Zero,
    /// The first place inside: the largest value stays the same.
    Inside,
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
        let (input, output, size) = (stage.input, stage.output, window.size);
        let (count, area) = (output.height * output.width, size.height * size.width);
        let mut places = Vec::with_capacity(count * area);
        for window_at in grid(output.height, output.width) {
            let place = |at| {
                let (row, column) = window.input_at(input, window_at, at)?;
                Some((row * input.width + column) as u32)
            };
            let own: Vec<_> = grid(size.height, size.width).map(place).collect();
            let outside = match past {
                Past::Zero => NOWHERE,
                Past::Inside => own.iter().flatten().next().copied().unwrap_or(NOWHERE),
            };
            places.extend(own.iter().map(|place| place.unwrap_or(outside)));
        }
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

/// Rows and columns, row after row.
fn grid(height: usize, width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..height).flat_map(move |row| (0..width).map(move |column| (row, column)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinyevo_core::layers::{Extent, Layer, MaxPool2d, Padding};
    use tinyevo_core::network::Network;
    use tinyevo_core::shape::Shape;

    #[test]
    fn windows_past_the_border_read_nothing_or_a_place_inside() {
        // One row of 5 inputs, windows of 3 that move by 2: outputs 3, padding 1 before (core/src/layers/window.rs has it
        // from Keras).
        let (size, stride) = (Extent { height: 1, width: 3 }, Extent { height: 1, width: 2 });
        let read = |padding, past| {
            let window = Window { size, stride, padding };
            let input = Shape { height: 1, width: 5, channels: 1 };
            let network = Network::new(input, &[Layer::MaxPool2d(MaxPool2d { window })]).unwrap();
            let windows = Windows::new(window, &network.stages()[0], past).unwrap();
            windows.places.to_vec1::<u32>().unwrap()
        };
        assert_eq!(read(Padding::Same, Past::Zero), [NOWHERE, 0, 1, 1, 2, 3, 3, 4, NOWHERE]);
        assert_eq!(read(Padding::Same, Past::Inside), [0, 0, 1, 1, 2, 3, 3, 4, 3]);
        assert_eq!(read(Padding::Valid, Past::Zero), [0, 1, 2, 2, 3, 4]);
    }
}
