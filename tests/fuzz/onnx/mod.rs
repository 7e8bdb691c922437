//! ONNX models: a champion that is read is written and read again as itself.

use crate::{Seed, Target, maps};
use tinyevo::champion::Weights;
use tinyevo::data::{Description, Normalisation};
use tinyevo::formats::NetworkHint;
use tinyevo::formats::onnx::{encode, parse};
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// The target.
pub const TARGET: Target = Target { name: "onnx", seeds, check };

fn seeds() -> Vec<Seed> {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let written = |shape, layers: &[Layer], description: &Description| {
        let network = Network::new(shape, layers).expect("a network");
        let genome: Vec<f32> = (0..network.parameters()).map(|gene| gene as f32 - 4.5).collect();
        encode(&network, &genome, description).expect("the genome fits")
    };
    let described = Description {
        normalisation: Normalisation::new(vec![0.0, -1.5], vec![1.0, 1e30]),
        class_names: ["cat", "dog"].map(String::from).to_vec(),
    };
    let layers = [dense(2, Activation::Relu), dense(2, Activation::Softmax)];
    let image = Shape { height: 3, width: 4, channels: 1 };
    vec![
        ("dense", written(Shape::flat(2), &layers, &described)),
        ("maps", written(image, &maps(), &Description::default())),
    ]
}

fn check(bytes: &[u8]) -> bool {
    let champion = match parse(bytes, &NetworkHint::default()) {
        Ok(champion) => champion,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let Weights::Floats(network, genome) = &champion.weights else { panic!("no floats") };
    assert_eq!(genome.len(), network.parameters());
    assert!(genome.iter().all(|weight| weight.is_finite()));
    let written =
        encode(network, genome, &champion.description).expect("what was read can be written");
    let again = parse(&written, &NetworkHint::default()).expect("what was written is read");
    assert_eq!(again, champion);
    true
}
