//! The history of a run as a picture: SVG and PNG by `plotters`, and a small one for the terminal.
//!
//! Pictures are made in memory; the caller writes files.

use super::series::Series;
use crate::error::Error;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use std::sync::Once;
use textplots::{Chart, Plot, Shape};

/// Accuracy over generations: of each generation's best, and of the best so far.
///
/// It holds as many points as a picture can show, however long the run is.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Title above the plots.
    title: String,
    /// Accuracy of the population's best individual.
    best: Series,
    /// Accuracy of the champion.
    champion: Series,
}

impl History {
    /// A history without generations. The title names the run and its data.
    #[must_use]
    pub const fn new(title: String) -> Self {
        Self { title, best: Series::new(), champion: Series::new() }
    }

    /// Adds a generation; accuracies from 0 to 1. Generations come in increasing order; the same ones in
    /// the same order give the same pictures.
    pub fn push(&mut self, generation: u32, accuracy: f32, champion: f32) {
        self.best.push(generation, accuracy);
        self.champion.push(generation, champion);
    }

    fn last_generation(&self) -> u32 {
        self.best.points().last().map_or(0, |point| point.0)
    }
}

const SIZE: (u32, u32) = (960, 540);

/// Fonts that come with a crate, so that a picture is the same on every machine.
pub(crate) fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error would mean that the bytes are no font; then drawing text reports it.
        let _ = register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    });
}

/// The plot as SVG.
///
/// # Errors
/// Never in practice: the picture is drawn in memory.
pub fn svg(history: &History) -> Result<String, Error> {
    register_fonts();
    let mut text = String::new();
    draw(history, &SVGBackend::with_string(&mut text, SIZE).into_drawing_area())
        .map_err(|error| failed(&error))?;
    Ok(text)
}

/// The plot as PNG.
///
/// # Errors
/// Never in practice: the picture is drawn in memory.
pub fn png(history: &History) -> Result<Vec<u8>, Error> {
    register_fonts();
    let (width, height) = SIZE;
    let mut pixels = vec![0; 3 * width as usize * height as usize];
    draw(history, &BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area())
        .map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|error| failed(&error))?;
    writer.write_image_data(&pixels).map_err(|error| failed(&error))?;
    writer.finish().map_err(|error| failed(&error))?;
    Ok(bytes)
}

pub(crate) fn failed(error: &dyn std::error::Error) -> Error {
    Error::Internal(format!("could not draw the plot: {error}"))
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
    let of = |series: &Series| {
        let points: Vec<_> = series.points().map(|(x, y)| (x, 100.0 * y)).collect();
        points
    };
    chart
        .draw_series(LineSeries::new(of(&history.best), light.stroke_width(1)))?
        .label("best of the generation")
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], light.stroke_width(3)));
    chart
        .draw_series(LineSeries::new(of(&history.champion), dark.stroke_width(2)))?
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
    let lines = [history.best.points().collect()];
    let chart = braille(&lines, history.last_generation());
    format!("accuracy of the best, %, over generations\n{chart}")
}

/// Lines of accuracies, 0 to 1, over generations up to `end`, in braille characters; in percent, from 0 to 100.
#[must_use]
pub fn terminal_lines(lines: &[Vec<(u32, f32)>], end: u32) -> String {
    let thinned = |line: &Vec<(u32, f32)>| {
        let mut series = Series::new();
        line.iter().for_each(|(generation, accuracy)| series.push(*generation, *accuracy));
        series.points().collect()
    };
    braille(&lines.iter().map(thinned).collect::<Vec<_>>(), end)
}

fn braille(lines: &[Vec<(u32, f32)>], end: u32) -> String {
    let scaled = |line: &Vec<(u32, f32)>| {
        line.iter().map(|(x, y)| (*x as f32, 100.0 * y)).collect::<Vec<_>>()
    };
    let scaled: Vec<_> = lines.iter().map(scaled).collect();
    let shapes: Vec<_> = scaled.iter().map(|line| Shape::Lines(line)).collect();
    let mut chart = Chart::new_with_y_range(120, 48, 0.0, end.max(1) as f32, 0.0, 100.0);
    let chart = shapes.iter().fold(&mut chart, |chart, shape| chart.lineplot(shape));
    chart.borders();
    chart.axis();
    chart.figures();
    chart.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of this many generations, with ups and downs.
    fn history(generations: u32) -> History {
        let mut history = History::new("a run".to_string());
        for generation in 0..generations {
            let accuracy = (generation.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
            history.push(generation, accuracy, generation as f32 / generations as f32);
        }
        history
    }

    #[test]
    fn pictures_of_a_long_run_are_no_larger_than_of_a_short_one() {
        for generations in [0, 1, 300, 3_000, 300_000] {
            let history = history(generations);
            let svg = svg(&history).unwrap();
            assert!(svg.starts_with("<svg") && svg.contains("a run"), "{generations}");
            assert!(svg.len() < 120_000, "{} bytes for {generations} generations", svg.len());
            let png = png(&history).unwrap();
            assert!(png.starts_with(b"\x89PNG") && png.len() < 200_000, "{generations}");
            assert!(terminal(&history).lines().count() < 30, "{generations}");
        }
    }

    #[test]
    fn the_same_points_give_the_same_picture() {
        let (first, again) = (history(5_000), history(5_000));
        assert_eq!(svg(&first).unwrap(), svg(&again).unwrap());
        assert_eq!(png(&first).unwrap(), png(&again).unwrap());
    }
}
