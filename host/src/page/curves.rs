//! The curves of one run: accuracy and fitness by generation.

use super::chart::{Chart, Curve, Kind, Point, percent, plain};
use super::ended::Ended;
use super::scale::Scale;
use crate::config;
use crate::error::Error;
use crate::run::Row;
use tinyevo_core::fitness::Measure;

/// The accuracy of the champion by the judge over what `x` takes from a row: where images are held out, at each
/// generation that is judged, else at every one. `end` is the x of the last judgement.
pub(super) fn champion_curve(kept: &Ended, x: fn(&Row) -> f64, end: f64) -> Vec<Point> {
    let held_out = kept.config.data.validation > 0;
    let every = kept.config.judge.every.max(1);
    let judged = |row: &&Row| !held_out || row.generation.is_multiple_of(every);
    let rows = kept.history.iter().filter(judged);
    let mut points: Vec<_> = rows.map(|row| (x(row), f64::from(row.champion_accuracy))).collect();
    points.push((end, f64::from(kept.summary.fitness_accuracy)));
    points
}

/// The chart of accuracies.
///
/// # Errors
/// Never in practice: the text is made in memory.
pub(super) fn accuracy(kept: &Ended, id: usize) -> Result<String, Error> {
    let summary = &kept.summary;
    let end = f64::from(summary.generations);
    let rows = kept.history.iter();
    let best: Vec<_> =
        rows.map(|row| (f64::from(row.generation), f64::from(row.accuracy))).collect();
    let champion = champion_curve(kept, |row| f64::from(row.generation), end);
    let test = f64::from(summary.test_accuracy);
    let all = best.iter().chain(&champion).map(|point| point.1).chain([test]);
    let scale = Scale::accuracies(all);
    let held_out = kept.config.data.validation > 0;
    let mut curves = vec![
        curve("soft", "range of neighbouring generations", Kind::Band, best.clone()),
        curve("soft", "best of each generation", Kind::Line, best),
        curve("c0", "champion", Kind::Line, champion.clone()),
    ];
    if held_out {
        curves.push(curve("c0 dots", "champion, judged", Kind::Dots, champion));
    }
    curves.push(curve("c1 dots", "champion on the test images", Kind::Dots, vec![(end, test)]));
    let description = format!(
        "Over {} generations the champion's accuracy on the images that it is chosen on goes from {} to {} %; on the test images it ends at {} %.",
        summary.generations,
        percent(kept.history.first().map_or(0.0, |row| rounded(row.champion_accuracy))),
        percent(rounded(summary.fitness_accuracy)),
        percent(rounded(summary.test_accuracy)),
    );
    let label = match scale {
        Scale::Error { .. } => "accuracy, % (errors on a log scale)",
        _ => "accuracy, %",
    };
    Chart {
        id: format!("accuracy-{id}"),
        title: "Accuracy by generation",
        description,
        x: ("generation", Scale::from_zero(end)),
        y: (label, scale),
        write: percent,
        curves,
    }
    .svg()
}

/// The chart of fitness: that of the best of each generation.
///
/// # Errors
/// Never in practice: the text is made in memory.
pub(super) fn fitness(kept: &Ended, id: usize) -> Result<String, Error> {
    let rows = kept.history.iter();
    let best: Vec<_> =
        rows.map(|row| (f64::from(row.generation), f64::from(row.fitness))).collect();
    let finite = best.iter().map(|point| point.1).filter(|value| value.is_finite());
    let measure = kept.config.fitness.measure;
    let (scale, write): (_, fn(f64) -> String) = match measure {
        Measure::Accuracy => (Scale::accuracies(finite), percent),
        _ => (Scale::fitness(finite), plain),
    };
    let unit = match (measure, scale) {
        (Measure::CrossEntropy, Scale::Ratio { .. }) => ", nats (log scale)",
        (Measure::CrossEntropy, _) => ", nats",
        (Measure::Accuracy, _) => ", %",
        (_, Scale::Ratio { .. }) => " (log scale)",
        _ => "",
    };
    let name = config::name(&measure).replace("reciprocal-", "reciprocal ");
    let label = format!("{name}{unit}");
    let value =
        |row: Option<&Row>| row.map_or_else(String::new, |row| format!("{:.4}", row.fitness));
    let description = format!(
        "The fitness of the best of each generation, {name}, goes from {} to {}.",
        value(kept.history.first()),
        value(kept.history.last()),
    );
    Chart {
        id: format!("fitness-{id}"),
        title: "Fitness by generation",
        description,
        x: ("generation", Scale::from_zero(f64::from(kept.summary.generations))),
        y: (&label, scale),
        write,
        curves: vec![
            curve("soft", "range of neighbouring generations", Kind::Band, best.clone()),
            curve("c0", "best of each generation", Kind::Line, best),
        ],
    }
    .svg()
}

/// A curve of this class and name.
pub(super) fn curve(class: &str, name: &str, kind: Kind, points: Vec<Point>) -> Curve {
    Curve { class: class.to_string(), name: name.to_string(), kind, points }
}

/// A share as a 64-bit number with four decimals.
fn rounded(share: f32) -> f64 {
    (f64::from(share) * 1e4).round() / 1e4
}
