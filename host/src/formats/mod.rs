//! Champions in files: this folder has one file for each format.
//!
//! | format | holds | read back |
//! | --- | --- | --- |
//! | [`safetensors`] | floats, tensors named as Keras names them | yes |
//! | [`tev`] | floats or integers, for microcontrollers | yes |
//! | [`rust`] | floats or integers, a module for `tinyevo-core` | no |
//! | [`c`] | floats or integers, a C99 header that stands alone | no |
//!
//! [`parse`] and [`encode`] are pure functions of bytes. Only [`read`] touches a file.

pub mod c;
mod check;
mod description;
pub mod error;
mod identifier;
mod list;
mod render;
pub mod rust;
pub mod safetensors;
pub mod tev;

pub use error::ParseError;
pub use identifier::Identifier;
pub(crate) use render::rendered;

use crate::champion::{Champion, Weights};
use crate::error::Error;
use std::fmt::{self, Display};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;
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
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Rust, Self::C, Self::Tev, Self::Safetensors];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::Tev => "bin",
            Self::Safetensors => "safetensors",
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
        }
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| {
            Error::Usage(format!("{name} is no format: rust, c, bin and safetensors are"))
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
    match format {
        Format::Rust => Ok(rust::encode(champion, name)?.into_bytes()),
        Format::C => Ok(c::encode(champion, name)?.into_bytes()),
        Format::Tev => tev::encode(champion),
        Format::Safetensors => match &champion.weights {
            Weights::Floats(network, genome) => {
                safetensors::encode_masters(network, genome, &[], &champion.description)
            }
            Weights::Integers(_) | Weights::Packed(_) => Err(Error::Unfit {
                action: "written as safetensors",
                reason: "it holds integers, and safetensors holds its floats".to_string(),
            }),
        },
    }
}

/// Reads a champion from a file of safetensors or a `.tev` file.
///
/// # Errors
/// The file cannot be read, is larger than 2 GiB, or [`parse`] refuses it.
pub fn read(path: &Path) -> Result<Champion, Error> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    bytes_of(file, MOST_BYTES)
        .map_err(Error::io("read", path))?
        .and_then(|bytes| parse(&bytes))
        .map_err(|source| Error::Champion { path: path.to_path_buf(), source })
}

/// All bytes of what may be a champion, and at most `most`: a file may grow, and a device has no end.
fn bytes_of(mut file: impl Read, most: u64) -> io::Result<Result<Vec<u8>, ParseError>> {
    let mut bytes = Vec::new();
    // Enough to see that it is none: nobody waits for 2 GiB of zeros.
    let _ = file.by_ref().take(16).read_to_end(&mut bytes)?;
    if !bytes.starts_with(&MAGIC) && !safetensors::may_be(&bytes) {
        return Ok(Err(ParseError::Neither));
    }
    let rest = most.saturating_sub(bytes.len() as u64);
    let _ = file.take(rest.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(if bytes.len() as u64 > most { Err(ParseError::TooLong(most)) } else { Ok(bytes) })
}

/// The champion in the bytes of a file of safetensors or of a `.tev` file. Never panics.
///
/// # Errors
/// The bytes are of neither format, or they hold no network of finite weights.
pub fn parse(bytes: &[u8]) -> Result<Champion, ParseError> {
    if bytes.starts_with(&MAGIC) { tev::parse(bytes) } else { safetensors::parse(bytes) }
}

impl Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
