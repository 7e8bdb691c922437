//! A network: its layers, the shapes between them, and where each parameter lies in a genome.
//!
//! A genome is the flattened `get_weights()` of the same Keras model: per layer the kernel row-major, `[in][out]`
//! or `[height][width][in][out]`, then the bias. [`parameter_count`] and [`scratch_length`] compute the lengths
//! of a genome and of scratch space in a constant, before a network exists.

use crate::layers::{Activation, Layer};
use crate::shape::Shape;
use core::fmt;
use core::ops::Range;

/// The most layers that a network can have.
pub const MAX_LAYERS: usize = 16;

/// A layer at its place in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// The layer.
    pub layer: Layer,
    /// Shape of its input.
    pub input: Shape,
    /// Shape of its output.
    pub output: Shape,
    /// Index in the genome of the kernel's first parameter.
    pub kernel_start: usize,
    /// Index in the genome of the bias's first parameter: the kernel ends here.
    pub bias_start: usize,
    /// Index in the genome after the last parameter.
    pub end: usize,
}

impl Stage {
    /// Range of the kernel in the genome.
    #[must_use]
    pub const fn kernel(&self) -> Range<usize> {
        self.kernel_start..self.bias_start
    }

    /// Range of the bias in the genome.
    #[must_use]
    pub const fn bias(&self) -> Range<usize> {
        self.bias_start..self.end
    }

    /// Number of parameters of the layer.
    #[must_use]
    pub const fn parameters(&self) -> usize {
        self.end.saturating_sub(self.kernel_start)
    }

    /// Places `layer` behind `input`, its parameters starting at `start`.
    const fn place(
        layer: Layer,
        input: Shape,
        start: usize,
        index: usize,
    ) -> Result<Self, NetworkError> {
        let (Some(output), Some(kernel)) = (layer.output(input), layer.kernel_parameters(input))
        else {
            return Err(NetworkError::DoesNotFit { layer: index });
        };
        let Some(bias_start) = start.checked_add(kernel) else {
            return Err(NetworkError::TooLarge);
        };
        let Some(end) = bias_start.checked_add(layer.bias_parameters()) else {
            return Err(NetworkError::TooLarge);
        };
        // A slice of floats can be at most isize::MAX bytes long.
        if end > isize::MAX as usize / size_of::<f32>() {
            return Err(NetworkError::TooLarge);
        }
        Ok(Self { layer, input, output, kernel_start: start, bias_start, end })
    }
}

/// Counts over a list of layers, for [`Network::new`] and the `const fn`s.
#[derive(Debug, Clone, Copy)]
struct Totals {
    parameters: usize,
    multiply_adds: usize,
    /// The largest output of the layers that inference writes to the first part of the scratch space, and to the
    /// second: it goes back and forth between them.
    even: usize,
    odd: usize,
}

impl Totals {
    const fn of(input: Shape, layers: &[Layer]) -> Result<Self, NetworkError> {
        if layers.is_empty() || input.elements() == 0 {
            return Err(NetworkError::Empty);
        }
        if layers.len() > MAX_LAYERS {
            return Err(NetworkError::TooManyLayers { got: layers.len() });
        }
        let mut totals = Self { parameters: 0, multiply_adds: 0, even: 0, odd: 0 };
        let (mut shape, mut index, mut written, mut rest) = (input, 0_usize, 0_usize, layers);
        while let [layer, following @ ..] = rest {
            if matches!(layer.activation(), Activation::Softmax) && !following.is_empty() {
                return Err(NetworkError::SoftmaxNotLast { layer: index });
            }
            let stage = match Stage::place(*layer, shape, totals.parameters, index) {
                Ok(stage) => stage,
                Err(error) => return Err(error),
            };
            let Some(multiply_adds) = layer.multiply_adds(shape) else {
                return Err(NetworkError::TooLarge);
            };
            // What only changes the shape is not written anew, but for a first layer, which reads the sample.
            if !matches!(layer, Layer::Flatten(_)) || written == 0 {
                let width = stage.output.elements();
                if written % 2 == 0 && width > totals.even {
                    totals.even = width;
                } else if written % 2 == 1 && width > totals.odd {
                    totals.odd = width;
                }
                written = written.saturating_add(1);
            }
            totals.parameters = stage.end;
            totals.multiply_adds = totals.multiply_adds.saturating_add(multiply_adds);
            shape = stage.output;
            index = index.saturating_add(1);
            rest = following;
        }
        Ok(totals)
    }
}

/// Number of parameters of a network of `layers` on samples of shape `input`: the length of a genome.
///
/// # Errors
/// As [`Network::new`].
pub const fn parameter_count(input: Shape, layers: &[Layer]) -> Result<usize, NetworkError> {
    match Totals::of(input, layers) {
        Ok(totals) => Ok(totals.parameters),
        Err(error) => Err(error),
    }
}

/// Number of floats of scratch space that inference of one sample needs.
///
/// # Errors
/// As [`Network::new`].
pub const fn scratch_length(input: Shape, layers: &[Layer]) -> Result<usize, NetworkError> {
    match Totals::of(input, layers) {
        Ok(totals) => Ok(totals.even.saturating_add(totals.odd)),
        Err(error) => Err(error),
    }
}

/// A checked network: layers whose shapes fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    stages: heapless::Vec<Stage, MAX_LAYERS>,
    input: Shape,
    parameters: usize,
    multiply_adds: usize,
    even_width: usize,
    odd_width: usize,
}

impl Network {
    /// Checks that the layers fit one another.
    ///
    /// # Errors
    /// No layers or more than [`MAX_LAYERS`], an empty shape, a layer that does not fit its input,
    /// softmax before the last layer, or more parameters than memory can hold.
    pub fn new(input: Shape, layers: &[Layer]) -> Result<Self, NetworkError> {
        let totals = Totals::of(input, layers)?;
        let mut stages = heapless::Vec::new();
        let (mut shape, mut start) = (input, 0);
        for (index, &layer) in layers.iter().enumerate() {
            let stage = Stage::place(layer, shape, start, index)?;
            (shape, start) = (stage.output, stage.end);
            if stages.push(stage).is_err() {
                return Err(NetworkError::TooManyLayers { got: layers.len() });
            }
        }
        Ok(Self {
            stages,
            input,
            parameters: totals.parameters,
            multiply_adds: totals.multiply_adds,
            even_width: totals.even,
            odd_width: totals.odd,
        })
    }

    /// The layers at their places.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Shape of a sample.
    #[must_use]
    pub const fn input(&self) -> Shape {
        self.input
    }

    /// Number of outputs, one for each class.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.stages.last().map_or(0, |stage| stage.output.elements())
    }

    /// Number of parameters: the length of a genome.
    #[must_use]
    pub const fn parameters(&self) -> usize {
        self.parameters
    }

    /// Number of floats of scratch space that inference of one sample needs.
    #[must_use]
    pub const fn scratch_length(&self) -> usize {
        self.even_width.saturating_add(self.odd_width)
    }

    /// The part of the scratch space that the first, third, ... layer writes to, flattening aside.
    pub(crate) const fn even_width(&self) -> usize {
        self.even_width
    }

    /// Multiply-adds of one sample when no input is zero; saturating.
    #[must_use]
    pub const fn multiply_adds(&self) -> usize {
        self.multiply_adds
    }
}

/// The layers do not form a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkError {
    /// There is no layer, or a sample has no values.
    Empty,
    /// There are more layers than [`MAX_LAYERS`].
    TooManyLayers {
        /// Number of layers that were given.
        got: usize,
    },
    /// A layer has no units, or its input is of a shape that it cannot take.
    DoesNotFit {
        /// Index of the layer, from 0.
        layer: usize,
    },
    /// Softmax is an activation of the last layer only.
    SoftmaxNotLast {
        /// Index of the layer with softmax, from 0.
        layer: usize,
    },
    /// There are more parameters than memory can hold.
    TooLarge,
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => f.write_str("the network has no layer or no input"),
            Self::TooManyLayers { got } => {
                write!(f, "a network has at most {MAX_LAYERS} layers, got {got}")
            }
            Self::DoesNotFit { layer } => {
                write!(f, "layer {layer} has no units or does not fit its input")
            }
            Self::SoftmaxNotLast { layer } => {
                write!(f, "layer {layer} has a softmax, which only the last layer can have")
            }
            Self::TooLarge => f.write_str("the network has more parameters than memory can hold"),
        }
    }
}

impl core::error::Error for NetworkError {}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::layers::Dense;

    pub(crate) const fn dense(units: usize, activation: Activation) -> Layer {
        Layer::Dense(Dense { units, activation })
    }

    /// The tutorial's network.
    pub(crate) const TUTORIAL: [Layer; 2] =
        [dense(128, Activation::Relu), dense(10, Activation::Softmax)];

    #[test]
    fn counts_are_constants_and_equal_keras() {
        // Keras: 784 * 128 + 128 = 100,480 and 128 * 10 + 10 = 1,290.
        const PARAMETERS: Result<usize, NetworkError> =
            parameter_count(Shape::flat(784), &TUTORIAL);
        const SCRATCH: Result<usize, NetworkError> = scratch_length(Shape::flat(784), &TUTORIAL);
        assert_eq!(PARAMETERS, Ok(101_770));
        assert_eq!(SCRATCH, Ok(138));
        let network =
            Network::new(Shape { height: 28, width: 28, channels: 1 }, &TUTORIAL).unwrap();
        assert_eq!(network.parameters(), 101_770);
        assert_eq!(network.scratch_length(), 138);
        assert_eq!(network.outputs(), 10);
        assert_eq!(network.multiply_adds(), 784 * 128 + 1280);
        assert_eq!(network.stages()[0].bias(), 100_352..100_480);
        assert_eq!(network.stages()[1].kernel(), 100_480..101_760);
        assert_eq!(network.stages()[1].parameters(), 1_290);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let flat = Shape::flat(4);
        let softmax = dense(2, Activation::Softmax);
        let linear = dense(2, Activation::Linear);
        assert_eq!(Network::new(flat, &[]), Err(NetworkError::Empty));
        assert_eq!(Network::new(Shape::flat(0), &[linear]), Err(NetworkError::Empty));
        assert_eq!(Network::new(flat, &[linear; 17]), Err(NetworkError::TooManyLayers { got: 17 }));
        assert_eq!(
            Network::new(flat, &[linear, dense(0, Activation::Relu)]),
            Err(NetworkError::DoesNotFit { layer: 1 })
        );
        assert_eq!(
            Network::new(flat, &[softmax, linear]),
            Err(NetworkError::SoftmaxNotLast { layer: 0 })
        );
        for units in [usize::MAX, usize::MAX / 4, isize::MAX as usize / 16] {
            assert!(matches!(
                Network::new(flat, &[dense(units, Activation::Linear)]),
                Err(NetworkError::TooLarge | NetworkError::DoesNotFit { .. })
            ));
        }
    }
}
