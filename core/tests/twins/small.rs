//! Mutations so small that they change no loss, or are no normal numbers: the state stays finite, and sizes that 32 bits do
//! not notice leave the parent where it is.

use crate::harness::{IMAGE, LENGTH, evolve_to, network, samples};
use tinyevo_core::evolution::{Algorithm, FilterEs, FilterGa, LowRankEs, NeuronEs, NeuronGa};
use tinyevo_core::fitness::Measure;
use tinyevo_core::layers::{Activation, Conv2d, Dense, Flatten, Layer, Window};
use tinyevo_core::network::Network;
use tinyevo_core::objective::Samples;
use tinyevo_core::schedule::Schedule;

/// The smallest number above 0 and others whose reciprocals or powers are infinite.
const NOTHING: [f32; 4] = [f32::from_bits(1), 1e-40, f32::MIN_POSITIVE, 1e-20];

/// Some that are near to what 32 bits notice, and one that they notice.
const LITTLE: [f32; 3] = [1e-12, 1e-9, 1e-4];

/// No decay: only mutants move the parent.
const STAYS: Schedule = Schedule::Constant { value: 0.0 };

fn maps() -> Network {
    let filters = Conv2d { filters: 3, window: Window::slides(3), activation: Activation::Relu };
    let output = Dense { units: 3, activation: Activation::Softmax };
    let layers = [Layer::Conv2d(filters), Layer::Flatten(Flatten), Layer::Dense(output)];
    Network::new(IMAGE, &layers).unwrap()
}

/// Whether the parent has moved at the end of a run, whose state and outcomes are finite.
fn moves<A>(algorithm: &A, network: &Network) -> bool
where
    A: for<'a> Algorithm<Samples<'a, u8>>,
{
    let (pixels, labels) = samples(network.input(), 33, network.outputs());
    let measure = Measure::CrossEntropy;
    let batch = Samples { network, samples: &pixels[..], labels: &labels, measure };
    // Past the planned length too.
    let (state, outcomes) = evolve_to::<_, 1>(algorithm, network, &batch, LENGTH + 2).unwrap();
    assert!(state.iter().all(|x| x.is_finite()));
    assert!(outcomes.iter().all(|outcome| outcome.best.is_finite()));
    outcomes.iter().any(|outcome| outcome.best != outcomes[0].best)
}

#[test]
fn small_mutations_keep_the_state_finite() {
    let deep = [&[7][..], &[7, 18]].map(|hidden| network(IMAGE, hidden, Activation::Relu, 3));
    for sigma in NOTHING.into_iter().chain(LITTLE) {
        // What an algorithm of single neurons or filters did, against what it must do; `None` for either.
        let check = |moved: bool| {
            let expected = if NOTHING.contains(&sigma) { Some(false) } else { None };
            let expected = if sigma == 1e-4 { Some(true) } else { expected };
            assert!(expected.is_none_or(|expected| moved == expected), "{sigma}: {moved}");
        };
        let es = NeuronEs { directions: 16, sigma, output_sigma: sigma, ..NeuronEs::USUAL };
        let ga = NeuronGa { directions: 16, sigma, output_sigma: sigma, ..NeuronGa::USUAL };
        for network in &deep {
            check(moves(&NeuronEs { decay: STAYS, ..es }, network));
            check(moves(&NeuronGa { decay: STAYS, ..ga }, network));
        }
        let es = FilterEs { sigma, output_sigma: sigma, warmup: 0, ..FilterEs::USUAL };
        let ga = FilterGa { sigma, early_sigma: sigma, output_sigma: sigma, ..FilterGa::USUAL };
        for network in [&deep[1], &maps()] {
            check(moves(&FilterEs { decay: STAYS, ..es }, network));
            check(moves(&FilterGa { decay: STAYS, ..ga }, network));
            // Ranks of rounding errors move it, somewhere.
            moves(&LowRankEs { pairs: 16, sigma, ..LowRankEs::USUAL }, network);
        }
    }
}

#[test]
fn a_scale_that_rounds_to_0_ends_no_run() {
    // Past its planned length 1 + (1e-9 - 1) is 0 in 32 bits.
    let mutation_scale = Schedule::Linear { from: 1.0, to: 1e-9 };
    assert_eq!(mutation_scale.at(LENGTH, LENGTH), 0.0);
    let network = network(IMAGE, &[7], Activation::Relu, 3);
    let neurons = NeuronGa { directions: 16, mutation_scale, ..NeuronGa::USUAL };
    assert!(moves(&neurons, &network));
    assert!(moves(&FilterGa { mutation_scale, ..FilterGa::USUAL }, &network));
}
