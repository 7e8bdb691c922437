//! A model that adapts on the device: the output layer of a champion in flash learns a task that has
//! changed, in the RAM of a 16 KiB part.
//!
//! The hidden layer stays as it is, in integers; its activations are the input of the 1,290 weights
//! that evolve, in floats, by a (1+4) evolution strategy on batches of images as they come. Before and
//! after are measured on images that it has not seen.

use tinyevo_core::fitness::{self, Measure, Score};
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::operators::Mutation;
use tinyevo_core::quantized::Model;
use tinyevo_core::rng::{Purpose, Stream, stream};
use tinyevo_core::shape::Shape;

const HIDDEN: usize = 128;
const CLASSES: usize = 10;
const GENES: usize = HIDDEN * CLASSES + CLASSES;
const PIXELS: usize = 784;

/// Images of a batch, whose activations are in RAM at once.
const BATCH: usize = 16;
/// Batches, one a generation.
const GENERATIONS: u32 = 400;
/// Mutants of a generation, of which the first that is better replaces its parent.
const MUTANTS: u32 = 4;
/// How a mutant differs: the best of ten settings on four other sets of 200 test images, those from
/// number 1,000, 2,000, 3,000 and 4,000 on.
const MUTATION: Mutation = Mutation::Gaussian { probability: 0.02, sigma: 0.3 };
const SEED: u64 = 64;
/// How many weights a mutation changes at most; 26 are to be expected.
const MOST_CHANGES: usize = 128;
/// Weights that are mutated at a time.
const PART: usize = 64;
/// The first images are learned from, the others measure.
const LEARNED: usize = 160;
/// All images.
const IMAGES: usize = 200;

/// What came of it.
#[derive(Debug)]
pub struct Adapted {
    /// Images classified rightly of the 40 that were not learned from, before.
    pub before: u32,
    /// The same after.
    pub after: u32,
    /// Hash of the weights and of what each generation measured.
    pub hash: u64,
}

/// The task after the change: the classes are named in the opposite order.
const fn changed(label: u8) -> u8 {
    9_u8.saturating_sub(label)
}

/// Images as activations of the hidden layer, a batch at a time.
struct Batches<'a, F> {
    front: Model<'a>,
    network: Network,
    labels: &'a [u8],
    image: F,
    activations: [u8; BATCH * HIDDEN],
    own_labels: [u8; BATCH],
}

impl<F: FnMut(usize, &mut [u8; PIXELS]) -> Option<()>> Batches<'_, F> {
    /// Takes the images from number `first` on.
    #[inline(never)]
    fn fill(&mut self, first: usize) -> Option<()> {
        let mut pixels = [0; PIXELS];
        let (mut sums, mut unused) = ([0; HIDDEN], [0; HIDDEN]);
        let rows = self.activations.chunks_mut(HIDDEN).zip(&mut self.own_labels);
        for (number, (row, label)) in (first..IMAGES).zip(rows) {
            (self.image)(number, &mut pixels)?;
            let sums = self.front.logits(&pixels, &mut sums, &mut unused).ok()?;
            for (to, sum) in row.iter_mut().zip(sums) {
                *to = u8::try_from(*sum).unwrap_or(if *sum < 0 { 0 } else { u8::MAX });
            }
            *label = changed(*self.labels.get(number)?);
        }
        Some(())
    }

    /// The score of weights on the first `count` images that were taken.
    fn score(&self, weights: &[f32], count: usize) -> Option<Score> {
        let activations = self.activations.get(..count * HIDDEN)?;
        let labels = self.own_labels.get(..count)?;
        let mut scratch = [0.0; CLASSES];
        fitness::evaluate(&self.network, weights, activations, labels, &mut scratch, true).ok()
    }

    /// How many of the images that are not learned from are classified rightly.
    fn unseen(&mut self, weights: &[f32]) -> Option<u32> {
        let mut correct = 0;
        for first in (LEARNED..IMAGES).step_by(BATCH) {
            self.fill(first)?;
            correct += self.score(weights, BATCH.min(IMAGES - first))?.correct;
        }
        Some(correct)
    }
}

/// Adapts the output layer of `model`, 784-128-10. `image` writes image number so-and-so.
///
/// `None` if the model has another shape or an image cannot be had.
#[inline(never)]
pub fn adapt(
    model: &Model<'_>,
    labels: &[u8],
    image: impl FnMut(usize, &mut [u8; PIXELS]) -> Option<()>,
) -> Option<Adapted> {
    let [hidden, output] = *model.layers() else { return None };
    let softmax = Layer::Dense(Dense { units: CLASSES, activation: Activation::Softmax });
    let mut batches = Batches {
        front: Model::new(&[hidden]).ok()?,
        network: Network::new(Shape::flat(HIDDEN), &[softmax]).ok()?,
        labels,
        image,
        activations: [0; BATCH * HIDDEN],
        own_labels: [0; BATCH],
    };
    let mut weights = [0.0; GENES];
    for (index, (weight, integer)) in weights.iter_mut().zip(output.weights).enumerate() {
        let multiplier = *output.multipliers.get(index % CLASSES)?;
        // All outputs on one scale, as the logits are: at most 1.
        *weight = f32::from(*integer) / 127.0 * (multiplier as f32 / i32::MAX as f32);
    }

    let before = batches.unseen(&weights)?;
    let mut hash = Fnv1a::new();
    let mut undo = Undo { old: [(0, 0.0); MOST_CHANGES], count: 0 };
    for generation in 1..=GENERATIONS {
        batches.fill((generation as usize - 1) * BATCH % LEARNED)?;
        let best = Measure::CrossEntropy.value(&batches.score(&weights, BATCH)?);
        for mutant in 0..MUTANTS {
            undo.mutate(&mut weights, &mut stream(SEED, generation, mutant, Purpose::Mutate));
            let loss = Measure::CrossEntropy.value(&batches.score(&weights, BATCH)?);
            hash.floats(&[loss]);
            if loss < best {
                break;
            }
            undo.take_back(&mut weights);
        }
    }
    hash.floats(&weights);
    let after = batches.unseen(&weights)?;
    Some(Adapted { before, after, hash: hash.finish() })
}

/// What a mutation has changed, so that no second copy of the weights is needed.
struct Undo {
    old: [(u16, f32); MOST_CHANGES],
    count: usize,
}

impl Undo {
    /// Mutates, and notes what the weights were.
    #[inline(never)]
    fn mutate(&mut self, weights: &mut [f32], rng: &mut Stream) {
        self.count = 0;
        let mut first = 0;
        for genes in weights.chunks_mut(PART) {
            let mut before = [0.0; PART];
            for (to, gene) in before.iter_mut().zip(&*genes) {
                *to = *gene;
            }
            MUTATION.mutate(genes, rng);
            for (place, (gene, before)) in genes.iter_mut().zip(before).enumerate() {
                if gene.to_bits() != before.to_bits() {
                    match self.old.get_mut(self.count) {
                        Some(slot) => {
                            *slot = ((first + place) as u16, before);
                            self.count += 1;
                        }
                        // No room: five times as many as are to be expected.
                        None => *gene = before,
                    }
                }
            }
            first += PART;
        }
    }

    /// Makes the weights what they were.
    fn take_back(&self, weights: &mut [f32]) {
        for &(place, before) in self.old.iter().take(self.count) {
            if let Some(gene) = weights.get_mut(usize::from(place)) {
                *gene = before;
            }
        }
    }
}
