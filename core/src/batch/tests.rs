//! The batch against the oracle, in short: `tests/kernel.rs` of the workspace does it for each
//! instruction set of the machine, over all sizes, depths and edges.

use super::*;
use crate::fitness::{self, Measure, Score};
use crate::inference;
use crate::layers::Activation;
use crate::network::Network;
use crate::network::tests::dense;
use crate::objective::Objective;
use crate::rng::{self, Purpose};
use crate::shape::Shape;
extern crate std;
use std::vec;
use std::vec::Vec;

/// Samples with about 80 % zeros, and labels.
fn samples(count: usize, features: usize) -> (Vec<f32>, Vec<u8>) {
    let mut rng = rng::stream(5, 0, 0, Purpose::Show);
    let sparse = |rng: &mut _| if rng::unit(rng) < 0.8 { 0.0 } else { rng::unit(rng) };
    let samples = (0..count * features).map(|_| sparse(&mut rng)).collect();
    let labels = (0..count).map(|_| rng::index(&mut rng, 10) as u8).collect();
    (samples, labels)
}

/// The lists of two samples without a value.
const LISTS: [List; 2] = [List { sample: 0, length: 0 }, List { sample: 1, length: 0 }];

struct Encoded {
    starts: Vec<u32>,
    lists: Vec<List>,
    entries: Vec<Entry>,
}

fn encoded(samples: &[f32], features: usize) -> Encoded {
    let count = samples.len() / features;
    let mut starts = vec![0; count.div_ceil(CHUNK) + 1];
    let mut lists = vec![List::default(); count * tiles(features)];
    let mut entries = vec![Entry::default(); samples.len()];
    encode(samples, features, &mut starts, &mut lists, &mut entries).unwrap();
    Encoded { starts, lists, entries }
}

/// Logits and score of the batch against the oracle, for one width, bit for bit.
fn assert_width<const WIDTH: usize>(
    network: &Network,
    genome: &[f32],
    samples: SparseSamples<'_>,
    oracle: (&[u32], Score),
) {
    let mut packed = vec![f32::NAN; Prepared::<WIDTH>::packed_length(network)];
    let mut activations = vec![f32::NAN; Prepared::<WIDTH>::activations_length(network)];
    let prepared = Prepared::<WIDTH>::new(network, genome, &mut packed).unwrap();
    let mut bits = Vec::new();
    for chunk in 0..samples.chunks() {
        let logits = prepared.logits(samples.chunk(chunk), &mut activations).unwrap();
        bits.extend(logits.flatten().map(|x| x.to_bits()));
    }
    let objective = Blocks { network, samples, measure: Measure::Accuracy, loss: true };
    let (mut total, mut room) = (Score::default(), vec![f32::NAN; objective.room()]);
    for part in 0..objective.parts() {
        // Every other part goes on with what the one before has packed.
        let held = part % 2 == 1;
        total.add_block(objective.score::<WIDTH>(genome, part, &mut room, held).unwrap());
    }
    assert_eq!(bits, oracle.0, "logits, width {WIDTH}");
    assert_eq!(total, oracle.1, "score, width {WIDTH}");
}

/// The one runner: batch against oracle, for every width.
fn assert_equals_oracle(network: &Network, genome: &[f32], count: usize) {
    let features = network.input().elements();
    let (samples, labels) = samples(count, features);
    let Encoded { starts, lists, entries } = encoded(&samples, features);
    let sparse = SparseSamples::new(features, &starts, &lists, &entries, &labels).unwrap();
    let mut scratch = vec![0.0; network.scratch_length()];
    let mut bits = Vec::new();
    for sample in samples.chunks(features) {
        let logits = inference::logits(network, genome, sample, &mut scratch).unwrap();
        bits.extend(logits.iter().map(|x| x.to_bits()));
    }
    let score = fitness::evaluate(network, genome, &samples, &labels, &mut scratch, true);
    let oracle = (&bits[..], score.unwrap());
    assert_width::<1>(network, genome, sparse, oracle);
    assert_width::<2>(network, genome, sparse, oracle);
    assert_width::<4>(network, genome, sparse, oracle);
    assert_width::<8>(network, genome, sparse, oracle);
}

fn genome(network: &Network) -> Vec<f32> {
    let mut rng = rng::stream(6, 0, 0, Purpose::Initialise);
    (0..network.parameters()).map(|_| rng::uniform(&mut rng, -1.0, 1.0)).collect()
}

#[test]
fn it_equals_the_oracle_for_every_width_of_the_hidden_layer() {
    for hidden in (1..=40).chain([63, 64, 65, 127, 128, 129, 130, 200]) {
        let layers = [dense(hidden, Activation::Relu), dense(10, Activation::Softmax)];
        let network = Network::new(Shape::flat(30), &layers).unwrap();
        assert_equals_oracle(&network, &genome(&network), 9);
    }
}

#[test]
fn it_equals_the_oracle_for_other_depths_tiles_and_counts() {
    for (features, layers) in [
        (1, &[dense(18, Activation::Linear)][..]),
        (
            84,
            &[
                dense(12, Activation::Relu),
                dense(20, Activation::Relu),
                dense(3, Activation::Softmax),
            ],
        ),
        (169, &[dense(17, Activation::Relu), dense(3, Activation::Softmax)]),
    ] {
        let network = Network::new(Shape::flat(features), layers).unwrap();
        for count in [0, 1, 3, 256, 257, 600] {
            assert_equals_oracle(&network, &genome(&network), count);
        }
    }
}

#[test]
fn a_genome_that_is_not_finite_gets_the_worst_score() {
    let network = Network::new(Shape::flat(2), &[dense(2, Activation::Softmax)]).unwrap();
    for bad in [f32::NAN, f32::INFINITY] {
        let genome = [0.0, 0.0, 0.0, 0.0, 0.0, bad];
        let mut packed = vec![0.0; Prepared::<4>::packed_length(&network)];
        let mut activations = vec![0.0; Prepared::<4>::activations_length(&network)];
        let prepared = Prepared::<4>::new(&network, &genome, &mut packed).unwrap();
        assert!(!prepared.is_finite());
        let samples = SparseSamples::new(2, &[0; 2], &LISTS, &[], &[0, 1]).unwrap();
        let mut score = Score::default();
        assert_eq!(prepared.score(samples, &mut activations, true, &mut score), Ok(()));
        assert_eq!(score, Score::worst(2));
        assert!(prepared.score(samples, &mut [], true, &mut score).is_err());
    }
}

#[test]
fn wrong_lengths_are_refused() {
    let network = Network::new(Shape::flat(2), &[dense(2, Activation::Softmax)]).unwrap();
    assert_eq!(Prepared::<4>::packed_length(&network), 3 * LANES);
    assert!(Prepared::<4>::new(&network, &[0.0; 5], &mut [0.0; 100]).is_err());
    assert!(Prepared::<4>::new(&network, &[0.0; 6], &mut [0.0; 47]).is_err());
    let mut packed = [0.0; 48];
    let prepared = Prepared::<4>::new(&network, &[0.0; 6], &mut packed).unwrap();
    let samples = SparseSamples::new(2, &[0, 0], &LISTS[..1], &[], &[0]).unwrap();
    let score = |samples, activations: &mut [f32]| {
        prepared.score(samples, activations, false, &mut Score::default())
    };
    assert!(score(samples, &mut [0.0; 16]).is_err());
    let mut activations = vec![0.0; Prepared::<4>::activations_length(&network)];
    let (lists, labels) = ([List::default(); 257], [0; 257]);
    let many = SparseSamples::new(2, &[0; 3], &lists, &[], &labels).unwrap();
    assert!(score(many, &mut activations).is_err());
    let wide = SparseSamples::new(3, &[0, 0], &LISTS[..1], &[], &[0]).unwrap();
    assert!(score(wide, &mut activations).is_err());
}
