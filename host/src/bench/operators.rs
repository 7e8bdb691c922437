//! Genes per second through the genetic operators, on one core, on genomes of the tutorial's size.

use super::timing::{Settings, median, time};
use crate::error::Error;
use crate::threads::aligned::Aligned;
use crate::threads::isa::Kernel;
use serde::Serialize;
use std::hint::black_box;
use tinyevo_core::network::Network;
use tinyevo_core::operators::{Crossover, Initialisation, Mutation};
use tinyevo_core::rng::{Purpose, Stream, stream};

/// The rate of one operator.
#[derive(Debug, Serialize)]
pub struct OperatorRate {
    /// Name of the operator.
    pub operator: &'static str,
    /// Genes per second; a crossover counts the genes of both parents.
    pub genes_per_second: f64,
}

/// An operator on two genomes: work to be compiled for an instruction set.
#[derive(Debug)]
pub struct Work<'a> {
    /// The operator.
    pub operator: Operator,
    /// The network of the genomes.
    pub network: &'a Network,
    /// The genome that is changed.
    pub a: &'a mut [f32],
    /// The other parent of a crossover, or the genome that is copied.
    pub b: &'a mut [f32],
    /// The source of randomness.
    pub rng: &'a mut Stream,
    /// Working memory, [`Mutation::room`].
    pub room: &'a mut [f32],
}

/// The kinds of work that are measured.
#[derive(Debug, Clone, Copy)]
pub enum Operator {
    /// Copies one genome over another.
    Copy,
    /// Draws the first weights.
    Initialisation(Initialisation),
    /// Mates a pair.
    Crossover(Crossover),
    /// Mutates an individual, every time.
    Mutation(Mutation),
}

impl Kernel for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const WIDTH: usize>(self) {
        let Self { network, a, b, rng, room, .. } = self;
        match self.operator {
            Operator::Copy => a.copy_from_slice(b),
            Operator::Initialisation(kind) => {
                let filled = kind.fill(network, a, rng);
                debug_assert_eq!(filled, Ok(()), "the genome is the network's");
            }
            Operator::Crossover(kind) => kind.mate(network, a, b, rng),
            Operator::Mutation(kind) => kind.mutate(network, a, rng, room),
        }
    }
}

/// The mutation of whole neurons that is measured.
pub const NEURONS: Mutation = Mutation::Neurons { probability: 0.05, sigma: 1e-6, blur: 2 };

/// The operators that are measured, with their names.
pub const OPERATORS: [(&str, Operator); 13] = [
    ("copy", Operator::Copy),
    (
        "initialisation, uniform",
        Operator::Initialisation(Initialisation::Uniform { low: -1.0, high: 1.0 }),
    ),
    ("initialisation, He", Operator::Initialisation(Initialisation::He)),
    ("initialisation, Glorot", Operator::Initialisation(Initialisation::Glorot)),
    ("crossover, mean", Operator::Crossover(Crossover::Mean)),
    // With alpha 0 genes stay between the parents however often they are mated.
    ("crossover, blend", Operator::Crossover(Crossover::Blend { alpha: 0.0 })),
    ("crossover, uniform", Operator::Crossover(Crossover::Uniform { probability: 0.5 })),
    ("crossover, neurons", Operator::Crossover(Crossover::Neurons { probability: 0.5 })),
    ("crossover, one-point", Operator::Crossover(Crossover::OnePoint)),
    ("crossover, two-point", Operator::Crossover(Crossover::TwoPoint)),
    (
        "mutation, Gaussian at 0.25",
        Operator::Mutation(Mutation::Gaussian { probability: 0.25, sigma: 1e-6 }),
    ),
    (
        "mutation, uniform reset at 0.25",
        Operator::Mutation(Mutation::UniformReset { probability: 0.25, low: -1.0, high: 1.0 }),
    ),
    ("mutation, neurons at 0.05", Operator::Mutation(NEURONS)),
];

/// Measures each operator on genomes of a network.
pub(super) fn measure(settings: &Settings, network: &Network) -> Result<Vec<OperatorRate>, Error> {
    let genes = network.parameters();
    let mut rng = stream(64, 0, 0, Purpose::Show);
    let (mut a, mut b) = (Aligned::try_zeros(genes)?, Aligned::try_zeros(genes)?);
    Initialisation::Glorot.fill(network, a.as_mut_slice(), &mut rng)?;
    Initialisation::Glorot.fill(network, b.as_mut_slice(), &mut rng)?;
    let mut room = Aligned::try_zeros(NEURONS.room(network))?;
    let mut rate = |name, operator| {
        let seconds = median((0..settings.rounds).map(|_| {
            time(settings.seconds / 4.0, || {
                let (a, b) = (black_box(a.as_mut_slice()), black_box(b.as_mut_slice()));
                let room = room.as_mut_slice();
                settings.isa.run(Work { operator, network, a, b, rng: &mut rng, room });
            })
        }));
        let parents = if matches!(operator, Operator::Crossover(_)) { 2 } else { 1 };
        OperatorRate { operator: name, genes_per_second: (parents * genes) as f64 / seconds }
    };
    Ok(OPERATORS.iter().map(|(name, operator)| rate(name, *operator)).collect())
}
