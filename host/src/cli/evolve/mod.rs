//! `tinyevo evolve`: the tutorial's whole system.

mod flags;

pub(super) use flags::Args;

use super::options::{network_name, split};
use super::output::{self, Console};
use super::progress::Rounds;
use super::random::individual;
use crate::config::Config;
use crate::data::{Dataset, Options, Origin, Split};
use crate::error::Error;
use crate::evaluate::{EncodedSplit, Evaluator};
use crate::evolve::{Evolution, Observer, Snapshot};
use crate::export::weights;
use crate::report::plot::{self, History};
use crate::report::{
    ClassificationReport, ConfusionMatrix, Summary, digit, model_summary::model_summary,
};
use crate::run_folder::RunFolder;
use clap::ValueEnum;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tinyevo_core::fitness::Measure;

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let mut config = args.config()?;
    if args.print_config {
        return output::print(&config.to_toml()?);
    }
    let folder = args.out.as_deref().map(RunFolder::create).transpose()?;
    let console = Console { quiet: args.quiet };
    let mut dataset = args.data.load_configured(&config.data, Options::default(), console)?;
    let fitness_data = EncodedSplit::new(split(&dataset, config.fitness.images))?;
    // The training images are not needed again, and are most of the memory.
    dataset.train = Split::empty(dataset.shape(), dataset.classes());
    let network = config.network()?;
    let mut evaluator = Evaluator::new(network, args.machine.threads(), args.machine.isa())?;
    introduce(console, &config, &dataset, &fitness_data, &mut evaluator)?;

    // What `auto` came to, and where a relative folder is: the run's configuration repeats the run.
    if let Some(folder) = &folder {
        config.data.source = dataset.resolved_source()?;
        folder.write("config.toml", config.to_toml()?.as_bytes())?;
    }
    let mut history = History::new(format!(
        "tinyevo, preset {}, seed {}, {}",
        preset_title(&preset_name(&config), config.keeps_preset()),
        config.seed,
        dataset.short_name()
    ));
    let ended =
        evolve(&config, console, folder.as_ref(), &fitness_data, &mut evaluator, &mut history)?;
    report(&config, folder.as_ref(), &dataset, &mut evaluator, &history, ended)
}

/// What stands before the evolution in the tutorial: data, a digit, the model, a random individual.
fn introduce(
    console: Console,
    config: &Config,
    dataset: &Dataset,
    fitness_data: &EncodedSplit,
    evaluator: &mut Evaluator,
) -> Result<(), Error> {
    console.line(&format!("data: {dataset}"));
    if let Some(&label) = dataset.test.labels.first() {
        console.line(&format!(
            "a sample digit, label {label}:\n{}",
            digit::draw(dataset.test.image(0), dataset.test.shape.width)
        ));
    }
    console.line(&model_summary(evaluator.network()));
    let genome = individual(evaluator, config.population.initialisation.operator(), config.seed)?;
    let accuracy = evaluator.score_one(&genome, fitness_data)?.accuracy();
    console.line(&format!(
        "a random individual: accuracy {:.2} %\nevolving {} individuals on {} images, {} threads, {}; Ctrl-C ends the run with a report",
        100.0 * accuracy,
        config.population.size,
        fitness_data.samples()?.len(),
        evaluator.threads(),
        evaluator.isa(),
    ));
    Ok(())
}

/// What a run leaves behind for the report.
struct Ended {
    reason: String,
    generations: u32,
    evaluations: u64,
    seconds: f64,
    best_fitness: f32,
    fitness_accuracy: f32,
    state_hash: u64,
    champion: Vec<f32>,
}

/// How often the plots of a running evolution are drawn again, in seconds.
const REDRAW_SECONDS: f64 = 10.0;

fn evolve(
    config: &Config,
    console: Console,
    folder: Option<&RunFolder>,
    data: &EncodedSplit,
    evaluator: &mut Evaluator,
    history: &mut History,
) -> Result<Ended, Error> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    let handler = ctrlc::set_handler(move || {
        // The second time the user means it.
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    handler.map_err(|error| Error::Internal(format!("no handler for Ctrl-C: {error}")))?;

    let mut rounds = Rounds::new(console, config.stop.generations, config.report_every);
    let mut file = folder.map(RunFolder::history).transpose()?;
    let (mut last, mut drawn) = (None, 0.0);
    let mut keep = |snapshot: &Snapshot<'_>| {
        history.push(snapshot.generation, snapshot.accuracy, snapshot.champion_accuracy);
        if let Some(folder) = folder
            && snapshot.generation.is_multiple_of(config.report_every)
            && snapshot.seconds - drawn >= REDRAW_SECONDS
        {
            drawn = snapshot.seconds;
            draw(folder, history)?;
        }
        let Snapshot {
            generation, evaluations, seconds, champion_fitness, champion_accuracy, ..
        } = *snapshot;
        last = Some((generation, evaluations, seconds, champion_fitness, champion_accuracy));
        Ok(())
    };
    let mut observers: Vec<&mut dyn Observer> = vec![&mut rounds, &mut keep];
    if let Some(file) = &mut file {
        observers.push(file);
    }
    let mut evolution = Evolution::new(config, data, evaluator)?;
    let reason = evolution.run(&mut observers, &interrupted)?;
    let state_hash = evolution.state_hash();
    let champion = evolution.into_champion();
    rounds.finish();
    let Some((generations, evaluations, seconds, best_fitness, fitness_accuracy)) = last else {
        return Err(Error::Internal("no generation was observed".to_string()));
    };
    Ok(Ended {
        reason: reason.to_string(),
        generations,
        evaluations,
        seconds,
        best_fitness,
        fitness_accuracy,
        state_hash,
        champion,
    })
}

/// Draws the plots into the run's folder.
fn draw(folder: &RunFolder, history: &History) -> Result<(), Error> {
    folder.write_with("history.svg", |path| plot::svg(history, path))?;
    folder.write_with("history.png", |path| plot::png(history, path))
}

fn preset_name(config: &Config) -> String {
    config.preset.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
}

/// The preset as reports and plots name it.
fn preset_title(name: &str, kept: bool) -> String {
    if kept { name.to_string() } else { format!("{name} with changes") }
}

/// Everything after the last generation.
fn report(
    config: &Config,
    folder: Option<&RunFolder>,
    dataset: &Dataset,
    evaluator: &mut Evaluator,
    history: &History,
    ended: Ended,
) -> Result<(), Error> {
    let test = EncodedSplit::new(&dataset.test)?;
    let score = evaluator.score_one(&ended.champion, &test)?;
    let predictions = evaluator.classes(&ended.champion, &dataset.test)?;
    let labels = &dataset.test.labels;
    let classification = ClassificationReport::new(labels, &predictions);
    let confusion = ConfusionMatrix::new(labels, &predictions)?;
    let name = |value: Option<clap::builder::PossibleValue>| {
        value.map_or_else(String::new, |value| value.get_name().to_string())
    };
    let summary = Summary {
        version: env!("CARGO_PKG_VERSION"),
        preset: preset_name(config),
        preset_kept: config.keeps_preset(),
        seed: config.seed,
        threads: evaluator.threads(),
        isa: evaluator.isa().to_string(),
        dataset: dataset.to_string(),
        builtin_data: matches!(dataset.origin, Origin::Builtin(_)),
        network: network_name(evaluator.network()),
        parameters: evaluator.network().parameters(),
        fitness: format!(
            "{} on {} images",
            name(config.fitness.measure.to_possible_value()),
            name(config.fitness.images.to_possible_value())
        ),
        generations: ended.generations,
        evaluations: ended.evaluations,
        seconds: ended.seconds,
        best_fitness: ended.best_fitness,
        fitness_accuracy: ended.fitness_accuracy,
        test_accuracy: score.accuracy(),
        test_cross_entropy: Measure::CrossEntropy.value(&score),
        stop_reason: ended.reason,
        state_hash: format!("{:016x}", ended.state_hash),
    };
    let head = headline(&summary);
    if let Some(folder) = folder {
        folder.write(
            "champion.safetensors",
            &weights::encode(evaluator.network(), &ended.champion)?,
        )?;
        folder.write("report.txt", format!("{head}\n{classification}\n{confusion}").as_bytes())?;
        folder.write("confusion.csv", confusion.to_csv().as_bytes())?;
        draw(folder, history)?;
        let json = serde_json::to_string_pretty(&summary)
            .map_err(|error| Error::Internal(error.to_string()))?;
        folder.write("summary.json", format!("{json}\n").as_bytes())?;
    }
    let plot = plot::terminal(history);
    let files = folder.map_or_else(String::new, |folder| {
        format!("\nfiles of this run: {}\n", folder.path().display())
    });
    output::print(&format!("{head}\n{plot}\n{classification}\n{confusion}{files}"))
}

/// The lines that every report begins with.
fn headline(summary: &Summary) -> String {
    let Summary { seed, dataset, network, parameters, fitness, .. } = summary;
    let preset = preset_title(&summary.preset, summary.preset_kept);
    let Summary { generations, evaluations, seconds, stop_reason, best_fitness, .. } = summary;
    let (fitness_accuracy, test_accuracy) =
        (100.0 * summary.fitness_accuracy, 100.0 * summary.test_accuracy);
    let state_hash = &summary.state_hash;
    format!(
        "preset {preset}, seed {seed}, network {network} ({parameters} weights)\n\
         data: {dataset}\n\
         {generations} generations, {evaluations} evaluations, {seconds:.1} s, stopped by: {stop_reason}\n\
         best fitness {best_fitness:.4} ({fitness}), accuracy there {fitness_accuracy:.2} %\n\
         test accuracy {test_accuracy:.2} %\n\
         state hash {state_hash}\n"
    )
}
