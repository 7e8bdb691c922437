//! Fills splits with the built-in digits.
//!
//! Owns the memory and the threads; [`tinyevo_digits`] draws the digits.
//! Every sample depends on (seed, stream, index) alone, so the number of threads never shows.

use super::error::DataError;
use super::memory;
use super::request::{Options, Wanted};
use super::split::Split;
use rayon::prelude::*;
use tinyevo_core::shape::Shape;
use tinyevo_digits::{CLASSES, PIXELS, SIDE};

const SHAPE: Shape = Shape { height: SIDE, width: SIDE, channels: 1 };

/// Draws the splits that are wanted; the other is empty.
///
/// # Errors
/// [`DataError::BuiltinSize`] for a size of 0 or above `u32::MAX`, [`DataError::Memory`] when the
/// images do not fit into memory; both before the first digit is drawn.
pub(super) fn draw(options: &Options<'_>, wanted: Wanted) -> Result<(Split, Split), DataError> {
    let train = size("training", options.builtin_train, wanted.train)?;
    let test = size("test", options.builtin_test, wanted.test)?;
    // Both together, before any is drawn.
    let bytes = (u64::from(train) + u64::from(test)) * (PIXELS as u64 + 1);
    let short = |_| DataError::Memory { bytes };
    memory::reserve(bytes).map_err(short)?;
    Ok((fill(options, 0, train).map_err(short)?, fill(options, 1, test).map_err(short)?))
}

/// Number of digits to draw. A size is checked even if the split is not requested.
fn size(split: &'static str, samples: usize, wanted: bool) -> Result<u32, DataError> {
    match u32::try_from(samples) {
        Ok(samples) if samples > 0 => Ok(if wanted { samples } else { 0 }),
        _ => Err(DataError::BuiltinSize { split, samples }),
    }
}

/// `stream` is that of [`tinyevo_digits::draw`]: 0 for training, 1 for test.
fn fill(options: &Options<'_>, stream: u32, samples: u32) -> Result<Split, u64> {
    let zeros = |bytes: u64| -> Result<Vec<u8>, u64> {
        let mut room = memory::reserve(bytes)?;
        room.resize(bytes as usize, 0);
        Ok(room)
    };
    let mut split = Split::empty(SHAPE, usize::from(CLASSES));
    split.images = zeros(u64::from(samples) * PIXELS as u64)?;
    split.labels = zeros(u64::from(samples))?;
    let seed = options.builtin_seed;
    let draw = |(index, (image, label)): (usize, (&mut [u8], &mut u8))| {
        let index = index as u32; // `samples` is one too.
        *label = tinyevo_digits::label(seed, stream, index);
        image.copy_from_slice(&tinyevo_digits::draw(seed, stream, index, *label));
    };
    let (images, labels) = (&mut split.images, &mut split.labels);
    match options.pool {
        Some(pool) => pool.install(|| {
            images.par_chunks_exact_mut(PIXELS).zip(labels).enumerate().for_each(draw);
        }),
        None => images.chunks_exact_mut(PIXELS).zip(labels).enumerate().for_each(draw),
    }
    Ok(split)
}
