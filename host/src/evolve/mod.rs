//! The generational loop: state, step, stop reason, observers.
//!
//! [`Evolution`] holds the state and makes one generation at a time, calling the same functions of
//! `tinyevo_core::evolution` that a microcontroller calls, spread over threads. [`Evolution::run`]
//! repeats that until a [`StopReason`], and tells [`Observer`]s, which never steer.

mod observer;
mod state;
mod stop;

pub use observer::{Observer, Snapshot};
pub use state::Evolution;
pub use stop::StopReason;
