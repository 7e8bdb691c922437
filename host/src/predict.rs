//! What a champion says about one sample: a class, and the probability of each.

use crate::champion::{Champion, Weights};
use crate::error::Error;
use tinyevo_core::inference;

/// What a champion says about one sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The class with the largest score, the first of equal ones.
    pub class: usize,
    /// The score of each class.
    pub scores: Scores,
}

/// The scores of classes.
#[derive(Debug, Clone, PartialEq)]
pub enum Scores {
    /// Probabilities, which sum to 1: of a champion of floats.
    Probabilities(Vec<f32>),
    /// Logits, of a champion of integers. Its file does not hold their unit, without which there are no probabilities.
    Integers(Vec<i32>),
}

impl Scores {
    /// Probabilities, if they are known.
    #[must_use]
    pub fn probabilities(&self) -> Option<&[f32]> {
        match self {
            Self::Probabilities(probabilities) => Some(probabilities),
            Self::Integers(_) => None,
        }
    }

    /// Integers, if they are such.
    #[must_use]
    pub fn integers(&self) -> Option<&[i32]> {
        match self {
            Self::Probabilities(_) => None,
            Self::Integers(integers) => Some(integers),
        }
    }
}

/// What a champion says about a sample: bytes, as many as its network has inputs, row by row with the channels together.
///
/// # Errors
/// The sample has another length.
pub fn predict(champion: &Champion, sample: &[u8]) -> Result<Prediction, Error> {
    match &champion.weights {
        Weights::Floats(network, genome) => {
            let mut scratch = vec![0.0; network.scratch_length()];
            let class = inference::classify(network, genome, sample, &mut scratch)?;
            let probabilities = inference::probabilities(network, genome, sample, &mut scratch)?;
            Ok(Prediction { class, scores: Scores::Probabilities(probabilities.to_vec()) })
        }
        Weights::Integers(_) | Weights::Packed(_) => {
            let scores = Scores::Integers(champion.integer_logits(sample)?);
            let class = champion.integer_classes(sample)?.first().copied().unwrap_or(0);
            Ok(Prediction { class: usize::from(class), scores })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::champion::tests::{integers, maps, odd, packed};

    #[test]
    fn classes_are_those_of_evaluation_and_probabilities_sum_to_one() {
        for champion in [odd(), maps(), packed(), integers()] {
            let inputs = champion.network().input().elements();
            for start in 0..9 {
                let sample: Vec<u8> = (0..inputs).map(|at| (at * 37 + start * 91) as u8).collect();
                let said = predict(&champion, &sample).unwrap();
                let classes = champion.network().outputs();
                match (&champion.weights, said.scores.probabilities()) {
                    (Weights::Floats(network, genome), Some(probabilities)) => {
                        let mut scratch = vec![0.0; network.scratch_length()];
                        let class = inference::classify(network, genome, &sample, &mut scratch);
                        assert_eq!(Ok(said.class), class);
                        let sum: f32 = probabilities.iter().sum();
                        assert!((sum - 1.0).abs() < 1e-5 && probabilities.len() == classes);
                    }
                    (_, None) => {
                        let class = champion.integer_classes(&sample).unwrap()[0];
                        assert_eq!(said.class, usize::from(class));
                        assert_eq!(said.scores.integers().unwrap().len(), classes);
                    }
                    other => panic!("{other:?}"),
                }
            }
            assert!(predict(&champion, &vec![0; inputs + 1]).is_err());
        }
    }
}
