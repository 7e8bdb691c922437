//! Champions as safetensors: tensors of `f32` named as Keras names them, `dense/kernel` `[in][out]`,
//! `dense/bias`, `dense_1/kernel`, ...
//!
//! The kernel of a convolution is `conv2d/kernel` `[height][width][in][out]`.
//!
//! The genome is these tensors one after another in the order of the layers, kernel before bias:
//! Keras's `get_weights()`, flattened. Where inputs are measured values, `normalisation/low` and `normalisation/high`
//! `[channels]` say how these become bytes (see [`crate::data::Normalisation`]). The metadata key `tinyevo` holds the rest as JSON (`About`). A file
//! without that key, written by another program, is read as a network with ReLU in each layer except the
//! last, which has softmax. Its layers may be numbered from any number: Keras continues the numbers in a
//! second model.

pub(super) mod description;
pub(super) mod layers;
mod names;

use super::check::{check, other_bias, other_shape};
use super::error::ParseError;
use crate::champion::{Champion, PackedIntegers, Weights, layer_names};
use crate::data::Description;
use crate::error::Error;
pub(super) use layers::kernel_shape;
use layers::{ACTIVATIONS, LayerConfig};
use names::{dense_names, some_names};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tinyevo_core::deploy::{Format, Formats};
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::{Network, Stage};
use tinyevo_core::shape::Shape;

/// The key of the metadata.
pub(super) const KEY: &str = "tinyevo";

/// The longest header that the crate reads, in bytes.
const LONGEST_HEADER: u64 = 100_000_000;

/// The encoding of the inputs: how bytes become the numbers that the first layer takes.
const PIXELS: &str = "divided by 255";

/// The metadata of a file. Its fields are the keys of the JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    /// The names of the tensors, in the order of the genome.
    genome_order: Vec<String>,
    /// Height, width and channels of a sample.
    input_shape: [usize; 3],
    /// The activation of each layer, as Keras names it.
    activations: Vec<String>,
    /// All layers, if some are not dense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layers: Option<Vec<LayerConfig>>,
    /// The formats of the integers for which the genome stands, one for each layer that has weights, if it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    weights: Vec<Format>,
    /// [`PIXELS`].
    pixels: String,
    /// The names of the classes, if they have any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    class_names: Vec<String>,
}

impl About {
    fn of(network: &Network, formats: &[Format], description: &Description) -> Self {
        let name = |wanted: Activation| {
            let found = ACTIVATIONS.iter().find(|(activation, _)| *activation == wanted);
            found.map_or("linear", |(_, name)| name).to_string()
        };
        let Shape { height, width, channels } = network.input();
        Self {
            genome_order: weighted(network).flat_map(|(_, name)| tensor_names(name)).collect(),
            input_shape: [height, width, channels],
            activations: network.stages().iter().map(|s| name(s.layer.activation())).collect(),
            layers: layers::configs(network),
            weights: formats.to_vec(),
            pixels: PIXELS.to_string(),
            class_names: description.class_names.clone(),
        }
    }

    /// The activation of each of `layers`; an error if the metadata lacks one or has an unknown one.
    fn activations(&self, layers: &[String]) -> Result<Vec<Activation>, ParseError> {
        let contradiction = |reason: String| Err(ParseError::Metadata(reason));
        let names: Vec<_> = layers.iter().cloned().flat_map(tensor_names).collect();
        if self.genome_order != names {
            return contradiction(format!(
                "it names the tensors {}, and there are {}",
                self.genome_order.join(", "),
                names.join(", ")
            ));
        }
        if self.activations.len() != layers.len() {
            return contradiction(format!(
                "{} activations for {} layers",
                self.activations.len(),
                layers.len()
            ));
        }
        if self.pixels != PIXELS {
            return contradiction(other_pixels(&self.pixels));
        }
        let known = |name: &String| ACTIVATIONS.iter().find(|(_, known)| known == name);
        let activations: Option<_> =
            self.activations.iter().map(|name| known(name).map(|(known, _)| *known)).collect();
        activations.map_or_else(
            || {
                contradiction(format!(
                    "the activations are {}, and tinyevo knows linear, relu and softmax",
                    self.activations.join(", ")
                ))
            },
            Ok,
        )
    }
}

/// The layers that have weights, with their names.
pub(super) fn weighted(network: &Network) -> impl Iterator<Item = (&Stage, String)> {
    let stages = network.stages().iter().zip(layer_names(network));
    stages.filter(|(stage, _)| stage.parameters() > 0)
}

/// The names of a layer's tensors, in the order of the genome.
pub(super) fn tensor_names(layer: String) -> [String; 2] {
    [format!("{layer}/kernel"), format!("{layer}/bias")]
}

/// The file's bytes, without a description; the same champion has the same bytes.
///
/// # Errors
/// The genome does not fit the network.
pub fn encode(network: &Network, genome: &[f32]) -> Result<Vec<u8>, Error> {
    encode_masters(network, genome, &[], &Description::default())
}

/// The file's bytes, of a genome that stands for integers of these formats, which are what is read back; without formats
/// it stands for itself.
///
/// # Errors
/// The genome does not fit the network.
pub fn encode_masters(
    network: &Network,
    genome: &[f32],
    formats: &[Format],
    description: &Description,
) -> Result<Vec<u8>, Error> {
    let internal = |what: &dyn std::fmt::Display| Error::Internal(what.to_string());
    let bytes: Vec<u8> = genome.iter().flat_map(|weight| weight.to_le_bytes()).collect();
    let mut tensors = Vec::new();
    for (stage, layer) in weighted(network) {
        let bias = vec![stage.bias().len()];
        let parts = [(stage.kernel(), kernel_shape(stage)), (stage.bias(), bias)];
        for (name, (range, shape)) in tensor_names(layer).into_iter().zip(parts) {
            let part = bytes
                .get(4 * range.start..4 * range.end)
                .ok_or_else(|| internal(&"the genome does not fit the network"))?;
            let view = TensorView::new(Dtype::F32, shape, part).map_err(|e| internal(&e))?;
            tensors.push((name, view));
        }
    }
    let normalisation = description::tensors(description.normalisation.as_ref());
    for (name, bytes) in &normalisation {
        let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes);
        tensors.push(((*name).to_string(), view.map_err(|e| internal(&e))?));
    }
    let about = metadata(network, formats, description)?;
    // One key only: the crate writes the keys in no fixed order.
    let metadata = HashMap::from([(KEY.to_string(), about)]);
    safetensors::serialize(tensors, Some(metadata)).map_err(|e| internal(&e))
}

/// What the tensors do not say about a network, as JSON.
///
/// # Errors
/// Never in practice.
pub(super) fn metadata(
    network: &Network,
    formats: &[Format],
    description: &Description,
) -> Result<String, Error> {
    serde_json::to_string(&About::of(network, formats, description))
        .map_err(|error| Error::Internal(error.to_string()))
}

/// The shape of a sample and the names of the classes that [`metadata`] says.
///
/// # Errors
/// It is damaged, or says another encoding of the inputs.
pub(super) fn said(metadata: &str) -> Result<(Shape, Vec<String>), ParseError> {
    let about: About =
        serde_json::from_str(metadata).map_err(|error| ParseError::Metadata(error.to_string()))?;
    if about.pixels != PIXELS {
        return Err(ParseError::Metadata(other_pixels(&about.pixels)));
    }
    let [height, width, channels] = about.input_shape;
    Ok((Shape { height, width, channels }, about.class_names))
}

/// Whether the first bytes of a file, nine or more, may be those of this format.
pub(super) fn may_be(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else { return false };
    (2..=LONGEST_HEADER).contains(&u64::from_le_bytes(*length)) && rest.first() == Some(&b'{')
}

/// The champion in the bytes of a file: the integers for which its floats stand, if the metadata says so. Never panics.
///
/// # Errors
/// The bytes are no such file; its tensors are not those of dense layers that fit one another; the
/// metadata contradicts them; a weight is not finite.
pub fn parse(bytes: &[u8]) -> Result<Champion, ParseError> {
    let (champion, formats) = read(bytes)?;
    let Weights::Floats(network, genome) = &champion.weights else { return Ok(champion) };
    if formats.is_empty() {
        return Ok(champion);
    }
    let unsuited = |reason: String| ParseError::Metadata(format!("weights: {reason}"));
    let known = Formats::new(network, &formats).map_err(|error| unsuited(error.to_string()))?;
    let packed = PackedIntegers::deployed(network, &known, genome);
    let packed = Weights::Packed(packed.map_err(|error| unsuited(error.to_string()))?);
    check(Champion::from(packed).described(champion.description))
}

/// The floats in the bytes of a file, also where they stand for integers.
///
/// # Errors
/// As [`parse`].
pub fn masters(bytes: &[u8]) -> Result<Champion, ParseError> {
    read(bytes).map(|(champion, _)| champion)
}

/// The floats, and the formats of the integers for which they stand, if they do.
fn read(bytes: &[u8]) -> Result<(Champion, Vec<Format>), ParseError> {
    if !may_be(bytes) {
        return Err(ParseError::Neither);
    }
    let tensors = SafeTensors::deserialize(bytes)?;
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let about = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    let about: Option<About> = about
        .map(|json| serde_json::from_str(json))
        .transpose()
        .map_err(|error| ParseError::Metadata(error.to_string()))?;
    let formats = about.as_ref().map(|about| about.weights.clone()).unwrap_or_default();
    let names = about.as_ref().map(|about| about.class_names.clone()).unwrap_or_default();
    let champion = floats(&tensors, about)?;
    let description = description::read(&tensors, names, champion.network())?;
    Ok((champion.described(description), formats))
}

/// The floats of a file.
fn floats(tensors: &SafeTensors<'_>, about: Option<About>) -> Result<Champion, ParseError> {
    if let Some(About { input_shape, layers: Some(configs), pixels, .. }) = &about {
        if pixels != PIXELS {
            return Err(ParseError::Metadata(other_pixels(pixels)));
        }
        return maps(tensors, *input_shape, &layers::layers(configs)?);
    }
    let names = dense_names(tensors)?;
    let mut genome = Vec::new();
    let shapes: Result<Vec<_>, _> =
        names.iter().map(|name| read_layer(tensors, name, &mut genome)).collect();
    let shapes = shapes?;
    let inputs = shapes.first().map_or(0, |shape| shape.0);
    let input = match &about {
        Some(About { input_shape: [height, width, channels], .. }) => {
            Shape { height: *height, width: *width, channels: *channels }
        }
        None => Shape::flat(inputs),
    };
    if input.elements() != inputs {
        return Err(ParseError::Metadata(format!(
            "an input of {}x{}x{} for {inputs} rows of weights",
            input.height, input.width, input.channels
        )));
    }
    let activations = match &about {
        Some(about) => about.activations(&names)?,
        None => usual_activations(names.len()),
    };
    for ((name, pair), (_, units)) in names.iter().skip(1).zip(shapes.windows(2)).zip(&shapes) {
        if let [_, (rows, _)] = pair
            && rows != units
        {
            return Err(ParseError::Tensor {
                tensor: format!("{name}/kernel"),
                problem: format!("has {rows} inputs, and the layer before has {units} units"),
            });
        }
    }
    let layers = shapes.iter().zip(activations);
    let layers: Vec<_> =
        layers.map(|(&(_, units), activation)| Layer::Dense(Dense { units, activation })).collect();
    let network = Network::new(input, &layers)?;
    check(Weights::Floats(Box::new(network), genome))
}

fn other_pixels(pixels: &str) -> String {
    format!("pixels are {pixels:?} instead of {PIXELS:?}")
}

/// The champion of a network whose layers the metadata says: each tensor must have its shape.
fn maps(
    tensors: &SafeTensors<'_>,
    [height, width, channels]: [usize; 3],
    layers: &[Layer],
) -> Result<Champion, ParseError> {
    let network = Network::new(Shape { height, width, channels }, layers)?;
    let mut genome = Vec::new();
    let mut known = 0;
    for (stage, name) in weighted(&network) {
        let shapes = [kernel_shape(stage), vec![stage.bias().len()]];
        for (tensor, shape) in tensor_names(name).into_iter().zip(shapes) {
            let wrong = |problem| ParseError::Tensor { tensor: tensor.clone(), problem };
            let view = tensors.tensor(&tensor).map_err(|_| wrong("is missing".to_string()))?;
            if view.shape() != shape {
                return Err(wrong(other_shape(view.shape(), &shape)));
            }
            read_floats(&view, &mut genome).map_err(wrong)?;
            known += 1;
        }
    }
    if description::weights(tensors).count() > known {
        return Err(ParseError::Names { found: some_names(tensors) });
    }
    check(Weights::Floats(Box::new(network), genome))
}

/// Reads the floats of a tensor behind the genome; the problem if it holds others.
fn read_floats(tensor: &TensorView<'_>, genome: &mut Vec<f32>) -> Result<(), String> {
    if tensor.dtype() != Dtype::F32 {
        return Err(format!("holds {:?}, not F32", tensor.dtype()));
    }
    let (words, _) = tensor.data().as_chunks::<4>();
    genome.extend(words.iter().map(|word| f32::from_le_bytes(*word)));
    Ok(())
}

/// The activations of a file without metadata: ReLU for each layer except the last, which has softmax.
fn usual_activations(layers: usize) -> Vec<Activation> {
    let mut activations = vec![Activation::Relu; layers];
    if let Some(last) = activations.last_mut() {
        *last = Activation::Softmax;
    }
    activations
}

/// Reads the tensors of a layer behind the genome; returns how many inputs and units it has.
fn read_layer(
    tensors: &SafeTensors<'_>,
    layer: &str,
    genome: &mut Vec<f32>,
) -> Result<(usize, usize), ParseError> {
    let [kernel_name, bias_name] = tensor_names(layer.to_string());
    let wrong = |tensor: &str, problem: String| {
        Err(ParseError::Tensor { tensor: tensor.to_string(), problem })
    };
    let Ok(kernel) = tensors.tensor(&kernel_name) else {
        return wrong(&kernel_name, "is missing".to_string());
    };
    let Ok(bias) = tensors.tensor(&bias_name) else {
        return wrong(&bias_name, "is missing".to_string());
    };
    let &[rows, units] = kernel.shape() else {
        return wrong(&kernel_name, format!("has shape {:?}, not [in, out]", kernel.shape()));
    };
    if let Some(problem) = other_bias(bias.shape(), [rows, units]) {
        return wrong(&bias_name, problem);
    }
    for (name, tensor) in [(&kernel_name, kernel), (&bias_name, bias)] {
        if let Err(problem) = read_floats(&tensor, genome) {
            return wrong(name, problem);
        }
    }
    Ok((rows, units))
}

#[cfg(test)]
mod tests;
