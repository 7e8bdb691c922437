//! What the measurements share: how long they take, and the network that they are of.

use crate::error::Error;
use crate::threads::isa::Isa;
use std::time::Instant;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// What is measured, and how long.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Hidden units of each network.
    pub hidden: Vec<usize>,
    /// Threads of the measurement on all cores.
    pub threads: usize,
    /// The instruction set.
    pub isa: Isa,
    /// How many rounds, of which the median counts; of an even number the upper one.
    pub rounds: usize,
    /// How long each measurement of a round takes at least, in seconds.
    pub seconds: f64,
}

/// A network of one hidden layer with ReLU and a softmax over the classes.
pub(super) fn network(input: Shape, hidden: usize, classes: usize) -> Result<Network, Error> {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let layers = [dense(hidden, Activation::Relu), dense(classes, Activation::Softmax)];
    Ok(Network::new(input, &layers)?)
}

/// Seconds that `work` takes, the mean over at least `seconds`, after one time to warm up.
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

/// The median; the upper one of an even number; NaN of nothing.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
