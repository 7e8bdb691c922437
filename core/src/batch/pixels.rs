//! Encoding of pixels that are used once, as the batch of a generation.

use super::encode::{Entry, List};
use super::{CHUNK, TILE, tiles};
use crate::error::LengthError;
use crate::slices::{parts, parts_mut};

/// The value of each pixel: itself divided by 255.
const VALUES: [f32; 256] = {
    let mut values = [0.0; 256];
    let mut rest: &mut [f32] = &mut values;
    let mut pixel = 0.0;
    while let Some((value, after)) = rest.split_first_mut() {
        *value = pixel / 255.0;
        pixel += 1.0;
        rest = after;
    }
    values
};

/// Encodes one chunk of at most [`CHUNK`] images of `features` pixels. As [`encode`](super::encode()), several
/// times as fast, but for the order of the lists: samples stand in their own order in each tile. Returns the
/// number of entries.
///
/// `lists` has as many elements as there are images times [`tiles`]; `entries` as many as there are pixels.
///
/// # Errors
/// A slice has the wrong length.
#[inline(always)]
pub fn encode_pixels(
    pixels: &[u8],
    features: usize,
    lists: &mut [List],
    entries: &mut [Entry],
) -> Result<usize, LengthError> {
    let count = pixels.len().checked_div(features).unwrap_or(0);
    LengthError::exact("pixels", count.min(CHUNK).saturating_mul(features), pixels.len())?;
    LengthError::exact("lists", count.saturating_mul(tiles(features)), lists.len())?;
    LengthError::at_least("entries", pixels.len(), entries.len())?;
    let mut used = 0_usize;
    for (tile, lists) in (0..tiles(features)).zip(parts_mut(lists, count)) {
        let first = tile.saturating_mul(TILE);
        for ((sample, image), list) in (0..CHUNK).zip(parts(pixels, features)).zip(lists) {
            let own = image.get(first..).unwrap_or(&[]);
            let own = own.get(..TILE).unwrap_or(own);
            let free = entries.get_mut(used..).unwrap_or_default();
            let length = encode_tile(own, free);
            *list = List { sample: sample as u8, length: length as u8 };
            used = used.saturating_add(length);
        }
    }
    Ok(used)
}

/// Writes the pixels of a tile that are not zero; returns how many.
#[inline(always)]
fn encode_tile(pixels: &[u8], entries: &mut [Entry]) -> usize {
    let (mut count, mut first) = (0, 0);
    let (words, rest) = pixels.as_chunks::<8>();
    for word in words {
        count = encode_word(u64::from_le_bytes(*word), first, entries, count);
        first = first.wrapping_add(8);
    }
    let mut word = 0;
    for &pixel in rest.iter().rev() {
        word = (word << 8) | u64::from(pixel);
    }
    encode_word(word, first, entries, count)
}

/// Writes the pixels of a word that are not zero behind the first `count` entries; returns how many there
/// are then.
///
/// A pixel that is zero is written too, and then written over: a branch could not be predicted.
#[inline(always)]
fn encode_word(word: u64, first: u32, entries: &mut [Entry], count: usize) -> usize {
    if word == 0 {
        return count;
    }
    let free = entries.get_mut(count..).unwrap_or_default();
    let Some(slots) = free.first_chunk_mut::<8>() else {
        return encode_last(word, first, entries, count);
    };
    let mut used = 0_usize;
    for byte in 0..8_u32 {
        let pixel = (word >> (8 * byte)) as u8;
        let value = VALUES.get(usize::from(pixel)).copied().unwrap_or(0.0);
        if let Some(slot) = slots.get_mut(used & 7) {
            *slot = Entry { value, row: first.wrapping_add(byte) as u8 };
        }
        used = used.wrapping_add(usize::from(pixel != 0));
    }
    count.wrapping_add(used)
}

/// As [`encode_word`], where fewer than eight entries are free.
fn encode_last(word: u64, first: u32, entries: &mut [Entry], mut count: usize) -> usize {
    for (row, pixel) in (first..u32::MAX).zip(word.to_le_bytes()) {
        if pixel != 0 {
            let value = VALUES.get(usize::from(pixel)).copied().unwrap_or(0.0);
            if let Some(entry) = entries.get_mut(count) {
                *entry = Entry { value, row: row as u8 };
            }
            count = count.wrapping_add(1);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::encode;
    use crate::rng::{Purpose, index, stream};
    extern crate std;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn every_list_is_that_of_encode() {
        for (features, count) in [(1, 1), (7, 3), (84, 64), (85, 5), (784, 64), (200, 256)] {
            let mut rng = stream(1, features as u32, count as u32, Purpose::Show);
            let mut pixel = || if index(&mut rng, 3) == 0 { index(&mut rng, 256) as u8 } else { 0 };
            let pixels: Vec<u8> = (0..features * count).map(|_| pixel()).collect();
            let length = count * tiles(features);
            let (mut lists, mut others) =
                (vec![List::default(); length], vec![List::default(); length]);
            let (mut entries, mut expected) =
                (vec![Entry::default(); pixels.len()], vec![Entry::default(); pixels.len()]);
            let used = encode_pixels(&pixels, features, &mut lists, &mut entries).unwrap();
            let mut starts = [0; 2];
            let all = encode(&pixels, features, &mut starts, &mut others, &mut expected).unwrap();
            assert_eq!(used, all);
            let sorted = |lists: &[List], entries: &[Entry]| {
                let mut at = 0;
                let mut all = vec![];
                for (place, list) in lists.iter().enumerate() {
                    let end = at + usize::from(list.length);
                    all.push((place / count, list.sample, entries[at..end].to_vec()));
                    at = end;
                }
                all.sort_by_key(|(tile, sample, _)| (*tile, *sample));
                all
            };
            assert_eq!(sorted(&lists, &entries), sorted(&others, &expected), "{features} {count}");
        }
    }

    #[test]
    fn every_value_is_that_of_the_pixel() {
        use crate::sample::Feature;
        assert!((0..=255_u8).zip(VALUES).all(|(pixel, value)| pixel.value() == value));
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let run = |pixels: usize, lists: usize, entries: usize| {
            let (mut lists, mut entries) =
                (vec![List::default(); lists], vec![Entry::default(); entries]);
            encode_pixels(&vec![1; pixels], 2, &mut lists, &mut entries).is_ok()
        };
        assert!(run(4, 2, 4));
        assert!(!run(5, 2, 5));
        assert!(!run(4, 1, 4));
        assert!(!run(4, 2, 3));
        assert!(!run(514, 257, 514));
    }
}
