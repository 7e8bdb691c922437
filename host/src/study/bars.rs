//! Bars: a figure with the accuracy of each experiment of a question.

use super::table::Entry;
use crate::error::Error;
use crate::report::plot::{failed, register_fonts};
use plotters::prelude::*;

/// Height of a bar's line, of what is around all bars, and the width, in pixels.
const LINE: u32 = 34;
const AROUND: u32 = 90;
const WIDTH: u32 = 960;

/// The figure as SVG: mean accuracies with 95 % intervals.
///
/// # Errors
/// Never in practice: the picture is drawn in memory.
pub(super) fn svg(entries: &[Entry]) -> Result<String, Error> {
    register_fonts();
    let mut text = String::new();
    draw(entries, &mut text).map_err(|error| failed(&*error))?;
    Ok(text)
}

fn draw(entries: &[Entry], text: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let height = AROUND + LINE * entries.len() as u32;
    let root = SVGBackend::with_string(text, (WIDTH, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let percent = |accuracy: f64| 100.0 * accuracy;
    let least = entries.iter().map(|entry| percent(entry.accuracy)).fold(100.0, f64::min);
    // What is left of the bars is cut off where all are long.
    let start = if least > 90.0 { (least - 1.0).floor() } else { 0.0 };
    let count = entries.len() as f64;
    let mut chart = ChartBuilder::on(&root)
        .margin(14)
        .margin_left(300)
        .margin_right(24)
        .x_label_area_size(44)
        .build_cartesian_2d(start..100.0, 0.0..count)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_desc("accuracy on the test images, %")
        .label_style(("sans-serif", 15))
        .axis_desc_style(("sans-serif", 16))
        .draw()?;
    for (index, entry) in entries.iter().enumerate() {
        let (middle, mean) = (count - 0.5 - index as f64, percent(entry.accuracy));
        let bar = [(start, middle - 0.32), (mean, middle + 0.32)];
        chart.draw_series([Rectangle::new(bar, RGBColor(140, 190, 230).filled())])?;
        if let Some(half) = entry.half_interval.map(percent) {
            let ends = [((mean - half).max(start), middle), ((mean + half).min(100.0), middle)];
            chart.draw_series([PathElement::new(ends, BLACK.stroke_width(2))])?;
        }
        let (left, line) = chart.backend_coord(&(start, middle));
        let style = ("sans-serif", 15).into_font().color(&BLACK);
        root.draw(&Text::new(entry.name.clone(), (12, line - 8), style.clone()))?;
        // Where the bar begins, so that no interval crosses it.
        root.draw(&Text::new(format!("{mean:.2}"), (left + 6, line - 8), style))?;
    }
    root.present()?;
    drop(chart);
    drop(root);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::plan::Study;
    use super::super::table::{entries, tests::rows};
    use super::*;

    #[test]
    fn every_experiment_has_its_bar_and_its_name() {
        let svg = svg(&entries(Study::Limits, &rows(), "ladder")).unwrap();
        for text in ["<svg", "the tutorial", "He initialisation", "45.00", "60.00"] {
            assert!(svg.contains(text), "{text} in\n{svg}");
        }
    }
}
