//! A network that evolves on the device from random weights, in the RAM of a 64 KiB part: 14x14 pixels, twelve
//! hidden units, ten classes, by the neuron-wise evolution strategy.
//!
//! Each generation sees images that come just then, as from a sensor, and keeps none. What it reaches is
//! measured on images that no generation saw.

use tinyevo_core::evolution::{Algorithm, Memory, NeuronEs, Task};
use tinyevo_core::fitness::{Measure, Score};
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::inference;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::objective::Samples;
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;
use tinyevo_core::spread::InOrder;

/// Rows and columns of an image.
const SIDE: usize = 14;
/// Pixels of an image.
pub const PIXELS: usize = SIDE * SIDE;
const HIDDEN: usize = 12;
const CLASSES: usize = 10;
const GENES: usize = PIXELS * HIDDEN + HIDDEN + HIDDEN * CLASSES + CLASSES;
/// Images of a generation.
const BATCH: usize = 8;
/// Generations that learn.
const GENERATIONS: u32 = 3_000;
/// Images that are learned from: each is in one generation.
pub const SEEN: usize = (GENERATIONS as usize + 1) * BATCH;
/// Images that measure.
pub const UNSEEN: usize = 500;
const SEED: u64 = 64;
/// Floats of the state, what is shared and the working memory together.
const FLOATS: usize = 13_240;

/// The rate, the blur and the length of the run were chosen on training images from number 50,000 on, which the
/// run does not see.
const ES: NeuronEs = NeuronEs {
    directions: 16,
    learning_rate: Schedule::Linear { from: 0.02, to: 0.0 },
    blur: 0,
    roulette: 0.0,
    ..NeuronEs::USUAL
};

/// Where an image is to come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The images to learn from, each of which is asked for once.
    Seen,
    /// Those that measure.
    Unseen,
}

/// What came of it.
#[derive(Debug)]
pub struct Evolved {
    /// Unseen images that are classified rightly, of [`UNSEEN`].
    pub right: u32,
    /// Hash of the genome.
    pub genome: u64,
    /// Hash of the classes of the unseen images.
    pub classes: u64,
}

/// Evolves, calling `after` after each generation. `image` writes the next image of a source and returns
/// its label.
///
/// `None` if an image cannot be had.
#[inline(never)]
pub fn from_nothing(
    mut image: impl FnMut(Source, &mut [u8; PIXELS]) -> Option<u8>,
    mut after: impl FnMut(),
) -> Option<Evolved> {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let layers = [dense(HIDDEN, Activation::Relu), dense(CLASSES, Activation::Softmax)];
    let shape = Shape { height: SIDE, width: SIDE, channels: 1 };
    let network = &Network::new(shape, &layers).ok()?;
    let (mut pixels, mut labels) = ([0; BATCH * PIXELS], [0; BATCH]);
    let mut floats = [0.0; FLOATS];
    let (mut picks, mut scores): (_, [Score; 0]) = ([0; BATCH], []);
    let measure = Measure::CrossEntropy;
    let batch = Samples { network, samples: &pixels[..], labels: &labels[..], measure };
    let lengths = ES.lengths(network, &batch);
    let (state, rest) = floats.split_at_mut_checked(lengths.state)?;
    let (shared, rest) = rest.split_at_mut_checked(lengths.shared)?;
    let room = rest.get_mut(..lengths.part)?;
    let (spare, picks, scores) = (&mut [][..], &mut picks[..], &mut scores[..]);
    let mut memory = Memory { state, spare, shared, picks, scores };
    for generation in 0..=GENERATIONS {
        for (pixels, label) in pixels.as_chunks_mut().0.iter_mut().zip(&mut labels) {
            *label = image(Source::Seen, pixels)?;
        }
        let objective = &Samples { network, samples: &pixels[..], labels: &labels[..], measure };
        let (seed, length) = (SEED, GENERATIONS);
        let task =
            Task { network, objective, seed, generation, length, rescore: true, start: None };
        ES.generation(&task, &mut memory, &mut InOrder::<1>(room)).ok()?;
        after();
    }
    let genome = memory.state.get(..GENES)?;
    let (mut hash, mut classes, mut right) = (Fnv1a::new(), Fnv1a::new(), 0);
    hash.floats(genome);
    for _ in 0..UNSEEN {
        let pixels = pixels.first_chunk_mut()?;
        let label = image(Source::Unseen, pixels)?;
        let class = inference::classify(network, genome, pixels, room).ok()?;
        classes.bytes(&[class as u8]);
        right += u32::from(class == usize::from(label));
    }
    Some(Evolved { right, genome: hash.finish(), classes: classes.finish() })
}
