//! From differences of fitness to weights of the recombination.

use crate::math;

/// How the differences of fitness of mirrored pairs of mutants become weights of the recombination: those of
/// one hidden neuron, or of the whole network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Shaping {
    /// Divided by their root mean square.
    Normalised,
    /// Their ranks, from -1 to 1.
    Ranks,
    /// Their signs.
    Signs,
}

/// Writes the weights of the recombination, one for each difference of fitness.
#[inline(always)]
pub(super) fn shape(differences: &[f32], shaping: Shaping, weights: &mut [f32]) {
    let count = differences.len() as f32;
    match shaping {
        Shaping::Normalised => {
            let mut sum = 0.0;
            for x in differences {
                sum += x * x;
            }
            let scale = math::reciprocal_sqrt(sum / count + 1e-24);
            for (weight, x) in weights.iter_mut().zip(differences) {
                *weight = x * scale;
            }
        }
        Shaping::Signs => {
            for (weight, x) in weights.iter_mut().zip(differences) {
                *weight = sign(*x);
            }
        }
        Shaping::Ranks => {
            for (weight, x) in weights.iter_mut().zip(differences) {
                // The number of smaller values, less that of larger ones.
                let mut rank = 0.0;
                for y in differences {
                    rank += sign(*x - y);
                }
                *weight = rank / (count - 1.0);
            }
        }
    }
}

#[inline(always)]
fn sign(x: f32) -> f32 {
    f32::from(u8::from(x > 0.0)) - f32::from(u8::from(x < 0.0))
}
