//! Crossover: two children from two parents.

use crate::error::SettingError;
use crate::network::Network;
use crate::rng::{Chance, for_each_chunk, index, unit_of, words};
use crate::slices::{LANES, parts_mut};
use rand_core::Rng;

/// How two individuals are mated. Both are replaced by their children.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields))]
pub enum Crossover {
    /// Both children become the mean of the parents, (a + b) / 2: the tutorial's. It halves the
    /// population's variance at every mating.
    Mean,
    /// For each gene gamma = (1 + 2 alpha) u - alpha with u uniform in [0, 1); the children are
    /// (1 - gamma) a + gamma b and gamma a + (1 - gamma) b (Eshelman and Schaffer 1993, BLX-alpha;
    /// DEAP's `cxBlend`).
    Blend {
        /// How far beyond the parents children may lie, in widths of the interval between them;
        /// 0.5 is usual.
        alpha: f32,
    },
    /// Each gene is swapped with a probability (Syswerda 1989; DEAP's `cxUniform`).
    Uniform {
        /// Probability per gene; 0.5 is usual.
        probability: f32,
    },
    /// Each neuron is swapped with a probability: its incoming weights and its bias.
    Neurons {
        /// Probability per neuron; 0.5 is usual.
        probability: f32,
    },
    /// All genes from one random point on are swapped; neither part is empty. DEAP's `cxOnePoint`.
    OnePoint,
    /// The genes between two random points are swapped; at least one is, and never all. DEAP's
    /// `cxTwoPoint`, whose distribution of points it has.
    TwoPoint,
}

impl Crossover {
    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// A probability outside 0..=1, an alpha that is negative or not finite.
    pub fn check(self) -> Result<(), SettingError> {
        match self {
            Self::Blend { alpha } => SettingError::magnitude("blend alpha", alpha),
            Self::Uniform { probability } => {
                SettingError::probability("uniform crossover probability", probability)
            }
            Self::Neurons { probability } => {
                SettingError::probability("neuron crossover probability", probability)
            }
            Self::Mean | Self::OnePoint | Self::TwoPoint => Ok(()),
        }
    }

    /// Mates `a` and `b`, genomes of a network, in place. Genes past the end of the shorter one stay as they are; so do
    /// individuals of one gene under [`Crossover::OnePoint`] and [`Crossover::TwoPoint`].
    #[inline(always)]
    pub fn mate(self, network: &Network, a: &mut [f32], b: &mut [f32], rng: &mut impl Rng) {
        let genes = a.len().min(b.len());
        let points = genes.saturating_sub(1);
        match self {
            Self::Mean => {
                for (x, y) in a.iter_mut().zip(b) {
                    let mean = (*x + *y) * 0.5;
                    (*x, *y) = (mean, mean);
                }
            }
            Self::Blend { alpha } => each_pair(a, b, rng, |x, y, word| {
                let gamma = (1.0 + 2.0 * alpha) * unit_of(word) - alpha;
                ((1.0 - gamma) * x + gamma * y, gamma * x + (1.0 - gamma) * y)
            }),
            Self::Uniform { probability } => {
                let chance = Chance::new(probability);
                each_pair(a, b, rng, |x, y, word| if chance.of(word) { (y, x) } else { (x, y) });
            }
            Self::Neurons { probability } => swap_neurons(network, a, b, rng, probability),
            Self::OnePoint if points > 0 => {
                swap(a, b, index(rng, points).saturating_add(1), genes);
            }
            Self::TwoPoint if points > 0 => {
                let first = index(rng, genes).saturating_add(1);
                let second = index(rng, points).saturating_add(1);
                if second >= first {
                    swap(a, b, first, second.saturating_add(1));
                } else {
                    swap(a, b, second, first);
                }
            }
            Self::OnePoint | Self::TwoPoint => {}
        }
    }
}

/// Replaces each pair of genes by what `children` makes of it and a word.
#[inline(always)]
fn each_pair(
    a: &mut [f32],
    b: &mut [f32],
    rng: &mut impl Rng,
    children: impl Fn(f32, f32, u32) -> (f32, f32),
) {
    let shorter = a.len().min(b.len());
    let (Some(a), mut rest) = (a.get_mut(..shorter), b) else { return };
    for_each_chunk(a, rng, |a, words, _| {
        let (b, after) =
            core::mem::take(&mut rest).split_at_mut_checked(a.len()).unwrap_or_default();
        rest = after;
        for ((x, y), &word) in a.iter_mut().zip(b).zip(words) {
            (*x, *y) = children(*x, *y, word);
        }
    });
}

/// Swaps neurons, each with a probability.
#[inline(always)]
fn swap_neurons(
    network: &Network,
    a: &mut [f32],
    b: &mut [f32],
    rng: &mut impl Rng,
    probability: f32,
) {
    let chance = Chance::new(probability);
    for stage in network.stages() {
        let (inputs, units) = (stage.input.elements(), stage.output.elements());
        let length = inputs.saturating_add(1).saturating_mul(units);
        let own = stage.kernel_start..stage.kernel_start.saturating_add(length);
        let (Some(a), Some(b)) = (a.get_mut(own.clone()), b.get_mut(own)) else { continue };
        let mut first = 0_usize;
        while first < units {
            let words = words(rng, LANES);
            for (a, b) in parts_mut(a, units).zip(parts_mut(b, units)) {
                let (a, b) = (a.get_mut(first..), b.get_mut(first..));
                let pairs = a.unwrap_or_default().iter_mut().zip(b.unwrap_or_default());
                for ((x, y), &word) in pairs.zip(&words).take(LANES) {
                    let swapped = if chance.of(word) { (*y, *x) } else { (*x, *y) };
                    (*x, *y) = swapped;
                }
            }
            first = first.saturating_add(LANES);
        }
    }
}

/// Swaps the genes from `start` to before `end`.
fn swap(a: &mut [f32], b: &mut [f32], start: usize, end: usize) {
    if let (Some(a), Some(b)) = (a.get_mut(start..end), b.get_mut(start..end)) {
        for (x, y) in a.iter_mut().zip(b) {
            core::mem::swap(x, y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::Activation;
    use crate::network::tests::dense;
    use crate::rng::tests::Replay;
    use crate::rng::{Purpose, stream};
    use crate::shape::Shape;

    /// Two inputs, three neurons, two outputs: 17 genes.
    fn network() -> Network {
        let layers = [dense(3, Activation::Relu), dense(2, Activation::Softmax)];
        Network::new(Shape::flat(2), &layers).unwrap()
    }

    const KINDS: [Crossover; 5] = [
        Crossover::Mean,
        Crossover::Blend { alpha: 0.5 },
        Crossover::Uniform { probability: 0.5 },
        Crossover::OnePoint,
        Crossover::TwoPoint,
    ];

    #[test]
    fn neurons_are_swapped_with_their_weights_and_bias() {
        let (mut a, mut b) = ([0.0; 17], [0.0; 17]);
        for (index, (x, y)) in a.iter_mut().zip(&mut b).enumerate() {
            (*x, *y) = (index as f32, -(index as f32));
        }
        let before = (a, b);
        // Words of 16 neurons a layer: the second of the first layer is swapped, and the first output.
        let mut words = [u32::MAX; 32];
        (words[1], words[16]) = (0, 0);
        let kind = Crossover::Neurons { probability: 0.5 };
        kind.mate(&network(), &mut a, &mut b, &mut Replay::new(&words));
        // Genes of the first layer are [input][3], those of the second [input][2]; the biases last.
        for index in 0..17 {
            let moved = [1, 4, 7, 9, 11, 13, 15].contains(&index);
            let expected = if moved { before.1[index] } else { before.0[index] };
            assert_eq!((a[index], b[index]), (expected, -expected), "{index}");
        }
        // Too short for a layer: it stays.
        kind.mate(&network(), &mut [1.0; 3], &mut [2.0; 3], &mut Replay::new(&[0; 32]));
        assert!(Crossover::Neurons { probability: 2.0 }.check().is_err());
    }

    #[test]
    fn mean_makes_both_the_mean() {
        let (mut a, mut b) = ([1.0, -2.0], [3.0, 4.0]);
        Crossover::Mean.mate(&network(), &mut a, &mut b, &mut Replay::new(&[]));
        assert_eq!((a, b), ([2.0, 1.0], [2.0, 1.0]));
    }

    #[test]
    fn blend_without_alpha_stays_between_the_parents() {
        // u = 1/4: gamma = 1/4.
        let (mut a, mut b) = ([0.0], [8.0]);
        Crossover::Blend { alpha: 0.0 }.mate(
            &network(),
            &mut a,
            &mut b,
            &mut Replay::new(&[1 << 30]),
        );
        assert_eq!((a, b), ([2.0], [6.0]));
        // u = 0 with alpha 1/2: gamma = -1/2.
        let (mut a, mut b) = ([0.0], [8.0]);
        Crossover::Blend { alpha: 0.5 }.mate(&network(), &mut a, &mut b, &mut Replay::new(&[0]));
        assert_eq!((a, b), ([-4.0], [12.0]));
    }

    #[test]
    fn blend_takes_a_word_for_each_pair_of_genes() {
        // alpha = 1/4; u = 1/4: gamma = 1/8; u = 3/4: gamma = 7/8.
        let (mut a, mut b) = ([4.0, -2.0, 9.0], [8.0, 6.0]);
        let mut words = Replay::new(&[1 << 30, 3 << 30]);
        Crossover::Blend { alpha: 0.25 }.mate(&network(), &mut a, &mut b, &mut words);
        assert_eq!((a, b), ([4.5, 5.0, 9.0], [7.5, -1.0]));
    }

    #[test]
    fn uniform_swaps_where_the_word_is_below_the_probability() {
        let (mut a, mut b) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
        let mut words = Replay::new(&[0, 1 << 30, (1 << 30) - 1, u32::MAX]);
        Crossover::Uniform { probability: 0.25 }.mate(&network(), &mut a, &mut b, &mut words);
        assert_eq!((a, b), ([5.0, 2.0, 7.0, 4.0], [1.0, 6.0, 3.0, 8.0]));
    }

    #[test]
    fn genes_beyond_one_chunk_of_words_are_mated_too() {
        for kind in [Crossover::Blend { alpha: 0.0 }, Crossover::Uniform { probability: 1.0 }] {
            let (mut a, mut b) = ([1.0; 200], [2.0; 150]);
            kind.mate(&network(), &mut a, &mut b, &mut Replay::new(&[3 << 30]));
            let expected = match kind {
                Crossover::Uniform { .. } => (2.0, 1.0),
                _ => (1.75, 1.25),
            };
            assert!(a[..150].iter().all(|x| *x == expected.0), "{kind:?}");
            assert!(b.iter().all(|y| *y == expected.1), "{kind:?}");
            assert_eq!(a[150..], [1.0; 50], "{kind:?}");
        }
    }

    #[test]
    fn one_point_and_two_point_cut_where_the_words_say() {
        // `index(n)` of word i * 2^32 / n + 1 is i.
        let word = |i: u32, n: u32| u32::MAX / n * i + i + 1;
        let cut = |kind: Crossover, words: &[u32]| {
            let (mut a, mut b) = ([0.0; 4], [1.0; 4]);
            kind.mate(&network(), &mut a, &mut b, &mut Replay::new(words));
            for (x, y) in a.iter().zip(b) {
                assert_eq!(x + y, 1.0);
            }
            let swapped = |gene: &f32| *gene == 1.0;
            let start = a.iter().position(swapped).expect("one gene is swapped");
            (start, start + a.iter().filter(|gene| swapped(gene)).count())
        };
        for i in 0..3 {
            assert_eq!(cut(Crossover::OnePoint, &[word(i, 3)]), (i as usize + 1, 4));
        }
        // DEAP: point 1 is 1 to 4, point 2 1 to 3 and one more if it is not below point 1; else they
        // change places.
        let expected = [
            [(1, 2), (1, 3), (1, 4)],
            [(1, 2), (2, 3), (2, 4)],
            [(1, 3), (2, 3), (3, 4)],
            [(1, 4), (2, 4), (3, 4)],
        ];
        for (i, row) in (0..).zip(expected) {
            for (j, points) in (0..).zip(row) {
                assert_eq!(cut(Crossover::TwoPoint, &[word(i, 4), word(j, 3)]), points);
            }
        }
    }

    #[test]
    fn individuals_too_short_to_cut_stay_and_take_no_word() {
        for kind in [Crossover::OnePoint, Crossover::TwoPoint] {
            let (mut a, mut b) = ([1.0], [2.0, 3.0]);
            kind.mate(&network(), &mut a, &mut b, &mut Replay::new(&[]));
            kind.mate(&network(), &mut [], &mut b, &mut Replay::new(&[]));
            assert_eq!((a, b), ([1.0], [2.0, 3.0]));
        }
    }

    #[test]
    fn one_point_swaps_a_tail_and_two_point_a_middle() {
        let parents = || ([0.0; 4], [1.0; 4]);
        let (mut a, mut b) = parents();
        Crossover::OnePoint.mate(&network(), &mut a, &mut b, &mut Replay::new(&[1]));
        assert_eq!((a, b), ([0.0, 1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0]));
        let (mut a, mut b) = parents();
        // index(4) of a small word is 0, so the first point is 1; the second is 1 and moves to 2.
        Crossover::TwoPoint.mate(&network(), &mut a, &mut b, &mut Replay::new(&[1]));
        assert_eq!((a, b), ([0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 1.0]));
    }

    #[test]
    fn swaps_lose_no_gene_and_every_kind_takes_every_length() {
        let mut rng = stream(1, 0, 0, Purpose::Crossover);
        for kind in KINDS {
            for genes in 0..6 {
                for _ in 0..50 {
                    let (mut a, mut b) =
                        ([0.0_f32, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0, 9.0_f32]);
                    kind.mate(&network(), &mut a[..genes.min(5)], &mut b[..genes.min(4)], &mut rng);
                    for (i, (x, y)) in a.iter().zip(b).enumerate() {
                        let lost = (x + y - (2 * i + 5) as f32).abs();
                        assert!(lost < 1e-5, "{kind:?}");
                    }
                    if genes == 1 && matches!(kind, Crossover::OnePoint | Crossover::TwoPoint) {
                        assert_eq!(a[0], 0.0);
                    }
                }
            }
        }
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for kind in KINDS {
            assert_eq!(kind.check(), Ok(()));
        }
        assert!(Crossover::Blend { alpha: f32::INFINITY }.check().is_err());
        assert!(Crossover::Blend { alpha: -0.1 }.check().is_err());
        assert!(Crossover::Uniform { probability: 1.1 }.check().is_err());
    }
}
