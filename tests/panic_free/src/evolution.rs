//! Calls whole generations, with every operator and objective, and what keeps them: hall of fame,
//! statistics, checkpoint.

use crate::slice;
use core::hint::black_box;
use tinyevo_core::batch::{self, Blocks, Entry, List, SparseSamples};
use tinyevo_core::checkpoint::{self, Checkpoint, Header};
use tinyevo_core::evolution::{
    Algorithm, EaSimple, LowRankEs, Memory, NeuronEs, NeuronGa, Shaping, Task,
};
use tinyevo_core::fitness::{Measure, Score};
use tinyevo_core::hall_of_fame::HallOfFame;
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::network::Network;
use tinyevo_core::objective::{self, Batch, Function, Objective, Samples};
use tinyevo_core::operators::{self, Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::order::Direction;
use tinyevo_core::population::Rows;
use tinyevo_core::sampler::Sampler;
use tinyevo_core::schedule::Schedule;
use tinyevo_core::spread::InOrder;
use tinyevo_core::statistics::Statistics;

const POPULATION: usize = 4;

/// All of it; `None` where a length does not fit. Leaves a population in `state`.
pub fn all(network: &Network, state: &mut [f32], hash: &mut Fnv1a) -> Option<()> {
    let (mut samples, mut labels) = ([0_u8, 255, 3, 9, 1, 2, 3, 4], [1_u8, 2]);
    let (samples, labels) = (slice(&mut samples), slice(&mut labels));
    let measure = black_box(Measure::CrossEntropy);
    let plain = Samples { network, samples: &*samples, labels, measure };
    generations(network, &plain, state, hash)?;
    neurons::<_, 1>(network, &plain, hash)?;
    low_rank::<_, 1>(network, &plain, hash)?;
    low_rank::<_, 4>(network, &plain, hash)?;
    let function = Function::new(black_box(Direction::Maximise), |genome: &[f32]| {
        genome.iter().fold(0.0, |sum, gene| sum + *gene)
    });
    generations(network, &function, state, hash)?;
    let (mut lists, mut entries) = ([List::default(); 2], [Entry::default(); 8]);
    let (mut starts, features) = ([0; 2], black_box(4));
    let (own_lists, own_entries) = (slice(&mut lists), slice(&mut entries));
    let own_starts = slice(&mut starts);
    batch::encode(samples, features, own_starts, own_lists, own_entries).ok()?;
    let encoded = SparseSamples::new(features, own_starts, &lists, &entries, labels).ok()?;
    let blocks = Blocks { network, samples: encoded, measure, loss: black_box(true) };
    generations(network, &blocks, state, hash)?;
    neurons::<_, 1>(network, &blocks, hash)?;
    neurons::<_, 4>(network, &blocks, hash)?;
    drawn(hash)?;
    best(state, hash)?;
    kept(state, hash)
}

/// A start, and a generation with each kind of operator.
#[inline(never)]
fn generations<O: Objective>(
    network: &Network,
    objective: &O,
    state: &mut [f32],
    hash: &mut Fnv1a,
) -> Option<()> {
    let selections =
        [Selection::Tournament { size: 3 }, Selection::Truncation { best: 2 }, Selection::Random];
    let crossovers = [
        Crossover::Mean,
        Crossover::Blend { alpha: 0.5 },
        Crossover::Uniform { probability: 0.5 },
        Crossover::Neurons { probability: 0.5 },
        Crossover::OnePoint,
        Crossover::TwoPoint,
    ];
    let mutations = [
        Mutation::Gaussian { probability: 0.5, sigma: 0.1 },
        Mutation::UniformReset { probability: 0.5, low: -1.0, high: 1.0 },
        Mutation::Neurons { probability: 0.5, sigma: 0.1, blur: 1 },
    ];
    let starts = [
        Initialisation::Uniform { low: -1.0, high: 1.0 },
        Initialisation::He,
        Initialisation::Glorot,
    ];
    let (mut spare, mut shared, mut room) = ([0.0; 256], [0.0; POPULATION], [0.0; 9000]);
    let (mut picks, mut scores) = ([0; POPULATION], [Score::default(); POPULATION]);
    for generation in 0..black_box(30_u32) {
        let place = generation as usize;
        let algorithm = EaSimple {
            population: black_box(POPULATION),
            elites: black_box(1),
            initialisation: *starts.get(place % 3)?,
            selection: *selections.get(place % 3)?,
            crossover: *crossovers.get(place % 6)?,
            crossover_probability: black_box(0.5),
            mutation: *mutations.get(place % 3)?,
            mutation_probability: black_box(0.5),
            mutation_scale: black_box(Schedule::Geometric { from: 1.0, to: 0.5 }),
            self_adaptation: black_box(0.1),
        };
        let (seed, length, rescore, start) = black_box((1, 9, false, None));
        let task = Task { network, objective, seed, generation, length, rescore, start };
        black_box(Algorithm::<O>::check(&algorithm).ok()?);
        black_box(algorithm.lengths(network, objective));
        let mut memory = Memory {
            state: slice(state),
            spare: slice(&mut spare),
            shared: slice(&mut shared),
            picks: slice(&mut picks),
            scores: slice(&mut scores),
        };
        let mut spread = InOrder::<1>(slice(&mut room));
        let outcome = algorithm.generation(&task, &mut memory, &mut spread).ok()?;
        let again = algorithm.outcome(&task, memory.state, memory.shared).ok()?;
        hash.floats(&[outcome.best, outcome.accuracy, again.best]);
    }
    Some(())
}

/// Generations of the algorithms that move one parent.
#[inline(never)]
fn neurons<B: Batch, const WIDTH: usize>(
    network: &Network,
    objective: &B,
    hash: &mut Fnv1a,
) -> Option<()> {
    let shapings = [Shaping::Normalised, Shaping::Ranks, Shaping::Signs];
    for generation in 0..black_box(6_u32) {
        let es = NeuronEs {
            directions: black_box(16),
            initialisation: Initialisation::He,
            sigma: black_box(0.1),
            output_sigma: black_box(0.1),
            blur: black_box(1),
            shaping: *shapings.get(generation as usize % 3)?,
            ridge: black_box(0.1),
            learning_rate: black_box(Schedule::Linear { from: 0.1, to: 0.0 }),
            decay: black_box(Schedule::Geometric { from: 0.1, to: 0.2 }),
            roulette: black_box(0.5),
        };
        let ga = NeuronGa {
            directions: black_box(16),
            initialisation: Initialisation::He,
            sigma: black_box(0.1),
            output_sigma: black_box(0.1),
            mutation_scale: black_box(Schedule::Linear { from: 1.0, to: 0.1 }),
            blur: black_box(1),
            decay: black_box(Schedule::Geometric { from: 0.1, to: 0.2 }),
            roulette: black_box(0.5),
        };
        black_box((es.in_range().ok()?, ga.in_range().ok()?));
        let (seed, length, rescore, start) = black_box((1, 9, true, None));
        let task = Task { network, objective, seed, generation, length, rescore, start };
        generation_of::<_, _, WIDTH>(&es, &task, hash)?;
        generation_of::<_, _, WIDTH>(&ga, &task, hash)?;
    }
    Some(())
}

/// Generations of the low-rank strategy.
#[inline(never)]
pub fn low_rank<O: Batch + objective::Rows, const WIDTH: usize>(
    network: &Network,
    objective: &O,
    hash: &mut Fnv1a,
) -> Option<()> {
    let shapings = [Shaping::Normalised, Shaping::Ranks, Shaping::Signs];
    for generation in 0..black_box(6_u32) {
        let low_rank = LowRankEs {
            pairs: black_box(16),
            rank: black_box(2),
            images: black_box(16),
            initialisation: Initialisation::He,
            sigma: black_box(0.1),
            blur: black_box(1),
            shaping: *shapings.get(generation as usize % 3)?,
            learning_rate: black_box(Schedule::Linear { from: 0.1, to: 0.0 }),
            decay: black_box(Schedule::Constant { value: 0.1 }),
            roulette: black_box(0.5),
        };
        black_box(low_rank.in_range().ok()?);
        let (seed, length, rescore, start) = black_box((1, 9, true, None));
        let task = Task { network, objective, seed, generation, length, rescore, start };
        generation_of::<_, _, WIDTH>(&low_rank, &task, hash)?;
    }
    Some(())
}

/// One generation of an algorithm.
#[inline(always)]
fn generation_of<A: Algorithm<B>, B: Batch, const WIDTH: usize>(
    algorithm: &A,
    task: &Task<'_, B>,
    hash: &mut Fnv1a,
) -> Option<()> {
    let (mut floats, mut shared, mut room) = ([0.0; 512], [0.0; 60_000], [0.0; 9000]);
    let (mut picks, mut scores, mut none) = ([0; 8], [Score::default(); 0], [0.0; 0]);
    black_box(algorithm.check().ok()?);
    black_box(algorithm.lengths(task.network, task.objective));
    let mut memory = Memory {
        state: slice(&mut floats),
        spare: slice(&mut none),
        shared: slice(&mut shared),
        picks: slice(&mut picks),
        scores: slice(&mut scores),
    };
    let mut spread = InOrder::<WIDTH>(slice(&mut room));
    let outcome = algorithm.generation(task, &mut memory, &mut spread).ok()?;
    let again = algorithm.outcome(task, memory.state, memory.shared).ok()?;
    hash.floats(&[outcome.best, outcome.accuracy, again.best]);
    algorithm.hash(task.network, memory.state, hash);
    Some(())
}

/// The draws of a batch, and its encoding.
fn drawn(hash: &mut Fnv1a) -> Option<()> {
    let size = black_box(Schedule::Constant { value: 3.0 });
    let sampler = Sampler { size, shift: black_box(1) };
    black_box((size.ends(), size.at(black_box(1), black_box(2))));
    black_box((size.is_constant(), size.is_one(), size.quotient()));
    let mutation = Mutation::Gaussian { probability: black_box(0.5), sigma: black_box(0.1) };
    black_box(mutation.scaled(black_box(0.5)));
    sampler.check().ok()?;
    black_box((sampler.largest(), sampler.size(black_box(1), black_box(2))));
    let place = sampler.draw(black_box(1), black_box(2), black_box(9)).place(black_box(3));
    hash.bytes(&[place.sample as u8, place.shift.0 as u8]);
    let (mut lists, mut entries) = ([List::default(); 2], [Entry::default(); 8]);
    let mut pixels = [0_u8, 255, 3, 9, 1, 2, 3, 4];
    let (lists, entries) = (slice(&mut lists), slice(&mut entries));
    let used = batch::encode_pixels(slice(&mut pixels), black_box(4), lists, entries).ok()?;
    black_box((used, SparseSamples::none(black_box(4))));
    Some(())
}

/// Ranking, hall of fame, statistics.
fn best(state: &mut [f32], hash: &mut Fnv1a) -> Option<()> {
    let rows = Rows::new(black_box(51));
    let mut fitness = [0.1, 0.2, f32::NAN, 0.4];
    let mut order = [0; 3];
    let direction = black_box(Direction::Minimise);
    operators::best(slice(&mut fitness), direction, slice(&mut order));
    hash.bytes(&[order.first().copied()? as u8]);
    rows.set_scale(state, black_box(1), rows.scale(state, black_box(0)));
    black_box((rows.genes(), rows.stride(), rows.length(black_box(usize::MAX))));
    rows.set_score(state, black_box(1), 0.5, 0.5);
    rows.set_unscored(state, black_box(2));
    black_box((rows.is_scored(state, black_box(3)), rows.score(state, black_box(9))));
    rows.genome_mut(state, black_box(0))?.fill(0.5);
    let mut hall = HallOfFame::<2>::new(black_box(51), direction);
    let mut store = [0.0; 102];
    black_box(hall.update(rows, slice(state), slice(&mut store)).ok()?);
    let genome = rows.genome(state, black_box(0))?;
    black_box(hall.offer(genome, black_box(0.5), slice(&mut store)).ok()?);
    hash.floats(hall.genome(black_box(1), &store)?);
    hash.floats(&[hall.fitness(black_box(0))?]);
    let statistics = Statistics::of(slice(&mut fitness));
    hash.floats(&[statistics.avg as f32, statistics.std as f32]);
    Some(())
}

/// A checkpoint, written and read.
fn kept(state: &mut [f32], hash: &mut Fnv1a) -> Option<()> {
    let header = Header { run: black_box(1), generation: 2, evaluations: 3, milliseconds: 4 };
    let mut bytes = [0; 256];
    let mut free = slice(&mut bytes);
    let parts = [state.get(..black_box(20))?, state.get(..black_box(3))?];
    checkpoint::write(&header, &parts, |piece: &[u8]| {
        let all = core::mem::take(&mut free);
        let (own, rest) = all.split_at_mut_checked(piece.len()).ok_or(())?;
        for (to, byte) in own.iter_mut().zip(piece) {
            *to = *byte;
        }
        free = rest;
        Ok::<(), ()>(())
    })
    .ok()?;
    let length = checkpoint::length(black_box(23));
    let found = Checkpoint::new(slice(&mut bytes).get(..length)?).ok()?;
    black_box((found.header(), found.len(), found.is_empty()));
    let (mut a, mut b) = ([0.0; 20], [0.0; 3]);
    found.read(&mut [slice(&mut a), slice(&mut b)]).ok()?;
    hash.floats(&a);
    Some(())
}
