//! The checks on every champion that is read from a file.

use super::error::ParseError;
use crate::champion::{Champion, Weights};

/// What is wrong with weights of another shape than their layer needs; whether they may be in PyTorch's order.
pub(super) fn other_shape(got: &[usize], wanted: &[usize]) -> String {
    let hint = match (got, wanted) {
        // The number of inputs may be known by the file alone: the units say it.
        (&[out, other], &[_, units]) if out == units && other != units => turned("it"),
        (&[out, channels, height, width], wanted) if *wanted == [height, width, channels, out] => {
            "; is it PyTorch's, [out, in, rows, columns]? Keras' order is [rows, columns, in, out]"
                .to_string()
        }
        _ => String::new(),
    };
    format!("has shape {got:?}, not {wanted:?}{hint}")
}

/// What is wrong with the bias of a dense layer whose kernel has so many rows and columns, if anything.
pub(super) fn other_bias(bias: &[usize], [rows, columns]: [usize; 2]) -> Option<String> {
    let hint = if *bias == [rows] { turned("its kernel") } else { String::new() };
    (*bias != [columns]).then(|| format!("has shape {bias:?}, not [{columns}]{hint}"))
}

fn turned(what: &str) -> String {
    format!("; is {what} transposed? Keras' order is [in, out], PyTorch's [out, in]")
}

/// Checks that there are at most 256 classes and that all weights are finite.
pub(super) fn check(champion: impl Into<Champion>) -> Result<Champion, ParseError> {
    let champion = champion.into();
    let classes = champion.network().outputs();
    if classes > 256 {
        return Err(ParseError::TooManyClasses(classes));
    }
    if let Weights::Floats(_, genome) = &champion.weights {
        let wrong = genome.iter().enumerate().find(|(_, weight)| !weight.is_finite());
        if let Some((index, &value)) = wrong {
            return Err(ParseError::NotFinite { index, value });
        }
    }
    Ok(champion)
}
