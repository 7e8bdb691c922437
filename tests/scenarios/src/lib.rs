//! Scenarios that every target runs, each with a hash as its result: equal hashes are equal bits.
//!
//! `no_std` and without allocation; each says in which RAM it fits, stack included.
#![no_std]
#![forbid(unsafe_code)]

mod adaptation;
mod algorithms;
mod formatted;
mod from_nothing;

pub use adaptation::{Adapted, adapt};
pub use from_nothing::{Evolved, PIXELS, SEEN, Source, UNSEEN, from_nothing};

use tinyevo_core::error::LengthError;
use tinyevo_core::evolution::{Algorithm, EaSimple, Memory, Task};
use tinyevo_core::fitness::{self, Measure, Score};
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Objective, Samples};
use tinyevo_core::operators::{Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::order::Direction;
use tinyevo_core::packed::Packed;
use tinyevo_core::population::Rows;
use tinyevo_core::quantized::Model;
use tinyevo_core::rng::{self, Purpose, stream};
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;
use tinyevo_core::spread::InOrder;
use tinyevo_core::{inference, math};

/// A scenario without input, by the name of its hash; it gives `None` only where memory is too short.
pub type Scenario = (&'static str, fn() -> Option<u64>);

/// What fits the 16 KiB of a micro:bit. Each has a line for each back end in `golden.txt`.
pub const SCENARIOS: [Scenario; 2] = [("evolution", evolution), ("math", || Some(math()))];

/// The algorithms that need more, up to 32 KiB, stack included; with their lines in `golden.txt`.
pub const ALGORITHMS: [Scenario; 8] = [
    ("neuron_es", algorithms::neuron_es),
    ("neuron_ga", algorithms::neuron_ga),
    ("filter_es", algorithms::filter_es),
    ("filter_ga", algorithms::filter_ga),
    ("packed_es", algorithms::packed_es),
    ("low_rank_es", algorithms::low_rank_es),
    ("low_rank_maps", algorithms::low_rank_maps),
    ("ga", algorithms::ga),
];

const SEED: u64 = 64;
const FEATURES: usize = 8;
const SAMPLES: usize = 20;
const POPULATION: usize = 10;
const GENES: usize = FEATURES * 6 + 6 + 6 * 3 + 3;
/// A genome, its fitness, its accuracy, its scale.
const ROW: usize = GENES + 3;

/// Twenty generations of a small network, in which every operator has its turn; hashes each
/// population, its fitness and the logits of its best individual. `None` never.
#[must_use]
#[inline(never)]
pub fn evolution() -> Option<u64> {
    let layers = [
        Layer::Dense(Dense { units: 6, activation: Activation::Relu }),
        Layer::Dense(Dense { units: 3, activation: Activation::Softmax }),
    ];
    let network = Network::new(Shape::flat(FEATURES), &layers).ok()?;
    let (samples, labels) = task();
    let (mut state, mut spare) = ([0.0; POPULATION * ROW], [0.0; POPULATION * ROW]);
    let (mut shared, mut picks) = ([0.0; POPULATION], [0; POPULATION]);
    let mut scores = [Score::default(); POPULATION];
    let mut memory = Memory {
        state: &mut state[..],
        spare: &mut spare[..],
        shared: &mut shared[..],
        picks: &mut picks[..],
        scores: &mut scores[..],
    };
    let rows = Rows::new(GENES);
    let (mut hash, mut room) = (Fnv1a::new(), [0.0; 9]);
    let measure = Measure::CrossEntropy;
    let first = Samples { network: &network, samples: &samples, labels: &labels, measure };
    start(first, &mut memory, &mut room)?;
    // Before the first generation there is nothing to select from: everyone is an elite, and scored.
    let mut before = (Measure::CrossEntropy, EaSimple { elites: POPULATION, ..recipe(0).1 });
    for generation in 0..=20 {
        let now = recipe(generation);
        let objective =
            Changing { samples: Samples { measure: now.0, ..first }, before: before.0.direction() };
        // The number 0 would draw: the streams of the first generation that is bred are those of 1.
        let task = Task {
            network: &network,
            objective: &objective,
            seed: SEED,
            generation: generation.max(1),
            length: 0,
            rescore: true,
            start: None,
        };
        before.1.generation(&task, &mut memory, &mut InOrder::<1>(&mut room)).ok()?;
        for individual in 0..POPULATION {
            hash.floats(rows.genome(memory.state, individual)?);
        }
        let fitness = memory.shared.first_chunk::<POPULATION>()?;
        hash.floats(fitness);
        let mut best = [0];
        tinyevo_core::operators::best(fitness, now.0.direction(), &mut best);
        let genome = rows.genome(memory.state, best[0])?;
        let sample = samples.first_chunk::<FEATURES>()?;
        hash.floats(inference::probabilities(&network, genome, sample, &mut room).ok()?);
        before = now;
    }
    Some(hash.finish())
}

/// Random samples and labels.
fn task() -> ([f32; SAMPLES * FEATURES], [u8; SAMPLES]) {
    let (mut samples, mut labels) = ([0.0; SAMPLES * FEATURES], [0; SAMPLES]);
    let mut rng = stream(SEED, 0, 0, Purpose::Show);
    for sample in &mut samples {
        *sample = rng::unit(&mut rng);
    }
    for label in &mut labels {
        *label = rng::index(&mut rng, 3) as u8;
    }
    (samples, labels)
}

/// The memory of the scenario.
type Slices<'a> = Memory<&'a mut [f32], &'a mut [usize], &'a mut [Score]>;

/// The first genomes: every way to draw them has its turn.
fn start(samples: Samples<'_, f32>, memory: &mut Slices<'_>, room: &mut [f32]) -> Option<()> {
    // They are only drawn here: to score them on no sample takes no time.
    let samples = Samples { samples: &[], labels: &[], ..samples };
    let objective = Changing { samples, before: Direction::Minimise };
    let rows = Rows::new(GENES);
    let starts = [
        Initialisation::He,
        Initialisation::Glorot,
        Initialisation::Uniform { low: -1.0, high: 1.0 },
    ];
    for (kind, initialisation) in starts.into_iter().enumerate() {
        let algorithm = EaSimple { initialisation, ..recipe(0).1 };
        let (network, objective) = (samples.network, &objective);
        let task = Task {
            network,
            objective,
            seed: SEED,
            generation: 0,
            length: 0,
            rescore: false,
            start: None,
        };
        algorithm.generation(&task, memory, &mut InOrder::<1>(room)).ok()?;
        for individual in (kind..POPULATION).step_by(starts.len()) {
            let from = rows.genome(memory.state, individual)?;
            let to = rows.genome_mut(memory.spare, individual)?;
            for (to, gene) in to.iter_mut().zip(from) {
                *to = *gene;
            }
            // Equal ranks: the elites that are only scored keep their order.
            rows.set_score(memory.spare, individual, 0.0, 0.0);
            rows.set_scale(memory.spare, individual, 1.0);
        }
    }
    core::mem::swap(&mut memory.state, &mut memory.spare);
    Some(())
}

/// An objective that is another one in each generation: parents are ranked by that of the one before.
struct Changing<'a> {
    samples: Samples<'a, f32>,
    before: Direction,
}

impl Objective for Changing<'_> {
    fn direction(&self) -> Direction {
        self.before
    }

    fn value(&self, score: &Score) -> f32 {
        self.samples.value(score)
    }

    fn room(&self) -> usize {
        self.samples.room()
    }

    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        _part: usize,
        room: &mut [f32],
        _held: bool,
    ) -> Result<Score, LengthError> {
        // With the loss, whatever the measure: each is to be the same everywhere.
        let Samples { network, samples, labels, .. } = self.samples;
        fitness::evaluate(network, genome, samples, labels, room, true)
    }
}

/// What is optimised in a generation, and how the next one is made.
fn recipe(generation: u32) -> (Measure, EaSimple) {
    let crossover = match generation % 5 {
        0 => Crossover::Mean,
        1 => Crossover::Blend { alpha: 0.5 },
        2 => Crossover::Uniform { probability: 0.5 },
        3 => Crossover::OnePoint,
        _ => Crossover::TwoPoint,
    };
    let selection = match generation % 3 {
        0 => Selection::Tournament { size: 3 },
        1 => Selection::Truncation { best: 4 },
        _ => Selection::Random,
    };
    let mutation = match generation % 4 {
        3 => Mutation::UniformReset { probability: 0.1, low: -1.0, high: 1.0 },
        _ => Mutation::Gaussian { probability: 0.25, sigma: 0.1 },
    };
    let measure = match generation % 7 {
        5 => Measure::Accuracy,
        6 => Measure::ReciprocalAccuracy,
        _ => Measure::CrossEntropy,
    };
    let algorithm = EaSimple {
        population: POPULATION,
        elites: (generation % 2) as usize,
        initialisation: Initialisation::He,
        selection,
        crossover,
        crossover_probability: 0.6,
        mutation,
        mutation_probability: 0.5,
        mutation_scale: Schedule::ONE,
        self_adaptation: 0.0,
    };
    (measure, algorithm)
}

/// `exp`, `ln` and `sqrt` of bit patterns from all over the range, and draws.
#[must_use]
pub fn math() -> u64 {
    let mut hash = Fnv1a::new();
    let mut add = |x: f32| {
        // The bits of a NaN differ between CPUs.
        hash.floats(&[if x.is_nan() { f32::from_bits(0x7fc0_0000) } else { x }]);
    };
    for step in 0..4096_u32 {
        let x = f32::from_bits(step.wrapping_mul(1_048_583));
        add(math::exp(x));
        add(math::ln(x));
        add(math::sqrt(x));
        // Where `exp` is neither 0 nor infinite.
        add(math::exp(step as f32 / 24.0 - 85.0));
    }
    let mut rng = stream(SEED, 1, 0, Purpose::Show);
    for _ in 0..4096 {
        add(rng::normal(&mut rng));
        add(rng::uniform(&mut rng, -1.0, 1.0));
    }
    hash.finish()
}

/// Hashes of the logits of many images, and how many were classified: fed image by image, so that one
/// image is in memory at a time.
#[derive(Debug)]
pub struct Classified {
    hash: Fnv1a,
    classes: Fnv1a,
    images: u32,
}

impl Classified {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { hash: Fnv1a::new(), classes: Fnv1a::new(), images: 0 }
    }

    /// Classifies an image with integers.
    pub fn integers(
        &mut self,
        model: &Model<'_>,
        image: &[u8],
        sums: &mut [i32],
        activations: &mut [u8],
    ) -> Option<usize> {
        for logit in model.logits(image, sums, activations).ok()? {
            self.hash.bytes(&logit.to_le_bytes());
        }
        let class = model.classify(image, sums, activations).ok()?;
        self.count(class)
    }

    /// Classifies an image with packed integers.
    pub fn packed(
        &mut self,
        network: &Packed<'_>,
        image: &[u8],
        sums: &mut [i32],
        activations: &mut [u8],
    ) -> Option<usize> {
        for logit in network.logits(image, sums, activations).ok()? {
            self.hash.bytes(&logit.to_le_bytes());
        }
        let class = network.classify(image, sums, activations).ok()?;
        self.count(class)
    }

    /// Classifies an image with floats.
    pub fn floats(
        &mut self,
        network: &Network,
        genome: &[f32],
        image: &[u8],
        scratch: &mut [f32],
    ) -> Option<usize> {
        let logits = inference::logits(network, genome, image, scratch).ok()?;
        self.hash.floats(logits);
        let class = inference::argmax(logits);
        self.count(class)
    }

    fn count(&mut self, class: usize) -> Option<usize> {
        self.classes.bytes(&[class as u8]);
        self.images = self.images.saturating_add(1);
        Some(class)
    }

    /// Hash of all logits, hash of the classes, number of images.
    #[must_use]
    pub fn finish(&self) -> (u64, u64, u32) {
        (self.hash.finish(), self.classes.finish(), self.images)
    }
}

impl Default for Classified {
    fn default() -> Self {
        Self::new()
    }
}
