//! Weights in files: [`weights`] for programs, [`module`] for firmware.

pub mod module;
pub mod weights;

use tinyevo_core::network::Network;

/// The names of the layers as Keras gives them: `dense`, `dense_1`, ...
pub fn layer_names(network: &Network) -> impl Iterator<Item = String> {
    network.stages().iter().enumerate().map(|(index, stage)| {
        let kind = stage.layer.kind().to_lowercase();
        let earlier = network.stages().iter().take(index);
        match earlier.filter(|other| other.layer.kind() == stage.layer.kind()).count() {
            0 => kind,
            count => format!("{kind}_{count}"),
        }
    })
}
