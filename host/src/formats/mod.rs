//! Champions in files: this folder has one file for each format.
//!
//! | format | holds | read back |
//! | --- | --- | --- |
//! | [`safetensors`] | floats, tensors named as Keras names them | yes |
//! | [`npz`] | floats, arrays of NumPy named as Keras names them | yes |
//! | [`onnx`] | floats, a graph that other runtimes run | yes |
//! | [`keras`] | floats, a model that Keras loads | no |
//! | [`tev`] | floats or integers, for microcontrollers | yes |
//! | [`rust`] | floats or integers, a module for `tinyevo-core` | no |
//! | [`c`] | floats or integers, a C99 header that stands alone | no |
//!
//! [`parse`] and [`encode`] are pure functions of bytes. Only [`read`] touches a file.

mod archive;
mod array;
pub mod c;
mod check;
mod description;
pub mod error;
mod identifier;
pub mod keras;
mod list;
pub mod npz;
pub mod onnx;
mod render;
pub mod rust;
pub mod safetensors;
pub mod tev;

pub use array::NetworkHint;
pub use error::ParseError;
pub use identifier::Identifier;
pub(crate) use render::rendered;

use crate::champion::{Champion, Weights};
use crate::data;
use crate::error::Error;
use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;
use tinyevo_core::deploy;
use tinyevo_core::network::Network;
use tinyevo_core::tev::MAGIC;

/// The largest file that is read, in bytes: room for the largest network that the host evolves.
const MOST_BYTES: u64 = 2 << 30;

/// A file format for champions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A Rust module for `tinyevo-core`.
    Rust,
    /// A C99 header with an inference function.
    C,
    /// The bytes of a `.tev` file.
    Tev,
    /// Safetensors, for Python and other programs.
    Safetensors,
    /// Arrays of NumPy.
    Npz,
    /// An ONNX model.
    Onnx,
    /// A model of Keras.
    Keras,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 7] =
        [Self::Rust, Self::C, Self::Tev, Self::Safetensors, Self::Npz, Self::Onnx, Self::Keras];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::Tev => "bin",
            Self::Safetensors => "safetensors",
            Self::Npz => "npz",
            Self::Onnx => "onnx",
            Self::Keras => "keras",
        }
    }

    /// A description in a few words.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Rust => "a Rust module for tinyevo-core",
            Self::C => "a C99 header with an inference function",
            Self::Tev => "the bytes of a .tev file",
            Self::Safetensors => "tensors of floats, for Python and other programs",
            Self::Npz => "arrays of floats for NumPy, named as Keras names them",
            Self::Onnx => "an ONNX model, for onnxruntime and other runtimes",
            Self::Keras => "a .keras model, for keras.models.load_model",
        }
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::Usage(format!("{name} is no format: these are: {names}"))
        })
    }
}

/// Writes a champion as the bytes of a format. A Rust module and a C header take `name`, so that two
/// of them can stand in one file; without it the Rust module is the whole file, and names in C start
/// with `tinyevo`.
///
/// # Errors
/// [`Error::Unfit`]: the format cannot hold the champion.
pub fn encode(
    champion: &Champion,
    format: Format,
    name: Option<&Identifier>,
) -> Result<Vec<u8>, Error> {
    encode_for(None, champion, format, name)
}

/// As [`encode`], for a file of this path: a C header's comment says how it is included.
///
/// # Errors
/// As [`encode`].
pub fn encode_for(
    file: Option<&Path>,
    champion: &Champion,
    format: Format,
    name: Option<&Identifier>,
) -> Result<Vec<u8>, Error> {
    match format {
        Format::Rust => Ok(rust::encode(champion, name)?.into_bytes()),
        Format::C => Ok(c::encode(champion, name, file)?.into_bytes()),
        Format::Tev => tev::encode(champion),
        Format::Safetensors => {
            let encode = |network: &Network, genome: &[f32], description: &data::Description| {
                safetensors::encode_masters(network, genome, &[], description)
            };
            floats(champion, "written as safetensors", encode)
        }
        Format::Npz => floats(champion, "written as npz", npz::encode),
        Format::Onnx => floats(champion, "written as onnx", onnx::encode),
        Format::Keras => floats(champion, "written as keras", keras::encode),
    }
}

/// Writes a champion of floats.
fn floats(
    champion: &Champion,
    action: &'static str,
    encode: impl FnOnce(&Network, &[f32], &data::Description) -> Result<Vec<u8>, Error>,
) -> Result<Vec<u8>, Error> {
    match &champion.weights {
        Weights::Floats(network, genome) => encode(network, genome, &champion.description),
        Weights::Integers(_) | Weights::Packed(_) => Err(Error::Unfit {
            action,
            reason:
                "it holds integers, and this format holds floats, which would give other classes; \
                     rust, c and bin hold integers"
                    .to_string(),
        }),
    }
}

/// Reads a champion from a file of any format that is read.
///
/// # Errors
/// The file cannot be read, is larger than 2 GiB, or [`parse`] refuses it.
pub fn read(path: &Path) -> Result<Champion, Error> {
    read_as(path, &NetworkHint::default())
}

/// As [`read`], of a file that may hold weights alone: the network is the one that is described.
///
/// # Errors
/// As [`read`].
pub fn read_as(path: &Path, hint: &NetworkHint) -> Result<Champion, Error> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    bytes_of(file, MOST_BYTES)
        .map_err(Error::io("read", path))?
        .and_then(|bytes| parse_as(&bytes, hint))
        .map_err(|source| Error::Champion { path: path.to_path_buf(), source })
}

/// The floats of a champion, also where they stand for integers, and the formats of these integers; none for floats.
///
/// # Errors
/// As [`read`]; [`Error::Unfit`]: the file holds integers alone.
pub fn read_masters(path: &Path) -> Result<(Champion, Vec<deploy::Format>), Error> {
    let champion = read(path)?;
    let formats = match &champion.weights {
        Weights::Floats(..) => return Ok((champion, Vec::new())),
        Weights::Packed(packed) => packed.formats().to_vec(),
        Weights::Integers(_) => Vec::new(),
    };
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    if format_of(&bytes) != Some(Format::Safetensors) {
        let reason = format!(
            "{} holds integers ({}), and weights evolve as floats\n  give the file of its floats: the \
             champion.safetensors beside it, or what it was quantised from",
            path.display(),
            champion.numbers()
        );
        return Err(Error::Unfit { action: "evolved further", reason });
    }
    let masters = safetensors::masters(&bytes);
    let masters = masters.map_err(|source| Error::Champion { path: path.to_path_buf(), source })?;
    Ok((masters, formats))
}

/// All bytes of what may be a champion, and at most `most`: a file may grow, and a device has no end.
fn bytes_of(mut file: impl Read, most: u64) -> io::Result<Result<Vec<u8>, ParseError>> {
    let mut bytes = Vec::new();
    // Enough to see that it is none: nobody waits for 2 GiB of zeros.
    let _ = file.by_ref().take(16).read_to_end(&mut bytes)?;
    if format_of(&bytes).is_none() {
        return Ok(Err(ParseError::Neither));
    }
    let rest = most.saturating_sub(bytes.len() as u64);
    let _ = file.take(rest.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(if bytes.len() as u64 > most { Err(ParseError::TooLong(most)) } else { Ok(bytes) })
}

/// The champion in the bytes of a file of any format that is read. Never panics.
///
/// # Errors
/// The bytes are of no such format, or they hold no network of finite weights.
pub fn parse(bytes: &[u8]) -> Result<Champion, ParseError> {
    parse_as(bytes, &NetworkHint::default())
}

/// As [`parse`], of bytes that may hold weights alone.
fn parse_as(bytes: &[u8], hint: &NetworkHint) -> Result<Champion, ParseError> {
    match format_of(bytes).ok_or(ParseError::Neither)? {
        Format::Npz => npz::parse(bytes, hint, MOST_BYTES),
        Format::Onnx => onnx::parse(bytes, hint),
        _ if *hint != NetworkHint::default() => Err(ParseError::Unknown(
            "--network and --input are for files that hold weights alone; this one says its network"
                .to_string(),
        )),
        Format::Tev => tev::parse(bytes),
        _ => safetensors::parse(bytes),
    }
}

/// The format of bytes that start so, if it is one that is read.
fn format_of(bytes: &[u8]) -> Option<Format> {
    [
        (bytes.starts_with(&MAGIC), Format::Tev),
        (bytes.starts_with(&archive::MAGIC), Format::Npz),
        (onnx::may_be(bytes), Format::Onnx),
        (safetensors::may_be(bytes), Format::Safetensors),
    ]
    .into_iter()
    .find_map(|(is, format)| is.then_some(format))
}

impl Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
