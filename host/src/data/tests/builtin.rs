//! Tests of [`builtin`](crate::data::builtin): which digit stands where, with how many threads.

use crate::data::builtin::draw;
use crate::data::error::DataError;
use crate::data::request::{Options, Wanted};
use tinyevo_digits::PIXELS;

fn options(train: usize, test: usize) -> Options<'static> {
    Options { builtin_train: train, builtin_test: test, ..Options::default() }
}

#[test]
fn sizes_of_zero_and_beyond_reason_are_refused_even_where_they_are_not_wanted() {
    for (train, test, word) in [(0, 1, "training"), (1, 0, "test"), (usize::MAX, 1, "training")] {
        for wanted in [Wanted::ALL, Wanted::TRAIN, Wanted::TEST] {
            let error = draw(&options(train, test), wanted).unwrap_err();
            assert!(matches!(error, DataError::BuiltinSize { .. }), "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}

#[test]
fn more_than_the_memory_is_refused_at_once_with_the_bytes_needed() {
    let most = u32::MAX as usize;
    let started = std::time::Instant::now();
    let error = draw(&options(most, most), Wanted::ALL).unwrap_err();
    let bytes = 2 * (785 * u64::from(u32::MAX));
    assert!(matches!(error, DataError::Memory { bytes: b, .. } if b == bytes), "{error}");
    assert!(error.to_string().contains(&format!("{bytes} bytes")), "{error}");
    assert!(started.elapsed().as_secs() < 5, "work was done first");
}

#[test]
fn every_sample_is_the_one_of_its_index_in_any_number_of_threads() {
    let (train, test) = draw(&options(300, 40), Wanted::ALL).unwrap();
    assert_eq!((train.len(), test.len()), (300, 40));
    for (stream, split) in [(0, &train), (1, &test)] {
        for i in 0..split.len() {
            let label = tinyevo_digits::label(64, stream, i as u32);
            assert_eq!(split.labels[i], label);
            let image = tinyevo_digits::draw(64, stream, i as u32, label);
            assert_eq!(split.image(i), image, "stream {stream}, sample {i}");
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let spread = draw(&Options { pool: Some(&pool), ..options(300, 40) }, Wanted::ALL).unwrap();
    assert!(spread == (train, test));
}

#[test]
fn what_is_not_wanted_is_not_drawn() {
    let both = draw(&options(30, 20), Wanted::ALL).unwrap();
    let (train, none) = draw(&options(30, 20), Wanted::TRAIN).unwrap();
    assert!(train == both.0 && none.is_empty());
    let (none, test) = draw(&options(30, 20), Wanted::TEST).unwrap();
    assert!(test == both.1 && none.is_empty());
    assert_eq!((none.shape, none.classes), (test.shape, test.classes));
    // Billions of training digits cost nothing if only the test digits are wanted.
    let huge = options(u32::MAX as usize, 20);
    assert!(draw(&huge, Wanted::TEST).unwrap().1 == test);
}

#[test]
fn seeds_and_streams_differ_and_sizes_are_prefixes() {
    let (train, test) = draw(&options(30, 30), Wanted::ALL).unwrap();
    assert!(train != test);
    let other = Options { builtin_seed: 65, ..options(30, 30) };
    assert!(draw(&other, Wanted::ALL).unwrap().0 != train);
    let (longer, _) = draw(&options(31, 1), Wanted::ALL).unwrap();
    assert_eq!(longer.images[..30 * PIXELS], train.images);
}
