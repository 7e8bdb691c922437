//! The differences of all mutants against whole forward passes of the mutants, one sample at a time.

use super::generation::Mutants;
use super::layout::{Layout, Regions, Rule};
use super::survey::number;
use crate::evolution::places::WEIGHT;
use crate::evolution::weights::{Kind, Step};
use crate::evolution::{Memory, Task};
use crate::fitness::{self, Measure, cross_entropy};
use crate::inference::logits;
use crate::layers::{
    Activation, Conv2d, Dense, Extent, Flatten, Layer, MaxPool2d, Padding, Window,
};
use crate::network::Network;
use crate::objective::Samples;
use crate::operators::Initialisation;
use crate::rng::{Purpose, index, stream};
use crate::shape::Shape;
use crate::spread::InOrder;
extern crate std;
use std::vec;
use std::vec::Vec;

/// Moves nothing: the differences are what is looked at.
pub(super) struct Stay;

impl Step for Stay {
    const MOMENTS: usize = 0;

    fn each(&self, _: Kind, _: &[f32], _: &mut [f32], _: [&mut [f32]; 2]) {}
}

pub(in crate::evolution) const fn conv(
    filters: usize,
    window: Window,
    activation: Activation,
) -> Layer {
    Layer::Conv2d(Conv2d { filters, window, activation })
}

pub(in crate::evolution) const fn pool(window: Window) -> Layer {
    Layer::MaxPool2d(MaxPool2d { window })
}

pub(in crate::evolution) const fn dense(units: usize, activation: Activation) -> Layer {
    Layer::Dense(Dense { units, activation })
}

pub(in crate::evolution) const FLATTEN: Layer = Layer::Flatten(Flatten);
pub(in crate::evolution) const RELU: Activation = Activation::Relu;
pub(in crate::evolution) const SOFTMAX: Layer = dense(5, Activation::Softmax);

const fn window(size: usize, stride: usize, padding: Padding) -> Window {
    Window { size: Extent::square(size), stride: Extent::square(stride), padding }
}

/// Stacks of every kind of layer in every position.
pub(in crate::evolution) fn stacks() -> Vec<(Shape, Vec<Layer>)> {
    let grey = Shape { height: 12, width: 12, channels: 1 };
    let colour = Shape { height: 9, width: 7, channels: 3 };
    let same = |size, stride| window(size, stride, Padding::Same);
    vec![
        (grey, vec![conv(5, Window::slides(3), RELU), pool(Window::tiles(2)), FLATTEN, SOFTMAX]),
        (
            grey,
            vec![
                conv(3, Window::slides(3), RELU),
                pool(Window::tiles(2)),
                conv(6, Window::slides(2), RELU),
                pool(Window::tiles(2)),
                FLATTEN,
                SOFTMAX,
            ],
        ),
        // The changes of a channel are most in the first layer, the responses in the second.
        (
            grey,
            vec![
                conv(3, Window::slides(3), RELU),
                conv(4, Window::slides(3), RELU),
                pool(Window::tiles(2)),
                FLATTEN,
                SOFTMAX,
            ],
        ),
        (
            colour,
            vec![
                conv(2, same(3, 2), RELU),
                conv(4, same(2, 1), Activation::Linear),
                pool(same(3, 2)),
                conv(3, window(2, 1, Padding::Valid), RELU),
                FLATTEN,
                dense(7, RELU),
                SOFTMAX,
            ],
        ),
        (
            colour,
            vec![
                pool(window(2, 1, Padding::Valid)),
                conv(3, window(3, 2, Padding::Valid), RELU),
                pool(same(2, 1)),
                pool(same(2, 2)),
                FLATTEN,
                SOFTMAX,
            ],
        ),
        (Shape::flat(11), vec![dense(9, RELU), dense(6, Activation::Linear), SOFTMAX]),
    ]
}

/// The loss of a genome on each sample, by whole forward passes.
pub(super) fn losses(objective: &Samples<'_, f32>, genome: &[f32]) -> Vec<f64> {
    let network = objective.network;
    let mut scratch = vec![0.0; network.scratch_length()];
    let samples = objective.samples.chunks(network.input().elements());
    let losses = samples.zip(objective.labels).map(|(sample, &label)| {
        f64::from(cross_entropy(logits(network, genome, sample, &mut scratch).unwrap(), label))
    });
    losses.collect()
}

/// The difference of the losses of a pair of mutants over samples with weights, in 64 bits.
fn whole(
    (objective, weights): (&Samples<'_, f32>, &[f64]),
    genome: &[f32],
    change: impl Fn(&mut [f32], f32),
) -> f64 {
    let loss = |sign: f32| {
        let mut mutant = genome.to_vec();
        change(&mut mutant, sign);
        losses(objective, &mutant).iter().zip(weights).map(|(loss, x)| loss * x).sum::<f64>()
    };
    loss(-1.0) - loss(1.0)
}

/// The weights of the samples by the roulette, as a generation wrote them into the records. Compares each with what its
/// parent's loss allows: 1, or the power of 4 of the level below which its wrong classes are, or 0.
pub(super) fn weights(records: &[f32], losses: &[f64], roulette: f64) -> Vec<f64> {
    let weight = |(sample, loss): (usize, &f64)| {
        let weight = f64::from(number(records, sample, WEIGHT));
        // Of one of these two levels, where rounding may decide.
        let allowed = [1.0 - 1e-4, 1.0 + 1e-4].map(|near| {
            let rest = near * (1.0 - libm::exp(-loss));
            let levels = (0..4).take_while(|&level| rest < roulette / f64::from(1 << (2 * level)));
            f64::from(1 << (2 * levels.count()))
        });
        assert!(weight == 0.0 && roulette > 0.0 || allowed.contains(&weight), "{weight}: {loss}");
        weight
    };
    losses.iter().enumerate().map(weight).collect()
}

/// The probability below which the roulettes of the tests begin: of all samples some are left out, and some weigh more.
pub(super) const ROULETTE: f32 = 0.85;

/// Checks that of these weights some are 0, some 1, and some more.
pub(super) fn are_of_a_roulette(weights: &[f64]) {
    assert!([0.0, 1.0, 4.0].iter().all(|weight| weights.contains(weight)), "{weights:?}");
}

/// The task of a generation of a run of nine.
pub(super) fn task<'a, O>(network: &'a Network, objective: &'a O, generation: u32) -> Task<'a, O> {
    let (seed, length, rescore) = (7, 9, true);
    Task { network, objective, seed, generation, length, rescore, start: None }
}

/// Samples of random values from -1 to 1, and labels of five classes.
pub(super) fn samples(input: Shape, count: usize) -> (Vec<f32>, Vec<u8>) {
    let mut rng = stream(3, 0, 0, Purpose::Show);
    let mut value = || index(&mut rng, 1000) as f32 / 500.0 - 1.0;
    let samples = (0..count * input.elements()).map(|_| value()).collect();
    (samples, (0..count).map(|sample| (sample % 5) as u8).collect())
}

/// Returns the weights of the samples.
fn check<const WIDTH: usize>(input: Shape, layers: &[Layer], roulette: f32) -> Vec<f64> {
    let network = Network::new(input, layers).unwrap();
    let (samples, labels) = samples(input, 21);
    let measure = Measure::CrossEntropy;
    let objective = Samples { network: &network, samples: &samples, labels: &labels, measure };
    let mutants = Mutants {
        initialisation: Initialisation::He,
        directions: 5,
        early_directions: 3,
        early_every: 1,
        sigma: 0.03,
        early_sigma: 0.03,
        output_sigma: 0.05,
        roulette,
        rule: Rule::Differences,
    };
    let lengths = mutants.lengths(&network, &objective, 0);
    let (mut state, mut shared) = (vec![0.0; lengths.state], vec![0.0; lengths.shared]);
    let (mut picks, mut room) = (vec![0; lengths.picks], vec![f32::NAN; lengths.part]);
    let mut none: [fitness::Score; 0] = [];
    for generation in 0..2 {
        let mut memory = Memory {
            state: &mut state[..],
            spare: &mut [][..],
            shared: &mut shared[..],
            picks: &mut picks[..],
            scores: &mut none[..],
        };
        let task = task(&network, &objective, generation);
        let spread = &mut InOrder::<WIDTH>(&mut room);
        let outcome = mutants.generation(&task, &Stay, &mut memory, spread).unwrap();
        assert!(outcome.best.is_finite() && outcome.evaluations > 0);
    }
    compare(&objective, &state[..network.parameters()], &mut shared, roulette)
}

/// Compares all differences that a generation left in the shared memory; returns the weights of the samples.
fn compare(
    objective: &Samples<'_, f32>,
    genome: &[f32],
    shared: &mut [f32],
    roulette: f32,
) -> Vec<f64> {
    let count = objective.labels.len();
    let layout = Layout::new(objective.network, count, (3, 5), false, Rule::Differences).unwrap();
    let regions = Regions::of(&layout, shared);
    let weights = weights(regions.records, &losses(objective, genome), f64::from(roulette));
    let total: f64 = weights.iter().sum();
    let weighed = (objective, &weights[..]);
    let near = |got: f32, expected: f64, what: &str| {
        let error = (f64::from(got) - expected).abs();
        assert!(error < 3e-5 * total, "{what}: {got} for {expected}");
    };
    for (layer, (link, own)) in layout.hidden().enumerate() {
        for filter in 0..link.filters {
            for direction in 0..own.directions {
                let at = own.totals + ((filter / 16 * own.directions) + direction) * 16;
                let got = regions.totals[at + filter % 16];
                let entries = &regions.entries[own.entries..];
                let expected = whole(weighed, genome, |mutant, sign| {
                    for row in 0..=link.inputs() {
                        mutant[link.kernel + row * link.filters + filter] +=
                            sign * 0.03 * entries[row * own.row + direction];
                    }
                });
                near(got, expected, &std::format!("layer {layer}, filter {filter}"));
            }
        }
    }
    let output = layout.output().unwrap();
    for weight in 0..output.parameters() {
        let expected = whole(weighed, genome, |mutant, sign| {
            mutant[output.kernel + weight] += sign * 0.05;
        });
        near(regions.output[weight], expected, &std::format!("output weight {weight}"));
    }
    weights
}

#[test]
fn differences_are_those_of_whole_forward_passes() {
    for (input, layers) in stacks() {
        check::<1>(input, &layers, 0.0);
        check::<2>(input, &layers, 0.0);
        check::<4>(input, &layers, 0.0);
        check::<8>(input, &layers, 0.0);
    }
}

#[test]
fn differences_are_weighted_by_the_roulette() {
    let mut weights = vec![];
    for (input, layers) in stacks() {
        weights.extend(check::<1>(input, &layers, ROULETTE));
        check::<8>(input, &layers, ROULETTE);
    }
    are_of_a_roulette(&weights);
}
