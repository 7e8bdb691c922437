//! The low-rank evolution strategy against its readable twin, and against full evaluations of mutants.

mod twin;

use tinyevo_core::batch::{self, Blocks, CHUNK, Entry, List, SparseSamples};
use tinyevo_core::evolution::{
    Algorithm, EvolutionError, LowRankEs, Memory, Outcome, Shaping, Task,
};
use tinyevo_core::fitness::{Measure, Score, cross_entropy};
use tinyevo_core::inference::logits;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Batch, Samples};
use tinyevo_core::rng::{Purpose, index, stream};
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;
use tinyevo_core::spread::InOrder;
use twin::Twin;

const LENGTH: u32 = 8;

/// A network of these hidden widths.
fn network(input: Shape, hidden: &[usize], activation: Activation, classes: usize) -> Network {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let mut layers: Vec<Layer> = hidden.iter().map(|&units| dense(units, activation)).collect();
    layers.push(dense(classes, Activation::Softmax));
    Network::new(input, &layers).unwrap()
}

/// Pixels, half of them 0, and labels.
fn samples(input: Shape, count: usize, classes: usize) -> (Vec<u8>, Vec<u8>) {
    let mut rng = stream(5, count as u32, 0, Purpose::Show);
    let labels: Vec<u8> = (0..count).map(|_| index(&mut rng, classes) as u8).collect();
    let mut pixel = |label: u8| {
        let bright = index(&mut rng, 200) + 5 * usize::from(label);
        if index(&mut rng, 2) == 0 { 0 } else { bright as u8 }
    };
    let pixels = labels.iter().flat_map(|&label| (0..input.elements()).map(move |_| label));
    let pixels = pixels.map(&mut pixel).collect();
    (pixels, labels)
}

fn settings() -> LowRankEs {
    let learning_rate = Schedule::Linear { from: 0.02, to: 0.0 };
    LowRankEs { pairs: 32, learning_rate, roulette: 0.9, ..LowRankEs::default() }
}

/// The state of a run of `LENGTH` generations, and each outcome.
fn evolve<B: Batch, const WIDTH: usize>(
    es: LowRankEs,
    network: &Network,
    batch: &B,
) -> Result<(Vec<f32>, Vec<Outcome>), EvolutionError> {
    let lengths = es.lengths(network, batch);
    let mut memory = Memory {
        state: vec![f32::NAN; lengths.state],
        spare: vec![],
        shared: vec![f32::NAN; lengths.shared],
        picks: vec![usize::MAX; lengths.picks],
        scores: Vec::<Score>::new(),
    };
    let mut room = vec![f32::NAN; lengths.part];
    let mut outcomes = vec![];
    for generation in 0..LENGTH {
        let (objective, seed, length) = (batch, 3, LENGTH);
        let task = Task { network, objective, seed, generation, length, rescore: true };
        outcomes.push(es.generation(&task, &mut memory, &mut InOrder::<WIDTH>(&mut room))?);
    }
    Ok((memory.state, outcomes))
}

/// The twin's genome after as many generations.
fn evolve_twin(es: LowRankEs, network: &Network, pixels: &[u8], labels: &[u8]) -> Vec<f32> {
    let row = |row: &[u8]| row.iter().map(|&x| f32::from(x) / 255.0).collect();
    let inputs: Vec<Vec<f32>> = pixels.chunks(network.input().elements()).map(row).collect();
    let mut twin = Twin::new(es, network, 3, LENGTH);
    for generation in 1..LENGTH {
        twin.step(generation, &inputs, labels);
    }
    twin.genome
}

fn compare(es: LowRankEs, network: &Network, count: usize) {
    let (pixels, labels) = samples(network.input(), count, network.outputs());
    let expected = evolve_twin(es, network, &pixels, &labels);
    let measure = Measure::CrossEntropy;
    let plain = Samples { network, samples: &pixels[..], labels: &labels, measure };
    let (state, outcomes) = evolve::<_, 1>(es, network, &plain).unwrap();
    let bits = |floats: &[f32]| floats.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&state[..expected.len()]), bits(&expected), "the twin differs");
    assert!(expected.iter().all(|x| x.is_finite()));
    assert!(outcomes[7].best < outcomes[0].best, "{outcomes:?}");

    let features = network.input().elements();
    let mut lists = vec![List::default(); count * batch::tiles(features)];
    let mut entries = vec![Entry::default(); pixels.len()];
    let mut starts = vec![0; count.div_ceil(CHUNK) + 1];
    batch::encode(&pixels, features, &mut starts, &mut lists, &mut entries).unwrap();
    let samples = SparseSamples::new(features, &starts, &lists, &entries, &labels).unwrap();
    let blocks = Blocks { network, samples, measure, loss: false };
    for other in [
        evolve::<_, 1>(es, network, &blocks),
        evolve::<_, 2>(es, network, &blocks),
        evolve::<_, 4>(es, network, &blocks),
        evolve::<_, 8>(es, network, &blocks),
    ] {
        assert_eq!(bits(&other.unwrap().0), bits(&state), "the batch differs");
    }
}

const IMAGE: Shape = Shape { height: 6, width: 5, channels: 1 };

#[test]
fn it_has_the_bits_of_its_twin() {
    compare(settings(), &network(IMAGE, &[20], Activation::Relu, 3), 70);
}

#[test]
fn it_has_the_bits_of_its_twin_in_every_depth() {
    compare(settings(), &network(IMAGE, &[], Activation::Relu, 3), 40);
    compare(settings(), &network(IMAGE, &[7, 18], Activation::Relu, 4), 33);
    compare(settings(), &network(Shape::flat(9), &[5, 3, 6], Activation::Relu, 2), 40);
}

#[test]
fn it_has_the_bits_of_its_twin_in_every_setting() {
    let colour = Shape { height: 4, width: 3, channels: 2 };
    let images = network(colour, &[17], Activation::Relu, 12);
    for (pairs, rank, shaping, blur) in [
        (16, 1, Shaping::Ranks, 1),
        (16, 8, Shaping::Normalised, 3),
        (48, 3, Shaping::Normalised, 0),
        (80, 2, Shaping::Signs, 4),
    ] {
        let es = LowRankEs { pairs, rank, shaping, blur, roulette: 0.0, ..settings() };
        compare(es, &images, 20);
    }
    let rough = LowRankEs { sigma: 0.3, ..settings() };
    compare(rough, &network(IMAGE, &[20, 5], Activation::Relu, 3), 20);
    compare(settings(), &network(IMAGE, &[4], Activation::Linear, 3), 300);
    compare(settings(), &network(IMAGE, &[4, 3], Activation::Linear, 3), 20);
}

/// The difference of a pair's losses against that of whole evaluations of both mutants.
#[test]
#[cfg_attr(feature = "micromath", ignore = "the bound is that of the exact back end")]
fn the_change_of_the_loss_is_that_of_a_full_evaluation_within_its_bound() {
    for (hidden, rank) in [(&[][..], 1), (&[16], 1), (&[16], 3), (&[12, 16], 2)] {
        let network = network(IMAGE, hidden, Activation::Relu, 5);
        let (pixels, labels) = samples(IMAGE, 20, 5);
        let es = LowRankEs { rank, sigma: 0.05, ..settings() };
        let twin = Twin::new(es, &network, 9, LENGTH);
        let factors = twin.factors(1);
        let mut scratch = vec![0.0; network.scratch_length()];
        // The largest difference, in bounds: what the test would notice.
        let mut apart = 0.0_f32;
        for pair in [0, 5, 31] {
            let mutants = [1.0, -1.0].map(|sign| materialised(&twin, &factors, pair, sign));
            for sample in 0..20 {
                let (own, label) = (&pixels[sample * 30..][..30], labels[sample]);
                let input: Vec<f32> = own.iter().map(|&x| f32::from(x) / 255.0).collect();
                let mut largest = 0.0_f32;
                let [plus, minus] = mutants.each_ref().map(|genome| {
                    let logits = logits(&network, genome, own, &mut scratch).unwrap();
                    largest = logits.iter().fold(largest, |most, x| most.max(x.abs()));
                    cross_entropy(logits, label)
                });
                let got = twin.difference(&input, label, pair, &factors);
                // Sums of at most 31 terms of a few times the size of the logits, in at most three layers, in
                // both signs and both ways, off by half a unit in the last place for each addition.
                let terms = 2.0 * 2.0 * 31.0 * (1 + hidden.len()) as f32;
                let bound = terms * 0.5 * f32::EPSILON * 4.0 * (1.0 + largest);
                assert!((got - (minus - plus)).abs() <= bound, "{got} {minus} {plus} {bound}");
                apart = apart.max((minus - plus).abs() / bound);
            }
        }
        assert!(apart > 1000.0, "{apart}");
    }
}

/// The genome of a mutant.
fn materialised(twin: &Twin<'_>, factors: &[twin::Factors], pair: usize, sign: f32) -> Vec<f32> {
    let mut genome = twin.genome.clone();
    for (stage, own) in twin.network.stages().iter().zip(factors) {
        let units = stage.output.elements();
        let scale = sign * twin.es.sigma / (twin.es.rank as f32).sqrt() / own.deviation;
        for rank in 0..twin.es.rank {
            let column = rank * twin.es.pairs + pair;
            for (row, a) in own.left[column].iter().enumerate() {
                for (unit, b) in own.right[column].iter().enumerate() {
                    genome[stage.kernel_start + row * units + unit] += scale * a * b;
                }
            }
        }
    }
    genome
}

#[test]
fn what_is_out_of_range_is_refused() {
    let flat = network(Shape::flat(4), &[4], Activation::Relu, 2);
    let none = network(Shape::flat(4), &[], Activation::Relu, 2);
    let (pixels, labels) = samples(Shape::flat(4), 6, 2);
    let measure = Measure::CrossEntropy;
    let batch = |network| Samples { network, samples: &pixels[..], labels: &labels, measure };
    assert!(evolve::<_, 1>(settings(), &flat, &batch(&flat)).is_ok());
    assert!(evolve::<_, 1>(settings(), &none, &batch(&none)).is_ok());
    for pairs in [0, 8, 17, 8192] {
        let es = LowRankEs { pairs, ..settings() };
        assert!(es.in_range().is_err(), "{pairs}");
    }
    for es in [
        LowRankEs { sigma: 0.0, ..settings() },
        LowRankEs { sigma: f32::NAN, ..settings() },
        LowRankEs { rank: 0, ..settings() },
        LowRankEs { rank: 9, ..settings() },
        LowRankEs { blur: 5, ..settings() },
        LowRankEs { roulette: -0.1, ..settings() },
        LowRankEs { decay: Schedule::Constant { value: -1.0 }, ..settings() },
    ] {
        assert!(evolve::<_, 1>(es, &flat, &batch(&flat)).is_err(), "{es:?}");
    }
}
