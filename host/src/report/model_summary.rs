//! The table that Keras prints of a model, with a column for multiply-adds.

use super::thousands;
use crate::export::layer_names;
use std::fmt::Write;
use tinyevo_core::network::Network;

/// Widths of the columns, the blanks at their sides included; the first three are Keras's.
const WIDTHS: [usize; 4] = [33, 24, 15, 16];

/// The summary of a network, ready to print.
#[must_use]
pub fn model_summary(network: &Network) -> String {
    let mut text = "Model: \"sequential\"\n".to_string();
    rule(&mut text, ["┏", "┳", "┓"], "━");
    row(&mut text, "┃", ["Layer (type)", "Output Shape", "Param #", "Multiply-adds"]);
    rule(&mut text, ["┡", "╇", "┩"], "━");
    for (index, (stage, name)) in network.stages().iter().zip(layer_names(network)).enumerate() {
        if index > 0 {
            rule(&mut text, ["├", "┼", "┤"], "─");
        }
        let shape = stage.output;
        let shape = if shape.height * shape.width == 1 {
            format!("(None, {})", shape.channels)
        } else {
            format!("(None, {}, {}, {})", shape.height, shape.width, shape.channels)
        };
        let multiply_adds = stage.layer.multiply_adds(stage.input).unwrap_or(usize::MAX);
        row(
            &mut text,
            "│",
            [
                &format!("{name} ({})", stage.layer.kind()),
                &shape,
                &thousands(stage.parameters()),
                &thousands(multiply_adds),
            ],
        );
    }
    rule(&mut text, ["└", "┴", "┘"], "─");
    let (parameters, size) = (thousands(network.parameters()), bytes(4 * network.parameters()));
    let multiply_adds = thousands(network.multiply_adds());
    // Writing to a string cannot fail.
    let _ = writeln!(text, " Total params: {parameters} ({size})");
    let _ = writeln!(text, " Multiply-adds per sample: {multiply_adds}");
    text
}

fn rule(text: &mut String, [left, middle, right]: [&str; 3], line: &str) {
    let columns: Vec<_> = WIDTHS.iter().map(|&width| line.repeat(width)).collect();
    let _ = writeln!(text, "{left}{}{right}", columns.join(middle));
}

fn row(text: &mut String, bar: &str, [name, shape, parameters, multiply_adds]: [&str; 4]) {
    let [a, b, c, d] = WIDTHS.map(|width| width - 2);
    let _ = writeln!(
        text,
        "{bar} {name:<a$} {bar} {shape:<b$} {bar} {parameters:>c$} {bar} {multiply_adds:>d$} {bar}"
    );
}

/// Bytes as Keras writes them: in powers of 1024 with two digits.
fn bytes(count: usize) -> String {
    let mut value = count as f64;
    for unit in ["B", "KB", "MB"] {
        if value < 1024.0 {
            return format!("{value:.2} {unit}");
        }
        value /= 1024.0;
    }
    format!("{value:.2} GB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Preset;
    use tinyevo_core::shape::Shape;

    #[test]
    fn the_tutorial_network_reads_as_in_keras() {
        let text = model_summary(&Preset::Tutorial.config().network(Shape::flat(784), 10).unwrap());
        // Lines of Keras 3's `model.summary()` for the same model, up to the fourth column.
        for line in [
            "Model: \"sequential\"",
            "┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃",
            "│ dense (Dense)                   │ (None, 128)            │       100,480 │",
            "├─────────────────────────────────┼────────────────────────┼───────────────┼",
            "│ dense_1 (Dense)                 │ (None, 10)             │         1,290 │",
            " Total params: 101,770 (397.54 KB)",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.contains("101,632"), "{text}");
    }
}
