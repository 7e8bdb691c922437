//! `tinyevo random`: how good a random individual is, as the tutorial prints before it evolves.

use super::options::{DataArgs, MachineArgs, NetworkArgs};
use super::output::{self, Console};
use crate::config::Config;
use crate::data::Wanted;
use crate::encoded::EncodedSplit;
use crate::error::Error;
use crate::session;
use crate::threads::Threads;
use tinyevo_core::fitness::Measure;

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
    let dataset = args.data.load(Wanted::TEST, Console { quiet: false })?;
    let network = args.network.network_for(&dataset)?;
    let mut threads = Threads::new(args.machine.threads(), args.machine.isa())?;
    let initialisation = Config::default().algorithm.initialisation();
    let (seed, test) = (args.seed, &dataset.test);
    let encoded = EncodedSplit::new(test, &network)?;
    let score = session::random_individual(&network, initialisation, seed, &encoded, &mut threads)?;
    output::print(&format!(
        "random individual of seed {}: accuracy {:.2} %, fitness 1/accuracy {:.4}\non {} test images of {}\n",
        args.seed,
        100.0 * score.accuracy(),
        Measure::ReciprocalAccuracy.value(&score),
        test.len(),
        dataset,
    ))
}
