//! One generation of each algorithm, as a pure function of (parents, fitness, seed, generation).
//!
//! The loop around it is the caller's: a microcontroller calls the whole generation, the desktop
//! spreads the same parts over threads. One file an algorithm.

pub mod ea_simple;

pub use ea_simple::{EaSimple, EvolutionError};
