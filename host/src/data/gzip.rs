//! Reads a file that may be a gzip archive, whatever its name: its first two bytes tell.
//!
//! Nothing is written to disk. The reader, which knows the length of the file, limits the output. Archives
//! of several members and archives followed by zero bytes are accepted, as by `gzip`.

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
        let packed = input.fill_buf()?.starts_with(&MAGIC);
        Ok(if packed { Self::Member(GzDecoder::new(input)) } else { Self::Plain(input) })
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
                Some(_) => return Err(Fault::Gzip("other bytes follow its end".into()).into()),
            }
        }
    }
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = match self {
                Self::Plain(input) => return input.read(buffer),
                Self::Member(member) => member.read(buffer)?,
                Self::End => return Ok(0),
            };
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            if let Self::Member(member) = std::mem::replace(self, Self::End) {
                *self = Self::next(member.into_inner())?;
            }
        }
    }
}
