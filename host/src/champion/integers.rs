//! Champions of 8-bit integers of dense layers.

use crate::error::Error;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::quantized::{self, Model, Number, Weight};
use tinyevo_core::shape::Shape;

/// A network of 8-bit integers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integers {
    network: Box<Network>,
    layers: Vec<IntegerLayer>,
}

/// The integers of one dense layer, see [`quantized::Dense`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegerLayer {
    /// Weights `[in][out]`.
    pub weights: Vec<i8>,
    /// A bias for each output.
    pub bias: Vec<i32>,
    /// A multiplier for each output.
    pub multipliers: Vec<i32>,
    /// Number of bits by which products are shifted to the right, 1 to 62.
    pub shift: u32,
}

impl IntegerLayer {
    /// The layer, as the core takes it.
    #[must_use]
    pub fn view(&self) -> quantized::Dense<'_> {
        quantized::Dense {
            weights: &self.weights,
            bias: &self.bias,
            multipliers: &self.multipliers,
            shift: self.shift,
        }
    }
}

impl Integers {
    /// Joins layers behind an input of this shape.
    ///
    /// # Errors
    /// The layers make no [`Model`], or its inputs are not those of the shape.
    pub fn new(input: Shape, layers: Vec<IntegerLayer>) -> Result<Self, Error> {
        let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
        let views: Vec<_> = layers.iter().map(IntegerLayer::view).collect();
        let model = Model::new(&views).map_err(|error| internal(&error))?;
        if model.inputs() != input.elements() {
            return Err(internal(&"the shape of the input does not fit the first layer"));
        }
        let last = views.len() - 1;
        let dense = |(index, view): (usize, &quantized::Dense<'_>)| {
            let activation = if index == last { Activation::Softmax } else { Activation::Relu };
            Layer::Dense(Dense { units: view.outputs(), activation })
        };
        let dense: Vec<_> = views.iter().enumerate().map(dense).collect();
        let network = Network::new(input, &dense).map_err(|error| internal(&error))?;
        drop((model, views));
        Ok(Self { network: Box::new(network), layers })
    }

    /// Copies a model, wherever its numbers lie.
    ///
    /// # Errors
    /// As [`Integers::new`].
    pub fn copy<W: Weight, N: Number>(
        input: Shape,
        model: &Model<'_, W, N>,
    ) -> Result<Self, Error> {
        let layer = |layer: &quantized::Dense<'_, W, N>| IntegerLayer {
            weights: layer.weights.iter().map(|weight| i8::from_le_bytes(weight.byte())).collect(),
            bias: layer.bias.iter().map(|number| number.get()).collect(),
            multipliers: layer.multipliers.iter().map(|number| number.get()).collect(),
            shift: layer.shift,
        };
        Self::new(input, model.layers().iter().map(layer).collect())
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// The layers.
    #[must_use]
    pub fn layers(&self) -> &[IntegerLayer] {
        &self.layers
    }

    /// The network, as the core runs it.
    ///
    /// # Errors
    /// Never: the layers were checked when the champion was made.
    pub fn model(&self) -> Result<Model<'_>, Error> {
        let views: Vec<_> = self.layers.iter().map(IntegerLayer::view).collect();
        Model::new(&views).map_err(|error| Error::Internal(error.to_string()))
    }

    /// The class of each image: its inputs are bytes, one image after the other.
    ///
    /// # Errors
    /// The last image is cut off.
    pub fn classes(&self, images: &[u8]) -> Result<Vec<u8>, Error> {
        let model = self.model()?;
        let length = model.scratch_length();
        let (mut sums, mut activations) = (vec![0; length], vec![0; length]);
        let images = images.chunks(model.inputs().max(1));
        images.map(|image| Ok(model.classify(image, &mut sums, &mut activations)? as u8)).collect()
    }

    /// The logits of an image.
    ///
    /// # Errors
    /// It has another length than the network asks for.
    pub fn logits(&self, image: &[u8]) -> Result<Vec<i32>, Error> {
        let model = self.model()?;
        let length = model.scratch_length();
        let (mut sums, mut activations) = (vec![0; length], vec![0; length]);
        Ok(model.logits(image, &mut sums, &mut activations)?.to_vec())
    }

    /// Bytes of flash that weights, biases and multipliers take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let layers = self.layers.iter();
        layers.map(|l| l.weights.len() + 4 * (l.bias.len() + l.multipliers.len())).sum()
    }
}
