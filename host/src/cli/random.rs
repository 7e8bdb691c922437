//! `tinyevo random`: how good a random individual is, as the tutorial prints before it evolves.

use super::options::{DataArgs, MachineArgs, NetworkArgs};
use super::output::{self, Console};
use crate::config::Config;
use crate::data::Wanted;
use crate::error::Error;
use crate::evaluate::{EncodedSplit, Evaluator};
use tinyevo_core::fitness::Measure;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::rng::{Purpose, stream};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    machine: MachineArgs,
    /// Seed of the individual
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: u64,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let network = args.network.network()?;
    let dataset = args.data.load(Wanted::TEST, Console { quiet: false })?;
    let test = EncodedSplit::new(&dataset.test)?;
    let mut evaluator = Evaluator::new(network, args.machine.threads(), args.machine.isa())?;
    let initialisation = Config::default().population.initialisation.operator();
    let genome = individual(&evaluator, initialisation, args.seed)?;
    let score = evaluator.score_one(&genome, &test)?;
    output::print(&format!(
        "random individual of seed {}: accuracy {:.2} % on {} test images of {}, fitness 1/accuracy {:.4}\n",
        args.seed,
        100.0 * score.accuracy(),
        test.samples()?.len(),
        dataset,
        Measure::ReciprocalAccuracy.value(&score),
    ))
}

/// An individual that no population has.
pub(super) fn individual(
    evaluator: &Evaluator,
    initialisation: Initialisation,
    seed: u64,
) -> Result<Vec<f32>, Error> {
    let network = evaluator.network();
    let mut genome = vec![0.0; network.parameters()];
    initialisation.fill(network, &mut genome, &mut stream(seed, 0, 0, Purpose::Show))?;
    Ok(genome)
}
