//! `tinyevo evolve`: the tutorial's whole system. It reads the flags, calls [`crate::session`], prints.

mod flags;

pub(super) use flags::Args;

use super::output::{self, Console};
use super::progress::Rounds;
use super::signals;
use crate::config::{Algorithm, Config, Preset, SplitName};
use crate::data::{self, Dataset, Wanted};
use crate::encoded::{EncodedSplit, Form};
use crate::error::Error;
use crate::report::{digit, model_summary::model_summary};
use crate::run::{self, Found, Interrupt, RunFolder, StopReason};
use crate::session::{self, Pace, Plan, fitness_images};
use crate::threads::Threads;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// Where runs without `--out` are kept.
const RUNS: &str = "runs";

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    // First, so that nobody else changes the configuration that is read from it.
    let resumed = match &args.resume {
        Some(path) if !args.print_config => Some(RunFolder::open(path)?),
        _ => None,
    };
    let config = args.config()?;
    let console = Console { quiet: args.quiet };
    if args.print_config {
        if let Some(time) = args.time().filter(|_| config.length.is_some()) {
            let time = humantime::format_duration(time);
            console.line(&format!(
                "--time {time}: a run measures how many generations fit; here stop.generations\n\
                 and length are those without it"
            ));
        }
        output::print(&config.to_toml()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let interrupt = signals::watch(console);
    let folder = match resumed {
        Some(folder) => Some(folder),
        None => claim(args, &config)?,
    };
    let result = with_folder(args, config, folder.as_ref(), console, &interrupt);
    if result.is_err()
        && let Some(folder) = folder
    {
        folder.abandon();
    }
    result
}

/// The folder of the run, if it is kept; taken before any work.
fn claim(args: &Args, config: &Config) -> Result<Option<RunFolder>, Error> {
    if args.no_save {
        return Ok(None);
    }
    if let Some(path) = &args.out {
        return RunFolder::create(path).map(Some);
    }
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    // A colon is no part of a file's name everywhere.
    let now = now.replace(':', "-").replace('Z', "");
    let name = format!("{now}-{}-seed-{}", config.preset, config.seed);
    let folder = RunFolder::create_new(&PathBuf::from(RUNS).join(name));
    folder.map(Some).map_err(|source| Error::NoFolder { source: Box::new(source) })
}

fn with_folder(
    args: &Args,
    mut config: Config,
    folder: Option<&RunFolder>,
    console: Console,
    interrupt: &Interrupt,
) -> Result<ExitCode, Error> {
    let checkpoint = match folder {
        Some(folder) if args.resume.is_some() => run::newest(folder)?,
        _ => None,
    };
    if let Some(found) = &checkpoint {
        found.check_length(config.stop.generations)?;
    }
    let mut threads = Threads::new(args.machine.threads(), args.machine.isa())?;
    let train = config.fitness.images == SplitName::Train || config.data.validation > 0;
    let wanted = Wanted { train, test: true };
    let options = data::Options { wanted, pool: threads.pool(), ..data::Options::default() };
    let dataset = args.data.load_configured(&config.data, options, console)?;
    interrupt.check()?;
    session::name_data(&mut config, &dataset)?;
    if let Some(found) = &checkpoint {
        found.check(session::identity(&config)?)?;
    }
    introduce(args, console, &config, &dataset, &mut threads)?;
    if let Some(time) = args.time().filter(|_| config.length.is_some()) {
        let pace = session::pace(&config, &dataset, time, &mut threads, interrupt)?;
        choose_length(args, console, &mut config, time, pace);
    }
    if let Some(folder) = folder {
        config.data.source = dataset.resolved_source()?;
        match &checkpoint {
            Some(found) => going_on(console, &config, found)?,
            None if args.resume.is_some() => {
                console.line("there is no checkpoint yet: starting from generation 0");
            }
            None => {}
        }
        folder.write("config.toml", config.to_toml()?.as_bytes())?;
    }
    let mut rounds = Rounds::new(console, config.stop.generations, config.report_every);
    let plan = Plan { config: &config, dataset, folder, checkpoint: checkpoint.as_ref() };
    let finished = session::evolve(plan, &mut threads, &mut [&mut rounds], interrupt)?;
    let files = folder.map_or_else(String::new, |folder| {
        format!("\nfiles of this run: {}\n", folder.path().display())
    });
    // A reader that has seen enough must not hide what went wrong.
    let printed = output::print(&format!("{}{files}", finished.report.text()));
    for error in &finished.errors {
        output::error(error);
    }
    if !finished.errors.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    printed?;
    Ok(match finished.reason {
        StopReason::Interrupted(signal) => ExitCode::from(128_u8.wrapping_add(signal as u8)),
        _ => ExitCode::SUCCESS,
    })
}

/// Gives a run with schedules as many generations as fit the time of `--time`.
fn choose_length(args: &Args, console: Console, config: &mut Config, time: Duration, pace: Pace) {
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
}

/// Says from where a run goes on, and which checkpoints could not be used.
fn going_on(console: Console, config: &Config, found: &Found) -> Result<(), Error> {
    for (path, reason) in &found.damaged {
        output::error(&Error::Content { path: path.clone(), reason: reason.clone() });
    }
    let generation = found.checkpoint()?.header().generation;
    console.line(&format!("going on after generation {generation}, from {}", found.path.display()));
    let planned = config.planned();
    if config.is_scheduled() && config.stop.generations > planned {
        let ended =
            format!("the schedules end at generation {planned}; later generations have their");
        console.line(&format!("{ended} last values, by which a learning rate may be 0"));
    }
    Ok(())
}

/// The algorithm that a preset of neurons has on a network with convolutions or pooling.
const fn filter_wise(config: &Config) -> Option<&'static str> {
    match (config.preset, config.algorithm) {
        (Preset::Es | Preset::Coevolution, Algorithm::FilterEs(_)) => {
            Some("filter-es, the filter-wise evolution strategy")
        }
        (Preset::Es | Preset::Coevolution, Algorithm::FilterGa(_)) => {
            Some("filter-ga, the filter-wise genetic algorithm")
        }
        _ => None,
    }
}

/// What stands before the evolution in the tutorial: data, a digit, the model, a random individual.
fn introduce(
    args: &Args,
    console: Console,
    config: &Config,
    dataset: &Dataset,
    threads: &mut Threads,
) -> Result<(), Error> {
    if console.quiet {
        return Ok(());
    }
    if args.names_no_preset() && filter_wise(config).is_none() {
        console.line(match config.preset {
            Preset::Tutorial => {
                "preset tutorial, as settings of it are given; without them it is es"
            }
            _ => "preset es: a neuron-wise evolution strategy; --preset tutorial is the original",
        });
    }
    if let Some(algorithm) = filter_wise(config) {
        console.line(&format!(
            "preset {} on a network with convolutions or pooling: {algorithm}",
            config.preset
        ));
    }
    console.line(&format!("data: {dataset}"));
    let shape = dataset.shape();
    if let Some(&label) = dataset.test.labels.first() {
        let picture = digit::draw(dataset.test.image(0), shape);
        console.line(&format!("a sample digit, label {label}:\n{picture}"));
    }
    let network = config.network(shape, dataset.classes())?;
    console.line(&model_summary(&network));
    let images = fitness_images(config, dataset);
    let initialisation = config.algorithm.initialisation();
    let [_, form] = Form::for_run(config, &network)?;
    let encoded = EncodedSplit::in_form(images, form)?;
    let score =
        session::random_individual(&network, initialisation, config.seed, &encoded, threads)?;
    let who = config
        .algorithm
        .population()
        .map_or_else(|| "one parent".to_string(), |population| format!("{population} individuals"));
    console.line(&format!(
        "a random individual: accuracy {:.2} %\n\
         evolving {} on {} images, {} threads, {}\n\
         Ctrl-C ends the run with a report",
        100.0 * score.accuracy(),
        who,
        images.len(),
        threads.count(),
        threads.isa(),
    ));
    Ok(())
}
