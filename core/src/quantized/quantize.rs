//! Turns the floats of a layer into integers. It is done once, where a model is made or changed.

use super::Dense;
use crate::error::LengthError;
use core::fmt;

/// The largest magnitude of a weight.
const LARGEST: f64 = 127.0;

/// The largest bias; with it the sums of [`MOST_INPUTS`] inputs fit 32 bits.
const LARGEST_BIAS: f64 = (1 << 30) as f64;

/// The most inputs of a layer: 2^30 + 33,000 * 127 * 255 is below 2^31.
const MOST_INPUTS: usize = 33_000;

/// A bias of more units of a hidden layer's output than this, 4,112 times its range, counts as this:
/// it saturates the output either way, and a larger scale would only coarsen the weights.
const FURTHEST: f64 = 1_048_576.0;

/// The integers of one layer, in the caller's memory.
#[derive(Debug)]
pub struct Quantized<'a> {
    /// As long as the layer's kernel.
    pub weights: &'a mut [i8],
    /// As long as the layer's bias.
    pub bias: &'a mut [i32],
    /// As long as the layer's bias.
    pub multipliers: &'a mut [i32],
}

/// Quantises one dense layer; returns the view of what it wrote.
///
/// `kernel` is `[in][out]`, as long as `bias` times the number of inputs. The input is integers
/// times `input_scale` (1 / 255 for pixels), the output integers times `output_scale`: for a hidden
/// layer the largest activation that should not saturate, divided by 255; `None` for the last layer,
/// whose logits share the scale of the output with the largest weights.
///
/// Weights are round(w / s), rounded half away from zero, with s = (largest magnitude of the output's
/// weights) / 127; more where the bias would else not fit 31 bits: |bias| / (`input_scale` * 2^30).
/// An output without weights and bias has the largest s of the layer.
///
/// # Errors
/// [`QuantizeError::Length`] for slices of the wrong length, [`QuantizeError::Inputs`] for more than
/// 33,000 inputs, [`QuantizeError::NotFinite`] for weights and biases, [`QuantizeError::Scale`] for a
/// scale that is not above zero and finite, [`QuantizeError::Multiplier`] where outputs are too large
/// for `output_scale`.
pub fn quantize<'a>(
    kernel: &[f32],
    bias: &[f32],
    input_scale: f32,
    output_scale: Option<f32>,
    out: Quantized<'a>,
) -> Result<Dense<'a>, QuantizeError> {
    check(kernel, bias, input_scale, output_scale, &out)?;
    let outputs = bias.len();
    let input = f64::from(input_scale);
    let furthest = output_scale.map_or(f64::MAX, |scale| f64::from(scale) * FURTHEST);
    let scale = |output: usize, bias: f32| {
        let bias = clamp(f64::from(bias), furthest);
        let needed = (if bias < 0.0 { -bias } else { bias }) / (input * LARGEST_BIAS);
        let own = largest_magnitude(kernel, outputs, output) / LARGEST;
        if needed > own { needed } else { own }
    };
    let mut largest = 0.0;
    for (output, bias) in bias.iter().enumerate() {
        let scale = scale(output, *bias);
        largest = if scale > largest { scale } else { largest };
    }
    let largest = if largest > 0.0 { largest } else { 1.0 };
    // What one unit of a sum is worth, in units of the output.
    let worth = |scale: f64| match output_scale {
        Some(output_scale) => input * scale / f64::from(output_scale),
        None => scale / largest,
    };
    // The largest shift that keeps every multiplier below 2^31.
    let mut shift = 62_u32;
    while shift > 1 && worth(largest) * power_of_two(shift) >= 2_147_483_647.0 {
        shift = shift.saturating_sub(1);
    }
    if worth(largest) * power_of_two(shift) >= 2_147_483_647.0 {
        return Err(QuantizeError::Multiplier);
    }

    let targets = out.bias.iter_mut().zip(out.multipliers.iter_mut());
    for (output, ((to, multiplier), bias)) in (0..outputs).zip(targets.zip(bias)) {
        let scale = match scale(output, *bias) {
            scale if scale > 0.0 => scale,
            _ => largest,
        };
        for (to, weight) in
            column(out.weights, outputs, output).zip(kernel_column(kernel, outputs, output))
        {
            *to = round(f64::from(*weight) / scale) as i8;
        }
        *to = round(clamp(f64::from(*bias) / (input * scale), LARGEST_BIAS)) as i32;
        *multiplier = round(worth(scale) * power_of_two(shift)) as i32;
    }
    Ok(Dense { weights: out.weights, bias: out.bias, multipliers: out.multipliers, shift })
}

/// Checks lengths and ranges of what [`quantize`] is given.
fn check(
    kernel: &[f32],
    bias: &[f32],
    input_scale: f32,
    output_scale: Option<f32>,
    out: &Quantized<'_>,
) -> Result<(), QuantizeError> {
    let outputs = bias.len();
    let inputs = kernel.len().checked_div(outputs).unwrap_or(0);
    LengthError::exact("kernel", inputs.saturating_mul(outputs), kernel.len())?;
    LengthError::exact("weights", kernel.len(), out.weights.len())?;
    LengthError::exact("bias", outputs, out.bias.len())?;
    LengthError::exact("multipliers", outputs, out.multipliers.len())?;
    if inputs > MOST_INPUTS {
        return Err(QuantizeError::Inputs { got: inputs });
    }
    if !kernel.iter().chain(bias).all(|parameter| parameter.is_finite()) {
        return Err(QuantizeError::NotFinite);
    }
    let positive = |scale: f32| scale > 0.0 && scale.is_finite();
    if positive(input_scale) && output_scale.is_none_or(positive) {
        Ok(())
    } else {
        Err(QuantizeError::Scale)
    }
}

/// The weights that reach an output.
fn kernel_column(kernel: &[f32], outputs: usize, output: usize) -> impl Iterator<Item = &f32> {
    kernel.iter().skip(output).step_by(outputs.max(1))
}

/// The integers of the weights that reach an output.
fn column(weights: &mut [i8], outputs: usize, output: usize) -> impl Iterator<Item = &mut i8> {
    weights.iter_mut().skip(output).step_by(outputs.max(1))
}

/// The largest magnitude of the weights that reach an output.
fn largest_magnitude(kernel: &[f32], outputs: usize, output: usize) -> f64 {
    let mut largest = 0.0;
    for weight in kernel_column(kernel, outputs, output) {
        let magnitude = if *weight < 0.0 { -*weight } else { *weight };
        largest = if magnitude > largest { magnitude } else { largest };
    }
    f64::from(largest)
}

/// `x`, or the bound that it exceeds.
fn clamp(x: f64, bound: f64) -> f64 {
    let below = if x > bound { bound } else { x };
    if below < -bound { -bound } else { below }
}

/// The nearest whole number, halves away from zero.
fn round(x: f64) -> f64 {
    libm::round(x)
}

/// 2^exponent.
const fn power_of_two(exponent: u32) -> f64 {
    (1_u64 << (exponent & 63)) as f64
}

/// The reason why a layer cannot be quantised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuantizeError {
    /// A slice has the wrong length.
    Length(LengthError),
    /// More than 33,000 inputs: their sum could overflow 32 bits.
    Inputs {
        /// Number of inputs of the layer.
        got: usize,
    },
    /// A weight or a bias is NaN or infinite.
    NotFinite,
    /// The scale of the input or the output is not above zero, or not finite.
    Scale,
    /// A multiplier would be 2^31 or more: the weights are too large for the output's scale.
    Multiplier,
}

impl fmt::Display for QuantizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(error) => error.fmt(f),
            Self::Inputs { got } => write!(
                f,
                "a layer of int8 has at most {MOST_INPUTS} inputs, whose sum fits 32 bits; this has {got}"
            ),
            Self::NotFinite => f.write_str("a weight or bias is not finite"),
            Self::Scale => f.write_str("a scale is not finite or not above zero"),
            Self::Multiplier => {
                f.write_str("the weights are too large for the scale of the layer's outputs")
            }
        }
    }
}

impl core::error::Error for QuantizeError {}

impl From<LengthError> for QuantizeError {
    fn from(error: LengthError) -> Self {
        Self::Length(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights, biases, multipliers, shift.
    type Integers<const W: usize, const O: usize> = ([i8; W], [i32; O], [i32; O], u32);

    fn quantized<const W: usize, const O: usize>(
        kernel: &[f32; W],
        bias: &[f32; O],
        output_scale: Option<f32>,
    ) -> Result<Integers<W, O>, QuantizeError> {
        let (mut weights, mut biases, mut multipliers) = ([0; W], [0; O], [0; O]);
        let out =
            Quantized { weights: &mut weights, bias: &mut biases, multipliers: &mut multipliers };
        let shift = quantize(kernel, bias, 0.5, output_scale, out)?.shift;
        Ok((weights, biases, multipliers, shift))
    }

    #[test]
    fn each_output_has_its_own_scale() {
        // Scales 1 and 2: the largest magnitudes are 127 and 254.
        let (weights, bias, multipliers, shift) =
            quantized(&[127.0, 5.0, -63.4, -254.0], &[1.0, -3.0], Some(0.25)).unwrap();
        assert_eq!(weights, [127, 3, -63, -127]);
        // One unit of a sum is worth 0.5 and 1.
        assert_eq!(bias, [2, -3]);
        let worth = multipliers.map(|m| f64::from(m) / power_of_two(shift));
        assert_eq!(worth, [2.0, 4.0]);
        assert!(multipliers[1] >= 1 << 29, "the multipliers waste bits: {multipliers:?}");
    }

    #[test]
    fn logits_share_the_scale_of_the_largest_weights() {
        let (.., multipliers, shift) = quantized(&[127.0, 254.0], &[0.0, 0.0], None).unwrap();
        let worth = multipliers.map(|m| f64::from(m) / power_of_two(shift));
        assert_eq!(worth, [0.5, 1.0]);
    }

    #[test]
    fn a_bias_that_is_large_for_its_weights_keeps_its_value() {
        // The weight alone would give a scale of 1e-9 / 127, with which 0.75 takes 37 bits.
        for sign in [1, -1] {
            let own = sign as f32 * 0.75;
            let (weights, bias, multipliers, shift) =
                quantized(&[1e-9, 1e-3], &[own, 0.0], Some(0.25)).unwrap();
            assert_eq!((weights, bias), ([1, 127], [sign << 30, 0]));
            let worth = f64::from(multipliers[0]) / power_of_two(shift);
            let output = f64::from(bias[0] * sign) * worth;
            assert!((output - 3.0).abs() < 3.0 / 1e4, "0.75 is 3 units of 0.25, not {output}");
        }
    }

    #[test]
    fn outputs_without_weights_do_not_coarsen_the_others() {
        let (weights, bias, multipliers, shift) = quantized(&[0.0, 1e-3], &[0.0; 2], None).unwrap();
        assert_eq!((weights, bias), ([0, 127], [0, 0]));
        assert_eq!(multipliers.map(|m| f64::from(m) / power_of_two(shift)), [1.0, 1.0]);
        let nothing = quantized(&[0.0; 4], &[0.0; 2], None).unwrap();
        assert_eq!((nothing.0, nothing.1), ([0; 4], [0; 2]));
        // Logits of nothing: any multiplier would do, and it is that of the largest scale.
        assert_eq!(nothing.2.map(|m| f64::from(m) / power_of_two(nothing.3)), [1.0, 1.0]);
    }

    #[test]
    fn biases_far_outside_of_a_hidden_layer_saturate() {
        let (_, bias, multipliers, shift) =
            quantized(&[0.0, 1.0], &[1e30, -1e30], Some(1.0)).unwrap();
        assert_eq!(bias, [1 << 30, -(1 << 30)]);
        let worth = f64::from(multipliers[0]) / power_of_two(shift);
        assert!(f64::from(bias[0]) * worth > 255.0 * 1000.0);
        // 2^20 units of the output are the furthest, whatever its scale.
        for output_scale in [0.25_f32, 8.0] {
            let (_, bias, multipliers, shift) =
                quantized(&[0.0, 1.0], &[1e30, 0.0], Some(output_scale)).unwrap();
            let output = f64::from(bias[0]) * f64::from(multipliers[0]) / power_of_two(shift);
            assert!((output / FURTHEST - 1.0).abs() < 1e-6, "{output} at {output_scale}");
        }
    }

    #[test]
    fn what_cannot_be_quantised_is_refused() {
        use QuantizeError::{Inputs, Length, Multiplier, NotFinite, Scale};
        assert_eq!(quantized(&[f32::NAN], &[0.0], None), Err(NotFinite));
        assert_eq!(quantized(&[1.0], &[f32::INFINITY], None), Err(NotFinite));
        for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert_eq!(quantized(&[1.0], &[0.0], Some(scale)), Err(Scale));
        }
        assert_eq!(quantized(&[f32::MAX], &[0.0], Some(f32::MIN_POSITIVE)), Err(Multiplier));
        // Almost 2^30 units of the output take the smallest shift, 1; more do not fit.
        let scale = |worth: f32| Some(0.5 / worth);
        let largest = quantized(&[127.0], &[0.0], scale(1_073_741_760.0)).unwrap();
        assert_eq!((largest.2[0] >> 9, largest.3), (i32::MAX >> 9, 1));
        for worth in [1_073_741_824.0, 2_000_000_000.0, 4_000_000_000.0] {
            assert_eq!(quantized(&[127.0], &[0.0], scale(worth)), Err(Multiplier));
        }
        let length = LengthError { buffer: "kernel", expected: 2, got: 3 };
        assert_eq!(quantized(&[1.0; 3], &[0.0; 2], None), Err(Length(length)));
        assert!(quantized(&[1.0; MOST_INPUTS], &[0.0], None).is_ok());
        let error = quantized(&[1.0; MOST_INPUTS + 1], &[0.0], None).unwrap_err();
        assert_eq!(error, Inputs { got: 33_001 });
    }

    #[test]
    fn errors_say_what_is_out_of_range() {
        extern crate std;
        use std::string::ToString;
        let length = LengthError { buffer: "kernel", expected: 2, got: 3 };
        for (error, word) in [
            (QuantizeError::Length(length), "`kernel` needs 2 elements, got 3"),
            (QuantizeError::Inputs { got: 33_001 }, "at most 33000 inputs"),
            (QuantizeError::NotFinite, "weight or bias is not finite"),
            (QuantizeError::Scale, "scale"),
            (QuantizeError::Multiplier, "too large"),
        ] {
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
