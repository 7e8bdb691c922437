//! Generation 0 of a run that begins with a genome that there is already.

use tinyevo_core::error::LengthError;
use tinyevo_core::evolution::{
    Algorithm, EaSimple, EvolutionError, Memory, NeuronEs, NeuronGa, Outcome, Task,
};
use tinyevo_core::fitness::{Measure, Score, evaluate};
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Batch, Samples};
use tinyevo_core::operators::{Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::population;
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;
use tinyevo_core::spread::InOrder;

const PIXELS: [u8; 24] =
    [9, 0, 200, 0, 0, 7, 30, 90, 255, 1, 0, 0, 0, 60, 2, 8, 50, 250, 0, 0, 66, 10, 0, 12];
const LABELS: [u8; 6] = [0, 1, 2, 0, 1, 2];
const SEED: u64 = 5;

fn network() -> Network {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let layers = [dense(5, Activation::Relu), dense(3, Activation::Softmax)];
    Network::new(Shape::flat(4), &layers).unwrap()
}

/// A genome that no initialisation draws.
fn start(network: &Network) -> Vec<f32> {
    (0..network.parameters()).map(|index| (index * 7 % 11) as f32 / 8.0 - 0.6).collect()
}

/// Generation 0 and the one after it: the state and the outcome of each.
fn generations<O, A: Algorithm<O>>(
    algorithm: &A,
    network: &Network,
    objective: &O,
    start: Option<&[f32]>,
) -> Result<[(Vec<f32>, Outcome); 2], EvolutionError> {
    let lengths = algorithm.lengths(network, objective);
    let mut memory = Memory {
        state: vec![f32::NAN; lengths.state],
        spare: vec![f32::NAN; lengths.spare],
        shared: vec![f32::NAN; lengths.shared],
        picks: vec![usize::MAX; lengths.picks],
        scores: vec![Score::default(); lengths.scores],
    };
    let mut room = vec![f32::NAN; lengths.part];
    let mut made = |generation| -> Result<(Vec<f32>, Outcome), EvolutionError> {
        let (seed, length, rescore) = (SEED, 2, true);
        let task = Task { network, objective, seed, generation, length, rescore, start };
        let outcome = algorithm.generation(&task, &mut memory, &mut InOrder::<1>(&mut room))?;
        Ok((memory.state.clone(), outcome))
    };
    Ok([made(0)?, made(1)?])
}

fn samples(network: &Network) -> Samples<'_, u8> {
    Samples { network, samples: &PIXELS, labels: &LABELS, measure: Measure::CrossEntropy }
}

/// What the oracle says of the start.
fn score(network: &Network, genome: &[f32]) -> Score {
    let mut scratch = [0.0; 16];
    evaluate(network, genome, &PIXELS, &LABELS, &mut scratch, true).unwrap()
}

fn one_parent<B: Batch, A: Algorithm<B>>(algorithm: &A, network: &Network, batch: &B) {
    let genome = start(network);
    let [(state, outcome), (next, _)] =
        generations(algorithm, network, batch, Some(&genome)).unwrap();
    assert_eq!(state[..genome.len()], genome);
    let score = score(network, &genome);
    assert!((outcome.best - Measure::CrossEntropy.value(&score)).abs() < 1e-6, "{outcome:?}");
    assert_eq!(outcome.accuracy, score.accuracy());
    assert_ne!(next[..genome.len()], genome);
    let drawn = generations(algorithm, network, batch, None).unwrap();
    assert_ne!(drawn[0].0[..genome.len()], genome);
    // As many floats as the network has.
    let short = generations(algorithm, network, batch, Some(&genome[1..])).unwrap_err();
    let (expected, got) = (genome.len(), genome.len() - 1);
    assert_eq!(short, EvolutionError::Length(LengthError { buffer: "start", expected, got }));
}

#[test]
fn an_algorithm_with_one_parent_begins_with_the_start() {
    let network = network();
    one_parent(&NeuronEs::USUAL, &network, &samples(&network));
    one_parent(&NeuronGa::USUAL, &network, &samples(&network));
}

#[test]
fn a_population_is_copies_of_the_start_which_the_next_generation_mutates() {
    let network = network();
    let genome = start(&network);
    let algorithm = EaSimple {
        population: 5,
        elites: 1,
        initialisation: Initialisation::He,
        selection: Selection::Tournament { size: 2 },
        crossover: Crossover::Mean,
        crossover_probability: 0.5,
        mutation: Mutation::Gaussian { probability: 0.5, sigma: 0.1 },
        mutation_probability: 1.0,
        mutation_scale: Schedule::Linear { from: 0.5, to: 0.0 },
        self_adaptation: 0.0,
    };
    let objective = samples(&network);
    let [(state, outcome), (bred, next)] =
        generations(&algorithm, &network, &objective, Some(&genome)).unwrap();
    let rows = population::Rows::new(genome.len());
    let score = score(&network, &genome);
    for individual in 0..5 {
        assert_eq!(rows.genome(&state, individual), Some(&genome[..]));
        let (own, accuracy) = rows.score(&state, individual).unwrap();
        assert!((own - Measure::CrossEntropy.value(&score)).abs() < 1e-6);
        assert_eq!(accuracy, score.accuracy());
    }
    let changed = (0..5).filter(|&it| rows.genome(&bred, it) != Some(&genome[..])).count();
    assert_eq!(changed, 4, "all but the elite");
    assert!(next.best <= outcome.best);
    let short = generations(&algorithm, &network, &objective, Some(&genome[1..])).unwrap_err();
    assert_eq!(short.to_string(), "`start` needs 43 elements, got 42");
}
