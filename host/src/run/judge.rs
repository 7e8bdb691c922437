//! The judge: measures the champion on images of its own.

use crate::encoded::Measured;
use crate::error::Error;
use crate::evaluate::score_of;
use crate::threads::Threads;
use tinyevo_core::objective::Objective;

/// What was measured of an individual.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Judgement {
    /// Its fitness on these samples.
    pub fitness: f32,
    /// How many samples it classified as labelled.
    pub correct: u32,
    /// How many samples there were; 0 where the fitness knows none.
    pub samples: u32,
}

impl Judgement {
    /// A judgement from an accuracy of 0 to 1 over less than 2^24 samples, which is exact.
    #[must_use]
    pub fn new(fitness: f32, accuracy: f32, samples: u32) -> Self {
        let correct = (f64::from(accuracy) * f64::from(samples)).round() as u32;
        Self { fitness, correct, samples }
    }

    /// The share of samples that it classified as labelled, 0 to 1; 0 of no samples.
    #[must_use]
    pub fn accuracy(&self) -> f32 {
        if self.samples == 0 { 0.0 } else { self.correct as f32 / self.samples as f32 }
    }
}

/// Images that no fitness saw, and how often the best individual is measured on them.
#[derive(Debug, Clone)]
pub struct Judge<'a> {
    /// The images, and the measure of them: that of the fitness, as a rule.
    pub objective: Measured<'a>,
    /// Every so many generations, 1 or more, from generation 0 on. It depends on nothing else, so that
    /// a run can be resumed with more generations.
    pub every: u32,
}

impl Judge<'_> {
    /// Whether a generation is judged.
    #[must_use]
    pub const fn is_due(&self, generation: u32) -> bool {
        generation.is_multiple_of(self.every)
    }

    /// Measures a genome.
    ///
    /// # Errors
    /// The genome has the wrong length.
    pub fn judge(&self, genome: &[f32], threads: &mut Threads) -> Result<Judgement, Error> {
        let score = score_of(&self.objective, genome, threads)?;
        let fitness = self.objective.value(&score);
        Ok(Judgement { fitness, correct: score.correct, samples: score.samples })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_right_samples_comes_back_from_the_accuracy() {
        for samples in [1_u32, 7, 10_000, 60_000, (1 << 24) - 1] {
            for correct in (0..=samples).step_by(samples as usize / 1000 + 1) {
                let accuracy = correct as f32 / samples as f32;
                let judgement = Judgement::new(1.0, accuracy, samples);
                assert_eq!((judgement.correct, judgement.accuracy()), (correct, accuracy));
            }
        }
        assert_eq!(Judgement::default().accuracy(), 0.0);
    }
}
