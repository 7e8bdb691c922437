//! Several runs: curves over one another, and mean and spread of runs that differ by their seed alone.

use super::chart::{Chart, Curve, Kind, Point, percent};
use super::curves::{champion_curve, curve};
use super::ended::Ended;
use super::scale::Scale;
use crate::config::Config;
use crate::error::Error;
use crate::report::thousands;
use crate::run::Row;
use crate::statistics;

/// Number of colours in the style.
const COLOURS: usize = 6;
/// Points of the curve of a mean.
const GRID: usize = 100;

/// Runs that differ by their seed alone, or one run.
#[derive(Debug)]
pub(super) struct Group {
    /// Its runs, by their places.
    pub(super) members: Vec<usize>,
    /// Its class in the style.
    pub(super) class: String,
}

/// A row of the table of groups, of two runs or more.
#[derive(Debug)]
pub(super) struct Spread {
    pub(super) class: String,
    pub(super) name: String,
    pub(super) seeds: String,
    pub(super) count: usize,
    /// Test accuracy in percent: mean, its 95 % interval, standard deviation, least and largest.
    pub(super) mean: String,
    pub(super) interval: String,
    pub(super) deviation: String,
    pub(super) least: String,
    pub(super) largest: String,
}

/// Puts runs that differ by their seed alone together, in the order in which they came.
pub(super) fn groups(runs: &[Ended]) -> Vec<Group> {
    let mut groups: Vec<(Config, Vec<usize>)> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let recipe = run.config.without_seed();
        match groups.iter_mut().find(|(other, _)| *other == recipe) {
            Some((_, members)) => members.push(index),
            None => groups.push((recipe, vec![index])),
        }
    }
    let class = |place: usize| {
        let dash = if place >= COLOURS { " dash" } else { "" };
        format!("c{}{dash}", place % COLOURS)
    };
    let group = |(place, (_, members))| Group { members, class: class(place) };
    groups.into_iter().enumerate().map(group).collect()
}

/// The rows of the groups of two seeds or more; of runs that are equal in the seed too only the first counts.
pub(super) fn spreads(runs: &[Ended], groups: &[Group]) -> Vec<Spread> {
    let spread = |group: &Group| {
        let mut members: Vec<&Ended> = Vec::new();
        for run in group.members.iter().map(|&index| &runs[index]) {
            if members.iter().all(|other| other.summary.seed != run.summary.seed) {
                members.push(run);
            }
        }
        let accuracies: Vec<f64> =
            members.iter().map(|run| 100.0 * f64::from(run.summary.test_accuracy)).collect();
        let statistics::Spread { count, mean, standard_deviation, interval } =
            statistics::Spread::of(&accuracies);
        let (deviation, [low, high]) = (standard_deviation?, interval?);
        let seeds: Vec<_> = members.iter().map(|run| run.summary.seed.to_string()).collect();
        let first = members.first().map(|run| (run.preset(), run.summary.network.clone()));
        let (preset, network) = first.unwrap_or_default();
        Some(Spread {
            class: group.class.clone(),
            name: format!("{preset}, {network}"),
            seeds: seeds.join(", "),
            count,
            mean: format!("{mean:.2}"),
            interval: format!("{low:.2} to {high:.2}"),
            deviation: format!("{deviation:.2}"),
            least: format!("{:.2}", accuracies.iter().copied().fold(f64::INFINITY, f64::min)),
            largest: format!("{:.2}", accuracies.iter().copied().fold(0.0, f64::max)),
        })
    };
    groups.iter().filter_map(spread).collect()
}

/// The champions' accuracies by generation and by seconds of work.
///
/// # Errors
/// Never in practice: the text is made in memory.
pub(super) fn charts(runs: &[Ended], groups: &[Group]) -> Result<[String; 2], Error> {
    let by_generation = chart(
        runs,
        groups,
        ("generations", "generation", "Champions by generation"),
        |row| f64::from(row.generation),
        |run| f64::from(run.summary.generations),
    )?;
    let by_seconds = chart(
        runs,
        groups,
        ("seconds", "seconds of work", "Champions by time"),
        |row| row.seconds,
        |run| run.summary.seconds,
    )?;
    Ok([by_generation, by_seconds])
}

fn chart(
    runs: &[Ended],
    groups: &[Group],
    (id, label, title): (&str, &str, &str),
    x: fn(&Row) -> f64,
    end: fn(&Ended) -> f64,
) -> Result<String, Error> {
    let (mut bands, mut lines) = (Vec::new(), Vec::new());
    for Group { members, class } in groups {
        let own: Vec<_> = members
            .iter()
            .map(|&index| champion_curve(&runs[index], x, end(&runs[index])))
            .collect();
        let several = own.len() > 1;
        for (&index, points) in members.iter().zip(&own) {
            let thin = if several { " thin" } else { "" };
            let name = runs[index].name();
            lines.push(curve(&format!("{class}{thin}"), &name, Kind::Line, points.clone()));
        }
        if several {
            let (mean, band) = mean_and_band(&own);
            bands.push(curve(class, "range of the seeds", Kind::Band, band));
            lines.push(curve(class, "mean of the seeds", Kind::Line, mean));
        }
    }
    let curves: Vec<Curve> = bands.into_iter().chain(lines).collect();
    let values = curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.1));
    let most = runs.iter().map(end).fold(0.0, f64::max);
    let scale = Scale::accuracies(values);
    let description = format!(
        "The accuracy of the champions of {} runs on the images that they are chosen on, up to {} {label}s.",
        runs.len(),
        thousands(most.round() as usize)
    );
    let y = match scale {
        Scale::Error { .. } => "accuracy, % (errors on a log scale)",
        _ => "accuracy, %",
    };
    Chart {
        id: id.to_string(),
        title,
        description: description.replace("seconds of works", "seconds of work"),
        x: (label, Scale::from_zero(most)),
        y: (y, scale),
        write: percent,
        curves,
    }
    .svg()
}

/// The mean of curves on a grid up to the end of the shortest, and each point of the grid with the least and the largest.
fn mean_and_band(curves: &[Vec<Point>]) -> (Vec<Point>, Vec<Point>) {
    let ends = curves.iter().filter_map(|curve| curve.last().map(|point| point.0));
    let end = ends.fold(f64::INFINITY, f64::min);
    let (mut mean, mut band) = (Vec::new(), Vec::new());
    for step in 0..=GRID {
        let x = end * step as f64 / GRID as f64;
        let values: Vec<f64> = curves.iter().map(|curve| at(curve, x)).collect();
        mean.push((x, statistics::Spread::of(&values).mean));
        band.push((x, values.iter().copied().fold(f64::INFINITY, f64::min)));
        band.push((x, values.iter().copied().fold(f64::NEG_INFINITY, f64::max)));
    }
    (mean, band)
}

/// The value of a curve at x, on the line between its neighbours; outside that of its end.
fn at(curve: &[Point], x: f64) -> f64 {
    let after = curve.partition_point(|point| point.0 < x);
    match (after.checked_sub(1).and_then(|before| curve.get(before)), curve.get(after)) {
        (Some(a), Some(b)) if b.0 > a.0 => a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0),
        (_, Some(point)) | (Some(point), None) => point.1,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_ends_with_the_shortest_curve() {
        let long = vec![(0.0, 0.0), (100.0, 1.0)];
        let short = vec![(0.0, 0.5), (10.0, 0.5), (50.0, 0.9)];
        let (mean, band) = mean_and_band(&[long, short]);
        assert_eq!((mean[0], mean[GRID].0), ((0.0, 0.25), 50.0));
        assert!((mean[GRID].1 - 0.7).abs() < 1e-12);
        assert_eq!(&band[..2], [(0.0, 0.0), (0.0, 0.5)]);
    }
}
