//! Fills both splits with the built-in digits.
//!
//! Owns the allocation and the threads; what a digit looks like is the business of `tinyevo-digits`. Every
//! sample depends on (seed, stream, index) alone, so the number of threads never shows.

use super::{DataError, PIXELS, Split};
use rayon::prelude::*;
use tinyevo_digits as builtin;

/// The stream of [`builtin::draw`](tinyevo_digits::draw) that each split takes.
const TRAIN: u32 = 0;
const TEST: u32 = 1;

/// Both splits, with `train` and `test` samples.
///
/// # Errors
/// [`DataError::BuiltinSize`] when a size is 0, above `u32::MAX`, or does not fit the memory.
pub(super) fn generate(seed: u64, train: usize, test: usize) -> Result<(Split, Split), DataError> {
    // Both sizes are looked at before the work starts.
    let train = allocate("training", train)?;
    let test = allocate("test", test)?;
    Ok((fill(seed, TRAIN, train), fill(seed, TEST, test)))
}

fn allocate(split: &'static str, samples: usize) -> Result<Split, DataError> {
    let refuse = |why| DataError::BuiltinSize { split, samples, why };
    if samples == 0 {
        return Err(refuse("at least 1 is needed"));
    }
    let bytes = samples
        .checked_mul(PIXELS)
        .filter(|_| u32::try_from(samples).is_ok())
        .ok_or_else(|| refuse("at most 4,294,967,295 can be drawn"))?;
    let zeros = |bytes| {
        let mut zeros = Vec::new();
        zeros.try_reserve_exact(bytes).map_err(|_| refuse("they do not fit the memory"))?;
        zeros.resize(bytes, 0);
        Ok(zeros)
    };
    Ok(Split { images: zeros(bytes)?, labels: zeros(samples)? })
}

fn fill(seed: u64, stream: u32, mut split: Split) -> Split {
    split
        .images
        .par_chunks_exact_mut(PIXELS)
        .zip(split.labels.par_iter_mut())
        .enumerate()
        .for_each(|(index, (image, label))| {
            let index = index as u32; // `allocate` refuses more.
            *label = builtin::label(seed, stream, index);
            image.copy_from_slice(&builtin::draw(seed, stream, index, *label));
        });
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_zero_and_beyond_reason_are_errors() {
        for (train, test, word) in [
            (0, 1, "training"),
            (1, 0, "test"),
            (usize::MAX, 1, "training"),
            (1, usize::MAX / PIXELS, "test"),
        ] {
            let message = generate(1, train, test).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn every_sample_is_the_one_of_its_index_in_any_thread_count() {
        let (train, test) = generate(64, 300, 40).unwrap();
        for (stream, split) in [(TRAIN, &train), (TEST, &test)] {
            for i in 0..split.len() {
                let label = builtin::label(64, stream, i as u32);
                assert_eq!(split.labels[i], label);
                assert_eq!(
                    split.image(i),
                    builtin::draw(64, stream, i as u32, label),
                    "stream {stream}, sample {i}"
                );
            }
        }
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert!(one.install(|| generate(64, 300, 40)).unwrap() == (train, test));
    }

    #[test]
    fn seeds_and_streams_differ_and_sizes_are_prefixes() {
        let (train, test) = generate(64, 30, 30).unwrap();
        assert!(train != test);
        assert!(generate(65, 30, 30).unwrap().0 != train);
        let (longer, _) = generate(64, 31, 1).unwrap();
        assert_eq!(longer.images[..30 * PIXELS], train.images);
    }
}
