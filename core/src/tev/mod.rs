//! Champions as bytes: the `.tev` file, which a program can read where it lies, in flash or memory.
//!
//! All numbers are little-endian and start at a multiple of 4 bytes:
//!
//! ```text
//! offset    bytes   what
//!      0        4   TEVO
//!      4        4   version of the format, u32: 2
//!      8        4   kind of numbers, u32: 0 floats (f32), 1 integers (int8), 2 packed integers
//!     12        4   layers n, u32: 1 to 16
//!     16       12   height, width and channels of a sample, u32
//!     28            each layer: kind, u32: 0 dense, 1 conv2d, 2 max_pool2d, 3 flatten; then
//!                   what that kind needs:
//!                   dense       activation, u8: 0 linear, 1 ReLU, 2 softmax; u8: 0; format, u8; shift of
//!                               the bias, u8; units, u32
//!                   conv2d      activation, u8; padding, u8: 0 valid, 1 same; format, u8; shift of the
//!                               bias, u8; filters, u32;
//!                               height and width of the kernel, and of a stride, u8 each
//!                   max_pool2d  u8: 0; padding, u8; u16: 0; height and width of the window, and of
//!                               a stride, u8 each
//!                   then the numbers of each layer:
//!                   f32   kernel [in][out] or [height][width][in][out] f32, bias f32
//!                   int8  weights [in][out] i8, zeros up to a multiple of 4, bias i32,
//!                         multipliers i32, shift u32 (`quantized::Dense`)
//!                   packed for each output bias i16, multiplier u8, shift u8; for each input
//!                         [in] or [height][width][in] a row of weights (`deploy`); zeros up to a multiple of 4
//!   last        8   checksum, u64: FNV-1a of all bytes before it
//! ```
//!
//! The numbers of a file of floats are its genome. In a file of integers or packed ones each layer has ReLU, except the
//! last, which has softmax; the samples of integers are flat: height and width are 1. Formats of packed integers are 1
//! int8, 2 int4 (the codes -15, -13, ... as 0, 1, ..., the first of a pair in the low bits), 3 ternary (digits 0, 1, 2 for the codes
//! -1, 0, 1, the first of five the highest, of a number n that is stored as n * 256 / 243, rounded up); elsewhere format and shift are 0. [`File::new`] checks everything,
//! the checksum included, and copies nothing: the bytes may come from `include_bytes!` and lie at any
//! address. The checksum finds accidental changes, not deliberate ones.
//!
//! ```
//! use tinyevo_core::quantized::{Dense, Model};
//! use tinyevo_core::tev;
//!
//! let layer = Dense { weights: &[1, -1], bias: &[0, 40], multipliers: &[1, 1], shift: 1 };
//! let model = Model::new(&[layer])?;
//! let mut bytes = [0; 80];
//! let bytes = bytes.get_mut(..tev::integers_length(&model)).unwrap_or_default();
//! tev::write_integers(&model, bytes)?;
//!
//! let model = tev::File::new(bytes)?.model()?;
//! let (mut sums, mut activations) = ([0; 2], [0; 2]);
//! assert_eq!(model.classify(&[200], &mut sums, &mut activations)?, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod read;
mod write;

pub use read::{File, FileModel};
pub use write::{
    floats_length, integers_length, packed_length, write_floats, write_integers, write_packed,
};

use crate::deploy::Format;
use crate::error::LengthError;
use crate::layers::{Activation, Layer};
use crate::network::{MAX_LAYERS, NetworkError};
use crate::quantized::ModelError;
use crate::shape::Shape;
use core::fmt;

/// The version of the format.
pub const VERSION: u32 = 2;

/// The first bytes of each file.
pub const MAGIC: [u8; 4] = *b"TEVO";
/// Bytes before the layers.
const HEADER: usize = 28;
/// Bytes of the shortest description of a layer.
const SHORTEST: usize = 4;

/// The kinds of layer.
const DENSE: u32 = 0;
const CONV2D: u32 = 1;
const MAX_POOL2D: u32 = 2;
const FLATTEN: u32 = 3;

/// Bytes of the description of a layer.
const fn description(layer: Layer) -> usize {
    match layer {
        Layer::Dense(_) | Layer::MaxPool2d(_) => 12,
        Layer::Conv2d(_) => 16,
        Layer::Flatten(_) => SHORTEST,
    }
}
/// Bytes of the checksum.
const CHECKSUM: usize = 8;

/// Kind of numbers in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Weights as floats: a network and its genome.
    F32,
    /// 8-bit integers: a [`crate::quantized::Model`].
    Int8,
    /// Integers of 8 bits or fewer: a [`crate::packed::Packed`].
    Packed,
}

impl Kind {
    const fn code(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::Int8 => 1,
            Self::Packed => 2,
        }
    }

    /// Bytes of the numbers of a layer behind `input`; `None` if memory cannot hold them.
    fn numbers(self, layer: Layer, input: Shape, format: Option<Format>) -> Option<usize> {
        let (weights, outputs) = (layer.kernel_parameters(input)?, layer.bias_parameters());
        match self {
            Self::F32 => weights.checked_add(outputs)?.checked_mul(4),
            Self::Int8 => {
                let words = outputs.checked_mul(8)?.checked_add(4)?;
                weights.checked_next_multiple_of(4)?.checked_add(words)
            }
            Self::Packed => {
                let rows = weights.checked_div(outputs).unwrap_or(0);
                let row = format.map_or(0, |format| format.row_bytes(outputs));
                let bytes = rows.checked_mul(row)?.checked_next_multiple_of(4)?;
                bytes.checked_add(outputs.checked_mul(4)?)
            }
        }
    }
}

/// The number of a format in a file.
const fn code_of_format(format: Format) -> u8 {
    match format {
        Format::Int8 => 1,
        Format::Int4 => 2,
        Format::Ternary => 3,
    }
}

/// The number of an activation in a file.
const fn code_of(activation: Activation) -> u32 {
    match activation {
        Activation::Linear => 0,
        Activation::Relu => 1,
        Activation::Softmax => 2,
    }
}

/// The activation of a number in a file; `None` if it is unknown.
const fn activation_of(code: u32) -> Option<Activation> {
    match code {
        0 => Some(Activation::Linear),
        1 => Some(Activation::Relu),
        2 => Some(Activation::Softmax),
        _ => None,
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Int8 => "int8",
            Self::Packed => "packed",
        })
    }
}

/// The bytes are not a file of this format, or a champion cannot be written in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileError {
    /// The bytes do not start with `TEVO`.
    Magic,
    /// The version of the format is not [`VERSION`].
    Version {
        /// Version in the file.
        got: u32,
    },
    /// The kind is unknown.
    UnknownKind {
        /// Number of the kind in the file.
        got: u32,
    },
    /// The file holds the other kind of numbers.
    Kind {
        /// Kind that was asked for.
        expected: Kind,
    },
    /// The number of layers is not 1 to [`MAX_LAYERS`].
    Layers {
        /// Number of layers in the file.
        got: u32,
    },
    /// A layer is of an unknown kind or has an unknown activation.
    UnknownLayer {
        /// Index of the layer, from 0.
        layer: usize,
    },
    /// A layer does not fit its input, has a number that is 0, or is too large for the format.
    Shape {
        /// Index of the layer, from 0.
        layer: usize,
    },
    /// The file is cut off or something follows it, or a slice has the wrong length.
    Length(LengthError),
    /// The bytes were changed after they were written.
    Checksum {
        /// Checksum stored in the file.
        expected: u64,
        /// Checksum computed from its bytes.
        got: u64,
    },
    /// A hidden layer of integers without ReLU, or a last one with it.
    Activation {
        /// Index of the layer, from 0.
        layer: usize,
    },
    /// The layers do not form a network.
    Network(NetworkError),
    /// The layers do not form a model.
    Model(ModelError),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("not a .tev file: it does not start with TEVO"),
            Self::Version { got } => {
                write!(f, "version {got} of the format; this program reads version {VERSION}")
            }
            Self::UnknownKind { got } => write!(f, "kind {got} of numbers is unknown"),
            Self::Kind { expected } => write!(f, "the file does not hold {expected} numbers"),
            Self::Layers { got } => write!(f, "a file has 1 to {MAX_LAYERS} layers, got {got}"),
            Self::UnknownLayer { layer } => {
                write!(f, "layer {layer} is of an unknown kind or has an unknown activation")
            }
            Self::Shape { layer } => write!(f, "the shape of layer {layer} does not fit"),
            Self::Length(LengthError { buffer: "file", expected, got }) => {
                write!(
                    f,
                    "it is {got} bytes long, and its shapes make {expected}: cut off or damaged"
                )
            }
            Self::Length(error) => error.fmt(f),
            Self::Checksum { expected, got } => {
                write!(f, "the checksum is {got:#018x} instead of {expected:#018x}: damaged")
            }
            Self::Activation { layer } => {
                write!(
                    f,
                    "layer {layer}: all layers of integers but the last need a ReLU, and the last none"
                )
            }
            Self::Network(error) => error.fmt(f),
            Self::Model(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for FileError {}

impl From<LengthError> for FileError {
    fn from(error: LengthError) -> Self {
        Self::Length(error)
    }
}

impl From<NetworkError> for FileError {
    fn from(error: NetworkError) -> Self {
        Self::Network(error)
    }
}

impl From<ModelError> for FileError {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}

#[cfg(test)]
mod tests;
