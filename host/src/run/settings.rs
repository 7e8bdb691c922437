//! The settings of a run.

use crate::config::Stop;
use crate::feed::Feed;
use tinyevo_core::evolution::Task;
use tinyevo_core::network::Network;

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

impl Settings {
    /// The task of a generation.
    pub(super) fn task<'t, F: Feed>(
        &self,
        network: &'t Network,
        feed: &'t F,
        start: Option<&'t [f32]>,
        generation: u32,
    ) -> Task<'t, F::Objective> {
        let (seed, length, rescore) = (self.seed, self.length, feed.changes());
        Task { network, objective: feed.objective(), seed, generation, length, rescore, start }
    }
}
