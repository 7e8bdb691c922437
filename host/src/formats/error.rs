//! What is wrong with bytes that are no champion.

use tinyevo_core::network::NetworkError;
use tinyevo_core::tev::FileError;

/// Why bytes are no champion.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Of neither format.
    #[error(
        "not a safetensors file and not a .tev file\n  \
         give a champion.safetensors, or what `tinyevo export --format bin` wrote"
    )]
    Neither,
    /// More bytes than a champion can have.
    #[error("more than {0} bytes, which no champion has")]
    TooLong(u64),
    /// The header of safetensors does not fit the bytes.
    #[error("not a safetensors file: {0}; is it cut off or damaged?")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// Not a `.tev` file, or a damaged one.
    #[error("{0}")]
    Tev(#[from] FileError),
    /// The tensors are not those of dense layers.
    #[error(
        "the tensors are not those of dense layers\n  \
         wanted: dense/kernel and dense/bias, then dense_1/kernel and dense_1/bias, and so on\n  \
         found: {found}"
    )]
    Names {
        /// The names of the tensors.
        found: String,
    },
    /// A tensor is not what its layer needs.
    #[error("{tensor} {problem}")]
    Tensor {
        /// Its name.
        tensor: String,
        /// "is missing", "has shape `[3]`, not `[4]`".
        problem: String,
    },
    /// The metadata does not fit the tensors, or tinyevo does not know what it says.
    #[error("the metadata contradicts the weights: {0}")]
    Metadata(String),
    /// The layers make no network.
    #[error("{0}")]
    Network(#[from] NetworkError),
    /// A weight is NaN or infinite.
    #[error("weight {index} is {value}; all must be finite")]
    NotFinite {
        /// Which, in the order of the genome.
        index: usize,
        /// The weight.
        value: f32,
    },
    /// More outputs than a label can name.
    #[error("the last layer has {0} units; at most 256 classes can be told apart")]
    TooManyClasses(usize),
}
