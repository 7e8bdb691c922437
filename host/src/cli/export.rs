//! `tinyevo export CHAMPION`: the champion as source code or bytes for a firmware.

use super::options::DataArgs;
use super::output::Console;
use super::quantize::Calibration;
use crate::data::Wanted;
use crate::error::Error;
use crate::export::module::{Champion, Format};
use crate::export::weights;
use crate::run_folder::write_whole;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The weights, as champion.safetensors
    file: PathBuf,
    /// What to write
    #[arg(long, value_name = "NAME")]
    format: Format,
    /// 8-bit integers instead of floats; needs training images to choose scales on
    #[arg(long)]
    int8: bool,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    calibration: Calibration,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let console = Console { quiet: false };
    let (network, genome) = weights::read(&args.file)?;
    let (bytes, scales) = if args.int8 {
        let dataset = args.data.load(Wanted::TRAIN, console)?;
        let integers = args.calibration.quantize(&network, &genome, &dataset.train)?;
        let scales = format!("; its scales were chosen on training images of {dataset}");
        (Champion::Integers(&integers).encode(args.format)?, scales)
    } else {
        (Champion::Floats(&network, &genome).encode(args.format)?, String::new())
    };
    write_whole(&args.out, &bytes)?;
    console.line(&format!("wrote {} bytes to {}{scales}", bytes.len(), args.out.display()));
    Ok(())
}
