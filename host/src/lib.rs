//! Evolves the weights of small neural networks, without gradients.
//!
//! The library behind the command `tinyevo`: data flows one way through it,
//! [`data`] → [`evaluate`] → [`run`] → [`report`] and [`formats`], with [`session`] and [`cli`] on top. It
//! prints nothing outside [`cli`]; a run calls its [`run::Observer`]s after each generation.
//!
//! All arithmetic that decides a result is `tinyevo-core`'s. Unsafe code is in two places only: the
//! choice of the instruction set, and the call of the dense peer of `bench`.
#![deny(unsafe_code)]

pub mod bench;
pub mod champion;
pub mod cli;
pub mod config;
pub mod data;
pub mod encoded;
pub mod error;
pub mod evaluate;
pub mod feed;
pub mod footprint;
pub mod formats;
#[cfg(feature = "gradient")]
pub mod gradient;
pub mod memory;
mod npy;
pub mod page;
pub mod picture;
pub mod predict;
pub mod printable;
pub mod quantize;
pub mod report;
pub mod run;
pub mod runs;
pub mod session;
pub mod statistics;
pub mod study;
pub mod threads;
pub mod write;

pub use error::Error;

// Another back end would give other bits than those promised for a seed.
const _: () = assert!(
    matches!(tinyevo_core::math::BACKEND.as_bytes(), b"exact"),
    "build the desktop without the feature `micromath` of tinyevo-core"
);
