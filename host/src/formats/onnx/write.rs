//! Writes a model.

use super::normalisation::{PIXELS, nodes};
use super::proto::{
    Attribute, Dimension, FLOAT, Graph, IR_VERSION, Model, Node, OPERATORS, OperatorSet, Property,
    TYPE_INT, TYPE_INTS, Tensor, TensorShape, TensorType, Type, ValueInfo,
};
use super::window::pads;
use crate::champion::{layer_names, network_name};
use crate::data::{Description, Normalisation};
use crate::error::Error;
use crate::formats::safetensors::description::bounds;
use crate::formats::safetensors::{self, tensor_names};
use prost::Message;
use tinyevo_core::layers::{Activation, Layer, Window};
use tinyevo_core::network::{Network, Stage};
use tinyevo_core::shape::Shape;

/// The name of the input.
const INPUT: &str = "input";

/// The file's bytes; the same champion has the same bytes.
///
/// # Errors
/// The genome does not fit the network, or [`Error::Unfit`]: a convolution or pooling stands behind a dense layer.
pub fn encode(
    network: &Network,
    genome: &[f32],
    description: &Description,
) -> Result<Vec<u8>, Error> {
    if genome.len() != network.parameters() {
        return Err(Error::Internal("the genome does not fit the network".to_string()));
    }
    let (mut writer, input) = Writer::new(network, description.normalisation.as_ref());
    for (stage, name) in network.stages().iter().zip(layer_names(network)) {
        writer.layer(stage, name, genome)?;
    }
    if writer.maps {
        writer.flatten("flatten_output");
    }
    if writer.graph.node.is_empty() {
        writer.node("Identity", "identity", &[], Vec::new());
    }
    let softmax = network.stages().last().map(|stage| stage.layer.activation());
    let output = if softmax == Some(Activation::Softmax) { "probabilities" } else { "logits" };
    if let Some(last) = writer.graph.node.last_mut() {
        last.output = vec![output.to_string()];
    }
    let classes = network.outputs();
    writer.graph.input.push(value(INPUT, &input));
    writer.graph.output.push(value(output, &[classes]));
    writer.graph.name = network_name(network);
    let model = Model {
        ir_version: IR_VERSION,
        producer_name: "tinyevo".to_string(),
        producer_version: env!("CARGO_PKG_VERSION").to_string(),
        doc_string: doc_string(&input, classes, output, description),
        graph: Some(writer.graph),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPERATORS }],
        metadata_props: properties(network, description)?,
    };
    Ok(model.encode_to_vec())
}

/// What goes in and comes out, in words.
fn doc_string(input: &[usize], classes: usize, output: &str, description: &Description) -> String {
    let sides: Vec<_> = input.iter().map(ToString::to_string).collect();
    let values = match &description.normalisation {
        None => "pixels divided by 255 (0 to 1)".to_string(),
        Some(normalisation) => format!(
            "measured values, which the nodes normalisation/... bring to 0 to 1; low {:?}, high {:?}",
            normalisation.low(),
            normalisation.high()
        ),
    };
    let order = if input.len() == 1 { "row by row" } else { "channels last" };
    let meaning = if output == "logits" { "logits" } else { "the probability of each class" };
    format!(
        "input: float32 [N, {}], {values}, {order}; output: float32 [N, {classes}], {meaning}",
        sides.join(", ")
    )
}

/// What the graph does not say: the metadata of safetensors, and the bounds of a normalisation as lists of JSON.
fn properties(network: &Network, description: &Description) -> Result<Vec<Property>, Error> {
    let property = |key: &str, value| Property { key: key.to_string(), value };
    let metadata = safetensors::metadata(network, &[], description)?;
    let mut properties = vec![property(safetensors::KEY, metadata)];
    for (name, values) in bounds(description.normalisation.as_ref()) {
        let list = serde_json::to_string(values);
        let list = list.map_err(|error| Error::Internal(error.to_string()))?;
        properties.push(property(name, list));
    }
    Ok(properties)
}

/// A graph under construction, and the value that its last node gives.
struct Writer {
    graph: Graph,
    value: String,
    /// Whether that value is channels-first maps, or else a vector for each sample.
    maps: bool,
}

impl Writer {
    /// The start of a graph, and the shape of a sample.
    fn new(network: &Network, normalisation: Option<&Normalisation>) -> (Self, Vec<usize>) {
        let Shape { height, width, channels } = network.input();
        let dense = |stage: &Stage| matches!(stage.layer, Layer::Dense(_) | Layer::Flatten(_));
        let maps = !network.stages().iter().all(dense);
        let input =
            if maps { vec![height, width, channels] } else { vec![network.input().elements()] };
        let mut writer = Self { graph: Graph::default(), value: INPUT.to_string(), maps };
        if let (Some(normalisation), Some(last)) = (normalisation, input.last()) {
            (writer.graph.node, writer.graph.initializer) = nodes(normalisation, INPUT, *last);
            writer.value = PIXELS.to_string();
        }
        if maps {
            writer.node("Transpose", "channels_first", &[], vec![ints("perm", &[0, 3, 1, 2])]);
        }
        (writer, input)
    }

    /// Adds a node that takes the value and more.
    fn node(&mut self, kind: &str, name: &str, more: &[String], attribute: Vec<Attribute>) {
        let mut input = vec![std::mem::replace(&mut self.value, name.to_string())];
        input.extend_from_slice(more);
        self.graph.node.push(Node {
            input,
            output: vec![name.to_string()],
            name: name.to_string(),
            op_type: kind.to_string(),
            attribute,
            domain: String::new(),
        });
    }

    /// Turns maps into vectors in Keras' order, channels last.
    fn flatten(&mut self, name: &str) {
        let perm = vec![ints("perm", &[0, 2, 3, 1])];
        self.node("Transpose", &format!("{name}/channels_last"), &[], perm);
        self.node("Flatten", name, &[], vec![int("axis", 1)]);
        self.maps = false;
    }

    fn tensor(&mut self, name: &str, dims: &[usize], values: impl Iterator<Item = f32>) {
        self.graph.initializer.push(Tensor {
            dims: dims.iter().map(|side| *side as i64).collect(),
            data_type: FLOAT,
            name: name.to_string(),
            raw_data: values.flat_map(f32::to_le_bytes).collect(),
            ..Tensor::default()
        });
    }

    /// Adds the nodes of a layer.
    fn layer(&mut self, stage: &Stage, name: String, genome: &[f32]) -> Result<(), Error> {
        let windows = matches!(stage.layer, Layer::Conv2d(_) | Layer::MaxPool2d(_));
        if windows && !self.maps {
            return Err(Error::Unfit {
                action: "written as ONNX",
                reason: format!("{name} stands behind a dense layer"),
            });
        }
        let (kernel, bias) = (&genome[stage.kernel()], &genome[stage.bias()]);
        let weights = tensor_names(name.clone());
        match stage.layer {
            Layer::Flatten(_) if self.maps => self.flatten(&name),
            Layer::Flatten(_) => {}
            Layer::MaxPool2d(pool) => {
                self.node("MaxPool", &name, &[], window(stage, pool.window));
            }
            Layer::Conv2d(conv) => {
                let size = conv.window.size;
                let (filters, channels) = (conv.filters, stage.input.channels);
                let area = size.height * size.width;
                let turned = (0..kernel.len()).map(|index| {
                    let (outer, place) = (index / area, index % area);
                    let (filter, channel) = (outer / channels, outer % channels);
                    kernel[(place * channels + channel) * filters + filter]
                });
                let dims = [filters, channels, size.height, size.width];
                self.tensor(&weights[0], &dims, turned);
                self.tensor(&weights[1], &[filters], bias.iter().copied());
                self.node("Conv", &name, &weights, window(stage, conv.window));
            }
            Layer::Dense(dense) => {
                if self.maps {
                    self.flatten(&format!("{name}/flatten"));
                }
                let dims = [stage.input.elements(), dense.units];
                self.tensor(&weights[0], &dims, kernel.iter().copied());
                self.tensor(&weights[1], &[dense.units], bias.iter().copied());
                self.node("Gemm", &name, &weights, Vec::new());
            }
        }
        match stage.layer.activation() {
            Activation::Linear => {}
            Activation::Relu => self.node("Relu", &format!("{name}/relu"), &[], Vec::new()),
            Activation::Softmax => {
                if self.maps {
                    self.flatten(&format!("{name}/flatten"));
                }
                self.node("Softmax", &format!("{name}/softmax"), &[], vec![int("axis", 1)]);
            }
        }
        Ok(())
    }
}

/// The attributes of a window. `same` padding is written as numbers of rows and columns.
fn window(stage: &Stage, window: Window) -> Vec<Attribute> {
    let pads = pads(stage.input, window);
    let pair = |height: usize, width: usize| [height as i64, width as i64];
    vec![
        ints("kernel_shape", &pair(window.size.height, window.size.width)),
        ints("pads", &pads),
        ints("strides", &pair(window.stride.height, window.stride.width)),
    ]
}

fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.to_string(), i: Some(value), r#type: TYPE_INT, ..Attribute::default() }
}

fn ints(name: &str, values: &[i64]) -> Attribute {
    let ints = values.to_vec();
    Attribute { name: name.to_string(), ints, r#type: TYPE_INTS, ..Attribute::default() }
}

/// A value of any number of samples of a shape.
fn value(name: &str, shape: &[usize]) -> ValueInfo {
    let any = Dimension { dim_value: None, dim_param: Some("N".to_string()) };
    let sides =
        shape.iter().map(|side| Dimension { dim_value: Some(*side as i64), dim_param: None });
    let dim = std::iter::once(any).chain(sides).collect();
    let shape = Some(TensorShape { dim });
    let tensor_type = Some(TensorType { elem_type: FLOAT, shape });
    ValueInfo { name: name.to_string(), r#type: Some(Type { tensor_type }) }
}
