//! Mutation: random changes to one individual.

use crate::directions::{Blur, Directions};
use crate::error::SettingError;
use crate::network::Network;
use crate::rng::{CHUNK, Chance, for_each_chunk, normal_of, uniform_of, words};
use crate::slices::{LANES, parts_mut};
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
    /// Each neuron with `probability` is moved: to all its incoming weights noise of mean 0 is added, random
    /// signs times `sigma`, and to its bias a binomial number of that deviation. In the first layer the signs are blurred over the image, so that
    /// neighbouring pixels change together, and scaled so that the deviation is `sigma` away from the border.
    Neurons {
        /// Probability per neuron.
        probability: f32,
        /// Deviation of the noise.
        sigma: f32,
        /// Radius in pixels of the binomial blur, 0 to 4; inputs without height and width are not blurred.
        blur: usize,
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
            Self::Neurons { probability, sigma, blur } => {
                SettingError::probability("neuron mutation probability", probability)?;
                SettingError::magnitude("mutation sigma", sigma)?;
                SettingError::count("blur", 0, 4, blur)
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
            Self::Neurons { probability, sigma, blur } => {
                Self::Neurons { probability, sigma: sigma * factor, blur }
            }
        }
    }

    /// Number of floats of working memory.
    #[must_use]
    pub fn room(self, network: &Network) -> usize {
        let Self::Neurons { blur, .. } = self else { return 0 };
        let mut blur = Blur::new(network.input(), blur);
        let mut most = 0;
        for stage in network.stages() {
            let inputs = stage.input.elements();
            let noise = Directions { blur, inputs, directions: LANES, seed: 0 };
            most = noise_length(&noise).saturating_add(noise.room()).max(most);
            blur = Blur::none(stage.output.elements());
        }
        most
    }

    /// Mutates an individual in place. `room` has [`room`](Self::room) floats; if it has fewer, or the genome is
    /// shorter than the network's, [`Self::Neurons`] leaves neurons as they are.
    #[inline(always)]
    pub fn mutate(
        self,
        network: &Network,
        genome: &mut [f32],
        rng: &mut impl Rng,
        room: &mut [f32],
    ) {
        match self {
            Self::Neurons { probability, sigma, blur } => {
                move_neurons(network, genome, rng, room, (probability, sigma, blur));
            }
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

/// Moves the neurons that are chosen, up to [`LANES`] at a time.
#[inline(always)]
fn move_neurons(
    network: &Network,
    genome: &mut [f32],
    rng: &mut impl Rng,
    room: &mut [f32],
    (probability, sigma, blur): (f32, f32, usize),
) {
    let chance = Chance::new(probability);
    let mut blur = Blur::new(network.input(), blur);
    for stage in network.stages() {
        let (inputs, units) = (stage.input.elements(), stage.output.elements());
        let weights = genome.get_mut(stage.kernel_start..).unwrap_or_default();
        let length = inputs.saturating_add(1).saturating_mul(units);
        let weights = weights.get_mut(..length).unwrap_or_default();
        let mut neurons = 0..units;
        while !neurons.is_empty() {
            let mut chosen = [usize::MAX; LANES];
            let mut places = chosen.iter_mut();
            for neuron in &mut neurons {
                if chance.happens(rng)
                    && let Some(place) = places.next()
                {
                    *place = neuron;
                    if places.len() == 0 {
                        break;
                    }
                }
            }
            let seed = rng.next_u64();
            let noise = Directions { blur, inputs, directions: LANES, seed };
            if places.len() < LANES {
                move_columns(weights, units, &chosen, &noise, sigma, room);
            }
        }
        blur = Blur::none(stage.output.elements());
    }
}

/// Number of floats of the noise of a run of inputs.
fn noise_length(noise: &Directions) -> usize {
    noise.size().min(noise.inputs.saturating_add(1).saturating_mul(LANES))
}

/// Adds noise to some columns of a layer's weights; a column past the last one is none.
#[inline(always)]
fn move_columns(
    weights: &mut [f32],
    units: usize,
    columns: &[usize; LANES],
    noise: &Directions,
    sigma: f32,
    room: &mut [f32],
) {
    let run = noise.blur.inputs_of_part();
    let (out, room) = room.split_at_mut_checked(noise_length(noise)).unwrap_or_default();
    let unit = sigma / noise.blur.deviation();
    for (part, rows) in (0..usize::MAX).zip(parts_mut(weights, run.saturating_mul(units))) {
        let length = rows.len().checked_div(units).unwrap_or(0).saturating_mul(LANES);
        let out = out.get_mut(..length).unwrap_or_default();
        noise.fill(part, out, room);
        for (row, signs) in parts_mut(rows, units).zip(out.as_chunks::<LANES>().0) {
            for (&column, sign) in columns.iter().zip(signs) {
                if let Some(weight) = row.get_mut(column) {
                    *weight += unit * sign;
                }
            }
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
    extern crate std;
    use std::vec;

    /// Mutates genes without regard to a network.
    fn mutate(kind: Mutation, genome: &mut [f32], rng: &mut impl Rng) {
        let network = Network::new(Shape::flat(1), &[dense(1, Activation::Linear)]).unwrap();
        kind.mutate(&network, genome, rng, &mut []);
    }

    #[test]
    fn probability_zero_changes_nothing_and_one_everything() {
        let mut rng = stream(1, 0, 0, Purpose::Mutate);
        let mut genome = [0.5; 100];
        mutate(Mutation::Gaussian { probability: 0.0, sigma: 1.0 }, &mut genome, &mut rng);
        assert_eq!(genome, [0.5; 100]);
        mutate(Mutation::Gaussian { probability: 1.0, sigma: 1.0 }, &mut genome, &mut rng);
        assert!(genome.iter().all(|gene| *gene != 0.5));
        mutate(
            Mutation::UniformReset { probability: 1.0, low: 2.0, high: 3.0 },
            &mut genome,
            &mut rng,
        );
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
        mutate(
            Mutation::Gaussian { probability: 0.5, sigma: 0.25 },
            &mut genome,
            &mut Replay::new(&words),
        );
        assert_eq!(genome, [1.0 + 0.25 * first, 2.0, 3.0 + 0.25 * third, 4.0]);
    }

    #[test]
    fn uniform_reset_draws_the_choices_of_a_chunk_then_its_values() {
        // u = 1/4 and 3/4, for the first and the third gene; the second's is drawn and not used.
        let words = [0, u32::MAX, 0, 1 << 30, 2 << 30, 3 << 30];
        let mut genome = [7.0, 8.0, 9.0];
        mutate(
            Mutation::UniformReset { probability: 0.5, low: -2.0, high: 6.0 },
            &mut genome,
            &mut Replay::new(&words),
        );
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
                mutate(kind, &mut genome[..genes], &mut rng);
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
    fn neurons_move_as_a_whole_and_the_others_stay() {
        // 40 neurons of 6 x 5 pixels, then 3.
        let shape = Shape { height: 6, width: 5, channels: 1 };
        let layers = [dense(40, Activation::Relu), dense(3, Activation::Softmax)];
        let network = Network::new(shape, &layers).unwrap();
        let run = |probability, blur| {
            let kind = Mutation::Neurons { probability, sigma: 0.5, blur };
            let mut genome = vec![0.0; network.parameters()];
            let mut room = vec![f32::NAN; kind.room(&network)];
            let mut rng = stream(1, 0, 0, Purpose::Mutate);
            kind.mutate(&network, &mut genome, &mut rng, &mut room);
            genome
        };
        let column = |genome: &[f32], start: usize, units: usize, neuron: usize| {
            genome[start..].iter().skip(neuron).step_by(units).copied().collect::<vec::Vec<_>>()
        };
        for blur in [0, 1, 2] {
            assert!(run(0.0, blur).iter().all(|&x| x == 0.0));
            let all = run(1.0, blur);
            assert!(all.iter().filter(|&&x| x == 0.0).count() < all.len() / 4);
            let some = run(0.3, blur);
            let moved = |neuron: usize| {
                let own = &column(&some[..31 * 40], 0, 40, neuron)[..31];
                let changed = own.iter().filter(|&&x| x != 0.0).count();
                assert!(changed == 0 || changed > 15, "{blur} {neuron}: {changed} weights");
                changed > 0
            };
            let count = (0..40).filter(|&neuron| moved(neuron)).count();
            assert!((4..25).contains(&count), "{count}");
        }
        // Without blur the weights' noise is a sign, with blur its mean square is that of sigma in the middle.
        assert!(run(1.0, 0)[..30 * 40].iter().all(|x| x.abs() == 0.5));
        let blurred = run(1.0, 1);
        let middle = |y: usize, x: usize| &blurred[(y * 5 + x) * 40..][..40];
        let squares = [(2, 2), (3, 2), (2, 1)].iter().flat_map(|&(y, x)| middle(y, x));
        let mean = squares.map(|x| x * x).sum::<f32>() / 120.0;
        assert!((0.5 * 0.25..2.0 * 0.25).contains(&mean), "{mean}");
        // Neighbours change together.
        let pairs = (0..5).flat_map(|y| (0..4).map(move |x| (y, x)));
        let products = pairs.map(|(y, x)| {
            middle(y, x).iter().zip(middle(y, x + 1)).map(|(a, b)| a * b).sum::<f32>()
        });
        assert!(products.sum::<f32>() > 0.0);
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
