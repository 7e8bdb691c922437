//! The genetic operators: initialisation, selection, crossover, mutation, ranking.
//!
//! One file a kind, each an enum of the variants with their settings. Operators take a
//! `rand_core::Rng` and work on slices in place. `check` says once whether the settings are in
//! range; the operators themselves do not look again, and with settings out of range do something
//! harmless.

pub mod crossover;
pub mod initialisation;
pub mod mutation;
pub mod ranks;
pub mod selection;

pub use crossover::Crossover;
pub use initialisation::Initialisation;
pub use mutation::Mutation;
pub use ranks::best;
pub use selection::Selection;
