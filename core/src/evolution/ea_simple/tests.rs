use super::*;
use crate::fitness::Measure;
use crate::hash::Fnv1a;
use crate::layers::Activation;
use crate::math::BACKEND;
use crate::network::tests::dense;
use crate::objective::{Function, Samples};
use crate::order::Direction;
use crate::shape::Shape;
use crate::spread::InOrder;
extern crate std;
use std::vec;
use std::vec::Vec;

const TUTORIAL: EaSimple = EaSimple {
    population: 25,
    elites: 0,
    initialisation: Initialisation::Uniform { low: -1.0, high: 1.0 },
    selection: Selection::Tournament { size: 5 },
    crossover: Crossover::Mean,
    crossover_probability: 0.6,
    mutation: Mutation::Gaussian { probability: 0.25, sigma: 0.1 },
    mutation_probability: 0.3,
    mutation_scale: Schedule::ONE,
    self_adaptation: 0.0,
};

type Vectors = Memory<Vec<f32>, Vec<usize>, Vec<Score>>;

/// Memory as long as asked for, filled with what must not be read before it is written.
fn memory_of(lengths: &Lengths) -> Vectors {
    Memory {
        state: vec![f32::NAN; lengths.state],
        spare: vec![f32::NAN; lengths.spare],
        shared: vec![f32::NAN; lengths.shared],
        picks: vec![usize::MAX; lengths.picks],
        scores: vec![Score::worst(9); lengths.scores],
    }
}

/// A network of so many parameters.
fn network_of(genes: usize) -> Network {
    Network::new(Shape::flat(genes - 1), &[dense(1, Activation::Linear)]).unwrap()
}

/// Sum of squares: a fitness that needs no samples.
fn sphere(genome: &[f32]) -> f32 {
    genome.iter().map(|x| x * x).sum()
}

/// Evolves on the sphere; returns each generation's outcome, and the last state.
fn run(algorithm: EaSimple, genes: usize, generations: u32) -> (Vec<Outcome>, Vec<f32>) {
    let (network, objective) = (network_of(genes), Function::new(Direction::Minimise, sphere));
    let lengths = algorithm.lengths(&network, &objective);
    let mut memory = memory_of(&lengths);
    let mut task = Task {
        network: &network,
        objective: &objective,
        seed: 64,
        generation: 0,
        length: 0,
        rescore: false,
        start: None,
    };
    let outcomes = (0..=generations).map(|generation| {
        task.generation = generation;
        algorithm.generation(&task, &mut memory, &mut InOrder::<1>(&mut [])).unwrap()
    });
    (outcomes.collect(), memory.state)
}

#[test]
fn it_minimises_and_the_same_seed_gives_the_same_bits() {
    let (outcomes, state) = run(TUTORIAL, 8, 60);
    assert_eq!((&outcomes, &state), (&run(TUTORIAL, 8, 60).0, &run(TUTORIAL, 8, 60).1));
    let last = outcomes.last().unwrap();
    assert!(last.statistics.max < 0.2, "{last:?}");
    let rows = Rows::new(8);
    let mut hash = Fnv1a::new();
    for individual in 0..25 {
        hash.floats(rows.genome(&state, individual).unwrap());
    }
    if BACKEND == "exact" {
        assert_eq!(hash.finish(), 0xb685_2fb7_6618_8380, "golden: {:#018x}", hash.finish());
    }
}

#[test]
fn every_score_is_that_of_its_genome_and_only_changed_ones_are_counted() {
    let (outcomes, state) = run(TUTORIAL, 8, 10);
    let rows = Rows::new(8);
    for individual in 0..25 {
        let genome = rows.genome(&state, individual).unwrap();
        assert_eq!(rows.score(&state, individual), Some((sphere(genome), 0.0)));
    }
    assert_eq!(outcomes[0].evaluations, 25);
    // 0.6 of the pairs are mated, 0.3 of the others mutated: 18 on average.
    let total: u64 = outcomes[1..].iter().map(|outcome| outcome.evaluations).sum();
    assert!((120..=240).contains(&total), "{total}");
    let still = EaSimple { crossover_probability: 0.0, mutation_probability: 0.0, ..TUTORIAL };
    assert!(run(still, 8, 3).0[1..].iter().all(|outcome| outcome.evaluations == 0));
}

#[test]
fn the_outcome_tells_of_the_best() {
    let (outcomes, state) = run(TUTORIAL, 8, 5);
    let (outcome, rows) = (outcomes[5], Rows::new(8));
    let all: Vec<f32> = (0..25).map(|i| rows.score(&state, i).unwrap().0).collect();
    let least = all.iter().fold(f32::INFINITY, |a, b| if *b < a { *b } else { a });
    assert_eq!((outcome.best, outcome.statistics), (least, Statistics::of(&all)));
    assert_eq!(sphere(&state[outcome.champion..][..8]), least);
}

#[test]
fn elites_survive_unchanged_and_in_order() {
    for elites in [1, 2, 3, 9] {
        let elitist = EaSimple { population: 9, elites, mutation_probability: 1.0, ..TUTORIAL };
        let (outcomes, _) = run(elitist, 6, 12);
        assert!(outcomes.windows(2).all(|pair| pair[1].best <= pair[0].best));
        let (_, before) = run(elitist, 6, 4);
        let (_, after) = run(elitist, 6, 5);
        let rows = Rows::new(6);
        let fitness: Vec<f32> = (0..9).map(|i| rows.score(&before, i).unwrap().0).collect();
        let mut order = vec![0; elites];
        best(&fitness, Direction::Minimise, &mut order);
        for (place, &elite) in order.iter().enumerate() {
            assert_eq!(rows.genome(&after, place), rows.genome(&before, elite));
        }
    }
}

#[test]
fn too_little_working_memory_is_an_error() {
    let mutation = Mutation::Neurons { probability: 0.5, sigma: 0.1, blur: 0 };
    let algorithm = EaSimple { mutation, ..TUTORIAL };
    let (network, objective) = (network_of(8), Function::new(Direction::Minimise, sphere));
    let lengths = algorithm.lengths(&network, &objective);
    assert!(lengths.part > 0);
    let mut memory = memory_of(&lengths);
    let mut room = vec![0.0; lengths.part];
    let mut generation = |generation, room: &mut [f32]| {
        let (network, objective) = (&network, &objective);
        let (seed, length, rescore) = (64, 0, false);
        let task = Task { network, objective, seed, generation, length, rescore, start: None };
        algorithm.generation(&task, &mut memory, &mut InOrder::<1>(room))
    };
    assert!(generation(0, &mut room).is_ok() && generation(1, &mut room).is_ok());
    assert!(generation(2, &mut room[1..]).is_err());
}

/// The scale of each individual after so many generations on the sphere.
fn scales(algorithm: EaSimple, generations: u32) -> Vec<f32> {
    let (_, state) = run(algorithm, 8, generations);
    (0..algorithm.population).map(|index| Rows::new(8).scale(&state, index)).collect()
}

#[test]
fn self_adaptation_makes_mutations_smaller_as_the_optimum_comes_near() {
    let constant = EaSimple { mutation_probability: 1.0, ..TUTORIAL };
    assert_eq!(scales(constant, 40), [1.0; 25]);
    let adaptive = EaSimple { self_adaptation: 0.3, ..constant };
    assert_eq!(scales(adaptive, 0), [1.0; 25]);
    let first = scales(adaptive, 1);
    assert!(first.iter().any(|&x| x > 1.05) && first.iter().any(|&x| x < 0.95), "{first:?}");
    let late = scales(adaptive, 150);
    assert!(late.iter().all(|&x| x < 0.2), "{late:?}");
    let best = |algorithm| run(algorithm, 8, 150).0.last().unwrap().best;
    assert!(best(adaptive) < 0.1 * best(constant), "{} {}", best(adaptive), best(constant));
}

#[test]
fn mated_individuals_take_the_mean_of_their_scales() {
    let mated = EaSimple { crossover_probability: 1.0, mutation_probability: 0.0, ..TUTORIAL };
    let (network, objective) = (network_of(8), Function::new(Direction::Minimise, sphere));
    let lengths = mated.lengths(&network, &objective);
    let mut memory = memory_of(&lengths);
    let mut task = Task {
        network: &network,
        objective: &objective,
        seed: 64,
        generation: 0,
        length: 0,
        rescore: false,
        start: None,
    };
    let mut go = |memory: &mut Vectors, generation| {
        task.generation = generation;
        mated.generation(&task, memory, &mut InOrder::<1>(&mut [])).unwrap();
    };
    go(&mut memory, 0);
    let rows = Rows::new(8);
    for index in 0..25 {
        rows.set_scale(&mut memory.state, index, (index + 1) as f32);
    }
    go(&mut memory, 1);
    let mut halves = 0;
    for pair in 0..12 {
        let [one, other] = [0, 1].map(|child| rows.scale(&memory.state, 2 * pair + child));
        // The mean of two whole numbers.
        assert!(one == other && (1.0..=25.0).contains(&one) && (2.0 * one).fract() == 0.0, "{one}");
        halves += u32::from(one.fract() == 0.5);
    }
    assert!(halves > 0);
}

#[test]
fn the_scale_of_a_generation_multiplies_its_mutations() {
    let (network, objective) = (network_of(8), Function::new(Direction::Minimise, sphere));
    // The state after generation 1 of a run of 4.
    let state = |mutation_scale, sigma| {
        let mutation = Mutation::Gaussian { probability: 0.5, sigma };
        let algorithm = EaSimple { mutation, mutation_scale, ..TUTORIAL };
        let mut memory = memory_of(&algorithm.lengths(&network, &objective));
        for generation in 0..2 {
            let (network, objective, seed) = (&network, &objective, 64);
            let (length, rescore) = (4, false);
            let task = Task { network, objective, seed, generation, length, rescore, start: None };
            algorithm.generation(&task, &mut memory, &mut InOrder::<1>(&mut [])).unwrap();
        }
        memory.state
    };
    // A quarter of the way from 1 to 3 is 1.5.
    let rising = state(Schedule::Linear { from: 1.0, to: 3.0 }, 0.5);
    assert_eq!(rising, state(Schedule::ONE, 0.75));
    assert_ne!(rising, state(Schedule::ONE, 0.5));
}

#[test]
fn a_state_and_a_generation_number_are_enough_to_go_on() {
    let (network, objective) = (network_of(5), Function::new(Direction::Maximise, |g| -sphere(g)));
    let lengths = TUTORIAL.lengths(&network, &objective);
    let mut task = Task {
        network: &network,
        objective: &objective,
        seed: 3,
        generation: 0,
        length: 0,
        rescore: false,
        start: None,
    };
    let mut whole = memory_of(&lengths);
    for generation in 0..=6 {
        task.generation = generation;
        TUTORIAL.generation(&task, &mut whole, &mut InOrder::<1>(&mut [])).unwrap();
        let mut resumed = memory_of(&lengths);
        resumed.state.copy_from_slice(&whole.state);
        let next = Task { generation: generation + 1, ..task };
        let a = TUTORIAL.generation(&next, &mut resumed, &mut InOrder::<4>(&mut [])).unwrap();
        let mut continued = whole.clone();
        let b = TUTORIAL.generation(&next, &mut continued, &mut InOrder::<1>(&mut [])).unwrap();
        assert_eq!((a, resumed.state), (b, continued.state));
    }
}

#[test]
fn rescoring_measures_everyone_anew() {
    let network = Network::new(Shape::flat(1), &[dense(2, Activation::Softmax)]).unwrap();
    let objective = |samples: &'static [f32]| Samples {
        network: &network,
        samples,
        labels: &[1, 0, 1],
        measure: Measure::CrossEntropy,
    };
    let (first, second) = (objective(&[1.0, -1.0, 0.5]), objective(&[-2.0, 0.25, 3.0]));
    let lengths = TUTORIAL.lengths(&network, &first);
    assert_eq!(lengths.part, 2);
    let (mut memory, mut room) = (memory_of(&lengths), [0.0; 2]);
    let mut task = Task {
        network: &network,
        objective: &first,
        seed: 1,
        generation: 0,
        length: 0,
        rescore: false,
        start: None,
    };
    TUTORIAL.generation(&task, &mut memory, &mut InOrder::<1>(&mut room)).unwrap();
    (task.objective, task.generation, task.rescore) = (&second, 1, true);
    let outcome = TUTORIAL.generation(&task, &mut memory, &mut InOrder::<1>(&mut room)).unwrap();
    assert_eq!(outcome.evaluations, 25);
    let rows = Rows::new(network.parameters());
    for individual in 0..25 {
        let genome = rows.genome(&memory.state, individual).unwrap();
        let score = second.score::<1>(genome, 0, &mut room, false).unwrap();
        let expected = Some((second.value(&score), score.accuracy()));
        assert_eq!(rows.score(&memory.state, individual), expected);
    }
}

#[test]
fn every_operator_runs_and_repeats() {
    let selections =
        [Selection::Tournament { size: 2 }, Selection::Truncation { best: 3 }, Selection::Random];
    let crossovers = [
        Crossover::Mean,
        Crossover::Blend { alpha: 0.5 },
        Crossover::Uniform { probability: 0.5 },
        Crossover::OnePoint,
        Crossover::TwoPoint,
    ];
    let mutations = [
        Mutation::Gaussian { probability: 0.5, sigma: 0.1 },
        Mutation::UniformReset { probability: 0.5, low: -1.0, high: 1.0 },
    ];
    let small = EaSimple { population: 12, crossover_probability: 1.0, ..TUTORIAL };
    let mut seen: Vec<Vec<f32>> = Vec::new();
    for selection in selections {
        for crossover in crossovers {
            for mutation in mutations {
                for elites in [0, 2] {
                    let algorithm = EaSimple { selection, crossover, mutation, elites, ..small };
                    let (_, state) = run(algorithm, 12, 5);
                    assert_eq!(state, run(algorithm, 12, 5).1);
                    assert!(!seen.contains(&state), "{algorithm:?} gives what another one gives");
                    seen.push(state);
                }
            }
        }
    }
}

#[test]
fn wrong_lengths_and_settings_are_refused() {
    let (network, objective) = (network_of(2), Function::new(Direction::Minimise, sphere));
    let lengths = TUTORIAL.lengths(&network, &objective);
    let task = Task {
        network: &network,
        objective: &objective,
        seed: 1,
        generation: 1,
        length: 0,
        rescore: false,
        start: None,
    };
    let attempt = |algorithm: EaSimple, change: fn(&mut Vectors)| {
        let mut memory = memory_of(&lengths);
        memory.state.fill(0.5);
        change(&mut memory);
        algorithm.generation(&task, &mut memory, &mut InOrder::<1>(&mut []))
    };
    assert!(attempt(TUTORIAL, |_| ()).is_ok());
    let changes: [fn(&mut Vectors); 5] = [
        |memory| {
            memory.state.pop();
        },
        |memory| {
            memory.spare.pop();
        },
        |memory| {
            memory.shared.pop();
        },
        |memory| {
            memory.picks.pop();
        },
        |memory| {
            memory.scores.pop();
        },
    ];
    for change in changes {
        assert!(matches!(attempt(TUTORIAL, change), Err(EvolutionError::Length(_))));
    }
    let setting = attempt(EaSimple { elites: 26, ..TUTORIAL }, |_| ()).unwrap_err();
    assert_eq!(std::format!("{setting}"), "elites must lie in 0..=25, got 26");
    for bad in [
        EaSimple { population: 0, ..TUTORIAL },
        EaSimple { elites: 26, ..TUTORIAL },
        EaSimple { crossover_probability: 1.5, ..TUTORIAL },
        EaSimple { mutation_probability: f32::NAN, ..TUTORIAL },
        EaSimple { mutation_scale: Schedule::Constant { value: -1.0 }, ..TUTORIAL },
        EaSimple { selection: Selection::Truncation { best: 26 }, ..TUTORIAL },
        EaSimple { crossover: Crossover::Blend { alpha: -1.0 }, ..TUTORIAL },
        EaSimple { mutation: Mutation::Gaussian { probability: 2.0, sigma: 0.1 }, ..TUTORIAL },
        EaSimple { initialisation: Initialisation::Uniform { low: 1.0, high: 0.0 }, ..TUTORIAL },
    ] {
        assert!(matches!(attempt(bad, |_| ()), Err(EvolutionError::Setting(_))), "{bad:?}");
    }
}
