//! What is left of an evolution: summary, classification report, confusion matrix, plot.

use crate::champion::network_name;
use crate::config::{self, Config, SplitName};
use crate::data::{Dataset, Origin};
use crate::encoded::{EncodedSplit, Form, Measured};
use crate::error::Error;
use crate::evaluate;
use crate::report::plot;
use crate::report::{ClassificationReport, ConfusionMatrix, Summary};
use crate::run::{Judgement, Keeper, RunFolder, StopReason};
use crate::threads::Threads;
use tinyevo_core::fitness::Measure;
use tinyevo_core::network::Network;

/// What a run leaves behind.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) reason: StopReason,
    pub(super) generations: u32,
    pub(super) evaluations: u64,
    pub(super) mutant_images: u64,
    pub(super) seconds: f64,
    pub(super) core_seconds: Option<f64>,
    pub(super) judgement: Judgement,
    pub(super) champion_generation: u32,
    pub(super) state_hash: u64,
    pub(super) champion: Vec<f32>,
    pub(super) errors: Vec<Error>,
}

/// Which images the fitness and the judge have seen, in words.
#[derive(Debug)]
pub(super) struct Seen {
    fitness: String,
    judge: String,
    unseen: String,
}

impl Seen {
    pub(super) fn of(config: &Config, dataset: &Dataset) -> Self {
        let (fitness, unseen) = match config.fitness.images {
            SplitName::Train => {
                let unseen = format!("the {} test images", dataset.test.len());
                (format!("{} training images", dataset.train.len()), unseen)
            }
            SplitName::Test => (format!("{} test images", dataset.test.len()), "none".to_string()),
        };
        let judge = match dataset.validation.len() {
            0 => "the images of the fitness".to_string(),
            count => format!("{count} training images that were held out"),
        };
        Self { fitness, judge, unseen }
    }
}

/// The report of a run.
#[derive(Debug)]
pub struct Report {
    /// The run in numbers.
    pub summary: Summary,
    /// The lines that every report begins with.
    pub headline: String,
    /// Precision, recall and F1 on the test images.
    pub classification: ClassificationReport,
    /// Which class was taken for which, on the test images.
    pub confusion: ConfusionMatrix,
    /// Accuracy over the generations.
    pub history: plot::History,
}

impl Report {
    /// Measures the champion on the test images. Also hands out the errors of the run.
    pub(super) fn new(
        config: &Config,
        dataset: &Dataset,
        network: &Network,
        seen: Seen,
        ended: Ended,
        keeper: Keeper<'_>,
        threads: &mut Threads,
    ) -> Result<(Self, Vec<Error>), Error> {
        let test = &dataset.test;
        let [_, form] = Form::for_run(config, network)?;
        let encoded = EncodedSplit::in_form(test, form)?;
        let objective = encoded.objective(network, Measure::CrossEntropy, true)?;
        let score = evaluate::score_of(&objective, &ended.champion, threads)?;
        let predictions = match &objective {
            Measured::Groups(groups) => evaluate::group_classes(groups, &ended.champion, threads)?,
            Measured::Lists(_) => evaluate::classes(network, &ended.champion, test, threads)?,
        };
        let summary = Summary {
            version: env!("CARGO_PKG_VERSION").to_string(),
            preset: config.preset.to_string(),
            preset_kept: config.keeps_preset(),
            seed: config.seed,
            threads: threads.count(),
            isa: threads.isa().to_string(),
            dataset: dataset.to_string(),
            data_notes: dataset.notes(),
            class_names: dataset.description.class_names.clone(),
            builtin_data: matches!(dataset.origin, Origin::Builtin(_)),
            data_fingerprint: dataset_fingerprint(config),
            network: network_name(network),
            parameters: network.parameters(),
            fitness: format!("{} on {}", config::name(&config.fitness.measure), seen.fitness),
            judge: seen.judge,
            unseen: seen.unseen,
            generations: ended.generations,
            evaluations: ended.evaluations,
            mutant_images: ended.mutant_images,
            seconds: ended.seconds,
            core_seconds: ended.core_seconds,
            best_fitness: ended.judgement.fitness,
            fitness_accuracy: ended.judgement.accuracy(),
            champion_generation: ended.champion_generation,
            test_accuracy: score.accuracy(),
            test_cross_entropy: Measure::CrossEntropy.value(&score),
            stop_reason: ended.reason.to_string(),
            state_hash: format!("{:016x}", ended.state_hash),
        };
        let report = Self {
            headline: headline(&summary),
            summary,
            classification: ClassificationReport::new(&test.labels, &predictions)
                .with_names(&dataset.description.class_names),
            confusion: ConfusionMatrix::new(&test.labels, &predictions, dataset.classes())?,
            history: keeper.into_plot(),
        };
        Ok((report, ended.errors))
    }

    /// Writes the report into the run's folder.
    /// Each file is tried; hands out what failed.
    pub(super) fn write(&self, folder: &RunFolder) -> Vec<Error> {
        let Self { headline, classification, confusion, .. } = self;
        let text = format!("{headline}\n{classification}\n{confusion}");
        let json = self.json();
        let written = [
            folder.write("report.txt", text.as_bytes()),
            folder.write("confusion.csv", confusion.to_csv().as_bytes()),
            json.and_then(|json| folder.write("summary.json", json.as_bytes())),
        ];
        written.into_iter().filter_map(Result::err).collect()
    }

    /// The summary as JSON.
    ///
    /// # Errors
    /// Never in practice.
    pub fn json(&self) -> Result<String, Error> {
        let json = serde_json::to_string_pretty(&self.summary);
        json.map(|json| json + "\n").map_err(|error| Error::Internal(error.to_string()))
    }

    /// Everything as text, with the plot.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { headline, classification, confusion, history, .. } = self;
        let plot = plot::terminal(history);
        format!("{headline}\n{plot}\n{classification}\n{confusion}")
    }
}

fn dataset_fingerprint(config: &Config) -> String {
    config.data.fingerprint.clone().unwrap_or_default()
}

/// The preset as reports and plots name it.
fn preset_title(name: &str, kept: bool) -> String {
    if kept { name.to_string() } else { format!("{name} with changes") }
}

/// What stands above the plots.
pub(super) fn title(config: &Config, dataset: &Dataset) -> String {
    let preset = preset_title(&config.preset.to_string(), config.keeps_preset());
    format!("tinyevo, preset {preset}, seed {}, {}", config.seed, dataset.short_name())
}

/// The lines that every report begins with.
fn headline(summary: &Summary) -> String {
    let Summary { seed, dataset, network, parameters, fitness, judge, unseen, .. } = summary;
    let preset = preset_title(&summary.preset, summary.preset_kept);
    let Summary { generations, evaluations, seconds, stop_reason, best_fitness, .. } = summary;
    let (fitness_accuracy, test_accuracy) =
        (100.0 * summary.fitness_accuracy, 100.0 * summary.test_accuracy);
    let Summary { state_hash, champion_generation, .. } = summary;
    let notes: String = summary.data_notes.iter().map(|note| format!("{note}\n")).collect();
    format!(
        "preset {preset}, seed {seed}, network {network} ({parameters} weights)\n\
         data: {dataset}\n{notes}\
         fitness: {fitness}\n\
         champion chosen on: {judge}\n\
         images that nothing was chosen on: {unseen}\n\
         {generations} generations, {evaluations} evaluations, {seconds:.1} s, stopped by: {stop_reason}\n\
         champion of generation {champion_generation}: fitness {best_fitness:.4}, accuracy {fitness_accuracy:.2} % where chosen\n\
         test accuracy {test_accuracy:.2} %\n\
         state hash {state_hash}\n"
    )
}
