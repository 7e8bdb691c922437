//! `tinyevo evaluate FILE`: weights on a data set.

use super::options::{DataArgs, MachineArgs, champion_file, run_of, split, wanted};
use super::output::{self, Console};
use crate::champion::{Champion, Weights, network_name};
use crate::config::{Data, SplitName};
use crate::data::{Dataset, Split, Wanted};
use crate::encoded::EncodedSplit;
use crate::error::Error;
use crate::evaluate;
use crate::formats;
use crate::report::{ClassificationReport, ConfusionMatrix};
use crate::run::Kept;
use crate::threads::Threads;
use std::path::PathBuf;
use tinyevo_core::fitness::Measure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The champion: the folder of a run, a .safetensors or a .tev file
    #[arg(value_parser = champion_file())]
    file: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    machine: MachineArgs,
    /// Training or test images [default: test; all of your own data that has no test part and is not that of the champion's
    /// run]
    #[arg(long, value_name = "NAME")]
    images: Option<SplitName>,
}

/// Standard error.
const CONSOLE: Console = Console { quiet: false };

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let champion = formats::read(&args.file)?;
    let dataset = load(args, &champion)?;
    let images = split(&dataset, args.images.unwrap_or(SplitName::Test));
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

/// The data of the flags, or of the champion's run. Where no flag says which part of it counts, all samples of own data without a test part are test
/// samples, unless the run of the champion's folder was evolved on some of them.
fn load(args: &Args, champion: &Champion) -> Result<Dataset, Error> {
    if args.images.is_some() || args.data.divide() {
        let wanted = wanted(args.images.unwrap_or(SplitName::Test));
        return args.data.load_for((champion, &args.file), usize::MAX, wanted, CONSOLE);
    }
    let is_given = args.data.is_given();
    // Beside data that is named, a damaged run is no obstacle.
    let run = if is_given { run_of(&args.file).ok().flatten() } else { run_of(&args.file)? };
    let settings = args.data.settings_for(run.as_ref(), CONSOLE)?;
    let whole = Data { test_share: 1.0, ..settings.clone() };
    let all = args.data.load_fitting(&whole, champion, Wanted::TEST, CONSOLE)?;
    if all.division.is_none() {
        return Ok(all);
    }
    if let Some(dataset) = of_its_run(args, settings, champion, run.as_ref()) {
        return Ok(dataset);
    }
    if all.description.normalisation.as_ref() != champion.normalisation() {
        let reason = "these are floats, and its file does not say how its own became bytes\n  \
                      give its champion.safetensors, which does; or --images test, by which the data is normalised anew";
        let action = "evaluated on these samples";
        return Err(Error::Unfit { action, reason: reason.to_string() });
    }
    CONSOLE.line(match (run, is_given) {
        (Some(_), true) => {
            "the data has no test part and is not that of the champion's run: all its samples are measured"
        }
        (Some(_), false) => {
            "the data has changed since the champion's run: all its samples are measured, also those on which it was evolved"
        }
        (None, _) => {
            "the data has no test part, and no run beside the champion says how it was divided: all its samples are measured"
        }
    });
    Ok(all)
}

/// The data as the run of the champion's folder divided it; `None` if it is not the data of that run.
fn of_its_run(
    args: &Args,
    settings: Data,
    champion: &Champion,
    run: Option<&Kept>,
) -> Option<Dataset> {
    let run = &run?.config;
    let Data { test_share, split_seed, validation, ref fingerprint, .. } = run.data;
    let wanted =
        Wanted { train: run.fitness.images == SplitName::Train || validation > 0, test: true };
    let data = Data { test_share, split_seed, ..settings };
    let dataset = args.data.load_fitting(&data, champion, wanted, CONSOLE).ok()?;
    (*fingerprint == Some(dataset.fingerprint())).then_some(dataset)
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
