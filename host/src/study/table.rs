//! The results of runs as CSV, and their means over seeds.

use super::plan::{Experiment, Study, Task};
use crate::error::Error;
use crate::statistics::half_interval;
use std::path::Path;

/// The result of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The question that it belongs to.
    pub question: String,
    /// The name of the experiment.
    pub name: String,
    /// The seed.
    pub seed: u64,
    /// The network, as reports name it.
    pub network: String,
    /// Number of weights.
    pub weights: usize,
    /// How they are stored.
    pub numbers: String,
    /// Number of generations.
    pub generations: u32,
    /// Images on which genomes and mutants were scored.
    pub mutant_images: u64,
    /// Seconds of the loop.
    pub seconds: f64,
    /// Seconds of all cores together.
    pub core_seconds: f64,
    /// Accuracy of the last network on the test images, 0 to 1.
    pub accuracy: f64,
    /// The hash of the last state.
    pub state_hash: String,
}

impl Row {
    /// Whether it is the result of this task.
    #[must_use]
    pub fn is_of(&self, task: &Task) -> bool {
        let Experiment { question, name, .. } = task.experiment;
        (&*self.question, &*self.name, self.seed, self.generations)
            == (question, name, task.seed, task.generations())
    }
}

/// What the rows of a table are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The name of the data.
    pub data: String,
    /// The command that makes such a table.
    pub made_by: String,
}

const HEADER: &str = "question;name;seed;network;weights;numbers;generations;mutant_images;seconds;core_seconds;accuracy;state_hash";

/// The place of an experiment among all.
fn place(study: Study, row: &Row) -> usize {
    let mut all = study.experiments();
    let found = all.position(|it| it.question == row.question && it.name == row.name);
    found.unwrap_or(usize::MAX)
}

/// The data and the command of some rows as comments, and the rows as CSV with semicolons, as names have commas, in the
/// order of the experiments and seeds.
pub(super) fn csv(study: Study, rows: &[Row], about: &About) -> String {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| (place(study, row), row.seed));
    let line = |row: &Row| {
        let Row { question, name, seed, network, weights, numbers, generations, .. } = row;
        let Row { mutant_images, seconds, core_seconds, accuracy, state_hash, .. } = row;
        format!(
            "{question};{name};{seed};{network};{weights};{numbers};{generations};{mutant_images};{seconds:.1};{core_seconds:.1};{accuracy:.4};{state_hash}\n"
        )
    };
    let lines: String = rows.into_iter().map(line).collect();
    format!("# {}\n# {}\n{HEADER}\n{lines}", about.data, about.made_by)
}

/// The rows of a table, and what they are of.
///
/// # Errors
/// [`Error::Content`]: another table.
pub fn parse(text: &str, path: &Path) -> Result<(Vec<Row>, About), Error> {
    let wrong = |line: usize| Error::Content {
        path: path.to_path_buf(),
        reason: format!("line {line} is not one of a study's table"),
    };
    let mut lines = text.lines().zip(1..);
    let mut comment = || lines.next().and_then(|(line, _)| line.strip_prefix("# "));
    let (data, made_by) = comment().zip(comment()).ok_or_else(|| wrong(1))?;
    let about = About { data: data.to_string(), made_by: made_by.to_string() };
    if lines.next().is_none_or(|(line, _)| line != HEADER) {
        return Err(wrong(3));
    }
    let rows = lines.map(|(line, number)| row(line).ok_or_else(|| wrong(number)));
    Ok((rows.collect::<Result<_, _>>()?, about))
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.split(';').collect();
    let [
        question,
        name,
        seed,
        network,
        weights,
        numbers,
        generations,
        images,
        seconds,
        core,
        accuracy,
        hash,
    ] = cells.try_into().ok()?;
    Some(Row {
        question: question.to_string(),
        name: name.to_string(),
        seed: seed.parse().ok()?,
        network: network.to_string(),
        weights: weights.parse().ok()?,
        numbers: numbers.to_string(),
        generations: generations.parse().ok()?,
        mutant_images: images.parse().ok()?,
        seconds: seconds.parse().ok()?,
        core_seconds: core.parse().ok()?,
        accuracy: accuracy.parse().ok()?,
        state_hash: hash.to_string(),
    })
}

/// An experiment over its seeds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// As it stands in the plan now; `None` of an experiment that it no longer has.
    pub(super) experiment: Option<Experiment>,
    pub(super) name: String,
    pub(super) network: String,
    pub(super) weights: usize,
    pub(super) numbers: String,
    pub(super) generations: u32,
    /// Of each seed.
    pub(super) accuracies: Vec<f64>,
    pub(super) state_hashes: Vec<String>,
    /// Means over the seeds.
    pub(super) seconds: f64,
    pub(super) core_seconds: f64,
    pub(super) mutant_images: f64,
    pub(super) accuracy: f64,
    /// Half of the 95 % interval of the mean accuracy; none of one seed.
    pub(super) half_interval: Option<f64>,
}

impl Entry {
    /// Images that went through a whole network; `None` of an experiment that the plan no longer has.
    pub(super) fn forward_passes(&self) -> Option<f64> {
        self.experiment?.forward_passes(self.generations, self.mutant_images)
    }
}

/// The experiments of a question, in their order.
pub(super) fn entries(study: Study, rows: &[Row], question: &str) -> Vec<Entry> {
    let own = rows.iter().filter(|row| row.question == question);
    let mut places: Vec<usize> = own.clone().map(|row| place(study, row)).collect();
    places.sort_unstable();
    places.dedup();
    places
        .into_iter()
        .filter_map(|at| {
            let mut own: Vec<&Row> = own.clone().filter(|row| place(study, row) == at).collect();
            own.sort_by_key(|row| row.seed);
            let first = own.first()?;
            let mean =
                |of: fn(&Row) -> f64| own.iter().map(|row| of(row)).sum::<f64>() / own.len() as f64;
            let accuracies: Vec<f64> = own.iter().map(|row| row.accuracy).collect();
            Some(Entry {
                experiment: study.experiments().nth(at),
                name: first.name.clone(),
                network: first.network.clone(),
                weights: first.weights,
                numbers: first.numbers.clone(),
                generations: first.generations,
                seconds: mean(|row| row.seconds),
                core_seconds: mean(|row| row.core_seconds),
                mutant_images: mean(|row| row.mutant_images as f64),
                accuracy: mean(|row| row.accuracy),
                half_interval: half_interval(&accuracies),
                accuracies,
                state_hashes: own.iter().map(|row| row.state_hash.clone()).collect(),
            })
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::study) fn rows() -> Vec<Row> {
        let row = |name: &str, seed, accuracy| Row {
            question: "ladder".to_string(),
            name: name.to_string(),
            seed,
            network: "784-128-10".to_string(),
            weights: 101_770,
            numbers: "f32".to_string(),
            generations: 350,
            mutant_images: 87_500_000,
            seconds: 19.25,
            core_seconds: 38.0,
            accuracy,
            state_hash: "0123456789abcdef".to_string(),
        };
        vec![
            row("He initialisation, sigma 0.01", 1, 0.6),
            row("the tutorial", 2, 0.5),
            row("the tutorial", 1, 0.4),
            row("the tutorial", 3, 0.45),
        ]
    }

    pub(in crate::study) fn about() -> About {
        About { data: "MNIST".to_string(), made_by: "tinyevo study".to_string() }
    }

    #[test]
    fn a_table_comes_back_in_the_order_of_experiments_and_seeds() {
        let text = csv(Study::Limits, &rows(), &about());
        let (read, of) = parse(&text, Path::new("limits.csv")).unwrap();
        assert_eq!((csv(Study::Limits, &read, &of), &of), (text.clone(), &about()));
        assert_eq!(read.iter().map(|row| row.seed).collect::<Vec<_>>(), [1, 2, 3, 1]);
        for bad in ["", "a;b", &text.replace("101770", "many"), &text.replace(";f32;", ";")] {
            let error = parse(bad, Path::new("limits.csv")).unwrap_err().to_string();
            assert!(error.contains("limits.csv: line"), "{error}");
        }
    }

    #[test]
    fn means_have_students_interval() {
        let entries = entries(Study::Limits, &rows(), "ladder");
        assert_eq!(entries.iter().map(|entry| entry.accuracies.len()).collect::<Vec<_>>(), [3, 1]);
        let [first, second] = &*entries else { panic!("{entries:?}") };
        assert!((first.accuracy - 0.45).abs() < 1e-12);
        // scipy.stats.t.interval(0.95, 2, 0, 0.05 / 3**0.5) of SciPy 1.17: 0.12421.
        assert!((first.half_interval.unwrap() - 0.12421).abs() < 1e-4, "{first:?}");
        assert_eq!(second.half_interval, None);
    }
}
