//! A model that adapts on the device: the output layer of a champion in flash learns a task that has
//! changed, in the RAM of a 16 KiB part.
//!
//! The hidden layer stays as it is, in integers; its activations are the input of the 1,290 weights that evolve,
//! in floats, on batches of images as they come. They evolve as the output layer of
//! [`NeuronEs`](tinyevo_core::evolution::NeuronEs): each weight has two mutants, one in either sign, and moves by the
//! difference of their losses. Adam's moments, two floats a weight, would not fit, so the step is plain.
//! Before and after are measured on images that it has not seen.

use tinyevo_core::fitness::{self, Score};
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::inference;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::math;
use tinyevo_core::network::Network;
use tinyevo_core::quantized::Model;
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;

const HIDDEN: usize = 128;
const CLASSES: usize = 10;
const GENES: usize = HIDDEN * CLASSES + CLASSES;
const PIXELS: usize = 784;

/// Images of a batch, whose activations are in RAM at once.
const BATCH: usize = 16;
/// Batches, one a generation.
const GENERATIONS: u32 = 200;
/// Change of a weight in a mutant.
const SIGMA: f32 = 0.05;
/// What the difference of the losses of a weight's mutants, summed over the batch, is multiplied by: of seven
/// rates and lengths the one with the most right on eight sets of 200 training images, from number 50,000 on.
const RATE: Schedule = Schedule::Linear { from: 1.0, to: 0.0 };
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

    /// Moves each weight by the difference of its mutants' losses; the mean loss before.
    #[inline(never)]
    fn step(&self, weights: &mut [f32; GENES], rate: f32) -> Option<f32> {
        let (mut probabilities, mut scratch) = ([[0.0; CLASSES]; BATCH], [0.0; CLASSES]);
        let rows = self.activations.chunks(HIDDEN).zip(&mut probabilities).zip(&self.own_labels);
        let mut loss = 0.0;
        for ((activations, to), &label) in rows {
            let parent =
                inference::probabilities(&self.network, &*weights, activations, &mut scratch);
            for (to, p) in to.iter_mut().zip(parent.ok()?) {
                *to = *p;
            }
            loss -= math::ln(*to.get(usize::from(label))?);
        }
        for (input, weights) in weights.chunks_mut(CLASSES).enumerate() {
            for (weight, gain) in weights.iter_mut().zip(self.gains(input, &probabilities)) {
                *weight += rate * gain;
            }
        }
        Some(loss / BATCH as f32)
    }

    /// `L(-) - L(+)` of the mutants of the weights from an input to each class, exactly: a mutant changes one
    /// logit. The input after the last is the bias's, which is 1.
    fn gains(&self, input: usize, probabilities: &[[f32; CLASSES]; BATCH]) -> [f32; CLASSES] {
        let (mut up, mut down) = ([1.0; CLASSES], [1.0; CLASSES]);
        let mut gains = [0.0; CLASSES];
        let rows = self.activations.chunks(HIDDEN).zip(probabilities).zip(&self.own_labels);
        for ((activations, probabilities), &label) in rows {
            let inside = input < HIDDEN;
            let activation = activations.get(input).filter(|_| inside).copied().unwrap_or(u8::MAX);
            if activation == 0 {
                continue;
            }
            let change = SIGMA * (f32::from(activation) / 255.0);
            let (more, less) = (math::exp(change) - 1.0, math::exp(-change) - 1.0);
            for ((up, down), p) in up.iter_mut().zip(&mut down).zip(probabilities) {
                *up *= 1.0 + p * more;
                *down *= 1.0 + p * less;
            }
            if let Some(gain) = gains.get_mut(usize::from(label)) {
                *gain += 2.0 * change;
            }
        }
        // One logarithm serves the batch: 16 factors of at most e^0.05 are far from any limit.
        for (gain, (up, down)) in gains.iter_mut().zip(up.iter().zip(&down)) {
            *gain += math::ln(*down) - math::ln(*up);
        }
        gains
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
    for generation in 0..GENERATIONS {
        batches.fill(generation as usize * BATCH % LEARNED)?;
        let rate = RATE.at(generation, GENERATIONS);
        hash.floats(&[batches.step(&mut weights, rate)?]);
    }
    hash.floats(&weights);
    let after = batches.unseen(&weights)?;
    Some(Adapted { before, after, hash: hash.finish() })
}
