//! `tinyevo quantize CHAMPION`: what 8-bit integers cost in accuracy.

use super::options::{DataArgs, network_name};
use super::output::{self, Console};
use crate::data::{Split, Wanted};
use crate::error::Error;
use crate::evaluate::{EncodedSplit, Evaluator};
use crate::export::weights;
use crate::isa::Isa;
use crate::quantize::Integers;
use std::path::PathBuf;
use tinyevo_core::network::Network;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The weights, as champion.safetensors
    file: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    calibration: Calibration,
}

/// On what the scales of the activations are chosen.
#[derive(Debug, clap::Args)]
pub(super) struct Calibration {
    /// Training images on which the scales of the activations are chosen
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    calibration: u32,
}

impl Calibration {
    /// Quantises on the first training images.
    pub(super) fn quantize(
        &self,
        network: &Network,
        genome: &[f32],
        train: &Split,
    ) -> Result<Integers, Error> {
        let mut images = train.clone();
        images.truncate(self.calibration as usize);
        Integers::new(network, genome, &images)
    }
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let (network, genome) = weights::read(&args.file)?;
    let dataset = args.data.load(Wanted::ALL, Console { quiet: false })?;
    let integers = args.calibration.quantize(&network, &genome, &dataset.train)?;
    let mut evaluator = Evaluator::new(network.clone(), 1, Isa::detect())?;
    let floats = evaluator.score_one(&genome, &EncodedSplit::new(&dataset.test)?)?.accuracy();
    let classes = integers.classes(&dataset.test)?;
    let correct = classes.iter().zip(&dataset.test.labels).filter(|(a, b)| a == b).count();
    let accuracy = correct as f32 / dataset.test.len() as f32;
    output::print(&format!(
        "{}: {}\non {} test images of {dataset}\n\
         f32:  accuracy {:.2} %, {} bytes\nint8: accuracy {:.2} %, {} bytes\nloss: {:.2} points\n",
        args.file.display(),
        network_name(&network),
        dataset.test.len(),
        100.0 * floats,
        4 * genome.len(),
        100.0 * accuracy,
        integers.bytes(),
        100.0 * (floats - accuracy),
    ))
}
