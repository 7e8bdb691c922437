//! Reads a file that may be a gzip archive, whatever its name: its first two bytes tell.
//!
//! Nothing is written to disk. How much comes out is limited by the reader, which knows how long
//! the file must be, so a bomb costs no more than a good file. Archives of several members and
//! archives followed by zero bytes are taken, as `gzip` does.

use super::error::Fault;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// The two bytes that begin a gzip archive.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The bytes of a file, unpacked.
#[derive(Debug)]
pub(super) enum Unpacked<R> {
    /// No archive: its bytes as they are.
    Plain(R),
    /// Within a member of an archive.
    Member(GzDecoder<R>),
    /// Past the last member.
    End,
}

impl<R: BufRead> Unpacked<R> {
    /// Looks at the first bytes.
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        if input.fill_buf()?.starts_with(&MAGIC) {
            return Ok(Self::Member(GzDecoder::new(input)));
        }
        Ok(Self::Plain(input))
    }

    /// Whether it is no archive.
    pub(super) const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// The next member, past any zero bytes.
    fn next(mut input: R) -> io::Result<Self> {
        loop {
            let buffer = input.fill_buf()?;
            let zeros = buffer.iter().take_while(|byte| **byte == 0).count();
            match buffer.get(zeros) {
                None if zeros == 0 => return Ok(Self::End),
                None => input.consume(zeros),
                Some(&byte) if byte == MAGIC[0] => {
                    input.consume(zeros);
                    return Ok(Self::Member(GzDecoder::new(input)));
                }
                Some(_) => {
                    let text = "other bytes follow the end of the archive";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, text));
                }
            }
        }
    }
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let member = match self {
                Self::Plain(input) => return input.read(buffer),
                Self::Member(member) => member,
                Self::End => return Ok(0),
            };
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            if let Self::Member(member) = std::mem::replace(self, Self::End) {
                *self = Self::next(member.into_inner())?;
            }
        }
    }
}

/// Tells a corrupt archive from a disk that does not answer.
pub(super) fn classify(error: io::Error) -> Result<Fault, io::Error> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Ok(Fault::Gzip("it ends too early".into())),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Ok(Fault::Gzip(error.to_string()))
        }
        _ => Err(error),
    }
}

#[cfg(test)]
#[path = "tests/gzip.rs"]
mod tests;
