//! One array of a `.npz` file, whatever it holds. The archive is the crate `zip`'s, the header `npyz`'s.

use crate::data::error::OwnFault;
use crate::memory;
use crate::npy::{LONGEST_HEADER, START, check_header};
use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};
use std::io::{self, Read, Seek};
use zip::ZipArchive;

/// What arrays hold.
const KINDS: &str =
    "images are uint8, features and signals float32 or float64, labels whole numbers";

/// What an array holds, with the bytes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Unsigned(usize),
    Signed(usize),
    Float(usize),
    /// Characters of four bytes.
    Text(usize),
}

/// An array in memory, its items in C order, least significant byte first.
#[derive(Debug)]
pub(super) struct Array {
    pub(super) name: &'static str,
    /// The name that NumPy gives what it holds.
    pub(super) dtype: String,
    pub(super) item: Item,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

/// An open `.npz` file.
#[derive(Debug)]
pub(super) struct Archive<R>(ZipArchive<R>);

impl<R: Read + Seek> Archive<R> {
    pub(super) fn open(file: R) -> Result<Self, OwnFault> {
        let archive = ZipArchive::new(file);
        archive.map(Self).map_err(|error| OwnFault::Archive(error.to_string()))
    }

    /// Whether there is an array of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.index_for_name(&format!("{name}.npy")).is_some()
    }

    /// Reads an array.
    pub(super) fn array(&mut self, name: &'static str) -> Result<Array, OwnFault> {
        let damaged = |reason: String| OwnFault::Array { name, reason };
        if !self.has(name) {
            let names = self.0.file_names().filter_map(Result::ok);
            let mut found: Vec<_> =
                names.map(|file| file.trim_end_matches(".npy").to_owned()).collect();
            found.sort_unstable();
            let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
            return Err(OwnFault::NoArray { name, found });
        }
        let file = self.0.by_name(&format!("{name}.npy"));
        let mut file = file.map_err(|error| damaged(error.to_string()))?;
        let length = file.size();
        let mut head = Vec::new();
        let peeked = file.by_ref().take((START + LONGEST_HEADER) as u64).read_to_end(&mut head);
        peeked.map_err(|error| damaged(error.to_string()))?;
        check_header(&head).map_err(|problem| damaged(format!("it {problem}")))?;
        let mut file = (&head[..]).chain(file);
        let header = NpyHeader::from_reader(&mut file);
        let header = header.map_err(|error| damaged(error.to_string()))?;
        let dtype = header.dtype().descr();
        let dtype = dtype.trim_matches('\'').to_owned();
        let Some((item, big)) = item(&header.dtype()) else {
            return Err(OwnFault::Dtype { name, got: dtype, wanted: KINDS });
        };
        let shape = header.shape().iter().map(|&side| usize::try_from(side));
        let shape = shape.collect::<Result<Vec<_>, _>>();
        let shape = shape.map_err(|_| damaged("its shape is too large".to_owned()))?;
        let count = shape.iter().try_fold(1_usize, |count, side| count.checked_mul(*side));
        let bytes = count.and_then(|count| count.checked_mul(item.bytes()));
        let bytes = bytes.filter(|bytes| *bytes as u64 <= length);
        let bytes = bytes.ok_or_else(|| damaged("it is shorter than its shape says".to_owned()))?;
        let mut values = read(&mut file, bytes, name)?;
        if big {
            values.chunks_exact_mut(item.unit()).for_each(<[u8]>::reverse);
        }
        if header.order() == Order::Fortran && shape.len() > 1 {
            values = c_order(&values, &shape, item.bytes());
        }
        Ok(Array { name, dtype, item, shape, bytes: values })
    }
}

/// The bytes of the items, all there are; the archive checks its checksum at their end.
fn read(file: &mut impl Read, bytes: usize, name: &'static str) -> Result<Vec<u8>, OwnFault> {
    let room = memory::reserve(bytes).ok_or(OwnFault::Memory { bytes: bytes as u64 });
    let mut values: Vec<u8> = room?;
    let damaged = |reason: String| OwnFault::Array { name, reason };
    let failed = |error: io::Error| damaged(error.to_string());
    file.take(bytes as u64).read_to_end(&mut values).map_err(failed)?;
    let more = file.read(&mut [0]).map_err(failed)?;
    match (values.len() == bytes, more) {
        (true, 0) => Ok(values),
        (true, _) => Err(damaged("it is longer than its shape says".to_owned())),
        (false, _) => Err(damaged("it is shorter than its shape says".to_owned())),
    }
}

/// What a type is, and whether its most significant byte comes first; `None` for other types.
fn item(dtype: &DType) -> Option<(Item, bool)> {
    let DType::Plain(plain) = dtype else { return None };
    let size = plain.num_bytes()?;
    let item = match (plain.type_char(), size) {
        (TypeChar::Bool, 1) => Item::Unsigned(1),
        (TypeChar::Uint, 1 | 2 | 4 | 8) => Item::Unsigned(size),
        (TypeChar::Int, 1 | 2 | 4 | 8) => Item::Signed(size),
        (TypeChar::Float, 4 | 8) => Item::Float(size),
        (TypeChar::UnicodeStr, 4..) => Item::Text(size),
        _ => return None,
    };
    Some((item, plain.endianness() == Endianness::Big))
}

/// Items that lie with the first index fastest, with the last one fastest.
fn c_order(bytes: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = vec![0; shape.len()];
    for _ in 0..bytes.len() / size {
        let place = index.iter().zip(shape).rev().fold(0, |place, (at, side)| place * side + at);
        out.extend(bytes.iter().skip(place * size).take(size));
        for (at, side) in index.iter_mut().zip(shape).rev() {
            *at += 1;
            if *at < *side {
                break;
            }
            *at = 0;
        }
    }
    out
}

impl Item {
    /// Bytes of an item.
    const fn bytes(self) -> usize {
        match self {
            Self::Unsigned(size) | Self::Signed(size) | Self::Float(size) | Self::Text(size) => {
                size
            }
        }
    }

    /// Bytes of what has an order of bytes: a number, or a character.
    const fn unit(self) -> usize {
        if let Self::Text(_) = self { 4 } else { self.bytes() }
    }
}

impl Array {
    /// Its shape as Python writes it.
    pub(super) fn shape_text(&self) -> String {
        let sides: Vec<_> = self.shape.iter().map(usize::to_string).collect();
        format!("({}{})", sides.join(", "), if sides.len() == 1 { "," } else { "" })
    }

    /// An item as Python writes it, as `x_train[7, 3]`.
    pub(super) fn place(&self, mut index: usize) -> String {
        let mut indices = Vec::new();
        for side in self.shape.iter().rev() {
            indices.push((index % side.max(&1)).to_string());
            index /= side.max(&1);
        }
        indices.reverse();
        format!("{}[{}]", self.name, indices.join(", "))
    }

    /// The items of floats.
    pub(super) fn floats(&self) -> impl Iterator<Item = f64> {
        let single =
            self.bytes.as_chunks::<4>().0.iter().map(|it| f64::from(f32::from_le_bytes(*it)));
        let double = self.bytes.as_chunks::<8>().0.iter().map(|it| f64::from_le_bytes(*it));
        let is_single = self.item.bytes() == 4;
        single.take_while(move |_| is_single).chain(double.take_while(move |_| !is_single))
    }

    /// The items of whole numbers.
    pub(super) fn integers(&self) -> impl Iterator<Item = i128> {
        let size = self.item.bytes();
        let signed = matches!(self.item, Item::Signed(_));
        self.bytes.chunks_exact(size).map(move |bytes| {
            let value =
                bytes.iter().rev().fold(0_i128, |value, byte| value << 8 | i128::from(*byte));
            let bits = 8 * size as u32;
            if signed && value >> (bits - 1) == 1 { value - (1 << bits) } else { value }
        })
    }

    /// The items of text.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        self.bytes.chunks_exact(self.item.bytes()).map(|bytes| {
            let codes = bytes.as_chunks::<4>().0.iter().map(|code| u32::from_le_bytes(*code));
            let text = codes.take_while(|code| *code != 0);
            text.map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        })
    }
}
