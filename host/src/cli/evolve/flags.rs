//! The flags of `tinyevo evolve`, and the configuration that they make.

use super::start;
use crate::cli::options::{DataArgs, MachineArgs, NetworkArgs, champion_file};
use crate::cli::overrides::{Overrides, about};
use crate::config::{Config, ConfigError, Data, Layers, Overlay, Preset, SplitName, named, names};
use crate::error::Error;
use clap::builder::PossibleValuesParser;
use std::path::PathBuf;
use std::time::Duration;
use tinyevo_core::fitness::Measure;
use tinyevo_core::operators::{Crossover, Initialisation, Mutation, Selection};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Defaults are those of the preset `es`; of flags that it does not have, of `tutorial`. `tinyevo evolve --print-config` shows \
                  every setting with its key; --set KEY=VALUE changes any of them."
)]
pub(crate) struct Args {
    /// Configuration to start from: es, the neuron-wise evolution strategy; cnn, the filter-wise one of a
    /// network with convolutions; tiny-cnn, micro and nano, smaller ones of them; coevolution, a genetic algorithm of
    /// neurons, or of filters; ga, one of whole genomes; low-rank, a strategy of whole genomes; tutorial, the original recipe
    /// [default: es; with a setting of the tutorial's algorithm, such as --population: tutorial]
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    #[arg(value_parser = PossibleValuesParser::new(names::<Preset>()))]
    preset: Option<String>,
    /// Configuration in a TOML file, as --print-config writes it [default: none]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Set any setting, as --set algorithm.mutation.sigma=0.05; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print the configuration as TOML, and do not run it
    #[arg(long)]
    pub(super) print_config: bool,
    /// New folder for the files of the run [default: below runs/, named by date, preset and seed]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Continue the run in this folder from its last checkpoint [default: none]
    #[arg(long, value_name = "DIR", conflicts_with_all = ["preset", "config", "out", "no_save"])]
    pub(super) resume: Option<PathBuf>,
    /// Champion to begin with instead of random weights: the folder of a run, or a file of floats, as import writes it.
    /// Its network is that of the run. With one parent, the parent is the champion; in a population, each individual is, and
    /// the first generation mutates them [default: none]
    #[arg(long, value_name = "CHAMPION", value_parser = champion_file(), conflicts_with = "resume")]
    start: Option<PathBuf>,
    /// Write no files
    #[arg(long, conflicts_with = "out")]
    pub(super) no_save: bool,
    /// Run N seeds one after another, from --seed on, each in a folder of its own below that of --out, and print their
    /// mean and spread; the same command again goes on with what is missing [default: one run]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    #[arg(conflicts_with_all = ["resume", "no_save"])]
    pub(super) seeds: Option<u64>,
    /// Show the run on a screen, with keys to pause, save and stop; it stays until a key is pressed
    #[arg(long, conflicts_with_all = ["quiet", "seeds"])]
    pub(super) live: bool,
    /// Draw the screen of --live in ASCII [default: only where the locale is not UTF-8]
    #[arg(long, requires = "live")]
    pub(super) ascii: bool,
    /// Print the results as JSON: accuracies from 0 to 1
    #[arg(long)]
    pub(super) json: bool,
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    #[arg(help = about("Seconds of work between checkpoints", "checkpoint.every"))]
    checkpoint_every: Option<String>,
    /// Print only the results
    #[arg(long, short)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    network: NetworkArgs,
    /// Evolve floats, f32, or integers: int8, int4 or ternary for all layers, or one for each layer that has weights, as
    /// int8,ternary,int4 [default: that of the preset]
    #[arg(long, value_name = "FORMATS")]
    weights: Option<String>,
    #[command(flatten)]
    pub(super) machine: MachineArgs,
    #[command(flatten, next_help_heading = "Algorithm")]
    recipe: Recipe,
    #[command(flatten, next_help_heading = "Judgement and end of the run")]
    stop: StopArgs,
}

/// The settings of the algorithm; those not given stay as the preset or the file has them.
#[derive(Debug, clap::Args)]
struct Recipe {
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about("Seed of all random numbers", "seed"))]
    seed: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about("Number of individuals", "algorithm.population"))]
    population: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about("Number of best parents copied unchanged", "algorithm.elites"))]
    elites: Option<String>,
    #[arg(long, value_name = "KIND")]
    #[arg(help = about("Distribution of the first weights", "algorithm.initialisation.kind"))]
    #[arg(value_parser = PossibleValuesParser::new(names::<Initialisation>()))]
    initialisation: Option<String>,
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    #[arg(help = about(
        "Uniform first weights lie between -X and X",
        "algorithm.initialisation.high"
    ))]
    initial_range: Option<String>,
    #[arg(long, value_name = "NAME")]
    #[arg(help = about("Fitness function", "fitness.measure"))]
    #[arg(value_parser = PossibleValuesParser::new(names::<Measure>()))]
    fitness: Option<String>,
    #[arg(long, value_name = "NAME")]
    #[arg(help = about("Images that fitness is computed on", "fitness.images"))]
    #[arg(value_parser = PossibleValuesParser::new(names::<SplitName>()))]
    fitness_images: Option<String>,
    #[arg(long, value_name = "KIND")]
    #[arg(help = about("How parents are chosen", "algorithm.selection.kind"))]
    #[arg(value_parser = PossibleValuesParser::new(names::<Selection>()))]
    selection: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about("Number of individuals in a tournament", "algorithm.selection.size"))]
    tournament_size: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about(
        "Number of best individuals that truncation keeps as parents",
        "algorithm.selection.best"
    ))]
    survivors: Option<String>,
    #[arg(long, value_name = "KIND")]
    #[arg(help = about("How a pair is mated", "algorithm.crossover.kind"))]
    #[arg(value_parser = PossibleValuesParser::new(names::<Crossover>()))]
    crossover: Option<String>,
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    #[arg(help = about("Probability that a pair is mated", "algorithm.crossover_probability"))]
    crossover_probability: Option<String>,
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    #[arg(help = about(
        "How far children of a blend may lie outside their parents, in distances between the parents",
        "algorithm.crossover.alpha"
    ))]
    alpha: Option<String>,
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    #[arg(help = about(
        "Probability that a crossover swaps a gene, or a neuron",
        "algorithm.crossover.probability"
    ))]
    swap_probability: Option<String>,
    #[arg(long, value_name = "KIND")]
    #[arg(help = about("How an individual is mutated", "algorithm.mutation.kind"))]
    #[arg(value_parser = PossibleValuesParser::new(names::<Mutation>()))]
    mutation: Option<String>,
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    #[arg(help = about(
        "Probability that an individual is mutated",
        "algorithm.mutation_probability"
    ))]
    mutation_probability: Option<String>,
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    #[arg(help = about(
        "Probability that a gene, or a neuron, of a mutated individual changes",
        "algorithm.mutation.probability"
    ))]
    gene_probability: Option<String>,
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    #[arg(help = about("Standard deviation of a mutation's noise", "algorithm.mutation.sigma"))]
    sigma: Option<String>,
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    #[arg(help = about("Uniform reset draws genes between -X and X", "algorithm.mutation.high"))]
    reset_range: Option<String>,
}

/// How the champion is judged, and when a run ends.
#[derive(Debug, clap::Args)]
struct StopArgs {
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about(
        "Hold out the last N training images, to judge the champion on",
        "data.validation"
    ))]
    validation: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about(
        "Generations between judgements on the images of --validation",
        "judge.every"
    ))]
    judge_every: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about("Number of generations", "stop.generations"))]
    generations: Option<String>,
    /// Number of rounds of --report-every generations, instead of --generations [default: none]
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "generations")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about(
        "Generations of a round, which ends with a line of progress",
        "report_every"
    ))]
    report_every: Option<String>,
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    #[arg(help = about(
        "Stop when the champion's accuracy is above this, from 0 to 1",
        "stop.accuracy"
    ))]
    stop_accuracy: Option<String>,
    /// Time of the run, as 10s, 500ms or 2m: measures the first generations and chooses as many as fit, so that a run takes longer
    /// on a machine that gets busy after that; the presets
    /// es, coevolution, cnn, micro and nano suit some settings to it (docs/evolution.md); of the preset tutorial, whose recipe has no end, the same as --time-limit [default: none]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    #[arg(conflicts_with_all = ["generations", "rounds", "time_limit", "resume"])]
    time: Option<Duration>,
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    #[arg(help = about("Stop after this many seconds", "stop.seconds"))]
    time_limit: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about("Stop after this many generations without a new champion", "stop.patience"))]
    patience: Option<String>,
}

impl Args {
    /// The preset, the file, or the configuration of the run to resume; `--set` and the flags over
    /// it; checked.
    pub(super) fn config(&self) -> Result<Config, Error> {
        if self.out.as_ref().is_some_and(|out| out.as_os_str() == "-") {
            let message = "--out must be a folder, got -; a run writes several files";
            return Err(Error::Usage(message.to_string()));
        }
        let mut settings = Overrides::new();
        for assignment in &self.set {
            settings.assign(assignment)?;
        }
        self.agree_with_set(settings.overlay())?;
        let flags = self.flags(settings.overlay())?;
        let mut layers = self.base([settings.overlay(), flags.overlay()])?;
        let before = layers.config()?;
        layers.put(settings.overlay())?;
        layers.put(flags.overlay())?;
        let mut config = layers.config()?;
        if let Some(rounds) = self.stop.rounds {
            let generations = rounds.checked_mul(config.report_every);
            config.stop.generations = generations.ok_or_else(|| {
                let most = u32::MAX / config.report_every;
                let fault = format!("must be a whole number from 1 to {most}, got {rounds}");
                ConfigError::one("--rounds", fault)
            })?;
        }
        // A run that has schedules is stretched to its number of generations; one that goes on is not.
        let stretched = self.stop.generations.is_some() || self.stop.rounds.is_some();
        let own = settings.overlay().name_of("length").is_some();
        if self.resume.is_none() && stretched && !own && config.length.is_some() {
            config.length = Some(config.stop.generations);
        }
        // So that config.toml repeats the run, and a later end does not change it.
        if config.is_scheduled() {
            config.length = Some(config.planned());
        }
        if let Some(time) = self.stop.time
            && config.length.is_none()
        {
            config.stop.seconds = Some(time.as_secs_f64());
            config.check()?;
        }
        if self.resume.is_some()
            && let Some(difference) = before.difference(&config)
        {
            return Err(Error::OtherRecipe { difference });
        }
        if self.resume.is_none() {
            self.forget_fingerprints(&before, &mut config);
        }
        Ok(config)
    }

    /// Removes the fingerprints of data and of a start that flags have replaced.
    fn forget_fingerprints(&self, before: &Config, config: &mut Config) {
        // That of data is of the splits that it needs, too.
        let data = |config: &Config| Data { fingerprint: None, ..config.data.clone() };
        let other = data(config) != data(before) || config.fitness.images != before.fitness.images;
        if other || self.data.is_given() {
            config.data.fingerprint = None;
        }
        let champion = |config: &Config| config.start.clone().map(|start| start.champion);
        if self.start.is_some() || champion(config) != champion(before) {
            config.start.iter_mut().for_each(|start| start.fingerprint = None);
        }
    }

    /// Refuses settings of `--set` that `--time` or `--start` decides, and a start for a run that goes on.
    fn agree_with_set(&self, settings: &Overlay) -> Result<(), ConfigError> {
        let timed = ["stop.generations", "length", "stop.seconds"];
        let begun = ["start"];
        for (keys, flag, is_given) in [
            (&timed[..], "--time", self.stop.time.is_some()),
            (&begun, "--start", self.start.is_some()),
            (&begun, "--resume", self.resume.is_some()),
        ] {
            let name = keys.iter().find_map(|key| settings.name_of(key));
            if let Some(name) = name.filter(|_| is_given) {
                return Err(ConfigError::one(name, format!("cannot be used with {flag}")));
            }
        }
        Ok(())
    }

    /// Whether no preset is named, nor a file that has one.
    pub(super) const fn names_no_preset(&self) -> bool {
        self.resume.is_none() && self.config.is_none() && self.preset.is_none()
    }

    /// The time that a run with schedules is to take.
    pub(super) const fn time(&self) -> Option<Duration> {
        self.stop.time
    }

    fn base(&self, given: [&Overlay; 2]) -> Result<Layers, ConfigError> {
        if let Some(folder) = &self.resume {
            return Layers::read(&folder.join("config.toml"));
        }
        match &self.config {
            Some(file) => Layers::read(file),
            None => {
                let preset = self.preset.as_deref().and_then(named);
                let preset = preset.unwrap_or_else(|| Layers::suited(given));
                Layers::preset_for(preset, self.stop.time, given)
            }
        }
    }

    /// The settings that flags give, over those of `--set`.
    fn flags(&self, set: &Overlay) -> Result<Overrides, Error> {
        let mut flags = Overrides::new();
        self.data.put(&mut flags);
        self.network.put(&mut flags)?;
        flags.words("--weights", "network.weights", &self.weights);
        if let Some(champion) = &self.start {
            start::put(champion, &mut flags, set)?;
        }
        self.recipe.put(&mut flags)?;
        self.stop.put(&mut flags);
        flags.set("--checkpoint-every", "checkpoint.every", &self.checkpoint_every);
        Ok(flags)
    }
}

impl Recipe {
    fn put(&self, flags: &mut Overrides) -> Result<(), ConfigError> {
        flags.set("--seed", "seed", &self.seed);
        flags.word("--fitness", "fitness.measure", &self.fitness);
        flags.word("--fitness-images", "fitness.images", &self.fitness_images);
        flags.set("--population", "algorithm.population", &self.population);
        flags.set("--elites", "algorithm.elites", &self.elites);
        flags.word("--initialisation", "algorithm.initialisation.kind", &self.initialisation);
        flags.range("--initial-range", "algorithm.initialisation", &self.initial_range)?;
        flags.word("--selection", "algorithm.selection.kind", &self.selection);
        flags.set("--tournament-size", "algorithm.selection.size", &self.tournament_size);
        flags.set("--survivors", "algorithm.selection.best", &self.survivors);
        flags.word("--crossover", "algorithm.crossover.kind", &self.crossover);
        let probability = &self.crossover_probability;
        flags.set("--crossover-probability", "algorithm.crossover_probability", probability);
        flags.set("--alpha", "algorithm.crossover.alpha", &self.alpha);
        flags.set("--swap-probability", "algorithm.crossover.probability", &self.swap_probability);
        flags.word("--mutation", "algorithm.mutation.kind", &self.mutation);
        let probability = &self.mutation_probability;
        flags.set("--mutation-probability", "algorithm.mutation_probability", probability);
        flags.set("--gene-probability", "algorithm.mutation.probability", &self.gene_probability);
        flags.set("--sigma", "algorithm.mutation.sigma", &self.sigma);
        flags.range("--reset-range", "algorithm.mutation", &self.reset_range)
    }
}

impl StopArgs {
    fn put(&self, flags: &mut Overrides) {
        flags.set("--validation", "data.validation", &self.validation);
        flags.set("--judge-every", "judge.every", &self.judge_every);
        flags.set("--generations", "stop.generations", &self.generations);
        flags.set("--report-every", "report_every", &self.report_every);
        flags.set("--stop-accuracy", "stop.accuracy", &self.stop_accuracy);
        flags.set("--time-limit", "stop.seconds", &self.time_limit);
        flags.set("--patience", "stop.patience", &self.patience);
    }
}
