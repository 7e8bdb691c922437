//! `tinyevo evaluate FILE`: weights on a data set.

use super::options::{DataArgs, MachineArgs, network_name, split};
use super::output::{self, Console};
use crate::config::SplitName;
use crate::error::Error;
use crate::evaluate::{EncodedSplit, Evaluator};
use crate::export::weights;
use crate::report::{ClassificationReport, ConfusionMatrix};
use std::path::PathBuf;
use tinyevo_core::fitness::Measure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The weights, as champion.safetensors
    file: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    machine: MachineArgs,
    /// Which images
    #[arg(long, value_name = "NAME", default_value = "test")]
    images: SplitName,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let (network, genome) = weights::read(&args.file)?;
    let name = network_name(&network);
    let dataset = args.data.load(Console { quiet: false })?;
    let images = split(&dataset, args.images);
    let mut evaluator = Evaluator::new(network, args.machine.threads(), args.machine.isa())?;
    let score = evaluator.score_one(&genome, &EncodedSplit::new(images)?)?;
    let predictions = evaluator.classes(&genome, images)?;
    output::print(&format!(
        "{}: {name}\non {} images of {}\naccuracy {:.2} %, cross-entropy {:.4} nats\n\n{}\n{}",
        args.file.display(),
        images.len(),
        dataset,
        100.0 * score.accuracy(),
        Measure::CrossEntropy.value(&score),
        ClassificationReport::new(&images.labels, &predictions),
        ConfusionMatrix::new(&images.labels, &predictions)?,
    ))
}
