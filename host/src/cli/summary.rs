//! `tinyevo summary`: a network, layer by layer.

use super::options::NetworkArgs;
use super::output;
use crate::error::Error;
use crate::export::weights;
use crate::report::model_summary::model_summary;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Weights whose network is shown, as champion.safetensors
    #[arg(conflicts_with = "hidden")]
    file: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let network = match &args.file {
        Some(file) => weights::read(file)?.0,
        None => args.network.network()?,
    };
    output::print(&model_summary(&network))
}
