//! Mutation: random changes to one individual.

use crate::error::SettingError;
use crate::rng::{CHUNK, Chance, for_each_chunk, normal_of, uniform_of, words};
use rand_core::Rng;

/// How an individual is mutated, in place.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields))]
pub enum Mutation {
    /// To each gene with `probability` normal noise of mean 0 and deviation `sigma` is added:
    /// DEAP's `mutGaussian`. The tutorial has 0.25 and 0.1.
    Gaussian {
        /// Probability per gene.
        probability: f32,
        /// Deviation of the noise.
        sigma: f32,
    },
    /// Each gene with `probability` is drawn anew, uniform from `low` up to `high`.
    UniformReset {
        /// Probability per gene.
        probability: f32,
        /// Lower bound.
        low: f32,
        /// Upper bound.
        high: f32,
    },
}

impl Mutation {
    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// A probability outside 0..=1, a deviation that is negative or not finite, bounds that are
    /// not finite or not in order.
    pub fn check(self) -> Result<(), SettingError> {
        let name = "gene mutation probability";
        match self {
            Self::Gaussian { probability, sigma } => {
                SettingError::probability(name, probability)?;
                SettingError::magnitude("mutation sigma", sigma)
            }
            Self::UniformReset { probability, low, high } => {
                SettingError::probability(name, probability)?;
                SettingError::range(low, high)
            }
        }
    }

    /// The mutation with the deviation of its noise multiplied by a factor; a uniform reset, which has no
    /// noise, stays as it is.
    #[must_use]
    pub fn scaled(self, factor: f32) -> Self {
        match self {
            Self::Gaussian { probability, sigma } => {
                Self::Gaussian { probability, sigma: sigma * factor }
            }
            Self::UniformReset { .. } => self,
        }
    }

    /// Mutates an individual in place.
    #[inline(always)]
    pub fn mutate(self, genome: &mut [f32], rng: &mut impl Rng) {
        match self {
            Self::Gaussian { probability, sigma } => {
                let chance = Chance::new(probability);
                for genes in genome.chunks_mut(CHUNK) {
                    // One bit a gene: to visit the set ones costs no mispredicted branch for each.
                    let mut chosen = chance.mask(&words(rng, genes.len()));
                    if genes.len() < CHUNK {
                        chosen &= (1 << genes.len()) - 1;
                    }
                    for word in words(rng, chosen.count_ones() as usize) {
                        let Some(gene) = genes.get_mut(chosen.trailing_zeros() as usize) else {
                            break;
                        };
                        *gene += sigma * normal_of(word, rng);
                        chosen &= chosen.wrapping_sub(1);
                    }
                }
            }
            Self::UniformReset { probability, low, high } => {
                let chance = Chance::new(probability);
                for_each_chunk(genome, rng, |genes, choices, rng| {
                    let words = words(rng, genes.len());
                    for ((gene, &choice), word) in genes.iter_mut().zip(choices).zip(words) {
                        let reset = uniform_of(word, low, high);
                        *gene = if chance.of(choice) { reset } else { *gene };
                    }
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::tests::Replay;
    use crate::rng::{Purpose, stream};

    #[test]
    fn probability_zero_changes_nothing_and_one_everything() {
        let mut rng = stream(1, 0, 0, Purpose::Mutate);
        let mut genome = [0.5; 100];
        Mutation::Gaussian { probability: 0.0, sigma: 1.0 }.mutate(&mut genome, &mut rng);
        assert_eq!(genome, [0.5; 100]);
        Mutation::Gaussian { probability: 1.0, sigma: 1.0 }.mutate(&mut genome, &mut rng);
        assert!(genome.iter().all(|gene| *gene != 0.5));
        Mutation::UniformReset { probability: 1.0, low: 2.0, high: 3.0 }
            .mutate(&mut genome, &mut rng);
        assert!(genome.iter().all(|gene| (2.0..=3.0).contains(gene)));
    }

    #[test]
    fn gaussian_adds_the_next_normal_numbers_to_the_genes_that_are_chosen() {
        // A word for each of four genes, of which the first and third are below 1/2; then one for each
        // of these two.
        let words = [0, 1 << 31, (1 << 31) - 1, u32::MAX, 0x1234_5678, 0x89ab_cdef];
        let normal = |word| normal_of(word, &mut Replay::new(&[word]));
        let (first, third) = (normal(words[4]), normal(words[5]));
        assert!(first != 0.0 && third != 0.0 && first != third);
        let mut genome = [1.0, 2.0, 3.0, 4.0];
        Mutation::Gaussian { probability: 0.5, sigma: 0.25 }
            .mutate(&mut genome, &mut Replay::new(&words));
        assert_eq!(genome, [1.0 + 0.25 * first, 2.0, 3.0 + 0.25 * third, 4.0]);
    }

    #[test]
    fn uniform_reset_draws_the_choices_of_a_chunk_then_its_values() {
        // u = 1/4 and 3/4, for the first and the third gene; the second's is drawn and not used.
        let words = [0, u32::MAX, 0, 1 << 30, 2 << 30, 3 << 30];
        let mut genome = [7.0, 8.0, 9.0];
        Mutation::UniformReset { probability: 0.5, low: -2.0, high: 6.0 }
            .mutate(&mut genome, &mut Replay::new(&words));
        assert_eq!(genome, [0.0, 8.0, 4.0]);
    }

    #[test]
    fn every_length_around_a_chunk_is_mutated_whole() {
        let mut rng = stream(1, 0, 0, Purpose::Mutate);
        for kind in [
            Mutation::Gaussian { probability: 1.0, sigma: 1.0 },
            Mutation::UniformReset { probability: 1.0, low: 2.0, high: 3.0 },
        ] {
            for genes in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1] {
                let mut genome = [0.5; 2 * CHUNK + 2];
                kind.mutate(&mut genome[..genes], &mut rng);
                assert!(genome[..genes].iter().all(|gene| *gene != 0.5), "{genes} genes");
                assert!(genome[genes..].iter().all(|gene| *gene == 0.5), "{genes} genes");
            }
        }
    }

    #[test]
    fn a_factor_multiplies_noise_and_nothing_else() {
        let gaussian = |sigma| Mutation::Gaussian { probability: 0.5, sigma };
        assert_eq!(gaussian(0.5).scaled(0.25), gaussian(0.125));
        assert_eq!(gaussian(0.1).scaled(1.0), gaussian(0.1));
        let reset = Mutation::UniformReset { probability: 0.5, low: -1.0, high: 1.0 };
        assert_eq!(reset.scaled(0.25), reset);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let gaussian = |probability, sigma| Mutation::Gaussian { probability, sigma }.check();
        assert_eq!(gaussian(0.25, 0.1), Ok(()));
        assert!(gaussian(-0.1, 0.1).is_err());
        assert!(gaussian(0.25, -0.1).is_err());
        assert!(gaussian(0.25, f32::NAN).is_err());
        let reset = |low, high| Mutation::UniformReset { probability: 0.5, low, high }.check();
        assert_eq!(reset(-1.0, 1.0), Ok(()));
        assert!(reset(1.0, -1.0).is_err());
    }
}
