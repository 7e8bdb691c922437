//! Samples as lists of their non-zero values, in the order in which the kernel takes them.

use super::{CHUNK, TILE};
use crate::error::LengthError;
use crate::sample::Feature;
use crate::slices::{parts, parts_mut};
use core::fmt;

/// Number of tiles that the features of a sample take.
#[must_use]
pub const fn tiles(features: usize) -> usize {
    features.div_ceil(TILE)
}

/// A value that is not zero, and the place of its feature in its tile.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Entry {
    pub(super) value: f32,
    pub(super) row: u8,
}

/// A sample's place in its chunk, and the number of its non-zero values in a tile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct List {
    pub(super) sample: u8,
    pub(super) length: u8,
}

/// Samples as lists of their non-zero values, and their labels.
///
/// There is a list for each chunk of [`CHUNK`] samples (the last one perhaps shorter), in it for
/// each tile of [`TILE`] features, in it for each sample of the chunk, the samples of a tile by the
/// length of their lists. The entries of the lists stand one after another; those of chunk b are
/// `entries[starts[b]..starts[b + 1]]`.
#[derive(Debug, Clone, Copy)]
pub struct SparseSamples<'a> {
    features: usize,
    starts: &'a [u32],
    lists: &'a [List],
    entries: &'a [Entry],
    labels: &'a [u8],
}

/// Encoded samples, chunk after chunk: a whole set, or the batch of a generation.
pub trait Chunks: Sync {
    /// Number of values of a sample, zeros included.
    fn features(&self) -> usize;

    /// The labels of all samples, in order.
    fn labels(&self) -> &[u8];

    /// Number of samples of each chunk but the last; it divides [`CHUNK`].
    fn chunk_length(&self) -> usize;

    /// The samples of a chunk; none past the end.
    fn chunk(&self, number: usize) -> SparseSamples<'_>;
}

impl Chunks for SparseSamples<'_> {
    fn features(&self) -> usize {
        self.features
    }

    fn labels(&self) -> &[u8] {
        self.labels
    }

    fn chunk_length(&self) -> usize {
        CHUNK
    }

    fn chunk(&self, number: usize) -> SparseSamples<'_> {
        Self::chunk(self, number)
    }
}

impl<C: Chunks> Chunks for &C {
    fn features(&self) -> usize {
        (**self).features()
    }

    fn labels(&self) -> &[u8] {
        (**self).labels()
    }

    fn chunk_length(&self) -> usize {
        (**self).chunk_length()
    }

    fn chunk(&self, number: usize) -> SparseSamples<'_> {
        (**self).chunk(number)
    }
}

impl<'a> SparseSamples<'a> {
    /// Joins what [`encode`] wrote, chunk after chunk, with the labels.
    ///
    /// `lists` has `labels.len()` times [`tiles`] elements, `starts` one more than there are
    /// chunks: where each one's entries start, then where the last one's end.
    ///
    /// # Errors
    /// A slice has the wrong length.
    pub fn new(
        features: usize,
        starts: &'a [u32],
        lists: &'a [List],
        entries: &'a [Entry],
        labels: &'a [u8],
    ) -> Result<Self, LengthError> {
        let chunks = labels.len().div_ceil(CHUNK);
        LengthError::exact("starts", chunks.saturating_add(1), starts.len())?;
        LengthError::exact("lists", labels.len().saturating_mul(tiles(features)), lists.len())?;
        let end = starts.last().map_or(0, |&end| end as usize);
        LengthError::at_least("entries", end, entries.len())?;
        Ok(Self { features, starts, lists, entries, labels })
    }

    /// No samples.
    #[must_use]
    pub const fn none(features: usize) -> Self {
        Self { features, starts: &[0], lists: &[], entries: &[], labels: &[] }
    }

    /// Number of values of a sample, zeros included.
    #[must_use]
    pub const fn features(&self) -> usize {
        self.features
    }

    /// Number of samples.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no samples.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The labels.
    #[must_use]
    pub const fn labels(&self) -> &'a [u8] {
        self.labels
    }

    /// Number of values that are not zero.
    #[must_use]
    pub const fn nonzero(&self) -> usize {
        match (self.starts.first(), self.starts.last()) {
            (Some(&first), Some(&last)) => (last as usize).saturating_sub(first as usize),
            _ => 0,
        }
    }

    /// Number of chunks.
    #[must_use]
    pub const fn chunks(&self) -> usize {
        self.len().div_ceil(CHUNK)
    }

    /// Chunk number `chunk`; empty past the end.
    #[must_use]
    pub fn chunk(&self, chunk: usize) -> Self {
        let first = chunk.saturating_mul(CHUNK).min(self.len());
        let last = first.saturating_add(CHUNK).min(self.len());
        let lists = |sample: usize| sample.saturating_mul(tiles(self.features));
        Self {
            starts: self.starts.get(chunk..=chunk.saturating_add(1)).unwrap_or(&[]),
            lists: self.lists.get(lists(first)..lists(last)).unwrap_or(&[]),
            labels: self.labels.get(first..last).unwrap_or(&[]),
            ..*self
        }
    }

    /// The lists of a tile of samples that are one chunk.
    #[inline(always)]
    pub(super) fn tile(&self, tile: usize) -> &'a [List] {
        let first = tile.saturating_mul(self.len());
        self.lists.get(first..first.saturating_add(self.len())).unwrap_or(&[])
    }

    /// The entries of all lists of samples that are one chunk, one list after another.
    #[inline(always)]
    pub(super) fn entries(&self) -> &'a [Entry] {
        let (first, last) = (self.starts.first(), self.starts.last());
        let (Some(&first), Some(&last)) = (first, last) else { return &[] };
        self.entries.get(first as usize..last as usize).unwrap_or(&[])
    }
}

/// Encodes samples, in chunks of [`CHUNK`].
///
/// `samples` has `features` values a sample; `starts` one element more than there are chunks, `lists`
/// as many as there are samples times [`tiles`]; `entries` has room for all non-zero values, of which
/// it returns the number. A set can also be encoded part by part, each but the last of whole
/// chunks: `starts[0]` is not written but says where the entries of this part start, 0 for the first
/// and, with `starts` overlapping by one, what the part before wrote for each other.
///
/// # Errors
/// Lengths that do not fit, no features, or too little room.
pub fn encode<F: Feature>(
    samples: &[F],
    features: usize,
    starts: &mut [u32],
    lists: &mut [List],
    entries: &mut [Entry],
) -> Result<usize, EncodeError> {
    let count = samples.len().checked_div(features).ok_or(EncodeError::Features)?;
    LengthError::exact("samples", features.saturating_mul(count), samples.len())?;
    LengthError::exact("starts", count.div_ceil(CHUNK).saturating_add(1), starts.len())?;
    LengthError::exact("lists", count.saturating_mul(tiles(features)), lists.len())?;
    let room = entries.len();
    let full = EncodeError::Full { room };
    let mut slots = entries.iter_mut();
    let (mut end, ends) = starts.split_first_mut().map_or((0, &mut [][..]), |(s, e)| (*s, e));
    let chunks = parts(samples, features.saturating_mul(CHUNK));
    let lists = parts_mut(lists, tiles(features).saturating_mul(CHUNK));
    for ((samples, lists), to) in chunks.zip(lists).zip(ends) {
        let used = encode_chunk(samples, features, lists, &mut slots).ok_or(full)?;
        end = u32::try_from(used).ok().and_then(|used| used.checked_add(end)).ok_or(full)?;
        *to = end;
    }
    Ok(room.saturating_sub(slots.len()))
}

/// Encodes a chunk into the next of `slots`; `None` if there are too few. Returns how many it took.
fn encode_chunk<'a, F: Feature>(
    samples: &[F],
    features: usize,
    lists: &mut [List],
    slots: &mut impl Iterator<Item = &'a mut Entry>,
) -> Option<usize> {
    let count = samples.len().checked_div(features)?;
    let mut used = 0_usize;
    for (tile, lists) in (0..tiles(features)).zip(parts_mut(lists, count)) {
        let part = |sample: usize| part_of(samples, features, sample, tile);
        sort(lists, |sample| nonzero(part(sample)));
        for list in lists {
            for (row, feature) in part(usize::from(list.sample)).iter().enumerate() {
                let value = feature.value();
                if value != 0.0 {
                    *slots.next()? = Entry { value, row: row as u8 };
                    used = used.saturating_add(1);
                }
            }
        }
    }
    Some(used)
}

/// The features of one sample that lie in a tile.
fn part_of<F>(samples: &[F], features: usize, sample: usize, tile: usize) -> &[F] {
    let skipped = tile.saturating_mul(TILE);
    let start = sample.saturating_mul(features).saturating_add(skipped);
    let length = features.saturating_sub(skipped).min(TILE);
    samples.get(start..start.saturating_add(length)).unwrap_or(&[])
}

/// Number of values that are not zero.
fn nonzero<F: Feature>(values: &[F]) -> usize {
    // Not `filter` and `count`, whose sum could overflow for all that the compiler knows.
    values.iter().fold(0, |count: usize, x| count.wrapping_add(usize::from(x.value() != 0.0)))
}

/// Writes the lists of a tile, one for each sample, by their length, equal ones in order: a counting
/// sort.
fn sort(lists: &mut [List], length: impl Fn(usize) -> usize) {
    let mut lengths = [0_u8; CHUNK];
    // `places[n]` is where the next list of length n goes.
    let mut places = [0_u16; TILE + 2];
    for (sample, to) in lengths.iter_mut().enumerate().take(lists.len()) {
        let length = length(sample);
        *to = length as u8;
        if let Some(place) = places.get_mut(length.saturating_add(1)) {
            *place = place.saturating_add(1);
        }
    }
    let mut sum = 0_u16;
    for place in &mut places {
        sum = sum.saturating_add(*place);
        *place = sum;
    }
    for (sample, &length) in lengths.iter().enumerate().take(lists.len()) {
        let Some(place) = places.get_mut(usize::from(length)) else { continue };
        if let Some(list) = lists.get_mut(usize::from(*place)) {
            *list = List { sample: sample as u8, length };
        }
        *place = place.saturating_add(1);
    }
}

/// The reason why samples cannot be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// A sample must have at least one value.
    Features,
    /// There are more non-zero values than room for them.
    Full {
        /// Number of non-zero values for which there was room.
        room: usize,
    },
    /// A slice has the wrong length.
    Length(LengthError),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Features => f.write_str("a sample must have at least one value"),
            Self::Full { room } => write!(f, "the samples have more than {room} non-zero values"),
            Self::Length(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for EncodeError {}

impl From<LengthError> for EncodeError {
    fn from(error: LengthError) -> Self {
        Self::Length(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_a_tile_come_by_length_and_hold_every_nonzero_value() {
        // Three samples of 85 features: two tiles, the second of one feature.
        let mut samples = [0.0_f32; 3 * 85];
        (samples[5], samples[9], samples[84]) = (1.0, 2.0, 3.0);
        (samples[85 + 7], samples[2 * 85 + 84]) = (4.0, 5.0);
        let (mut lists, mut entries) = ([List::default(); 6], [Entry::default(); 5]);
        let mut starts = [10, 0];
        assert_eq!(encode(&samples, 85, &mut starts, &mut lists, &mut entries), Ok(5));
        assert_eq!(starts, [10, 15]);
        let parts = lists.map(|list| (list.sample, list.length));
        assert_eq!(parts, [(2, 0), (1, 1), (0, 2), (1, 0), (0, 1), (2, 1)]);
        let parts = entries.map(|entry| (entry.row, entry.value));
        assert_eq!(parts, [(7, 4.0), (5, 1.0), (9, 2.0), (0, 3.0), (0, 5.0)]);
    }

    #[test]
    fn a_full_tile_and_a_full_chunk_sort() {
        let mut lists = [List::default(); CHUNK];
        sort(&mut lists, |sample| if sample % 2 == 0 { TILE } else { 0 });
        let samples = [0, 127, 128, 255].map(|place: usize| lists[place].sample);
        assert_eq!(samples, [1, 255, 0, 254]);
    }

    #[test]
    fn what_cannot_be_encoded_is_refused() {
        let (mut lists, mut entries) = ([List::default()], [Entry::default()]);
        let mut try_encode = |samples: &[f32], features| {
            encode(samples, features, &mut [0; 2], &mut lists, &mut entries)
        };
        assert_eq!(try_encode(&[1.0, 1.0], 2), Err(EncodeError::Full { room: 1 }));
        assert_eq!(try_encode(&[1.0], 0), Err(EncodeError::Features));
        assert!(matches!(try_encode(&[1.0], 2), Err(EncodeError::Length(_))));
        assert!(matches!(try_encode(&[0.0; 257], 1), Err(EncodeError::Length(_))));
        assert!(matches!(try_encode(&[], 1), Err(EncodeError::Length(_))));
        assert_eq!(try_encode(&[0.0, 1.0], 2), Ok(1));
        assert_eq!(encode::<f32>(&[], 2, &mut [7], &mut [], &mut []), Ok(0));
        let mut far = [u32::MAX, 0];
        let beyond = encode(&[1.0_f32], 1, &mut far, &mut lists, &mut entries);
        assert_eq!(beyond, Err(EncodeError::Full { room: 1 }));
    }

    #[test]
    fn parts_of_whole_chunks_encode_as_the_whole_does() {
        let mut samples = [0.0_f32; 300];
        (samples[3], samples[255], samples[256], samples[299]) = (1.0, 2.0, 3.0, 4.0);
        let whole = {
            let (mut starts, mut lists) = ([0; 3], [List::default(); 300]);
            let mut entries = [Entry::default(); 4];
            assert_eq!(encode(&samples, 1, &mut starts, &mut lists, &mut entries), Ok(4));
            (starts, lists, entries)
        };
        let (mut starts, mut lists) = ([0; 3], [List::default(); 300]);
        let mut entries = [Entry::default(); 4];
        let (first, second) = lists.split_at_mut(256);
        let (one, two) = entries.split_at_mut(2);
        assert_eq!(encode(&samples[..256], 1, &mut starts[..2], first, one), Ok(2));
        assert_eq!(encode(&samples[256..], 1, &mut starts[1..], second, two), Ok(2));
        assert_eq!((starts, lists, entries), whole);
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let list = [List::default()];
        assert!(SparseSamples::new(1, &[0, 0], &list, &[], &[3]).is_ok());
        assert!(SparseSamples::new(1, &[0, 2], &list, &[Entry::default()], &[3]).is_err());
        assert!(SparseSamples::new(1, &[0], &list, &[], &[3]).is_err());
        assert!(SparseSamples::new(1, &[0, 0], &[], &[], &[3]).is_err());
        assert!(SparseSamples::new(85, &[0, 0], &list, &[], &[3]).is_err());
    }
}
