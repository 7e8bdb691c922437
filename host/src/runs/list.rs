//! The runs below a folder as a table.

use crate::error::Error;
use crate::report::table::{Align, table};
use crate::run::{Kept, State};
use serde::Serialize;
use std::path::Path;

/// The runs below a folder, the newest last.
#[derive(Debug, Default)]
pub struct List {
    rows: Vec<Listed>,
    /// What is wrong with those that are damaged; they are not among the rows.
    pub damaged: Vec<Error>,
}

/// A run as the list shows it. Field names are the keys of its JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Listed {
    /// Its folder, below the one that was searched.
    name: String,
    preset: String,
    network: Option<String>,
    data: String,
    seed: u64,
    /// Generations made.
    generations: Option<u32>,
    /// From 0 to 1; of a run that has stopped.
    test_accuracy: Option<f32>,
    core_seconds: Option<f64>,
    state: State,
    /// When it last wrote a result, UTC.
    when: String,
}

impl Listed {
    fn of(kept: &Kept, folder: &Path) -> Self {
        let below = kept.path.strip_prefix(folder).unwrap_or(&kept.path);
        let name = if below.as_os_str().is_empty() { &kept.path } else { below };
        // A summary is of the last stop; a run that goes on has made more since.
        let summary = kept.summary.as_ref().filter(|_| kept.state != State::Running);
        let last = || kept.history().ok()?.last().map(|row| row.generation);
        Self {
            name: name.display().to_string(),
            preset: kept.config.preset.to_string(),
            network: kept.network(),
            data: kept.data(),
            seed: kept.config.seed,
            generations: summary.map(|summary| summary.generations).or_else(last),
            test_accuracy: summary.map(|summary| summary.test_accuracy),
            core_seconds: summary.and_then(|summary| summary.core_seconds),
            state: kept.state,
            when: humantime::format_rfc3339_seconds(kept.written).to_string(),
        }
    }

    fn cells(&self) -> Vec<String> {
        fn or_dash<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
            value.map_or_else(|| "-".to_string(), show)
        }
        let state = match self.state {
            State::Ended => "ended",
            State::Interrupted => "interrupted",
            State::Running => "running",
        };
        vec![
            self.name.clone(),
            self.preset.clone(),
            or_dash(self.network.clone(), |network| network),
            self.data.clone(),
            self.seed.to_string(),
            or_dash(self.generations, |generations| generations.to_string()),
            or_dash(self.test_accuracy, |accuracy| format!("{:.2}", 100.0 * accuracy)),
            or_dash(self.core_seconds, |seconds| format!("{seconds:.1}")),
            state.to_string(),
            self.when.replace('T', " ").replace('Z', ""),
        ]
    }
}

impl List {
    /// The runs below a folder.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let (found, damaged) = Kept::find(folder)?;
        let rows = found.iter().map(|kept| Listed::of(kept, folder)).collect();
        Ok(Self { rows, damaged })
    }

    /// Whether there are no runs, damaged ones aside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table: a line a run.
    #[must_use]
    pub fn text(&self) -> String {
        let head = [
            ("name", Align::Left),
            ("preset", Align::Left),
            ("network", Align::Left),
            ("data", Align::Left),
            ("seed", Align::Right),
            ("generations", Align::Right),
            ("test %", Align::Right),
            ("core-s", Align::Right),
            ("state", Align::Left),
            ("last written (UTC)", Align::Left),
        ];
        table(&head, &self.rows.iter().map(Listed::cells).collect::<Vec<_>>())
    }

    /// The same as a JSON array: accuracies from 0 to 1, what is not known is null.
    ///
    /// # Errors
    /// Never in practice.
    pub fn json(&self) -> Result<String, Error> {
        super::json(&self.rows)
    }
}
