//! The IDX format of LeCun's digits: unsigned bytes in one dimension (labels) or three (images).
//!
//! A file is a header of big-endian 32-bit numbers (magic number, number of samples and, for
//! images, rows and columns) and then one byte per value. [`parse`] reads a file that is in memory
//! and touches no disk. No header costs more memory than the values that follow it, or than is
//! free.

use super::error::Fault;
use super::memory;
use std::io::{self, Read};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Images: samples, rows, columns.
    Images,
    /// Labels: samples.
    Labels,
}

/// The header of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the file holds.
    pub kind: Kind,
    /// Number of samples, at least 1.
    pub samples: u32,
    /// Rows of an image, at least 1; 1 for labels.
    pub rows: u32,
    /// Columns of an image, at least 1; 1 for labels.
    pub columns: u32,
}

/// A file is wrong, or cannot be read at all.
#[derive(Debug)]
pub(super) enum ReadError {
    Fault(Fault),
    Io(io::Error),
}

impl From<Fault> for ReadError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Kind {
    const fn magic(self) -> u32 {
        match self {
            Self::Images => 0x0803,
            Self::Labels => 0x0801,
        }
    }

    const fn header_bytes(self) -> usize {
        match self {
            Self::Images => 16,
            Self::Labels => 8,
        }
    }
}

/// Reads a whole file of `kind`: its header, and its values with the last column first to change.
///
/// # Errors
/// A [`Fault`] that says what is wrong: another kind, a cut header, nothing in it, too short, too
/// long, more than fits into memory.
pub fn parse(kind: Kind, bytes: &[u8]) -> Result<(Header, Vec<u8>), Fault> {
    let mut reader = bytes;
    let read = Header::read(kind, &mut reader).and_then(|header| {
        let values = header.values(&mut reader, Some(bytes.len() as u64))?;
        Ok((header, values))
    });
    read.map_err(|error| match error {
        ReadError::Fault(fault) => fault,
        // Reading from memory does not fail.
        ReadError::Io(_) => Fault::Empty,
    })
}

impl Header {
    /// Reads the header of a file of `kind`.
    pub(super) fn read(kind: Kind, reader: &mut impl Read) -> Result<Self, ReadError> {
        let mut bytes = Vec::new();
        reader.take(kind.header_bytes() as u64).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Err(Fault::Empty.into());
        }
        let mut words = bytes
            .chunks_exact(4)
            .map(|word| word.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)));
        // A short file of another kind is told by its magic number.
        let expected = kind.magic();
        if let Some(got) = words.next().filter(|got| *got != expected) {
            return Err(Fault::Magic { expected, got }.into());
        }
        if bytes.len() < kind.header_bytes() {
            let (expected, found) = (kind.header_bytes() as u64, bytes.len() as u64);
            return Err(Fault::Header { expected, found }.into());
        }
        let samples = words.next().unwrap_or(0);
        let (rows, columns) = (words.next().unwrap_or(1), words.next().unwrap_or(1));
        if samples == 0 || rows == 0 || columns == 0 {
            return Err(Fault::Nothing { samples, rows, columns }.into());
        }
        Ok(Self { kind, samples, rows, columns })
    }

    /// Reads the values that follow this header. `length` is the length of the whole file where it
    /// is known; otherwise the reader is read to one byte past the last value.
    pub(super) fn values(
        self,
        reader: &mut impl Read,
        length: Option<u64>,
    ) -> Result<Vec<u8>, ReadError> {
        if let Some(length) = length {
            self.check_length(length)?;
        }
        let count = self.file_bytes().saturating_sub(self.kind.header_bytes() as u64);
        let mut values = memory::reserve(count).map_err(|bytes| Fault::Memory { bytes })?;
        reader.take(count).read_to_end(&mut values)?;
        // Also makes an archive check its own checksum, which stands at its end.
        let more = reader.take(1).read_to_end(&mut values)?;
        match length {
            None if more > 0 => Err(Fault::Unpacks { expected: self.file_bytes() }.into()),
            // The length again: a file can change while it is read.
            _ => {
                self.check_length(self.kind.header_bytes() as u64 + values.len() as u64)?;
                Ok(values)
            }
        }
    }

    /// Whether a file of `found` bytes is as long as this header says.
    pub(super) fn check_length(self, found: u64) -> Result<(), Fault> {
        let expected = self.file_bytes();
        match found.cmp(&expected) {
            std::cmp::Ordering::Less => Err(Fault::Truncated { expected, found }),
            std::cmp::Ordering::Greater => Err(Fault::Oversized { expected, found }),
            std::cmp::Ordering::Equal => Ok(()),
        }
    }

    /// Length of the whole file in bytes; saturating.
    #[must_use]
    pub fn file_bytes(self) -> u64 {
        let pixels = u64::from(self.rows) * u64::from(self.columns);
        let values = pixels.saturating_mul(u64::from(self.samples));
        values.saturating_add(self.kind.header_bytes() as u64)
    }

    /// Rows and columns of an image.
    #[must_use]
    pub const fn size(self) -> [u32; 2] {
        [self.rows, self.columns]
    }

    /// The header as it stands in a file.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        let words = [self.kind.magic(), self.samples, self.rows, self.columns];
        let words = &words[..self.kind.header_bytes() / 4];
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }
}

#[cfg(test)]
#[path = "tests/idx.rs"]
mod tests;
