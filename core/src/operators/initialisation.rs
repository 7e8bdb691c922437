//! The first weights of an individual.

use crate::error::{LengthError, SettingError};
use crate::math;
use crate::network::Network;
use crate::rng::{for_each_chunk, normal_of, uniform_of};
use rand_core::Rng;

/// How the weights of a new individual are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields))]
pub enum Initialisation {
    /// Every parameter uniform from `low` up to `high`. The tutorial has -1 and 1.
    Uniform {
        /// Lower bound.
        low: f32,
        /// Upper bound.
        high: f32,
    },
    /// Kernels normal with deviation sqrt(2 / fan_in), biases zero (He et al. 2015,
    /// arXiv 1502.01852; not truncated, as Keras's `HeNormal` is).
    He,
    /// Kernels uniform in +-sqrt(6 / (fan_in + fan_out)), biases zero (Glorot and Bengio 2010;
    /// Keras's default).
    Glorot,
}

impl Initialisation {
    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// Bounds that are not finite or not in order.
    pub fn check(self) -> Result<(), SettingError> {
        match self {
            Self::Uniform { low, high } => SettingError::range(low, high),
            Self::He | Self::Glorot => Ok(()),
        }
    }

    /// Draws all parameters in the order of the genome.
    ///
    /// # Errors
    /// `genome` has another length than [`Network::parameters`].
    #[inline(always)]
    pub fn fill(
        self,
        network: &Network,
        genome: &mut [f32],
        rng: &mut impl Rng,
    ) -> Result<(), LengthError> {
        LengthError::exact("genome", network.parameters(), genome.len())?;
        if let Self::Uniform { low, high } = self {
            fill_uniform(genome, low, high, rng);
            return Ok(());
        }
        for stage in network.stages() {
            let fan_in = stage.layer.fan_in(stage.input);
            let fan_out = stage.layer.fan_out();
            let kernel = genome.get_mut(stage.kernel()).unwrap_or_default();
            if matches!(self, Self::He) {
                let deviation = math::sqrt(2.0 / fan_in as f32);
                for_each_chunk(kernel, rng, |genes, words, rng| {
                    for (gene, &word) in genes.iter_mut().zip(words) {
                        *gene = deviation * normal_of(word, rng);
                    }
                });
            } else {
                let limit = math::sqrt(6.0 / fan_in.saturating_add(fan_out) as f32);
                fill_uniform(kernel, -limit, limit, rng);
            }
            genome.get_mut(stage.bias()).unwrap_or_default().fill(0.0);
        }
        Ok(())
    }
}

/// Draws each gene uniform from `low` up to `high`. One copy on a microcontroller, as
/// [`crate::rng::words`].
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
fn fill_uniform(genes: &mut [f32], low: f32, high: f32, rng: &mut impl Rng) {
    for_each_chunk(genes, rng, |genes, words, _| {
        for (gene, &word) in genes.iter_mut().zip(words) {
            *gene = uniform_of(word, low, high);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::tests::TUTORIAL;
    use crate::rng::{Purpose, stream};
    use crate::shape::Shape;
    extern crate std;
    use std::vec;
    use std::vec::Vec;

    fn drawn(kind: Initialisation) -> (Network, Vec<f32>) {
        let network = Network::new(Shape::flat(784), &TUTORIAL).unwrap();
        let mut genome = vec![f32::NAN; network.parameters()];
        kind.fill(&network, &mut genome, &mut stream(3, 0, 0, Purpose::Initialise)).unwrap();
        (network, genome)
    }

    fn mean_and_deviation(values: &[f32]) -> (f64, f64) {
        let count = values.len() as f64;
        let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
        let square = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / count;
        (mean, libm::sqrt(square - mean * mean))
    }

    #[test]
    fn uniform_fills_its_range_biases_too() {
        let (_, genome) = drawn(Initialisation::Uniform { low: -1.0, high: 1.0 });
        assert!(genome.iter().all(|w| (-1.0..=1.0).contains(w)));
        let (mean, deviation) = mean_and_deviation(&genome);
        assert!(mean.abs() < 0.01, "{mean}");
        assert!((deviation - 0.577_35).abs() < 0.005, "{deviation}");
    }

    #[test]
    fn he_and_glorot_have_their_deviation_and_no_bias() {
        for (kind, expected) in [
            (Initialisation::He, libm::sqrt(2.0 / 784.0)),
            (Initialisation::Glorot, libm::sqrt(2.0 / (784.0 + 128.0))),
        ] {
            let (network, genome) = drawn(kind);
            let [first, second] = network.stages() else { panic!("two layers") };
            let (mean, deviation) = mean_and_deviation(&genome[first.kernel()]);
            assert!(mean.abs() < 0.001, "{kind:?}: {mean}");
            let ratio = deviation / expected;
            let tolerance = if math::BACKEND == "exact" { 0.01 } else { 0.05 };
            assert!((ratio - 1.0).abs() < tolerance, "{kind:?}: {ratio}");
            assert!(genome[first.bias()].iter().chain(&genome[second.bias()]).all(|b| *b == 0.0));
        }
    }

    #[test]
    fn bad_settings_and_lengths_are_refused() {
        assert!(Initialisation::Uniform { low: 1.0, high: -1.0 }.check().is_err());
        assert!(Initialisation::Uniform { low: f32::NAN, high: 1.0 }.check().is_err());
        let network = Network::new(Shape::flat(784), &TUTORIAL).unwrap();
        let mut rng = stream(3, 0, 0, Purpose::Initialise);
        assert!(Initialisation::He.fill(&network, &mut [0.0; 3], &mut rng).is_err());
    }
}
