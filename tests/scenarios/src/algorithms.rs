//! A few generations of each algorithm that a preset runs, on batches that change. Floats, indices, scores and
//! stack together take less than 24 KB, those on networks with convolutions less than 32.

use crate::formatted::Formatted;
use tinyevo_core::deploy::{Format, Formats};
use tinyevo_core::evolution::{
    Algorithm, EaSimple, FilterEs, FilterGa, LowRankEs, Memory, NeuronEs, NeuronGa, Shaping, Task,
};
use tinyevo_core::fitness::{Measure, Score};
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::layers::{
    Activation, Conv2d, Dense, Extent, Flatten, Layer, MaxPool2d, Padding, Window,
};
use tinyevo_core::network::Network;
use tinyevo_core::objective::Samples;
use tinyevo_core::operators::{Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::rng::{self, Purpose, stream};
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;
use tinyevo_core::spread::InOrder;

const SEED: u64 = 64;
const IMAGE: Shape = Shape { height: 4, width: 3, channels: 1 };
const PIXELS: usize = 12;
const CLASSES: usize = 3;
/// Samples of a generation, and of all generations.
const BATCH: usize = 4;
const SAMPLES: usize = 3 * BATCH;
const GENERATIONS: u32 = 8;
/// Floats of the state, what is shared and the working memory together: 13 KB, and 16 for the low-rank strategy.
const FLOATS: usize = 3_264;
const LOW_RANK_FLOATS: usize = 4_082;
const FILTER_FLOATS: usize = 2_850;
const MAPS_FLOATS: usize = 3_682;
/// Individuals of a population, which are more than samples of a batch: so many indices and scores have room.
const POPULATION: usize = 7;
/// Hidden units of a run with one hidden layer, and of one with two.
const HIDDEN: (usize, [usize; 2]) = (9, [5, 6]);
const LOW_RANK_HIDDEN: (usize, [usize; 2]) = (7, [3, 3]);

/// The neuron-wise evolution strategy.
#[inline(never)]
pub(crate) fn neuron_es() -> Option<u64> {
    let algorithm = NeuronEs {
        directions: 16,
        initialisation: Initialisation::He,
        sigma: 0.03,
        output_sigma: 0.05,
        blur: 1,
        shaping: Shaping::Normalised,
        ridge: 0.03,
        learning_rate: Schedule::Linear { from: 0.006, to: 0.0 },
        decay: Schedule::Constant { value: 0.1 },
        roulette: 0.9,
    };
    every_depth::<_, FLOATS>(&algorithm, HIDDEN)
}

/// The neuron-wise genetic algorithm.
#[inline(never)]
pub(crate) fn neuron_ga() -> Option<u64> {
    let algorithm = NeuronGa {
        directions: 16,
        initialisation: Initialisation::He,
        sigma: 0.0025,
        output_sigma: 0.001,
        mutation_scale: Schedule::Linear { from: 1.0, to: 0.001 },
        blur: 1,
        decay: Schedule::Constant { value: 0.1 },
        roulette: 0.9,
    };
    every_depth::<_, FLOATS>(&algorithm, HIDDEN)
}

/// The low-rank evolution strategy, with fewer hidden units: its mutants take more memory.
#[inline(never)]
pub(crate) fn low_rank_es() -> Option<u64> {
    every_depth::<_, LOW_RANK_FLOATS>(&low_rank(1), LOW_RANK_HIDDEN)
}

/// The same on a network with convolutions and pooling.
#[inline(never)]
pub(crate) fn low_rank_maps() -> Option<u64> {
    filters_by::<_, MAPS_FLOATS>(&low_rank(2), &[&[]])
}

/// The low-rank evolution strategy with changes of this rank.
fn low_rank(rank: usize) -> LowRankEs {
    LowRankEs {
        pairs: 16,
        rank,
        images: 0,
        initialisation: Initialisation::He,
        sigma: 0.1,
        blur: 1,
        shaping: Shaping::Ranks,
        learning_rate: Schedule::Linear { from: 0.006, to: 0.0 },
        decay: Schedule::Constant { value: 0.1 },
        roulette: 0.9,
    }
}

/// The filter-wise evolution strategy, on a network with convolutions and pooling.
#[inline(never)]
pub(crate) fn filter_es() -> Option<u64> {
    filters(&[&[]])
}

/// The same on networks of integers, of each format and of all of them.
#[inline(never)]
pub(crate) fn packed_es() -> Option<u64> {
    use Format::{Int4, Int8, Ternary};
    filters(&[&[Int8; 3], &[Int4; 3], &[Ternary; 3], &[Int8, Ternary, Int4]])
}

/// The filter-wise genetic algorithm, on the same network.
#[inline(never)]
pub(crate) fn filter_ga() -> Option<u64> {
    filters_by::<_, FILTER_FLOATS>(
        &FilterGa {
            directions: 2,
            early_directions: 2,
            early_every: 2,
            initialisation: Initialisation::He,
            sigma: 0.1,
            early_sigma: 0.1,
            output_sigma: 0.05,
            mutation_scale: Schedule::Linear { from: 1.0, to: 0.001 },
            decay: Schedule::Constant { value: 0.1 },
            roulette: 0.9,
        },
        &[&[]],
    )
}

/// Runs of the filter-wise strategy, with these formats of the three layers.
#[inline(never)]
fn filters(formats: &[&[Format]]) -> Option<u64> {
    let algorithm = FilterEs {
        directions: 2,
        early_directions: 2,
        early_every: 2,
        initialisation: Initialisation::He,
        sigma: 0.03,
        output_sigma: 0.05,
        learning_rate: Schedule::Linear { from: 0.015, to: 0.0 },
        early_rate: 0.3,
        warmup: 3,
        decay: Schedule::Constant { value: 0.1 },
        roulette: 0.9,
    };
    filters_by::<_, FILTER_FLOATS>(&algorithm, formats)
}

/// Runs of an algorithm on a network with convolutions and pooling, with these formats of the three layers.
fn filters_by<A, const LENGTH: usize>(algorithm: &A, formats: &[&[Format]]) -> Option<u64>
where
    A: for<'a> Algorithm<Formatted<'a>>,
{
    let (relu, valid) = (Activation::Relu, Window::slides(2));
    let tall = Extent { height: 2, width: 1 };
    let same = Window { size: tall, padding: Padding::Same, ..valid };
    let layers = [
        Layer::Conv2d(Conv2d { filters: 2, window: valid, activation: relu }),
        Layer::MaxPool2d(MaxPool2d { window: valid }),
        Layer::Conv2d(Conv2d { filters: 3, window: same, activation: relu }),
        Layer::Flatten(Flatten),
        Layer::Dense(Dense { units: CLASSES, activation: Activation::Softmax }),
    ];
    let mut hash = Fnv1a::new();
    for formats in formats {
        evolve::<_, LENGTH>(algorithm, (&layers, formats), &mut hash)?;
    }
    Some(hash.finish())
}

/// `eaSimple` as in the preset `ga`, with self-adaptation, and an elite that is scored anew on each batch.
#[inline(never)]
pub(crate) fn ga() -> Option<u64> {
    let algorithm = EaSimple {
        population: POPULATION,
        elites: 1,
        initialisation: Initialisation::He,
        selection: Selection::Tournament { size: 5 },
        crossover: Crossover::Neurons { probability: 0.5 },
        crossover_probability: 0.9,
        mutation: Mutation::Neurons { probability: 0.25, sigma: 0.1, blur: 1 },
        mutation_probability: 0.3,
        mutation_scale: Schedule::Linear { from: 1.0, to: 0.15 },
        self_adaptation: 0.1,
    };
    every_depth::<_, FLOATS>(&algorithm, HIDDEN)
}

/// The hash of a run with one hidden layer and of one with two.
fn every_depth<A, const LENGTH: usize>(
    algorithm: &A,
    (one, two): (usize, [usize; 2]),
) -> Option<u64>
where
    A: for<'a> Algorithm<Formatted<'a>>,
{
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let (relu, softmax) = (Activation::Relu, Activation::Softmax);
    let mut hash = Fnv1a::new();
    let layers = [dense(one, relu), dense(CLASSES, softmax)];
    evolve::<A, LENGTH>(algorithm, (&layers, &[]), &mut hash)?;
    let [first, second] = two.map(|units| dense(units, relu));
    let layers = [first, second, dense(CLASSES, softmax)];
    evolve::<A, LENGTH>(algorithm, (&layers, &[]), &mut hash)?;
    Some(hash.finish())
}

/// Evolves on a batch that is another one in each generation; hashes the state, the loss and the accuracy.
fn evolve<A, const LENGTH: usize>(
    algorithm: &A,
    (layers, formats): (&[Layer], &[Format]),
    hash: &mut Fnv1a,
) -> Option<()>
where
    A: for<'a> Algorithm<Formatted<'a>>,
{
    let network = Network::new(IMAGE, layers).ok()?;
    let formats =
        if formats.is_empty() { None } else { Some(Formats::new(&network, formats).ok()?) };
    let (pixels, labels) = samples();
    let measure = Measure::CrossEntropy;
    let batch = |generation: u32| {
        let first = generation as usize % (SAMPLES / BATCH) * BATCH;
        let samples = pixels.get(first * PIXELS..(first + BATCH) * PIXELS)?;
        let labels = labels.get(first..first + BATCH)?;
        let samples = Samples { network: &network, samples, labels, measure };
        Some(Formatted { samples, formats: formats.as_ref() })
    };
    let lengths = algorithm.lengths(&network, &batch(0)?);
    let mut floats = [0.0; LENGTH];
    let (mut picks, mut scores) = ([0; POPULATION], [Score::default(); POPULATION]);
    let (state, rest) = floats.split_at_mut_checked(lengths.state)?;
    let (spare, rest) = rest.split_at_mut_checked(lengths.spare)?;
    let (shared, rest) = rest.split_at_mut_checked(lengths.shared)?;
    let room = rest.get_mut(..lengths.part)?;
    let (picks, scores) = (&mut picks[..], &mut scores[..]);
    let mut memory = Memory { state, spare, shared, picks, scores };
    for generation in 0..GENERATIONS {
        let objective = &batch(generation)?;
        let (network, seed, length) = (&network, SEED, GENERATIONS);
        let task =
            Task { network, objective, seed, generation, length, rescore: true, start: None };
        let outcome = algorithm.generation(&task, &mut memory, &mut InOrder::<1>(room)).ok()?;
        algorithm.hash(network, memory.state, hash);
        hash.floats(&[outcome.best, outcome.accuracy]);
    }
    Some(())
}

/// Pixels, half of them 0, and labels.
fn samples() -> ([u8; SAMPLES * PIXELS], [u8; SAMPLES]) {
    let (mut pixels, mut labels) = ([0; SAMPLES * PIXELS], [0; SAMPLES]);
    let mut rng = stream(SEED, 2, 0, Purpose::Show);
    for label in &mut labels {
        *label = rng::index(&mut rng, CLASSES) as u8;
    }
    for pixel in &mut pixels {
        *pixel = (rng::index(&mut rng, 512) as u8).saturating_mul(rng::index(&mut rng, 2) as u8);
    }
    (pixels, labels)
}
