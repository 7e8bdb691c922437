//! The names of tensors: those of dense layers in their order, and all for a message.

use super::description;
use crate::formats::error::ParseError;
use safetensors::tensor::SafeTensors;

/// The names of the layers in the order of their numbers. No tensor may be left over.
pub(super) fn dense_names(tensors: &SafeTensors<'_>) -> Result<Vec<String>, ParseError> {
    let mut numbers = Vec::new();
    let mut strange = false;
    for name in description::weights(tensors) {
        match name.split_once('/').map(|(layer, part)| (number(layer), part)) {
            Some((Some(number), "kernel")) => numbers.push(number),
            Some((Some(_), "bias")) => {}
            _ => strange = true,
        }
    }
    if strange || numbers.is_empty() {
        return Err(ParseError::Names { found: some_names(tensors) });
    }
    numbers.sort_unstable();
    let names: Vec<_> = numbers
        .iter()
        .map(|number| if *number == 0 { "dense".to_string() } else { format!("dense_{number}") })
        .collect();
    if description::weights(tensors).count() > 2 * names.len() {
        return Err(ParseError::Names { found: some_names(tensors) });
    }
    Ok(names)
}

/// The number of a dense layer by its name: `dense` is 0, `dense_7` is 7.
fn number(layer: &str) -> Option<u32> {
    let rest = layer.strip_prefix("dense")?;
    if rest.is_empty() {
        return Some(0);
    }
    let digits = rest.strip_prefix('_')?;
    // Only one way to write a number: `dense_07` and `dense_+7` are none.
    digits.parse().ok().filter(|number: &u32| *number > 0 && number.to_string() == digits)
}

/// The names of the tensors for a message: sorted, and not more than a line or two.
pub(super) fn some_names(tensors: &SafeTensors<'_>) -> String {
    let mut names: Vec<_> = tensors.names().into_iter().map(|name| name.escape_debug()).collect();
    names.sort_by_key(ToString::to_string);
    let shown: Vec<_> = names.iter().take(6).map(|name| name.to_string()).collect();
    match names.len() {
        0 => "no tensors".to_string(),
        count @ 1..=6 => shown[..count].join(", "),
        count => format!("{} and {} more", shown.join(", "), count - shown.len()),
    }
}
