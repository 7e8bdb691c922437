//! Champions as `.npz` files of NumPy: one array of `f32` for each tensor, named as Keras names it.
//!
//! The arrays stand in the order of the genome, so that `model.set_weights(list(numpy.load(path).values()))` sets those of the
//! same Keras model. The comment of the archive holds what the arrays do not say, as the metadata of
//! [`super::safetensors`] does. A file without that comment, as `numpy.savez(path, *model.get_weights())` writes it,
//! is read with a [`NetworkHint`].

mod npy;

use super::archive::{self, Entry};
use super::array::{Array, NetworkHint, champion};
use super::error::ParseError;
use super::safetensors::description::bounds;
use super::safetensors::{self, kernel_shape, tensor_names, weighted};
use crate::champion::Champion;
use crate::data::Description;
use crate::error::Error;
use ::safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;
use std::fmt::Display;
use tinyevo_core::network::Network;

/// The end of the names of arrays in the archive.
const END: &str = ".npy";

/// The file's bytes; the same champion has the same bytes.
///
/// # Errors
/// The genome does not fit the network.
pub fn encode(
    network: &Network,
    genome: &[f32],
    description: &Description,
) -> Result<Vec<u8>, Error> {
    let mut entries = Vec::new();
    for (stage, layer) in weighted(network) {
        let bias = vec![stage.bias().len()];
        let parts = [(stage.kernel(), kernel_shape(stage)), (stage.bias(), bias)];
        for (name, (range, shape)) in tensor_names(layer).into_iter().zip(parts) {
            let part = genome.get(range).ok_or_else(|| {
                Error::Internal("the genome does not fit the network".to_string())
            })?;
            entries.push(Entry { name: name + END, bytes: npy::encode(&shape, part)? });
        }
    }
    for (name, values) in bounds(description.normalisation.as_ref()) {
        let bytes = npy::encode(&[values.len()], values)?;
        entries.push(Entry { name: name.to_string() + END, bytes });
    }
    archive::write(&entries, &safetensors::metadata(network, &[], description)?)
}

/// The champion in the bytes of a file. Never panics.
///
/// `hint` says which network it is, where the file does not; `most` bounds the bytes of its arrays.
///
/// # Errors
/// The bytes are no such file, or its arrays are not the weights of the network.
pub fn parse(bytes: &[u8], hint: &NetworkHint, most: u64) -> Result<Champion, ParseError> {
    let is_array = |name: &str| if name.ends_with(END) { Ok(()) } else { Err(other_file(name)) };
    let (entries, comment) = archive::read(bytes, most, is_array)?;
    let mut arrays = Vec::new();
    for Entry { name, bytes } in entries {
        arrays.push(npy::decode(name.strip_suffix(END).unwrap_or(&name), &bytes)?);
    }
    if comment.starts_with('{') && *hint == NetworkHint::default() {
        return described(&arrays, comment);
    }
    // NumPy numbers arrays without names, from 0; others keep the order of the file.
    let number = |array: &Array| array.name.strip_prefix("arr_")?.parse::<u32>().ok();
    if arrays.iter().all(|array| number(array).is_some()) {
        arrays.sort_by_key(number);
    }
    champion(&arrays, hint)
}

/// The champion of a file whose comment says what it is: what safetensors of the same tensors and metadata hold.
fn described(arrays: &[Array], metadata: String) -> Result<Champion, ParseError> {
    let damaged = |error: &dyn Display| ParseError::Archive(error.to_string());
    let bytes: Vec<Vec<u8>> = arrays
        .iter()
        .map(|array| array.values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let mut tensors = Vec::new();
    for (array, bytes) in arrays.iter().zip(&bytes) {
        let view = TensorView::new(Dtype::F32, array.shape.clone(), bytes);
        tensors.push((array.name.as_str(), view.map_err(|error| damaged(&error))?));
    }
    let metadata = HashMap::from([(safetensors::KEY.to_string(), metadata)]);
    let file = ::safetensors::serialize(tensors, Some(metadata));
    safetensors::parse(&file.map_err(|error| damaged(&error))?)
}

fn other_file(name: &str) -> ParseError {
    let what = if name.starts_with("model.weights") || name == "config.json" {
        "this is a .keras file; in Keras, numpy.savez(path, *model.get_weights()) writes what can be read"
    } else {
        "an .npz file holds .npy files only"
    };
    ParseError::Archive(format!("it holds {name:?}; {what}"))
}

#[cfg(test)]
mod tests;
