//! The flags of `tinyevo evolve`, and the configuration that they make.

use crate::cli::options::{DataArgs, MachineArgs, NetworkArgs};
use crate::config::{
    Config, CrossoverOperator, Initialisation, MeasureName, MutationOperator, Preset, Selection,
    SplitName,
};
use crate::error::Error;
use clap::ValueEnum;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "What is not given is as the preset or the file has it: `tinyevo evolve --print-config` shows every number."
)]
pub(in crate::cli) struct Args {
    /// Configuration to start from [default: tutorial]
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    preset: Option<Preset>,
    /// Configuration in a TOML file, as --print-config writes it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the configuration that would run, and stop
    #[arg(long)]
    pub(super) print_config: bool,
    /// Folder for the run's files: summary.json, history.csv, champion.safetensors, plots, reports
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Print the results only
    #[arg(long, short)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    pub(super) machine: MachineArgs,
    #[command(flatten, next_help_heading = "The recipe")]
    recipe: Recipe,
    #[command(flatten, next_help_heading = "The end")]
    stop: StopArgs,
}

/// The numbers of the recipe; what is not given stays as the preset or the file has it.
#[derive(Debug, clap::Args)]
struct Recipe {
    /// Seed of all randomness
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Individuals
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    population: Option<usize>,
    /// Best parents that survive as they are
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    elites: Option<usize>,
    /// First weights
    #[arg(long, value_name = "KIND")]
    initialisation: Option<InitialisationKind>,
    /// Range of uniform first weights: from minus this to this
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
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
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    tournament_size: Option<usize>,
    /// Survivors of truncation
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    survivors: Option<usize>,
    /// How a pair is mated
    #[arg(long, value_name = "KIND")]
    crossover: Option<CrossoverKind>,
    /// Probability that a pair is mated
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    crossover_probability: Option<f64>,
    /// How far beyond its parents a blend may lie
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    alpha: Option<f64>,
    /// Probability that uniform crossover swaps a gene
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    swap_probability: Option<f64>,
    /// How an individual is mutated
    #[arg(long, value_name = "KIND")]
    mutation: Option<MutationKind>,
    /// Probability that an individual is mutated
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    mutation_probability: Option<f64>,
    /// Probability that a gene of a mutated individual changes
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    gene_probability: Option<f64>,
    /// Deviation of Gaussian mutation
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    sigma: Option<f64>,
    /// Range of uniform reset: from minus this to this
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    reset_range: Option<f64>,
}

/// When a run ends.
#[derive(Debug, clap::Args)]
struct StopArgs {
    /// Generations in all
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    generations: Option<u32>,
    /// Rounds of --report-every generations, instead of --generations
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "generations")]
    rounds: Option<u32>,
    /// Generations in a round, which ends with a report
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    report_every: Option<u32>,
    /// Stop when the best accuracy is above this
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    stop_accuracy: Option<f64>,
    /// Stop after this many seconds
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    time_limit: Option<f64>,
    /// Stop after this many generations without a new best
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
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
    pub(super) fn config(&self) -> Result<Config, Error> {
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
