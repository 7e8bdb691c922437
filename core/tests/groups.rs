//! Networks with convolutions, a lane group of samples at a time, against [`inference`] one sample at a time: bit for
//! bit, for every width, over shapes, strides, paddings, numbers of samples, and extreme values.

use tinyevo_core::batch::{Groups, can_group};
use tinyevo_core::fitness::{Measure, evaluate};
use tinyevo_core::inference;
use tinyevo_core::layers::{
    Activation, Conv2d, Dense, Extent, Flatten, Layer, MaxPool2d, Padding, Window,
};
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Labelled, Objective};
use tinyevo_core::rng::{Purpose, Stream, index, stream};
use tinyevo_core::sample::Feature;
use tinyevo_core::shape::Shape;

/// A random stack of layers that fits an input; the output layer is dense with `classes` units.
fn random_network(rng: &mut Stream, input: Shape, classes: usize) -> Network {
    let mut layers = Vec::new();
    let mut shape = input;
    let activation = |rng: &mut Stream| match index(rng, 3) {
        0 => Activation::Linear,
        _ => Activation::Relu,
    };
    for _ in 0..index(rng, 5) {
        let mut size = |most: usize| 1 + index(rng, most);
        let padding = if size(2) == 1 { Padding::Valid } else { Padding::Same };
        let extent = Extent { height: size(4), width: size(5) };
        let stride = Extent { height: size(3), width: size(3) };
        let window = Window { size: extent, stride, padding };
        let filters = size(9);
        let layer = match size(5) {
            1 | 2 => Layer::MaxPool2d(MaxPool2d { window }),
            3 if layers.len() > 1 => {
                Layer::Dense(Dense { units: filters, activation: activation(rng) })
            }
            _ => Layer::Conv2d(Conv2d { filters, window, activation: activation(rng) }),
        };
        if let Some(next) = layer.output(shape) {
            shape = next;
            layers.push(layer);
        }
    }
    if index(rng, 2) == 0 {
        layers.push(Layer::Flatten(Flatten));
    }
    layers.push(Layer::Dense(Dense { units: classes, activation: Activation::Softmax }));
    Network::new(input, &layers).unwrap()
}

/// The scores and the logits of all samples, by both ways.
fn compare<F: Feature + Sync + std::fmt::Debug>(
    network: &Network,
    genome: &[f32],
    samples: &[F],
    labels: &[u8],
) {
    fn at<const WIDTH: usize, F: Feature + Sync>(
        network: &Network,
        genome: &[f32],
        samples: &[F],
        labels: &[u8],
    ) {
        let features = network.input().elements();
        let rows = Labelled { features, samples, labels };
        let groups = Groups::new(network, rows, Measure::CrossEntropy, true).unwrap();
        let mut room = vec![f32::NAN; groups.room()];
        let mut scratch = vec![f32::NAN; network.scratch_length()];
        let mut score = tinyevo_core::fitness::Score::default();
        for part in 0..groups.parts() {
            score.add_block(groups.score::<WIDTH>(genome, part, &mut room, part > 0).unwrap());
        }
        assert_eq!(
            score,
            evaluate(network, genome, samples, labels, &mut scratch, true).unwrap(),
            "{network:?}"
        );
        for first in (0..labels.len()).step_by(16) {
            let lanes = groups.logits::<WIDTH>(genome, first, &mut room, first > 0).unwrap();
            for sample in first..labels.len().min(first + 16) {
                let one = &samples[sample * features..][..features];
                let expected = inference::logits(network, genome, one, &mut scratch).unwrap();
                assert_eq!(lanes.len(), expected.len());
                for (lanes, expected) in lanes.iter().zip(expected) {
                    assert_eq!(lanes[sample - first].to_bits(), expected.to_bits(), "{network:?}");
                }
            }
        }
    }
    at::<1, F>(network, genome, samples, labels);
    at::<2, F>(network, genome, samples, labels);
    at::<4, F>(network, genome, samples, labels);
    at::<8, F>(network, genome, samples, labels);
}

#[test]
fn every_lane_has_the_bits_of_the_oracle() {
    let mut rng = stream(12, 0, 0, Purpose::Show);
    let rounds = if cfg!(debug_assertions) { 150 } else { 1500 };
    for round in 0..rounds {
        let input = Shape {
            height: 1 + index(&mut rng, 11),
            width: 1 + index(&mut rng, 13),
            channels: 1 + index(&mut rng, 3),
        };
        let classes = 1 + index(&mut rng, 11);
        let network = random_network(&mut rng, input, classes);
        if !can_group(&network) {
            continue;
        }
        let count = [1, 2, 15, 16, 17, 33, 257][index(&mut rng, 7)];
        let count = if count == 257 && round % 10 > 0 { 5 } else { count };
        let labels: Vec<u8> = (0..count).map(|_| index(&mut rng, classes + 1) as u8).collect();
        let mut number = |scale: f32| (index(&mut rng, 2001) as f32 - 1000.0) / 1000.0 * scale;
        let genome: Vec<f32> = (0..network.parameters()).map(|_| number(1.0)).collect();
        // Zeros of both signs, small and large values among the others.
        let special = [0.0, -0.0, 1e-40, -1e-40, 1e30, -1e30, 1.0];
        let samples: Vec<f32> = (0..count * input.elements())
            .map(|place| if place % 3 == 0 { special[place % 7] } else { number(2.0) })
            .collect();
        compare(&network, &genome, &samples, &labels);
        let pixels: Vec<u8> = (0..samples.len()).map(|_| index(&mut rng, 256) as u8).collect();
        let pixels = if round % 7 == 0 { vec![0; samples.len()] } else { pixels };
        compare(&network, &genome, &pixels, &labels);
    }
}

#[test]
fn a_genome_that_is_not_finite_gets_the_worst_score() {
    let input = Shape { height: 3, width: 3, channels: 1 };
    let mut rng = stream(1, 0, 0, Purpose::Show);
    let network = random_network(&mut rng, input, 3);
    for bad in [f32::NAN, f32::INFINITY] {
        let mut genome = vec![0.5; network.parameters()];
        genome[1] = bad;
        compare_scores(&network, &genome);
    }
}

fn compare_scores(network: &Network, genome: &[f32]) {
    let samples = [1.0_f32; 9 * 4];
    let rows = Labelled { features: 9, samples: &samples[..], labels: &[0, 1, 2, 0] };
    let groups = Groups::new(network, rows, Measure::CrossEntropy, true).unwrap();
    let mut room = vec![0.0; groups.room()];
    let score = groups.score::<4>(genome, 0, &mut room, false).unwrap();
    assert_eq!(score, tinyevo_core::fitness::Score::worst(4));
    assert_eq!(groups.score::<4>(genome, 0, &mut room, true).unwrap(), score);
}

#[test]
fn what_does_not_fit_is_refused() {
    let input = Shape { height: 4, width: 4, channels: 1 };
    let conv = Layer::Conv2d(Conv2d {
        filters: 2,
        window: Window { padding: Padding::Same, ..Window::slides(3) },
        activation: Activation::Relu,
    });
    let softmax = Layer::Dense(Dense { units: 2, activation: Activation::Softmax });
    let network = Network::new(input, &[Layer::Flatten(Flatten), conv, softmax]).unwrap();
    assert!(!can_group(&network));
    let rows = Labelled { features: 16, samples: &[0.0_f32; 16][..], labels: &[1] };
    assert!(Groups::new(&network, rows, Measure::Accuracy, false).is_err());
    let network = Network::new(input, &[conv, softmax]).unwrap();
    let short = Labelled { samples: &[0.0_f32; 15][..], ..rows };
    assert!(Groups::new(&network, short, Measure::Accuracy, false).is_err());
    let groups = Groups::new(&network, rows, Measure::Accuracy, false).unwrap();
    let genome = vec![0.0; network.parameters()];
    let mut room = vec![0.0; groups.room()];
    assert!(groups.score::<1>(&genome[1..], 0, &mut room, false).is_err());
    assert!(groups.score::<1>(&genome, 0, &mut room[1..], false).is_err());
    assert!(groups.score::<1>(&genome, 0, &mut room, false).is_ok());
    let pool = Layer::MaxPool2d(MaxPool2d { window: Window::tiles(2) });
    assert!(!can_group(&Network::new(input, &[pool]).unwrap()));
}
