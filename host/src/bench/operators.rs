//! Genes per second through the genetic operators, on one core, on genomes of the tutorial's size.

use super::{Settings, median, network, time};
use crate::error::Error;
use serde::Serialize;
use tinyevo_core::operators::{Crossover, Initialisation, Mutation};
use tinyevo_core::rng::{Purpose, stream};

/// How fast one operator is.
#[derive(Debug, Serialize)]
pub struct OperatorRate {
    /// Which.
    pub operator: &'static str,
    /// Genes of one individual per second; a crossover's are those of both parents.
    pub genes_per_second: f64,
}

/// Measures each operator.
pub(super) fn measure(settings: &Settings) -> Result<Vec<OperatorRate>, Error> {
    let network = network(128)?;
    let genes = network.parameters();
    let mut rng = stream(64, 0, 0, Purpose::Show);
    let mut a = vec![0.0; genes];
    Initialisation::Glorot.fill(&network, &mut a, &mut rng)?;
    let mut b = a.clone();
    let mut rates = Vec::new();
    let mut measure = |operator, genes: usize, work: &mut dyn FnMut()| {
        let seconds =
            median((0..settings.rounds).map(|_| time(settings.seconds / 4.0, &mut *work)));
        rates.push(OperatorRate { operator, genes_per_second: genes as f64 / seconds });
    };
    measure("copy", genes, &mut || a.copy_from_slice(std::hint::black_box(&b)));
    for (name, kind) in [
        ("initialisation, uniform", Initialisation::Uniform { low: -1.0, high: 1.0 }),
        ("initialisation, He", Initialisation::He),
        ("initialisation, Glorot", Initialisation::Glorot),
    ] {
        measure(name, genes, &mut || {
            let filled = kind.fill(&network, std::hint::black_box(&mut a), &mut rng);
            debug_assert_eq!(filled, Ok(()), "the genome was filled above");
        });
    }
    for (name, kind) in [
        ("crossover, mean", Crossover::Mean),
        ("crossover, blend", Crossover::Blend { alpha: 0.0 }),
        ("crossover, uniform", Crossover::Uniform { probability: 0.5 }),
        ("crossover, one-point", Crossover::OnePoint),
        ("crossover, two-point", Crossover::TwoPoint),
    ] {
        measure(name, 2 * genes, &mut || kind.mate(&mut a, &mut b, &mut rng));
    }
    for (name, kind) in [
        ("mutation, Gaussian at 0.25", Mutation::Gaussian { probability: 0.25, sigma: 1e-6 }),
        (
            "mutation, uniform reset at 0.25",
            Mutation::UniformReset { probability: 0.25, low: -1.0, high: 1.0 },
        ),
    ] {
        measure(name, genes, &mut || kind.mutate(&mut a, &mut rng));
    }
    Ok(rates)
}
