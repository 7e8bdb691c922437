//! The differences of all pairs against whole forward passes of their mutants, one sample at a time; and the step
//! against plain sums.

use super::layout::{Layout, Regions};
use super::*;
use crate::evolution::filter::tests::{FLATTEN, RELU, SOFTMAX, conv, dense, pool, stacks};
use crate::evolution::shaping::{Shaping, shape};
use crate::evolution::{Algorithm, LowRankEs, Outcome};
use crate::fitness::{Measure, cross_entropy};
use crate::inference::logits;
use crate::layers::{Layer, Window};
use crate::objective::Samples;
use crate::rng::{Purpose, index, stream};
use crate::schedule::Schedule;
use crate::shape::Shape;
use crate::spread::InOrder;
extern crate std;
use std::vec;
use std::vec::Vec;

/// Of these, 5 are in a lane group that is not whole.
const SAMPLES: usize = 37;

/// Moves nothing: the moments are what is looked at.
fn still(rank: usize, images: usize) -> LowRankEs {
    let learning_rate = Schedule::Constant { value: 0.0 };
    let (pairs, sigma, blur, shaping) = (32, 0.03, 1, Shaping::Normalised);
    LowRankEs { pairs, rank, images, sigma, blur, shaping, learning_rate, ..LowRankEs::USUAL }
}

/// Samples of a network, with five classes.
fn samples(network: &Network) -> (Vec<f32>, Vec<u8>) {
    let mut rng = stream(3, 0, 0, Purpose::Show);
    let mut value = || index(&mut rng, 1000) as f32 / 500.0 - 1.0;
    let values = (0..SAMPLES * network.input().elements()).map(|_| value()).collect();
    (values, (0..SAMPLES).map(|sample| (sample % 5) as u8).collect())
}

/// The state and the shared memory after some generations, and the last outcome.
fn evolve<const WIDTH: usize>(
    es: &LowRankEs,
    objective: &Samples<'_, f32>,
    generations: u32,
) -> (Vec<f32>, Vec<f32>, Outcome) {
    let network = objective.network;
    let lengths = es.lengths(network, objective);
    let mut memory = Memory {
        state: vec![f32::NAN; lengths.state],
        spare: vec![],
        shared: vec![f32::NAN; lengths.shared],
        picks: vec![usize::MAX; lengths.picks],
        scores: Vec::<fitness::Score>::new(),
    };
    let mut room = vec![f32::NAN; lengths.part];
    let mut last = Outcome::default();
    for generation in 0..generations {
        let (seed, length, rescore) = (7, 9, true);
        let task = Task { network, objective, seed, generation, length, rescore, start: None };
        last = es.generation(&task, &mut memory, &mut InOrder::<WIDTH>(&mut room)).unwrap();
    }
    (memory.state, memory.shared, last)
}

/// The loss of the minus mutant of a pair less that of the plus mutant, on each sample; in 64 bits.
fn whole(
    (es, layout): (&LowRankEs, &Layout),
    objective: &Samples<'_, f32>,
    (genome, left, right): (&[f32], &[f32], &[f32]),
    pair: usize,
) -> Vec<f64> {
    let network = objective.network;
    let mut scratch = vec![0.0; network.scratch_length()];
    let mutants = [-1.0, 1.0].map(|sign| {
        let mut mutant = genome.to_vec();
        for (place, (link, layer)) in layout.links().enumerate() {
            let deviation = if place == 0 { layout.blur.deviation() } else { 1.0 };
            let unit = sign * es.sigma / (es.rank as f32).sqrt() / deviation;
            for rank in 0..es.rank {
                for row in 0..layer.rows() {
                    let (left_at, right_at) =
                        ((layer.left, layer.rows()), (layer.right, layer.units));
                    let a = layout.factors.entry(left, left_at, row, (pair, rank));
                    for unit_index in 0..layer.units {
                        let b = layout.factors.entry(right, right_at, unit_index, (pair, rank));
                        mutant[link.kernel + row * layer.units + unit_index] += unit * a * b;
                    }
                }
            }
        }
        mutant
    });
    let features = network.input().elements();
    let each = objective.samples.chunks(features).zip(objective.labels);
    let difference = |(sample, &label): (&[f32], &u8)| {
        let [minus, plus] = mutants.each_ref().map(|mutant| {
            let logits = logits(network, mutant, sample, &mut scratch).unwrap();
            f64::from(cross_entropy(logits, label))
        });
        minus - plus
    };
    each.map(difference).collect()
}

/// Checks all that a generation left in the memory.
fn check(es: &LowRankEs, network: &Network) {
    let (values, labels) = samples(network);
    let measure = Measure::CrossEntropy;
    let objective = Samples { network, samples: &values, labels: &labels, measure };
    let (state, mut shared, outcome) = evolve::<8>(es, &objective, 2);
    let genes = network.parameters();
    let layout = Layout::new(network, SAMPLES, es).unwrap();
    let Regions { records, mutants, .. } = Regions::of(&layout, &mut shared);
    let weight = |sample: usize| f64::from(number(records, sample, WEIGHT));
    let counting: Vec<usize> = (0..SAMPLES).filter(|&sample| weight(sample) > 0.0).collect();
    let groups: Vec<&[usize]> = counting.chunks(LANES).collect();
    let each = if es.images == 0 { groups.len() } else { es.images / LANES };
    let own_factors = (&state[..genes], &*mutants.left, &*mutants.right);
    let (mut images, mut largest) = (SAMPLES, 0.0_f64);
    for (pair, &got) in mutants.differences.iter().enumerate() {
        let losses = whole((es, &layout), &objective, own_factors, pair);
        // The groups of samples come in turn; generation 1 begins where the one before would have ended.
        let parts = es.pairs / LANES * each;
        let turn = (0..each).map(|it| groups[(parts + pair / LANES * each + it) % groups.len()]);
        let own: Vec<usize> = turn.flatten().copied().collect();
        let expected: f64 = own.iter().map(|&sample| weight(sample) * losses[sample]).sum();
        let bound = 3e-5 * own.iter().map(|&sample| weight(sample)).sum::<f64>();
        assert!((f64::from(got) - expected).abs() < bound, "pair {pair}: {got} for {expected}");
        largest = largest.max(expected.abs() / bound);
        images += 2 * own.len();
    }
    assert!(largest > 100.0, "{largest}: the test would notice nothing");
    assert_eq!(outcome.mutant_images, images as u64);
    assert_eq!(outcome.evaluations, 2 * es.pairs as u64 + 1);
    step_is_plain((es, &layout), &state, (mutants.left, mutants.right, mutants.differences));
}

/// Compares Adam's first moment after the first step with plain sums.
fn step_is_plain(
    (es, layout): (&LowRankEs, &Layout),
    state: &[f32],
    (left, right, differences): (&[f32], &[f32], &[f32]),
) {
    let mut shares = vec![0.0; es.pairs];
    shape(differences, es.shaping, &mut shares);
    let moments = &state[crate::slices::row_length(layout.parameters)..];
    for (link, layer) in layout.links() {
        for place in 0..link.parameters() {
            let (row, unit) = (place / layer.units, place % layer.units);
            let (left_at, right_at) = ((layer.left, layer.rows()), (layer.right, layer.units));
            let (mut sum, mut size) = (0.0, 0.0);
            for (pair, &share) in shares.iter().enumerate() {
                for rank in 0..es.rank {
                    let a = layout.factors.entry(left, left_at, row, (pair, rank));
                    let b = layout.factors.entry(right, right_at, unit, (pair, rank));
                    sum += f64::from(share) * f64::from(a) * f64::from(b);
                    size += f64::from((share * a * b).abs());
                }
            }
            let got = f64::from(moments[link.kernel + place]);
            assert!((got - 0.1 * sum).abs() < 1e-6 * size, "{got} for {sum}");
        }
    }
}

/// Stacks of every kind of layer in every position, but for those of dense layers alone.
fn all_stacks() -> Vec<Network> {
    let grey = Shape { height: 8, width: 9, channels: 1 };
    let (slides, tiles) = (Window::slides(3), Window::tiles(2));
    let mut all = stacks();
    all.extend([
        (grey, vec![conv(4, slides, RELU), pool(tiles), FLATTEN, dense(18, RELU), SOFTMAX]),
        (grey, vec![pool(tiles), FLATTEN, SOFTMAX]),
        (grey, vec![FLATTEN, dense(6, RELU), SOFTMAX]),
    ]);
    all.retain(|(_, layers)| layers.iter().any(|layer| !matches!(layer, Layer::Dense(_))));
    all.into_iter().map(|(input, layers)| Network::new(input, &layers).unwrap()).collect()
}

#[test]
fn differences_are_those_of_whole_forward_passes_and_the_step_is_their_sum() {
    let all = all_stacks();
    for network in &all {
        check(&still(1, 16), network);
    }
    check(&still(3, 32), &all[1]);
    check(&LowRankEs { roulette: 0.9, blur: 0, ..still(2, 0) }, &all[1]);
}

#[test]
fn vector_widths_do_not_show() {
    for network in all_stacks() {
        let (samples, labels) = samples(&network);
        let measure = Measure::CrossEntropy;
        let objective = Samples { network: &network, samples: &samples, labels: &labels, measure };
        let rate = Schedule::Constant { value: 0.01 };
        let es = LowRankEs { learning_rate: rate, roulette: 0.9, ..still(2, 16) };
        let bits = |state: Vec<f32>| state.into_iter().map(f32::to_bits).collect::<Vec<u32>>();
        let one = bits(evolve::<1>(&es, &objective, 4).0);
        assert_eq!(bits(evolve::<2>(&es, &objective, 4).0), one);
        assert_eq!(bits(evolve::<4>(&es, &objective, 4).0), one);
        assert_eq!(bits(evolve::<8>(&es, &objective, 4).0), one);
        assert_ne!(bits(evolve::<8>(&es, &objective, 1).0), one);
    }
}

#[test]
fn what_is_no_chain_is_refused() {
    let input = Shape { height: 4, width: 4, channels: 1 };
    let network = Network::new(input, &[pool(Window::tiles(2))]).unwrap();
    let (samples, labels) = samples(&network);
    let measure = Measure::CrossEntropy;
    let objective = Samples { network: &network, samples: &samples, labels: &labels, measure };
    let task = Task {
        network: &network,
        objective: &objective,
        seed: 1,
        generation: 0,
        length: 1,
        rescore: true,
        start: None,
    };
    let mut memory = Memory {
        state: vec![],
        spare: vec![],
        shared: vec![],
        picks: vec![],
        scores: Vec::<fitness::Score>::new(),
    };
    let error = still(1, 0).generation(&task, &mut memory, &mut InOrder::<1>(&mut []));
    assert!(matches!(error, Err(EvolutionError::Setting(_))), "{error:?}");
}
