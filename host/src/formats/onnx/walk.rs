//! The layers that the nodes of a chain make.

use super::proto::Node;
use super::shapes::Value;
use super::tensor::{Tensors, float, floats, int};
use super::window::window;
use crate::formats::array::Array;
use tinyevo_core::layers::{Activation, Conv2d, Dense, Extent, Flatten, Layer, MaxPool2d};
use tinyevo_core::network::MAX_LAYERS;
use tinyevo_core::shape::Shape;

/// What a walk has found: the shape of a sample, the layers, the genome.
pub(super) type Found = (Shape, Vec<Layer>, Vec<f32>);

/// A walk from the input of a graph to its output.
pub(super) struct Walk<'g> {
    tensors: &'g Tensors<'g>,
    /// The shape of a sample by the user or by the metadata.
    given: Option<Shape>,
    /// The shape of a sample that the first layer takes.
    input: Option<Shape>,
    value: Value,
    layers: Vec<Layer>,
    /// Kernel and bias of each layer that has them, in Keras' order.
    weights: Vec<[Vec<f32>; 2]>,
}

impl<'g> Walk<'g> {
    /// At the input, whose sides are known or 0.
    pub(super) fn new(sides: &[usize], given: Option<Shape>, tensors: &'g Tensors<'g>) -> Self {
        let value = Value::Input(sides.to_vec());
        Self { tensors, given, input: None, value, layers: Vec::new(), weights: Vec::new() }
    }

    /// Goes past a node, which takes the value of this name; what is wrong with it if no layer stands for it.
    pub(super) fn node(&mut self, node: &Node, name: &str) -> Result<(), String> {
        if !matches!(&*node.domain, "" | "ai.onnx") {
            return Err(format!("is of the domain {:?}, which tinyevo does not know", node.domain));
        }
        // Before more weights are copied: many nodes may share the same.
        if self.layers.len() > MAX_LAYERS {
            return Err(format!("stands behind more than {MAX_LAYERS} layers"));
        }
        let value = std::mem::replace(&mut self.value, Value::Vector(0));
        let is_maps = matches!(value, Value::First(_) | Value::Last(_));
        match &*node.op_type {
            "Identity" | "Dropout" => self.value = value,
            "Transpose" => self.value = value.transposed(node, self.given)?,
            "Flatten" if int(node, "axis").unwrap_or(1) != 1 => {
                return Err("has an axis other than 1".to_string());
            }
            kind @ ("Flatten" | "Reshape") => {
                self.given = self.given.or(value.sample());
                self.value = match kind {
                    "Flatten" => value.flattened(self.given)?,
                    _ => value.reshaped(node, self.tensors, self.given)?,
                };
                let now_maps = matches!(self.value, Value::First(_) | Value::Last(_));
                if is_maps && !now_maps && !self.layers.is_empty() {
                    self.layers.push(Layer::Flatten(Flatten));
                }
            }
            "Conv" | "MaxPool" => self.windows(node, value)?,
            "Gemm" | "MatMul" => self.dense(node, value, name)?,
            "Add" => self.add(node, value, name)?,
            "Relu" => self.relu(value)?,
            "Softmax" | "LogSoftmax" => self.softmax(node, value)?,
            _ => {
                return Err(
                    "is of a kind that tinyevo has no layer for; it has those of Gemm, MatMul, \
                            Add, Conv, MaxPool, Relu, Flatten, Reshape, Transpose and Softmax"
                        .to_string(),
                );
            }
        }
        Ok(())
    }

    /// What was found on the way.
    pub(super) fn finish(self) -> Result<Found, String> {
        match self.value {
            Value::Vector(_) => {}
            Value::Turned(Shape { height: 1, width: 1, .. }) => {}
            _ => return Err("its output is no vector of classes".to_string()),
        }
        let input = self.input.ok_or("it has no layer with weights")?;
        let genome = self.weights.into_iter().flatten().flatten().collect();
        Ok((input, self.layers, genome))
    }

    /// The constant that is input number `index` of a node.
    fn constant(&self, node: &Node, index: usize) -> Result<Option<Array>, String> {
        match node.input.get(index).map(String::as_str) {
            None | Some("") => Ok(None),
            Some(name) => match self.tensors.get(name) {
                Some(tensor) => floats(tensor).map(Some),
                None => Err(format!("takes {name:?}, which is no constant")),
            },
        }
    }

    /// Notes the shape of a sample, at the first layer.
    fn starts_with(&mut self, shape: Shape) {
        let given = self.given.filter(|given| given.elements() == shape.elements());
        let shape = if shape.height == 1 { given.unwrap_or(shape) } else { shape };
        let _ = self.input.get_or_insert(shape);
    }

    /// A convolution or a pooling.
    fn windows(&mut self, node: &Node, value: Value) -> Result<(), String> {
        let Value::First(shape) = value.into_first(self.given)? else {
            return Err("takes no maps".to_string());
        };
        self.starts_with(shape);
        let layer = if node.op_type == "MaxPool" {
            Layer::MaxPool2d(MaxPool2d { window: window(node, shape, None)? })
        } else {
            let kernel = self.constant(node, 1)?.ok_or("has no weights")?;
            let &[filters, channels, height, width] = &kernel.shape[..] else {
                return Err(format!("has weights of shape {:?}", kernel.shape));
            };
            if channels != shape.channels {
                return Err(format!("takes {channels} channels, and there are {}", shape.channels));
            }
            let window = window(node, shape, Some(Extent { height, width }))?;
            let bias = self.bias(node, 2, filters)?;
            let area = height * width;
            let turned = (0..kernel.values.len()).map(|index| {
                let (rest, filter) = (index / filters, index % filters);
                let (place, channel) = (rest / channels, rest % channels);
                kernel.values[(filter * channels + channel) * area + place]
            });
            self.weights.push([turned.collect(), bias]);
            Layer::Conv2d(Conv2d { filters, window, activation: Activation::Linear })
        };
        let output = layer.output(shape).ok_or("does not fit its input")?;
        self.layers.push(layer);
        self.value = Value::First(output);
        Ok(())
    }

    /// A dense layer.
    fn dense(&mut self, node: &Node, value: Value, name: &str) -> Result<(), String> {
        if node.input.first().is_none_or(|input| input != name) {
            return Err("takes its input on the right".to_string());
        }
        let scaled = ["alpha", "beta"].iter().any(|key| float(node, key).is_some_and(|x| x != 1.0));
        if scaled || int(node, "transA").unwrap_or(0) != 0 {
            return Err("has alpha, beta or transA".to_string());
        }
        let kernel = self.constant(node, 1)?.ok_or("has no weights")?;
        let &[a, b] = &kernel.shape[..] else {
            return Err(format!("has weights of shape {:?}", kernel.shape));
        };
        let turned = int(node, "transB").unwrap_or(0) != 0;
        let (inputs, units) = if turned { (b, a) } else { (a, b) };
        let value = match value {
            Value::Input(sides) if sides.len() <= 1 => {
                Value::Vector(sides.first().copied().filter(|side| *side > 0).unwrap_or(inputs))
            }
            Value::First(_) | Value::Last(_) | Value::Input(_) => {
                return Err("takes maps; they must be flattened".to_string());
            }
            vector => vector,
        };
        if value.elements() != Some(inputs) && value != Value::Vector(0) {
            let there = value.elements().unwrap_or(0);
            return Err(format!("takes {inputs} inputs, and there are {there}"));
        }
        // Where maps with their channels first were flattened, row (c, y, x) becomes row (y, x, c).
        let row = |row: usize| match value {
            Value::Turned(Shape { height, width, channels }) => {
                let (place, channel) = (row / channels, row % channels);
                channel * height * width + place
            }
            _ => row,
        };
        let weight = |index: usize| {
            let (row, unit) = (row(index / units), index % units);
            kernel.values[if turned { unit * inputs + row } else { row * units + unit }]
        };
        let values = (0..kernel.values.len()).map(weight).collect();
        let shape = match value {
            Value::Turned(shape) => shape,
            _ => Shape::flat(inputs),
        };
        self.starts_with(shape);
        let bias =
            if node.op_type == "Gemm" { self.bias(node, 2, units)? } else { vec![0.0; units] };
        self.weights.push([values, bias]);
        self.layers.push(Layer::Dense(Dense { units, activation: Activation::Linear }));
        self.value = Value::Vector(units);
        Ok(())
    }

    /// The bias that is input number `index` of a node; zeros if it has none.
    fn bias(&self, node: &Node, index: usize, units: usize) -> Result<Vec<f32>, String> {
        match self.constant(node, index)? {
            None => Ok(vec![0.0; units]),
            Some(bias) if bias.values.len() == units && bias.shape.last() == Some(&units) => {
                Ok(bias.values)
            }
            Some(bias) => Err(format!("has a bias of shape {:?} for {units} outputs", bias.shape)),
        }
    }

    /// A bias behind the layer that it is of.
    fn add(&mut self, node: &Node, value: Value, name: &str) -> Result<(), String> {
        let other = usize::from(node.input.first().is_some_and(|input| input == name));
        let bias = self.constant(node, other)?.ok_or("adds nothing")?;
        let (units, expected) = match (self.layers.last(), &value) {
            (Some(Layer::Dense(Dense { units, activation: Activation::Linear })), _) => {
                (*units, vec![*units])
            }
            (
                Some(Layer::Conv2d(Conv2d { filters, activation: Activation::Linear, .. })),
                Value::First(_),
            ) => (*filters, vec![*filters, 1, 1]),
            _ => return Err("adds a bias where no layer ends".to_string()),
        };
        let skipped = usize::from(bias.shape.len() > expected.len() && bias.shape[0] == 1);
        if bias.shape[skipped..] != expected {
            return Err(format!("adds {:?} to {units} outputs", bias.shape));
        }
        if let Some([_, own]) = self.weights.last_mut() {
            own.iter_mut().zip(&bias.values).for_each(|(own, more)| *own += more);
        }
        self.value = value;
        Ok(())
    }

    /// A ReLU. Behind a pooling or a flattening it is that of the layer before: the largest of ReLUs is the ReLU of the largest.
    fn relu(&mut self, value: Value) -> Result<(), String> {
        for layer in self.layers.iter_mut().rev() {
            let (Layer::Dense(Dense { activation, .. }) | Layer::Conv2d(Conv2d { activation, .. })) =
                layer
            else {
                continue;
            };
            if *activation == Activation::Softmax {
                break;
            }
            *activation = Activation::Relu;
            self.value = value;
            return Ok(());
        }
        Err("stands behind no layer with weights".to_string())
    }

    /// The softmax of the last layer. A logarithm behind it changes no class.
    fn softmax(&mut self, node: &Node, value: Value) -> Result<(), String> {
        let axis = int(node, "axis");
        let vector = matches!(value, Value::Vector(_));
        match self.layers.last_mut() {
            Some(Layer::Dense(Dense { activation: activation @ Activation::Linear, .. }))
                if vector && axis.is_none_or(|axis| axis == 1 || axis == -1) =>
            {
                *activation = Activation::Softmax;
                self.value = value;
                Ok(())
            }
            _ => Err("does not stand right behind a dense layer, over its units".to_string()),
        }
    }
}
