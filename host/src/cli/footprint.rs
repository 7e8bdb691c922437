//! `tinyevo footprint`: flash, RAM, stack and instructions on microcontrollers.

use super::options::ChampionOrNetwork;
use super::output;
use crate::champion::{Champion, is_dense, network_name};
use crate::error::Error;
use crate::footprint::{Footprint, Numbers};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    network: ChampionOrNetwork,
    /// As 8-bit integers; a .tev file of integers always is [default: as floats]
    #[arg(long)]
    int8: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let champion = args.network.champion()?;
    let integers = matches!(champion, Some(Champion::Integers(_)));
    let network = args.network.network(champion)?;
    if args.int8 && !is_dense(&network) {
        return Err(Error::Unfit {
            action: "measured as 8-bit integers",
            reason: "only dense layers can be turned into them, so far".to_string(),
        });
    }
    let numbers = if args.int8 || integers { Numbers::Int8 } else { Numbers::F32 };
    let footprint = Footprint::new(&network, numbers);
    output::print(&format!("{}\n{footprint}", network_name(&network)))
}
