//! The neuron-wise evolution strategy against its readable twin, and against full evaluations of mutants.

#[path = "twins/neuron_es.rs"]
mod twin;

use tinyevo_core::batch::{self, Blocks, CHUNK, Entry, List, SparseSamples};
use tinyevo_core::evolution::{
    Algorithm, EvolutionError, Memory, NeuronEs, Outcome, Shaping, Task,
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

fn settings() -> NeuronEs {
    let learning_rate = Schedule::Linear { from: 0.02, to: 0.0 };
    NeuronEs { directions: 16, learning_rate, roulette: 0.9, ..NeuronEs::default() }
}

/// The state of a run of `LENGTH` generations, and each outcome.
fn evolve<B: Batch, const WIDTH: usize>(
    es: NeuronEs,
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
fn evolve_twin(es: NeuronEs, network: &Network, pixels: &[u8], labels: &[u8]) -> Vec<f32> {
    let row = |row: &[u8]| row.iter().map(|&x| f32::from(x) / 255.0).collect();
    let inputs: Vec<Vec<f32>> = pixels.chunks(network.input().elements()).map(row).collect();
    let mut twin = Twin::new(es, network, 3, LENGTH);
    for generation in 1..LENGTH {
        twin.step(generation, &inputs, labels);
    }
    twin.genome
}

fn compare(es: NeuronEs, network: &Network, count: usize) {
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
    compare(settings(), &network(IMAGE, &[7, 18], Activation::Relu, 4), 33);
    compare(settings(), &network(Shape::flat(9), &[5, 3, 6], Activation::Relu, 2), 40);
}

#[test]
fn it_has_the_bits_of_its_twin_in_every_setting() {
    let colour = Shape { height: 4, width: 3, channels: 2 };
    let images = network(colour, &[17], Activation::Relu, 3);
    for (directions, shaping, blur) in
        [(32, Shaping::Ranks, 1), (48, Shaping::Signs, 3), (64, Shaping::Normalised, 4)]
    {
        let es = NeuronEs { directions, shaping, blur, roulette: 0.0, ..settings() };
        compare(es, &images, 20);
    }
    compare(settings(), &network(IMAGE, &[4], Activation::Linear, 3), 300);
}

/// The interpolated change of the loss against that of whole evaluations of the mutant.
#[test]
#[cfg_attr(feature = "micromath", ignore = "the bound is that of the exact back end")]
fn the_change_of_the_loss_is_that_of_a_full_evaluation_within_its_bound() {
    for hidden in [&[16][..], &[12, 16]] {
        let network = network(IMAGE, hidden, Activation::Relu, 5);
        let (pixels, labels) = samples(IMAGE, 20, 5);
        let twin = Twin::new(settings(), &network, 9, LENGTH);
        let mut scratch = vec![0.0; network.scratch_length()];
        let mut full = |genome: &[f32], sample: usize| {
            let sample_pixels = &pixels[sample * 30..][..30];
            let logits = logits(&network, genome, sample_pixels, &mut scratch).unwrap();
            cross_entropy(logits, labels[sample])
        };
        for sample in 0..20 {
            let input: Vec<f32> =
                pixels[sample * 30..][..30].iter().map(|&x| f32::from(x) / 255.0).collect();
            for (layer, neuron) in (0..hidden.len()).flat_map(|l| [(l, 0), (l, 5), (l, 11)]) {
                for d in [0.02, -0.05, 0.1, -0.3] {
                    // A bias that moves the activation, not the sum, by d: through the next layer.
                    let change = twin.change_of(layer, neuron, &input, labels[sample], d);
                    let next = &network.stages()[layer + 1];
                    let units = next.output.elements();
                    let mut mutant = twin.genome.clone();
                    for unit in 0..units {
                        mutant[next.bias_start + unit] +=
                            d * twin.genome[next.kernel_start + neuron * units + unit];
                    }
                    let expected = full(&mutant, sample) - full(&twin.genome, sample);
                    // The power is off by |x|^3 / 72 at most of itself for |x| <= 1; x = d (w - w'). So is the
                    // logarithm of a mean of powers, to the same order; 70 stands for what is beyond.
                    let largest = twin.genome.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
                    let x = (d * 2.0 * largest).abs();
                    assert!(x <= 1.0);
                    let bound = x * x * x / 70.0 + 3e-6;
                    assert!((change - expected).abs() <= bound, "{change} {expected} {bound}");
                }
            }
        }
    }
}

#[test]
fn what_is_out_of_range_is_refused() {
    let flat = network(Shape::flat(4), &[4], Activation::Relu, 2);
    let none = network(Shape::flat(4), &[], Activation::Relu, 2);
    let (pixels, labels) = samples(Shape::flat(4), 6, 2);
    let measure = Measure::CrossEntropy;
    let batch = |network| Samples { network, samples: &pixels[..], labels: &labels, measure };
    assert!(evolve::<_, 1>(settings(), &flat, &batch(&flat)).is_ok());
    assert!(evolve::<_, 1>(settings(), &none, &batch(&none)).is_err());
    for directions in [0, 8, 17, 80] {
        let es = NeuronEs { directions, ..settings() };
        assert!(es.in_range().is_err(), "{directions}");
    }
    for es in [
        NeuronEs { sigma: 0.0, ..settings() },
        NeuronEs { output_sigma: f32::NAN, ..settings() },
        NeuronEs { ridge: -1.0, ..settings() },
        NeuronEs { blur: 5, ..settings() },
        NeuronEs { roulette: -0.1, ..settings() },
        NeuronEs { decay: Schedule::Constant { value: -1.0 }, ..settings() },
    ] {
        assert!(evolve::<_, 1>(es, &flat, &batch(&flat)).is_err(), "{es:?}");
    }
}
