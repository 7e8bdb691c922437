//! The IDX format of LeCun's digits: unsigned bytes in one dimension (labels) or three (images).
//!
//! A file is a header of big-endian 32-bit numbers (magic number, number of samples and, for
//! images, rows and columns) and then one byte per value. [`parse`] reads a file that is in memory
//! and touches no disk. No header costs more memory than is free.

use super::error::Fault;
use super::memory;
use std::cmp::Ordering;
use std::io::{self, Read};

/// The content of a file.
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
    /// The content of the file.
    pub kind: Kind,
    /// Number of samples, at least 1.
    pub samples: u32,
    /// Rows and columns of an image, at least 1; 1 and 1 for labels.
    pub size: [u32; 2],
}

impl Kind {
    /// The magic number, and the bytes of a header.
    const fn header(self) -> (u32, u64) {
        match self {
            Self::Images => (0x0803, 16),
            Self::Labels => (0x0801, 8),
        }
    }
}

/// Reads a whole file of `kind`: its header and its values, in the order of the file.
///
/// # Errors
/// A [`Fault`] that says what is wrong: another kind, a cut header, nothing in it, too short, too
/// long, more than fits into memory.
pub fn parse(kind: Kind, bytes: &[u8]) -> Result<(Header, Vec<u8>), Fault> {
    let mut reader = bytes;
    let read = Header::read(kind, &mut reader)
        .and_then(|header| Ok((header, header.values(&mut reader, Some(bytes.len() as u64))?)));
    // Reading from memory does not fail in any other way.
    read.map_err(|error| Fault::of(error).unwrap_or(Fault::Empty))
}

impl Header {
    /// Reads the header of a file of `kind`; an error holds a [`Fault`] or is the system's.
    pub(super) fn read(kind: Kind, reader: &mut impl Read) -> io::Result<Self> {
        let (magic, length) = kind.header();
        let mut bytes = Vec::new();
        let found = reader.take(length).read_to_end(&mut bytes)? as u64;
        let mut words = bytes
            .chunks_exact(4)
            .map(|word| word.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)));
        // A short file of another kind is told by its magic number.
        match words.next() {
            Some(got) if got != magic => return Err(Fault::Magic { expected: magic, got }.into()),
            _ if found == 0 => return Err(Fault::Empty.into()),
            _ if found < length => return Err(Fault::Header { expected: length, found }.into()),
            _ => {}
        }
        let samples = words.next().unwrap_or(0);
        let (rows, columns) = (words.next().unwrap_or(1), words.next().unwrap_or(1));
        if samples == 0 || rows == 0 || columns == 0 {
            return Err(Fault::Nothing { samples, rows, columns }.into());
        }
        Ok(Self { kind, samples, size: [rows, columns] })
    }

    /// Reads the values that follow this header. `length` is the length of the whole file where it
    /// is known; otherwise the reader is read to one byte past the last value.
    pub(super) fn values(self, reader: &mut impl Read, length: Option<u64>) -> io::Result<Vec<u8>> {
        if let Some(length) = length {
            self.check_length(length)?;
        }
        let header = self.kind.header().1;
        let count = self.file_bytes().saturating_sub(header);
        let mut values = memory::reserve(count).map_err(|bytes| Fault::Memory { bytes })?;
        reader.take(count).read_to_end(&mut values)?;
        // This also makes an archive check its own checksum, which stands at its end.
        let more = reader.take(1).read_to_end(&mut values)?;
        if length.is_none() && more > 0 {
            return Err(Fault::Unpacks { expected: self.file_bytes() }.into());
        }
        // Once more: a file can change while it is read.
        self.check_length(header + values.len() as u64)?;
        Ok(values)
    }

    /// Whether a file of `found` bytes is as long as this header says.
    pub(super) fn check_length(self, found: u64) -> Result<(), Fault> {
        let expected = self.file_bytes();
        match found.cmp(&expected) {
            Ordering::Less => Err(Fault::Truncated { expected, found }),
            Ordering::Greater => Err(Fault::Oversized { expected, found }),
            Ordering::Equal => Ok(()),
        }
    }

    /// Length of the whole file in bytes; saturating.
    pub(super) fn file_bytes(self) -> u64 {
        let [samples, rows, columns] = [self.samples, self.size[0], self.size[1]].map(u64::from);
        (rows * columns).saturating_mul(samples).saturating_add(self.kind.header().1)
    }

    /// The header as it stands in a file.
    pub(super) fn encode(self) -> Vec<u8> {
        let (magic, length) = self.kind.header();
        let words = [magic, self.samples, self.size[0], self.size[1]];
        words.into_iter().flat_map(u32::to_be_bytes).take(length as usize).collect()
    }
}
