//! The gradient baseline: the networks that tinyevo evolves, trained by Adam, for comparison only. With the feature
//! `gradient`.
//!
//! [`train`] minimises the cross-entropy of batches of training images, as `fit` of Keras does with its defaults: weights by Glorot,
//! biases of 0, each image once an epoch in an order drawn anew, the last batch smaller if need be, Adam (Kingma and Ba 2015,
//! arXiv 1412.6980) with beta 0.9 and 0.999 and epsilon 1e-7. Tensors, derivatives and Adam are those of the crate `candle`;
//! first weights and order come from streams of `tinyevo-core`, as candle's generator takes no seed on a CPU. Candle fuses
//! multiply-adds, so the bits of the result depend on the CPU.
//!
//! The result is a genome, and what is reported of it is measured by tinyevo's own inference.

mod adam;
mod model;
mod steps;
#[cfg(test)]
mod tests;
mod training;
mod windows;

pub use training::{End, Training};

use crate::data::Split;
use crate::encoded::EncodedSplit;
use crate::error::Error;
use crate::evaluate;
use crate::run::{Interrupt, StopReason};
use crate::threads::Threads;
use steps::Steps;
use tinyevo_core::network::Network;

/// A training after one of its epochs, the last one perhaps cut short.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// Its number, from 1 on.
    pub number: u32,
    /// Steps so far.
    pub steps: u32,
    /// Mean cross-entropy in nats of the epoch's images, each before the step that it took part in.
    pub loss: f64,
    /// Accuracy on the images that are held out, 0 to 1; none without such images.
    pub held_out: Option<f32>,
    /// Seconds of training so far; measurements of the accuracy do not count.
    pub seconds: f64,
}

/// A network that was trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The weights in Keras' order, as of any network of tinyevo.
    pub genome: Vec<f32>,
    /// Steps of Adam.
    pub steps: u32,
    /// Images of all steps together.
    pub images: u64,
    /// Seconds of training.
    pub seconds: f64,
    /// Seconds of all cores together, where the system counts them.
    pub core_seconds: Option<f64>,
    /// Why it ended; [`StopReason::Generations`] stands for epochs or steps.
    pub reason: StopReason,
}

/// Trains a network on the first split; the second one, which may be empty, is measured after each epoch. `observe` gets each epoch
/// when it is over. An interrupt ends the training after the present step.
///
/// # Errors
/// The images do not fit the network, a setting is out of its range, the memory is too small, or `observe` fails.
pub fn train(
    network: &Network,
    (train, held_out): (&Split, &Split),
    training: Training,
    threads: &mut Threads,
    observe: &mut dyn FnMut(Epoch) -> Result<(), Error>,
    interrupt: &Interrupt,
) -> Result<Trained, Error> {
    let held_out = Some(held_out).filter(|split| !split.is_empty());
    let held_out = held_out.map(|split| EncodedSplit::new(split, network)).transpose()?;
    let mut steps = Steps::new(network, train, training, threads.count())?;
    let mut number = 0;
    loop {
        number += 1;
        let (loss, reason) = steps.epoch(number, interrupt)?;
        let genome = steps.genome()?;
        let held_out = match &held_out {
            Some(images) => Some(evaluate::score(network, &genome, images, threads)?.accuracy()),
            None => None,
        };
        let Steps { steps, images, seconds, core_seconds, .. } = steps;
        observe(Epoch { number, steps, loss, held_out, seconds })?;
        if let Some(reason) = reason {
            return Ok(Trained { genome, steps, images, seconds, core_seconds, reason });
        }
    }
}
