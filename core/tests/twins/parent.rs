//! What the twins share: a parent that moves, on samples, and directions.

use crate::formulas::weighted_sum;
use tinyevo_core::layers::Activation;
use tinyevo_core::math::{exp, ln, reciprocal_sqrt};
use tinyevo_core::network::{Network, Stage};
use tinyevo_core::operators::Initialisation;
use tinyevo_core::rng::{Purpose, derive, stream};
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;

/// The parent and Adam's moments.
pub(crate) struct Parent<'a> {
    pub(crate) network: &'a Network,
    pub(crate) seed: u64,
    pub(crate) length: u32,
    pub(crate) genome: Vec<f32>,
    /// Whether an input may be other than 0 in any sample: the weights of the others stay.
    pub(crate) used: Vec<bool>,
    moments: Vec<(f32, f32)>,
}

/// A sample on its way: the inputs and the sums of each layer but the output layer's sums, the probabilities, the
/// weight by the roulette, and what an algorithm projects on each layer.
pub(crate) struct Seen {
    pub(crate) label: usize,
    pub(crate) inputs: Vec<Vec<f32>>,
    pub(crate) sums: Vec<Vec<f32>>,
    pub(crate) probabilities: Vec<f32>,
    pub(crate) weight: f32,
    pub(crate) projections: Vec<Vec<f32>>,
}

/// Directions: rows of inputs, the bias last; and the deviation of their entries.
pub(crate) struct Directions {
    pub(crate) rows: Vec<Vec<f32>>,
    pub(crate) deviation: f32,
}

impl<'a> Parent<'a> {
    pub(crate) fn new(
        initialisation: Initialisation,
        network: &'a Network,
        seed: u64,
        length: u32,
    ) -> Self {
        let mut genome = vec![0.0; network.parameters()];
        let mut rng = stream(seed, 0, 0, Purpose::Initialise);
        initialisation.fill(network, &mut genome, &mut rng).unwrap();
        let moments = vec![(0.0, 0.0); genome.len()];
        let used = vec![true; network.input().elements()];
        Self { network, seed, length, genome, used, moments }
    }

    /// The seed of a generation's words, kept apart from all others by a name of eight letters.
    pub(crate) fn words(&self, name: &[u8; 8], generation: u32) -> u64 {
        derive(derive(self.seed, u64::from_be_bytes(*name)), u64::from(generation))
    }

    pub(crate) fn relu(stage: &Stage, x: f32) -> f32 {
        if stage.layer.activation() == Activation::Relu && x <= 0.0 { 0.0 } else { x }
    }

    /// The rows of a layer's weights, the bias last.
    pub(crate) fn rows(&self, stage: &Stage) -> Vec<&[f32]> {
        self.genome[stage.kernel_start..stage.end].chunks(stage.output.elements()).collect()
    }

    /// The parent on one sample, without projections.
    pub(crate) fn look(&self, input: &[f32], label: u8, roulette: f32, word: u64) -> Seen {
        let (mut inputs, mut sums) = (vec![input.to_vec()], Vec::new());
        for stage in self.network.stages() {
            let (rows, now) = (self.rows(stage), inputs.last().unwrap());
            let units = 0..stage.output.elements();
            let own: Vec<f32> = units.map(|unit| weighted_sum(now, &rows, unit)).collect();
            inputs.push(own.iter().map(|&x| Self::relu(stage, x)).collect());
            sums.push(own);
        }
        let logits = sums.pop().unwrap();
        let largest = logits.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
        let powers: Vec<f32> = logits.iter().map(|x| exp(x - largest)).collect();
        let sum = powers.iter().fold(0.0, |sum, x| sum + x);
        let label = usize::from(label);
        let wrong = powers.iter().enumerate().filter(|(class, _)| *class != label);
        let rest = wrong.fold(0.0, |sum, (_, x)| sum + x) * (1.0 / sum);
        let (mut weight, mut limit) = (1_u64, roulette);
        while rest < limit && weight < 256 {
            weight *= 4;
            limit *= 0.25;
        }
        let weight = if word.is_multiple_of(weight) { weight as f32 } else { 0.0 };
        let probabilities = powers.iter().map(|x| x * (1.0 / sum)).collect();
        Seen { label, inputs, sums, probabilities, weight, projections: Vec::new() }
    }

    /// Whether a weight never moves.
    pub(crate) fn stays(&self, place: usize) -> bool {
        let units = self.network.stages()[0].output.elements();
        self.used.get(place / units) == Some(&false)
    }

    /// Adam's step.
    pub(crate) fn adam(&mut self, generation: u32, rates: [Schedule; 2], steps: &[f32]) {
        let [rate, decay] = rates.map(|it| it.at(generation - 1, self.length));
        let correction = |beta: f32| 1.0 / (1.0 - exp(ln(beta) * generation as f32));
        for (place, step) in steps.iter().enumerate() {
            if self.stays(place) {
                continue;
            }
            let (weight, (first, second)) = (&mut self.genome[place], &mut self.moments[place]);
            *first = 0.9 * *first + (1.0 - 0.9) * step;
            *second = 0.999 * *second + (1.0 - 0.999) * (step * step);
            let root = reciprocal_sqrt(*second * correction(0.999) + 1e-16);
            *weight = *weight * (1.0 - rate * decay) + rate * ((*first * correction(0.9)) * root);
        }
    }
}

/// Directions of an input: signs, blurred where it is an image.
pub(crate) fn directions(shape: Shape, radius: usize, count: usize, seed: u64) -> Directions {
    let inputs = shape.elements();
    let radius = if shape.height < 2 || shape.width < 2 { 0 } else { radius as isize };
    let binomial = [
        vec![1.0],
        vec![1.0, 2.0, 1.0],
        vec![1.0, 4.0, 6.0, 4.0, 1.0],
        vec![1.0, 6.0, 15.0, 20.0, 15.0, 6.0, 1.0],
        vec![1.0, 8.0, 28.0, 56.0, 70.0, 56.0, 28.0, 8.0, 1.0],
    ];
    let kernel: &[f32] = &binomial[radius as usize];
    let deviation: f32 = kernel.iter().map(|c| c * c).sum();
    let sign = |input: usize, k: usize| 1.0 - 2.0 * (derive(seed, input as u64) >> k & 1) as f32;
    let mut rows = vec![vec![0.0; count]; inputs];
    let (height, width, channels) =
        (shape.height as isize, shape.width as isize, shape.channels as isize);
    for (input, row) in rows.iter_mut().enumerate() {
        let (pixel, channel) = (input as isize / channels, input as isize % channels);
        for (k, entry) in row.iter_mut().enumerate() {
            // Whole numbers: exact in any order.
            for (dy, a) in (-radius..).zip(kernel) {
                for (dx, b) in (-radius..).zip(kernel) {
                    let (y, x) = (pixel / width + dy, pixel % width + dx);
                    if (0..height).contains(&y) && (0..width).contains(&x) {
                        *entry += a * b * sign(((y * width + x) * channels + channel) as usize, k);
                    }
                }
            }
        }
    }
    let ones = |k: usize| derive(seed, (inputs + k) as u64).count_ones() as f32;
    rows.push((0..count).map(|k| (ones(k) - 32.0) * (0.25 * deviation)).collect());
    Directions { rows, deviation }
}
