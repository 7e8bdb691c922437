//! The one runner of the batch against the plain oracle, bit for bit: all sizes around the lane groups
//! and tiles, all depths, images and weights at the edges.
//!
//! A test file names a function that gives a [`Work`] to each of its back ends, and has all cases by
//! `all_cases!`: the core's own tests take every width, the workspace's every instruction set.

use tinyevo_core::batch::{self, Blocks, CHUNK, Entry, List, Prepared, SparseSamples, TILE};
use tinyevo_core::fitness::{self, Measure, Score};
use tinyevo_core::inference;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::objective::Objective;
use tinyevo_core::rng::{self, Purpose, Stream};
use tinyevo_core::sample::Feature;
use tinyevo_core::shape::Shape;

/// The bits of all logits, then the score.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    logits: Vec<u32>,
    score: Score,
}

/// What a back end does.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    network: &'a Network,
    genome: &'a [f32],
    samples: SparseSamples<'a>,
}

/// Does the work with each back end, and hands over what each one gave and its name.
pub(crate) type EachBackEnd = fn(Work<'_>, &mut dyn FnMut(Outcome, &str));

/// Tests of all cases, with a function that is an [`EachBackEnd`].
macro_rules! all_cases {
    ($each:path) => {
        oracle::all_cases! { $each:
            every_hidden_size
            every_number_of_samples
            every_number_of_classes
            every_depth
            every_number_of_tiles
            empty_full_and_real_sized_images
            values_that_are_no_pixels
            weights_at_the_edges
            logits_that_overflow
            weights_that_are_not_finite
        }
    };
    ($each:path: $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                oracle::$case($each);
            }
        )*
    };
}
pub(crate) use all_cases;

/// Floats before and after each buffer, which must stay as they are.
const CANARIES: usize = 5;

/// Gives `work` a buffer of `length` NaNs, since what was in it must not show, and looks that nothing
/// was written beside it.
#[inline(always)]
fn guarded<T>(length: usize, work: impl FnOnce(&mut [f32]) -> T) -> T {
    let canary = f32::from_bits(0x7fc0_1234);
    let mut floats = vec![canary; length + 2 * CANARIES];
    let result = work(&mut floats[CANARIES..CANARIES + length]);
    let (before, after) = (&floats[..CANARIES], &floats[CANARIES + length..]);
    let whole = before.iter().chain(after).all(|float| float.to_bits() == canary.to_bits());
    assert!(whole, "something was written beside a buffer");
    result
}

impl Work<'_> {
    /// The work, with panels of up to `WIDTH` lane groups.
    #[inline(always)]
    pub(crate) fn run<const WIDTH: usize>(self) -> Outcome {
        let Self { network, genome, samples } = self;
        let mut logits = Vec::new();
        guarded(Prepared::<WIDTH>::packed_length(network), |packed| {
            let prepared = Prepared::<WIDTH>::new(network, genome, packed).unwrap();
            guarded(Prepared::<WIDTH>::activations_length(network), |activations| {
                for chunk in 0..samples.chunks() {
                    for row in prepared.logits(samples.chunk(chunk), activations).unwrap() {
                        logits.extend(row.iter().map(|x| x.to_bits()));
                    }
                }
            });
        });
        // As an algorithm scores: part after part.
        let objective = Blocks { network, samples, measure: Measure::Accuracy, loss: true };
        let score = guarded(objective.room(), |room| {
            let mut total = Score::default();
            for part in 0..objective.parts() {
                // Every other part goes on with what the one before has packed.
                let score = objective.score::<WIDTH>(genome, part, room, part % 2 == 1);
                total.add_block(score.unwrap());
            }
            total
        });
        Outcome { logits, score }
    }
}

/// Samples with labels, as they are and encoded.
struct Samples<F> {
    features: usize,
    values: Vec<F>,
    labels: Vec<u8>,
    starts: Vec<u32>,
    lists: Vec<List>,
    entries: Vec<Entry>,
}

impl<F: Feature> Samples<F> {
    /// `count` samples whose values `draw` gives, with labels up to `classes`, which names no class.
    fn new([features, count, classes]: [usize; 3], mut draw: impl FnMut(&mut Stream) -> F) -> Self {
        let mut rng = rng::stream(1, features as u32, count as u32, Purpose::Show);
        let values: Vec<F> = (0..features * count).map(|_| draw(&mut rng)).collect();
        let labels = (0..count).map(|_| rng::index(&mut rng, classes + 1) as u8).collect();
        let mut lists = vec![List::default(); count * batch::tiles(features)];
        let mut entries = vec![Entry::default(); values.len()];
        let mut starts = vec![0; count.div_ceil(CHUNK) + 1];
        batch::encode(&values, features, &mut starts, &mut lists, &mut entries).unwrap();
        Self { features, values, labels, starts, lists, entries }
    }

    fn encoded(&self) -> SparseSamples<'_> {
        let Self { features, starts, lists, entries, labels, .. } = self;
        SparseSamples::new(*features, starts, lists, entries, labels).unwrap()
    }

    /// What the plain code says.
    fn oracle(&self, network: &Network, genome: &[f32]) -> Outcome {
        let mut scratch = vec![0.0; network.scratch_length()];
        let mut logits = Vec::new();
        for sample in self.values.chunks(self.features) {
            let row = inference::logits(network, genome, sample, &mut scratch).unwrap();
            logits.extend(row.iter().map(|x| x.to_bits()));
        }
        let Self { values, labels, .. } = self;
        let score = fitness::evaluate(network, genome, values, labels, &mut scratch, true);
        Outcome { logits, score: score.unwrap() }
    }

    /// Checks each back end against the oracle, whose outcome it returns.
    fn compare(&self, network: &Network, genome: &[f32], each: EachBackEnd, case: &str) -> Outcome {
        let expected = self.oracle(network, genome);
        let mut back_ends = 0;
        each(Work { network, genome, samples: self.encoded() }, &mut |got, name| {
            back_ends += 1;
            assert!(got.logits == expected.logits, "{case}, {name}: logits differ");
            assert_eq!(got.score, expected.score, "{case}, {name}");
        });
        assert!(back_ends > 0, "nothing was compared");
        expected
    }

    /// As [`compare`](Self::compare), of the score alone: the bits of a NaN are not promised.
    fn compare_scores(
        &self,
        network: &Network,
        genome: &[f32],
        each: EachBackEnd,
        case: &str,
    ) -> Score {
        let expected = self.oracle(network, genome).score;
        let mut back_ends = 0;
        each(Work { network, genome, samples: self.encoded() }, &mut |got, name| {
            back_ends += 1;
            assert_eq!(got.score, expected, "{case}, {name}");
        });
        assert!(back_ends > 0, "nothing was compared");
        expected
    }
}

/// Images of MNIST's texture, four pixels in five zero, with ten classes.
fn sparse(features: usize, count: usize) -> Samples<u8> {
    Samples::new([features, count, 10], |rng| match rng::index(rng, 5) {
        0 => 1 + rng::index(rng, 255) as u8,
        _ => 0,
    })
}

/// Layers of so many units, with ReLU between them.
fn network(features: usize, units: &[usize], last: Activation) -> Network {
    let activation = |layer| if layer + 1 == units.len() { last } else { Activation::Relu };
    let layers = units.iter().enumerate();
    let layers =
        layers.map(|(layer, &units)| Layer::Dense(Dense { units, activation: activation(layer) }));
    Network::new(Shape::flat(features), &layers.collect::<Vec<_>>()).unwrap()
}

/// features-hidden(ReLU)-10(softmax).
fn shallow(features: usize, hidden: usize) -> Network {
    network(features, &[hidden, 10], Activation::Softmax)
}

/// Weights that `draw` gives.
fn genome(network: &Network, mut draw: impl FnMut(&mut Stream) -> f32) -> Vec<f32> {
    let mut rng = rng::stream(2, 0, 0, Purpose::Show);
    (0..network.parameters()).map(|_| draw(&mut rng)).collect()
}

fn uniform(rng: &mut Stream) -> f32 {
    rng::uniform(rng, -1.0, 1.0)
}

pub(crate) fn every_hidden_size(each: EachBackEnd) {
    let samples = sparse(100, 21);
    for hidden in 1..=130 {
        let network = shallow(100, hidden);
        let case = format!("{hidden} hidden units");
        samples.compare(&network, &genome(&network, uniform), each, &case);
    }
}

pub(crate) fn every_number_of_samples(each: EachBackEnd) {
    for hidden in [7, 16, 128] {
        let network = shallow(85, hidden);
        let genome = genome(&network, uniform);
        for count in 0..=300 {
            let case = format!("{hidden} hidden units, {count} samples");
            sparse(85, count).compare(&network, &genome, each, &case);
        }
    }
}

pub(crate) fn every_number_of_classes(each: EachBackEnd) {
    for classes in 1..=50 {
        let samples = Samples::new([30, 37, classes], |rng| rng::index(rng, 2) as u8);
        for units in [&[classes][..], &[20, classes]] {
            let network = network(30, units, Activation::Softmax);
            let case = format!("{classes} classes, {} layers", units.len());
            let outcome = samples.compare(&network, &genome(&network, uniform), each, &case);
            assert!(outcome.score.loss > 0.0);
        }
    }
}

pub(crate) fn every_depth(each: EachBackEnd) {
    for depth in 1..=5 {
        let mut units: Vec<_> = (1..depth).map(|layer| 12 * layer).collect();
        units.push(18);
        let network = network(20, &units, Activation::Linear);
        for count in [0, 1, 2, 3, 4, 5, 255, 256, 257, 300, 600] {
            let case = format!("{depth} layers, {count} samples");
            sparse(20, count).compare(&network, &genome(&network, uniform), each, &case);
        }
    }
}

pub(crate) fn every_number_of_tiles(each: EachBackEnd) {
    for tiles in 1..=9 {
        for features in [tiles * TILE - 1, tiles * TILE, tiles * TILE + 1] {
            let network = shallow(features, 17);
            let case = format!("{features} features");
            sparse(features, 40).compare(&network, &genome(&network, uniform), each, &case);
        }
    }
}

pub(crate) fn empty_full_and_real_sized_images(each: EachBackEnd) {
    let network = shallow(784, 128);
    let genome = genome(&network, uniform);
    for (case, samples) in [
        ("all pixels 0", Samples::new([784, 33, 10], |_| 0)),
        ("all pixels 255", Samples::new([784, 33, 10], |_| 255)),
        ("sparse", sparse(784, 300)),
    ] {
        samples.compare(&network, &genome, each, case);
    }
}

pub(crate) fn values_that_are_no_pixels(each: EachBackEnd) {
    let values = [0.0, -0.0, 1.0, -1.0, 1e-45, -1e-40, 3.5, 1e20, -1e20];
    let samples = Samples::new([90, 70, 10], |rng| values[rng::index(rng, values.len())]);
    for hidden in [1, 16, 70] {
        let network = shallow(90, hidden);
        let case = format!("floats, {hidden} hidden units");
        samples.compare(&network, &genome(&network, uniform), each, &case);
    }
}

pub(crate) fn weights_at_the_edges(each: EachBackEnd) {
    let samples = sparse(100, 40);
    // Sums that overflow become infinite, and their differences NaN, whose bits are not promised:
    // huge weights stay a factor of a million below.
    let edges: [(&str, &[f32]); 6] = [
        ("all zero", &[0.0]),
        ("huge", &[1e32, -1e32, 1.0]),
        ("subnormal", &[1e-45, -1e-45, 1e-40, f32::MIN_POSITIVE]),
        ("signed zeros", &[0.0, -0.0]),
        ("negative zeros", &[-0.0]),
        ("all kinds", &[-0.0, 0.0, 1e-45, -1e-45, 1e-40, 1e30, -1e30, 1.0, -1.0]),
    ];
    for (case, weights) in edges {
        for hidden in [1, 17, 64, 130] {
            let network = shallow(100, hidden);
            let genome = genome(&network, |rng| weights[rng::index(rng, weights.len())]);
            samples.compare(&network, &genome, each, case);
        }
    }
}

pub(crate) fn logits_that_overflow(each: EachBackEnd) {
    // 1e38 times some pixels is infinite, and the second layer makes NaN of it: argmax and the cap of
    // the loss must see the same.
    let samples = sparse(100, 70);
    let network = shallow(100, 20);
    let genome = genome(&network, |rng| [1e38, -1e38, 3e38, 1.0][rng::index(rng, 4)]);
    let score = samples.compare_scores(&network, &genome, each, "overflow");
    assert!(score.loss > f64::from(fitness::MAX_LOSS), "the case is no case");
}

pub(crate) fn weights_that_are_not_finite(each: EachBackEnd) {
    let samples = sparse(100, 300);
    let network = shallow(100, 20);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for place in [0, 1999, 2000, network.parameters() - 1] {
            let mut genome = genome(&network, uniform);
            genome[place] = bad;
            let case = format!("{bad} at {place}");
            let score = samples.compare_scores(&network, &genome, each, &case);
            assert_eq!(score, Score { samples: 300, correct: 0, loss: 3e8 }, "{case}");
        }
    }
}
