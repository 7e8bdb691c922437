use super::*;
use crate::threads::isa::Isa;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::schedule::Schedule;

const SHAPE: Shape = Shape { height: 9, width: 11, channels: 1 };

fn network() -> Network {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    Network::new(SHAPE, &[dense(20, Activation::Relu), dense(3, Activation::Softmax)]).unwrap()
}

fn split(count: usize) -> Split {
    let pixel = |index: usize| if index.is_multiple_of(3) { (index * 7 % 256) as u8 } else { 0 };
    let images = (0..count * SHAPE.elements()).map(pixel).collect();
    Split::new(SHAPE, 3, images, (0..count).map(|index| (index % 3) as u8).collect()).unwrap()
}

fn sampler(from: f32, to: f32) -> config::Batch {
    config::Batch { size: Schedule::Linear { from, to }, shift: 2, distortion: None }
}

/// Batches that are distorted too, anew after so many generations.
fn distorted(size: f32, lifetime: u32) -> config::Batch {
    let distortion = Some(config::Distortion { elastic: 1.0, lifetime, ..Default::default() });
    config::Batch { distortion, ..sampler(size, size) }
}

/// The pictures and labels of a batch.
fn pictures(batch: &Minibatch<'_>) -> (Vec<u8>, Vec<u8>) {
    let all = batch.chunks.iter().take(batch.labels.len().div_ceil(CHUNK));
    (all.flat_map(|chunk| chunk.pixels.clone()).collect(), batch.labels.clone())
}

#[test]
fn an_image_is_moved_and_what_comes_in_is_empty() {
    let image: Vec<u8> = (1..=12).collect();
    let shape = Shape { height: 3, width: 4, channels: 1 };
    let moved = |shift| {
        let mut out = [99; 12];
        shifted(&image, shape, shift, &mut out);
        out
    };
    assert_eq!(moved((0, 0)), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert_eq!(moved((1, 0)), [0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11]);
    assert_eq!(moved((-1, 1)), [0, 0, 0, 0, 2, 3, 4, 0, 6, 7, 8, 0]);
    assert_eq!(moved((2, -1)), [0, 0, 5, 6, 0, 0, 9, 10, 0, 0, 0, 0]);
    assert_eq!(moved((-2, -2)), [11, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(moved((4, 0)), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "wider than the image");
}

#[test]
fn a_batch_depends_on_the_generation_alone() {
    let (network, split) = (network(), split(50));
    let feed =
        || Minibatches::new(&network, Measure::CrossEntropy, &split, sampler(100.0, 300.0), 5);
    let mut first = feed().unwrap();
    for threads in [1, 3] {
        for isa in Isa::every() {
            let mut threads = Threads::new(threads, isa).unwrap();
            for generation in [3, 0, 9] {
                let mut other = feed().unwrap();
                other.make(generation, 10, &mut threads).unwrap();
                first.make(generation, 10, &mut threads).unwrap();
                assert_eq!(pictures(&first.batch), pictures(&other.batch), "{generation}");
                assert_eq!(first.batch.labels.len(), 100 + 20 * generation as usize);
            }
        }
    }
    let third = pictures(&first.batch);
    first.make(3, 10, &mut Threads::new(1, Isa::Baseline).unwrap()).unwrap();
    assert_ne!(pictures(&first.batch).0[..100], third.0[..100]);
}

#[test]
fn pictures_are_moved_images_with_their_labels_and_pixels_in_use() {
    let (network, split) = (network(), split(4));
    let mut feed =
        Minibatches::new(&network, Measure::CrossEntropy, &split, sampler(70.0, 70.0), 1).unwrap();
    feed.make(7, 10, &mut Threads::new(2, Isa::Baseline).unwrap()).unwrap();
    let (pictures, labels) = pictures(&feed.batch);
    for (picture, label) in pictures.chunks(SHAPE.elements()).zip(labels) {
        let known = (0..4).any(|sample| {
            let image = &split.images[sample * 99..][..99];
            (-2..=2).flat_map(|x| (-2..=2).map(move |y| (x, y))).any(|shift| {
                let mut moved = [0; 99];
                shifted(image, SHAPE, shift, &mut moved);
                moved[..] == *picture && label == split.labels[sample]
            })
        });
        assert!(known);
        assert!(picture.iter().zip(&feed.batch.used).all(|(&pixel, &used)| pixel == 0 || used));
    }
}

#[test]
fn chunks_end_where_the_batch_ends() {
    let (network, split) = (network(), split(4));
    let mut feed =
        Minibatches::new(&network, Measure::CrossEntropy, &split, sampler(150.0, 10.0), 1).unwrap();
    let mut threads = Threads::new(1, Isa::Baseline).unwrap();
    for (generation, sizes) in [(0, [64, 64, 22]), (10, [10, 0, 0])] {
        feed.make(generation, 10, &mut threads).unwrap();
        assert_eq!([0, 1, 2].map(|chunk| feed.batch.chunk(chunk).len()), sizes);
        assert_eq!(feed.batch.samples() as usize, sizes.iter().sum::<usize>());
    }
}

#[test]
fn a_distorted_batch_depends_on_the_generation_alone() {
    let (network, split) = (network(), split(50));
    let feed = || Minibatches::new(&network, Measure::Accuracy, &split, distorted(300.0, 4), 5);
    // One feed makes every generation, as a run; others begin at one, as a run that is resumed does.
    let mut first = feed().unwrap();
    let mut one = Threads::new(1, Isa::Baseline).unwrap();
    let all = (0..9).map(|generation| {
        first.make(generation, 10, &mut one).unwrap();
        pictures(&first.batch)
    });
    let all: Vec<_> = all.collect();
    for threads in [1, 3] {
        for isa in Isa::every() {
            let mut threads = Threads::new(threads, isa).unwrap();
            for generation in [8, 3] {
                let mut other = feed().unwrap();
                other.make(generation, 10, &mut threads).unwrap();
                assert_eq!(pictures(&other.batch), all[generation as usize], "{generation}");
            }
        }
    }
    let mut plain =
        Minibatches::new(&network, Measure::Accuracy, &split, sampler(300.0, 300.0), 5).unwrap();
    plain.make(8, 10, &mut one).unwrap();
    assert_eq!(plain.batch.labels, all[8].1);
    assert_ne!(pictures(&plain.batch).0, all[8].0);
}

#[test]
fn images_are_made_anew_after_their_lifetime_and_not_all_at_once() {
    const LIFETIME: u32 = 8;
    let (network, split) = (network(), split(64));
    let batch = distorted(2000.0, LIFETIME);
    let mut feed = Minibatches::new(&network, Measure::Accuracy, &split, batch, 5).unwrap();
    let mut threads = Threads::new(2, Isa::Baseline).unwrap();
    let mut changes = vec![Vec::new(); split.len()];
    let mut before = Vec::new();
    for generation in 0..3 * LIFETIME {
        feed.make(generation, 100, &mut threads).unwrap();
        let now = feed.bank.as_ref().unwrap().images().to_vec();
        if generation > 0 {
            let pairs = now.chunks(SHAPE.elements()).zip(before.chunks(SHAPE.elements()));
            for (sample, (now, before)) in pairs.enumerate() {
                if now != before {
                    changes[sample].push(generation);
                }
            }
        }
        before = now;
    }
    // 2,000 draws of 64 samples: each is in every batch.
    for own in &changes {
        assert!((2..=3).contains(&own.len()), "{own:?}");
        assert!(own.windows(2).all(|pair| pair[1] - pair[0] == LIFETIME), "{own:?}");
    }
    let firsts: std::collections::BTreeSet<u32> = changes.iter().map(|own| own[0]).collect();
    assert_eq!(firsts.len(), LIFETIME as usize, "{firsts:?}");
}

#[test]
fn distortion_of_what_it_cannot_be_is_refused() {
    let (network, split) = (network(), split(4));
    let new = |split, batch| Minibatches::new(&network, Measure::Accuracy, split, batch, 1);
    assert!(new(&split, distorted(9.0, 1)).is_ok());
    assert!(new(&split, distorted(9.0, 0)).is_err());
    let flat = Split { shape: Shape::flat(SHAPE.elements()), ..split.clone() };
    let error = new(&flat, distorted(9.0, 1)).unwrap_err().to_string();
    assert_eq!(error, "batch.distortion needs images of one channel, got 99");
}

#[test]
fn what_cannot_be_sampled_is_refused() {
    let (network, split) = (network(), split(4));
    let none = Split::empty(SHAPE, 3);
    let new = |split, sampler| Minibatches::new(&network, Measure::Accuracy, split, sampler, 1);
    assert!(new(&split, sampler(1.0, 2.0)).is_ok());
    assert!(new(&none, sampler(1.0, 2.0)).is_err());
    assert!(new(&split, sampler(0.0, 2.0)).is_err());
}
