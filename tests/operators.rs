//! The genetic operators against DEAP's: known answers made by `fixtures/make_operators.py`, which
//! records the 32-bit words that DEAP's operators used, so that ours can be given the same.

use serde_json::Value;
use tinyevo_core::evolution::{Algorithm, EaSimple, Memory, Task};
use tinyevo_core::fitness::Score;
use tinyevo_core::hall_of_fame::HallOfFame;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::objective::Function;
use tinyevo_core::operators::{self, Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::order::Direction;
use tinyevo_core::population::Rows;
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;
use tinyevo_core::spread::InOrder;
use tinyevo_tests::{Replay, fixture, numbers};

fn entries(name: &str) -> Vec<Value> {
    let entries = fixture("operators.json")[name].as_array().expect("a list of cases").clone();
    assert!(!entries.is_empty(), "{name}");
    entries
}

fn floats(value: &Value) -> Vec<f32> {
    numbers(value).iter().map(|number| *number as f32).collect()
}

fn direction(case: &Value) -> Direction {
    match case["direction"].as_str() {
        Some("minimise") => Direction::Minimise,
        Some("maximise") => Direction::Maximise,
        other => panic!("direction {other:?}"),
    }
}

/// A network of two weights, which no operator here looks at.
fn network() -> Network {
    let layers = [Layer::Dense(Dense { units: 1, activation: Activation::Linear })];
    Network::new(Shape::flat(1), &layers).unwrap()
}

/// Mates as the case says and compares both children.
fn assert_mates(case: &Value, crossover: Crossover) {
    let (mut a, mut b) = (floats(&case["a"]), floats(&case["b"]));
    let mut words = Replay::new(&case["words"]);
    crossover.mate(&network(), &mut a, &mut b, &mut words);
    assert!(words.is_used_up(), "{crossover:?} draws less than DEAP");
    for (ours, name) in [(a, "child_a"), (b, "child_b")] {
        let theirs = numbers(&case[name]);
        assert_eq!(ours.len(), theirs.len());
        for (x, y) in ours.iter().zip(theirs) {
            let error = (f64::from(*x) - y).abs();
            assert!(error <= 1e-5 * y.abs().max(1.0), "{crossover:?}: {x} for {y}");
        }
    }
}

#[test]
fn mean_crossover_gives_the_tutorials_children() {
    for case in entries("mean_cases") {
        assert_mates(&case, Crossover::Mean);
    }
}

#[test]
fn blend_gives_deaps_children() {
    for case in entries("blend_replays") {
        let alpha = case["alpha"].as_f64().expect("alpha") as f32;
        assert_mates(&case, Crossover::Blend { alpha });
    }
}

#[test]
fn swaps_give_deaps_children() {
    for case in entries("swap_replays") {
        assert_mates(&case, swap(&case));
    }
}

fn swap(case: &Value) -> Crossover {
    match case["operator"].as_str() {
        Some("cxUniform") => {
            Crossover::Uniform { probability: case["indpb"].as_f64().expect("indpb") as f32 }
        }
        Some("cxOnePoint") => Crossover::OnePoint,
        Some("cxTwoPoint") => Crossover::TwoPoint,
        other => panic!("operator {other:?}"),
    }
}

#[test]
fn swaps_reach_what_deaps_reach_as_often() {
    const DRAWS: u32 = 40_000;
    let mut rng = stream(64, 0, 0, Purpose::Crossover);
    for case in entries("reachable_swaps") {
        let length = case["length"].as_u64().expect("length") as usize;
        let expected = case["masks"].as_object().expect("masks");
        assert!(!expected.is_empty(), "{case}");
        let mut counts = std::collections::BTreeMap::<String, u32>::new();
        for _ in 0..DRAWS {
            let (mut a, mut b) = (vec![0.0; length], vec![1.0; length]);
            swap(&case).mate(&network(), &mut a, &mut b, &mut rng);
            let mask: String = a.iter().map(|x| if *x == 1.0 { '1' } else { '0' }).collect();
            *counts.entry(mask).or_default() += 1;
        }
        for mask in counts.keys() {
            assert!(expected.contains_key(mask), "{case}: {mask} is not reachable in DEAP");
        }
        for (mask, probability) in expected {
            let p = probability.as_f64().expect("a probability");
            let got = f64::from(counts.get(mask).copied().unwrap_or(0)) / f64::from(DRAWS);
            // Five standard deviations of a binomial share.
            let bound = 5.0 * (p * (1.0 - p) / f64::from(DRAWS)).sqrt() + 1e-12;
            assert!((got - p).abs() <= bound, "{}: {mask} {got} for {p}", case["operator"]);
        }
    }
}

#[test]
fn selection_picks_deaps_individuals() {
    for case in entries("selection_replays") {
        let selection = match case["tournsize"].as_u64() {
            Some(size) => Selection::Tournament { size: size as usize },
            None => Selection::Random,
        };
        let theirs: Vec<_> = numbers(&case["picks"]).iter().map(|pick| *pick as usize).collect();
        let mut picks = vec![usize::MAX; theirs.len()];
        let mut words = Replay::new(&case["words"]);
        selection.select(&floats(&case["fitness"]), direction(&case), &mut words, &mut picks);
        assert_eq!(picks, theirs, "{case}");
        assert!(words.is_used_up());
    }
}

#[test]
fn a_tournament_picks_each_rank_as_often_as_deaps() {
    for case in entries("tournaments") {
        let fitness = floats(&case["fitness"]);
        let size = case["tournsize"].as_u64().expect("tournsize") as usize;
        let mut order = vec![0; fitness.len()];
        operators::best(&fitness, direction(&case), &mut order);
        let mut picks = vec![0; 1_000_000];
        let mut rng = stream(64, 0, 0, Purpose::Select);
        Selection::Tournament { size }.select(&fitness, direction(&case), &mut rng, &mut picks);
        let mut counts = vec![0_u32; fitness.len()];
        for pick in picks {
            counts[pick] += 1;
        }
        assert_eq!(numbers(&case["exact"]).len(), fitness.len());
        assert_eq!(numbers(&case["frequency"]).len(), fitness.len());
        for (rank, (exact, deap)) in
            numbers(&case["exact"]).iter().zip(numbers(&case["frequency"])).enumerate()
        {
            let got = f64::from(counts[order[rank]]) / 1e6;
            let bound = 5.0 * (exact * (1.0 - exact) / 1e6).sqrt();
            assert!((got - exact).abs() <= bound, "rank {rank}: {got} for {exact}");
            assert!((got - deap).abs() <= 2.0 * bound, "rank {rank}: {got}, DEAP {deap}");
        }
    }
}

#[test]
fn the_best_are_deaps_best() {
    for case in entries("best_selection") {
        let theirs: Vec<_> = numbers(&case["best"]).iter().map(|pick| *pick as usize).collect();
        let mut order = vec![usize::MAX; theirs.len()];
        operators::best(&floats(&case["fitness"]), direction(&case), &mut order);
        assert_eq!(order, theirs, "{case}");
    }
}

#[test]
fn gaussian_mutation_has_deaps_rate_and_moments() {
    let case = &fixture("operators.json")["gaussian"];
    let (sigma, probability) = (case["sigma"].as_f64().unwrap(), case["indpb"].as_f64().unwrap());
    let mut genome = vec![0.0_f32; case["genes"].as_u64().unwrap() as usize];
    let genes = genome.len() as f64;
    let mutation = Mutation::Gaussian { probability: probability as f32, sigma: sigma as f32 };
    let network = network();
    let mut rng = stream(64, 0, 0, Purpose::Mutate);
    mutation.mutate(&network, &mut genome, &mut rng, &mut []);
    let changes: Vec<f64> = genome.iter().filter(|g| **g != 0.0).map(|g| f64::from(*g)).collect();
    let count = changes.len() as f64;
    let moment = |power: i32| changes.iter().map(|x| (x / sigma).powi(power)).sum::<f64>() / count;
    let (mean, square) = (moment(1), moment(2));
    let ours = [
        ("rate", count / genes, (probability * (1.0 - probability) / genes).sqrt()),
        ("mean", mean * sigma, sigma / count.sqrt()),
        ("std", (square - mean * mean).sqrt() * sigma, sigma / (2.0 * count).sqrt()),
        ("skewness", moment(3), (15.0 / count).sqrt()),
        ("excess_kurtosis", moment(4) - 3.0, (96.0 / count).sqrt()),
        (
            "beyond_two_sigma",
            changes.iter().filter(|x| x.abs() > 2.0 * sigma).count() as f64 / count,
            (0.0455 * 0.9545 / count).sqrt(),
        ),
    ];
    for (name, got, deviation) in ours {
        let (exact, deap) = (case["exact"][name].as_f64().unwrap(), case[name].as_f64().unwrap());
        println!("{name:>17}: exact {exact:.6}, DEAP {deap:.6}, tinyevo {got:.6}");
        assert!((got - exact).abs() <= 5.0 * deviation, "{name}: {got} for {exact}");
        assert!((got - deap).abs() <= 7.1 * deviation, "{name}: {got}, DEAP {deap}");
    }
}

#[test]
fn the_hall_of_fame_holds_deaps_fitness() {
    for mut case in entries("halls_of_fame") {
        // DEAP refuses a genome that is here already. tinyevo takes it if its fitness is another: it was
        // measured on other samples.
        if case["how"].as_str().unwrap().contains("even if it comes back better") {
            let again = serde_json::json!([[1, 1.0], [0, 5.0], [1, 6.0]]);
            case["halls"] = Value::Array(vec![case["halls"][0].clone(), again.clone(), again]);
        }
        let updates = case["updates"].as_array().unwrap();
        let halls = case["halls"].as_array().unwrap();
        match case["size"].as_u64() {
            Some(4) => assert_hall::<4>(updates, halls, &case),
            Some(1) => assert_hall::<1>(updates, halls, &case),
            Some(2) => assert_hall::<2>(updates, halls, &case),
            Some(3) => assert_hall::<3>(updates, halls, &case),
            other => panic!("size {other:?}"),
        }
    }
}

fn assert_hall<const N: usize>(updates: &[Value], halls: &[Value], case: &Value) {
    let mut hall = HallOfFame::<N>::new(1, Direction::Minimise);
    let mut store = [0.0; N];
    let pairs =
        |list: &Value| -> Vec<Vec<f32>> { list.as_array().unwrap().iter().map(floats).collect() };
    assert!(!updates.is_empty() && updates.len() == halls.len(), "{case}");
    for (update, expected) in updates.iter().zip(halls) {
        // A row is genome, fitness, accuracy, scale.
        let population: Vec<f32> =
            pairs(update).iter().flat_map(|pair| [pair[0], pair[1], 0.0, 1.0]).collect();
        hall.update(Rows::new(1), &population, &mut store).unwrap();
        let held = (0..hall.len())
            .map(|rank| vec![hall.genome(rank, &store).unwrap()[0], hall.fitness(rank).unwrap()]);
        assert_eq!(held.collect::<Vec<_>>(), pairs(expected), "{case}");
    }
}

#[test]
fn as_many_individuals_are_evaluated_again_as_by_deap() {
    const GENERATIONS: u32 = 20_000;
    for case in entries("evaluations") {
        let population = case["population"].as_u64().unwrap() as usize;
        let algorithm = EaSimple {
            population,
            elites: 0,
            initialisation: Initialisation::Uniform { low: -1.0, high: 1.0 },
            selection: Selection::Random,
            crossover: Crossover::Mean,
            crossover_probability: case["cxpb"].as_f64().unwrap() as f32,
            mutation: Mutation::Gaussian { probability: 0.25, sigma: 0.1 },
            mutation_probability: case["mutpb"].as_f64().unwrap() as f32,
            mutation_scale: Schedule::ONE,
            self_adaptation: 0.0,
        };
        let network = network();
        let objective = Function::new(Direction::Minimise, |genome: &[f32]| genome[0]);
        let lengths = algorithm.lengths(&network, &objective);
        let mut memory = Memory {
            state: vec![0.0; lengths.state],
            spare: vec![0.0; lengths.spare],
            shared: vec![0.0; lengths.shared],
            picks: vec![0; lengths.picks],
            scores: vec![Score::default(); lengths.scores],
        };
        let (mut room, mut total) = (vec![0.0; lengths.part], 0);
        for generation in 0..=GENERATIONS {
            let (objective, network) = (&objective, &network);
            let task = Task {
                network,
                objective,
                seed: 64,
                generation,
                length: 0,
                rescore: false,
                start: None,
            };
            let outcome = algorithm.generation(&task, &mut memory, &mut InOrder::<1>(&mut room));
            // All are scored in generation 0.
            if generation > 0 {
                total += outcome.unwrap().evaluations;
            }
        }
        let got = total as f64 / population as f64 / f64::from(GENERATIONS);
        let exact = case["exact_fraction"].as_f64().unwrap();
        let variance = case["exact_variance_of_count"].as_f64().unwrap();
        let deviation = (variance / f64::from(GENERATIONS)).sqrt() / population as f64;
        println!("evaluated again: exact {exact:.5}, DEAP {}, tinyevo {got:.5}", case["fraction"]);
        assert!((got - exact).abs() <= 5.0 * deviation, "{got} for {exact}");
    }
}
