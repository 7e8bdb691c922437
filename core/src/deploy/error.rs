//! Why a network cannot have integers of some formats.

use core::fmt;

/// The most layers with weights of a network of integers.
pub const MAX_PACKED_LAYERS: usize = 8;

/// The reason why a network cannot have integers of some formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatsError {
    /// There must be a format for each layer that has weights.
    Count {
        /// Number of layers that have weights.
        expected: usize,
        /// Number of formats.
        got: usize,
    },
    /// More layers with weights than [`MAX_PACKED_LAYERS`].
    Layers {
        /// Number of layers that have weights.
        got: usize,
    },
    /// A pooling that does not stand right behind a convolution.
    Pooling {
        /// Index of the layer, from 0.
        layer: usize,
    },
    /// A hidden layer without ReLU, or a last one with it.
    Activation {
        /// Index of the layer among those that have weights, from 0.
        layer: usize,
    },
    /// A layer whose sums could be too large: the format has too many bits for so many inputs.
    Inputs {
        /// Index of the layer among those that have weights, from 0.
        layer: usize,
        /// The most inputs of an output in this format.
        most: usize,
        /// Number of inputs of an output.
        got: usize,
    },
    /// A window of more than 255 rows or columns, a convolution behind a flattening, or a last layer that is not dense.
    Layer {
        /// Index of the layer, from 0.
        layer: usize,
    },
}

impl fmt::Display for FormatsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { expected, got } => {
                write!(f, "{expected} layers have weights, and there are {got} formats")
            }
            Self::Layers { got } => {
                write!(
                    f,
                    "integers have at most {MAX_PACKED_LAYERS} layers with weights, got {got}"
                )
            }
            Self::Pooling { layer } => {
                write!(
                    f,
                    "integers need each pooling right behind a convolution; layer {layer} is not"
                )
            }
            Self::Activation { layer } => write!(
                f,
                "integers need a ReLU behind each layer but the last, and none there: layer {layer} with weights"
            ),
            Self::Inputs { layer, most, got } => write!(
                f,
                "layer {layer} with weights has {got} inputs, more than the {most} of its format; take fewer bits there"
            ),
            Self::Layer { layer } => write!(f, "layer {layer} is none that integers have"),
        }
    }
}

impl core::error::Error for FormatsError {}
