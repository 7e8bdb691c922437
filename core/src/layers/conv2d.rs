//! The two-dimensional convolution, as Keras' `Conv2D` computes it (a cross-correlation):
//! `output[y][x][f] = activation(sum over ky, kx, c of input[y sy + ky - py][x sx + kx - px][c] kernel[ky][kx][c][f] +
//! bias[f])`, s the strides, p what of the padding lies before the input, where the input is 0.
//!
//! Parameters in Keras order: the kernel `[kernel height][kernel width][in][filters]`, then the bias.

use super::Activation;
use super::dense::add_products;
use super::window::{Side, Window};
use crate::sample::Feature;
use crate::shape::Shape;

/// A convolution with a kernel of `window.size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv2d {
    /// Number of filters: channels of the output, 1 or more.
    pub filters: usize,
    /// Size of the kernel, its strides and padding.
    pub window: Window,
    /// The activation function of the outputs.
    pub activation: Activation,
}

impl Conv2d {
    pub(crate) const fn output(self, input: Shape) -> Option<Shape> {
        self.window.output(input, self.filters)
    }

    /// Inputs of one output: places of the kernel times channels.
    pub(crate) const fn inputs(self, input: Shape) -> Option<usize> {
        match self.window.area() {
            Some(area) => area.checked_mul(input.channels),
            None => None,
        }
    }

    pub(crate) const fn kernel_parameters(self, input: Shape) -> Option<usize> {
        match self.inputs(input) {
            Some(inputs) => inputs.checked_mul(self.filters),
            None => None,
        }
    }

    /// Products of one sample when no window is clipped.
    pub(crate) const fn multiply_adds(self, input: Shape) -> Option<usize> {
        match (self.output(input), self.inputs(input)) {
            (Some(output), Some(inputs)) => output.elements().checked_mul(inputs),
            _ => None,
        }
    }
}

/// The convolution of one sample, before the activation. `output` is `[rows][columns][filters]`.
///
/// Each output has one accumulator that starts at +0, takes the inputs in the order of the kernel, and the bias
/// last. Zero inputs and the padding are skipped, which is exact as in
/// [`super::dense::weighted_sums`].
#[cfg_attr(target_os = "none", inline(never))]
pub(crate) fn convolve<F: Feature>(
    (rows, columns): (Side, Side),
    channels: usize,
    input: &[F],
    kernel: &[f32],
    bias: &[f32],
    mut output: &mut [f32],
) {
    let filters = bias.len();
    for y in 0..rows.outputs {
        for x in 0..columns.outputs {
            let all = core::mem::take(&mut output);
            let Some((own, rest)) = all.split_at_mut_checked(filters) else { return };
            output = rest;
            own.fill(0.0);
            let (taps, first_row) = rows.clip(y);
            for (ky, row) in taps.zip(first_row..usize::MAX) {
                let (taps, first) = columns.clip(x);
                let place = row.saturating_mul(columns.inputs).saturating_add(first);
                let start = place.saturating_mul(channels);
                let tap = ky.saturating_mul(columns.size).saturating_add(taps.start);
                let weights = tap.saturating_mul(channels).saturating_mul(filters);
                let count = taps.len().saturating_mul(channels);
                let inputs = input.get(start..).and_then(|inputs| inputs.get(..count));
                add_products(inputs.unwrap_or(&[]), kernel.get(weights..).unwrap_or(&[]), own);
            }
            for (sum, &b) in own.iter_mut().zip(bias) {
                *sum += b;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::window::{Extent, Padding};
    use super::*;

    fn run(window: Window, input: Shape, values: &[f32], kernel: &[f32], bias: &[f32]) -> [f32; 8] {
        let mut output = [f32::NAN; 8];
        let sides = window.sides(input).unwrap();
        convolve(sides, input.channels, values, kernel, bias, &mut output);
        output
    }

    #[test]
    fn sums_follow_keras_order() {
        // Two rows, three columns, one channel; a kernel of 1x2 with two filters: [kx][f].
        let input = Shape { height: 2, width: 3, channels: 1 };
        let size = Extent { height: 1, width: 2 };
        let window = Window { size, stride: Extent::square(1), padding: Padding::Valid };
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let output = run(window, input, &values, &[1.0, 10.0, 100.0, 1000.0], &[0.5, 0.25]);
        let expected = [201.5, 2010.25, 302.5, 3020.25, 504.5, 5040.25, 605.5, 6050.25];
        assert_eq!(output, expected);
    }

    #[test]
    fn padding_is_zero_and_channels_stand_together() {
        // One row of two columns with two channels, a kernel of 1x3, one filter: [kx][c].
        let input = Shape { height: 1, width: 2, channels: 2 };
        let size = Extent { height: 1, width: 3 };
        let window = Window { size, stride: Extent::square(1), padding: Padding::Same };
        let kernel = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        let output = run(window, input, &[1.0, 10.0, 100.0, 1000.0], &kernel, &[0.0]);
        let left = 4.0 + 80.0 + 1600.0 + 32_000.0;
        let right = 1.0 + 20.0 + 400.0 + 8000.0;
        assert_eq!(output[..2], [left, right]);
        assert!(output[2..].iter().all(|x| x.is_nan()));
    }
}
