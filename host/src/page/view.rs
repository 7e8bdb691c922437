//! What the page shows of a run, in words and numbers.

use super::answers::{Answers, Image};
use super::curves;
use super::ended::Ended;
use super::weights::{FirstLayer, first_layer};
use crate::champion::Weights;
use crate::config;
use crate::error::Error;
use crate::report::classification::Scores;
use crate::report::{ClassificationReport, thousands};
use std::path::Path;

/// The most classes of which the confusion matrix is shown as a whole.
const MATRIX: usize = 64;
/// Confusions that are listed.
const LISTED: usize = 20;

/// A run on the page.
pub(super) struct RunView {
    /// Its place among the runs.
    pub(super) id: usize,
    pub(super) name: String,
    /// The level of its headings.
    pub(super) level: usize,
    /// What stands below its name.
    pub(super) lede: String,
    /// The largest numbers: name and value.
    pub(super) figures: Vec<(String, String)>,
    pub(super) facts: Vec<Fact>,
    /// SVG: accuracy and fitness.
    pub(super) charts: [String; 2],
    /// The images that the champion was chosen on.
    pub(super) judged: String,
    pub(super) classes: Vec<ClassRow>,
    pub(super) averages: [ClassRow; 2],
    pub(super) samples: String,
    /// The names of the classes.
    pub(super) names: Vec<String>,
    /// The cells of the confusion matrix, a row a label; none if there are too many.
    pub(super) matrix: Vec<Vec<Cell>>,
    /// The most frequent confusions: label, class, count.
    pub(super) confusions: Vec<(String, String, u32)>,
    pub(super) first_layer: Option<FirstLayer>,
    pub(super) mistakes: Vec<Image>,
    pub(super) colour: bool,
    /// What the integers get right, in words; or why there are no mistakes.
    pub(super) integers: String,
    pub(super) missing: Option<String>,
    pub(super) command: String,
    pub(super) report: String,
    pub(super) toml: String,
    /// `config.toml` in base64, to be saved.
    pub(super) file: String,
}

/// A line on what ran.
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) text: String,
    /// Whether it is a hash.
    pub(super) code: bool,
}

/// A line of the classification report.
pub(super) struct ClassRow {
    pub(super) name: String,
    pub(super) precision: String,
    pub(super) recall: String,
    pub(super) f1: String,
    pub(super) support: String,
}

/// A cell of the confusion matrix.
pub(super) struct Cell {
    pub(super) count: u32,
    /// How strong its colour is, 0 to 1.
    pub(super) heat: String,
    pub(super) right: bool,
}

impl RunView {
    /// The view of a run; `answers` are its integers, or why there are none.
    ///
    /// # Errors
    /// Never in practice: pictures are made in memory.
    pub(super) fn new(
        kept: &Ended,
        (id, of): (usize, usize),
        answers: Result<Answers, String>,
    ) -> Result<Self, Error> {
        let summary = &kept.summary;
        let (labels, predictions) = kept.confusion.pairs();
        let report = ClassificationReport::new(&labels, &predictions);
        let row = |name: String, scores: &Scores, support: usize| ClassRow {
            name,
            precision: format!("{:.3}", scores.precision),
            recall: format!("{:.3}", scores.recall),
            f1: format!("{:.3}", scores.f1),
            support: thousands(support),
        };
        let classes = report.classes.iter();
        let rows: Vec<Vec<u32>> = kept.confusion.rows().map(<[u32]>::to_vec).collect();
        let name = |class: usize| kept.class_name(class);
        let config_file = shell(&kept.path.join("config.toml"));
        let folder = shell(&kept.path);
        Ok(Self {
            id,
            name: kept.name(),
            level: if of > 1 { 3 } else { 2 },
            lede: lede(kept),
            figures: figures(kept, answers.as_ref().ok()),
            facts: facts(kept),
            charts: [curves::accuracy(kept, id)?, curves::fitness(kept, id)?],
            judged: summary.judge.clone(),
            classes: classes.map(|(class, s, n)| row(name(usize::from(*class)), s, *n)).collect(),
            averages: [
                row("mean of the classes".to_string(), &report.macro_avg, report.samples),
                row("weighted by images".to_string(), &report.weighted_avg, report.samples),
            ],
            samples: thousands(report.samples),
            matrix: if rows.len() > MATRIX { Vec::new() } else { matrix(&rows) },
            confusions: confusions(&rows)
                .into_iter()
                .map(|(l, c, n)| (name(l), name(c), n))
                .collect(),
            names: (0..rows.len()).map(name).collect(),
            first_layer: first_layer(&kept.floats, &kept.champion)?,
            colour: kept.champion.network().input().channels == 3,
            integers: integers(answers.as_ref().ok()),
            missing: missing(&answers),
            mistakes: answers.ok().and_then(|it| it.found).map_or_else(Vec::new, |it| it.mistakes),
            command: format!("tinyevo evolve --config {config_file}"),
            report: format!("tinyevo report {folder} --out report.html"),
            file: super::picture::base64(kept.toml.as_bytes()),
            toml: kept.toml.clone(),
        })
    }
}

/// One sentence on a run.
fn lede(kept: &Ended) -> String {
    let summary = &kept.summary;
    format!(
        "Preset {}, seed {}: {} weights after {} generations in {}.",
        kept.preset(),
        summary.seed,
        thousands(summary.parameters),
        thousands(summary.generations as usize),
        duration(summary.seconds),
    )
}

/// Seconds in words.
fn duration(seconds: f64) -> String {
    match seconds {
        short if short < 120.0 => format!("{short:.1} s"),
        long => format!("{:.0} min {:.0} s", (long / 60.0).floor(), (long % 60.0).floor()),
    }
}

/// A count with its noun.
fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// The numbers that stand at the top.
fn figures(kept: &Ended, answers: Option<&Answers>) -> Vec<(String, String)> {
    let summary = &kept.summary;
    let accuracy = 100.0 * f64::from(summary.test_accuracy);
    let mut figures = vec![("test accuracy".to_string(), format!("{accuracy:.2} %"))];
    if let Some(answers) = answers {
        if let Some(found) = answers.found.as_ref().filter(|_| is_float(kept)) {
            let share = 100.0 * found.correct as f64 / found.images as f64;
            figures.push(("as 8-bit integers".to_string(), format!("{share:.2} %")));
        }
        let bytes = thousands(answers.file.len());
        figures.push(("bytes of its .tev file".to_string(), bytes));
    }
    figures.push(("weights".to_string(), thousands(summary.parameters)));
    figures.push(("generations".to_string(), thousands(summary.generations as usize)));
    figures.push(("time".to_string(), duration(summary.seconds)));
    figures
}

fn is_float(kept: &Ended) -> bool {
    matches!(kept.champion.weights, Weights::Floats(..))
}

/// What ran.
fn facts(kept: &Ended) -> Vec<Fact> {
    let (summary, config) = (&kept.summary, &kept.config);
    let text = |name, text: String| Fact { name, text, code: false };
    let code = |name, text: &str| Fact { name, text: text.to_string(), code: true };
    let numbers = if is_float(kept) { "floats".to_string() } else { kept.champion.numbers() };
    let core = summary.core_seconds.map(|it| format!(", {} of the cores", duration(it)));
    vec![
        text("Data", summary.dataset.clone()),
        text(
            "Network",
            format!("{}, {} weights, {numbers}", summary.network, thousands(summary.parameters)),
        ),
        text("Preset", kept.preset()),
        text("Algorithm", config::name(&config.algorithm)),
        text("Seed", summary.seed.to_string()),
        text("Fitness", summary.fitness.clone()),
        text("Champion chosen on", summary.judge.clone()),
        text("Nothing was chosen on", summary.unseen.clone()),
        text(
            "Generations",
            format!(
                "{}; the champion is of generation {}",
                thousands(summary.generations as usize),
                thousands(summary.champion_generation as usize)
            ),
        ),
        text("Evaluations", thousands(summary.evaluations as usize)),
        text("Ended by", summary.stop_reason.clone()),
        text(
            "Time",
            format!(
                "{}{}; {}, {}",
                duration(summary.seconds),
                core.unwrap_or_default(),
                counted(summary.threads, "thread"),
                summary.isa
            ),
        ),
        text("Version", format!("tinyevo {}", summary.version)),
        code("State hash", &summary.state_hash),
        code("Data SHA-256", &summary.data_fingerprint),
    ]
}

/// The colours of the cells: of those on the diagonal by their share of the label, of the others by the largest of them.
fn matrix(rows: &[Vec<u32>]) -> Vec<Vec<Cell>> {
    let wrong = confusions(rows).first().map_or(1, |most| most.2);
    let cell = |label: usize, class: usize, count: u32, sum: u32| {
        let right = label == class;
        let of = if right { sum } else { wrong };
        let heat = f64::from(count) / f64::from(of.max(1));
        Cell { count, heat: format!("{heat:.3}"), right }
    };
    let row = |(label, row): (usize, &Vec<u32>)| {
        let sum = row.iter().sum();
        row.iter().enumerate().map(|(class, count)| cell(label, class, *count, sum)).collect()
    };
    rows.iter().enumerate().map(row).collect()
}

/// The most frequent confusions.
fn confusions(rows: &[Vec<u32>]) -> Vec<(usize, usize, u32)> {
    let cells = rows.iter().enumerate().flat_map(|(label, row)| {
        row.iter().enumerate().map(move |(class, &count)| (label, class, count))
    });
    let mut wrong: Vec<_> = cells.filter(|(l, c, count)| l != c && *count > 0).collect();
    wrong.sort_by_key(|&(label, class, count)| (std::cmp::Reverse(count), label, class));
    wrong.truncate(LISTED);
    wrong
}

/// What the integers get right.
fn integers(answers: Option<&Answers>) -> String {
    let Some((answers, found)) = answers.and_then(|it| Some((it, it.found.as_ref()?))) else {
        return String::new();
    };
    format!(
        "The champion as integers ({}) gets {} of {} test images right, {:.2} %.",
        answers.champion.numbers(),
        thousands(found.correct),
        thousands(found.images),
        100.0 * found.correct as f64 / found.images as f64,
    )
}

/// Why something is not there.
fn missing(answers: &Result<Answers, String>) -> Option<String> {
    match answers {
        Ok(Answers { found: Some(_), .. }) => None,
        Ok(Answers { missing, .. }) => missing.clone(),
        Err(reason) => Some(reason.clone()),
    }
}

/// A path as a word of a shell.
fn shell(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        return text;
    }
    // A name that starts like a flag is a file here.
    let start = if text.starts_with('-') { "./" } else { "" };
    format!("'{start}{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        for (path, word) in [
            ("runs/es-1", "runs/es-1"),
            ("my runs/a", "'my runs/a'"),
            ("it's $HOME", "'it'\\''s $HOME'"),
            ("-f", "'./-f'"),
        ] {
            assert_eq!(shell(Path::new(path)), word);
        }
    }

    #[test]
    fn the_colour_of_a_confusion_is_its_share_of_the_largest() {
        let cells = matrix(&[vec![90, 10, 0], vec![5, 15, 0], vec![0, 0, 0]]);
        let heat = |row: usize| cells[row].iter().map(|cell| cell.heat.clone()).collect::<Vec<_>>();
        assert_eq!(heat(0), ["0.900", "1.000", "0.000"]);
        assert_eq!(heat(1), ["0.500", "0.750", "0.000"]);
        assert_eq!(heat(2), ["0.000"; 3]);
        assert_eq!(confusions(&[vec![0, 2], vec![7, 0]]), [(1, 0, 7), (0, 1, 2)]);
    }

    #[test]
    fn times_are_readable() {
        assert_eq!([0.04, 119.0, 522.9].map(duration), ["0.0 s", "119.0 s", "8 min 42 s"]);
    }
}
