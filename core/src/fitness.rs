//! The fitness of a genome: accuracy, the tutorial's reciprocal accuracy, mean cross-entropy.
//!
//! Samples are scored one by one into a [`Score`], which is folded over blocks of [`BLOCK`]
//! samples in order: so the sum is the same bits however the blocks are spread over threads.
//! [`Measure::value`] makes the fitness of it, and [`Direction`] says which of two is better.

use crate::error::LengthError;
use crate::inference::{self, argmax};
use crate::math;
use crate::network::Network;
use crate::order::Direction;
use crate::sample::Feature;

/// Number of samples that are summed before the sum is added to the total.
pub const BLOCK: usize = 256;

/// The largest cross-entropy that one sample counts, in nats. Larger ones, infinite ones and NaN
/// count as this, so that a mean is always finite.
pub const MAX_LOSS: f32 = 1e6;

/// The result of a genome on samples. The default is the score on no samples.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Score {
    /// Number of samples.
    pub samples: u32,
    /// Number of samples that were classified as labelled.
    pub correct: u32,
    /// The sum of their cross-entropies in nats; 0 where it was not asked for.
    pub loss: f64,
}

impl Score {
    /// Adds one sample: its logits against its label, and the cross-entropy if `loss` is set.
    #[inline(always)]
    pub fn add_sample(&mut self, logits: &[f32], label: u8, loss: bool) {
        self.samples = self.samples.saturating_add(1);
        if argmax(logits) == usize::from(label) {
            self.correct = self.correct.saturating_add(1);
        }
        if loss {
            self.loss += f64::from(cross_entropy(logits, label));
        }
    }

    /// Adds the score of the following block of samples.
    pub fn add_block(&mut self, block: Self) {
        self.samples = self.samples.saturating_add(block.samples);
        self.correct = self.correct.saturating_add(block.correct);
        self.loss += block.loss;
    }

    /// The score of a genome that holds an infinite or NaN parameter: no sample is right, each
    /// loses [`MAX_LOSS`]. Such a genome is not evaluated at all.
    #[must_use]
    pub fn worst(samples: u32) -> Self {
        Self { samples, correct: 0, loss: f64::from(MAX_LOSS) * f64::from(samples) }
    }

    /// The share of samples that were classified as labelled, 0 to 1; 0 if there are none.
    #[must_use]
    pub fn accuracy(&self) -> f32 {
        if self.samples == 0 { 0.0 } else { self.correct as f32 / self.samples as f32 }
    }
}

/// The fitness function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Measure {
    /// The share of samples classified as labelled, 0 to 1. Maximised.
    Accuracy,
    /// samples / correct: 1 / accuracy, the fitness of the tutorial. Minimised. With none correct
    /// it is 2 * samples, as if half a sample were: worse than any other value, and finite.
    ReciprocalAccuracy,
    /// Mean over samples of -ln of the softmax at the label, in nats. Minimised. Each sample counts at
    /// most [`MAX_LOSS`].
    CrossEntropy,
}

impl Measure {
    /// Whether larger or smaller values are better.
    #[must_use]
    pub const fn direction(self) -> Direction {
        match self {
            Self::Accuracy => Direction::Maximise,
            Self::ReciprocalAccuracy | Self::CrossEntropy => Direction::Minimise,
        }
    }

    /// Whether [`value`](Self::value) needs [`Score::loss`].
    #[must_use]
    pub const fn needs_loss(self) -> bool {
        matches!(self, Self::CrossEntropy)
    }

    /// The fitness of a score. Always finite; for no samples, the worst value of one sample.
    #[must_use]
    pub fn value(self, score: &Score) -> f32 {
        match self {
            Self::Accuracy => score.accuracy(),
            Self::ReciprocalAccuracy if score.correct == 0 => {
                2.0 * (if score.samples == 0 { 1 } else { score.samples }) as f32
            }
            Self::ReciprocalAccuracy => score.samples as f32 / score.correct as f32,
            Self::CrossEntropy if score.samples == 0 => MAX_LOSS,
            Self::CrossEntropy => (score.loss / f64::from(score.samples)) as f32,
        }
    }
}

/// The cross-entropy of one sample: -ln of the softmax at the label, in nats, 0 to [`MAX_LOSS`].
///
/// Computed as ln(sum of exp(x_j - max)) - (x_label - max), which never overflows. A label without
/// a logit counts [`MAX_LOSS`].
#[must_use]
pub fn cross_entropy(logits: &[f32], label: u8) -> f32 {
    let Some(&own) = logits.get(usize::from(label)) else { return MAX_LOSS };
    let mut largest = f32::NEG_INFINITY;
    for &logit in logits {
        if logit > largest {
            largest = logit;
        }
    }
    let mut sum = 0.0;
    for &logit in logits {
        sum += math::exp(logit - largest);
    }
    let loss = math::ln(sum) - (own - largest);
    // A NaN fails both comparisons. No back end of `math` gives a loss below zero, but one could.
    if loss < 0.0 {
        0.0
    } else if loss < MAX_LOSS {
        loss
    } else {
        MAX_LOSS
    }
}

/// Whether every parameter is finite. Only such genomes are evaluated.
#[inline(always)]
#[must_use]
pub fn is_finite(genome: &[f32]) -> bool {
    // The largest magnitude as an integer, which vectorises as `all` with its early end does not.
    let mut largest = 0;
    for parameter in genome {
        let magnitude = parameter.to_bits() & 0x7fff_ffff;
        if magnitude > largest {
            largest = magnitude;
        }
    }
    largest < f32::INFINITY.to_bits()
}

/// Scores a genome on samples, one by one, with [`inference::logits`].
///
/// `samples` has the network's input values per label, `scratch` at least
/// [`Network::scratch_length`] floats. A genome with an infinite or NaN parameter gets
/// [`Score::worst`].
///
/// # Errors
/// A slice has the wrong length.
pub fn evaluate<F: Feature>(
    network: &Network,
    genome: &[f32],
    samples: &[F],
    labels: &[u8],
    scratch: &mut [f32],
    loss: bool,
) -> Result<Score, LengthError> {
    let features = network.input().elements();
    LengthError::exact("genome", network.parameters(), genome.len())?;
    LengthError::exact("samples", features.saturating_mul(labels.len()), samples.len())?;
    LengthError::at_least("scratch", network.scratch_length(), scratch.len())?;
    if !is_finite(genome) {
        return Ok(Score::worst(labels.len() as u32));
    }
    let mut total = Score::default();
    let mut rest = samples;
    for block in labels.chunks(BLOCK) {
        let mut score = Score::default();
        for &label in block {
            let Some((sample, following)) = rest.split_at_checked(features) else { break };
            rest = following;
            score.add_sample(inference::logits(network, genome, sample, scratch)?, label, loss);
        }
        total.add_block(score);
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::Activation;
    use crate::network::tests::dense;
    use crate::shape::Shape;

    const fn score(samples: u32, correct: u32, loss: f64) -> Score {
        Score { samples, correct, loss }
    }

    #[test]
    fn values_follow_their_definitions() {
        let some = score(10, 4, 25.0);
        assert_eq!(Measure::Accuracy.value(&some), 0.4);
        assert_eq!(Measure::ReciprocalAccuracy.value(&some), 2.5);
        assert_eq!(Measure::CrossEntropy.value(&some), 2.5);
    }

    #[test]
    fn accuracy_zero_is_finite_and_worse_than_one_correct() {
        let (none, one) = (score(10_000, 0, 0.0), score(10_000, 1, 0.0));
        let measure = Measure::ReciprocalAccuracy;
        assert_eq!(measure.value(&none), 20_000.0);
        assert!(measure.direction().better(measure.value(&one), measure.value(&none)));
        for measure in [Measure::Accuracy, Measure::ReciprocalAccuracy, Measure::CrossEntropy] {
            assert!(measure.value(&Score::default()).is_finite());
            assert!(measure.value(&Score::worst(7)).is_finite());
        }
    }

    #[test]
    fn the_worst_score_is_no_sample_right_and_the_largest_loss_for_each() {
        assert_eq!(Score::worst(0), score(0, 0, 0.0));
        assert_eq!(Score::worst(7), score(7, 0, 7_000_000.0));
    }

    #[test]
    fn only_cross_entropy_needs_the_loss() {
        assert!(Measure::CrossEntropy.needs_loss());
        assert!(!Measure::Accuracy.needs_loss());
        assert!(!Measure::ReciprocalAccuracy.needs_loss());
    }

    #[test]
    fn cross_entropy_equals_scikit_learn() {
        // sklearn.metrics.log_loss([2], [softmax([1, 2, 4])], labels=[0, 1, 2]) of 1.9 = 0.169846.
        let loss = cross_entropy(&[1.0, 2.0, 4.0], 2);
        let tolerance = if math::BACKEND == "exact" { 1e-6 } else { 1e-2 };
        assert!((loss - 0.169_846).abs() < tolerance, "{loss}");
    }

    #[test]
    fn no_loss_is_below_zero() {
        // The largest logit adds exp(0) = 1 to a sum that is then at least 1, whose logarithm is at least 0.
        assert_eq!(math::ln(math::exp(0.0)), 0.0);
        for step in 0..2000_u16 {
            let logits = [0.0, -f32::from(step) / 64.0, -20.0];
            let losses = [0, 1, 2].map(|label| cross_entropy(&logits, label));
            assert!(losses[0] >= 0.0 && losses[0] <= losses[1], "{losses:?} of {logits:?}");
            assert!(losses[2] > 19.0, "{losses:?} of {logits:?}");
        }
    }

    #[test]
    fn cross_entropy_is_finite_whatever_the_logits() {
        assert_eq!(cross_entropy(&[f32::NAN, 0.0], 1), MAX_LOSS);
        assert_eq!(cross_entropy(&[f32::INFINITY, 0.0], 0), MAX_LOSS);
        assert_eq!(cross_entropy(&[f32::NEG_INFINITY; 2], 0), MAX_LOSS);
        assert_eq!(cross_entropy(&[f32::MAX, f32::MIN], 1), MAX_LOSS);
        assert_eq!(cross_entropy(&[0.0], 3), MAX_LOSS);
        assert_eq!(cross_entropy(&[90.0, 0.0], 0), 0.0);
    }

    #[test]
    fn finite_means_neither_infinite_nor_nan() {
        assert!(is_finite(&[]));
        assert!(is_finite(&[0.0, -0.0, f32::MAX, f32::MIN, 1e-45]));
        for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(!is_finite(&[1.0, bad, 1.0]));
        }
    }

    #[test]
    fn evaluation_counts_and_sums_across_blocks() {
        // The class is 1 where the sample is positive.
        let network = Network::new(Shape::flat(1), &[dense(2, Activation::Softmax)]).unwrap();
        let genome = [-1.0, 1.0, 0.0, 0.0];
        let (samples, labels) = ([3.0_f32; 600], [1_u8; 600]);
        let mut scratch = [0.0; 2];
        let all = evaluate(&network, &genome, &samples, &labels, &mut scratch, true).unwrap();
        assert_eq!((all.samples, all.correct), (600, 600));
        let each = f64::from(cross_entropy(&[-3.0, 3.0], 1));
        assert!(libm::fabs(all.loss - 600.0 * each) < 1e-9);
        let none = evaluate(&network, &[f32::NAN; 4], &samples, &labels, &mut scratch, true);
        assert_eq!(none, Ok(Score::worst(600)));
        assert!(evaluate(&network, &genome, &samples[1..], &labels, &mut scratch, true).is_err());
    }
}
