//! What is out of range in a configuration, in the words of the user; and the network that it
//! describes, whose shape is a part of that.

use super::Config;
use crate::error::Error;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::{MAX_LAYERS, Network};
use tinyevo_core::shape::Shape;

/// The genome sizes that are accepted: beyond it a population would not fit in any memory.
const MOST_PARAMETERS: usize = 1 << 28;
/// The largest population that is accepted.
const MOST_INDIVIDUALS: usize = 1_000_000;

impl Config {
    /// The network that it describes: 784 pixels, hidden layers with ReLU, ten classes with
    /// softmax.
    ///
    /// # Errors
    /// No units in a layer, too many layers, too many parameters.
    pub fn network(&self) -> Result<Network, Error> {
        if self.network.hidden.len() >= MAX_LAYERS {
            return Err(Error::Usage(format!(
                "network.hidden has {} layers; there can be {}",
                self.network.hidden.len(),
                MAX_LAYERS - 1
            )));
        }
        let mut layers: Vec<_> = self.network.hidden.iter().map(|&units| hidden(units)).collect();
        layers.push(Layer::Dense(Dense { units: 10, activation: Activation::Softmax }));
        let network = Network::new(Shape::flat(784), &layers)?;
        if network.parameters() > MOST_PARAMETERS {
            return Err(Error::Usage(format!(
                "the network has {} parameters; more than {MOST_PARAMETERS} are not accepted",
                network.parameters()
            )));
        }
        Ok(network)
    }

    /// Whether every number is in range.
    ///
    /// # Errors
    /// The first that is not, as [`Error::Usage`].
    pub fn check(&self) -> Result<(), Error> {
        let usage = |message: String| Err(Error::Usage(message));
        self.network()?;
        self.population.initialisation.operator().check()?;
        if !(1..=MOST_INDIVIDUALS).contains(&self.population.size) {
            let size = self.population.size;
            return usage(format!("population must lie in 1..={MOST_INDIVIDUALS}, got {size}"));
        }
        self.algorithm().check(self.population.size)?;
        if self.seed > i64::MAX as u64 || self.data.builtin_seed > i64::MAX as u64 {
            return usage("a seed must lie in 0..2^63".to_string());
        }
        if self.stop.generations == 0 || self.report_every == 0 {
            return usage("generations and report-every must be 1 or more".to_string());
        }
        if !(0.0..=1.0).contains(&self.stop.accuracy) {
            return usage(format!("stop accuracy must lie in 0..=1, got {}", self.stop.accuracy));
        }
        if self.stop.seconds.is_some_and(|seconds| !(seconds > 0.0 && seconds.is_finite())) {
            return usage("the time limit must be above 0 seconds".to_string());
        }
        if self.stop.patience == Some(0) {
            return usage("patience must be 1 generation or more".to_string());
        }
        for (name, size) in [("train", self.data.builtin_train), ("test", self.data.builtin_test)] {
            if !(1..=1_000_000).contains(&size) {
                return usage(format!("builtin-{name} must lie in 1..=1000000, got {size}"));
            }
        }
        Ok(())
    }
}

/// A hidden layer.
const fn hidden(units: usize) -> Layer {
    Layer::Dense(Dense { units, activation: Activation::Relu })
}
