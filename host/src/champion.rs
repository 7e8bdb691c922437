//! A champion: a network and its weights, as floats, as 8-bit integers or as packed ones, independent of file formats.
//!
//! [`crate::formats`] reads and writes files; [`mod@crate::quantize`] turns floats into integers.

use crate::config::Hidden;
use crate::error::Error;
use tinyevo_core::deploy::Format;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::quantized::{self, Model, Number, Weight};
use tinyevo_core::shape::Shape;

mod packed;

pub use packed::PackedIntegers;

/// A network and its weights.
#[derive(Debug, Clone, PartialEq)]
pub enum Champion {
    /// Floats: the network and its genome, which has [`Network::parameters`] floats.
    Floats(Box<Network>, Vec<f32>),
    /// 8-bit integers of dense layers.
    Integers(Integers),
    /// Integers of 8 bits or fewer, of any layers.
    Packed(PackedIntegers),
}

impl Champion {
    /// A champion of floats.
    ///
    /// # Errors
    /// The genome does not fit the network.
    pub fn floats(network: Network, genome: Vec<f32>) -> Result<Self, Error> {
        if genome.len() == network.parameters() {
            Ok(Self::Floats(Box::new(network), genome))
        } else {
            Err(Error::Internal(format!(
                "a genome of {} weights for a network of {}",
                genome.len(),
                network.parameters()
            )))
        }
    }

    /// The network: its layers and shapes.
    #[must_use]
    pub const fn network(&self) -> &Network {
        match self {
            Self::Floats(network, _) => network,
            Self::Integers(integers) => &integers.network,
            Self::Packed(packed) => packed.network(),
        }
    }

    /// How its weights are stored: `f32`, `int8`, or the formats of its layers, as `int8,ternary,int4`.
    #[must_use]
    pub fn numbers(&self) -> String {
        match self {
            Self::Floats(..) => "f32".to_string(),
            Self::Integers(_) => "int8".to_string(),
            Self::Packed(packed) => format_names(packed.formats()),
        }
    }

    /// The class of each image, of a champion of integers.
    ///
    /// # Errors
    /// The last image is cut off, or it is a champion of floats.
    pub fn integer_classes(&self, images: &[u8]) -> Result<Vec<u8>, Error> {
        match self {
            Self::Floats(..) => {
                Err(Error::Internal("a champion of floats is no integers".to_string()))
            }
            Self::Integers(integers) => integers.classes(images),
            Self::Packed(packed) => packed.classes(images),
        }
    }

    /// Bytes that its weights take, without shapes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Floats(_, genome) => 4 * genome.len(),
            Self::Integers(integers) => integers.bytes(),
            Self::Packed(packed) => packed.bytes(),
        }
    }

    /// Checks that it takes samples of this shape to this number of classes.
    ///
    /// # Errors
    /// [`Error::OtherData`].
    pub fn check_data(&self, shape: Shape, classes: usize) -> Result<(), Error> {
        let network = (self.network().input().elements(), self.network().outputs());
        let data = (shape.elements(), classes);
        if network == data { Ok(()) } else { Err(Error::OtherData { network, data }) }
    }
}

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

    /// Bytes of flash that weights, biases and multipliers take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let layers = self.layers.iter();
        layers.map(|l| l.weights.len() + 4 * (l.bias.len() + l.multipliers.len())).sum()
    }
}

/// The formats of layers as `--weights` takes them: one, if all are equal.
#[must_use]
pub fn format_names(formats: &[Format]) -> String {
    let all_equal = formats.windows(2).all(|pair| pair.first() == pair.last());
    let shown = if all_equal { formats.get(..1).unwrap_or(formats) } else { formats };
    let names: Vec<_> = shown.iter().map(|format| format.name()).collect();
    names.join(",")
}

/// Whether all layers of a network are dense.
#[must_use]
pub fn is_dense(network: &Network) -> bool {
    network.stages().iter().all(|stage| matches!(stage.layer, Layer::Dense(_)))
}

/// The name of a network: its number of inputs and the outputs of each layer, for example `784-128-10`; with
/// convolutions or poolings its layers as `--network` takes them, `conv:10x5,pool:2,dense:10`.
#[must_use]
pub fn network_name(network: &Network) -> String {
    if is_dense(network) {
        let stages = network.stages().iter().map(|stage| stage.output);
        let shapes = std::iter::once(network.input()).chain(stages);
        let widths: Vec<_> = shapes.map(|shape| shape.elements().to_string()).collect();
        return widths.join("-");
    }
    let layers = network.stages().iter().map(|stage| stage.layer);
    let names: Vec<_> = layers.filter_map(Hidden::of).map(|layer| layer.to_string()).collect();
    names.join(",")
}

/// The names that Keras gives the layers: `dense`, `dense_1`, `conv2d`, `max_pooling2d`, ...
pub fn layer_names(network: &Network) -> impl Iterator<Item = String> {
    network.stages().iter().enumerate().map(|(index, stage)| {
        let kind = match stage.layer {
            Layer::Dense(_) => "dense",
            Layer::Conv2d(_) => "conv2d",
            Layer::MaxPool2d(_) => "max_pooling2d",
            Layer::Flatten(_) => "flatten",
        };
        let earlier = network.stages().iter().take(index);
        match earlier.filter(|other| other.layer.kind() == stage.layer.kind()).count() {
            0 => kind.to_string(),
            count => format!("{kind}_{count}"),
        }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use tinyevo_core::deploy::Formats;

    pub(crate) const fn dense(units: usize, activation: Activation) -> Layer {
        Layer::Dense(Dense { units, activation })
    }

    /// A champion of a network that has nothing of MNIST: 2x3x2 inputs, four classes, all activations.
    pub(crate) fn odd() -> Champion {
        let input = Shape { height: 2, width: 3, channels: 2 };
        let layers = [
            dense(3, Activation::Relu),
            dense(5, Activation::Linear),
            dense(4, Activation::Softmax),
        ];
        let network = Network::new(input, &layers).unwrap();
        let genome = (0..network.parameters()).map(|index| index as f32 / 7.0 - 5.5).collect();
        Champion::floats(network, genome).unwrap()
    }

    /// A champion with convolutions and poolings of all kinds.
    pub(crate) fn maps() -> Champion {
        let input = Shape { height: 7, width: 6, channels: 2 };
        let hidden: Vec<Hidden> = ["conv:3x2x3:2x1:same", "pool:2:1", "conv:4x2", "dense:5"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let network = Network::new(input, &crate::config::layers(&hidden, 3)).unwrap();
        let genome = (0..network.parameters()).map(|index| index as f32 / 9.0 - 6.5).collect();
        Champion::floats(network, genome).unwrap()
    }

    /// Packed integers with a convolution.
    pub(crate) fn packed() -> Champion {
        let input = Shape { height: 7, width: 6, channels: 2 };
        let hidden: Vec<Hidden> =
            ["conv:3x2x3:2x1:same", "pool:2:1"].iter().map(|text| text.parse().unwrap()).collect();
        let network = Network::new(input, &crate::config::layers(&hidden, 3)).unwrap();
        let genome: Vec<f32> =
            (0..network.parameters()).map(|index| index as f32 / 99.0 - 0.5).collect();
        let formats = Formats::new(&network, &[Format::Int4, Format::Ternary]).unwrap();
        Champion::Packed(PackedIntegers::deployed(&network, &formats, &genome).unwrap())
    }

    /// Integers of 3-2-1.
    pub(crate) fn integers() -> Champion {
        let hidden = IntegerLayer {
            weights: vec![1, -2, 127, -127, 5, -6],
            bias: vec![-70, i32::MIN],
            multipliers: vec![1 << 20, 3],
            shift: 21,
        };
        let last =
            IntegerLayer { weights: vec![-1, 1], bias: vec![9], multipliers: vec![8], shift: 3 };
        Champion::Integers(Integers::new(Shape::flat(3), vec![hidden, last]).unwrap())
    }

    #[test]
    fn names_say_how_wide_a_network_is_and_what_keras_calls_its_layers() {
        assert_eq!(network_name(odd().network()), "12-3-5-4");
        assert!(layer_names(odd().network()).eq(["dense", "dense_1", "dense_2"]));
        assert_eq!(network_name(integers().network()), "3-2-1");
        assert_eq!(network_name(packed().network()), "conv:3x2x3:2x1:same,pool:2:1,dense:3");
        assert_eq!((&*packed().numbers(), &*integers().numbers()), ("int4,ternary", "int8"));
        let name = "conv:3x2x3:2x1:same,pool:2:1,conv:4x2,dense:5,dense:3";
        assert_eq!(network_name(maps().network()), name);
        let names = ["conv2d", "max_pooling2d", "conv2d_1", "flatten", "dense", "dense_1"];
        assert!(layer_names(maps().network()).eq(names));
    }

    #[test]
    fn a_champion_is_measured_on_data_of_its_shape_only() {
        let shape = |height, width| Shape { height, width, channels: 2 };
        odd().check_data(shape(2, 3), 4).unwrap();
        odd().check_data(shape(3, 2), 4).unwrap();
        let error = odd().check_data(shape(2, 2), 4).unwrap_err().to_string();
        assert!(error.contains("12 inputs to 4 classes, but the data has 8 and 4"), "{error}");
        assert!(odd().check_data(shape(2, 3), 3).is_err());
    }

    #[test]
    fn integers_that_are_no_network_are_refused() {
        let Champion::Integers(integers) = integers() else { panic!() };
        assert_eq!(integers.bytes(), 6 + 2 + 4 * 6);
        let layers = integers.layers().to_vec();
        assert!(Integers::new(Shape::flat(4), layers.clone()).is_err());
        assert!(Integers::new(Shape::flat(3), layers[..1].to_vec()).is_ok());
        assert!(Integers::new(Shape::flat(3), Vec::new()).is_err());
        let network = Network::new(Shape::flat(1), &[dense(1, Activation::Relu)]).unwrap();
        assert!(Champion::floats(network, vec![0.0; 3]).is_err());
    }

    #[test]
    fn integers_classify_images_one_after_the_other() {
        let layer = IntegerLayer {
            weights: vec![1, -1, -1, 1],
            bias: vec![0, 0],
            multipliers: vec![2, 2],
            shift: 1,
        };
        let integers = Integers::new(Shape::flat(2), vec![layer]).unwrap();
        assert_eq!(integers.classes(&[5, 4, 4, 5, 0, 0]).unwrap(), [0, 1, 0]);
        assert!(integers.classes(&[5, 4, 4]).is_err());
    }
}
