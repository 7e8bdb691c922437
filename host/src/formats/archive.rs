//! Zip archives: `.npz` and `.keras` files are such. The same entries have the same bytes, whenever they are written.

use super::error::ParseError;
use crate::error::Error;
use crate::memory;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// What a zip archive starts with.
pub(super) const MAGIC: [u8; 4] = *b"PK\x03\x04";

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// The archive of these entries, in their order, not compressed; `comment` stands at its end. All times are that of
/// 1 January 1980, the first that zip knows.
pub(super) fn write(entries: &[Entry], comment: &str) -> Result<Vec<u8>, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Unfit {
        action: "written as a zip archive",
        reason: error.to_string(),
    };
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for entry in entries {
        let large = entry.bytes.len() >= u32::MAX as usize;
        let options = options.large_file(large);
        archive.start_file(entry.name.as_str(), options).map_err(|error| failed(&error))?;
        archive.write_all(&entry.bytes).map_err(|error| failed(&error))?;
    }
    archive.set_comment(comment).map_err(|error| failed(&error))?;
    Ok(archive.finish().map_err(|error| failed(&error))?.into_inner())
}

/// The entries of an archive, stored or deflated, and its comment; together at most `most` bytes.
pub(super) fn read(bytes: &[u8], most: u64) -> Result<(Vec<Entry>, String), ParseError> {
    let damaged = |error: &dyn std::fmt::Display| ParseError::Archive(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let comment = String::from_utf8_lossy(archive.comment()).into_owned();
    let (mut entries, mut left) = (Vec::new(), most);
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| damaged(&error))?;
        let name = file.name().map_err(|error| damaged(&error))?.into_owned();
        let size = file.size();
        left = left.checked_sub(size).ok_or(ParseError::TooLong(most))?;
        if !memory::has(size) {
            return Err(ParseError::Memory(size));
        }
        let mut content = Vec::new();
        // One byte more than the archive says, to see that there are more.
        let read = file.take(size.saturating_add(1)).read_to_end(&mut content);
        if read.map_err(|error| damaged(&error))? as u64 != size {
            return Err(damaged(&format!("{name:?} is longer or shorter than the archive says")));
        }
        entries.push(Entry { name, bytes: content });
    }
    Ok((entries, comment))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        let entry = |name: &str, bytes: &[u8]| Entry { name: name.into(), bytes: bytes.into() };
        vec![entry("b/kernel.npy", &[1; 300]), entry("a", &[])]
    }

    #[test]
    fn entries_come_back_in_their_order_and_the_bytes_repeat() {
        let bytes = write(&entries(), "said").unwrap();
        assert_eq!(read(&bytes, 300).unwrap(), (entries(), "said".to_string()));
        assert_eq!(write(&entries(), "said").unwrap(), bytes);
        assert!(bytes.starts_with(&MAGIC));
        assert!(matches!(read(&bytes, 299), Err(ParseError::TooLong(299))));
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length], 300).is_err(), "{length}");
        }
    }

    #[test]
    fn a_comment_that_zip_cannot_hold_is_refused() {
        assert!(write(&entries(), &"x".repeat(70_000)).is_err());
    }
}
