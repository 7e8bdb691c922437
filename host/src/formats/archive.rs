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

/// The entries of an archive, stored or deflated, and its comment; together at most `most` bytes. `check` is given the name
/// of each entry. Nothing is unpacked before all names and sizes are right.
pub(super) fn read(
    bytes: &[u8],
    most: u64,
    check: impl Fn(&str) -> Result<(), ParseError>,
) -> Result<(Vec<Entry>, String), ParseError> {
    let damaged = |error: &dyn std::fmt::Display| ParseError::Archive(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let comment = String::from_utf8_lossy(archive.comment()).into_owned();
    let (mut names, mut left) = (Vec::new(), most);
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        let (name, size) =
            (file.name().map_err(|error| damaged(&error))?.into_owned(), file.size());
        check(&name)?;
        left = left.checked_sub(size).ok_or(ParseError::TooLong(most))?;
        names.push(name);
    }
    if !memory::has(most - left) {
        return Err(ParseError::Memory(most - left));
    }
    let mut entries = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let file = archive.by_index(index).map_err(|error| damaged(&error))?;
        let size = file.size();
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
        let read = |bytes: &[u8], most| read(bytes, most, |_| Ok(()));
        assert_eq!(read(&bytes, 300).unwrap(), (entries(), "said".to_string()));
        assert_eq!(write(&entries(), "said").unwrap(), bytes);
        assert!(bytes.starts_with(&MAGIC));
        assert!(matches!(read(&bytes, 299), Err(ParseError::TooLong(299))));
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length], 300).is_err(), "{length}");
        }
    }

    #[test]
    fn names_and_sizes_are_checked_before_anything_is_unpacked() {
        let mut bytes = write(&entries(), "").unwrap();
        // A byte of the first entry: its checksum is wrong, which shows where it is unpacked.
        let at = bytes.windows(9).position(|window| window == [1; 9]).unwrap();
        bytes[at] = 2;
        let read = |most, wanted: &str| {
            let other = |name: &str| Err(ParseError::Archive(format!("other {name}")));
            read(&bytes, most, |name| if name.ends_with(wanted) { Ok(()) } else { other(name) })
                .unwrap_err()
                .to_string()
        };
        assert!(read(300, ".npy").contains("other a"));
        assert_eq!(read(299, ""), ParseError::TooLong(299).to_string());
        assert!(read(300, "").contains("checksum"), "{}", read(300, ""));
    }

    #[test]
    fn a_comment_that_zip_cannot_hold_is_refused() {
        assert!(write(&entries(), &"x".repeat(70_000)).is_err());
    }
}
