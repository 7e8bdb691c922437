//! Networks of 8-bit integers: what a microcontroller without floats runs.
//!
//! A network of dense layers is quantised after training ([`quantize`]): weights to -127..=127 with
//! one scale per output (symmetric, per channel), biases to 32 bits, activations to 0..=255 with one
//! scale per layer; pixels are taken as they are, 0..=255 for 0..=1. Inference ([`Model`]) is integer
//! arithmetic only, and gives the same bits everywhere:
//!
//! ```text
//! sum[o]    = bias[o] + sum over inputs i, in order, of x[i] * weight[i][o]
//! scaled[o] = (sum[o] * multiplier[o] + 2^(shift - 1)) >> shift      in 64 bits: rounds half up
//! x'[o]     = scaled[o] clamped to 0..=255 after a hidden layer, which is its ReLU;
//!             scaled[o] itself, a logit, after the last
//! ```
//!
//! This is the scheme of Jacob et al. 2018 (arXiv 1712.05877) with zero points of 0. Inputs that
//! are zero are skipped: four pixels in five are, and half of the activations.
//!
//! A layer's numbers are integers in memory, or the bytes of a file ([`crate::tev`]), which need no
//! alignment and no copy: [`Number`].

mod number;
mod quantize;

pub use number::{Number, Weight};
pub use quantize::{QuantizeError, Quantized, quantize};

use crate::error::LengthError;
use crate::network::MAX_LAYERS;
use core::fmt;

/// A dense layer of integers, in slices that may lie in flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dense<'a, W = i8, N = i32> {
    /// The weights, `[in][out]`: a row of outputs for each input.
    pub weights: &'a [W],
    /// A bias for each output, in units of input scale times weight scale.
    pub bias: &'a [N],
    /// For each output what takes its sum to the scale of the next layer's input.
    pub multipliers: &'a [N],
    /// How far the product is shifted to the right, 1 to 62.
    pub shift: u32,
}

impl<W, N> Dense<'_, W, N> {
    /// How many outputs.
    #[must_use]
    pub const fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// How many inputs.
    #[must_use]
    pub const fn inputs(&self) -> usize {
        match self.weights.len().checked_div(self.bias.len()) {
            Some(inputs) => inputs,
            None => 0,
        }
    }
}

impl<W: Weight, N: Number> Dense<'_, W, N> {
    /// Adds the rows of the inputs that are not zero to the bias.
    #[inline]
    fn sums(&self, inputs: impl Iterator<Item = u8>, sums: &mut [i32]) {
        for (sum, bias) in sums.iter_mut().zip(self.bias) {
            *sum = bias.get();
        }
        let mut rows = self.weights;
        for x in inputs {
            let Some((row, rest)) = rows.split_at_checked(self.bias.len()) else { return };
            rows = rest;
            if x != 0 {
                let x = i32::from(x);
                for (sum, weight) in sums.iter_mut().zip(row) {
                    // What `quantize` makes cannot overflow; anything else wraps the same everywhere.
                    *sum = sum.wrapping_add(weight.get().wrapping_mul(x));
                }
            }
        }
    }

    /// The sum of an output on the scale of what follows.
    #[inline]
    fn scaled(&self, sum: i32, multiplier: i32) -> i32 {
        let half = 1_i64.wrapping_shl(self.shift.wrapping_sub(1));
        let product = i64::from(sum).wrapping_mul(i64::from(multiplier)).wrapping_add(half);
        let scaled = product.wrapping_shr(self.shift);
        // The multipliers are made so that it fits; a made-up one saturates.
        if scaled > i64::from(i32::MAX) {
            i32::MAX
        } else if scaled < i64::from(i32::MIN) {
            i32::MIN
        } else {
            scaled as i32
        }
    }
}

/// A network of integers: a view of its layers, which are checked to fit.
#[derive(Debug, Clone)]
pub struct Model<'a, W = i8, N = i32> {
    layers: heapless::Vec<Dense<'a, W, N>, MAX_LAYERS>,
}

impl<'a, W: Weight, N: Number> Model<'a, W, N> {
    /// Joins layers; all but the last have a ReLU.
    ///
    /// # Errors
    /// No layers or more than [`MAX_LAYERS`], slices of one layer or layers that do not fit each
    /// other, a shift outside 1..=62.
    pub fn new(layers: &[Dense<'a, W, N>]) -> Result<Self, ModelError> {
        if layers.is_empty() || layers.len() > MAX_LAYERS {
            return Err(ModelError::Layers { got: layers.len() });
        }
        let mut inputs = None;
        for (index, layer) in layers.iter().enumerate() {
            let whole = layer.inputs().saturating_mul(layer.outputs()) == layer.weights.len();
            let fits = inputs.is_none_or(|inputs| inputs == layer.inputs());
            let multipliers = layer.multipliers.len() == layer.outputs();
            let shift = matches!(layer.shift, 1..=62);
            if layer.weights.is_empty() || !(whole && fits && multipliers && shift) {
                return Err(ModelError::Layer { index });
            }
            inputs = Some(layer.outputs());
        }
        let layers = heapless::Vec::from_slice(layers);
        Ok(Self { layers: layers.map_err(|_| ModelError::Layers { got: MAX_LAYERS })? })
    }

    /// The layers.
    #[must_use]
    pub fn layers(&self) -> &[Dense<'a, W, N>] {
        &self.layers
    }

    /// How many pixels an image has.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, Dense::inputs)
    }

    /// How many classes there are.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Dense::outputs)
    }

    /// How long `sums` and `activations` must be: the outputs of the widest layer.
    #[must_use]
    pub fn scratch_length(&self) -> usize {
        self.layers.iter().map(Dense::outputs).fold(0, usize::max)
    }

    /// The logits of an image: a part of `sums`, all on one scale.
    ///
    /// `pixels` has [`Model::inputs`] elements; `sums` and `activations` at least
    /// [`Model::scratch_length`].
    ///
    /// # Errors
    /// A slice has the wrong length.
    pub fn logits<'s>(
        &self,
        pixels: &[u8],
        sums: &'s mut [i32],
        activations: &mut [u8],
    ) -> Result<&'s [i32], LengthError> {
        let length = self.scratch_length();
        LengthError::exact("pixels", self.inputs(), pixels.len())?;
        LengthError::at_least("sums", length, sums.len())?;
        LengthError::at_least("activations", length, activations.len())?;
        let last = self.layers.len().saturating_sub(1);
        for (index, layer) in self.layers.iter().enumerate() {
            let sums = sums.get_mut(..layer.outputs()).unwrap_or_default();
            if index == 0 {
                layer.sums(pixels.iter().copied(), sums);
            } else {
                layer.sums(activations.iter().copied().take(layer.inputs()), sums);
            }
            for (sum, multiplier) in sums.iter_mut().zip(layer.multipliers) {
                *sum = layer.scaled(*sum, multiplier.get());
            }
            if index < last {
                for (x, sum) in activations.iter_mut().zip(sums) {
                    // ReLU below, saturation above.
                    *x = u8::try_from(*sum).unwrap_or(if *sum < 0 { 0 } else { u8::MAX });
                }
            }
        }
        Ok(sums.get(..self.outputs()).unwrap_or(&[]))
    }

    /// The class of an image: the index of its largest logit, the first of equal ones.
    ///
    /// # Errors
    /// As [`Model::logits`].
    pub fn classify(
        &self,
        pixels: &[u8],
        sums: &mut [i32],
        activations: &mut [u8],
    ) -> Result<usize, LengthError> {
        let logits = self.logits(pixels, sums, activations)?;
        let (mut best, mut class) = (i32::MIN, 0);
        for (index, &logit) in logits.iter().enumerate() {
            if logit > best {
                (best, class) = (logit, index);
            }
        }
        Ok(class)
    }
}

/// Layers that are no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelError {
    /// There must be 1 to [`MAX_LAYERS`] layers.
    Layers {
        /// How many there are.
        got: usize,
    },
    /// The slices of a layer do not fit each other or the layer before, or its shift is outside
    /// 1..=62.
    Layer {
        /// Which layer, from 0.
        index: usize,
    },
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layers { got } => write!(f, "a model has 1 to {MAX_LAYERS} layers, got {got}"),
            Self::Layer { index } => {
                write!(f, "layer {index} does not fit: weights, bias, multipliers or shift")
            }
        }
    }
}

impl core::error::Error for ModelError {}

#[cfg(test)]
mod tests {
    use super::*;

    const HIDDEN: Dense<'_> = Dense {
        weights: &[1, -2, 3, 4, -5, 6],
        bias: &[10, -20],
        multipliers: &[1 << 20, 1 << 19],
        shift: 20,
    };
    const LAST: Dense<'_> = Dense {
        weights: &[1, 0, -1, 2, 2, 2],
        bias: &[0, 1, 2],
        multipliers: &[2, 2, 2],
        shift: 1,
    };

    #[test]
    fn logits_of_whole_numbers_are_exact() {
        let model = Model::new(&[HIDDEN, LAST]).unwrap();
        let (mut sums, mut activations) = ([7; 3], [7; 3]);
        // Sums 10 + 2 + 12 - 5 = 19 and -20 - 4 + 16 + 6 = -2: activations 19 and 0.
        let logits = model.logits(&[2, 4, 1], &mut sums, &mut activations).unwrap();
        assert_eq!(logits, [19, 1, -17]);
        assert_eq!(model.classify(&[2, 4, 1], &mut sums, &mut activations), Ok(0));
    }

    #[test]
    fn scaling_rounds_half_up_and_saturates() {
        let layer = Dense { shift: 1, ..LAST };
        let halves = [-3, -2, -1, 0, 1, 2, 3].map(|sum| layer.scaled(sum, 1));
        assert_eq!(halves, [-1, -1, 0, 0, 1, 1, 2]);
        assert_eq!(layer.scaled(i32::MAX, i32::MAX), i32::MAX);
        assert_eq!(layer.scaled(i32::MIN, i32::MAX), i32::MIN);
        // Against exact division, rounded half up, at every shift.
        for shift in 1..=62 {
            let layer = Dense { shift, ..LAST };
            for (sum, multiplier) in [(123_456_789, 987_654_321), (-123_456_789, 987_654_321)] {
                let product = i128::from(sum) * i128::from(multiplier);
                let exact = (product + (1_i128 << (shift - 1))).div_euclid(1_i128 << shift);
                let clamped = exact.clamp(i128::from(i32::MIN), i128::from(i32::MAX));
                assert_eq!(i128::from(layer.scaled(sum, multiplier)), clamped, "shift {shift}");
            }
        }
    }

    #[test]
    fn requantisation_is_exact_rounding_for_every_sum_near_a_half() {
        // Against exact division in 128 bits, rounded half up, where rounding could go wrong.
        for shift in [1, 2, 20, 31, 38, 62] {
            let layer = Dense { shift, ..LAST };
            for multiplier in [1, 2, 3, 1 << 30, (1 << 30) + 1, i32::MAX - 1, i32::MAX, -1] {
                let unit = 1_i128 << shift;
                for whole in -300..=300_i128 {
                    // The sums whose product is next to whole + 1/2.
                    let near = (whole * unit + unit / 2).div_euclid(i128::from(multiplier));
                    for sum in near - 1..=near + 1 {
                        let Ok(sum) = i32::try_from(sum) else { continue };
                        let product = i128::from(sum) * i128::from(multiplier);
                        let exact = (2 * product + unit).div_euclid(2 * unit);
                        let exact = exact.clamp(i128::from(i32::MIN), i128::from(i32::MAX));
                        assert_eq!(i128::from(layer.scaled(sum, multiplier)), exact);
                    }
                }
            }
        }
    }

    #[test]
    fn skipping_zeros_equals_the_plain_dense_loop() {
        use crate::rng::{Purpose, stream};
        use rand_core::Rng;
        const WIDTHS: [usize; 4] = [9, 7, 5, 3];
        let mut rng = stream(64, 0, 0, Purpose::Show);
        let (mut weights, mut numbers) = ([0; 9 * 7 + 7 * 5 + 5 * 3], [[0; 15]; 2]);
        for _ in 0..200 {
            weights.fill_with(|| (rng.next_u32() as u8 as i8).max(-127));
            numbers[0].fill_with(|| rng.next_u32() as i32 >> 18);
            numbers[1].fill_with(|| (rng.next_u32() >> 2) as i32);
            let mut layers = [Dense { shift: 34, ..LAST }; 3];
            let (mut weights, [mut bias, mut multipliers]) =
                (&weights[..], numbers.each_ref().map(|n| &n[..]));
            for (layer, width) in layers.iter_mut().zip(WIDTHS.windows(2)) {
                (layer.weights, weights) = weights.split_at(width[0] * width[1]);
                (layer.bias, bias) = bias.split_at(width[1]);
                (layer.multipliers, multipliers) = multipliers.split_at(width[1]);
            }
            // Two of three pixels are zero.
            let pixels: [u8; 9] = core::array::from_fn(|_| {
                let word = rng.next_u32();
                if word.is_multiple_of(3) { (word >> 8) as u8 } else { 0 }
            });

            let mut plain = [0_i64; 9];
            plain.iter_mut().zip(pixels).for_each(|(x, pixel)| *x = i64::from(pixel));
            for (index, layer) in layers.iter().enumerate() {
                let mut outputs = [0; 9];
                for o in 0..layer.outputs() {
                    let mut sum = i64::from(layer.bias[o]);
                    for (i, x) in plain.iter().take(layer.inputs()).enumerate() {
                        sum += x * i64::from(layer.weights[i * layer.outputs() + o]);
                    }
                    let exact = i128::from(sum) * i128::from(layer.multipliers[o]);
                    let scaled = ((exact + (1 << 33)) >> 34) as i64;
                    outputs[o] = if index < 2 { scaled.clamp(0, 255) } else { scaled };
                }
                plain = outputs;
            }

            let model = Model::new(&layers).unwrap();
            let (mut sums, mut activations) = ([7; 7], [7; 7]);
            let logits = model.logits(&pixels, &mut sums, &mut activations).unwrap();
            assert!(logits.iter().map(|logit| i64::from(*logit)).eq(plain[..3].iter().copied()));
        }
    }

    #[test]
    fn activations_saturate_at_both_ends() {
        let first = Dense { weights: &[127, -127], bias: &[0, 0], multipliers: &[2, 2], shift: 1 };
        let last = Dense { weights: &[1, 0, 0, 1], bias: &[0, 0], multipliers: &[2, 2], shift: 1 };
        let model = Model::new(&[first, last]).unwrap();
        let (mut sums, mut activations) = ([0; 2], [0; 2]);
        assert_eq!(model.logits(&[255], &mut sums, &mut activations), Ok(&[255, 0][..]));
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        assert!(Model::<i8, i32>::new(&[]).is_err());
        assert!(Model::new(&[LAST, LAST]).is_err());
        assert!(Model::new(&[Dense { shift: 0, ..HIDDEN }]).is_err());
        assert!(Model::new(&[Dense { shift: 63, ..HIDDEN }]).is_err());
        assert!(Model::new(&[Dense { bias: &[], multipliers: &[], ..HIDDEN }]).is_err());
        assert!(Model::new(&[Dense { multipliers: &[1], ..HIDDEN }]).is_err());
        assert!(Model::new(&[Dense { weights: &[1; 5], ..HIDDEN }]).is_err());
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let model = Model::new(&[HIDDEN, LAST]).unwrap();
        assert!(model.classify(&[0; 2], &mut [0; 3], &mut [0; 3]).is_err());
        assert!(model.classify(&[0; 3], &mut [0; 2], &mut [0; 3]).is_err());
        assert!(model.classify(&[0; 3], &mut [0; 3], &mut [0; 2]).is_err());
    }
}
