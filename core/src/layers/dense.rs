//! The fully connected layer: `output[o] = activation(sum over i of input[i] * kernel[i][o] + bias[o])`.
//!
//! Parameters in Keras order: the kernel row-major `[in][out]`, then the bias.

use super::Activation;
use crate::sample::Feature;
use crate::shape::Shape;

/// A fully connected layer over all elements of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dense {
    /// Number of outputs, 1 or more.
    pub units: usize,
    /// The activation function of the outputs.
    pub activation: Activation,
}

impl Dense {
    pub(crate) const fn output(self, _input: Shape) -> Option<Shape> {
        if self.units == 0 { None } else { Some(Shape::flat(self.units)) }
    }

    pub(crate) const fn kernel_parameters(self, input: Shape) -> Option<usize> {
        input.elements().checked_mul(self.units)
    }
}

/// The weighted sums of one sample, before the activation.
///
/// `kernel` holds a row of `output.len()` weights per input, `bias` one value per output. Each
/// output has one accumulator that starts at +0, takes the inputs in index order, and the bias
/// last. A zero input is skipped: with finite weights that is exact, since an accumulator that
/// starts at +0 never becomes -0, and adding a zero of either sign leaves it as it is.
pub(crate) fn weighted_sums<F: Feature>(
    input: &[F],
    kernel: &[f32],
    bias: &[f32],
    output: &mut [f32],
) {
    output.fill(0.0);
    add_products(input, kernel, output);
    for (sum, &b) in output.iter_mut().zip(bias) {
        *sum += b;
    }
}

/// Adds to each output the products of the inputs that are not zero with their rows of weights, in order.
#[inline]
pub(super) fn add_products<F: Feature>(input: &[F], mut kernel: &[f32], output: &mut [f32]) {
    for &feature in input {
        // Not `chunks_exact`, whose division keeps a panic path in small builds.
        let Some((row, rest)) = kernel.split_at_checked(output.len()) else { return };
        kernel = rest;
        let x = feature.value();
        if x == 0.0 {
            continue;
        }
        for (sum, &weight) in output.iter_mut().zip(row) {
            *sum += x * weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_follow_keras_order() {
        // kernel[i][o]: input 1 times row 0, input 2 times row 1, then the bias.
        let mut output = [f32::NAN; 3];
        weighted_sums(
            &[1.0_f32, 2.0],
            &[1.0, 10.0, 100.0, 2.0, 20.0, 200.0],
            &[0.5, 0.25, 0.125],
            &mut output,
        );
        assert_eq!(output, [5.5, 50.25, 500.125]);
    }

    #[test]
    fn skipping_zeros_leaves_every_bit() {
        let input = [0.0_f32, -0.0, 1e-40, -1e-40, 3.0];
        let kernel = [-0.0, 1e-40, -1.0, 1.0, -0.0];
        let bias = [-0.0];
        let mut dense = 0.0;
        for (x, w) in input.iter().zip(kernel) {
            dense += x * w;
        }
        dense += bias[0];
        let mut output = [f32::NAN];
        weighted_sums(&input, &kernel, &bias, &mut output);
        assert_eq!(output[0].to_bits(), dense.to_bits());
    }
}
