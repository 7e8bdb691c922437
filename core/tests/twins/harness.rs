//! Small tasks, and the comparison of an algorithm that moves one parent with its twin.

use tinyevo_core::batch::{self, Blocks, CHUNK, Entry, List, SparseSamples};
use tinyevo_core::evolution::{Algorithm, EvolutionError, Memory, Outcome, Task};
use tinyevo_core::fitness::{Measure, Score};
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Batch, Samples};
use tinyevo_core::rng::{Purpose, index, stream};
use tinyevo_core::shape::Shape;
use tinyevo_core::spread::InOrder;

pub(crate) const LENGTH: u32 = 8;

/// A network of these hidden widths.
pub(crate) fn network(
    input: Shape,
    hidden: &[usize],
    activation: Activation,
    classes: usize,
) -> Network {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let mut layers: Vec<Layer> = hidden.iter().map(|&units| dense(units, activation)).collect();
    layers.push(dense(classes, Activation::Softmax));
    Network::new(input, &layers).unwrap()
}

/// Pixels, half of them 0, and labels.
pub(crate) fn samples(input: Shape, count: usize, classes: usize) -> (Vec<u8>, Vec<u8>) {
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

/// The state of a run of `LENGTH` generations, and each outcome.
pub(crate) fn evolve<B: Batch, const WIDTH: usize>(
    algorithm: &impl Algorithm<B>,
    network: &Network,
    batch: &B,
) -> Result<(Vec<f32>, Vec<Outcome>), EvolutionError> {
    let lengths = algorithm.lengths(network, batch);
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
        outcomes.push(algorithm.generation(
            &task,
            &mut memory,
            &mut InOrder::<WIDTH>(&mut room),
        )?);
    }
    Ok((memory.state, outcomes))
}

/// Compares an algorithm, on plain samples and on encoded ones of every width, with its twin, which makes the
/// genome of a run of `LENGTH` generations from the inputs and labels.
pub(crate) fn compare<A>(
    algorithm: &A,
    network: &Network,
    count: usize,
    twin: impl Fn(&[Vec<f32>], &[u8]) -> Vec<f32>,
) where
    A: for<'a> Algorithm<Samples<'a, u8>> + for<'a> Algorithm<Blocks<'a>>,
{
    let (pixels, labels) = samples(network.input(), count, network.outputs());
    let row = |row: &[u8]| row.iter().map(|&x| f32::from(x) / 255.0).collect();
    let inputs: Vec<Vec<f32>> = pixels.chunks(network.input().elements()).map(row).collect();
    let expected = twin(&inputs, &labels);
    let measure = Measure::CrossEntropy;
    let plain = Samples { network, samples: &pixels[..], labels: &labels, measure };
    let (state, outcomes) = evolve::<_, 1>(algorithm, network, &plain).unwrap();
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
        evolve::<_, 1>(algorithm, network, &blocks),
        evolve::<_, 2>(algorithm, network, &blocks),
        evolve::<_, 4>(algorithm, network, &blocks),
        evolve::<_, 8>(algorithm, network, &blocks),
    ] {
        assert_eq!(bits(&other.unwrap().0), bits(&state), "the batch differs");
    }
}

pub(crate) const IMAGE: Shape = Shape { height: 6, width: 5, channels: 1 };
