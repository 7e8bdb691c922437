//! `tinyevo summary`: a network, layer by layer.

use super::options::ChampionOrNetwork;
use super::output;
use crate::error::Error;
use crate::report::model_summary::model_summary;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    network: ChampionOrNetwork,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    output::print(&model_summary(&args.network.network()?))
}
