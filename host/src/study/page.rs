//! The pages `limits.md` and `records.md`: `templates/limits.md.jinja` and `templates/records.md.jinja`.

use super::plan::{CURVES, Study};
use super::table::{About, Entry, Row, entries};
use crate::error::Error;
use crate::formats::rendered;
use crate::report::thousands;
use askama::Template;

/// The values that the page of the limits shows.
#[derive(Template)]
#[template(path = "limits.md.jinja", escape = "none")]
struct Limits<'a> {
    data: &'a str,
    made_by: &'a str,
    runs: usize,
    core_minutes: String,
    /// Whether there are runs of several seeds, so that means have intervals.
    has_intervals: bool,
    /// Whether there are trainings by Adam.
    has_trainings: bool,
    questions: Vec<Question>,
}

/// A question with the lines of its table.
struct Question {
    name: &'static str,
    asks: &'static str,
    /// Whether its figure has curves.
    has_curves: bool,
    lines: Vec<String>,
    best: String,
}

fn line(entry: &Entry) -> String {
    let Entry { name, network, weights, numbers, generations, .. } = entry;
    let interval = entry.half_interval.map(|half| format!(" ± {:.2}", 100.0 * half));
    let passes = entry.forward_passes().map(|passes| format!("{passes:.1e}"));
    format!(
        "| {name} | `{network}` | {} | {numbers} | {} | {:.1} | {:.1} | {:.1e} | {} | {} | {:.2} %{} |",
        thousands(*weights),
        thousands(*generations as usize),
        entry.seconds,
        entry.core_seconds,
        entry.mutant_images,
        passes.unwrap_or_default(),
        entry.accuracies.len(),
        100.0 * entry.accuracy,
        interval.unwrap_or_default(),
    )
}

/// The page of the limits.
///
/// # Errors
/// Never in practice: the page is made in memory.
pub(super) fn limits(rows: &[Row], about: &About) -> Result<String, Error> {
    let (mut has_intervals, mut has_trainings) = (false, false);
    let questions = Study::Limits.questions().iter().filter_map(|(name, asks)| {
        let entries = entries(Study::Limits, rows, name);
        for entry in &entries {
            has_intervals |= entry.half_interval.is_some();
            has_trainings |= entry.experiment.is_some_and(|it| it.is_training());
        }
        let evolved = |entry: &&Entry| entry.experiment.is_none_or(|it| !it.is_training());
        let best = entries.iter().filter(evolved);
        let best = best.max_by(|a, b| a.accuracy.total_cmp(&b.accuracy))?;
        let best = format!("{}, {:.2} %", best.name, 100.0 * best.accuracy);
        let (has_curves, lines) = (*name == CURVES, entries.iter().map(line).collect());
        Some(Question { name, asks, has_curves, lines, best })
    });
    let questions: Vec<_> = questions.collect();
    rendered(&Limits {
        data: &about.data,
        made_by: &about.made_by,
        runs: rows.len(),
        core_minutes: core_minutes(rows),
        has_intervals,
        has_trainings,
        questions,
    })
}

fn core_minutes(rows: &[Row]) -> String {
    let core: f64 = rows.iter().map(|row| row.core_seconds).sum();
    format!("{:.0}", core / 60.0)
}

/// The values that the page of the records shows.
#[derive(Template)]
#[template(path = "records.md.jinja", escape = "none")]
struct Records<'a> {
    data: &'a str,
    made_by: &'a str,
    runs: usize,
    core_minutes: String,
    /// Experiments with seeds that were not run.
    open: Vec<&'static str>,
    groups: Vec<Group>,
}

/// Records of one kind.
struct Group {
    title: &'static str,
    records: Vec<Record>,
}

/// A record as the page shows it.
struct Record {
    line: String,
    name: String,
    command: String,
    state_hashes: String,
}

/// A record counts over so many seeds.
const SEEDS: usize = 3;

impl Record {
    /// `None` of an entry whose experiment the plan no longer has.
    fn of(entry: &Entry) -> Option<Self> {
        let Entry { name, network, weights, numbers, generations, .. } = entry;
        let experiment = entry.experiment?;
        let accuracies = entry.accuracies.iter().map(|it| format!("{:.2}", 100.0 * it));
        let missing = SEEDS.saturating_sub(entry.accuracies.len());
        let open = if missing > 0 {
            format!(" ({missing} of {SEEDS} seeds missing)")
        } else {
            String::new()
        };
        let line = format!(
            "| {name} | {:.2} %{open} | {} | `{network}` | {numbers} | {} | {} | {} | {:.0} | {:.1e} |",
            100.0 * entry.accuracy,
            accuracies.collect::<Vec<_>>().join(", "),
            thousands(*weights),
            thousands(experiment.file_bytes().ok()?),
            thousands(*generations as usize),
            entry.core_seconds,
            entry.mutant_images,
        );
        let hashes = entry.state_hashes.iter().map(|hash| format!("`{hash}`"));
        Some(Self {
            line,
            name: name.clone(),
            command: experiment.command("1"),
            state_hashes: hashes.collect::<Vec<_>>().join(", "),
        })
    }
}

/// The names of the experiments of which fewer seeds are there than count.
fn open(rows: &[Row]) -> Vec<&'static str> {
    let seeds = |name| rows.iter().filter(|row| row.name == name).count();
    Study::Records.experiments().map(|it| it.name).filter(|name| seeds(*name) < SEEDS).collect()
}

/// The page of the records.
///
/// # Errors
/// Never in practice: the page is made in memory.
pub(super) fn records(rows: &[Row], about: &About) -> Result<String, Error> {
    let groups = Study::Records.questions().iter().filter_map(|(name, title)| {
        let entries = entries(Study::Records, rows, name);
        let records: Vec<_> = entries.iter().filter_map(Record::of).collect();
        (!records.is_empty()).then_some(Group { title, records })
    });
    rendered(&Records {
        data: &about.data,
        made_by: &about.made_by,
        runs: rows.len(),
        core_minutes: core_minutes(rows),
        open: open(rows),
        groups: groups.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{about, rows};
    use super::*;

    #[test]
    fn the_page_has_a_table_and_a_figure_for_each_question_that_has_runs() {
        let page = limits(&rows(), &about()).unwrap();
        for text in [
            "| the tutorial | `784-128-10` | 101,770 | f32 | 350 | 19.2 | 38.0 | 8.8e7 | 8.8e7 | 3 | 45.00 % ± 12.42 |",
            "![",
            "limits-ladder.svg",
            "tinyevo study",
            "He initialisation, sigma 0.01, 60.00 %",
        ] {
            assert!(page.contains(text), "{text} in\n{page}");
        }
        assert!(!page.contains("limits-time.svg"));
    }

    #[test]
    fn a_record_has_its_seeds_its_command_and_the_size_of_its_file() {
        let row = |seed, accuracy| Row {
            question: "bytes".to_string(),
            name: "at most 3,600 bytes, 300 s".to_string(),
            seed,
            accuracy,
            ..rows()[0].clone()
        };
        let page = |rows: &[Row]| records(rows, &about()).unwrap();
        let whole = page(&[row(2, 0.9931), row(1, 0.992), row(3, 0.99)]);
        for text in [
            "| at most 3,600 bytes, 300 s | 99.17 % | 99.20, 99.31, 99.00 | `784-128-10` |",
            "| 101,770 | 3,584 |",
            "tinyevo evolve --data mnist --preset micro --generations 59567 --set batch.distortion.rotation=0.08 --seed 1",
            "`0123456789abcdef`, `0123456789abcdef`, `0123456789abcdef`",
        ] {
            assert!(whole.contains(text), "{text} in\n{whole}");
        }
        assert!(!whole.contains("of 3 seeds missing"));
        assert!(page(&[row(1, 0.99)]).contains("99.00 % (2 of 3 seeds missing)"));
    }
}
