//! Calls what an evolution and an evaluation reach only through something else, or never: the parts
//! that a caller with a loop of its own builds on.

use crate::slice;
use core::hint::black_box;
use tinyevo_core::batch::{self, Entry, List, Prepared, SparseSamples};
use tinyevo_core::confusion::Confusion;
use tinyevo_core::fitness::{self, Measure, Score};
use tinyevo_core::hall_of_fame::HallOfFame;
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::inference;
use tinyevo_core::layers::Layer;
use tinyevo_core::network::Network;
use tinyevo_core::operators::{Crossover, Mutation, Selection};
use tinyevo_core::order::Direction;
use tinyevo_core::quantized::{Dense, Model};
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_core::shape::Shape;

/// All of them; `None` where a length does not fit.
pub fn all(network: &Network, layers: &[Layer], hash: &mut Fnv1a) -> Option<()> {
    shapes(network, layers);
    operators(network, hash);
    measures(network, hash)?;
    memory(network, hash)
}

/// The shapes and counts of layers.
pub fn shapes(network: &Network, layers: &[Layer]) {
    let input = black_box(network.input());
    black_box((input.elements(), Shape::flat(black_box(7)), network.parameters()));
    for stage in network.stages() {
        let stage = black_box(*stage);
        black_box((stage.kernel(), stage.bias(), stage.parameters()));
    }
    for &layer in layers {
        let (layer, input) = (black_box(layer), black_box(input));
        black_box((layer.output(input), layer.kernel_parameters(input), layer.bias_parameters()));
        black_box((layer.multiply_adds(input), layer.fan_in(input), layer.fan_out()));
        black_box((layer.activation(), layer.kind()));
    }
}

fn operators(network: &Network, hash: &mut Fnv1a) {
    let mut rng = stream(black_box(1), black_box(2), black_box(3), Purpose::Select);
    let (mut a, mut b, mut room) = ([0.5; 70], [0.25; 70], [0.0; 70]);
    let crossovers = [
        Crossover::Mean,
        Crossover::Blend { alpha: 0.5 },
        Crossover::Uniform { probability: 0.5 },
        Crossover::Neurons { probability: 0.5 },
        Crossover::OnePoint,
        Crossover::TwoPoint,
    ];
    for crossover in crossovers {
        let crossover = black_box(crossover);
        black_box(crossover.check().is_ok());
        crossover.mate(network, slice(&mut a), slice(&mut b), &mut rng);
    }
    let mutations = [
        Mutation::Gaussian { probability: 0.5, sigma: 0.1 },
        Mutation::UniformReset { probability: 0.5, low: -1.0, high: 1.0 },
        Mutation::Neurons { probability: 0.5, sigma: 0.1, blur: 1 },
    ];
    for mutation in mutations {
        let mutation = black_box(mutation);
        black_box(mutation.check().is_ok());
        black_box(mutation.room(network));
        mutation.mutate(network, slice(&mut a), &mut rng, slice(&mut room));
    }
    let (mut fitness, mut picks) = ([0.5, f32::NAN, 0.25], [0; 5]);
    let selections =
        [Selection::Tournament { size: 3 }, Selection::Truncation { best: 2 }, Selection::Random];
    for selection in selections {
        let selection = black_box(selection);
        black_box(selection.check(black_box(3)).is_ok());
        // Unchecked on purpose: a selection takes a bad setting without harm.
        let (fitness, picks) = (slice(&mut fitness), slice(&mut picks));
        selection.select(fitness, black_box(Direction::Minimise), &mut rng, picks);
    }
    hash.floats(&a);
    hash.floats(&b);
    black_box((picks, inference::argmax(slice(&mut a))));
}

fn measures(network: &Network, hash: &mut Fnv1a) -> Option<()> {
    let worst = Score::worst(black_box(u32::MAX));
    let measure = black_box(Measure::CrossEntropy);
    let better = measure.direction().better(measure.value(&worst), black_box(1.0));
    black_box((measure.needs_loss(), better));
    let (mut genome, mut samples, mut labels) = ([0.5; 64], [0.5_f32; 8], [1_u8, 2]);
    let mut scratch = [0.0; 16];
    let (genome, samples) = (slice(&mut genome), slice(&mut samples));
    let (labels, scratch) = (slice(&mut labels), slice(&mut scratch));
    black_box(fitness::is_finite(genome));
    let loss = black_box(true);
    // With floats as samples: another instance of each than with pixels.
    hash.floats(&[
        fitness::evaluate(network, genome, samples, labels, scratch, loss).ok()?.loss as f32
    ]);
    black_box(inference::classify(network, genome, samples, scratch).ok()?);
    hash.floats(inference::probabilities(network, genome, samples, scratch).ok()?);
    let mut counts = [0; 9];
    let confusion = Confusion::new(slice(&mut counts), black_box(3)).ok()?;
    black_box(confusion.counts());
    Some(())
}

/// What tells how much memory something needs, or what it is made of.
fn memory(network: &Network, hash: &mut Fnv1a) -> Option<()> {
    black_box((batch::tiles(black_box(784)), network.scratch_length()));
    black_box(Prepared::<1>::packed_length(network));
    black_box(Prepared::<4>::activations_length(network));
    let mut samples = [0.5_f32; 8];
    let (mut lists, mut entries) = ([List::default(); 2], [Entry::default(); 8]);
    let (lists, entries) = (slice(&mut lists), slice(&mut entries));
    let (mut starts, mut labels) = ([0, black_box(3)], [1_u8, 2]);
    let (starts, labels) = (slice(&mut starts), slice(&mut labels));
    black_box(batch::encode(slice(&mut samples), black_box(4), starts, lists, entries).ok()?);
    let sparse = SparseSamples::new(black_box(4), starts, lists, entries, labels).ok()?;
    black_box((sparse.features(), sparse.len(), sparse.labels(), sparse.nonzero()));
    let hall = HallOfFame::<2>::new(black_box(5), black_box(Direction::Minimise));
    black_box((hall.store_length(), hall.len(), hall.is_empty()));
    let (mut weights, mut bias, mut multipliers) = ([1_i8; 6], [1; 3], [1; 3]);
    let (weights, bias) = (slice(&mut weights), slice(&mut bias));
    let multipliers = slice(&mut multipliers);
    // Any parts, the shift too, not only those that quantisation makes.
    let dense = Dense { weights, bias, multipliers, shift: black_box(70) };
    black_box((dense.inputs(), dense.outputs()));
    let mut layers = [dense, Dense { weights: &[], ..dense }];
    let model = Model::new(slice(&mut layers)).ok()?;
    black_box((model.inputs(), model.outputs(), model.scratch_length(), model.layers().len()));
    let (mut sums, mut activations, mut pixels) = ([0; 3], [0; 3], [1_u8; 2]);
    let (sums, activations) = (slice(&mut sums), slice(&mut activations));
    for logit in model.logits(slice(&mut pixels), sums, activations).ok()? {
        hash.bytes(&logit.to_le_bytes());
    }
    Some(())
}
