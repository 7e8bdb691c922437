//! The IDX format, as far as the four standard files use it, and every check that a file must pass.
//!
//! An IDX file is a header of big-endian 32-bit numbers (magic number, number of samples and, for images, rows and
//! columns) and then one byte per value. The loader (the crate `mnist`) panics on any irregularity, so all
//! of them are found here first. Nothing here reads more than the header and, of labels, the expected length.

use super::{CLASSES, COLUMNS, Fault, PIXELS, ROWS};
use std::io::{self, Read};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Images,
    Labels,
}

/// What a file must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) kind: Kind,
    pub(super) samples: u32,
}

/// A file is wrong, or cannot be read at all.
#[derive(Debug)]
pub(super) enum CheckError {
    Fault(Fault),
    Io(io::Error),
}

impl From<Fault> for CheckError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for CheckError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Kind {
    fn magic(self) -> u32 {
        match self {
            Self::Images => 0x0803,
            Self::Labels => 0x0801,
        }
    }

    fn header_bytes(self) -> usize {
        match self {
            Self::Images => 16,
            Self::Labels => 8,
        }
    }
}

impl Layout {
    /// Exact length of the file.
    pub(super) fn bytes(self) -> u64 {
        let per_sample = match self.kind {
            Kind::Images => PIXELS as u64,
            Kind::Labels => 1,
        };
        self.kind.header_bytes() as u64 + u64::from(self.samples) * per_sample
    }

    /// The most that any gzip archive of such a file takes: deflate adds 5 bytes per stored block at worst.
    pub(super) fn archive_limit(self) -> u64 {
        self.bytes() + self.bytes() / 1000 + 1024
    }

    /// The header of such a file.
    pub(super) fn header(self) -> Vec<u8> {
        let mut header = self.kind.magic().to_be_bytes().to_vec();
        header.extend(self.samples.to_be_bytes());
        if self.kind == Kind::Images {
            header.extend((ROWS as u32).to_be_bytes());
            header.extend((COLUMNS as u32).to_be_bytes());
        }
        header
    }
}

/// Checks the header but for the number of samples, and returns that.
pub(super) fn read_samples(reader: &mut impl Read, kind: Kind) -> Result<u32, CheckError> {
    let mut header = [0; 16];
    let header = &mut header[..kind.header_bytes()];
    let found = read_full(reader, header)?;
    if found == 0 {
        return Err(Fault::Empty.into());
    }
    let mut words = header[..found]
        .chunks_exact(4)
        .map(|word| word.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)));
    // A short file of another kind is told by its magic number.
    match words.next() {
        Some(got) if got != kind.magic() => {
            let expected = kind.magic();
            return Err(Fault::Magic { expected, got }.into());
        }
        _ => {}
    }
    if found < header.len() {
        let expected = header.len() as u64;
        let found = found as u64;
        return Err(Fault::Header { expected, found }.into());
    }
    let samples = words.next().unwrap_or(0);
    if let (Some(rows), Some(columns)) = (words.next(), words.next())
        && (rows as usize, columns as usize) != (ROWS, COLUMNS)
    {
        return Err(Fault::Shape { rows, columns }.into());
    }
    Ok(samples)
}

/// Checks a whole file of `length` bytes: header, number of samples, exact length, and that labels are 0 to 9.
pub(super) fn check(reader: &mut impl Read, length: u64, layout: Layout) -> Result<(), CheckError> {
    let got = read_samples(reader, layout.kind)?;
    if got != layout.samples {
        let expected = layout.samples;
        return Err(Fault::Count { expected, got }.into());
    }
    let (expected, found) = (layout.bytes(), length);
    if found < expected {
        return Err(Fault::Truncated { expected, found }.into());
    }
    if found > expected {
        return Err(Fault::Oversized { expected, found }.into());
    }
    match layout.kind {
        Kind::Images => Ok(()),
        Kind::Labels => check_labels(reader, layout),
    }
}

fn check_labels(reader: &mut impl Read, layout: Layout) -> Result<(), CheckError> {
    let mut labels = Vec::new();
    reader.take(u64::from(layout.samples)).read_to_end(&mut labels)?;
    if let Some(index) = labels.iter().position(|&label| usize::from(label) >= CLASSES) {
        let value = labels[index];
        let index = index as u64;
        return Err(Fault::Label { index, value }.into());
    }
    if labels.len() < layout.samples as usize {
        let expected = layout.bytes();
        let found = layout.kind.header_bytes() as u64 + labels.len() as u64;
        return Err(Fault::Truncated { expected, found }.into());
    }
    Ok(())
}

/// Reads until the buffer is full or the input ends, and returns how many bytes that were.
pub(super) fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGES: Layout = Layout { kind: Kind::Images, samples: 3 };
    const LABELS: Layout = Layout { kind: Kind::Labels, samples: 3 };

    fn file(layout: Layout) -> Vec<u8> {
        let mut bytes = layout.header();
        bytes.resize(layout.bytes() as usize, 7);
        bytes
    }

    fn verdict(bytes: &[u8], layout: Layout) -> Option<Fault> {
        match check(&mut &*bytes, bytes.len() as u64, layout) {
            Ok(()) => None,
            Err(CheckError::Fault(fault)) => Some(fault),
            Err(CheckError::Io(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn lengths_are_those_of_the_published_files() {
        let images = |samples| Layout { samples, ..IMAGES }.bytes();
        let labels = |samples| Layout { samples, ..LABELS }.bytes();
        assert_eq!((images(60_000), images(10_000)), (47_040_016, 7_840_016));
        assert_eq!((labels(60_000), labels(10_000)), (60_008, 10_008));
    }

    #[test]
    fn good_files_pass() {
        assert_eq!(verdict(&file(IMAGES), IMAGES), None);
        assert_eq!(verdict(&file(LABELS), LABELS), None);
    }

    #[test]
    fn empty_files_and_cut_headers_are_told() {
        for layout in [IMAGES, LABELS] {
            assert_eq!(verdict(&[], layout), Some(Fault::Empty));
            let expected = layout.kind.header_bytes() as u64;
            for found in 1..expected {
                let fault = Fault::Header { expected, found };
                assert_eq!(verdict(&file(layout)[..found as usize], layout), Some(fault));
            }
        }
    }

    #[test]
    fn wrong_magic_numbers_are_told() {
        let swapped = |expected, got| Some(Fault::Magic { expected, got });
        assert_eq!(verdict(&file(LABELS), IMAGES), swapped(0x803, 0x801));
        assert_eq!(verdict(&file(IMAGES), LABELS), swapped(0x801, 0x803));
        assert_eq!(verdict(&[0x1f, 0x8b, 8, 0], IMAGES), swapped(0x803, 0x1f8b_0800));
    }

    #[test]
    fn wrong_numbers_of_samples_are_told() {
        for layout in [IMAGES, LABELS] {
            for got in [0, 2, 4, u32::MAX] {
                let mut bytes = file(layout);
                bytes[4..8].copy_from_slice(&got.to_be_bytes());
                let expected = 3;
                assert_eq!(verdict(&bytes, layout), Some(Fault::Count { expected, got }));
            }
        }
    }

    #[test]
    fn wrong_shapes_are_told() {
        for (rows, columns) in [(27, 28), (28, 29), (0, 0), (u32::MAX, u32::MAX)] {
            let mut bytes = file(IMAGES);
            bytes[8..12].copy_from_slice(&rows.to_be_bytes());
            bytes[12..16].copy_from_slice(&columns.to_be_bytes());
            assert_eq!(verdict(&bytes, IMAGES), Some(Fault::Shape { rows, columns }));
        }
    }

    #[test]
    fn wrong_lengths_are_told_in_bytes() {
        for layout in [IMAGES, LABELS] {
            let (mut bytes, expected) = (file(layout), layout.bytes());
            bytes.push(0);
            let found = expected + 1;
            assert_eq!(verdict(&bytes, layout), Some(Fault::Oversized { expected, found }));
            bytes.truncate(expected as usize - 1);
            let found = expected - 1;
            assert_eq!(verdict(&bytes, layout), Some(Fault::Truncated { expected, found }));
        }
    }

    #[test]
    fn a_file_that_shrinks_while_it_is_read_is_truncated() {
        let bytes = file(LABELS);
        let error = check(&mut &bytes[..9], LABELS.bytes(), LABELS).unwrap_err();
        assert!(matches!(error, CheckError::Fault(Fault::Truncated { expected: 11, found: 9 })));
    }

    #[test]
    fn the_first_label_above_nine_is_told() {
        let mut bytes = file(LABELS);
        (bytes[9], bytes[10]) = (10, 255);
        let (index, value) = (1, 10);
        assert_eq!(verdict(&bytes, LABELS), Some(Fault::Label { index, value }));
    }
}
