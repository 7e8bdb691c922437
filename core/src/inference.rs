//! One sample through a network: plain and small.
//!
//! This is the oracle that every faster path must equal bit for bit, and what a microcontroller
//! runs.

use crate::error::LengthError;
use crate::layers::{Layer, activation, conv2d, dense, max_pool2d};
use crate::network::{Network, Stage};
use crate::order::first_largest;
use crate::sample::Feature;

/// The logits of one sample: the outputs of the last layer, before a softmax.
///
/// `genome` has [`Network::parameters`] floats, `sample` as many values as the network's input,
/// `scratch` at least [`Network::scratch_length`] floats; the logits are a part of it. Inputs that
/// are zero are skipped, which shows only where a weight is infinite or NaN.
///
/// # Errors
/// A slice has the wrong length.
pub fn logits<'s, F: Feature>(
    network: &Network,
    genome: &[f32],
    sample: &[F],
    scratch: &'s mut [f32],
) -> Result<&'s mut [f32], LengthError> {
    LengthError::exact("genome", network.parameters(), genome.len())?;
    LengthError::exact("sample", network.input().elements(), sample.len())?;
    let needed =
        LengthError { buffer: "scratch", expected: network.scratch_length(), got: scratch.len() };
    LengthError::at_least(needed.buffer, needed.expected, needed.got)?;
    let (even, odd) = scratch.split_at_mut_checked(network.even_width()).ok_or(needed)?;
    // The first layer writes to `even`, the second from there to `odd`, and so on.
    let (mut source, mut target) = (odd, even);
    let mut width = None;
    for stage in network.stages() {
        let outputs = stage.output.elements();
        if matches!(stage.layer, Layer::Flatten(_)) && width.is_some() {
            continue;
        }
        let output = target.get_mut(..outputs).ok_or(needed)?;
        match width {
            None => forward(stage, genome, sample, output),
            Some(width) => forward(stage, genome, source.get(..width).ok_or(needed)?, output),
        }
        width = Some(outputs);
        (source, target) = (target, source);
    }
    source.get_mut(..width.unwrap_or(0)).ok_or(needed)
}

/// One layer of one sample, its activation included (a softmax aside).
fn forward<F: Feature>(stage: &Stage, genome: &[f32], input: &[F], output: &mut [f32]) {
    // The ranges lie inside the genome, whose length was checked: never the empty slice.
    let kernel = genome.get(stage.kernel()).unwrap_or(&[]);
    let bias = genome.get(stage.bias()).unwrap_or(&[]);
    let channels = stage.input.channels;
    match stage.layer {
        Layer::Dense(_) => dense::weighted_sums(input, kernel, bias, output),
        Layer::Conv2d(conv) => {
            if let Some(sides) = conv.window.sides(stage.input) {
                conv2d::convolve(sides, channels, input, kernel, bias, output);
            }
        }
        Layer::MaxPool2d(pool) => {
            if let Some(sides) = pool.window.sides(stage.input) {
                max_pool2d::pool(sides, channels, input, output);
            }
        }
        Layer::Flatten(_) => {
            for (to, from) in output.iter_mut().zip(input) {
                *to = from.value();
            }
        }
    }
    stage.layer.activation().apply(output);
}

/// The class of one sample: [`argmax`] of its [`logits`].
///
/// # Errors
/// As [`logits`].
pub fn classify<F: Feature>(
    network: &Network,
    genome: &[f32],
    sample: &[F],
    scratch: &mut [f32],
) -> Result<usize, LengthError> {
    Ok(argmax(logits(network, genome, sample, scratch)?))
}

/// The probability of each class: the softmax of the [`logits`], whatever the last activation.
///
/// # Errors
/// As [`logits`].
pub fn probabilities<'s, F: Feature>(
    network: &Network,
    genome: &[f32],
    sample: &[F],
    scratch: &'s mut [f32],
) -> Result<&'s [f32], LengthError> {
    let logits = logits(network, genome, sample, scratch)?;
    activation::softmax(logits);
    Ok(logits)
}

/// The index of the largest value, the first of equal ones; a NaN is never the largest, and 0 if
/// there is none.
#[inline(always)]
#[must_use]
pub fn argmax(values: &[f32]) -> usize {
    first_largest(values, f32::NEG_INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::Activation;
    use crate::network::tests::dense;
    use crate::shape::Shape;

    /// 2-3(ReLU)-2(softmax) with whole-number weights.
    fn small() -> (Network, [f32; 17]) {
        let layers = [dense(3, Activation::Relu), dense(2, Activation::Softmax)];
        let genome = [
            1.0, 2.0, -3.0, 4.0, -5.0, 6.0, // kernel of layer 0, [in][out]
            0.0, 1.0, 2.0, // its bias
            1.0, -1.0, 2.0, -2.0, 3.0, -3.0, // kernel of layer 1
            10.0, 20.0, // its bias
        ];
        (Network::new(Shape::flat(2), &layers).unwrap(), genome)
    }

    #[test]
    fn logits_of_whole_numbers_are_exact() {
        let (network, genome) = small();
        let mut scratch = [f32::NAN; 5];
        // Hidden: [1*1+2*4, 1*2-2*5+1, -3+12+2] = [9, -7 -> 0, 11]; logits [9+33+10, -9-33+20].
        let logits = logits(&network, &genome, &[1.0, 2.0], &mut scratch).unwrap();
        assert_eq!(logits, [52.0, -22.0]);
        assert_eq!(classify(&network, &genome, &[1.0, 2.0], &mut scratch), Ok(0));
    }

    #[test]
    fn a_pixel_counts_as_its_255th() {
        let (network, genome) = small();
        let (mut a, mut b) = ([0.0; 5], [0.0; 5]);
        let pixels = logits(&network, &genome, &[51_u8, 255], &mut a).unwrap();
        let floats = logits(&network, &genome, &[51.0_f32 / 255.0, 1.0], &mut b).unwrap();
        assert_eq!(pixels, floats);
    }

    #[test]
    fn probabilities_sum_to_one() {
        let (network, genome) = small();
        let mut scratch = [0.0; 5];
        let p = probabilities(&network, &genome, &[0.1, -0.1], &mut scratch).unwrap();
        let off: f32 = p[0] + p[1] - 1.0;
        assert!(off.abs() < 1e-2, "{p:?}");
    }

    #[test]
    fn longer_scratch_is_welcome_and_its_rest_untouched() {
        let (network, genome) = small();
        let mut scratch = [-7.0; 9];
        logits(&network, &genome, &[1.0, 2.0], &mut scratch).unwrap();
        assert_eq!(scratch[5..], [-7.0; 4]);
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let (network, genome) = small();
        let error = |buffer, expected, got| Err(LengthError { buffer, expected, got });
        let mut scratch = [0.0; 5];
        assert_eq!(
            classify(&network, &genome[1..], &[1.0, 2.0], &mut scratch),
            error("genome", 17, 16)
        );
        assert_eq!(classify(&network, &genome, &[1.0], &mut scratch), error("sample", 2, 1));
        assert_eq!(
            classify(&network, &genome, &[1.0, 2.0], &mut scratch[1..]),
            error("scratch", 5, 4)
        );
    }

    #[test]
    fn argmax_takes_the_first_of_equals_and_no_nan() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(argmax(&[f32::NAN, 1.0, f32::NAN]), 1);
        assert_eq!(argmax(&[f32::NAN; 3]), 0);
        assert_eq!(argmax(&[]), 0);
        assert_eq!(argmax(&[-0.0, 0.0]), 0);
    }
}
