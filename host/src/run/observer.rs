//! Observers: callbacks that run at the start, after each generation and at the end.

use super::{Judgement, StopReason};
use crate::error::Error;
use tinyevo_core::checkpoint::Header;
use tinyevo_core::evolution::Outcome;

/// A run after a generation.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// The number of the generation; 0 is the first population.
    pub generation: u32,
    /// How many generations there are at most.
    pub generations: u32,
    /// Genomes scored so far, before an interruption too. Those of the judge do not count.
    pub evaluations: u64,
    /// Images on which a genome was scored, summed over the genomes, before an interruption too.
    pub mutant_images: u64,
    /// Seconds of work so far, before an interruption too.
    pub seconds: f64,
    /// The results of the generation, by fitness.
    pub outcome: Outcome,
    /// The best individual so far, by the judge.
    pub champion: Champion<'a>,
    /// Whether the champion is of this generation.
    pub new_champion: bool,
    /// What a checkpoint of this generation begins with.
    pub header: Header,
    /// The floats of a checkpoint, in order.
    pub state: [&'a [f32]; 3],
}

/// The best individual so far.
#[derive(Debug, Clone, Copy)]
pub struct Champion<'a> {
    /// Its genome.
    pub genome: &'a [f32],
    /// What the judge said of it.
    pub judgement: Judgement,
    /// The generation that it was found in.
    pub generation: u32,
}

/// Runs callbacks at the start of a run, after each generation and at its end, in the thread of the
/// loop. An error ends the run.
///
/// A closure that takes a [`Snapshot`] is an observer of generations. The loop runs on one of the threads of
/// the run, so an observer can be sent there.
pub trait Observer: Send {
    /// The run begins, or goes on: the snapshot is of generation 0, or of the checkpoint.
    ///
    /// # Errors
    /// What the observer does failed.
    fn started(&mut self, first: &Snapshot<'_>) -> Result<(), Error> {
        let _ = first;
        Ok(())
    }

    /// A generation was made: number 0 first, or the one after the checkpoint.
    ///
    /// # Errors
    /// What the observer does failed, such as writing to a full disk.
    fn generation(&mut self, now: &Snapshot<'_>) -> Result<(), Error>;

    /// The run pauses: it may go on after this generation, or not.
    ///
    /// # Errors
    /// What the observer does failed.
    fn paused(&mut self, now: &Snapshot<'_>) -> Result<(), Error> {
        let _ = now;
        Ok(())
    }

    /// The run has ended, for whatever reason.
    ///
    /// # Errors
    /// What the observer does failed.
    fn ended(&mut self, last: &Snapshot<'_>, reason: StopReason) -> Result<(), Error> {
        let _ = (last, reason);
        Ok(())
    }
}

impl<F: FnMut(&Snapshot<'_>) -> Result<(), Error> + Send> Observer for F {
    fn generation(&mut self, now: &Snapshot<'_>) -> Result<(), Error> {
        self(now)
    }
}
