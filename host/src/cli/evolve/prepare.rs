//! What every evolution starts with: its folder's name, threads and data, the introduction, the length for `--time`.

use super::flags::Args;
use crate::cli::output::Console;
use crate::config::{Algorithm, Config, Preset, SplitName};
use crate::data::{self, Dataset, Origin, Split, Wanted};
use crate::encoded::{EncodedSplit, Form};
use crate::error::Error;
use crate::evaluate;
use crate::report::{digit, model_summary::model_summary};
use crate::run::Interrupt;
use crate::session::{self, Pace, Start, fitness_images};
use crate::threads::Threads;
use std::path::PathBuf;
use std::time::SystemTime;
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// Where runs without `--out` are kept.
pub(crate) const RUNS: &str = "runs";

/// A path below `runs`, named by the time, the preset and the seed.
pub(super) fn new_path(config: &Config, seed: &str) -> PathBuf {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    // A colon is no part of a file's name everywhere.
    let now = now.replace(':', "-").replace('Z', "");
    PathBuf::from(RUNS).join(format!("{now}-{}-{seed}", config.preset))
}

/// The threads and the data of a run; the configuration gets the fingerprint of the data.
pub(super) fn prepare(
    args: &Args,
    config: &mut Config,
    console: Console,
    interrupt: &Interrupt,
) -> Result<(Threads, Dataset), Error> {
    let threads = Threads::new(args.machine.threads(), args.machine.isa())?;
    let train = config.fitness.images == SplitName::Train || config.data.validation > 0;
    let wanted = Wanted { train, test: true };
    // The number of images that a preset holds out is for MNIST: of small data fewer are.
    let validation_fits = config.data.validation == config.preset.config().data.validation;
    let pool = threads.pool();
    let options = data::Options { wanted, pool, validation_fits, ..data::Options::default() };
    let dataset = args.data.load_configured(&config.data, options, console)?;
    config.data.validation = dataset.validation.len();
    leave_undistorted(args, config, &dataset, console);
    interrupt.check()?;
    session::name_data(config, &dataset)?;
    Ok((threads, dataset))
}

/// Leaves out the distortion that a preset has for `--time`, which is one of handwritten digits, where the samples are features,
/// signals or colours.
fn leave_undistorted(args: &Args, config: &mut Config, dataset: &Dataset, console: Console) {
    let Some(time) = args.time().filter(|_| args.config.is_none()) else { return };
    let Shape { height, width, channels } = dataset.shape();
    let is_grey = height.min(width) > 1 && channels == 1;
    if is_grey && dataset.description.normalisation.is_none() {
        return;
    }
    let convolves = config.network.hidden.iter().any(|layer| !layer.is_dense());
    let of_preset = config.preset.config_of(convolves, Some(time)).batch;
    let of_preset = of_preset.and_then(|batch| batch.distortion);
    if let Some(batch) = config.batch.as_mut().filter(|batch| batch.distortion.is_some())
        && batch.distortion == of_preset
    {
        batch.distortion = None;
        console.line("the preset's distortion is left out: it is for grey pictures of bytes, and this data has features, colours or measured values");
    }
}

/// Gives a run with schedules as many generations as fit the time of `--time`.
pub(super) fn suit_to_time(
    args: &Args,
    console: Console,
    (config, start): (&mut Config, Option<&[f32]>),
    dataset: &Dataset,
    threads: &mut Threads,
    interrupt: &Interrupt,
) -> Result<(), Error> {
    let Some(time) = args.time().filter(|_| config.length.is_some()) else { return Ok(()) };
    let pace =
        session::pace(config, dataset, start, time, threads, interrupt).map_err(measuring)?;
    let Pace { generations, milliseconds } = pace;
    let usual = config.preset.config().stop.generations;
    let before = Some(config.stop.generations).filter(|before| *before != usual);
    let seconds = config.stop.seconds.take();
    let given = before.map(|it| it.to_string()).into_iter();
    let given: Vec<String> = given.chain(seconds.map(|it| format!("{it} s"))).collect();
    let instead = match &args.config {
        Some(file) if !given.is_empty() => {
            format!(",\ninstead of the {} of {}", given.join(" and the "), file.display())
        }
        _ => String::new(),
    };
    (config.stop.generations, config.length) = (generations, Some(generations));
    let time = humantime::format_duration(time);
    let pace = format!("{generations} generations of {milliseconds:.2} ms");
    console.line(&format!("--time {time}: {pace}{instead}"));
    Ok(())
}

/// An error of the measurement of the pace, which says so if it is an interrupt.
fn measuring(error: Error) -> Error {
    match error {
        Error::Interrupted { signal, .. } => {
            let during =
                " while --time measured the pace: the run had not begun, and nothing is kept";
            Error::Interrupted { signal, during }
        }
        error => error,
    }
}

/// Says which preset or algorithm runs, where nobody named it: no preset was given, or that of neurons has a network with
/// convolutions or pooling.
fn chosen(args: &Args, config: &Config) -> Option<String> {
    let preset = config.preset;
    let filter_wise = match (preset, config.algorithm) {
        (Preset::Es | Preset::Coevolution, Algorithm::FilterEs(_)) => {
            "filter-es, the filter-wise evolution strategy"
        }
        (Preset::Es | Preset::Coevolution, Algorithm::FilterGa(_)) => {
            "filter-ga, the filter-wise genetic algorithm"
        }
        _ if !args.names_no_preset() => return None,
        (Preset::Tutorial, _) => {
            let line = "preset tutorial, as settings of it are given; without them it is es";
            return Some(line.to_string());
        }
        _ => {
            let es =
                "preset es: a neuron-wise evolution strategy; --preset tutorial is the original";
            return Some(es.to_string());
        }
    };
    Some(format!("preset {preset} on a network with convolutions or pooling: {filter_wise}"))
}

/// What stands before the evolution in the tutorial: data, a digit, the model, a random individual.
pub(super) fn introduce(
    args: &Args,
    console: Console,
    (config, start): (&Config, Option<&Start>),
    dataset: &Dataset,
    threads: &mut Threads,
) -> Result<(), Error> {
    if console.quiet {
        return Ok(());
    }
    if let Some(line) = chosen(args, config) {
        console.line(&line);
    }
    console.line(&format!("data: {dataset}"));
    dataset.notes().iter().for_each(|note| console.line(note));
    let shape = dataset.shape();
    if let Some(&label) = dataset.test.labels.first() {
        let name = dataset.description.shown_name(usize::from(label));
        console.line(&match dataset.origin {
            Origin::Folder(_) => format!("a test sample, label {name}:"),
            _ => format!("a sample digit, label {name}:"),
        });
        // Features are no picture.
        if shape.height * shape.width > 1 {
            console.line(&digit::draw(dataset.test.image(0), shape));
        }
    }
    let network = config.network(shape, dataset.classes())?;
    console.line(&model_summary(&network));
    let images = fitness_images(config, dataset);
    // What goes on is not what its start was.
    if start.is_some() || config.start.is_none() {
        console.line(&first_accuracy((config, start), &network, images, threads)?);
    }
    start.iter().flat_map(|start| &start.notes).for_each(|note| console.line(note));
    let who = config
        .algorithm
        .population()
        .map_or_else(|| "one parent".to_string(), |population| format!("{population} individuals"));
    console.line(&format!(
        "evolving {} on {} images, {} threads, {}\n\
         Ctrl-C ends the run with a report",
        who,
        images.len(),
        threads.count(),
        threads.isa(),
    ));
    Ok(())
}

/// The accuracy of what the run begins with: its start, or a random individual.
fn first_accuracy(
    (config, start): (&Config, Option<&Start>),
    network: &Network,
    images: &Split,
    threads: &mut Threads,
) -> Result<String, Error> {
    let [_, form] = Form::for_run(config, network)?;
    let encoded = EncodedSplit::in_form(images, form)?;
    let (whose, score) = match (start, &config.start) {
        (Some(start), Some(named)) => {
            let score = evaluate::score(network, &start.genome, &encoded, threads)?;
            (format!("the start, {}", named.champion), score)
        }
        _ => {
            let how = config.algorithm.initialisation();
            let score = session::random_individual(network, how, config.seed, &encoded, threads)?;
            ("a random individual".to_string(), score)
        }
    };
    let count = images.len();
    Ok(format!(
        "{whose}: accuracy {:.2} % on the {count} images of the fitness",
        100.0 * score.accuracy()
    ))
}
