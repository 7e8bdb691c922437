//! Objectives: the fitness of a genome, from samples with labels or from the caller's own function.
//!
//! An algorithm over whole genomes needs nothing else from a task. [`Samples`] is plain, for a
//! microcontroller; [`crate::batch::Blocks`] is fast, with the same bits; [`Function`] is any function
//! of a genome, for example the time that a pole stays up.

use crate::deploy::Formats;
use crate::error::LengthError;
use crate::fitness::{Measure, Score, evaluate};
use crate::layers::dense::weighted_sums;
use crate::network::Network;
use crate::order::Direction;
use crate::sample::Feature;
use crate::slices::{parts_mut, row_length};

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

/// Labelled samples whose first layer can be computed for many samples at once. This is what an
/// algorithm needs that changes single neurons, instead of scoring whole genomes.
///
/// Samples stand in parts of [`part_length`](Batch::part_length), the last one perhaps shorter. The weights of a
/// dense layer over the inputs are a kernel `[inputs][units]` and after it the bias, as in a genome. Every sum
/// runs in the order of the inputs, the bias last: the bits are those of [`crate::inference`].
pub trait Batch: Objective {
    /// The class of each sample.
    fn labels(&self) -> &[u8];

    /// Number of samples of each part but the last, a power of two up to 256.
    fn part_length(&self) -> usize;

    /// Whether any sample may have a value other than 0 at this place of the input. Default: yes.
    fn is_used(&self, input: usize) -> bool {
        let _ = input;
        true
    }

    /// Number of floats that the packed weights of a layer of so many units take at most. Default: 0, for weights
    /// that are used as they stand.
    fn packed_length(&self, units: usize) -> usize {
        let _ = units;
        0
    }

    /// Packs the weights of a layer. Default: nothing, for weights that are used as they stand.
    ///
    /// # Errors
    /// A slice has the wrong length.
    fn pack<const WIDTH: usize>(
        &self,
        units: usize,
        weights: &[f32],
        packed: &mut [f32],
    ) -> Result<(), LengthError> {
        let _ = (units, weights, packed);
        Ok(())
    }

    /// The sums of a layer for the samples of a part: rows of `units` floats, padded to a multiple of 16.
    /// `packed` is what [`pack`](Batch::pack) made of `weights`. With `wanted`, a flag for each sample of the
    /// part, only the rows of wanted samples are written.
    ///
    /// # Errors
    /// A slice has the wrong length.
    fn sums<const WIDTH: usize>(
        &self,
        part: usize,
        layer: First<'_>,
        wanted: Option<&[bool]>,
        out: &mut [f32],
    ) -> Result<(), LengthError>;
}

/// Labelled samples by their index: what an algorithm needs that takes samples in an order of its own.
pub trait Rows: Sync {
    /// A value of a sample.
    type Value: Feature;

    /// The class of each sample.
    fn labels(&self) -> &[u8];

    /// The values of a sample, as many as the network has inputs; past the end none.
    fn row(&self, index: usize) -> &[Self::Value];

    /// The formats of the integers for which a genome stands. Default: none, its weights are floats.
    fn formats(&self) -> Option<&Formats> {
        None
    }
}

impl<R: Rows> Rows for &R {
    type Value = R::Value;

    fn labels(&self) -> &[u8] {
        (**self).labels()
    }

    #[inline(always)]
    fn row(&self, index: usize) -> &[R::Value] {
        (**self).row(index)
    }

    fn formats(&self) -> Option<&Formats> {
        (**self).formats()
    }
}

/// Samples that stand one after another, and their labels.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a, F> {
    /// Number of values of a sample.
    pub features: usize,
    /// The values of all samples.
    pub samples: &'a [F],
    /// The class of each sample.
    pub labels: &'a [u8],
}

impl<'a, F> Labelled<'a, F> {
    /// The values of a sample.
    #[inline(always)]
    fn of(&self, index: usize) -> &'a [F] {
        let first = index.saturating_mul(self.features);
        self.samples.get(first..first.saturating_add(self.features)).unwrap_or(&[])
    }
}

impl<F: Feature + Sync> Rows for Labelled<'_, F> {
    type Value = F;

    fn labels(&self) -> &[u8] {
        self.labels
    }

    #[inline(always)]
    fn row(&self, index: usize) -> &[F] {
        self.of(index)
    }
}

/// A dense layer over the inputs of a [`Batch`].
#[derive(Debug, Clone, Copy)]
pub struct First<'a> {
    /// Number of outputs.
    pub units: usize,
    /// The kernel `[inputs][units]`, then the bias.
    pub weights: &'a [f32],
    /// What [`Batch::pack`] made of the weights.
    pub packed: &'a [f32],
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

impl<'a, F> Samples<'a, F> {
    const fn labelled(&self) -> Labelled<'a, F> {
        let features = self.network.input().elements();
        Labelled { features, samples: self.samples, labels: self.labels }
    }
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

/// The most samples of a part of [`Samples`]: few, as what an algorithm keeps for a part takes memory.
const PART: usize = 8;

impl<F: Feature + Sync> Batch for Samples<'_, F> {
    fn labels(&self) -> &[u8] {
        self.labels
    }

    fn part_length(&self) -> usize {
        self.labels.len().min(PART).checked_next_power_of_two().unwrap_or(PART)
    }

    fn sums<const WIDTH: usize>(
        &self,
        part: usize,
        layer: First<'_>,
        wanted: Option<&[bool]>,
        out: &mut [f32],
    ) -> Result<(), LengthError> {
        sums_of(&self.labelled(), part, self.part_length(), layer, wanted, out)
    }
}

/// [`Batch::sums`] of a part of `length` samples, with the weights as they stand.
pub(crate) fn sums_of(
    rows: &impl Rows,
    part: usize,
    length: usize,
    layer: First<'_>,
    wanted: Option<&[bool]>,
    out: &mut [f32],
) -> Result<(), LengthError> {
    let (units, first) = (layer.units, part.saturating_mul(length));
    let inputs = rows.row(first).len();
    let needed = inputs.saturating_add(1).saturating_mul(units);
    LengthError::exact("weights", needed, layer.weights.len())?;
    let kernel = inputs.saturating_mul(units);
    let (kernel, bias) = layer.weights.split_at_checked(kernel).unwrap_or_default();
    let count = rows.labels().len().saturating_sub(first).min(length);
    for (place, row) in (0..count).zip(parts_mut(out, row_length(units))) {
        if wanted.is_none_or(|wanted| wanted.get(place) == Some(&true)) {
            let row = row.get_mut(..units).unwrap_or_default();
            weighted_sums(rows.row(first.saturating_add(place)), kernel, bias, row);
        }
    }
    Ok(())
}

impl<F: Feature + Sync> Rows for Samples<'_, F> {
    type Value = F;

    fn labels(&self) -> &[u8] {
        self.labels
    }

    #[inline(always)]
    fn row(&self, index: usize) -> &[F] {
        self.labelled().of(index)
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
