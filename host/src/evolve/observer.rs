//! Who is told what happens.

use crate::error::Error;
use tinyevo_core::statistics::Statistics;

/// A generation that was just evaluated.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// Its number; 0 is the first population.
    pub generation: u32,
    /// How many generations there are at most.
    pub generations: u32,
    /// Evaluations so far.
    pub evaluations: u64,
    /// Seconds since the run began.
    pub seconds: f64,
    /// The best fitness of this population.
    pub best: f32,
    /// The accuracy of the individual that has it, on the images that fitness is computed on.
    pub accuracy: f32,
    /// Fitness over the population.
    pub statistics: Statistics,
    /// The best genome ever.
    pub champion: &'a [f32],
    /// Its fitness.
    pub champion_fitness: f32,
    /// Its accuracy.
    pub champion_accuracy: f32,
    /// Whether the champion is new.
    pub new_champion: bool,
}

/// Is told every generation. Called in the loop's thread; what it returns ends the run only if it
/// is an error.
pub trait Observer {
    /// A generation was evaluated.
    ///
    /// # Errors
    /// What it does with that failed, as a full disk: the run ends.
    fn generation(&mut self, snapshot: &Snapshot<'_>) -> Result<(), Error>;
}

impl<F: FnMut(&Snapshot<'_>) -> Result<(), Error>> Observer for F {
    fn generation(&mut self, snapshot: &Snapshot<'_>) -> Result<(), Error> {
        self(snapshot)
    }
}
