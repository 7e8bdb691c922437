//! The study of the tutorial's questions: many small runs, a table, a figure for each question, and a page that says what they
//! show.
//!
//! [`tasks`] lists the runs, [`Row`] is the result of one; [`write()`] makes the files of any rows, so that parts of a study that
//! ran on several machines join to the same files.

mod figure;
mod page;
mod plan;
mod table;

pub use plan::{Experiment, Task, experiments, tasks};
pub use table::{About, Row, parse};

use crate::data::Dataset;
use crate::error::Error;
use crate::run::Interrupt;
use crate::session::{self, Plan};
use crate::threads::Threads;
use crate::write::{self, Existing};
use std::path::Path;
use std::time::Duration;

/// Runs a task, and measures its champion on the test images. `dataset` has no images held out: the task takes its own.
///
/// # Errors
/// The task does not suit the data, or there was an interrupt.
pub fn run(
    task: &Task,
    dataset: &Dataset,
    threads: &mut Threads,
    interrupt: &Interrupt,
) -> Result<Row, Error> {
    let config = task.config()?;
    let dataset = dataset.clone().holding_out(config.data.validation);
    let plan = Plan { config: &config, dataset, folder: None, checkpoint: None };
    let finished = session::evolve(plan, threads, &mut [], interrupt)?;
    interrupt.check()?;
    let summary = finished.report.summary;
    Ok(Row {
        question: task.experiment.question.to_string(),
        name: task.experiment.name.to_string(),
        seed: task.seed,
        network: summary.network,
        weights: summary.parameters,
        numbers: match config.network.weights.as_slice() {
            [] => "f32".to_string(),
            formats => crate::champion::format_names(formats),
        },
        generations: summary.generations,
        mutant_images: summary.mutant_images,
        seconds: summary.seconds,
        core_seconds: summary.core_seconds.unwrap_or(0.0),
        accuracy: f64::from(summary.test_accuracy),
        state_hash: summary.state_hash,
    })
}

/// Writes the table, the figures and the page of some rows into a folder.
///
/// # Errors
/// A file cannot be written.
pub fn write(rows: &[Row], about: &About, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let file = |name: &str, bytes: &[u8]| {
        write::with(&folder.join(name), Existing::Replace, |file| file.write_all(bytes))
    };
    file("limits.csv", table::csv(rows, about).as_bytes())?;
    for (question, _) in plan::QUESTIONS {
        let entries = table::entries(rows, question);
        if !entries.is_empty() {
            file(&format!("limits-{question}.svg"), figure::svg(&entries)?.as_bytes())?;
        }
    }
    file("limits.md", page::page(rows, about)?.as_bytes())
}

/// How long the tasks take on two cores, roughly.
#[must_use]
pub fn duration(tasks: &[Task]) -> Duration {
    tasks.iter().map(|task| Duration::from_secs_f64(task.seconds())).sum()
}
