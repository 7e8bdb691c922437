//! What the benchmarks share: the tutorial's network, a random genome, images.
//!
//! Images are real MNIST's test images where `TINYEVO_DATA` names a folder with them, else built-in
//! digits, which have its texture.

use std::path::PathBuf;
use tinyevo::config::Preset;
use tinyevo::data::{self, Options, Request, Silent, Split};
use tinyevo_core::network::Network;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_core::shape::Shape;

/// The tutorial's network, 784-128-10.
///
/// # Panics
/// Never: the preset is well-formed.
#[must_use]
pub fn network() -> Network {
    Preset::Tutorial.config().network(Shape::flat(784), 10).expect("the preset is well-formed")
}

/// An individual of the tutorial's first population.
///
/// # Panics
/// Never: the genome has the network's length.
#[must_use]
pub fn genome(network: &Network) -> Vec<f32> {
    let mut genome = vec![0.0; network.parameters()];
    let uniform = Initialisation::Uniform { low: -1.0, high: 1.0 };
    let filled = uniform.fill(network, &mut genome, &mut stream(64, 0, 0, Purpose::Initialise));
    filled.expect("the genome has the network's length");
    genome
}

/// `count` test images.
///
/// # Panics
/// If `TINYEVO_DATA` names a folder without MNIST.
#[must_use]
pub fn images(count: usize) -> Split {
    let options = Options {
        data_dir: std::env::var_os("TINYEVO_DATA").map(PathBuf::from),
        builtin_train: 1,
        builtin_test: count,
        offline: true,
        ..Options::default()
    };
    let request = if options.data_dir.is_some() { Request::MNIST } else { Request::Builtin };
    let mut split = data::load(&request, &options, &Silent).expect("images").test;
    drop(split.split_off(count));
    split
}
