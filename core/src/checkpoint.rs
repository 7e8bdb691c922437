//! The state of a run as bytes: a header, floats, and a checksum.
//!
//! All numbers are little-endian, so that a checkpoint is read on every target:
//!
//! | bytes | what |
//! | --- | --- |
//! | 0..4 | `TEVC` |
//! | 4..8 | version of this format, 1 |
//! | 8..16 | [`Header::run`] |
//! | 16..20 | [`Header::generation`] |
//! | 20..28 | [`Header::evaluations`] |
//! | 28..36 | [`Header::milliseconds`] |
//! | 36..44 | number of floats |
//! | 44.. | the floats, 4 bytes each |
//! | last 4 | CRC-32C (RFC 3720) of everything before |
//!
//! The checksum finds every change of up to 32 bits in a row, so of any single byte.

use crate::error::LengthError;
use crate::slices::parts as pieces;
use core::fmt;
use crc::{CRC_32_ISCSI, Crc, Digest, Table};

/// The first bytes of a checkpoint.
pub const MAGIC: [u8; 4] = *b"TEVC";

/// The version of the format.
pub const VERSION: u32 = 1;

const HEADER: usize = 44;
const CHECKSUM: usize = 4;

/// Number of floats in one piece of output.
const PIECE: usize = 64;
static CRC: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);

/// The header of a checkpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Header {
    /// A hash of the run's settings and data: a checkpoint with another hash is of another run.
    pub run: u64,
    /// The generation of the state, from 0.
    pub generation: u32,
    /// Number of genomes scored so far.
    pub evaluations: u64,
    /// Working time so far, in milliseconds.
    pub milliseconds: u64,
}

/// Length in bytes of a checkpoint of this many floats; saturating.
#[must_use]
pub const fn length(floats: usize) -> usize {
    floats.saturating_mul(4).saturating_add(HEADER + CHECKSUM)
}

/// Passes a checkpoint to `write` in pieces, [`length`] bytes in total. It holds the floats of all
/// `parts`, in order.
///
/// # Errors
/// The error that `write` returns.
pub fn write<E>(
    header: &Header,
    parts: &[&[f32]],
    mut write: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut digest = CRC.digest();
    let mut put = |bytes: &[u8], digest: &mut Digest<'_, u32, Table<1>>| {
        digest.update(bytes);
        write(bytes)
    };
    let floats = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.len() as u64));
    put(&MAGIC, &mut digest)?;
    put(&VERSION.to_le_bytes(), &mut digest)?;
    put(&header.run.to_le_bytes(), &mut digest)?;
    put(&header.generation.to_le_bytes(), &mut digest)?;
    put(&header.evaluations.to_le_bytes(), &mut digest)?;
    put(&header.milliseconds.to_le_bytes(), &mut digest)?;
    put(&floats.to_le_bytes(), &mut digest)?;
    for floats in parts.iter().flat_map(|part| pieces(part, PIECE)) {
        let mut bytes = [[0; 4]; PIECE];
        for (to, float) in bytes.iter_mut().zip(floats) {
            *to = float.to_le_bytes();
        }
        let bytes = bytes.get(..floats.len()).unwrap_or(&[]);
        put(bytes.as_flattened(), &mut digest)?;
    }
    write(&digest.finalize().to_le_bytes())
}

/// A checked checkpoint: a view of its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Checkpoint<'a> {
    header: Header,
    floats: &'a [[u8; 4]],
}

impl<'a> Checkpoint<'a> {
    /// Checks the bytes of a checkpoint.
    ///
    /// # Errors
    /// The bytes are not a checkpoint, have another version or another length than they say, or were changed.
    pub fn new(bytes: &'a [u8]) -> Result<Self, CheckpointError> {
        let mut rest = bytes;
        if take::<4>(&mut rest)? != MAGIC {
            return Err(CheckpointError::NoCheckpoint);
        }
        let version = u32::from_le_bytes(take(&mut rest)?);
        if version != VERSION {
            // Every version ends in the checksum: where it does not fit, the number was changed.
            return Err(match fits(bytes) {
                true => CheckpointError::Version { got: version },
                false => CheckpointError::Damaged,
            });
        }
        let header = Header {
            run: u64::from_le_bytes(take(&mut rest)?),
            generation: u32::from_le_bytes(take(&mut rest)?),
            evaluations: u64::from_le_bytes(take(&mut rest)?),
            milliseconds: u64::from_le_bytes(take(&mut rest)?),
        };
        let floats = u64::from_le_bytes(take(&mut rest)?);
        let expected = usize::try_from(floats).map_or(usize::MAX, length);
        let wrong = CheckpointError::Length { expected, got: bytes.len() };
        if bytes.len() != expected {
            return Err(wrong);
        }
        if !fits(bytes) {
            return Err(CheckpointError::Damaged);
        }
        let (body, _) = bytes.split_last_chunk::<CHECKSUM>().ok_or(wrong)?;
        let floats = body.get(HEADER..).unwrap_or(&[]).as_chunks().0;
        Ok(Self { header, floats })
    }

    /// The header of a checkpoint.
    #[must_use]
    pub const fn header(&self) -> Header {
        self.header
    }

    /// Number of floats.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.floats.len()
    }

    /// Whether there are no floats.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.floats.is_empty()
    }

    /// Copies the floats into `parts`, one after another, which together have [`len`](Self::len) floats.
    ///
    /// # Errors
    /// The parts together have another length; they are left unchanged.
    pub fn read(&self, parts: &mut [&mut [f32]]) -> Result<(), LengthError> {
        let room = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        LengthError::exact("parts", self.len(), room)?;
        let to = parts.iter_mut().flat_map(|part| part.iter_mut());
        for (to, bytes) in to.zip(self.floats) {
            *to = f32::from_le_bytes(*bytes);
        }
        Ok(())
    }
}

/// Whether bytes end in the checksum of what stands before.
fn fits(bytes: &[u8]) -> bool {
    let split = bytes.split_last_chunk::<CHECKSUM>();
    split.is_some_and(|(body, checksum)| CRC.checksum(body) == u32::from_le_bytes(*checksum))
}

/// Takes the next `N` bytes.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], CheckpointError> {
    let got = rest.len();
    let short = CheckpointError::Length { expected: length(0), got };
    let (own, following) = rest.split_first_chunk::<N>().ok_or(short)?;
    *rest = following;
    Ok(*own)
}

/// The bytes are not a whole checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointError {
    /// They do not begin with `TEVC`.
    NoCheckpoint,
    /// The version of the format is unknown.
    Version {
        /// Version in the bytes.
        got: u32,
    },
    /// The number of bytes is not the one that the header says, or there is no whole header.
    Length {
        /// Number of bytes by the header; the smallest possible if there is no whole header.
        expected: usize,
        /// Number of bytes that were given.
        got: usize,
    },
    /// The checksum is not that of the bytes.
    Damaged,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoCheckpoint => f.write_str("not a checkpoint"),
            Self::Version { got } => {
                write!(f, "a checkpoint of version {got}; this program reads version {VERSION}")
            }
            Self::Length { expected, got } => {
                write!(f, "a checkpoint of {expected} bytes, of which {got} are there")
            }
            Self::Damaged => f.write_str("a damaged checkpoint: its checksum does not fit"),
        }
    }
}

impl core::error::Error for CheckpointError {}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    const HEAD: Header =
        Header { run: 0x1122_3344_5566_7788, generation: 7, evaluations: 99, milliseconds: 1234 };

    fn bytes_of(parts: &[&[f32]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let put = |piece: &[u8]| -> Result<(), ()> {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        write(&HEAD, parts, put).unwrap();
        bytes
    }

    #[test]
    fn what_is_written_is_read_bit_for_bit() {
        let first: Vec<f32> = (0..130).map(|i| i as f32 / 3.0).collect();
        let second = [f32::NAN, -0.0, f32::INFINITY, f32::from_bits(1)];
        let bytes = bytes_of(&[&first, &[], &second]);
        assert_eq!(bytes.len(), length(134));
        let checkpoint = Checkpoint::new(&bytes).unwrap();
        assert_eq!((checkpoint.header(), checkpoint.len()), (HEAD, 134));
        let (mut a, mut b) = ([0.0; 100], [0.0; 34]);
        checkpoint.read(&mut [&mut a, &mut b]).unwrap();
        let read = a.iter().chain(&b).map(|x| x.to_bits());
        assert!(read.eq(first.iter().chain(&second).map(|x| x.to_bits())));
        assert!(checkpoint.read(&mut [&mut a]).is_err());
        assert!(!checkpoint.is_empty() && Checkpoint::new(&bytes_of(&[])).unwrap().is_empty());
    }

    #[test]
    fn the_bytes_are_those_of_another_implementation() {
        // Python 3.11, with a bitwise CRC-32C (polynomial 0x82f63b78) that gives 0xe3069283 for b"123456789":
        // struct.pack("<4sIQIQQQf", b"TEVC", 1, 0x1122334455667788, 7, 99, 1234, 1, 0.5), then its CRC.
        let expected = [
            84, 69, 86, 67, 1, 0, 0, 0, 136, 119, 102, 85, 68, 51, 34, 17, 7, 0, 0, 0, 99, 0, 0, 0,
            0, 0, 0, 0, 210, 4, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 63, 142, 207,
            204, 98,
        ];
        assert_eq!(bytes_of(&[&[0.5]]), expected);
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_found() {
        let bytes = bytes_of(&[&[1.0, 2.0, 3.0]]);
        for place in 0..bytes.len() {
            for change in 1..=255 {
                let mut changed = bytes.clone();
                changed[place] ^= change;
                assert!(Checkpoint::new(&changed).is_err(), "byte {place} ^ {change}");
            }
            assert!(Checkpoint::new(&bytes[..place]).is_err(), "{place} bytes");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(
            Checkpoint::new(&longer).unwrap_err(),
            CheckpointError::Length { expected: 60, got: 61 }
        );
    }

    #[test]
    fn each_fault_has_its_name() {
        let error = |bytes: &[u8]| Checkpoint::new(bytes).unwrap_err();
        let bytes = bytes_of(&[&[1.0]]);
        assert_eq!(error(b""), CheckpointError::Length { expected: 48, got: 0 });
        assert_eq!(error(b"TEVO and more"), CheckpointError::NoCheckpoint);
        let mut other = bytes.clone();
        other[4] = 2;
        assert_eq!(error(&other), CheckpointError::Damaged);
        let checksum = CRC.checksum(&other[..48]).to_le_bytes();
        other[48..].copy_from_slice(&checksum);
        assert_eq!(error(&other), CheckpointError::Version { got: 2 });
        let mut huge = bytes.clone();
        huge[36..44].fill(255);
        assert_eq!(error(&huge), CheckpointError::Length { expected: usize::MAX, got: 52 });
        let mut flipped = bytes;
        flipped[45] ^= 1;
        assert_eq!(error(&flipped), CheckpointError::Damaged);
    }

    #[test]
    fn faults_are_told_in_words_with_their_numbers() {
        for (error, words) in [
            (CheckpointError::NoCheckpoint, &["not a checkpoint"][..]),
            (CheckpointError::Version { got: 7 }, &["version 7", "version 1"]),
            (CheckpointError::Length { expected: 60, got: 61 }, &["60", "61"]),
            (CheckpointError::Damaged, &["damaged"]),
        ] {
            let text = std::format!("{error}");
            assert!(words.iter().all(|word| text.contains(word)), "{text}");
        }
    }

    #[test]
    fn an_error_of_the_writer_ends_the_writing() {
        let mut calls = 0;
        let result = write(&HEAD, &[&[1.0]], |_| {
            calls += 1;
            if calls == 3 { Err("full") } else { Ok(()) }
        });
        assert_eq!((result, calls), (Err("full"), 3));
    }
}
