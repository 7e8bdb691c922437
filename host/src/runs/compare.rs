//! Runs beside one another: scores, tests of the differences, curves.

use super::group::{Group, Member, groups};
use super::seeds::spread;
use crate::error::Error;
use crate::report::plot;
use crate::report::table::{Align, table};
use crate::run::{Kept, State};
use crate::statistics::{Design, Difference, Spread, Student};
use serde::Serialize;
use std::path::PathBuf;

/// Runs in groups of one recipe each.
#[derive(Debug)]
pub struct Comparison {
    groups: Vec<Group>,
    /// What was left out, or counts although it was interrupted: a line each.
    pub notes: Vec<String>,
}

/// A group in JSON. Field names are the keys.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    name: &'a str,
    preset: String,
    network: &'a str,
    data: String,
    /// What sets it apart from the first group; none of that one.
    apart: Option<String>,
    test_accuracy: Spread,
    runs: Vec<Run>,
}

/// A run in JSON.
#[derive(Debug, Serialize)]
struct Run {
    folder: String,
    seed: u64,
    generations: u32,
    test_accuracy: f32,
    core_seconds: Option<f64>,
    state: State,
}

/// A test in JSON.
#[derive(Debug, Serialize)]
struct Test {
    group: String,
    minus: String,
    /// The seeds of the pairs; none for Welch's test.
    seeds: Vec<u64>,
    #[serde(flatten)]
    difference: Difference,
}

impl Comparison {
    /// Reads the runs in and below some folders.
    ///
    /// # Errors
    /// A folder cannot be read, or there is no run in it that has stopped and is whole.
    pub fn read(folders: &[PathBuf]) -> Result<Self, Error> {
        let (mut members, mut notes): (Vec<Member>, Vec<String>) = (Vec::new(), Vec::new());
        for folder in folders {
            let before = members.len();
            let (found, damaged) = Kept::find(folder)?;
            notes.extend(damaged.iter().map(|error| format!("left out: {error}")));
            for kept in found {
                let path = kept.path.display().to_string();
                if kept.state == State::Interrupted && kept.summary.is_some() {
                    notes.push(format!("{path} was interrupted: it is shorter than planned"));
                }
                match kept.summary.clone().filter(|_| kept.state != State::Running) {
                    Some(summary) => {
                        let rows = kept.history()?;
                        members.push(Member { kept, summary, rows });
                    }
                    None => notes.push(format!("left out: {path} has not stopped yet")),
                }
            }
            if members.len() == before {
                let reason = notes.join("\n  ");
                let reason = format!("holds no run that can be compared\n  {reason}");
                let reason = reason.trim_end().to_string();
                return Err(Error::Content { path: folder.clone(), reason });
            }
        }
        let (groups, again) = groups(members);
        notes.extend(again.iter().map(|kept| {
            let seed = kept.config.seed;
            format!("left out: {} is another run of a recipe and seed {seed}", kept.path.display())
        }));
        Ok(Self { groups, notes })
    }

    /// Each group after the first, with the first.
    fn pairs(&self) -> impl Iterator<Item = (&Group, &Group)> {
        let first = self.groups.first();
        self.groups.iter().skip(1).filter_map(move |group| Some((group, first?)))
    }

    /// Scores, tests and curves, for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for group in &self.groups {
            text += &format!("{}: {}\n", group.name, about(group));
        }
        for (group, first) in self.pairs() {
            text += &format!("{} has {}\n", group.name, group.apart_from(first));
        }
        text += &format!("\n{}\n", self.table());
        for group in &self.groups {
            text += &format!("{}: {}\n", group.name, spread(&group.spread(), "seed"));
        }
        for (group, first) in self.pairs() {
            let difference = in_words(group, first);
            text += &format!("{} - {}: {difference}\n", group.name, first.name);
        }
        text + &self.curves()
    }

    fn table(&self) -> String {
        let head = [
            ("group", Align::Left),
            ("seed", Align::Right),
            ("test %", Align::Right),
            ("generations", Align::Right),
            ("core-s", Align::Right),
            ("folder", Align::Left),
        ];
        let members =
            self.groups.iter().flat_map(|group| group.members.iter().map(move |it| (group, it)));
        let row = |(group, member): (&Group, &Member)| {
            let summary = &member.summary;
            let core = summary.core_seconds;
            vec![
                group.name.clone(),
                member.kept.config.seed.to_string(),
                format!("{:.2}", 100.0 * summary.test_accuracy),
                summary.generations.to_string(),
                core.map_or_else(|| "-".to_string(), |seconds| format!("{seconds:.1}")),
                member.kept.path.display().to_string(),
            ]
        };
        table(&head, &members.map(row).collect::<Vec<_>>())
    }

    /// A plot a group with a line a seed; all have the same axes.
    fn curves(&self) -> String {
        let all = self.groups.iter().flat_map(|group| &group.members);
        let end = all.filter_map(|member| member.rows.last()).map(|row| row.generation).max();
        let plot = |group: &Group| {
            let line = |member: &Member| {
                member.rows.iter().map(|row| (row.generation, row.champion_accuracy)).collect()
            };
            let lines: Vec<Vec<(u32, f32)>> = group.members.iter().map(line).collect();
            let plot = plot::terminal_lines(&lines, end.unwrap_or(0));
            format!(
                "\n{}: accuracy of the champion on {}, %, over generations\n{plot}",
                group.name,
                judged_on(group)
            )
        };
        self.groups.iter().map(plot).collect()
    }

    /// Scores and tests as JSON: accuracies from 0 to 1.
    ///
    /// # Errors
    /// Never in practice.
    pub fn json(&self) -> Result<String, Error> {
        let first = self.groups.iter().take(1).map(|first| listed(first, None));
        let others = self.pairs().map(|(group, first)| listed(group, Some(first)));
        let groups: Vec<_> = first.chain(others).collect();
        let tests = self.pairs().map(|(group, first)| {
            let (difference, seeds) = group.minus(first);
            Test { group: group.name.clone(), minus: first.name.clone(), seeds, difference }
        });
        let tests: Vec<_> = tests.collect();
        super::json(&serde_json::json!({ "groups": groups, "tests": tests }))
    }

    /// The curves as CSV: a row a run and generation.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = "group,seed,folder,generation,accuracy,champion_accuracy\n".to_string();
        for group in &self.groups {
            for member in &group.members {
                let folder = quoted(&member.kept.path.display().to_string());
                let start = format!("{},{},{folder}", group.name, member.kept.config.seed);
                for row in &member.rows {
                    let (accuracy, champion) = (row.accuracy, row.champion_accuracy);
                    text += &format!("{start},{},{accuracy},{champion}\n", row.generation);
                }
            }
        }
        text
    }
}

/// The images on which the curves of a group were measured.
fn judged_on(group: &Group) -> &str {
    group.members.first().map_or("", |member| &member.summary.judge)
}

/// Preset, network and data of a group.
fn about(group: &Group) -> String {
    let Some(member) = group.members.first() else { return String::new() };
    let network = &member.summary.network;
    format!("preset {}, {network}, {}", group.recipe.preset, member.kept.data())
}

fn listed<'a>(group: &'a Group, first: Option<&Group>) -> Option<Listed<'a>> {
    let member = group.members.first()?;
    let run = |member: &Member| Run {
        folder: member.kept.path.display().to_string(),
        seed: member.kept.config.seed,
        generations: member.summary.generations,
        test_accuracy: member.summary.test_accuracy,
        core_seconds: member.summary.core_seconds,
        state: member.kept.state,
    };
    Some(Listed {
        name: &group.name,
        preset: group.recipe.preset.to_string(),
        network: &member.summary.network,
        data: member.kept.data(),
        apart: first.map(|first| group.apart_from(first)),
        test_accuracy: group.spread(),
        runs: group.members.iter().map(run).collect(),
    })
}

/// The difference of a group and the first one in percentage points, and what the tests say of it.
fn in_words(group: &Group, first: &Group) -> String {
    let (difference, pairs) = group.minus(first);
    let points = |share: f64| format!("{:+.2}", 100.0 * share);
    let how = match difference.design {
        Design::Paired => {
            let left: Vec<_> =
                [first, group].into_iter().filter_map(|it| unpaired(it, &pairs)).collect();
            let common = if left.is_empty() { "" } else { " that both have" };
            let left = left.iter().map(|it| format!("; without {it}")).collect::<String>();
            format!(
                "paired over {} seed{}{common}{left}",
                pairs.len(),
                if pairs.len() == 1 { "" } else { "s" }
            )
        }
        Design::Welch if group.has_other_data(first) => {
            "Welch's test, as the data is not the same".to_string()
        }
        Design::Welch => "Welch's test, as the seeds are not the same".to_string(),
    };
    let mut text = format!("{} points, {how}", points(difference.mean));
    let Some(student) = difference.student else {
        return text + ": too few seeds, or no spread, for a test";
    };
    let ([low, high], Student { t, degrees, .. }) = (student.interval.map(points), student);
    text += &format!(
        "\n  95 % interval {low} to {high}, t = {t:.2}, {degrees:.1} degrees of freedom, p = {}",
        p_value(student.p)
    );
    if let Some(p) = difference.sign_flip {
        text += &format!("\n  by all flips of signs p = {}", p_value(p));
    }
    text
}

/// The seeds of a group that are in no pair, in words; `None` if there are none.
fn unpaired(group: &Group, pairs: &[u64]) -> Option<String> {
    let left = group.seeds().filter(|seed| !pairs.contains(seed));
    let left: Vec<_> = left.map(|seed| seed.to_string()).collect();
    let seeds = if left.len() == 1 { "seed" } else { "seeds" };
    (!left.is_empty()).then(|| format!("{seeds} {} of {}", left.join(", "), group.name))
}

/// A p value with at least two digits.
fn p_value(p: f64) -> String {
    if p < 1e-3 { format!("{p:.1e}") } else { format!("{p:.4}") }
}

/// A field of CSV, in quotes where it must be.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}
