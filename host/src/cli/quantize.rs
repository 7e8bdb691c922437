//! `tinyevo quantize CHAMPION`: what 8-bit integers cost in accuracy.

use super::options::{DataArgs, champion_file};
use super::output::{self, Console};
use crate::champion::{Champion, Weights, network_name};
use crate::data::{Dataset, Description, Wanted};
use crate::encoded::EncodedSplit;
use crate::error::Error;
use crate::evaluate;
use crate::formats;
use crate::quantize::quantize;
use crate::threads::Threads;
use crate::threads::isa::Isa;
use std::path::PathBuf;
use tinyevo_core::network::Network;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The champion's floats: the folder of a run, a .safetensors file, or a .tev file of floats
    #[arg(value_parser = champion_file())]
    file: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    calibration: Calibration,
}

/// On what the scales of the activations are chosen.
#[derive(Debug, clap::Args)]
pub(super) struct Calibration {
    /// Number of training images, from the first, on which the scales of the activations are chosen
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    calibration: u32,
}

impl Calibration {
    /// How many training images are needed.
    pub(super) const fn images(&self) -> usize {
        self.calibration as usize
    }

    /// Quantises floats of a champion on the first training images. What the champion does not say of its samples and
    /// classes, the data does.
    pub(super) fn quantize(
        &self,
        (network, genome): (&Network, &[f32]),
        description: &Description,
        dataset: &Dataset,
    ) -> Result<Champion, Error> {
        let bytes = dataset.train.len().min(self.images()) * network.input().elements();
        let images = dataset.train.images.get(..bytes).unwrap_or_default();
        let own = *description != Description::default();
        let description = if own { description } else { &dataset.description };
        Ok(quantize(network, genome, images)?.described(description.clone()))
    }
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let champion = formats::read(&args.file)?;
    let Weights::Floats(network, genome) = &champion.weights else {
        return Err(Error::Unfit {
            action: "quantised",
            reason: format!("{} holds integers already", args.file.display()),
        });
    };
    let console = Console { quiet: false };
    let images = args.calibration.images();
    let dataset = args.data.load_for((&champion, &args.file), images, Wanted::ALL, console)?;
    let integers = args.calibration.quantize((network, genome), &champion.description, &dataset)?;
    let test = &dataset.test;
    let mut threads = Threads::new(1, Isa::detect())?;
    let encoded = EncodedSplit::new(test, network)?;
    let floats = evaluate::score(network, genome, &encoded, &mut threads)?.accuracy();
    let classes = integers.integer_classes(&test.images)?;
    let correct = classes.iter().zip(&test.labels).filter(|(a, b)| a == b).count();
    let accuracy = correct as f32 / test.len() as f32;
    output::print(&format!(
        "{}: {}\non {} test images of {dataset}\n\
         f32:  accuracy {:.2} %, {} bytes\nint8: accuracy {:.2} %, {} bytes\nloss: {:.2} points\n",
        args.file.display(),
        network_name(network),
        test.len(),
        100.0 * floats,
        champion.bytes(),
        100.0 * accuracy,
        integers.bytes(),
        100.0 * (floats - accuracy),
    ))
}
