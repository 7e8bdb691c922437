//! Safetensors: a champion that is read is written and read again as itself.

use crate::{Seed, Target};
use tinyevo::champion::Weights;
use tinyevo::formats::safetensors::{encode, parse};
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// The target.
pub const TARGET: Target = Target { name: "safetensors", seeds, check };

fn seeds() -> Vec<Seed> {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let written = |layers: &[Layer]| {
        let network = Network::new(Shape::flat(3), layers).expect("a network");
        let genome: Vec<f32> = (0..network.parameters()).map(|gene| gene as f32 - 4.5).collect();
        encode(&network, &genome).expect("the genome fits")
    };
    vec![
        ("one-layer", written(&[dense(2, Activation::Softmax)])),
        ("two-layers", written(&[dense(4, Activation::Relu), dense(2, Activation::Softmax)])),
    ]
}

fn check(bytes: &[u8]) -> bool {
    let champion = match parse(bytes) {
        Ok(champion) => champion,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let Weights::Floats(network, genome) = &champion.weights else {
        // The integers for which the floats stand.
        assert!(matches!(champion.weights, Weights::Packed(_)));
        return true;
    };
    assert_eq!(genome.len(), network.parameters());
    assert!(genome.iter().all(|weight| weight.is_finite()));
    let written = encode(network, genome).expect("what was read can be written");
    assert_eq!(parse(&written).expect("what was written is read"), champion);
    true
}
