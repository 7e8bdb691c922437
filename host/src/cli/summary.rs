//! `tinyevo summary`: a network, layer by layer.

use super::options::ChampionOrNetwork;
use super::output;
use crate::champion::Weights;
use crate::error::Error;
use crate::report::model_summary::model_summary;
use crate::report::thousands;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    network: ChampionOrNetwork,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let champion = args.network.champion()?;
    let integers = champion.as_ref().filter(|found| !matches!(found.weights, Weights::Floats(..)));
    let stored = integers.map_or_else(String::new, |integers| {
        format!(" Stored as {}: {} bytes\n", integers.numbers(), thousands(integers.bytes()))
    });
    let network = args.network.network(champion)?;
    output::print(&(model_summary(&network) + &stored))
}
