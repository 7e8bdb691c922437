//! Reads a model: walks from its input to its output, node by node, and collects layers.

use super::normalisation::{PIXELS, nodes};
use super::proto::{Dimension, Graph, Model, Node};
use super::tensor::Tensors;
use super::walk::Walk;
use crate::champion::{Champion, Weights};
use crate::formats::array::NetworkHint;
use crate::formats::check::check;
use crate::formats::error::ParseError;
use crate::formats::safetensors;
use crate::formats::safetensors::description::{BOUNDS, checked};
use prost::Message;
use std::collections::HashMap;
use tinyevo_core::network::Network;

/// The champion in the bytes of a model. Never panics.
///
/// Of the hint, the shape of a sample counts, where the model does not say it.
///
/// # Errors
/// The bytes are no model; a node that no layer stands for, which is named; weights that are not finite.
pub fn parse(bytes: &[u8], hint: &NetworkHint) -> Result<Champion, ParseError> {
    let model = Model::decode(bytes)
        .map_err(|error| wrong(format!("it is damaged or no ONNX model: {error}")))?;
    if hint.network.is_some() {
        let what = "--network is for files that hold weights alone; an ONNX model says its network";
        return Err(ParseError::Unknown(what.to_string()));
    }
    let graph = model.graph.as_ref().ok_or_else(|| wrong("it has no graph"))?;
    let said = property(&model, safetensors::KEY).map(safetensors::said).transpose()?;
    let known = said.as_ref().map(|(shape, _)| *shape);
    let tensors = tensors(graph);
    let inputs: Vec<_> =
        graph.input.iter().filter(|input| !tensors.contains_key(&*input.name)).collect();
    let [input] = inputs[..] else {
        return Err(wrong(format!("it has {} inputs; one is needed", inputs.len())));
    };
    let dims = input.r#type.as_ref().and_then(|of| of.tensor_type.as_ref()?.shape.as_ref());
    let dims = dims.map(|shape| sides(&shape.dim)).unwrap_or_default();
    let mut walk = Walk::new(&dims, hint.input.or(known), &tensors);
    let takers = takers(graph);
    let normalised = graph.node.iter().any(|node| node.output == [PIXELS]);
    let mut value = if normalised { PIXELS } else { &*input.name };
    // Each node is passed at most once: a circle ends here too.
    for _ in 0..=graph.node.len() {
        if graph.output.iter().any(|output| output.name == value) {
            let (shape, layers, genome) = walk.finish().map_err(wrong)?;
            let network = Network::new(shape, &layers)?;
            if genome.len() != network.parameters() {
                return Err(wrong("its weights do not fit its layers"));
            }
            let names = said.map(|(_, names)| names).unwrap_or_default();
            let description = checked(&network, names, bounds(&model)?)?;
            let champion = Champion::from(Weights::Floats(Box::new(network), genome));
            let champion = champion.described(description);
            if normalised && !normalises(graph, &champion, &input.name, dims.last()) {
                let problem = "its nodes normalise samples in another way than its metadata says";
                return Err(wrong(problem));
            }
            return check(champion);
        }
        let node = next(&takers, value)?;
        walk.node(node, value).map_err(|problem| {
            wrong(format!("the node {:?}, {}, {problem}", node.name, node.op_type))
        })?;
        value = node.output.first().map_or("", String::as_str);
    }
    Err(wrong("its nodes do not lead from the input to an output"))
}

/// Whether the nodes up to [`PIXELS`] are those of the champion's normalisation, on an input of this last side.
fn normalises(graph: &Graph, champion: &Champion, input: &str, last: Option<&usize>) -> bool {
    let last = last.filter(|last| **last <= champion.network().input().elements());
    let (Some(normalisation), Some(last)) = (champion.normalisation(), last) else { return false };
    let (nodes, tensors) = nodes(normalisation, input, *last);
    graph.node.starts_with(&nodes) && graph.initializer.starts_with(&tensors)
}

/// The value of a key of the metadata.
fn property<'m>(model: &'m Model, key: &str) -> Option<&'m str> {
    let found = model.metadata_props.iter().find(|property| property.key == key);
    found.map(|property| property.value.as_str())
}

/// The bounds of the normalisation, low and high, which tinyevo wrote.
fn bounds(model: &Model) -> Result<Option<[Vec<f32>; 2]>, ParseError> {
    let bound = |name| {
        let values = property(model, name).map(serde_json::from_str).transpose();
        values.map_err(|error| ParseError::Metadata(format!("{name}: {error}")))
    };
    let [low, high] = BOUNDS;
    match (bound(low)?, bound(high)?) {
        (None, None) => Ok(None),
        (Some(lows), Some(highs)) => Ok(Some([lows, highs])),
        _ => Err(ParseError::Metadata(format!("of {low} and {high} there is one only"))),
    }
}

fn wrong(problem: impl Into<String>) -> ParseError {
    ParseError::Onnx(problem.into())
}

/// The tensors that have a name: initial values, and constants among the nodes.
fn tensors(graph: &Graph) -> Tensors<'_> {
    let initial = graph.initializer.iter().map(|tensor| (tensor.name.as_str(), tensor));
    let constants = graph.node.iter().filter(|node| node.op_type == "Constant");
    let constants = constants.filter_map(|node| {
        let value = node.attribute.iter().find(|attribute| attribute.name == "value")?;
        Some((node.output.first()?.as_str(), value.t.as_ref()?))
    });
    initial.chain(constants).collect()
}

/// The sides of an input behind the number of samples; 0 for one that is not known.
fn sides(dims: &[Dimension]) -> Vec<usize> {
    let side = |dim: &Dimension| dim.dim_value.and_then(|side| usize::try_from(side).ok());
    dims.iter().skip(1).map(|dim| side(dim).unwrap_or(0)).collect()
}

/// The nodes that take each value, in their order.
fn takers(graph: &Graph) -> HashMap<&str, Vec<&Node>> {
    let mut takers: HashMap<_, Vec<&Node>> = HashMap::new();
    // What only asks for the shape changes no value.
    for node in graph.node.iter().filter(|node| node.op_type != "Shape") {
        for name in &node.input {
            let own = takers.entry(name.as_str()).or_default();
            // A node may take a value twice.
            if own.last().is_none_or(|last| !std::ptr::eq(*last, node)) {
                own.push(node);
            }
        }
    }
    takers
}

/// The one node that takes a value.
fn next<'g>(takers: &HashMap<&str, Vec<&'g Node>>, value: &str) -> Result<&'g Node, ParseError> {
    match takers.get(value).map_or(&[][..], |own| own) {
        [node] => Ok(node),
        [] => Err(wrong(format!("no node takes the value {value:?}"))),
        [first, second, ..] => Err(wrong(format!(
            "the value {value:?} goes to {:?} and to {:?}; layers must stand one behind another",
            first.name, second.name
        ))),
    }
}
