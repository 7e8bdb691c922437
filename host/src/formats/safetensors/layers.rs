//! The layers of a network with convolutions or poolings, as Keras' `get_config()` has them.

use crate::formats::error::ParseError;
use serde::{Deserialize, Serialize};
use tinyevo_core::layers::{
    Activation, Conv2d, Dense, Extent, Flatten, Layer, MaxPool2d, Padding, Window,
};
use tinyevo_core::network::{Network, Stage};

/// A layer. The fields are keys of Keras' configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "class_name", deny_unknown_fields)]
pub(crate) enum LayerConfig {
    Conv2D {
        filters: usize,
        kernel_size: [usize; 2],
        strides: [usize; 2],
        padding: String,
        activation: String,
    },
    MaxPooling2D {
        pool_size: [usize; 2],
        strides: [usize; 2],
        padding: String,
    },
    Flatten {},
    Dense {
        units: usize,
        activation: String,
    },
}

/// Activations as Keras names them.
pub(super) const ACTIVATIONS: [(Activation, &str); 3] =
    [(Activation::Linear, "linear"), (Activation::Relu, "relu"), (Activation::Softmax, "softmax")];

/// Paddings as Keras names them.
const PADDINGS: [(Padding, &str); 2] = [(Padding::Valid, "valid"), (Padding::Same, "same")];

/// The name of a value in a table.
fn name<T: PartialEq>(table: &[(T, &str)], value: &T) -> String {
    let found = table.iter().find(|(known, _)| known == value);
    found.map(|(_, name)| (*name).to_string()).unwrap_or_default()
}

/// The value of a name in a table.
fn value<T: Copy>(table: &[(T, &str)], name: &str) -> Result<T, ParseError> {
    let found = table.iter().find(|(_, known)| *known == name);
    found.map(|(value, _)| *value).ok_or_else(|| {
        let known: Vec<_> = table.iter().map(|(_, known)| *known).collect();
        ParseError::Metadata(format!("{name:?} is none of {}", known.join(", ")))
    })
}

impl LayerConfig {
    pub(crate) fn of(layer: Layer) -> Self {
        let pair = |extent: Extent| [extent.height, extent.width];
        match layer {
            Layer::Dense(Dense { units, activation }) => {
                Self::Dense { units, activation: name(&ACTIVATIONS, &activation) }
            }
            Layer::Conv2d(Conv2d { filters, window, activation }) => Self::Conv2D {
                filters,
                kernel_size: pair(window.size),
                strides: pair(window.stride),
                padding: name(&PADDINGS, &window.padding),
                activation: name(&ACTIVATIONS, &activation),
            },
            Layer::MaxPool2d(MaxPool2d { window }) => Self::MaxPooling2D {
                pool_size: pair(window.size),
                strides: pair(window.stride),
                padding: name(&PADDINGS, &window.padding),
            },
            Layer::Flatten(_) => Self::Flatten {},
        }
    }

    fn layer(&self) -> Result<Layer, ParseError> {
        let window = |size: &[usize; 2], stride: &[usize; 2], padding: &str| {
            let extent = |&[height, width]: &[usize; 2]| Extent { height, width };
            let padding = value(&PADDINGS, padding)?;
            Ok::<_, ParseError>(Window { size: extent(size), stride: extent(stride), padding })
        };
        let activation = |name: &str| value::<Activation>(&ACTIVATIONS, name);
        Ok(match self {
            Self::Dense { units, activation: name } => {
                Layer::Dense(Dense { units: *units, activation: activation(name)? })
            }
            Self::Conv2D { filters, kernel_size, strides, padding, activation: name } => {
                let window = window(kernel_size, strides, padding)?;
                Layer::Conv2d(Conv2d { filters: *filters, window, activation: activation(name)? })
            }
            Self::MaxPooling2D { pool_size, strides, padding } => {
                Layer::MaxPool2d(MaxPool2d { window: window(pool_size, strides, padding)? })
            }
            Self::Flatten {} => Layer::Flatten(Flatten),
        })
    }
}

/// The layers of a network; `None` where all are dense, which their tensors say by themselves.
pub(super) fn configs(network: &Network) -> Option<Vec<LayerConfig>> {
    let layers = || network.stages().iter().map(|stage| stage.layer);
    let dense = |layer| matches!(layer, Layer::Dense(_));
    (!layers().all(dense)).then(|| layers().map(LayerConfig::of).collect())
}

/// The layers of their configurations.
pub(super) fn layers(configs: &[LayerConfig]) -> Result<Vec<Layer>, ParseError> {
    configs.iter().map(LayerConfig::layer).collect()
}

/// The shape of a layer's kernel.
pub(crate) fn kernel_shape(stage: &Stage) -> Vec<usize> {
    match stage.layer {
        Layer::Conv2d(conv) => {
            let Extent { height, width } = conv.window.size;
            vec![height, width, stage.input.channels, conv.filters]
        }
        _ => vec![stage.input.elements(), stage.output.elements()],
    }
}
