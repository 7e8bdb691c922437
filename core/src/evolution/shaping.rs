//! From differences of fitness to weights of the recombination.

use crate::math;

/// How the differences of fitness of a hidden neuron's mutants become weights of the recombination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Shaping {
    /// Divided by the neuron's root mean square.
    Normalised,
    /// Their ranks, from -1 to 1.
    Ranks,
    /// Their signs.
    Signs,
}

/// Replaces differences of fitness by weights of the recombination.
#[inline(always)]
pub(super) fn shape<const K: usize>(fitness: &mut [f32; K], shaping: Shaping) {
    match shaping {
        Shaping::Normalised => {
            let mut sum = 0.0;
            for x in &*fitness {
                sum += x * x;
            }
            let scale = math::reciprocal_sqrt(sum / K as f32 + 1e-24);
            for x in fitness {
                *x *= scale;
            }
        }
        Shaping::Signs => {
            for x in fitness {
                *x = sign(*x);
            }
        }
        Shaping::Ranks => {
            let all = *fitness;
            for x in fitness {
                // The number of smaller values, less that of larger ones.
                let mut rank = 0.0;
                for y in all {
                    rank += sign(*x - y);
                }
                *x = rank / (K as f32 - 1.0);
            }
        }
    }
}

#[inline(always)]
fn sign(x: f32) -> f32 {
    f32::from(u8::from(x > 0.0)) - f32::from(u8::from(x < 0.0))
}
