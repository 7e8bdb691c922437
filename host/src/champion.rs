//! A champion: a network and its weights, as floats, as 8-bit integers or as packed ones, independent of file formats.
//!
//! [`crate::formats`] reads and writes files; [`mod@crate::quantize`] turns floats into integers.

use crate::config::Hidden;
use crate::data::{Description, Normalisation};
use crate::error::Error;
use tinyevo_core::deploy::Format;
use tinyevo_core::layers::Layer;
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

mod integers;
mod packed;

pub use integers::{IntegerLayer, Integers};
pub use packed::PackedIntegers;

/// A network, its weights, and what its inputs and outputs mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Champion {
    /// The network and its weights.
    pub weights: Weights,
    /// How its inputs are made of measured values, and the names of its classes; empty if the data had none, or the
    /// file that it was read from.
    pub description: Description,
}

/// A network and its weights.
#[derive(Debug, Clone, PartialEq)]
pub enum Weights {
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
            Ok(Weights::Floats(Box::new(network), genome).into())
        } else {
            Err(Error::Internal(format!(
                "a genome of {} weights for a network of {}",
                genome.len(),
                network.parameters()
            )))
        }
    }

    /// The same with another description.
    #[must_use]
    pub fn described(self, description: Description) -> Self {
        Self { description, ..self }
    }

    /// How floats become the bytes that are its inputs; `None` where its inputs are bytes from the start.
    #[must_use]
    pub const fn normalisation(&self) -> Option<&Normalisation> {
        self.description.normalisation.as_ref()
    }

    /// The names of its classes, in the order of its outputs; empty if they have none.
    #[must_use]
    pub fn class_names(&self) -> &[String] {
        &self.description.class_names
    }

    /// The network: its layers and shapes.
    #[must_use]
    pub const fn network(&self) -> &Network {
        match &self.weights {
            Weights::Floats(network, _) => network,
            Weights::Integers(integers) => integers.network(),
            Weights::Packed(packed) => packed.network(),
        }
    }

    /// How its weights are stored: `f32`, `int8`, or the formats of its layers, as `int8,ternary,int4`.
    #[must_use]
    pub fn numbers(&self) -> String {
        match &self.weights {
            Weights::Floats(..) => "f32".to_string(),
            Weights::Integers(_) => "int8".to_string(),
            Weights::Packed(packed) => format_names(packed.formats()),
        }
    }

    /// The class of each image, of a champion of integers.
    ///
    /// # Errors
    /// The last image is cut off, or it is a champion of floats.
    pub fn integer_classes(&self, images: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.weights {
            Weights::Floats(..) => {
                Err(Error::Internal("a champion of floats is no integers".to_string()))
            }
            Weights::Integers(integers) => integers.classes(images),
            Weights::Packed(packed) => packed.classes(images),
        }
    }

    /// The logits of an image, of a champion of integers.
    ///
    /// # Errors
    /// The image has another length than the network asks for, or it is a champion of floats.
    pub fn integer_logits(&self, image: &[u8]) -> Result<Vec<i32>, Error> {
        match &self.weights {
            Weights::Floats(..) => {
                Err(Error::Internal("a champion of floats is no integers".to_string()))
            }
            Weights::Integers(integers) => integers.logits(image),
            Weights::Packed(packed) => packed.logits(image),
        }
    }

    /// Bytes that its weights take, without shapes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match &self.weights {
            Weights::Floats(_, genome) => 4 * genome.len(),
            Weights::Integers(integers) => integers.bytes(),
            Weights::Packed(packed) => packed.bytes(),
        }
    }

    /// Checks that it takes samples of this shape to this number of classes. A vector fits any shape of as many values.
    ///
    /// # Errors
    /// [`Error::OtherData`].
    pub fn check_data(&self, shape: Shape, classes: usize) -> Result<(), Error> {
        let (input, outputs) = (self.network().input(), self.network().outputs());
        let is_flat = |shape: Shape| shape == Shape::flat(shape.elements());
        let as_many = shape.elements() == input.elements();
        let fits = shape == input || as_many && (is_flat(shape) || is_flat(input));
        if fits && classes == outputs {
            return Ok(());
        }
        Err(Error::OtherData { network: (input, outputs), data: (shape, classes) })
    }
}

/// Without a description.
impl From<Weights> for Champion {
    fn from(weights: Weights) -> Self {
        Self { weights, description: Description::default() }
    }
}

/// The formats of layers as `--weights` takes them: one, if all are equal; `f32`, if there are none.
#[must_use]
pub fn format_names(formats: &[Format]) -> String {
    if formats.is_empty() {
        return "f32".to_string();
    }
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
    use tinyevo_core::layers::{Activation, Dense};

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
        Weights::Packed(PackedIntegers::deployed(&network, &formats, &genome).unwrap()).into()
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
        Weights::Integers(Integers::new(Shape::flat(3), vec![hidden, last]).unwrap()).into()
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
        odd().check_data(Shape::flat(12), 4).unwrap();
        integers().check_data(Shape { height: 3, width: 1, channels: 1 }, 1).unwrap();
        for other in [shape(2, 2), shape(3, 2), Shape::flat(8)] {
            let error = odd().check_data(other, 4).unwrap_err().to_string();
            assert!(error.contains("2x3x2 inputs to 4 classes, but the data has"), "{error}");
        }
        assert!(odd().check_data(shape(2, 3), 3).is_err());
    }

    #[test]
    fn integers_that_are_no_network_are_refused() {
        let Weights::Integers(integers) = integers().weights else { panic!() };
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
