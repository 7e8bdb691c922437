//! Folders of IDX files that are not the four of MNIST's format: samples of any shape, bytes or floats, and a test part
//! only if there is one.
//!
//! `train-images*` and `train-labels*`, and `test-` or `t10k-` files for the test; plain or gzipped.

use super::raw::{Part, Raw, Values, float};
use crate::data::error::{DataError, OwnFault};
use crate::data::gzip::Unpacked;
use crate::memory;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use tinyevo_core::shape::Shape;

/// Starts of the names of files of the training and of the test part.
const TRAIN: [&str; 1] = ["train"];
const TEST: [&str; 2] = ["t10k", "test"];

/// Whether a folder has training samples in an IDX file.
pub(super) fn has_files(folder: &Path) -> bool {
    find(folder, &TRAIN, "images").is_some()
}

/// The first file, by name, of a part.
fn find(folder: &Path, parts: &[&str], what: &str) -> Option<PathBuf> {
    let is_wanted = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let starts = |part: &&str| name.starts_with(&format!("{part}-{what}"));
        parts.iter().any(starts) && path.is_file()
    };
    let entries = fs::read_dir(folder).ok()?;
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_wanted).min()
}

/// Reads the files of a folder.
pub(super) fn read(folder: &Path) -> Result<Raw, DataError> {
    let own = |fault| DataError::Own { path: folder.to_owned(), fault };
    let (shape, train) = part(folder, &TRAIN)?;
    let test = match find(folder, &TEST, "images") {
        None => None,
        Some(_) => {
            let (other, test) = part(folder, &TEST)?;
            let [one, two] =
                [(shape, &train), (other, &test)].map(|(it, part)| part.values.text(it));
            if one != two {
                return Err(own(OwnFault::Parts { train: one, test: two }));
            }
            Some(test)
        }
    };
    let labels = train.labels.iter().chain(test.iter().flat_map(|part| &part.labels));
    let classes = labels.max().map_or(0, |label| usize::from(*label) + 1);
    Ok(Raw { shape, classes, class_names: Vec::new(), train, test, columns: None })
}

/// The samples of a part and their labels.
fn part(folder: &Path, parts: &[&str]) -> Result<(Shape, Part), DataError> {
    let own = |fault| DataError::Own { path: folder.to_owned(), fault };
    let file = |what| {
        let file = find(folder, parts, what);
        let name = format!("{}-{what}", parts.join(" or "));
        file.ok_or_else(|| own(OwnFault::Idx { file: name, reason: "is missing".to_owned() }))
    };
    let (images, labels) = (file("images")?, file("labels")?);
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let wrong = |path: &Path, reason: &str| {
        own(OwnFault::Idx { file: name(path), reason: reason.to_owned() })
    };
    let samples = Array::open(&images).map_err(|error| wrong(&images, &error))?;
    let shape = match samples.shape[..] {
        [_, features] => Shape::flat(features),
        [_, height, width] => Shape { height, width, channels: 1 },
        [_, height, width, channels] => Shape { height, width, channels },
        _ => return Err(wrong(&images, "has not two, three or four dimensions")),
    };
    let values = samples.values().map_err(|error| wrong(&images, &error))?;
    let read = Array::open(&labels).map_err(|error| wrong(&labels, &error))?;
    if read.kind != BYTES || read.shape.len() != 1 {
        return Err(wrong(&labels, "holds no labels: one dimension of bytes"));
    }
    let count = samples.shape.first().copied().unwrap_or(0);
    if count != read.bytes.len() {
        let reason = format!("has {} labels for {count} samples", read.bytes.len());
        return Err(wrong(&labels, &reason));
    }
    Ok((shape, Part { values, labels: read.bytes }))
}

/// Types of IDX: bytes, floats of 32 and of 64 bits.
const BYTES: u8 = 0x08;
const FLOATS: [u8; 2] = [0x0d, 0x0e];

/// A file in memory.
struct Array {
    /// The type.
    kind: u8,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Array {
    /// Reads a file; what is wrong with it, if it cannot be taken.
    fn open(path: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("cannot be read: {error}");
        let file = File::open(path).map_err(failed)?;
        let mut reader = Unpacked::new(BufReader::new(file)).map_err(failed)?;
        let mut words = Vec::new();
        reader.by_ref().take(4).read_to_end(&mut words).map_err(failed)?;
        let &[0, 0, kind, rank @ 1..=4] = &words[..] else {
            return Err("is no IDX file of one to four dimensions".to_owned());
        };
        let size = match kind {
            BYTES => 1,
            0x0d => 4,
            0x0e => 8,
            _ => return Err("holds neither bytes nor floats".to_owned()),
        };
        words.clear();
        reader.by_ref().take(4 * u64::from(rank)).read_to_end(&mut words).map_err(failed)?;
        let sides = words.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word) as usize);
        let shape: Vec<usize> = sides.collect();
        let length = shape.iter().try_fold(size, |length: usize, side| length.checked_mul(*side));
        let length = length.filter(|length| shape.len() == usize::from(rank) && *length > 0);
        let length = length.ok_or("has a damaged header, or nothing in it")?;
        let mut bytes = memory::reserve(length).ok_or("needs more memory than is free")?;
        reader.by_ref().take(length as u64).read_to_end(&mut bytes).map_err(failed)?;
        let more = reader.read(&mut [0]).map_err(failed)?;
        match (bytes.len() == length, more) {
            (true, 0) => Ok(Self { kind, shape, bytes }),
            (true, _) => Err("is longer than its header says".to_owned()),
            (false, _) => Err("is cut off".to_owned()),
        }
    }

    /// The values of samples.
    fn values(&self) -> Result<Values, String> {
        let [single, double] = FLOATS;
        let values: Vec<f64> = match self.kind {
            kind if kind == single => {
                let words = self.bytes.as_chunks::<4>().0.iter();
                words.map(|word| f64::from(f32::from_be_bytes(*word))).collect()
            }
            kind if kind == double => {
                self.bytes.as_chunks::<8>().0.iter().map(|word| f64::from_be_bytes(*word)).collect()
            }
            _ => return Ok(Values::Bytes(self.bytes.clone())),
        };
        let place = |index: usize| format!("value {index}");
        let values = values.iter().enumerate().map(|(index, value)| float(*value, || place(index)));
        let values = values.collect::<Result<_, _>>();
        values.map(Values::Floats).map_err(|fault| format!("has a bad value: {fault}"))
    }
}
