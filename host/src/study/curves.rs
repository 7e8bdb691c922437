//! Curves: a figure of what the algorithms reach by core-seconds, mutant-images and forward passes.

use super::plan::{Experiment, Study};
use super::table::{Entry, Row, entries};
use crate::config::Config;
use crate::error::Error;
use crate::report::plot::{failed, register_fonts};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::ops::Range;

/// An algorithm with its settings: the runs that differ in nothing but their length.
struct Curve {
    name: String,
    config: Config,
    /// By their length.
    entries: Vec<Entry>,
}

/// The algorithms of a question, each with all runs of a study that have its settings.
fn curves(rows: &[Row], question: &str) -> Vec<Curve> {
    let of = |entry: &Entry| entry.experiment.as_ref().and_then(|it| it.config().ok());
    let trains = |entry: &Entry| entry.experiment.as_ref().is_some_and(Experiment::is_training);
    let mut curves: Vec<Curve> = Vec::new();
    let own = entries(Study::Limits, rows, question);
    for entry in &own {
        // A name ends with the length.
        let name = entry.name.rsplit_once(", ").map_or(&*entry.name, |(name, _)| name);
        if let Some(config) = of(entry).filter(|_| curves.iter().all(|it| it.name != name)) {
            curves.push(Curve { name: name.to_string(), config, entries: vec![entry.clone()] });
        }
    }
    // Of two runs of a length the question's own one counts.
    let others = Study::Limits.questions().iter().filter(|(other, _)| *other != question);
    let others = others.flat_map(|(other, _)| entries(Study::Limits, rows, other));
    for entry in own.clone().into_iter().chain(others) {
        let (config, trained) = (of(&entry), trains(&entry));
        let fits = |curve: &&mut Curve| {
            config.as_ref() == Some(&curve.config)
                && curve.entries.iter().all(|it| trains(it) == trained)
        };
        if let Some(curve) = curves.iter_mut().find(fits)
            && curve.entries.iter().all(|it| it.generations != entry.generations)
        {
            curve.entries.push(entry);
        }
    }
    for curve in &mut curves {
        curve.entries.sort_by_key(|entry| entry.generations);
    }
    curves
}

/// What a panel has on its horizontal axis.
struct Axis {
    name: &'static str,
    value: fn(&Entry) -> Option<f64>,
}

const AXES: [Axis; 3] = [
    Axis { name: "core-seconds", value: |entry| Some(entry.core_seconds) },
    Axis { name: "mutant-images", value: |entry| Some(entry.mutant_images) },
    Axis { name: "forward passes", value: Entry::forward_passes },
];

/// Width and height in pixels, and the height of the names below the panels.
const SIZE: (u32, u32) = (1200, 460);
const NAMES: u32 = 36;

/// Colours that are told apart also by those who see few (Okabe and Ito 2008).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];

/// The figure as SVG: mean errors on the test images with 95 % intervals, both axes logarithmic.
///
/// # Errors
/// Never in practice: the picture is drawn in memory.
pub(super) fn svg(rows: &[Row], question: &str) -> Result<String, Error> {
    register_fonts();
    let mut text = String::new();
    draw(&curves(rows, question), &mut text).map_err(|error| failed(&*error))?;
    Ok(text)
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(curves: &[Curve], text: &mut String) -> Drawn {
    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (panels, names) = root.split_vertically(SIZE.1 - NAMES);
    for (area, axis) in panels.split_evenly((1, AXES.len())).iter().zip(&AXES) {
        panel(curves, axis, area)?;
    }
    let mut left = 70;
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        names.draw(&Rectangle::new([(left, 10), (left + 22, 16)], colour.filled()))?;
        let style = ("sans-serif", 17).into_font().color(&BLACK);
        names.draw(&Text::new(curve.name.clone(), (left + 30, 4), style))?;
        left += 62 + 9 * curve.name.len() as i32;
    }
    root.present()?;
    Ok(())
}

/// Percent of the test images that are classified wrongly; never 0, which has no logarithm.
fn error(accuracy: f64) -> f64 {
    (100.0 * (1.0 - accuracy)).max(0.01)
}

/// The range of some values with a margin; of no values, any.
fn range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let ends = values.fold(None, |ends: Option<(f64, f64)>, value| {
        let (from, to) = ends.unwrap_or((value, value));
        Some((from.min(value), to.max(value)))
    });
    let (from, to) = ends.unwrap_or((1.0, 10.0));
    from / 1.3..to * 1.3
}

fn panel(curves: &[Curve], axis: &Axis, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Drawn {
    let all = || curves.iter().flat_map(|curve| &curve.entries);
    let across = range(all().filter_map(axis.value).filter(|value| *value > 0.0));
    let ends = |entry: &Entry| {
        let half = entry.half_interval.unwrap_or(0.0);
        [error(entry.accuracy + half), error(entry.accuracy - half)]
    };
    let up = range(all().flat_map(ends));
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(52)
        .build_cartesian_2d(across.log_scale(), up.log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc(axis.name)
        .y_desc("error on the test images, %")
        .x_labels(5)
        .y_labels(30)
        .y_label_formatter(&|error| format!("{error}"))
        .x_label_formatter(&|value| {
            if *value < 1e4 { format!("{value}") } else { format!("{value:e}") }
        })
        .label_style(("sans-serif", 15))
        .axis_desc_style(("sans-serif", 16))
        .draw()?;
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        let points = curve.entries.iter().filter_map(|entry| {
            let across = (axis.value)(entry).filter(|value| *value > 0.0)?;
            Some((across, entry))
        });
        let points: Vec<_> = points.collect();
        let line = points.iter().map(|(across, entry)| (*across, error(entry.accuracy)));
        chart.draw_series(LineSeries::new(line.clone(), colour.stroke_width(2)))?;
        chart.draw_series(line.map(|point| Circle::new(point, 4, colour.filled())))?;
        for (across, entry) in points.into_iter().filter(|(_, entry)| entry.half_interval.is_some())
        {
            let interval = ends(entry).map(|error| (across, error));
            chart.draw_series([PathElement::new(interval, colour.stroke_width(1))])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::rows;
    use super::*;

    fn row(question: &str, name: &str, generations: u32, accuracy: f64) -> Row {
        let (question, name) = (question.to_string(), name.to_string());
        Row { question, name, generations, accuracy, seed: 1, ..rows()[0].clone() }
    }

    #[test]
    fn a_curve_has_all_runs_that_differ_in_their_length_only() {
        let rows = [
            row("time", "es, 5000 generations", 5_000, 0.98),
            row("time", "es, 20000 generations", 20_000, 0.99),
            // The same settings, said otherwise, and other ones.
            row("hidden", "es, 128", 8_000, 0.985),
            row("hidden", "es, 64", 8_000, 0.97),
            row("networks", "es, 784-128-10", 8_000, 0.985),
            row("time", "adam, 1720 steps", 1_720, 0.96),
            row("hidden", "adam, 128", 8_600, 0.98),
            row("ladder", "the tutorial", 350, 0.5),
        ];
        let curves = curves(&rows, "time");
        let lengths = |curve: &Curve| -> Vec<u32> {
            curve.entries.iter().map(|entry| entry.generations).collect()
        };
        let all: Vec<_> = curves.iter().map(|it| (&*it.name, lengths(it))).collect();
        assert_eq!(all, [("es", vec![5_000, 8_000, 20_000]), ("adam", vec![1_720, 8_600])]);
        // Of the runs of a length the question's own ones count.
        let mut again = rows.clone();
        (again[1].generations, again[1].accuracy) = (8_000, 0.9);
        let of_length = |curve: &Curve| {
            curve.entries.iter().find(|it| it.generations == 8_000).map(|it| it.accuracy)
        };
        assert_eq!(super::curves(&again, "time").iter().find_map(of_length), Some(0.9));
    }

    #[test]
    fn the_figure_has_its_axes_and_the_names_of_the_algorithms() {
        let rows = [
            row("time", "es, 5000 generations", 5_000, 0.98),
            row("time", "adam, cnn, 1840 steps", 1_840, 1.0),
        ];
        let svg = svg(&rows, "time").unwrap();
        for text in ["<svg", "core-seconds", "mutant-images", "forward passes", "adam, cnn"] {
            assert!(svg.contains(text), "{text} in\n{svg}");
        }
        // A point a panel for each length, and a line more for each interval.
        let count = |svg: &str, of: &str| svg.matches(of).count();
        assert_eq!(count(&svg, "<circle"), 6);
        let more = [2, 3].map(|seed| Row { seed, accuracy: 0.97, ..rows[0].clone() });
        let with_interval = super::svg(&[&rows[..], &more].concat(), "time").unwrap();
        assert_eq!(count(&with_interval, "<circle"), 6);
        let lines = |svg: &str| count(svg, "stroke=\"#0072B2\" stroke-width=\"1\"");
        assert_eq!((lines(&svg), lines(&with_interval)), (0, 3), "{with_interval}");
    }
}
