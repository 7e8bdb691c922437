//! The table that Keras prints of a model, and its multiply-adds.

use super::thousands;
use crate::champion::layer_names;
use std::fmt::Write;
use tinyevo_core::network::Network;

/// Widths of the columns, the blanks at their sides included, as Keras has them: the table is 76 wide.
const WIDTHS: [usize; 3] = [33, 24, 15];

/// The summary of a network, ready to print.
#[must_use]
pub fn model_summary(network: &Network) -> String {
    let mut text = "Model: \"sequential\"\n".to_string();
    rule(&mut text, ["┏", "┳", "┓"], "━");
    row(&mut text, "┃", ["Layer (type)", "Output Shape", "Param #"]);
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
        let name = format!("{name} ({})", stage.layer.kind());
        row(&mut text, "│", [&name, &shape, &thousands(stage.parameters())]);
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

fn row(text: &mut String, bar: &str, [name, shape, parameters]: [&str; 3]) {
    let [a, b, c] = WIDTHS.map(|width| width - 2);
    let _ = writeln!(text, "{bar} {name:<a$} {bar} {shape:<b$} {bar} {parameters:>c$} {bar}");
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
    use crate::champion::tests::{dense, odd};
    use tinyevo_core::layers::Activation;
    use tinyevo_core::shape::Shape;

    #[test]
    fn the_tutorial_network_reads_as_in_keras() {
        let layers = [dense(128, Activation::Relu), dense(10, Activation::Softmax)];
        let text = model_summary(&Network::new(Shape::flat(784), &layers).unwrap());
        // Lines of Keras 3's `model.summary()` for the same model.
        for line in [
            "Model: \"sequential\"",
            "┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃",
            "│ dense (Dense)                   │ (None, 128)            │       100,480 │",
            "├─────────────────────────────────┼────────────────────────┼───────────────┤",
            "│ dense_1 (Dense)                 │ (None, 10)             │         1,290 │",
            " Total params: 101,770 (397.54 KB)",
        ] {
            assert!(text.lines().any(|own| own == line), "{line}\n{text}");
        }
        assert!(text.contains(" Multiply-adds per sample: 101,632"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn every_layer_of_any_network_has_a_row() {
        let text = model_summary(odd().network());
        assert!(text.contains("dense_2 (Dense)") && text.contains("Total params: 83"), "{text}");
    }
}
