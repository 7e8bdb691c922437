//! `tinyevo footprint`: flash, RAM, stack and instructions on microcontrollers.

use super::options::{ChampionOrNetwork, network_name};
use super::output;
use crate::error::Error;
use crate::footprint::{Footprint, Numbers};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    network: ChampionOrNetwork,
    /// 8-bit integers instead of floats
    #[arg(long)]
    int8: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let network = args.network.network()?;
    let numbers = if args.int8 { Numbers::Int8 } else { Numbers::F32 };
    let footprint = Footprint::new(&network, numbers);
    output::print(&format!("{}\n{footprint}", network_name(&network)))
}
