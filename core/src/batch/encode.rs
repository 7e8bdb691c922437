//! Samples as lists of their non-zero values, in the order in which the kernel takes them.

use super::TILE;
use crate::error::LengthError;
use crate::fitness::BLOCK;
use crate::inference::Feature;
use core::fmt;

/// How many tiles the features of a sample take.
#[must_use]
pub const fn tiles(features: usize) -> usize {
    features.div_ceil(TILE)
}

/// Samples as lists of their non-zero values, and their labels.
///
/// There is a list for each block of [`BLOCK`] samples (the last one perhaps shorter), in it for
/// each tile of [`TILE`] features, in it for each sample of the block, the samples of a tile by the
/// length of their lists. List number i belongs to sample `order[i]` of its block; it is
/// `starts[i]..starts[i + 1]` of `rows`, the place of the feature in its tile, and of `values`.
#[derive(Debug, Clone, Copy)]
pub struct SparseSamples<'a> {
    features: usize,
    starts: &'a [u32],
    order: &'a [u8],
    rows: &'a [u8],
    values: &'a [f32],
    labels: &'a [u8],
}

impl<'a> SparseSamples<'a> {
    /// Joins what [`encode`] wrote, block after block, with the labels.
    ///
    /// `order` has `labels.len()` times [`tiles`] elements, `starts` one more.
    ///
    /// # Errors
    /// A slice has the wrong length.
    pub fn new(
        features: usize,
        starts: &'a [u32],
        order: &'a [u8],
        rows: &'a [u8],
        values: &'a [f32],
        labels: &'a [u8],
    ) -> Result<Self, LengthError> {
        let lists = labels.len().saturating_mul(tiles(features));
        LengthError::exact("order", lists, order.len())?;
        LengthError::exact("starts", lists.saturating_add(1), starts.len())?;
        let end = starts.last().map_or(0, |&end| end as usize);
        LengthError::at_least("rows", end, rows.len())?;
        LengthError::exact("values", rows.len(), values.len())?;
        Ok(Self { features, starts, order, rows, values, labels })
    }

    /// How many values a sample has, zeros included.
    #[must_use]
    pub const fn features(&self) -> usize {
        self.features
    }

    /// How many samples.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The labels.
    #[must_use]
    pub const fn labels(&self) -> &'a [u8] {
        self.labels
    }

    /// How many values are not zero.
    #[must_use]
    pub const fn nonzero(&self) -> usize {
        match (self.starts.first(), self.starts.last()) {
            (Some(&first), Some(&last)) => (last as usize).saturating_sub(first as usize),
            _ => 0,
        }
    }

    /// How many blocks there are.
    #[must_use]
    pub const fn blocks(&self) -> usize {
        self.len().div_ceil(BLOCK)
    }

    /// Block number `block`; empty past the end.
    #[must_use]
    pub fn block(&self, block: usize) -> Self {
        let first = block.saturating_mul(BLOCK).min(self.len());
        let last = first.saturating_add(BLOCK).min(self.len());
        let lists = |sample: usize| sample.saturating_mul(tiles(self.features));
        let (from, to) = (lists(first), lists(last));
        Self {
            starts: self.starts.get(from..to.saturating_add(1)).unwrap_or(&[]),
            order: self.order.get(from..to).unwrap_or(&[]),
            labels: self.labels.get(first..last).unwrap_or(&[]),
            ..*self
        }
    }

    /// The lists of a tile, of samples that are one block: place in the block, rows, values.
    #[inline(always)]
    pub(super) fn tile(self, tile: usize) -> impl Iterator<Item = (usize, &'a [u8], &'a [f32])> {
        let first = tile.saturating_mul(self.len());
        let end = first.saturating_add(self.len());
        let order = self.order.get(first..end).unwrap_or(&[]);
        let starts = self.starts.get(first..end).unwrap_or(&[]);
        let ends = self.starts.get(first.saturating_add(1)..=end).unwrap_or(&[]);
        order.iter().zip(starts).zip(ends).map(move |((&sample, &start), &end)| {
            let list = start as usize..end as usize;
            let rows = self.rows.get(list.clone()).unwrap_or(&[]);
            (usize::from(sample), rows, self.values.get(list).unwrap_or(&[]))
        })
    }
}

/// Encodes one block of samples.
///
/// `samples` has `features` values a sample, of 0 to [`BLOCK`] samples. `order` has as many elements
/// as there are samples times [`tiles`], `starts` one more; `rows` and `values` have room for all
/// non-zero values, of which it returns the number. `starts` begins at `first`: 0 for the first block of
/// a set, for each other where the one before it ended, so that the parts of all blocks
/// stand one after another (`starts` overlapping by one).
///
/// # Errors
/// Lengths that do not fit, no features, or too little room.
pub fn encode<F: Feature>(
    samples: &[F],
    features: usize,
    first: u32,
    starts: &mut [u32],
    order: &mut [u8],
    rows: &mut [u8],
    values: &mut [f32],
) -> Result<usize, EncodeError> {
    let count = samples.len().checked_div(features).ok_or(EncodeError::Features)?;
    LengthError::exact("samples", features.saturating_mul(count), samples.len())?;
    if count > BLOCK {
        return Err(LengthError { buffer: "samples", expected: BLOCK, got: count }.into());
    }
    let lists = count.saturating_mul(tiles(features));
    LengthError::exact("order", lists, order.len())?;
    LengthError::exact("starts", lists.saturating_add(1), starts.len())?;
    LengthError::exact("values", rows.len(), values.len())?;
    let room = rows.len();
    let mut slots = rows.iter_mut().zip(values);
    let mut used = 0_usize;
    let Some((start, mut ends)) = starts.split_first_mut() else { return Ok(0) };
    *start = first;
    let mut order = order;
    for tile in 0..tiles(features) {
        let (own, rest) = order.split_at_mut_checked(count).unwrap_or_default();
        order = rest;
        let (own_ends, rest) = ends.split_at_mut_checked(count).unwrap_or_default();
        ends = rest;
        let part = |sample: usize| part_of(samples, features, sample, tile);
        sort(own, |sample| nonzero(part(sample)));
        for (&sample, end) in own.iter().zip(own_ends) {
            for (row, feature) in part(usize::from(sample)).iter().enumerate() {
                let x = feature.value();
                if x != 0.0 {
                    let (slot, value) = slots.next().ok_or(EncodeError::Full { room })?;
                    (*slot, *value) = (row as u8, x);
                    used = used.saturating_add(1);
                }
            }
            let used = u32::try_from(used).ok().and_then(|used| first.checked_add(used));
            *end = used.ok_or(EncodeError::Full { room })?;
        }
    }
    Ok(used)
}

/// The features of one sample that lie in a tile.
fn part_of<F>(samples: &[F], features: usize, sample: usize, tile: usize) -> &[F] {
    let skipped = tile.saturating_mul(TILE);
    let start = sample.saturating_mul(features).saturating_add(skipped);
    let length = features.saturating_sub(skipped).min(TILE);
    samples.get(start..start.saturating_add(length)).unwrap_or(&[])
}

/// How many values are not zero.
fn nonzero<F: Feature>(values: &[F]) -> usize {
    values.iter().filter(|feature| feature.value() != 0.0).count()
}

/// Writes the samples of a tile by the length of their lists, equal ones in order: a counting sort.
fn sort(order: &mut [u8], length: impl Fn(usize) -> usize) {
    let mut lengths = [0_u8; BLOCK];
    // `places[n]` is where the next sample of length n goes.
    let mut places = [0_u16; TILE + 2];
    for (sample, to) in lengths.iter_mut().enumerate().take(order.len()) {
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
    for (sample, &length) in lengths.iter().enumerate().take(order.len()) {
        let Some(place) = places.get_mut(usize::from(length)) else { continue };
        if let Some(slot) = order.get_mut(usize::from(*place)) {
            *slot = sample as u8;
        }
        *place = place.saturating_add(1);
    }
}

/// Samples that cannot be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// A sample must have at least one value.
    Features,
    /// There are more non-zero values than room for them.
    Full {
        /// For how many there was room.
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
        // Three samples of 113 features: two tiles, the second of one feature.
        let mut samples = [0.0_f32; 3 * 113];
        (samples[5], samples[9], samples[112]) = (1.0, 2.0, 3.0);
        (samples[113 + 7], samples[2 * 113 + 112]) = (4.0, 5.0);
        let (mut starts, mut order) = ([0; 7], [0; 6]);
        let (mut rows, mut values) = ([0; 5], [0.0; 5]);
        let used = encode(&samples, 113, 10, &mut starts, &mut order, &mut rows, &mut values);
        assert_eq!(used, Ok(5));
        assert_eq!(order, [2, 1, 0, 1, 0, 2]);
        assert_eq!(starts, [10, 10, 11, 13, 13, 14, 15]);
        assert_eq!(rows, [7, 5, 9, 0, 0]);
        assert_eq!(values, [4.0, 1.0, 2.0, 3.0, 5.0]);
    }

    #[test]
    fn a_full_tile_and_a_full_block_sort() {
        let mut order = [0; BLOCK];
        sort(&mut order, |sample| if sample % 2 == 0 { TILE } else { 0 });
        assert_eq!((order[0], order[127], order[128], order[255]), (1, 255, 0, 254));
    }

    #[test]
    fn what_cannot_be_encoded_is_refused() {
        let (mut starts, mut order) = ([0; 2], [0; 1]);
        let (mut rows, mut values) = ([0; 1], [0.0; 1]);
        let mut try_encode = |samples: &[f32], features| {
            encode(samples, features, 0, &mut starts, &mut order, &mut rows, &mut values)
        };
        assert_eq!(try_encode(&[1.0, 1.0], 2), Err(EncodeError::Full { room: 1 }));
        assert_eq!(try_encode(&[1.0], 0), Err(EncodeError::Features));
        assert!(matches!(try_encode(&[1.0], 2), Err(EncodeError::Length(_))));
        assert!(matches!(try_encode(&[0.0; 257], 1), Err(EncodeError::Length(_))));
        assert_eq!(try_encode(&[0.0, 1.0], 2), Ok(1));
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        assert!(SparseSamples::new(1, &[0, 0], &[0], &[], &[], &[3]).is_ok());
        assert!(SparseSamples::new(1, &[0, 2], &[0], &[0], &[1.0], &[3]).is_err());
        assert!(SparseSamples::new(1, &[0, 1], &[0], &[0], &[], &[3]).is_err());
        assert!(SparseSamples::new(1, &[0], &[], &[], &[], &[3]).is_err());
        assert!(SparseSamples::new(113, &[0, 0], &[0], &[], &[], &[3]).is_err());
    }
}
