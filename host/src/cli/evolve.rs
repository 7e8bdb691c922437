//! `tinyevo evolve`: the tutorial's whole system.

use super::options::{DataArgs, MachineArgs, NetworkArgs, load, network_name, split};
use super::output::{self, Console};
use super::progress::Rounds;
use super::random::individual;
use crate::config::{
    Config, CrossoverOperator, Initialisation, MeasureName, MutationOperator, Preset, Selection,
    SplitName,
};
use crate::data::{Dataset, Origin};
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
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tinyevo_core::fitness::Measure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Configuration to start from [default: tutorial]
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    preset: Option<Preset>,
    /// Configuration in a TOML file, as --print-config writes it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the configuration that would run, and stop
    #[arg(long)]
    print_config: bool,
    /// Folder for the run's files: summary.json, history.csv, champion.safetensors, plots, reports
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the results only
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten, next_help_heading = "The recipe")]
    recipe: Recipe,
    #[command(flatten, next_help_heading = "The end")]
    stop: StopArgs,
}

/// The numbers of the recipe; what is not given stays as the preset or the file has it.
#[derive(Debug, clap::Args)]
struct Recipe {
    /// Seed of all randomness
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Individuals
    #[arg(long, value_name = "N")]
    population: Option<usize>,
    /// Best parents that survive as they are
    #[arg(long, value_name = "N")]
    elites: Option<usize>,
    /// First weights
    #[arg(long, value_name = "KIND")]
    initialisation: Option<InitialisationKind>,
    /// Range of uniform first weights: from minus this to this
    #[arg(long, value_name = "X")]
    initial_range: Option<f64>,
    /// Fitness function
    #[arg(long, value_name = "NAME")]
    fitness: Option<MeasureName>,
    /// Images that fitness is computed on
    #[arg(long, value_name = "NAME")]
    fitness_images: Option<SplitName>,
    /// How parents are chosen
    #[arg(long, value_name = "KIND")]
    selection: Option<SelectionKind>,
    /// Individuals in a tournament
    #[arg(long, value_name = "N")]
    tournament_size: Option<usize>,
    /// Survivors of truncation
    #[arg(long, value_name = "N")]
    survivors: Option<usize>,
    /// How a pair is mated
    #[arg(long, value_name = "KIND")]
    crossover: Option<CrossoverKind>,
    /// Probability that a pair is mated
    #[arg(long, value_name = "P")]
    crossover_probability: Option<f64>,
    /// How far beyond its parents a blend may lie
    #[arg(long, value_name = "X")]
    alpha: Option<f64>,
    /// Probability that uniform crossover swaps a gene
    #[arg(long, value_name = "P")]
    swap_probability: Option<f64>,
    /// How an individual is mutated
    #[arg(long, value_name = "KIND")]
    mutation: Option<MutationKind>,
    /// Probability that an individual is mutated
    #[arg(long, value_name = "P")]
    mutation_probability: Option<f64>,
    /// Probability that a gene of a mutated individual changes
    #[arg(long, value_name = "P")]
    gene_probability: Option<f64>,
    /// Deviation of Gaussian mutation
    #[arg(long, value_name = "X")]
    sigma: Option<f64>,
    /// Range of uniform reset: from minus this to this
    #[arg(long, value_name = "X")]
    reset_range: Option<f64>,
}

/// When a run ends.
#[derive(Debug, clap::Args)]
struct StopArgs {
    /// Generations in all
    #[arg(long, value_name = "N")]
    generations: Option<u32>,
    /// Rounds of --report-every generations, instead of --generations
    #[arg(long, value_name = "N", conflicts_with = "generations")]
    rounds: Option<u32>,
    /// Generations in a round, which ends with a report
    #[arg(long, value_name = "N")]
    report_every: Option<u32>,
    /// Stop when the best accuracy is above this
    #[arg(long, value_name = "X")]
    stop_accuracy: Option<f64>,
    /// Stop after this many seconds
    #[arg(long, value_name = "SECONDS")]
    time_limit: Option<f64>,
    /// Stop after this many generations without a new best
    #[arg(long, value_name = "N")]
    patience: Option<u32>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum InitialisationKind {
    Uniform,
    He,
    Glorot,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SelectionKind {
    Tournament,
    Truncation,
    Random,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CrossoverKind {
    Mean,
    Blend,
    Uniform,
    OnePoint,
    TwoPoint,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MutationKind {
    Gaussian,
    UniformReset,
}

impl Args {
    /// Preset or file, then the flags over it; checked.
    fn config(&self) -> Result<Config, Error> {
        let mut config = match (&self.config, self.preset) {
            (Some(file), _) => Config::read(file)?,
            (None, preset) => preset.unwrap_or(Preset::Tutorial).config(),
        };
        self.data.apply(&mut config.data);
        self.network.apply(&mut config);
        self.recipe.apply(&mut config)?;
        self.stop.apply(&mut config)?;
        config.check()?;
        Ok(config)
    }
}

/// Writes a flag's value, if it was given, over a number of the configuration.
fn set<T: Copy>(number: &mut T, flag: Option<T>) {
    if let Some(value) = flag {
        *number = value;
    }
}

/// A flag was given that belongs to another variant than the one in force.
fn misplaced(flag: &str, needs: &str) -> Error {
    Error::Usage(format!("{flag} needs {needs}"))
}

impl Recipe {
    fn apply(&self, config: &mut Config) -> Result<(), Error> {
        set(&mut config.seed, self.seed);
        set(&mut config.population.size, self.population);
        set(&mut config.population.elites, self.elites);
        set(&mut config.fitness.measure, self.fitness);
        set(&mut config.fitness.images, self.fitness_images);
        set(&mut config.crossover.probability, self.crossover_probability);
        set(&mut config.mutation.probability, self.mutation_probability);
        self.apply_initialisation(&mut config.population.initialisation)?;
        self.apply_selection(&mut config.selection)?;
        self.apply_crossover(&mut config.crossover.operator)?;
        self.apply_mutation(&mut config.mutation.operator)
    }

    fn apply_initialisation(&self, to: &mut Initialisation) -> Result<(), Error> {
        match self.initialisation {
            Some(InitialisationKind::Uniform) if !matches!(to, Initialisation::Uniform { .. }) => {
                *to = Initialisation::Uniform { low: -1.0, high: 1.0 };
            }
            Some(InitialisationKind::Uniform) | None => {}
            Some(InitialisationKind::He) => *to = Initialisation::He,
            Some(InitialisationKind::Glorot) => *to = Initialisation::Glorot,
        }
        match (to, self.initial_range) {
            (_, None) => Ok(()),
            (Initialisation::Uniform { low, high }, Some(range)) => {
                (*low, *high) = (-range, range);
                Ok(())
            }
            _ => Err(misplaced("--initial-range", "--initialisation uniform")),
        }
    }

    fn apply_selection(&self, to: &mut Selection) -> Result<(), Error> {
        match self.selection {
            Some(SelectionKind::Tournament) if !matches!(to, Selection::Tournament { .. }) => {
                *to = Selection::Tournament { size: 5 };
            }
            Some(SelectionKind::Truncation) if !matches!(to, Selection::Truncation { .. }) => {
                *to = Selection::Truncation { best: 5 };
            }
            Some(SelectionKind::Random) => *to = Selection::Random,
            Some(SelectionKind::Tournament | SelectionKind::Truncation) | None => {}
        }
        if let Some(value) = self.tournament_size {
            let Selection::Tournament { size } = to else {
                return Err(misplaced("--tournament-size", "--selection tournament"));
            };
            *size = value;
        }
        if let Some(value) = self.survivors {
            let Selection::Truncation { best } = to else {
                return Err(misplaced("--survivors", "--selection truncation"));
            };
            *best = value;
        }
        Ok(())
    }

    fn apply_crossover(&self, to: &mut CrossoverOperator) -> Result<(), Error> {
        match self.crossover {
            Some(CrossoverKind::Mean) => *to = CrossoverOperator::Mean,
            Some(CrossoverKind::OnePoint) => *to = CrossoverOperator::OnePoint,
            Some(CrossoverKind::TwoPoint) => *to = CrossoverOperator::TwoPoint,
            Some(CrossoverKind::Blend) if !matches!(to, CrossoverOperator::Blend { .. }) => {
                *to = CrossoverOperator::Blend { alpha: 0.5 };
            }
            Some(CrossoverKind::Uniform) if !matches!(to, CrossoverOperator::Uniform { .. }) => {
                *to = CrossoverOperator::Uniform { gene_probability: 0.5 };
            }
            Some(CrossoverKind::Blend | CrossoverKind::Uniform) | None => {}
        }
        if let Some(value) = self.alpha {
            let CrossoverOperator::Blend { alpha } = to else {
                return Err(misplaced("--alpha", "--crossover blend"));
            };
            *alpha = value;
        }
        if let Some(value) = self.swap_probability {
            let CrossoverOperator::Uniform { gene_probability } = to else {
                return Err(misplaced("--swap-probability", "--crossover uniform"));
            };
            *gene_probability = value;
        }
        Ok(())
    }

    fn apply_mutation(&self, to: &mut MutationOperator) -> Result<(), Error> {
        let gaussian = MutationOperator::Gaussian { gene_probability: 0.25, sigma: 0.1 };
        let reset = MutationOperator::UniformReset { gene_probability: 0.25, low: -1.0, high: 1.0 };
        match (self.mutation, &to) {
            (Some(MutationKind::Gaussian), MutationOperator::UniformReset { .. }) => *to = gaussian,
            (Some(MutationKind::UniformReset), MutationOperator::Gaussian { .. }) => *to = reset,
            _ => {}
        }
        match to {
            MutationOperator::Gaussian { gene_probability, sigma } => {
                if self.reset_range.is_some() {
                    return Err(misplaced("--reset-range", "--mutation uniform-reset"));
                }
                set(gene_probability, self.gene_probability);
                set(sigma, self.sigma);
            }
            MutationOperator::UniformReset { gene_probability, low, high } => {
                if self.sigma.is_some() {
                    return Err(misplaced("--sigma", "--mutation gaussian"));
                }
                set(gene_probability, self.gene_probability);
                set(low, self.reset_range.map(|range| -range));
                set(high, self.reset_range);
            }
        }
        Ok(())
    }
}

impl StopArgs {
    fn apply(&self, config: &mut Config) -> Result<(), Error> {
        set(&mut config.report_every, self.report_every);
        set(&mut config.stop.generations, self.generations);
        if let Some(rounds) = self.rounds {
            let generations = rounds.checked_mul(config.report_every);
            config.stop.generations = generations
                .ok_or_else(|| Error::Usage(format!("{rounds} rounds are too many generations")))?;
        }
        set(&mut config.stop.accuracy, self.stop_accuracy);
        config.stop.seconds = self.time_limit.or(config.stop.seconds);
        config.stop.patience = self.patience.or(config.stop.patience);
        Ok(())
    }
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let config = args.config()?;
    if args.print_config {
        return output::print(&config.to_toml()?);
    }
    let folder = args.out.as_deref().map(RunFolder::create).transpose()?;
    let console = Console { quiet: args.quiet };
    let mut dataset = load(&config.data, args.data.offline, console)?;
    let fitness_data = EncodedSplit::new(split(&dataset, config.fitness.images))?;
    // The training images are not needed again, and are most of the memory.
    dataset.train = Default::default();
    let network = config.network()?;
    let mut evaluator = Evaluator::new(network, args.machine.threads(), args.machine.isa())?;
    introduce(console, &config, &dataset, &fitness_data, &mut evaluator)?;

    if let Some(folder) = &folder {
        folder.write("config.toml", config.to_toml()?.as_bytes())?;
    }
    let mut history = History::default();
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
            digit::draw(dataset.test.image(0))
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
            draw(folder, history, config)?;
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
fn draw(folder: &RunFolder, history: &History, config: &Config) -> Result<(), Error> {
    let title = format!("tinyevo, preset {}, seed {}", preset_name(config), config.seed);
    folder.write_with("history.svg", |path| plot::svg(history, &title, path))?;
    folder.write_with("history.png", |path| plot::png(history, &title, path))
}

fn preset_name(config: &Config) -> String {
    config.preset.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
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
        seed: config.seed,
        threads: evaluator.threads(),
        isa: evaluator.isa().to_string(),
        dataset: dataset.to_string(),
        builtin_data: matches!(dataset.origin, Origin::Builtin { .. }),
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
        draw(folder, history, config)?;
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
    let Summary { preset, seed, dataset, network, parameters, fitness, .. } = summary;
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
