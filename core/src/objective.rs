//! Objectives: the fitness of a genome, from samples with labels or from the caller's own function.
//!
//! An algorithm over whole genomes needs nothing else from a task. [`Samples`] is plain, for a
//! microcontroller; [`crate::batch::Blocks`] is fast, with the same bits; [`Function`] is any function
//! of a genome, for example the time that a pole stays up.

use crate::error::LengthError;
use crate::fitness::{Measure, Score, evaluate};
use crate::network::Network;
use crate::order::Direction;
use crate::sample::Feature;

/// Scores genomes. The score of a genome is the sum of the scores of its parts, in their order.
pub trait Objective: Sync {
    /// Whether larger or smaller fitness is better.
    fn direction(&self) -> Direction;

    /// The fitness of a whole score.
    fn value(&self, score: &Score) -> f32;

    /// Number of parts into which the scoring of a genome is divided, 1 or more. Default: 1.
    fn parts(&self) -> usize {
        1
    }

    /// Number of samples of a whole score. Default: 0, for a task without samples.
    fn samples(&self) -> u32 {
        0
    }

    /// Number of floats of working memory that the scoring of a part needs. Default: 0.
    fn room(&self) -> usize {
        0
    }

    /// The score of part number `part` of a genome. `held` says that the last work done with `room`
    /// was another part of the same genome.
    ///
    /// # Errors
    /// A slice has the wrong length.
    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        part: usize,
        room: &mut [f32],
        held: bool,
    ) -> Result<Score, LengthError>;
}

/// A measure on samples, one after another, by [`evaluate`]: small code and little memory.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a, F> {
    /// The network whose genomes are scored.
    pub network: &'a Network,
    /// The network's input values for each label.
    pub samples: &'a [F],
    /// The class of each sample.
    pub labels: &'a [u8],
    /// The fitness function.
    pub measure: Measure,
}

impl<F: Feature + Sync> Objective for Samples<'_, F> {
    fn direction(&self) -> Direction {
        self.measure.direction()
    }

    fn value(&self, score: &Score) -> f32 {
        self.measure.value(score)
    }

    fn samples(&self) -> u32 {
        self.labels.len() as u32
    }

    fn room(&self) -> usize {
        self.network.scratch_length()
    }

    #[inline(always)]
    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        _part: usize,
        room: &mut [f32],
        _held: bool,
    ) -> Result<Score, LengthError> {
        let Self { network, samples, labels, measure } = *self;
        evaluate(network, genome, samples, labels, room, measure.needs_loss())
    }
}

/// A function of a genome as its fitness. The accuracy of such individuals is 0.
///
/// ```
/// use tinyevo_core::objective::{Function, Objective};
/// use tinyevo_core::order::Direction;
///
/// let sphere = Function::new(Direction::Minimise, |genome: &[f32]| {
///     genome.iter().map(|x| x * x).sum()
/// });
/// let score = sphere.score::<1>(&[3.0, 4.0], 0, &mut [], false)?;
/// assert_eq!(sphere.value(&score), 25.0);
/// # Ok::<(), tinyevo_core::error::LengthError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Function<F> {
    direction: Direction,
    function: F,
}

impl<F: Fn(&[f32]) -> f32 + Sync> Function<F> {
    /// A function, and whether less or more of it is better. It must be pure: the same genome has the
    /// same value. NaN ranks behind every number.
    pub const fn new(direction: Direction, function: F) -> Self {
        Self { direction, function }
    }
}

impl<F: Fn(&[f32]) -> f32 + Sync> Objective for Function<F> {
    fn direction(&self) -> Direction {
        self.direction
    }

    fn value(&self, score: &Score) -> f32 {
        score.loss as f32
    }

    #[inline(always)]
    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        _part: usize,
        _room: &mut [f32],
        _held: bool,
    ) -> Result<Score, LengthError> {
        Ok(Score { loss: f64::from((self.function)(genome)), ..Score::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::Activation;
    use crate::network::tests::dense;
    use crate::shape::Shape;

    #[test]
    fn samples_are_scored_by_the_oracle_with_the_loss_that_the_measure_needs() {
        let network = Network::new(Shape::flat(1), &[dense(2, Activation::Softmax)]).unwrap();
        let (genome, samples, labels) = ([-1.0, 1.0, 0.0, 0.0], [3.0_f32, -3.0, 2.0], [1, 1, 1]);
        for measure in [Measure::Accuracy, Measure::ReciprocalAccuracy, Measure::CrossEntropy] {
            let objective =
                Samples { network: &network, samples: &samples, labels: &labels, measure };
            let mut room = [0.0; 2];
            assert_eq!((objective.parts(), objective.room(), objective.samples()), (1, 2, 3));
            let score = objective.score::<1>(&genome, 0, &mut room, false).unwrap();
            let whole = evaluate(&network, &genome, &samples, &labels, &mut room, true).unwrap();
            assert_eq!(score.loss != 0.0, measure == Measure::CrossEntropy);
            assert_eq!(objective.value(&score), measure.value(&whole));
            assert_eq!(objective.direction(), measure.direction());
        }
    }

    #[test]
    fn a_function_has_its_own_value_and_direction() {
        let function = Function::new(Direction::Maximise, |genome: &[f32]| genome[0] / 3.0);
        let score = function.score::<4>(&[0.1], 0, &mut [], true).unwrap();
        assert_eq!((function.value(&score), score.accuracy()), (0.1 / 3.0, 0.0));
        assert_eq!((function.direction(), function.parts()), (Direction::Maximise, 1));
        assert_eq!((function.samples(), function.room()), (0, 0));
    }
}
