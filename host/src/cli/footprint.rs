//! `tinyevo footprint`: flash, RAM, stack and instructions on microcontrollers.

use super::options::{NetworkArgs, network_name};
use super::output;
use crate::error::Error;
use crate::export::weights;
use crate::footprint::{Footprint, Numbers};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A champion, as champion.safetensors; without it the network of --hidden
    #[arg(conflicts_with = "hidden")]
    file: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
    /// 8-bit integers instead of floats
    #[arg(long)]
    int8: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let network = match &args.file {
        Some(file) => weights::read(file)?.0,
        None => args.network.network()?,
    };
    let numbers = if args.int8 { Numbers::Int8 } else { Numbers::F32 };
    let footprint = Footprint::new(&network, numbers);
    output::print(&format!("{}\n{footprint}", network_name(&network)))
}
