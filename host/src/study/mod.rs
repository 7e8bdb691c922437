//! Studies: many runs, a table, figures, and a page that says what they show. [`Study::Limits`] answers the tutorial's questions,
//! [`Study::Records`] holds the best that evolution alone reaches.
//!
//! [`Study::tasks`] lists the runs, [`Row`] is the result of one; [`write()`] makes the files of any rows, so that parts of a study that
//! ran on several machines join to the same files.

mod bars;
mod curves;
mod page;
mod plan;
mod table;
#[cfg(feature = "gradient")]
mod training;

pub use plan::{Experiment, Study, Task};
pub use table::{About, Row, parse};

use crate::data::Dataset;
use crate::error::Error;
use crate::run::Interrupt;
use crate::session::{self, Plan};
use crate::threads::Threads;
use crate::write::{self, Existing};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whether this build can train networks by Adam: it has the feature `gradient`.
pub const TRAINS: bool = cfg!(feature = "gradient");

/// Runs a task, and measures its champion on the test images. `dataset` has no images held out: the task takes its own.
///
/// # Errors
/// The task does not suit the data, there was an interrupt, or it is a training and not [`TRAINS`].
pub fn run(
    task: &Task,
    dataset: &Dataset,
    threads: &mut Threads,
    interrupt: &Interrupt,
) -> Result<Row, Error> {
    let config = task.config()?;
    let dataset = dataset.clone().holding_out(config.data.validation);
    if task.experiment.is_training() {
        #[cfg(feature = "gradient")]
        return training::run(task, &config, &dataset, threads, interrupt);
        #[cfg(not(feature = "gradient"))]
        return Err(Error::Usage("Adam needs a build with --features gradient".to_string()));
    }
    let plan = Plan { config: &config, dataset, start: None, folder: None, checkpoint: None };
    let finished = session::evolve(plan, threads, &mut [], interrupt)?;
    interrupt.check()?;
    let summary = finished.report.summary;
    Ok(Row {
        question: task.experiment.question.to_string(),
        name: task.experiment.name.to_string(),
        seed: task.seed,
        network: summary.network,
        weights: summary.parameters,
        numbers: crate::champion::format_names(&config.network.weights),
        generations: summary.generations,
        mutant_images: summary.mutant_images,
        seconds: summary.seconds,
        core_seconds: summary.core_seconds.unwrap_or(0.0),
        accuracy: f64::from(summary.test_accuracy),
        state_hash: summary.state_hash,
    })
}

/// Writes the table of some rows into a folder.
///
/// # Errors
/// It cannot be written.
pub fn write_table(study: Study, rows: &[Row], about: &About, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    file(&table_path(study, folder), table::csv(study, rows, about).as_bytes())
}

/// The path of the table in a study's folder.
#[must_use]
pub fn table_path(study: Study, folder: &Path) -> PathBuf {
    folder.join(study.name()).with_extension("csv")
}

/// Writes the table, the figures and the page of some rows into a folder.
///
/// # Errors
/// A file cannot be written.
pub fn write(study: Study, rows: &[Row], about: &About, folder: &Path) -> Result<(), Error> {
    write_table(study, rows, about, folder)?;
    let page = match study {
        Study::Limits => page::limits(rows, about)?,
        Study::Records => page::records(rows, about)?,
    };
    if study == Study::Limits {
        for (question, _) in study.questions() {
            let entries = table::entries(study, rows, question);
            if !entries.is_empty() {
                let name = format!("{}-{question}.svg", study.name());
                let figure = if *question == plan::CURVES {
                    curves::svg(rows, question)?
                } else {
                    bars::svg(&entries)?
                };
                file(&folder.join(name), figure.as_bytes())?;
            }
        }
    }
    file(&folder.join(study.name()).with_extension("md"), page.as_bytes())
}

fn file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write::with(path, Existing::Replace, |file| file.write_all(bytes))
}

/// How long the tasks take on two cores, roughly.
#[must_use]
pub fn duration(tasks: &[Task]) -> Duration {
    tasks.iter().map(|task| Duration::from_secs_f64(task.seconds())).sum()
}
