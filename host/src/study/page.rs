//! The page `limits.md`: `templates/limits.md.jinja`.

use super::plan::QUESTIONS;
use super::table::{About, Entry, Row, entries};
use crate::error::Error;
use crate::formats::rendered;
use crate::report::thousands;
use askama::Template;

/// The values that the template shows.
#[derive(Template)]
#[template(path = "limits.md.jinja", escape = "none")]
struct Page<'a> {
    data: &'a str,
    made_by: &'a str,
    runs: usize,
    core_minutes: String,
    questions: Vec<Question>,
}

/// A question with the lines of its table.
struct Question {
    name: &'static str,
    asks: &'static str,
    lines: Vec<String>,
    best: String,
}

fn line(entry: &Entry) -> String {
    let Entry { name, network, weights, numbers, generations, seeds, .. } = entry;
    let interval = entry.half_interval.map(|half| format!(" ± {:.2}", 100.0 * half));
    format!(
        "| {name} | `{network}` | {} | {numbers} | {} | {:.1} | {:.1} | {:.1e} | {seeds} | {:.2} %{} |",
        thousands(*weights),
        thousands(*generations as usize),
        entry.seconds,
        entry.core_seconds,
        entry.mutant_images,
        100.0 * entry.accuracy,
        interval.unwrap_or_default(),
    )
}

/// The page of some rows.
///
/// # Errors
/// Never in practice: the page is made in memory.
pub(super) fn page(rows: &[Row], about: &About) -> Result<String, Error> {
    let questions = QUESTIONS.iter().filter_map(|(name, asks)| {
        let entries = entries(rows, name);
        let best = entries.iter().max_by(|a, b| a.accuracy.total_cmp(&b.accuracy))?;
        let best = format!("{}, {:.2} %", best.name, 100.0 * best.accuracy);
        Some(Question { name, asks, lines: entries.iter().map(line).collect(), best })
    });
    let core: f64 = rows.iter().map(|row| row.core_seconds).sum();
    let page = Page {
        data: &about.data,
        made_by: &about.made_by,
        runs: rows.len(),
        core_minutes: format!("{:.0}", core / 60.0),
        questions: questions.collect(),
    };
    rendered(&page)
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{about, rows};
    use super::*;

    #[test]
    fn the_page_has_a_table_and_a_figure_for_each_question_that_has_runs() {
        let page = page(&rows(), &about()).unwrap();
        for text in [
            "| the tutorial | `784-128-10` | 101,770 | f32 | 350 | 19.2 | 38.0 | 8.8e7 | 3 | 45.00 % ± 12.42 |",
            "![",
            "limits-ladder.svg",
            "tinyevo study",
            "He initialisation, sigma 0.01, 60.00 %",
        ] {
            assert!(page.contains(text), "{text} in\n{page}");
        }
        assert!(!page.contains("limits-time.svg"));
    }
}
