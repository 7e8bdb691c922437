//! The settings of a run.

use crate::config::Stop;

/// The settings of a run beside its algorithm, network and objective.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Seed of all randomness.
    pub seed: u64,
    /// Number of generations that the run is planned for, over which schedules run.
    pub length: u32,
    /// When the run ends.
    pub stop: Stop,
    /// A hash of everything that decides the results: a checkpoint of another one does not fit.
    pub identity: u64,
}
