//! Curves as SVG: `templates/report/chart.svg.jinja`.
//!
//! Colours are classes of the page's style, so that a chart suits a dark screen and paper.

use super::scale::Scale;
use crate::error::Error;
use crate::formats::rendered;
use askama::Template;
use std::fmt::Write;

/// The room for curves in the picture of 460 by 290, in its units, about pixels; the template has the same numbers.
const LEFT: f64 = 60.0;
const RIGHT: f64 = 448.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 244.0;
/// Marks nearer to each other than this are left out.
const NEAREST: f64 = 13.0;
/// Points of a line; a longer one is thinned.
const POINTS: usize = 200;

/// A point of a curve, in its own units, or in those of the picture.
pub(super) type Point = (f64, f64);

/// A curve or the band around one.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    /// Its class in the style.
    pub(super) class: String,
    /// Its name for those who do not see it.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) points: Vec<Point>,
}

/// How points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line through the points, thinned to their means.
    Line,
    /// From the least to the largest of neighbouring points.
    Band,
    /// A dot at each point.
    Dots,
}

/// A chart.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    /// Starts the names of its parts on the page.
    pub(super) id: String,
    pub(super) title: &'a str,
    /// What it shows, for those who do not see it.
    pub(super) description: String,
    pub(super) x: (&'a str, Scale),
    pub(super) y: (&'a str, Scale),
    /// How a marked value of y is written.
    pub(super) write: fn(f64) -> String,
    pub(super) curves: Vec<Curve>,
}

/// The values that the template shows.
#[derive(Template)]
#[template(path = "report/chart.svg.jinja", escape = "html")]
struct Svg<'a> {
    id: &'a str,
    title: &'a str,
    description: &'a str,
    x_label: &'a str,
    y_label: &'a str,
    x_marks: Vec<(String, String)>,
    y_marks: Vec<(String, String)>,
    shapes: Vec<Shape<'a>>,
}

/// A drawn curve.
struct Shape<'a> {
    class: &'a str,
    name: &'a str,
    band: bool,
    path: String,
}

impl Chart<'_> {
    /// The SVG element.
    ///
    /// # Errors
    /// Never in practice: the text is made in memory.
    pub(super) fn svg(&self) -> Result<String, Error> {
        let x = |value: f64| LEFT + (RIGHT - LEFT) * self.x.1.place(value);
        let y = |value: f64| BOTTOM - (BOTTOM - TOP) * self.y.1.place(value);
        let shape = |curve: &'_ Curve| -> String {
            let points = curve.points.iter().filter(|point| point.1.is_finite());
            let drawn: Vec<_> = points.map(|point| (x(point.0), y(point.1))).collect();
            match curve.kind {
                Kind::Line => line(&means(&drawn)),
                Kind::Band => band(&drawn),
                Kind::Dots => dots(&drawn),
            }
        };
        let x_marks = self.x.1.marks().into_iter();
        let y_marks = self.y.1.marks().into_iter();
        rendered(&Svg {
            id: &self.id,
            title: self.title,
            description: &self.description,
            x_label: self.x.0,
            y_label: self.y.0,
            x_marks: x_marks.map(|mark| (short(x(mark)), count(mark))).collect(),
            y_marks: far_apart(y_marks.map(|mark| (y(mark), (self.write)(mark)))),
            shapes: self
                .curves
                .iter()
                .map(|curve| Shape {
                    class: &curve.class,
                    name: &curve.name,
                    band: curve.kind == Kind::Band,
                    path: shape(curve),
                })
                .collect(),
        })
    }
}

/// The marks of y, from the lowest, without those for which there is no room.
fn far_apart(marks: impl Iterator<Item = (f64, String)>) -> Vec<(String, String)> {
    let mut before = f64::INFINITY;
    let room = marks.filter(|(y, _)| {
        let fits = before - y >= NEAREST;
        before = if fits { *y } else { before };
        fits
    });
    room.map(|(y, text)| (short(y), text)).collect()
}

/// A count on an axis: `2k` for 2,000.
fn count(number: f64) -> String {
    if number >= 1000.0 && number % 100.0 == 0.0 {
        format!("{}k", number / 1000.0)
    } else {
        plain(number)
    }
}

/// A number without digits that say nothing.
pub(super) fn plain(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// An accuracy in percent, without the sign.
pub(super) fn percent(accuracy: f64) -> String {
    plain(100.0 * accuracy)
}

/// A coordinate: a tenth of a pixel is enough.
fn short(coordinate: f64) -> String {
    plain((coordinate * 10.0).round() / 10.0)
}

/// Neighbouring points that share a place of a thinned line.
fn groups(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    points.chunks(points.len().div_ceil(POINTS).max(1))
}

/// The means of neighbours, between the first point and the place of the last one.
fn means(points: &[Point]) -> Vec<Point> {
    if points.len() <= POINTS {
        return points.to_vec();
    }
    let mean = |group: &[Point]| {
        let sum = group.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        (sum.0 / group.len() as f64, sum.1 / group.len() as f64)
    };
    let mut thinned: Vec<_> = points.first().copied().into_iter().collect();
    thinned.extend(groups(points).map(mean));
    if let (Some(end), Some(last)) = (points.last(), thinned.last_mut()) {
        last.0 = end.0;
    }
    thinned
}

/// A line through points.
fn line(points: &[Point]) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(path, "{}{} {}", if index == 0 { 'M' } else { 'L' }, short(*x), short(*y));
    }
    path
}

/// The area between the least and the largest of neighbours.
fn band(points: &[Point]) -> String {
    let end = |pick: fn(f64, f64) -> f64| {
        groups(points).map(move |group| {
            let first = group.first().copied().unwrap_or_default();
            let last = group.last().copied().unwrap_or_default();
            ((first.0 + last.0) / 2.0, group.iter().map(|point| point.1).fold(first.1, pick))
        })
    };
    let mut around: Vec<_> = end(f64::min).collect();
    let mut back: Vec<_> = end(f64::max).collect();
    back.reverse();
    around.extend(back);
    if around.is_empty() { String::new() } else { line(&around) + "Z" }
}

/// A dot at each point: a line of no length with round ends.
fn dots(points: &[Point]) -> String {
    points.iter().map(|(x, y)| format!("M{} {}h0", short(*x), short(*y))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: usize) -> String {
        let wave: Vec<_> = (0..points).map(|x| (x as f64, (x % 10) as f64 / 10.0)).collect();
        let curve = |kind| Curve {
            class: "best".to_string(),
            name: "a <b> & \"c\"".to_string(),
            kind,
            points: wave.clone(),
        };
        let chart = Chart {
            id: "accuracy-0".to_string(),
            title: "Accuracy",
            description: "from 0 to 1".to_string(),
            x: ("generation", Scale::from_zero(points as f64)),
            y: ("accuracy, %", Scale::accuracies([0.0, 0.9].into_iter())),
            write: percent,
            curves: [Kind::Line, Kind::Band, Kind::Dots].map(curve).to_vec(),
        };
        chart.svg().unwrap()
    }

    #[test]
    fn a_chart_says_what_it_shows_and_escapes_names() {
        let svg = chart(5);
        for text in [
            "role=\"img\"",
            "<title id=\"accuracy-0-title\">Accuracy",
            "<desc",
            "generation",
            "accuracy, %",
        ] {
            assert!(svg.contains(text), "{text} in\n{svg}");
        }
        assert!(!svg.contains("<b>") && !svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn a_long_curve_is_thinned_to_its_means_and_keeps_its_length() {
        let points: Vec<_> = (0..100_000).map(|x| (f64::from(x), f64::from(x % 2))).collect();
        let thinned = means(&points);
        assert!(thinned.len() <= POINTS + 2);
        assert_eq!((thinned[0], thinned[thinned.len() - 1]), ((0.0, 0.0), (99_999.0, 0.5)));
        assert!((thinned[50].1 - 0.5).abs() < 0.01);
        assert!(band(&points).len() < 5_000);
        assert_eq!((line(&[]), band(&[])), (String::new(), String::new()));
        assert_eq!(band(&[(0.0, 1.0), (1.0, 2.0)]), "M0 1L1 2L1 2L0 1Z");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, 200.0, 2000.0, 1_500_000.0].map(count), ["0", "200", "2k", "1500k"]);
        assert_eq!([0.995, 0.5].map(percent), ["99.5", "50"]);
    }
}
