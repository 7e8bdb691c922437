//! `tinyevo evaluate FILE`: weights on a data set.

use super::options::{DataArgs, MachineArgs, network_name, split, wanted};
use super::output::{self, Console};
use crate::config::SplitName;
use crate::error::Error;
use crate::evaluate::{EncodedSplit, Evaluator};
use crate::export::weights::{self, Champion};
use crate::quantize;
use crate::report::{ClassificationReport, ConfusionMatrix};
use std::path::PathBuf;
use tinyevo_core::fitness::Measure;
use tinyevo_core::tev;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The champion: champion.safetensors, or a .tev file
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
    let champion = weights::read_any(&args.file)?;
    let dataset = args.data.load(wanted(args.images), Console { quiet: false })?;
    let images = split(&dataset, args.images);
    let (name, result, predictions) = match champion {
        Champion::Floats(network, genome) => {
            let name = network_name(&network);
            let mut evaluator =
                Evaluator::new(*network, args.machine.threads(), args.machine.isa())?;
            let score = evaluator.score_one(&genome, &EncodedSplit::new(images)?)?;
            let loss = Measure::CrossEntropy.value(&score);
            let result =
                format!("accuracy {:.2} %, cross-entropy {loss:.4} nats", 100.0 * score.accuracy());
            (name, result, evaluator.classes(&genome, images)?)
        }
        Champion::Integers(bytes) => {
            let file = tev::File::new(&bytes).map_err(|e| Error::Internal(e.to_string()))?;
            let model = file.model().map_err(|e| Error::Internal(e.to_string()))?;
            let classes = quantize::classes(&model, images)?;
            let correct = classes.iter().zip(&images.labels).filter(|(a, b)| a == b).count();
            let accuracy = 100.0 * correct as f32 / images.len() as f32;
            let mut name = model.inputs().to_string();
            for (_, outputs) in file.shapes() {
                name.push_str(&format!("-{outputs}"));
            }
            (name + ", int8", format!("accuracy {accuracy:.2} %"), classes)
        }
    };
    output::print(&format!(
        "{}: {name}\non {} images of {dataset}\n{result}\n\n{}\n{}",
        args.file.display(),
        images.len(),
        ClassificationReport::new(&images.labels, &predictions),
        ConfusionMatrix::new(&images.labels, &predictions)?,
    ))
}
