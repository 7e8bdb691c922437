//! Calls the whole public core with arguments that the optimiser does not know.
#![no_std]
#![no_main]

mod evolution;
mod maps;
mod parts;

use core::hint::black_box;
use core::panic::PanicInfo;
use tinyevo_core::batch::{self, Entry, List, PackedLayer, Prepared, SparseSamples};
use tinyevo_core::confusion::Confusion;
use tinyevo_core::fitness::{self, Measure, Score};
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::{Network, parameter_count, scratch_length};
use tinyevo_core::population::Rows;
use tinyevo_core::quantized::{self, Model, Quantized};
use tinyevo_core::rand_core::Rng;
use tinyevo_core::rng::{self, Chance, Purpose, stream};
use tinyevo_core::shape::Shape;
use tinyevo_core::tev::{self, File};
use tinyevo_core::{inference, layers, math};

unsafe extern "C" {
    /// Exists nowhere: a call that is left does not link.
    fn a_path_to_a_panic_is_left() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: it is never called, or there would be no program.
    unsafe { a_path_to_a_panic_is_left() }
}

#[cfg(feature = "allocating")]
extern crate alloc;

#[cfg(feature = "allocating")]
#[unsafe(no_mangle)]
pub extern "C" fn allocate() {
    black_box(alloc::boxed::Box::new(1));
}

/// Lengths that no one knows before: every slice can be too short or too long.
fn slice<T>(whole: &mut [T]) -> &mut [T] {
    let length = black_box(whole.len()).min(whole.len());
    whole.get_mut(..length).unwrap_or_default()
}

#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    black_box(if cfg!(feature = "control") { control() } else { everything() });
    loop {}
}

fn everything() -> Option<u64> {
    let mut layers = [
        Layer::Dense(Dense { units: black_box(6), activation: black_box(Activation::Relu) }),
        Layer::Dense(Dense { units: black_box(3), activation: black_box(Activation::Softmax) }),
    ];
    let input = black_box(Shape { height: 2, width: 2, channels: 1 });
    let layers = slice(&mut layers);
    black_box(parameter_count(input, layers).ok()?);
    black_box(scratch_length(input, layers).ok()?);
    let network = Network::new(input, layers).ok()?;
    black_box((network.multiply_adds(), network.outputs(), network.scratch_length()));
    for stage in network.stages() {
        black_box((stage.parameters(), stage.layer.fan_in(stage.input), stage.layer.fan_out()));
        black_box(stage.layer.kind());
    }
    let mut hash = Fnv1a::new();
    draws(&mut hash);
    let mut state = [0.0; 256];
    let rows = Rows::new(black_box(51));
    evolution::all(&network, slice(&mut state), &mut hash)?;
    let genome = rows.genome(&state, black_box(0))?;
    evaluate(&network, genome, &mut hash)?;
    batches(&network, genome, &mut hash)?;
    integers(genome, &mut hash)?;
    file_of_floats(&network, genome, &mut hash)?;
    parts::all(&network, layers, &mut hash)?;
    maps::all(&mut hash)?;
    Some(hash.finish())
}

/// One plain index in a slice whose length no one knows: it must not link. Alone, as each link of everything takes long.
fn control() -> Option<u64> {
    let mut hash = Fnv1a::new();
    hash.bytes(&[slice(&mut [1, 2, 3])[black_box(1)]]);
    Some(hash.finish())
}

fn draws(hash: &mut Fnv1a) {
    hash.bytes(&rng::derive(black_box(1), black_box(2)).to_le_bytes());
    let purposes =
        [Purpose::Initialise, Purpose::Select, Purpose::Crossover, Purpose::Mutate, Purpose::Show];
    for purpose in purposes {
        let mut rng = stream(black_box(1), black_box(2), black_box(3), purpose);
        hash.floats(&[
            rng::unit(&mut rng),
            rng::uniform(&mut rng, black_box(-1.0), black_box(1.0)),
            rng::normal(&mut rng),
            math::exp(black_box(1.0)),
            math::ln(black_box(2.0)),
            math::sqrt(black_box(3.0)),
            math::reciprocal_sqrt(black_box(3.0)),
        ]);
        let mut bytes = [0; 100];
        rng.fill_bytes(slice(&mut bytes));
        hash.bytes(&bytes);
        hash.bytes(&rng.next_u64().to_le_bytes());
        black_box(rng::index(&mut rng, black_box(7)));
        black_box(Chance::new(black_box(0.5)).happens(&mut rng));
    }
}

fn evaluate(network: &Network, genome: &[f32], hash: &mut Fnv1a) -> Option<()> {
    let (mut samples, mut labels) = ([0_u8, 255, 3, 9, 1, 2, 3, 4], [1_u8, 2]);
    let (samples, labels) = (slice(&mut samples), slice(&mut labels));
    let mut scratch = [0.0; 16];
    let scratch = slice(&mut scratch);
    let score =
        fitness::evaluate(network, genome, samples, labels, scratch, black_box(true)).ok()?;
    for measure in [Measure::Accuracy, Measure::ReciprocalAccuracy, Measure::CrossEntropy] {
        let value = black_box(measure).value(&score);
        black_box(measure.direction().compare(value, black_box(1.0)));
        hash.floats(&[value]);
    }
    let sample = samples.get(..4)?;
    black_box(inference::classify(network, genome, sample, scratch).ok()?);
    hash.floats(inference::probabilities(network, genome, sample, scratch).ok()?);
    let floats = [0.5_f32, 0.0, 1.0, 0.25];
    hash.floats(inference::logits(network, genome, &floats, scratch).ok()?);
    layers::activation::softmax(scratch);
    let mut total = Score::default();
    total.add_sample(scratch, black_box(1), black_box(true));
    total.add_block(score);
    hash.floats(&[fitness::cross_entropy(scratch, black_box(1)), total.accuracy()]);
    let mut counts = [0; 9];
    let mut confusion = Confusion::new(slice(&mut counts), black_box(3)).ok()?;
    black_box(confusion.add(black_box(1), black_box(2)));
    Some(())
}

fn batches(network: &Network, genome: &[f32], hash: &mut Fnv1a) -> Option<()> {
    let (mut samples, mut labels) = ([0_u8, 255, 3, 9, 1, 2, 3, 4], [1_u8, 2]);
    let (mut lists, mut entries) = ([List::default(); 2], [Entry::default(); 8]);
    let (mut starts, features) = ([0; 2], black_box(4));
    let (own_lists, own_entries) = (slice(&mut lists), slice(&mut entries));
    let starts = slice(&mut starts);
    batch::encode(slice(&mut samples), features, starts, own_lists, own_entries).ok()?;
    let sparse = SparseSamples::new(features, starts, &lists, &entries, slice(&mut labels));
    let sparse = sparse.ok()?;
    black_box((sparse.chunks(), sparse.nonzero(), sparse.is_empty()));
    batch::<1>(network, genome, sparse, hash)?;
    batch::<4>(network, genome, sparse, hash)
}

#[inline(never)]
fn batch<const WIDTH: usize>(
    network: &Network,
    genome: &[f32],
    samples: SparseSamples<'_>,
    hash: &mut Fnv1a,
) -> Option<()> {
    let (mut packed, mut activations) = ([0.0; 256], [0.0; 2 * 256 * 16]);
    let prepared = Prepared::<WIDTH>::new(network, genome, slice(&mut packed)).ok()?;
    let chunk = samples.chunk(black_box(0));
    let mut score = Score::default();
    prepared.score(chunk, slice(&mut activations), black_box(true), &mut score).ok()?;
    hash.floats(&[score.loss as f32]);
    for logits in prepared.logits(chunk, slice(&mut activations)).ok()? {
        hash.floats(logits);
    }
    let finite = prepared.is_finite();
    let again = Prepared::<WIDTH>::from_packed(network, slice(&mut packed), finite).ok()?;
    again.score(chunk, slice(&mut activations), black_box(false), &mut score).ok()?;

    let (mut kernel, mut bias, mut packed) = ([0.5; 12], [0.5; 3], [0.0; 80]);
    let (kernel, bias, relu) = (slice(&mut kernel), slice(&mut bias), black_box(Activation::Relu));
    let layer =
        PackedLayer::<WIDTH>::new(black_box(4), kernel, bias, relu, slice(&mut packed)).ok()?;
    layer.sparse(chunk, None, slice(&mut activations)).ok()?;
    let layer = PackedLayer::<1>::from_packed(black_box(4), black_box(3), relu, slice(&mut packed));
    let (mut inputs, stride) = ([0.5; 32], black_box(16));
    layer.ok()?.dense(slice(&mut inputs), stride, black_box(2), slice(&mut activations)).ok()?;
    hash.floats(slice(&mut activations).get(..batch::row_length(black_box(3)))?);
    Some(())
}

fn integers(genome: &[f32], hash: &mut Fnv1a) -> Option<()> {
    let (mut weights, mut biases, mut multipliers) = ([0; 12], [0; 3], [0; 3]);
    let (kernel, rest) = genome.split_at_checked(12)?;
    let bias = rest.get(..3)?;
    let out = Quantized {
        weights: slice(&mut weights),
        bias: slice(&mut biases),
        multipliers: slice(&mut multipliers),
    };
    let layer =
        quantized::quantize(kernel, bias, black_box(0.5), black_box(Some(0.25)), out).ok()?;
    let mut layers = [layer];
    let model = Model::new(slice(&mut layers)).ok()?;
    let (mut sums, mut activations, mut pixels) = ([0; 3], [0; 3], [0, 1, 2, 3]);
    let (sums, activations) = (slice(&mut sums), slice(&mut activations));
    let pixels = slice(&mut pixels);
    black_box(model.classify(pixels, sums, activations).ok()?);
    for logit in model.logits(pixels, sums, activations).ok()? {
        hash.bytes(&logit.to_le_bytes());
    }
    let mut bytes = [0; 128];
    let length = tev::integers_length(&model);
    tev::write_integers(&model, slice(&mut bytes).get_mut(..length)?).ok()?;
    let file = File::new(slice(&mut bytes)).ok()?;
    let read = file.model().ok()?;
    black_box(read.classify(pixels, sums, activations).ok()?);
    let mut again = [0; 128];
    tev::write_integers(&read, slice(&mut again).get_mut(..tev::integers_length(&read))?).ok()?;
    hash.bytes(&again);
    Some(())
}

fn file_of_floats(network: &Network, genome: &[f32], hash: &mut Fnv1a) -> Option<()> {
    let mut bytes = [0; 256];
    let length = tev::floats_length(network);
    tev::write_floats(network, genome, slice(&mut bytes).get_mut(..length)?).ok()?;
    let file = File::new(slice(&mut bytes)).ok()?;
    let mut read = [0.0; 64];
    file.genome(slice(&mut read).get_mut(..network.parameters())?).ok()?;
    hash.floats(&read);
    for layer in file.layers() {
        let inputs = file.input().elements() as u8;
        hash.bytes(&[
            inputs,
            layer.bias_parameters() as u8,
            (file.kind() == tev::Kind::F32).into(),
        ]);
    }
    hash.bytes(&file.checksum().to_le_bytes());
    hash.bytes(&[file.network().ok()?.parameters() as u8]);
    Some(())
}
