//! Calls what there is for networks with convolutions and poolings.

use crate::evolution::low_rank;
use crate::slice;
use core::hint::black_box;
use tinyevo_core::batch::{self, Groups};
use tinyevo_core::deploy::{Format, Formats, Scale, deploy, scales_length};
use tinyevo_core::evolution::{Algorithm, FilterEs, FilterGa, Memory, Task};
use tinyevo_core::fitness::{Measure, Score};
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::inference;
use tinyevo_core::layers::{
    Activation, Conv2d, Dense, Extent, Flatten, Layer, MaxPool2d, Padding, Window,
};
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Batch, First, Labelled, Objective, Rows, Samples};
use tinyevo_core::operators::Initialisation;
use tinyevo_core::packed::Packed;
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;
use tinyevo_core::spread::InOrder;
use tinyevo_core::tev::{self, File};

const PIXELS: usize = 20;

/// All of it; `None` where a length does not fit.
pub fn all(hash: &mut Fnv1a) -> Option<()> {
    let window = Window {
        size: black_box(Extent::square(black_box(2))),
        stride: black_box(Extent { height: 1, width: 2 }),
        padding: black_box(Padding::Same),
    };
    let relu = black_box(Activation::Relu);
    let mut layers = [
        Layer::MaxPool2d(MaxPool2d { window: black_box(Window::slides(black_box(2))) }),
        Layer::Conv2d(Conv2d { filters: black_box(3), window, activation: relu }),
        Layer::MaxPool2d(MaxPool2d { window: black_box(Window::tiles(black_box(1))) }),
        Layer::MaxPool2d(MaxPool2d { window }),
        Layer::Conv2d(Conv2d { filters: black_box(2), window, activation: relu }),
        Layer::Flatten(Flatten),
        Layer::Dense(Dense { units: black_box(3), activation: black_box(Activation::Softmax) }),
    ];
    let layers = slice(&mut layers);
    let input = black_box(Shape { height: 4, width: 5, channels: 1 });
    let network = Network::new(input, layers).ok()?;
    black_box(batch::can_group(&network));
    black_box(window.input_at(input, black_box((0, 1)), black_box((1, 0))));
    crate::parts::shapes(&network, layers);
    let (mut samples, mut labels) = ([7_u8; 3 * PIXELS], [1_u8, 2, 0]);
    let (samples, labels) = (&*slice(&mut samples), &*slice(&mut labels));
    let measure = black_box(Measure::CrossEntropy);
    let plain = Samples { network: &network, samples, labels, measure };
    black_box((Rows::labels(&plain), plain.row(black_box(1))));
    let mut genome = [0.1; 128];
    let genome = slice(&mut genome).get(..network.parameters())?;
    let mut scratch = [0.0; 128];
    let sample = samples.get(..PIXELS)?;
    hash.floats(inference::logits(&network, genome, sample, slice(&mut scratch)).ok()?);
    filters::<_, 1>(&network, &plain, hash)?;
    low_rank::<_, 1>(&network, &plain, hash)?;
    let rows = Labelled { features: black_box(PIXELS), samples, labels };
    black_box((rows.labels(), rows.row(black_box(1))));
    let groups = Groups::new(&network, rows, measure, black_box(true)).ok()?;
    grouped::<_, 1>(&groups, genome, hash)?;
    grouped::<_, 4>(&groups, genome, hash)?;
    filters::<_, 1>(&network, &groups, hash)?;
    low_rank::<_, 1>(&network, &groups, hash)?;
    file(&network, genome, hash)?;
    integers(hash)
}

/// Integers of few bits: made of a genome, evolved, written, read and run.
fn integers(hash: &mut Fnv1a) -> Option<()> {
    let relu = black_box(Activation::Relu);
    let mut layers = [
        Layer::Conv2d(Conv2d {
            filters: black_box(3),
            window: black_box(Window::slides(2)),
            activation: relu,
        }),
        Layer::MaxPool2d(MaxPool2d { window: black_box(Window::tiles(black_box(2))) }),
        Layer::Flatten(Flatten),
        Layer::Dense(Dense { units: black_box(3), activation: black_box(Activation::Softmax) }),
    ];
    let input = black_box(Shape { height: 4, width: 5, channels: 1 });
    let network = Network::new(input, slice(&mut layers)).ok()?;
    let mut formats = [black_box(Format::Int4), black_box(Format::Ternary)];
    let formats = Formats::new(&network, slice(&mut formats)).ok()?;
    let formats = formats.with_ranges(slice(&mut [black_box(4.0)]))?;
    black_box((formats.check_exact(&network).ok()?, formats.has_usual_ranges()));
    let (mut samples, mut labels) = ([7_u8; 3 * PIXELS], [1_u8, 2, 0]);
    let (samples, labels) = (&*slice(&mut samples), &*slice(&mut labels));
    let rows = Labelled { features: black_box(PIXELS), samples, labels };
    let groups = Groups::new(&network, rows, Measure::CrossEntropy, black_box(true)).ok()?;
    let groups = groups.with_formats(Some(formats.clone()));
    let mut genome = [0.1; 64];
    let genome = slice(&mut genome).get_mut(..network.parameters())?;
    grouped::<_, 1>(&groups, genome, hash)?;
    filters::<_, 1>(&network, &groups, hash)?;

    let (mut codes, mut scales) = ([0.0; 64], [0.0; 32]);
    let codes = slice(&mut codes).get_mut(..network.parameters())?;
    let scales = slice(&mut scales).get_mut(..scales_length(&network))?;
    deploy(&network, &formats, genome, codes, scales).ok()?;
    black_box(Scale::of(scales, black_box(1))?.scaled(black_box(77)));
    let mut row = [0; 8];
    for format in formats.as_slice() {
        format.pack(codes, slice(&mut row));
        black_box((format.name(), format.largest(), format.row_bytes(black_box(9))));
    }
    let mut bytes = [0; 300];
    let bytes = slice(&mut bytes).get_mut(..tev::packed_length(&network, &formats))?;
    tev::write_packed(&network, &formats, codes, scales, bytes).ok()?;
    let file = File::new(bytes).ok()?;
    let packed = file.packed().ok()?;
    let packed = Packed::new(packed.input(), black_box(packed.layers()))?;
    black_box((packed.outputs(), packed.sums_length(), packed.activations_length()));
    let (mut sums, mut activations) = ([0; 8], [0; 32]);
    let (sums, activations) = (slice(&mut sums), slice(&mut activations));
    let pixels = samples.get(..PIXELS)?;
    for logit in packed.logits(pixels, sums, activations).ok()? {
        hash.bytes(&logit.to_le_bytes());
    }
    black_box(packed.classify(pixels, sums, activations).ok()?);
    Some(())
}

/// The score and the logits of lane groups.
#[inline(never)]
fn grouped<R: Rows, const WIDTH: usize>(
    groups: &Groups<R>,
    genome: &[f32],
    hash: &mut Fnv1a,
) -> Option<()> {
    let mut room = [0.0; 9000];
    let room = slice(&mut room);
    black_box((groups.parts(), groups.samples(), groups.room(), groups.direction()));
    let score = groups.score::<WIDTH>(genome, black_box(0), room, black_box(false)).ok()?;
    hash.floats(&[groups.value(&score), score.accuracy()]);
    let logits = groups.logits::<WIDTH>(genome, black_box(1), room, black_box(true)).ok()?;
    hash.floats(logits.as_flattened());
    black_box((groups.part_length(), groups.packed_length(black_box(3))));
    black_box((Batch::labels(groups), groups.is_used(black_box(3))));
    groups.pack::<WIDTH>(black_box(1), genome, room).ok()?;
    let weights = genome.get(..21)?;
    let layer = First { units: black_box(1), weights, packed: &[] };
    groups.sums::<WIDTH>(black_box(0), layer, None, room).ok()
}

/// Generations of the filter-wise strategy, and of the genetic algorithm.
#[inline(never)]
fn filters<O: Rows, const WIDTH: usize>(
    network: &Network,
    objective: &O,
    hash: &mut Fnv1a,
) -> Option<()> {
    let algorithm = FilterEs {
        directions: black_box(3),
        early_directions: black_box(2),
        early_every: black_box(2),
        initialisation: Initialisation::He,
        sigma: black_box(0.1),
        output_sigma: black_box(0.1),
        learning_rate: black_box(Schedule::Linear { from: 0.1, to: 0.0 }),
        early_rate: black_box(0.3),
        warmup: black_box(2),
        decay: black_box(Schedule::Geometric { from: 0.1, to: 0.2 }),
        roulette: black_box(0.5),
    };
    black_box(algorithm.in_range().ok()?);
    generations::<_, _, WIDTH>(&algorithm, network, objective, hash)?;
    let algorithm = FilterGa {
        directions: black_box(3),
        early_directions: black_box(2),
        early_every: black_box(2),
        initialisation: Initialisation::He,
        sigma: black_box(0.1),
        early_sigma: black_box(0.2),
        output_sigma: black_box(0.1),
        mutation_scale: black_box(Schedule::Linear { from: 1.0, to: 0.1 }),
        decay: black_box(Schedule::Geometric { from: 0.1, to: 0.2 }),
        roulette: black_box(0.5),
    };
    black_box(algorithm.in_range().ok()?);
    // It takes no network of integers.
    let done = generations::<_, _, WIDTH>(&algorithm, network, objective, hash);
    done.or_else(|| objective.formats().map(|_| ()))
}

/// Generations of an algorithm.
fn generations<O, A: Algorithm<O>, const WIDTH: usize>(
    algorithm: &A,
    network: &Network,
    objective: &O,
    hash: &mut Fnv1a,
) -> Option<()> {
    let (mut floats, mut shared, mut room) = ([0.0; 512], [0.0; 9000], [0.0; 40_000]);
    let (mut picks, mut scores, mut none) = ([0; 8], [Score::default(); 0], [0.0; 0]);
    for generation in 0..black_box(3) {
        let (seed, length, rescore, start) = black_box((1, 9, true, None));
        let task = Task { network, objective, seed, generation, length, rescore, start };
        black_box(algorithm.check().ok()?);
        black_box(algorithm.lengths(network, objective));
        let mut memory = Memory {
            state: slice(&mut floats),
            spare: slice(&mut none),
            shared: slice(&mut shared),
            picks: slice(&mut picks),
            scores: slice(&mut scores),
        };
        let mut spread = InOrder::<WIDTH>(slice(&mut room));
        let outcome = algorithm.generation(&task, &mut memory, &mut spread).ok()?;
        let again = algorithm.outcome(&task, memory.state, memory.shared).ok()?;
        hash.floats(&[outcome.best, outcome.accuracy, again.best]);
    }
    Some(())
}

/// The file of such a network.
fn file(network: &Network, genome: &[f32], hash: &mut Fnv1a) -> Option<()> {
    let mut bytes = [0; 700];
    let bytes = slice(&mut bytes).get_mut(..tev::floats_length(network))?;
    tev::write_floats(network, genome, bytes).ok()?;
    let file = File::new(bytes).ok()?;
    for layer in file.layers() {
        black_box(layer.kind());
    }
    black_box(file.network().ok()?.parameters());
    hash.bytes(&file.checksum().to_le_bytes());
    Some(())
}
