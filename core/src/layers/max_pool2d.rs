//! Max pooling, as Keras' `MaxPooling2D`: the largest value of each window, channel by channel.
//!
//! With `same` padding a window is clipped: the padding is never the largest. Pooling starts at minus infinity and
//! compares with `>`, so that a NaN is never the largest.

use super::window::{Side, Window};
use crate::sample::Feature;
use crate::shape::Shape;

/// The largest value of each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool2d {
    /// Size, strides and padding.
    pub window: Window,
}

impl MaxPool2d {
    pub(crate) const fn output(self, input: Shape) -> Option<Shape> {
        self.window.output(input, input.channels)
    }
}

/// Pools one sample. `output` is `[rows][columns][channels]`.
#[cfg_attr(target_os = "none", inline(never))]
pub(crate) fn pool<F: Feature>(
    (rows, columns): (Side, Side),
    channels: usize,
    input: &[F],
    mut output: &mut [f32],
) {
    for y in 0..rows.outputs {
        for x in 0..columns.outputs {
            let all = core::mem::take(&mut output);
            let Some((own, rest)) = all.split_at_mut_checked(channels) else { return };
            output = rest;
            own.fill(f32::NEG_INFINITY);
            let (taps, first_row) = rows.clip(y);
            for (_, row) in taps.zip(first_row..usize::MAX) {
                let (taps, first) = columns.clip(x);
                let place = row.saturating_mul(columns.inputs).saturating_add(first);
                let mut values = input.get(place.saturating_mul(channels)..).unwrap_or(&[]);
                for _ in taps {
                    let (pixel, rest) = values.split_at_checked(channels).unwrap_or((values, &[]));
                    values = rest;
                    largest(pixel, own);
                }
            }
        }
    }
}

/// The larger of each pair of values.
fn largest<F: Feature>(values: &[F], own: &mut [f32]) {
    for (own, &value) in own.iter_mut().zip(values) {
        let value = value.value();
        // Not `f32::max`, which disagrees between CPUs on signed zeros.
        *own = if value > *own { value } else { *own };
    }
}

#[cfg(test)]
mod tests {
    use super::super::window::{Extent, Padding};
    use super::*;

    #[test]
    fn the_largest_of_each_window_and_channel_stays() {
        let input = Shape { height: 2, width: 3, channels: 2 };
        let values = [1.0, -1.0, 2.0, -2.0, 9.0, -9.0, 3.0, -3.0, f32::NAN, -0.5, 8.0, -8.0_f32];
        let mut output = [0.0; 2];
        let sides = Window::tiles(2).sides(input).unwrap();
        pool(sides, 2, &values, &mut output);
        assert_eq!(output, [3.0, -0.5]);
        // Clipped: the second window has one column.
        let size = Extent::square(2);
        let window = Window { size, stride: size, padding: Padding::Same };
        let mut output = [0.0; 4];
        pool(window.sides(input).unwrap(), 2, &values, &mut output);
        assert_eq!(output, [3.0, -0.5, 9.0, -8.0]);
    }
}
