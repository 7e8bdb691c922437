//! Shared by the measurements: their settings, the clock and the network.

use crate::error::Error;
use crate::threads::isa::Isa;
use std::time::Instant;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// The settings of the measurements.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Hidden units of each network.
    pub hidden: Vec<usize>,
    /// Number of threads of the measurement on all cores, 1 or more.
    pub threads: usize,
    /// The instruction set.
    pub isa: Isa,
    /// Number of rounds, 1 or more. Results are medians; for an even number the upper one.
    pub rounds: usize,
    /// Shortest time of one measurement of a round, in seconds.
    pub seconds: f64,
}

/// A network of one hidden layer with ReLU and a softmax over the classes.
pub(super) fn network(input: Shape, hidden: usize, classes: usize) -> Result<Network, Error> {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let layers = [dense(hidden, Activation::Relu), dense(classes, Activation::Softmax)];
    Ok(Network::new(input, &layers)?)
}

/// Mean seconds that `work` takes, repeated for at least `seconds` after one call to warm up.
pub(super) fn time(seconds: f64, mut work: impl FnMut()) -> f64 {
    work();
    let (start, mut times) = (Instant::now(), 0_u32);
    loop {
        work();
        times += 1;
        let elapsed = start.elapsed().as_secs_f64();
        if elapsed >= seconds {
            return elapsed / f64::from(times);
        }
    }
}

/// The median; of an even number of values the upper one, of none NaN.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
