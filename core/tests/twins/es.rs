//! The neuron-wise evolution strategy against its readable twin, and against full evaluations of mutants.

use crate::es_twin::Twin;
use crate::harness::{self, IMAGE, LENGTH, evolve, network, samples};
use tinyevo_core::error::SettingError;
use tinyevo_core::evolution::{NeuronEs, Shaping};
use tinyevo_core::fitness::{Measure, cross_entropy};
use tinyevo_core::inference::logits;
use tinyevo_core::layers::Activation;
use tinyevo_core::network::Network;
use tinyevo_core::objective::Samples;
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;

fn settings() -> NeuronEs {
    let learning_rate = Schedule::Linear { from: 0.02, to: 0.0 };
    NeuronEs { directions: 16, learning_rate, roulette: 0.9, ..NeuronEs::default() }
}

fn compare(es: NeuronEs, network: &Network, count: usize) {
    harness::compare(&es, network, count, |inputs, labels, used| {
        let mut twin = Twin::new(es, network, 3, LENGTH);
        twin.parent.used = used.to_vec();
        for generation in 1..LENGTH {
            twin.step(generation, inputs, labels);
        }
        twin.parent.genome
    });
}

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
                    let mut mutant = twin.parent.genome.clone();
                    for unit in 0..units {
                        mutant[next.bias_start + unit] +=
                            d * twin.parent.genome[next.kernel_start + neuron * units + unit];
                    }
                    let expected = full(&mutant, sample) - full(&twin.parent.genome, sample);
                    // The power is off by |x|^3 / 72 at most of itself for |x| <= 1; x = d (w - w'). So is the
                    // logarithm of a mean of powers, to the same order; 70 stands for what is beyond.
                    let largest = twin.parent.genome.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
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
    assert!(evolve::<_, 1>(&settings(), &flat, &batch(&flat)).is_ok());
    assert!(evolve::<_, 1>(&settings(), &none, &batch(&none)).is_err());
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
        assert!(evolve::<_, 1>(&es, &flat, &batch(&flat)).is_err(), "{es:?}");
    }
    // Schedules that cross: the largest of each counts.
    let of = |from| NeuronEs {
        learning_rate: Schedule::Linear { from: 0.5, to: 0.25 },
        decay: Schedule::Linear { from, to: 2.0 },
        ..settings()
    };
    assert_eq!(of(1.0).in_range(), Ok(()));
    let error = of(3.0).in_range().unwrap_err().to_string();
    assert_eq!(
        error,
        "the largest learning rate times the largest decay must be at most 1, got 1.5: \
         weights would change their signs"
    );
    let zero = 0.0;
    for (name, es) in [
        ("sigma", NeuronEs { sigma: zero, ..settings() }),
        ("output sigma", NeuronEs { output_sigma: zero, ..settings() }),
        ("ridge", NeuronEs { ridge: zero, ..settings() }),
    ] {
        let error = es.in_range().unwrap_err();
        assert_eq!(error, SettingError::Positive { name, got: zero });
        assert_eq!(error.to_string(), format!("{name} must be finite and above 0, got 0"));
    }
}
