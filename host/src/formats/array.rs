//! Arrays of floats, and the network that a row of them makes: Keras' `get_weights()`.

use super::check::{check, other_bias, other_shape};
use super::error::ParseError;
use super::safetensors::{kernel_shape, weighted};
use crate::champion::{Champion, Weights};
use crate::config::{Hidden, layers};
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// An array of floats, row-major.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    /// What errors call it.
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

/// What a user says about the network of a file that holds weights alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkHint {
    /// Its layers; the last one is dense and has a unit for each class. Without them all layers are dense.
    pub network: Option<Vec<Hidden>>,
    /// The shape of a sample. Without it, that of a network whose first layer is dense is its number of rows of weights.
    pub input: Option<Shape>,
}

/// The champion of arrays in the order of the genome: kernel and bias of each layer that has weights, in Keras' shapes. Each
/// layer has ReLU, the last one softmax.
pub(super) fn champion(arrays: &[Array], hint: &NetworkHint) -> Result<Champion, ParseError> {
    let hidden = match &hint.network {
        Some(layers) => layers.clone(),
        None => dense_layers(arrays)?,
    };
    let Some((Hidden::Dense(classes), hidden)) = hidden.split_last() else {
        return Err(ParseError::Unknown("the last layer is not dense".to_string()));
    };
    let first = arrays.first().and_then(|array| array.shape.first()).copied().unwrap_or(0);
    let starts_dense = hidden.first().is_none_or(|layer| layer.is_dense());
    let input = match hint.input {
        Some(input) => input,
        None if starts_dense => Shape::flat(first),
        None => {
            let needed = "a network that starts with a convolution needs the shape of a sample";
            return Err(ParseError::Unknown(format!("{needed}: give --input, as 28x28x1")));
        }
    };
    let network = Network::new(input, &layers(hidden, *classes))?;
    let mut genome = Vec::new();
    let mut rest = arrays.iter();
    for (stage, _) in weighted(&network) {
        for shape in [kernel_shape(stage), vec![stage.bias().len()]] {
            let Some(array) = rest.next() else {
                return Err(ParseError::Unknown(format!(
                    "there are {} arrays, and the network has more",
                    arrays.len()
                )));
            };
            check_shape(array, &shape)?;
            genome.extend(&array.values);
        }
    }
    if let Some(array) = rest.next() {
        return Err(wrong(array, "is left over: the network has no such weights"));
    }
    check(Weights::Floats(Box::new(network), genome))
}

/// The widths of dense layers whose kernels and biases these are.
fn dense_layers(arrays: &[Array]) -> Result<Vec<Hidden>, ParseError> {
    if arrays.is_empty() {
        return Err(ParseError::Unknown("there are no arrays of weights".to_string()));
    }
    let mut layers = Vec::new();
    for pair in arrays.chunks(2) {
        let [kernel, bias] = pair else {
            return Err(wrong(&pair[0], "has no bias behind it"));
        };
        let &[rows, units] = &kernel.shape[..] else {
            let problem = format!(
                "has shape {:?}, not that of a dense layer's kernel, [in, out]; say by --network and --input what the network is",
                kernel.shape
            );
            return Err(wrong(kernel, &problem));
        };
        if let Some(problem) = other_bias(&bias.shape, [rows, units]) {
            return Err(wrong(bias, &problem));
        }
        layers.push(Hidden::Dense(units));
    }
    Ok(layers)
}

fn check_shape(array: &Array, shape: &[usize]) -> Result<(), ParseError> {
    if array.shape == shape { Ok(()) } else { Err(wrong(array, &other_shape(&array.shape, shape))) }
}

fn wrong(array: &Array, problem: &str) -> ParseError {
    ParseError::Tensor { tensor: array.name.clone(), problem: problem.to_string() }
}
