//! The neuron-wise genetic algorithm against its readable twin.

use crate::ga_twin::Twin;
use crate::harness::{self, IMAGE, LENGTH, evolve, network, samples};
use tinyevo_core::evolution::{NeuronEs, NeuronGa};
use tinyevo_core::fitness::Measure;
use tinyevo_core::layers::Activation;
use tinyevo_core::network::Network;
use tinyevo_core::objective::Samples;
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;

fn settings() -> NeuronGa {
    let mutation_scale = Schedule::Linear { from: 1.0, to: 0.1 };
    let sizes = NeuronGa { sigma: 0.02, output_sigma: 0.02, ..NeuronGa::default() };
    NeuronGa { directions: 16, mutation_scale, roulette: 0.9, ..sizes }
}

fn compare(ga: NeuronGa, network: &Network, count: usize) {
    harness::compare(&ga, network, count, |inputs, labels, used| {
        let mut twin = Twin::new(ga, network, 3, LENGTH);
        twin.strategy.parent.used = used.to_vec();
        for generation in 1..LENGTH {
            twin.step(generation, inputs, labels);
        }
        twin.strategy.parent.genome
    });
}

#[test]
fn it_has_the_bits_of_its_twin_in_every_depth() {
    compare(settings(), &network(IMAGE, &[20], Activation::Relu, 3), 70);
    compare(settings(), &network(IMAGE, &[7, 18], Activation::Relu, 4), 33);
    compare(settings(), &network(Shape::flat(9), &[5, 3, 6], Activation::Relu, 2), 40);
}

#[test]
fn it_has_the_bits_of_its_twin_in_every_setting() {
    let colour = Shape { height: 4, width: 3, channels: 2 };
    let images = network(colour, &[17], Activation::Relu, 3);
    for (directions, blur) in [(32, 1), (48, 3), (64, 4)] {
        let ga = NeuronGa { directions, blur, roulette: 0.0, ..settings() };
        compare(ga, &images, 20);
    }
    compare(settings(), &network(IMAGE, &[4], Activation::Linear, 3), 300);
    // So many classes and so few samples that the output layer needs the most working memory.
    let square = Shape { height: 8, width: 8, channels: 1 };
    compare(settings(), &network(square, &[16], Activation::Relu, 26), 7);
}

/// With one hidden neuron the step of its child is the only one of the layer.
#[test]
#[cfg_attr(feature = "micromath", ignore = "that logarithm does not tell small improvements")]
fn a_child_that_does_not_improve_the_loss_leaves_its_neuron() {
    let network = network(IMAGE, &[1], Activation::Relu, 3);
    let (pixels, labels) = samples(IMAGE, 70, 3);
    let measure = Measure::CrossEntropy;
    let batch = Samples { network: &network, samples: &pixels[..], labels: &labels, measure };
    // Steps so large that most of them make the loss worse.
    let decay = Schedule::Constant { value: 0.0 };
    let ga = NeuronGa { sigma: 3.0, output_sigma: 1e-6, decay, roulette: 0.0, ..settings() };
    let (_, outcomes) = evolve::<_, 1>(&ga, &network, &batch).unwrap();
    for pair in outcomes.windows(2) {
        assert!(pair[1].best <= pair[0].best + 1e-6, "{outcomes:?}");
    }
    assert!(outcomes[7].best < outcomes[0].best, "{outcomes:?}");
}

#[test]
fn mutants_children_and_the_parent_count_as_evaluations() {
    let network = network(IMAGE, &[7, 18], Activation::Relu, 4);
    let (pixels, labels) = samples(IMAGE, 33, 4);
    let measure = Measure::CrossEntropy;
    let batch = Samples { network: &network, samples: &pixels[..], labels: &labels, measure };
    let ga = NeuronGa { roulette: 0.0, ..settings() };
    let (_, outcomes) = evolve::<_, 1>(&ga, &network, &batch).unwrap();
    // Of 25 hidden neurons 16 directions in both signs and a child, of 19 * 4 output weights both signs.
    let scored = 25 * 16 * 2 + 25 + 19 * 4 * 2 + 1;
    for (outcome, expected) in outcomes.iter().zip([1, scored, scored]) {
        assert_eq!(outcome.evaluations, expected);
        assert_eq!(outcome.mutant_images, expected * 33);
    }
    let es = NeuronEs { directions: 16, roulette: 0.0, ..NeuronEs::USUAL };
    let (_, outcomes) = evolve::<_, 1>(&es, &network, &batch).unwrap();
    assert_eq!(outcomes[1].evaluations, scored - 25);
}

#[test]
fn what_is_out_of_range_is_refused() {
    for ga in [
        NeuronGa { sigma: 0.0, ..settings() },
        NeuronGa { output_sigma: f32::NAN, ..settings() },
        NeuronGa { mutation_scale: Schedule::Linear { from: 1.0, to: 0.0 }, ..settings() },
        NeuronGa { decay: Schedule::Constant { value: -1.0 }, ..settings() },
        // Times sigma, 0.02, and the scale of at most 1 above 1.
        NeuronGa { decay: Schedule::Constant { value: 50.1 }, ..settings() },
        NeuronGa { directions: 24, ..settings() },
        NeuronGa { blur: 5, ..settings() },
    ] {
        assert!(ga.in_range().is_err(), "{ga:?}");
    }
    let most = NeuronGa { decay: Schedule::Constant { value: 49.9 }, ..settings() };
    assert_eq!(most.in_range(), Ok(()));
    assert_eq!(NeuronGa::default().in_range(), Ok(()));
}
