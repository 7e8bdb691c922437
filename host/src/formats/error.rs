//! Errors of reading a champion from bytes.

use tinyevo_core::network::NetworkError;
use tinyevo_core::tev::FileError;

/// The reason why bytes do not hold a champion.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The bytes are of none of the formats that are read.
    #[error(
        "not a safetensors file, and no .tev, .npz or .onnx file\n  \
         give a champion.safetensors, or what `tinyevo export --format bin`, npz or onnx wrote"
    )]
    Neither,
    /// More bytes than a champion can have.
    #[error("more than {0} bytes, which no champion has")]
    TooLong(u64),
    /// A file in an archive is larger than the free memory.
    #[error("it unpacks to {0} bytes, more than the memory that is free")]
    Memory(u64),
    /// The header of safetensors does not fit the bytes.
    #[error("not a safetensors file: {0}; is it cut off or damaged?")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// Not a `.tev` file, or a damaged one.
    #[error("{0}")]
    Tev(#[from] FileError),
    /// Not a zip archive with arrays of NumPy, or a damaged one.
    #[error("not an .npz file: {0}")]
    Archive(String),
    /// Not an ONNX model, or none that tinyevo has layers for.
    #[error("this ONNX model cannot be read: {0}")]
    Onnx(String),
    /// The weights do not say which network they are of.
    #[error("the network is not known: {0}")]
    Unknown(String),
    /// The tensors are not those of dense layers.
    #[error(
        "the tensors are not those of dense layers\n  \
         wanted: dense/kernel [in, out] and dense/bias [out], then dense_1/kernel and dense_1/bias, and so on\n  \
         found: {found}"
    )]
    Names {
        /// The names of the tensors.
        found: String,
    },
    /// A tensor is not what its layer needs.
    #[error("{tensor} {problem}")]
    Tensor {
        /// Name of the tensor.
        tensor: String,
        /// "is missing", "has shape `[3]`, not `[4]`".
        problem: String,
    },
    /// The metadata contradicts the tensors, or has a value that tinyevo does not know.
    #[error("the metadata contradicts the weights: {0}")]
    Metadata(String),
    /// The layers do not form a network.
    #[error("{0}")]
    Network(#[from] NetworkError),
    /// A weight is NaN or infinite.
    #[error("weight {index} is {value}; all must be finite")]
    NotFinite {
        /// Index of the weight in the genome, from 0.
        index: usize,
        /// Value of the weight.
        value: f32,
    },
    /// The network has more than 256 outputs.
    #[error("the last layer has {0} units; at most 256 classes can be told apart")]
    TooManyClasses(usize),
}
