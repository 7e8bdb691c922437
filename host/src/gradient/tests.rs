//! Trainings against Keras', and genomes of them in tinyevo's own inference.

use super::model::Model;
use super::steps::batch;
use super::*;
use crate::config::{Hidden, layers};
use crate::data::{self, Options, Request, Silent};
use crate::threads::isa::Isa;
use std::time::Duration;
use tinyevo_core::inference;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_core::shape::Shape;

fn network(input: Shape, hidden: &str, classes: usize) -> Network {
    let hidden: Vec<Hidden> = hidden.split(',').map(|text| text.parse().unwrap()).collect();
    Network::new(input, &layers(&hidden, classes)).unwrap()
}

fn threads() -> Threads {
    Threads::new(1, Isa::detect()).unwrap()
}

/// The largest difference of two lists of numbers; infinite where one is NaN.
fn distance(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    let differences = one.iter().zip(other).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |most, it| if it <= most { most } else { it })
}

/// Some of the built-in digits.
fn digits(train: usize, test: usize) -> data::Dataset {
    let options =
        Options { builtin_train: train, builtin_test: test, offline: true, ..Options::default() };
    data::load(&Request::Builtin, &options, &Silent).unwrap()
}

/// A model that is trained for some steps, in the order of the images.
fn stepped(model: &Model, rate: f64, size: usize, images: &Split) {
    let mut adam = adam::Adam::new(model.variables(), rate).unwrap();
    let rows: Vec<u32> = (0..images.len() as u32).collect();
    for rows in rows.chunks(size) {
        let (samples, labels) = batch(images, rows).unwrap();
        let logits = model.logits(&samples).unwrap();
        let loss = candle_nn::loss::cross_entropy(&logits, &labels).unwrap();
        adam.step(&loss.backward().unwrap()).unwrap();
    }
}

#[test]
fn steps_of_adam_are_those_of_keras() {
    let (mut input, mut hidden, mut rate, mut size) = (Shape::flat(0), "", 0.0, 0);
    let (mut pixels, mut labels, mut before, mut cases) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for line in include_str!("keras/adam.txt").lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_once(' ').unwrap();
        let values = || rest.split(' ').map(|it| it.parse().unwrap()).collect::<Vec<f32>>();
        let bytes = || values().into_iter().map(|value| value as u8).collect::<Vec<u8>>();
        match name {
            "input" => {
                let &[height, width, channels] = &bytes()[..] else { panic!("{line}") };
                let [height, width, channels] = [height, width, channels].map(usize::from);
                input = Shape { height, width, channels };
            }
            "hidden" => hidden = rest,
            "rate" => rate = rest.parse().unwrap(),
            "batch" => size = rest.parse().unwrap(),
            "pixels" => pixels = bytes(),
            "labels" => labels = bytes(),
            "before" => before = values(),
            "after" => {
                let images = Split::new(input, 3, pixels.clone(), labels.clone()).unwrap();
                let model = Model::new(&network(input, hidden, 3), &before).unwrap();
                stepped(&model, rate, size, &images);
                let (after, expected) = (model.genome().unwrap(), values());
                // Three steps change weights by up to three rates.
                let moved = distance(&before, &expected);
                assert!(moved > rate as f32, "{hidden}: {moved}");
                let wrong = distance(&after, &expected);
                assert!(wrong < 1e-3 * rate as f32, "{hidden}: {wrong}");
                cases += 1;
            }
            _ => panic!("{line}"),
        }
    }
    assert_eq!(cases, 5);
}

#[test]
fn logits_are_those_of_tinyevos_inference() {
    let images = digits(1, 8).test;
    let rows: Vec<u32> = (0..8).collect();
    let (samples, _) = batch(&images, &rows).unwrap();
    for hidden in [
        "dense:16",
        "conv:4x5,pool:2,conv:6x5,pool:2",
        "conv:3x4x3:2x3:same,pool:3:1:same,dense:7",
        "pool:3:2:same,conv:4x3x4:same,pool:2x3:1x2",
    ] {
        let network = network(images.shape, hidden, images.classes);
        let mut genome = vec![0.0; network.parameters()];
        let mut rng = stream(7, 0, 0, Purpose::Initialise);
        // Biases too.
        let uniform = Initialisation::Uniform { low: -0.3, high: 0.3 };
        uniform.fill(&network, &mut genome, &mut rng).unwrap();
        let model = Model::new(&network, &genome).unwrap();
        assert_eq!(model.genome().unwrap(), genome);
        let logits = model.logits(&samples).unwrap().to_vec2::<f32>().unwrap();
        let mut scratch = vec![0.0; network.scratch_length()];
        for (row, logits) in logits.iter().enumerate() {
            let own = inference::logits(&network, &genome, images.image(row), &mut scratch);
            let own = own.unwrap();
            let size = own.iter().fold(0.0, |most: f32, logit| most.max(logit.abs()));
            // Sums of at most 784 products: other orders and fused products change the last bits alone.
            let wrong = distance(logits, own) / size;
            assert!(size > 0.1 && wrong < 1e-5, "{hidden}: {wrong} of {size}");
        }
    }
}

#[test]
fn a_training_learns_digits_and_repeats_with_its_seed() {
    let data = digits(300, 60).holding_out(40);
    let network = network(data.shape(), "dense:12", data.classes());
    let (threads, mut epochs) = (&mut threads(), Vec::new());
    let mut run = |seed, end| {
        epochs.clear();
        let training = Training { seed, batch: 32, learning_rate: 0.01, end };
        let observe = &mut |epoch| {
            epochs.push(epoch);
            Ok(())
        };
        let splits = (&data.train, &data.validation);
        let done = train(&network, splits, training, threads, observe, &Interrupt::new()).unwrap();
        (done, epochs.clone())
    };
    let (done, epochs) = run(1, End::Epochs(4));
    // 260 images: 8 batches of 32, and one of 4.
    assert_eq!((done.steps, done.images, epochs.len()), (36, 1040, 4));
    assert_eq!((epochs[1].steps, epochs[3].number), (18, 4));
    assert!(epochs[3].loss < 0.5 * epochs[0].loss, "{epochs:?}");
    let held_out = |epoch: &Epoch| epoch.held_out.unwrap();
    assert!(held_out(&epochs[3]) > 0.6 && held_out(&epochs[3]) > held_out(&epochs[0]));
    let encoded = EncodedSplit::new(&data.validation, &network).unwrap();
    let mut threads = self::threads();
    let score = evaluate::score(&network, &done.genome, &encoded, &mut threads).unwrap();
    assert_eq!(Some(score.accuracy()), epochs[3].held_out);
    assert_eq!(run(1, End::Epochs(4)).0.genome, done.genome);
    assert_eq!(run(1, End::Steps(36)).0.genome, done.genome);
    assert_ne!(run(2, End::Epochs(4)).0.genome, done.genome);
    // The start is drawn from the seed too.
    let (short, epochs) = run(1, End::Steps(10));
    assert_eq!((short.steps, short.images, epochs.len()), (10, 292, 2));
    let (timed, epochs) = run(1, End::Time(Duration::ZERO));
    assert_eq!((timed.steps, timed.reason, epochs.len()), (1, StopReason::TimeLimit, 1));
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let data = digits(4, 1);
    let network = network(data.shape(), "dense:2", data.classes());
    let none = Split::empty(data.shape(), data.classes());
    let usual = Training { seed: 1, batch: 2, learning_rate: 0.001, end: End::Steps(1) };
    let refused = |split: &Split, training| {
        let observe = &mut |_| panic!("trained");
        let done =
            train(&network, (split, &none), training, &mut threads(), observe, &Interrupt::new());
        done.unwrap_err().to_string()
    };
    for (training, reason) in [
        (Training { batch: 0, ..usual }, "batch"),
        (Training { end: End::Epochs(0), ..usual }, "1 epoch"),
        (Training { learning_rate: 0.0, ..usual }, "above 0, got 0"),
        (Training { learning_rate: f64::NAN, ..usual }, "above 0, got NaN"),
    ] {
        let error = refused(&data.train, training);
        assert!(error.contains(reason), "{error}");
    }
    assert!(refused(&none, usual).contains("no training images"));
    let other = Split::new(Shape::flat(3), 10, vec![0; 3], vec![1]).unwrap();
    let error = refused(&other, usual);
    assert!(error.contains("28x28x1"), "{error}");
    // An interrupt ends a training with what it has.
    let interrupt = Interrupt::new();
    interrupt.set(15);
    let training = Training { end: End::Epochs(9), ..usual };
    let splits = (&data.train, &none);
    let done = train(&network, splits, training, &mut threads(), &mut |_| Ok(()), &interrupt);
    let done = done.unwrap();
    assert_eq!((done.steps, done.reason), (1, StopReason::Interrupted(15)));
}
