//! The batch kernel against the plain oracle, bit for bit, with each instruction set of this machine
//! forced in turn: one runner for all sizes, images and weights.

use tinyevo::isa::{Isa, Kernel};
use tinyevo_core::batch::{self, Entry, List, Prepared, SparseSamples, TILE};
use tinyevo_core::error::LengthError;
use tinyevo_core::fitness::{self, BLOCK, Score};
use tinyevo_core::inference;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::rng::{self, Purpose, Stream};
use tinyevo_core::shape::Shape;

/// Images, encoded.
struct Samples {
    pixels: Vec<u8>,
    labels: Vec<u8>,
    features: usize,
    starts: Vec<u32>,
    lists: Vec<List>,
    entries: Vec<Entry>,
}

impl Samples {
    /// `count` images whose pixels `draw` gives, with labels of which some name no class.
    fn new(features: usize, count: usize, mut draw: impl FnMut(&mut Stream) -> u8) -> Self {
        let mut rng = rng::stream(1, features as u32, count as u32, Purpose::Show);
        let pixels: Vec<u8> = (0..features * count).map(|_| draw(&mut rng)).collect();
        let labels = (0..count).map(|_| rng::index(&mut rng, 11) as u8).collect();
        let mut lists = vec![List::default(); count * batch::tiles(features)];
        let mut entries = vec![Entry::default(); pixels.len()];
        let mut starts = vec![0; count.div_ceil(BLOCK) + 1];
        batch::encode(&pixels, features, &mut starts, &mut lists, &mut entries).unwrap();
        Self { pixels, labels, features, starts, lists, entries }
    }

    /// MNIST's texture: four pixels in five are zero.
    fn sparse(features: usize, count: usize) -> Self {
        Self::new(features, count, |rng| match rng::index(rng, 5) {
            0 => 1 + rng::index(rng, 255) as u8,
            _ => 0,
        })
    }

    fn encoded(&self) -> SparseSamples<'_> {
        let Self { features, starts, lists, entries, labels, .. } = self;
        SparseSamples::new(*features, starts, lists, entries, labels).unwrap()
    }
}

/// The bits of all logits, then the score.
type Outcome = (Vec<u32>, Score);

fn oracle(network: &Network, genome: &[f32], samples: &Samples) -> Outcome {
    let mut scratch = vec![0.0; network.scratch_length()];
    let mut bits = Vec::new();
    for image in samples.pixels.chunks(samples.features) {
        let logits = inference::logits(network, genome, image, &mut scratch).unwrap();
        bits.extend(logits.iter().map(|x| x.to_bits()));
    }
    let Samples { pixels, labels, .. } = samples;
    let score = fitness::evaluate(network, genome, pixels, labels, &mut scratch, true);
    (bits, score.unwrap())
}

/// The same through the batch, compiled for an instruction set by [`Isa::run`].
struct Batch<'a> {
    network: &'a Network,
    genome: &'a [f32],
    samples: SparseSamples<'a>,
}

impl Kernel for Batch<'_> {
    type Output = Result<Outcome, LengthError>;

    #[inline(always)]
    fn run<const WIDTH: usize>(self) -> Self::Output {
        let Self { network, genome, samples } = self;
        // What was in the buffers must not show.
        let mut packed = vec![f32::NAN; Prepared::<WIDTH>::packed_length(network)];
        let mut activations = vec![f32::NAN; Prepared::<WIDTH>::activations_length(network)];
        let prepared = Prepared::<WIDTH>::new(network, genome, &mut packed)?;
        let (mut bits, mut total) = (Vec::new(), Score::default());
        for block in 0..samples.blocks() {
            let samples = samples.block(block);
            for logits in prepared.logits(samples, &mut activations)? {
                bits.extend(logits.iter().map(|x| x.to_bits()));
            }
            total.add_block(prepared.score(samples, &mut activations, true)?);
        }
        Ok((bits, total))
    }
}

/// The one runner.
fn assert_equals_oracle(network: &Network, genome: &[f32], samples: &Samples, case: &str) {
    let expected = oracle(network, genome, samples);
    for_each_isa(network, genome, samples, |got, isa| {
        assert!(got.0 == expected.0, "{case}, {isa}: logits differ");
        assert_eq!(got.1, expected.1, "{case}, {isa}");
    });
}

/// What the batch gives, with each instruction set of this machine, each of which is proven to be
/// what ran.
fn for_each_isa(
    network: &Network,
    genome: &[f32],
    samples: &Samples,
    mut check: impl FnMut(Outcome, Isa),
) {
    for isa in Isa::every() {
        let mut runs = Isa::runs();
        runs[isa as usize] += 1;
        let got = isa.run(Batch { network, genome, samples: samples.encoded() }).unwrap();
        assert_eq!(Isa::runs(), runs, "{isa} was not what ran");
        check(got, isa);
    }
}

/// features-hidden(ReLU)-10(softmax).
fn network(features: usize, hidden: usize) -> Network {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let layers = [dense(hidden, Activation::Relu), dense(10, Activation::Softmax)];
    Network::new(Shape::flat(features), &layers).unwrap()
}

/// Weights that `draw` gives.
fn genome(network: &Network, mut draw: impl FnMut(&mut Stream) -> f32) -> Vec<f32> {
    let mut rng = rng::stream(2, 0, 0, Purpose::Show);
    (0..network.parameters()).map(|_| draw(&mut rng)).collect()
}

fn uniform(rng: &mut Stream) -> f32 {
    rng::uniform(rng, -1.0, 1.0)
}

#[test]
fn every_hidden_size_equals_the_oracle() {
    let samples = Samples::sparse(100, 21);
    for hidden in 1..=130 {
        let network = network(100, hidden);
        let case = format!("{hidden} hidden units");
        assert_equals_oracle(&network, &genome(&network, uniform), &samples, &case);
    }
}

#[test]
fn every_number_of_samples_equals_the_oracle() {
    for hidden in [7, 16, 128] {
        let network = network(85, hidden);
        let genome = genome(&network, uniform);
        for count in 0..=300 {
            let samples = Samples::sparse(85, count);
            let case = format!("{hidden} hidden units, {count} samples");
            assert_equals_oracle(&network, &genome, &samples, &case);
        }
    }
}

#[test]
fn every_depth_equals_the_oracle() {
    for depth in 1..=5 {
        let dense = |units, activation| Layer::Dense(Dense { units, activation });
        let mut layers: Vec<_> = (1..depth).map(|l| dense(12 * l, Activation::Relu)).collect();
        layers.push(dense(18, Activation::Linear));
        let network = Network::new(Shape::flat(20), &layers).unwrap();
        for count in [0, 1, 2, 3, 4, 5, 255, 256, 257, 300] {
            let samples = Samples::sparse(20, count);
            let case = format!("{depth} layers, {count} samples");
            assert_equals_oracle(&network, &genome(&network, uniform), &samples, &case);
        }
    }
}

#[test]
fn every_number_of_tiles_equals_the_oracle() {
    for tiles in 1..=9 {
        for features in [tiles * TILE - 1, tiles * TILE, tiles * TILE + 1] {
            let network = network(features, 17);
            let case = format!("{features} features");
            let samples = Samples::sparse(features, 40);
            assert_equals_oracle(&network, &genome(&network, uniform), &samples, &case);
        }
    }
}

#[test]
fn empty_full_and_real_sized_images_equal_the_oracle() {
    let network = network(784, 128);
    let genome = genome(&network, uniform);
    for (case, samples) in [
        ("all pixels 0", Samples::new(784, 33, |_| 0)),
        ("all pixels 255", Samples::new(784, 33, |_| 255)),
        ("sparse", Samples::sparse(784, 300)),
    ] {
        assert_equals_oracle(&network, &genome, &samples, case);
    }
}

#[test]
fn weights_at_the_edges_equal_the_oracle() {
    let samples = Samples::sparse(100, 40);
    // Sums that overflow become infinite, and their differences NaN, whose bits are not promised:
    // huge weights stay a factor of a million below.
    let edges: [(&str, &[f32]); 5] = [
        ("huge", &[1e32, -1e32, 1.0]),
        ("subnormal", &[1e-45, -1e-45, 1e-40, f32::MIN_POSITIVE]),
        ("signed zeros", &[0.0, -0.0]),
        ("negative zeros", &[-0.0]),
        ("all kinds", &[-0.0, 0.0, 1e-45, -1e-45, 1e-40, 1e30, -1e30, 1.0, -1.0]),
    ];
    for (case, weights) in edges {
        for hidden in [1, 17, 64, 130] {
            let network = network(100, hidden);
            let genome = genome(&network, |rng| weights[rng::index(rng, weights.len())]);
            assert_equals_oracle(&network, &genome, &samples, case);
        }
    }
}

#[test]
fn logits_that_overflow_classify_and_count_as_the_oracle_says() {
    // 1e38 times some pixels is infinite, and the second layer makes NaN of it: argmax and the cap of
    // the loss must see the same.
    let samples = Samples::sparse(100, 70);
    let network = network(100, 20);
    let genome = genome(&network, |rng| [1e38, -1e38, 3e38, 1.0][rng::index(rng, 4)]);
    let expected = oracle(&network, &genome, &samples).1;
    assert!(expected.loss > f64::from(fitness::MAX_LOSS), "the case is no case");
    for_each_isa(&network, &genome, &samples, |got, isa| assert_eq!(got.1, expected, "{isa}"));
}

#[test]
fn a_weight_that_is_not_finite_gets_the_worst_score_on_every_path() {
    let samples = Samples::sparse(100, 300);
    let network = network(100, 20);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for place in [0, 1999, 2000, network.parameters() - 1] {
            let mut genome = genome(&network, uniform);
            genome[place] = bad;
            let worst = Score::worst(300);
            assert_eq!(oracle(&network, &genome, &samples).1, worst, "{bad} at {place}");
            for_each_isa(&network, &genome, &samples, |got, isa| {
                assert_eq!(got.1, worst, "{bad} at {place}, {isa}");
            });
        }
    }
}
