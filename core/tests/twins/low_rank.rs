//! The low-rank evolution strategy against its readable twin, and against full evaluations of mutants.

use crate::harness::{self, IMAGE, LENGTH, evolve, network, samples};
use crate::low_rank_twin::{Factors, Twin};
use tinyevo_core::error::SettingError;
use tinyevo_core::evolution::{LowRankEs, Shaping};
use tinyevo_core::fitness::{Measure, cross_entropy};
use tinyevo_core::inference::logits;
use tinyevo_core::layers::Activation;
use tinyevo_core::network::Network;
use tinyevo_core::objective::Samples;
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;

fn settings() -> LowRankEs {
    let learning_rate = Schedule::Linear { from: 0.02, to: 0.0 };
    LowRankEs { pairs: 32, learning_rate, roulette: 0.9, ..LowRankEs::default() }
}

fn compare(es: LowRankEs, network: &Network, count: usize) {
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
    compare(settings(), &network(IMAGE, &[], Activation::Relu, 3), 40);
    compare(settings(), &network(IMAGE, &[7, 18], Activation::Relu, 4), 33);
    compare(settings(), &network(Shape::flat(9), &[5, 3, 6], Activation::Relu, 2), 40);
}

#[test]
fn it_has_the_bits_of_its_twin_in_every_setting() {
    let colour = Shape { height: 4, width: 3, channels: 2 };
    let images = network(colour, &[17], Activation::Relu, 12);
    for (pairs, rank, shaping, blur) in [
        (16, 1, Shaping::Ranks, 1),
        (16, 8, Shaping::Normalised, 3),
        (48, 3, Shaping::Normalised, 0),
        (80, 2, Shaping::Signs, 4),
    ] {
        let es = LowRankEs { pairs, rank, shaping, blur, roulette: 0.0, ..settings() };
        compare(es, &images, 20);
    }
    let rough = LowRankEs { sigma: 0.3, ..settings() };
    compare(rough, &network(IMAGE, &[20, 5], Activation::Relu, 3), 20);
    compare(settings(), &network(IMAGE, &[4], Activation::Linear, 3), 300);
    compare(settings(), &network(IMAGE, &[4, 3], Activation::Linear, 3), 20);
}

/// The difference of a pair's losses against that of whole evaluations of both mutants.
#[test]
#[cfg_attr(feature = "micromath", ignore = "the bound is that of the exact back end")]
fn the_change_of_the_loss_is_that_of_a_full_evaluation_within_its_bound() {
    for (hidden, rank) in [(&[][..], 1), (&[16], 1), (&[16], 3), (&[12, 16], 2)] {
        let network = network(IMAGE, hidden, Activation::Relu, 5);
        let (pixels, labels) = samples(IMAGE, 20, 5);
        let es = LowRankEs { rank, sigma: 0.05, ..settings() };
        let twin = Twin::new(es, &network, 9, LENGTH);
        let factors = twin.factors(1);
        let mut scratch = vec![0.0; network.scratch_length()];
        // The largest difference, in bounds: what the test would notice.
        let mut apart = 0.0_f32;
        for pair in [0, 5, 31] {
            let mutants = [1.0, -1.0].map(|sign| materialised(&twin, &factors, pair, sign));
            for sample in 0..20 {
                let (own, label) = (&pixels[sample * 30..][..30], labels[sample]);
                let input: Vec<f32> = own.iter().map(|&x| f32::from(x) / 255.0).collect();
                let mut largest = 0.0_f32;
                let [plus, minus] = mutants.each_ref().map(|genome| {
                    let logits = logits(&network, genome, own, &mut scratch).unwrap();
                    largest = logits.iter().fold(largest, |most, x| most.max(x.abs()));
                    cross_entropy(logits, label)
                });
                let got = twin.difference(&input, label, pair, &factors);
                // Sums of at most 31 terms of a few times the size of the logits, in at most three layers, in
                // both signs and both ways, off by half a unit in the last place for each addition.
                let terms = 2.0 * 2.0 * 31.0 * (1 + hidden.len()) as f32;
                let bound = terms * 0.5 * f32::EPSILON * 4.0 * (1.0 + largest);
                assert!((got - (minus - plus)).abs() <= bound, "{got} {minus} {plus} {bound}");
                apart = apart.max((minus - plus).abs() / bound);
            }
        }
        assert!(apart > 1000.0, "{apart}");
    }
}

/// The genome of a mutant.
fn materialised(twin: &Twin<'_>, factors: &[Factors], pair: usize, sign: f32) -> Vec<f32> {
    let mut genome = twin.parent.genome.clone();
    for (stage, own) in twin.parent.network.stages().iter().zip(factors) {
        let units = stage.output.elements();
        let scale = sign * twin.es.sigma / (twin.es.rank as f32).sqrt() / own.deviation;
        for rank in 0..twin.es.rank {
            let column = rank * twin.es.pairs + pair;
            for (row, a) in own.left[column].iter().enumerate() {
                for (unit, b) in own.right[column].iter().enumerate() {
                    genome[stage.kernel_start + row * units + unit] += scale * a * b;
                }
            }
        }
    }
    genome
}

#[test]
fn what_is_out_of_range_is_refused() {
    let flat = network(Shape::flat(4), &[4], Activation::Relu, 2);
    let none = network(Shape::flat(4), &[], Activation::Relu, 2);
    let (pixels, labels) = samples(Shape::flat(4), 6, 2);
    let measure = Measure::CrossEntropy;
    let batch = |network| Samples { network, samples: &pixels[..], labels: &labels, measure };
    assert!(evolve::<_, 1>(&settings(), &flat, &batch(&flat)).is_ok());
    assert!(evolve::<_, 1>(&settings(), &none, &batch(&none)).is_ok());
    for pairs in [0, 8, 17, 8192] {
        let es = LowRankEs { pairs, ..settings() };
        assert!(es.in_range().is_err(), "{pairs}");
    }
    for es in [
        LowRankEs { sigma: 0.0, ..settings() },
        LowRankEs { sigma: f32::NAN, ..settings() },
        LowRankEs { rank: 0, ..settings() },
        LowRankEs { rank: 9, ..settings() },
        LowRankEs { images: 24, ..settings() },
        LowRankEs { images: 65_552, ..settings() },
        LowRankEs { blur: 5, ..settings() },
        LowRankEs { roulette: -0.1, ..settings() },
        LowRankEs { decay: Schedule::Constant { value: -1.0 }, ..settings() },
        // Times the learning rate of at most 0.02 above 1.
        LowRankEs { decay: Schedule::Constant { value: 50.1 }, ..settings() },
    ] {
        assert!(evolve::<_, 1>(&es, &flat, &batch(&flat)).is_err(), "{es:?}");
    }
    let es = LowRankEs { sigma: 0.0, ..settings() };
    assert_eq!(es.in_range(), Err(SettingError::Positive { name: "sigma", got: 0.0 }));
}
