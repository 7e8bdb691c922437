//! `tinyevo evaluate FILE`: weights on a data set.

use super::options::{DataArgs, MachineArgs, split, wanted};
use super::output::{self, Console};
use crate::champion::{Champion, Weights, network_name};
use crate::config::SplitName;
use crate::data::Split;
use crate::encoded::EncodedSplit;
use crate::error::Error;
use crate::evaluate;
use crate::formats;
use crate::report::{ClassificationReport, ConfusionMatrix};
use crate::threads::Threads;
use std::path::PathBuf;
use tinyevo_core::fitness::Measure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The champion: champion.safetensors, or a .tev file
    file: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    machine: MachineArgs,
    /// Training or test images
    #[arg(long, value_name = "NAME", default_value = "test")]
    images: SplitName,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let champion = formats::read(&args.file)?;
    let (wanted, console) = (wanted(args.images), Console { quiet: false });
    let dataset = args.data.load_for(Some(&champion), usize::MAX, wanted, console)?;
    let images = split(&dataset, args.images);
    let (result, predictions) = measure(&champion, images, &args.machine)?;
    output::print(&format!(
        "{}: {}, {}\non {} images of {dataset}\n{result}\n\n{}\n{}",
        args.file.display(),
        network_name(champion.network()),
        champion.numbers(),
        images.len(),
        ClassificationReport::new(&images.labels, &predictions)
            .with_names(&dataset.description.class_names),
        ConfusionMatrix::new(&images.labels, &predictions, dataset.classes())?,
    ))
}

/// The lines on accuracy and loss, and the class of each image.
fn measure(
    champion: &Champion,
    images: &Split,
    machine: &MachineArgs,
) -> Result<(String, Vec<u8>), Error> {
    let (accuracy, loss, classes) = match &champion.weights {
        Weights::Floats(network, genome) => {
            let mut threads = Threads::new(machine.threads(), machine.isa())?;
            let encoded = EncodedSplit::new(images, network)?;
            let score = evaluate::score(network, genome, &encoded, &mut threads)?;
            let loss = Measure::CrossEntropy.value(&score);
            let loss = format!("\ncross-entropy: {loss:.4} nats");
            (score.accuracy(), loss, evaluate::classes(network, genome, images, &mut threads)?)
        }
        Weights::Integers(_) | Weights::Packed(_) => {
            let classes = match &champion.weights {
                Weights::Packed(packed) => {
                    let mut threads = Threads::new(machine.threads(), machine.isa())?;
                    evaluate::packed_classes(packed, &images.images, &mut threads)?
                }
                _ => champion.integer_classes(&images.images)?,
            };
            let correct = classes.iter().zip(&images.labels).filter(|(a, b)| a == b).count();
            (correct as f32 / images.len() as f32, String::new(), classes)
        }
    };
    let accuracy = 100.0 * accuracy;
    Ok((format!("accuracy: {accuracy:.2} %{loss}"), classes))
}
