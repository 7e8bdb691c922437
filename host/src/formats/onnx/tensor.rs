//! The tensors and attributes of a graph.

use super::proto::{DOUBLE, FLOAT, INT64, Node, Tensor};
use crate::formats::array::Array;
use std::collections::HashMap;

/// The constants of a graph by name.
pub(super) type Tensors<'g> = HashMap<&'g str, &'g Tensor>;

/// The floats of a tensor; what is wrong if it holds others, or not as many as its shape says.
pub(super) fn floats(tensor: &Tensor) -> Result<Array, String> {
    check_location(tensor)?;
    let values: Vec<f32> = match tensor.data_type {
        FLOAT if tensor.raw_data.is_empty() => tensor.float_data.clone(),
        FLOAT => {
            let words = tensor.raw_data.as_chunks::<4>().0;
            words.iter().map(|word| f32::from_le_bytes(*word)).collect()
        }
        DOUBLE if tensor.raw_data.is_empty() => {
            tensor.double_data.iter().map(|value| *value as f32).collect()
        }
        DOUBLE => {
            let words = tensor.raw_data.as_chunks::<8>().0;
            words.iter().map(|word| f64::from_le_bytes(*word) as f32).collect()
        }
        other => {
            return Err(format!(
                "the tensor {:?} has numbers of type {other}, not floats of 32 or 64 bits",
                tensor.name
            ));
        }
    };
    let shape: Option<Vec<usize>> =
        tensor.dims.iter().map(|side| usize::try_from(*side).ok()).collect();
    let count = |shape: &Vec<usize>| shape.iter().try_fold(1_usize, |n, side| n.checked_mul(*side));
    match shape.filter(|shape| count(shape) == Some(values.len())) {
        Some(shape) => Ok(Array { name: tensor.name.clone(), shape, values }),
        None => Err(format!(
            "the tensor {:?} of shape {:?} has {} numbers",
            tensor.name,
            tensor.dims,
            values.len()
        )),
    }
}

/// The whole numbers of a tensor, as shapes are.
pub(super) fn integers(tensor: &Tensor) -> Result<Vec<i64>, String> {
    check_location(tensor)?;
    if tensor.data_type != INT64 {
        return Err(format!("the tensor {:?} holds no numbers of 64 bits", tensor.name));
    }
    let words = tensor.raw_data.as_chunks::<8>().0;
    let raw = words.iter().map(|word| i64::from_le_bytes(*word));
    Ok(raw.chain(tensor.int64_data.iter().copied()).collect())
}

fn check_location(tensor: &Tensor) -> Result<(), String> {
    if tensor.data_location == 0 {
        return Ok(());
    }
    Err(format!("the tensor {:?} lies in another file; write the model as one file", tensor.name))
}

/// A whole number among the attributes of a node.
pub(super) fn int(node: &Node, name: &str) -> Option<i64> {
    node.attribute.iter().find(|attribute| attribute.name == name).map(|own| own.i.unwrap_or(0))
}

/// Whole numbers among the attributes of a node; none if there is no such attribute.
pub(super) fn ints<'n>(node: &'n Node, name: &str) -> &'n [i64] {
    let found = node.attribute.iter().find(|attribute| attribute.name == name);
    found.map_or(&[], |attribute| &attribute.ints)
}

/// A float among the attributes of a node.
pub(super) fn float(node: &Node, name: &str) -> Option<f32> {
    node.attribute.iter().find(|attribute| attribute.name == name).map(|own| own.f.unwrap_or(0.0))
}

/// Text among the attributes of a node; empty if there is no such attribute.
pub(super) fn text(node: &Node, name: &str) -> String {
    let found = node.attribute.iter().find(|attribute| attribute.name == name);
    let bytes = found.and_then(|attribute| attribute.s.as_deref()).unwrap_or(&[]);
    String::from_utf8_lossy(bytes).into_owned()
}
