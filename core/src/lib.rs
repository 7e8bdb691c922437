//! Small neural networks, their fitness, and the genetic operators that evolve them.
//!
//! Everything works on slices that the caller owns: the crate is `no_std`, never allocates,
//! contains no unsafe code and is written so that nothing in it can panic. Lengths are checked
//! once, at the public boundary; a function's documentation says how long each slice must be,
//! and a `const fn` computes it.
//!
//! The same seed gives the same bits on every CPU: the only float operations are `+ - * /`,
//! the correctly rounded square root, and functions of [`math`], always in a fixed order.
//!
//! | module | what it owns |
//! | --- | --- |
//! | [`rng`] | seeded streams keyed by seed, generation, individual and purpose; the draws |
//! | [`math`] | `exp`, `ln` and `sqrt`, the same everywhere |
//! | [`shape`], [`sample`] | the inputs of a network |
//! | [`layers`], [`network`] | layers, and where each parameter lies in a genome |
//! | [`inference`] | one sample: the plain oracle, and what a microcontroller runs |
//! | [`fitness`], [`order`], [`confusion`] | accuracy, reciprocal accuracy, cross-entropy; which is better; the confusion matrix |
//! | [`batch`] | many samples, laid out for cache and lanes, with the same bits |
//! | [`objective`] | the fitness of a genome: from samples, or from the caller's own function |
//! | [`operators`] | initialisation, selection, crossover, mutation, ranking |
//! | [`population`], [`hall_of_fame`], [`statistics`] | rows of genome, fitness, accuracy, scale; the best so far; avg, std, min, max |
//! | [`spread`] | independent parts of work, one after another or on all cores |
//! | [`evolution`] | one generation of an algorithm |
//! | [`checkpoint`] | the state of a run as bytes |
//! | [`quantized`], [`tev`] | networks of 8-bit integers; champions as bytes, used where they lie |
//! | [`hash`] | FNV-1a, to compare runs |
//!
//! # Example
//!
//! ```
//! use tinyevo_core::layers::{Activation, Dense, Layer};
//! use tinyevo_core::network::{Network, parameter_count, scratch_length};
//! use tinyevo_core::shape::Shape;
//! use tinyevo_core::{inference, operators::Initialisation, rng};
//!
//! const INPUT: Shape = Shape::flat(2);
//! const LAYERS: [Layer; 2] = [
//!     Layer::Dense(Dense { units: 8, activation: Activation::Relu }),
//!     Layer::Dense(Dense { units: 2, activation: Activation::Softmax }),
//! ];
//! const GENES: usize = match parameter_count(INPUT, &LAYERS) { Ok(n) => n, Err(_) => 0 };
//! const SCRATCH: usize = match scratch_length(INPUT, &LAYERS) { Ok(n) => n, Err(_) => 0 };
//!
//! let network = Network::new(INPUT, &LAYERS)?;
//! let (mut genome, mut scratch) = ([0.0; GENES], [0.0; SCRATCH]);
//! let mut stream = rng::stream(64, 0, 0, rng::Purpose::Initialise);
//! Initialisation::He.fill(&network, &mut genome, &mut stream)?;
//! let class = inference::classify(&network, &genome, &[0.5_f32, -1.0], &mut scratch)?;
//! assert!(class < 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

pub mod batch;
mod chain;
pub mod checkpoint;
pub mod confusion;
pub mod deploy;
mod directions;
pub mod error;
pub mod evolution;
pub mod fitness;
pub mod hall_of_fame;
pub mod hash;
pub mod inference;
pub mod layers;
pub mod math;
pub mod network;
pub mod objective;
pub mod operators;
pub mod order;
pub mod packed;
pub mod population;
pub mod quantized;
pub mod rng;
pub mod sample;
pub mod sampler;
pub mod schedule;
pub mod shape;
mod slices;
pub mod spread;
pub mod statistics;
pub mod tev;

pub use rand_core;
