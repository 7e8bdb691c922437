//! Networks of 8-bit integers, for microcontrollers without floats.
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
use crate::order::first_largest;
use core::fmt;

/// A dense layer of integers, in slices that may lie in flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dense<'a, W = i8, N = i32> {
    /// The weights, `[in][out]`: a row of outputs for each input.
    pub weights: &'a [W],
    /// A bias for each output, in units of input scale times weight scale.
    pub bias: &'a [N],
    /// A multiplier for each output, which scales its sum to the next layer's input; see `scaled` above.
    pub multipliers: &'a [N],
    /// Number of bits by which the product is shifted to the right, 1 to 62.
    pub shift: u32,
}

impl<W, N> Dense<'_, W, N> {
    /// Number of outputs.
    #[must_use]
    pub const fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Number of inputs.
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

    /// Number of pixels of an image.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, Dense::inputs)
    }

    /// Number of classes.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Dense::outputs)
    }

    /// Number of elements that `sums` and `activations` must have: the outputs of the widest layer.
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
        Ok(first_largest(logits, i32::MIN))
    }
}

/// The layers do not form a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelError {
    /// There must be 1 to [`MAX_LAYERS`] layers.
    Layers {
        /// Number of layers that were given.
        got: usize,
    },
    /// The slices of a layer do not fit each other or the layer before, or its shift is outside
    /// 1..=62.
    Layer {
        /// Index of the layer, from 0.
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
mod tests;
