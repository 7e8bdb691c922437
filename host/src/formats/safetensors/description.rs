//! What a file says of samples and classes: the tensors of the normalisation, and the names of the classes.

use crate::data::{Description, Normalisation};
use crate::formats::error::ParseError;
use safetensors::tensor::{Dtype, SafeTensors};
use tinyevo_core::network::Network;

/// The values of each channel that become 0, and those that become 255.
pub(crate) const BOUNDS: [&str; 2] = ["normalisation/low", "normalisation/high"];

/// The tensors of a normalisation, each with its bytes; none without one.
pub(super) fn tensors(normalisation: Option<&Normalisation>) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    bounds(normalisation).into_iter().map(|(name, values)| (name, bytes(values))).collect()
}

/// The names of the tensors of a normalisation, each with its values; none without one.
pub(crate) fn bounds(normalisation: Option<&Normalisation>) -> Vec<(&'static str, &[f32])> {
    let Some(normalisation) = normalisation else { return Vec::new() };
    BOUNDS.into_iter().zip([normalisation.low(), normalisation.high()]).collect()
}

/// The names of all other tensors.
pub(super) fn weights<'a>(tensors: &'a SafeTensors<'_>) -> impl Iterator<Item = &'a str> {
    tensors.names().into_iter().filter(|name| !BOUNDS.contains(name))
}

/// The description of a network's samples and classes, if the names and the bounds, low and high, fit it.
pub(crate) fn checked(
    network: &Network,
    class_names: Vec<String>,
    bounds: Option<[Vec<f32>; 2]>,
) -> Result<Description, ParseError> {
    let classes = network.outputs();
    if !class_names.is_empty() && class_names.len() != classes {
        let count = class_names.len();
        return Err(ParseError::Metadata(format!("{count} class names for {classes} classes")));
    }
    let Some([lows, highs]) = bounds else {
        return Ok(Description { normalisation: None, class_names });
    };
    let [low, high] = BOUNDS;
    let wrong = |problem| ParseError::Tensor { tensor: high.to_string(), problem };
    let channels = network.input().channels;
    if [lows.len(), highs.len()] != [channels; 2] {
        return Err(wrong(format!("and {low} have not one value for each of {channels} channels")));
    }
    let normalisation = Normalisation::new(lows, highs)
        .ok_or_else(|| wrong(format!("and {low} are no range of finite numbers up to 1e30")))?;
    Ok(Description { normalisation: Some(normalisation), class_names })
}

/// The description of a network's samples and classes.
pub(super) fn read(
    tensors: &SafeTensors<'_>,
    class_names: Vec<String>,
    network: &Network,
) -> Result<Description, ParseError> {
    let [low, high] = BOUNDS;
    let channels = network.input().channels;
    let bounds = match weights(tensors).count() == tensors.len() {
        true => None,
        false => Some([bound(tensors, low, channels)?, bound(tensors, high, channels)?]),
    };
    checked(network, class_names, bounds)
}

/// The values of a tensor, one for each channel.
fn bound(tensors: &SafeTensors<'_>, name: &str, channels: usize) -> Result<Vec<f32>, ParseError> {
    let wrong = |problem| ParseError::Tensor { tensor: name.to_string(), problem };
    let tensor = tensors.tensor(name).map_err(|_| wrong("is missing".to_string()))?;
    if tensor.dtype() != Dtype::F32 {
        return Err(wrong(format!("holds {:?}, not F32", tensor.dtype())));
    }
    if tensor.shape() != [channels] {
        return Err(wrong(format!("has shape {:?}, not [{channels}]", tensor.shape())));
    }
    let (words, _) = tensor.data().as_chunks::<4>();
    Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
}
