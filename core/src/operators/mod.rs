//! The genetic operators: initialisation, selection, crossover, mutation, elitism.
//!
//! One file a kind, each an enum of the variants with their settings. Operators take a
//! `rand_core::Rng` and work on slices in place. `check` says once whether the settings are in
//! range; the operators themselves do not look again, and with settings out of range do something
//! harmless.

pub mod crossover;
pub mod elitism;
pub mod initialisation;
pub mod mutation;
pub mod selection;

pub use crossover::Crossover;
pub use elitism::best;
pub use initialisation::Initialisation;
pub use mutation::Mutation;
pub use selection::Selection;
