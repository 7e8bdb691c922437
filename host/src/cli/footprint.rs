//! `tinyevo footprint`: flash, RAM, stack and instructions on microcontrollers.

use super::options::ChampionOrNetwork;
use super::output;
use crate::champion::{Weights, network_name};
use crate::error::Error;
use crate::footprint::Footprint;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    network: ChampionOrNetwork,
    /// As 8-bit integers; a champion of integers always is [default: as floats]
    #[arg(long)]
    int8: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let champion = args.network.champion()?;
    let own = match &champion {
        Some(champion) if !matches!(champion.weights, Weights::Floats(..)) => {
            Some(Footprint::of(champion)?)
        }
        _ => None,
    };
    let measures = champion.as_ref().is_some_and(|champion| champion.normalisation().is_some());
    let network = args.network.network(champion)?;
    let footprint = match own {
        Some(own) => own,
        None if args.int8 => Footprint::int8(&network)?,
        None => Footprint::floats(&network),
    };
    let footprint = match (measures, args.network.is_other_data()) {
        (true, _) => footprint.for_measured_values(),
        (_, true) => footprint.for_other_data(),
        _ => footprint,
    };
    output::print(&format!("{}\n{footprint}", network_name(&network)))
}
