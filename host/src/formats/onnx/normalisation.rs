//! The nodes that normalise measured values in front of the layers.
//!
//! They compute `floor(255 * (value - low) / (high - low) + 0.5) / 255`, at least 0 and at most 1, in 32-bit floats and in the
//! order in which [`Normalisation::bytes`] does, so that a runtime gets the same numbers.

use super::proto::{FLOAT, Node, Tensor};
use crate::data::Normalisation;

/// The value that the last of the nodes gives: what the layers take.
pub(super) const PIXELS: &str = "normalisation/pixels";

/// The nodes and their constants, for an input of this name whose last side is `width`: its channels, or all values of a
/// sample, channels together.
pub(super) fn nodes(
    normalisation: &Normalisation,
    input: &str,
    width: usize,
) -> (Vec<Node>, Vec<Tensor>) {
    let each = |value: fn(f32, f32) -> f32| -> Vec<f32> {
        let bounds = normalisation.low().iter().zip(normalisation.high()).cycle();
        bounds.take(width).map(|(low, high)| value(*low, *high)).collect()
    };
    // A channel without a range is 0.
    let factor = each(|low, high| if high > low { 255.0 } else { 0.0 });
    let range = each(|low, high| if high > low { high - low } else { 1.0 });
    let low = each(|low, _| low);
    let steps = [
        ("Sub", "normalisation/shifted", vec![("low", low)]),
        ("Mul", "normalisation/multiplied", vec![("factor", factor)]),
        ("Div", "normalisation/scaled", vec![("range", range)]),
        ("Add", "normalisation/raised", vec![("half", vec![0.5])]),
        ("Floor", "normalisation/whole", vec![]),
        ("Clip", "normalisation/bytes", vec![("least", vec![0.0]), ("most", vec![255.0])]),
        ("Div", PIXELS, vec![("divisor", vec![255.0])]),
    ];
    let (mut nodes, mut tensors, mut value) = (Vec::new(), Vec::new(), input.to_string());
    for (kind, name, constants) in steps {
        let mut input = vec![std::mem::replace(&mut value, name.to_string())];
        for (constant, values) in constants {
            let constant = tensor(&format!("normalisation/{constant}"), &values);
            input.push(constant.name.clone());
            tensors.push(constant);
        }
        nodes.push(Node {
            input,
            output: vec![name.to_string()],
            name: name.to_string(),
            op_type: kind.to_string(),
            ..Node::default()
        });
    }
    (nodes, tensors)
}

/// A constant: one number, or one for each value of the last side.
fn tensor(name: &str, values: &[f32]) -> Tensor {
    Tensor {
        dims: if values.len() == 1 { vec![] } else { vec![values.len() as i64] },
        data_type: FLOAT,
        name: name.to_string(),
        raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        ..Tensor::default()
    }
}
