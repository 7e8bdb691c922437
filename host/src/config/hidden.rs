//! The hidden layers of a network as text: `conv:10x5`, `pool:2`, `dense:128`.
//!
//! | layer | text | Keras |
//! | --- | --- | --- |
//! | convolution with ReLU | `conv:FILTERSxSIZE[:STRIDE][:same]` | `Conv2D(FILTERS, SIZE, STRIDE, padding, activation="relu")` |
//! | max pooling | `pool:SIZE[:STRIDE][:same]` | `MaxPooling2D(SIZE, STRIDE, padding)` |
//! | dense layer with ReLU | `dense:UNITS`, or a number | `Dense(UNITS, activation="relu")` |
//!
//! SIZE and STRIDE are one number, or rows and columns as `3x5`. The stride of a convolution is 1 by default, that of a pooling its
//! size; the padding is `valid` by default.

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use tinyevo_core::layers::{
    Activation, Conv2d, Dense, Extent, Flatten, Layer, MaxPool2d, Padding, Window,
};

/// A hidden layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// A dense layer with ReLU, of so many units.
    Dense(usize),
    /// A convolution with ReLU, of so many filters.
    Conv(usize, Window),
    /// Max pooling.
    Pool(Window),
}

/// The most units or filters of a layer, and the largest size of a window.
const MOST_UNITS: usize = 1_000_000;
const MOST_SIZE: usize = 1000;

impl Hidden {
    /// A layer of the core, whatever its activation; `None` for one that only changes the shape.
    #[must_use]
    pub const fn of(layer: Layer) -> Option<Self> {
        match layer {
            Layer::Dense(dense) => Some(Self::Dense(dense.units)),
            Layer::Conv2d(conv) => Some(Self::Conv(conv.filters, conv.window)),
            Layer::MaxPool2d(pool) => Some(Self::Pool(pool.window)),
            Layer::Flatten(_) => None,
        }
    }

    /// The layer as the core has it.
    #[must_use]
    pub const fn layer(self) -> Layer {
        let activation = Activation::Relu;
        match self {
            Self::Dense(units) => Layer::Dense(Dense { units, activation }),
            Self::Conv(filters, window) => Layer::Conv2d(Conv2d { filters, window, activation }),
            Self::Pool(window) => Layer::MaxPool2d(MaxPool2d { window }),
        }
    }

    /// Whether it is a dense layer.
    #[must_use]
    pub const fn is_dense(self) -> bool {
        matches!(self, Self::Dense(_))
    }
}

impl From<usize> for Hidden {
    fn from(units: usize) -> Self {
        Self::Dense(units)
    }
}

/// The layers of a network with these hidden layers, whose output layer has so many units. A [`Flatten`] stands
/// before a dense layer behind a convolution or pooling, as in Keras.
#[must_use]
pub fn layers(hidden: &[Hidden], outputs: usize) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut maps = false;
    let output = Layer::Dense(Dense { units: outputs, activation: Activation::Softmax });
    for layer in hidden.iter().map(|hidden| hidden.layer()).chain([output]) {
        let is_dense = matches!(layer, Layer::Dense(_));
        if maps && is_dense {
            layers.push(Layer::Flatten(Flatten));
        }
        maps = !is_dense;
        layers.push(layer);
    }
    layers
}

/// One number, or rows and columns.
fn extent(text: &str) -> Option<Extent> {
    let (height, width) = text.split_once('x').unwrap_or((text, text));
    Some(Extent { height: number(height, MOST_SIZE)?, width: number(width, MOST_SIZE)? })
}

fn number(text: &str, most: usize) -> Option<usize> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && (1..=most).contains(number))
}

/// `SIZE[:STRIDE][:same]`.
fn window(text: &str, stride: fn(Extent) -> Extent) -> Option<Window> {
    let mut parts = text.split(':');
    let size = extent(parts.next()?)?;
    let mut window = Window { size, stride: stride(size), padding: Padding::Valid };
    let mut next = parts.next();
    if let Some(stride) = next.and_then(extent) {
        window.stride = stride;
        next = parts.next();
    }
    if next == Some("same") {
        window.padding = Padding::Same;
        next = parts.next();
    }
    next.is_none().then_some(window)
}

impl FromStr for Hidden {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let Some((kind, rest)) = text.split_once(':') else {
                return number(text, MOST_UNITS).map(Self::Dense);
            };
            match kind {
                "dense" => number(rest, MOST_UNITS).map(Self::Dense),
                "pool" => window(rest, |size| size).map(Self::Pool),
                "conv" => {
                    let (filters, rest) = rest.split_once('x')?;
                    let window = window(rest, |_| Extent::square(1))?;
                    Some(Self::Conv(number(filters, MOST_UNITS)?, window))
                }
                _ => None,
            }
        };
        parse().ok_or_else(|| {
            "a layer is conv:FILTERSxSIZE, pool:SIZE or dense:UNITS, as conv:10x5, pool:2, dense:128".to_string()
        })
    }
}

/// One number, or rows and columns.
struct Size(Extent);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Extent { height, width } = self.0;
        if height == width { write!(f, "{height}") } else { write!(f, "{height}x{width}") }
    }
}

/// What follows the kind and the filters.
struct Moves(Window, Extent);

impl fmt::Display for Moves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Window { size, stride, padding }, usual) = *self;
        write!(f, "{}", Size(size))?;
        if stride != usual {
            write!(f, ":{}", Size(stride))?;
        }
        if padding == Padding::Same { f.write_str(":same") } else { Ok(()) }
    }
}

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Dense(units) => write!(f, "dense:{units}"),
            Self::Conv(filters, window) => {
                write!(f, "conv:{filters}x{}", Moves(window, Extent::square(1)))
            }
            Self::Pool(window) => write!(f, "pool:{}", Moves(window, window.size)),
        }
    }
}

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Dense(units) => units.serialize(serializer),
            other => serializer.collect_str(other),
        }
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        let text = match &value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        text.parse()
            .map_err(|fault: String| D::Error::invalid_value(Unexpected::Str(&text), &&*fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_read_as_they_are_written() {
        for text in [
            "conv:10x5",
            "conv:10x5x3",
            "conv:8x3:2",
            "conv:8x3:2x1:same",
            "conv:8x3:same",
            "pool:2",
            "pool:3:2",
            "pool:2x1:same",
            "dense:128",
        ] {
            assert_eq!(text.parse::<Hidden>().unwrap().to_string(), text);
        }
        assert_eq!("64".parse(), Ok(Hidden::Dense(64)));
        // The usual stride need not be written.
        assert_eq!("pool:2:2".parse::<Hidden>().unwrap().to_string(), "pool:2");
        for text in [
            "",
            "0",
            "-1",
            "+1",
            "conv",
            "conv:5",
            "conv:0x5",
            "conv:5x0",
            "conv:5x5:",
            "conv:5x5:0",
            "conv:5x5:same:2",
            "conv:5x5:same:same",
            "conv:5x5:valid",
            "pool",
            "pool:",
            "pool:2x2x2",
            "dense:",
            "dense:1x1",
            "relu",
            "dense:1000001",
            "pool:1001",
        ] {
            assert!(text.parse::<Hidden>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_dense_layer_behind_maps_is_flattened_first() {
        let hidden = ["conv:10x5", "pool:2", "dense:32", "16"].map(|text| text.parse().unwrap());
        let kinds: Vec<_> = layers(&hidden, 10).iter().map(|layer| layer.kind()).collect();
        assert_eq!(kinds, ["Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dense", "Dense"]);
        assert_eq!(layers(&[Hidden::Dense(8)], 3).len(), 2);
    }
}
