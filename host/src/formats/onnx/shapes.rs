//! What the value between two nodes is: vectors or maps, and in which order.

use super::proto::Node;
use super::tensor::{Tensors, integers, ints};
use tinyevo_core::shape::Shape;

/// The value between two nodes, of one sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// The input as the file has it: its sides, 0 for one that is not known.
    Input(Vec<usize>),
    /// A vector in Keras' order.
    Vector(usize),
    /// A vector of maps whose channels came first.
    Turned(Shape),
    /// Maps, channels first.
    First(Shape),
    /// Maps, channels last.
    Last(Shape),
}

impl Value {
    /// The shape of a sample that an input of one channel has, whatever the order of its axes.
    pub(super) fn sample(&self) -> Option<Shape> {
        match self {
            Self::Input(sides) => match sides[..] {
                [height, width] | [1, height, width] | [height, width, 1] => {
                    Some(Shape { height, width, channels: 1 })
                }
                _ => None,
            },
            _ => None,
        }
        .filter(|shape| shape.elements() > 0)
    }

    /// The maps of channels first that an input of these sides is, if it is no other value.
    pub(super) fn into_first(self, given: Option<Shape>) -> Result<Self, String> {
        match self {
            Self::Input(sides) => shape_of(&sides, true, given).map(Self::First),
            other => Ok(other),
        }
    }

    /// The value behind a `Transpose`.
    pub(super) fn transposed(self, node: &Node, given: Option<Shape>) -> Result<Self, String> {
        match (ints(node, "perm"), self) {
            ([0, 3, 1, 2], Self::Input(sides)) => shape_of(&sides, false, given).map(Self::First),
            ([0, 2, 3, 1], Self::Input(sides)) => shape_of(&sides, true, given).map(Self::Last),
            ([0, 3, 1, 2], Self::Last(shape)) => Ok(Self::First(shape)),
            ([0, 2, 3, 1], Self::First(shape)) => Ok(Self::Last(shape)),
            ([0, 1], value @ (Self::Vector(_) | Self::Turned(_))) => Ok(value),
            (perm, _) => Err(format!("turns axes by {perm:?}, which no layer does")),
        }
    }

    /// The value as vectors: behind a `Flatten`, or a `Reshape` to such.
    pub(super) fn flattened(self, given: Option<Shape>) -> Result<Self, String> {
        let ambiguous = |sides: &[usize]| {
            format!(
                "flattens an input of {sides:?}, of which the channels are not known: give --input, as 28x28x1"
            )
        };
        let sample = self.sample();
        Ok(match self {
            Self::First(shape) => Self::Turned(shape),
            Self::Last(shape) => Self::Vector(shape.elements()),
            Self::Input(sides) => match (&sides[..], given) {
                (&[inputs], _) => Self::Vector(inputs),
                _ if sample.is_some() => Self::Vector(sample.map_or(0, Shape::elements)),
                (_, Some(shape)) if shape_of(&sides, false, given).is_ok() => {
                    Self::Vector(shape.elements())
                }
                (_, Some(shape)) if shape_of(&sides, true, given).is_ok() => Self::Turned(shape),
                _ => return Err(ambiguous(&sides)),
            },
            vector => vector,
        })
    }

    /// The value behind a `Reshape`: to vectors, or from an input of one channel to maps.
    pub(super) fn reshaped(
        self,
        node: &Node,
        tensors: &Tensors<'_>,
        given: Option<Shape>,
    ) -> Result<Self, String> {
        let target = node.input.get(1).and_then(|name| tensors.get(name.as_str()));
        // What computes the target from the number of samples makes vectors.
        let Some(target) = target else { return self.flattened(given) };
        let target = integers(target)?;
        let side = |side: i64| usize::try_from(side).unwrap_or(0);
        let first = matches!(self, Self::Input(_) | Self::Vector(_));
        match (target.get(1..), self) {
            (Some(&[length]), value) => {
                let vector = value.flattened(given)?;
                let known = vector.elements().filter(|known| *known > 0);
                if length >= 0 && known.is_some_and(|known| known != side(length)) {
                    return Err(format!("makes {length} of {} values", known.unwrap_or(0)));
                }
                Ok(match vector {
                    Self::Vector(0) => Self::Vector(side(length)),
                    vector => vector,
                })
            }
            (Some(&[1, height, width]), _) if first => {
                Ok(Self::First(Shape { height: side(height), width: side(width), channels: 1 }))
            }
            (Some(&[height, width, 1]), _) if first => {
                Ok(Self::Last(Shape { height: side(height), width: side(width), channels: 1 }))
            }
            _ => Err(format!("gives the shape {target:?}, which no layer does")),
        }
    }

    /// Number of values of a sample.
    pub(super) fn elements(&self) -> Option<usize> {
        match self {
            Self::Input(_) => None,
            Self::Vector(length) => Some(*length),
            Self::Turned(shape) | Self::First(shape) | Self::Last(shape) => Some(shape.elements()),
        }
    }
}

/// The shape of an input of three sides, those that are not known as given.
fn shape_of(sides: &[usize], channels_first: bool, given: Option<Shape>) -> Result<Shape, String> {
    let &[a, b, c] = sides else {
        return Err(format!(
            "takes an input of {} sides, not of rows, columns and channels",
            sides.len()
        ));
    };
    let [height, width, channels] = if channels_first { [b, c, a] } else { [a, b, c] };
    let known =
        |side: usize, given: Option<usize>| if side > 0 { side } else { given.unwrap_or(0) };
    let shape = Shape {
        height: known(height, given.map(|shape| shape.height)),
        width: known(width, given.map(|shape| shape.width)),
        channels: known(channels, given.map(|shape| shape.channels)),
    };
    let Shape { height, width, channels } = shape;
    if shape.elements() == 0 {
        return Err(
            "takes an input whose sides are not known: give --input, as 28x28x1".to_string()
        );
    }
    match given {
        Some(given) if given != shape => Err(format!(
            "takes an input of {height}x{width}x{channels}, not of {}x{}x{}",
            given.height, given.width, given.channels
        )),
        _ => Ok(shape),
    }
}
