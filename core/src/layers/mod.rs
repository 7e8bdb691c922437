//! The kinds of layer: for each its shapes, its number of parameters, and its forward pass.
//!
//! One file a kind. A new kind is a new variant of [`Layer`], a file here, and an arm in the
//! matches below; [`crate::network`] and everything above it deal in [`Layer`] only.

pub mod activation;
pub mod dense;

pub use activation::Activation;
pub use dense::Dense;

use crate::shape::Shape;

/// One layer of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// A fully connected layer.
    Dense(Dense),
}

impl Layer {
    /// The shape of the output, given that of the input; `None` where the layer does not fit or
    /// a count is zero or overflows.
    #[must_use]
    pub const fn output(self, input: Shape) -> Option<Shape> {
        match self {
            Self::Dense(dense) => dense.output(input),
        }
    }

    /// Number of parameters of the kernel; `None` on overflow.
    #[must_use]
    pub const fn kernel_parameters(self, input: Shape) -> Option<usize> {
        match self {
            Self::Dense(dense) => dense.kernel_parameters(input),
        }
    }

    /// Number of parameters of the bias.
    #[must_use]
    pub const fn bias_parameters(self) -> usize {
        match self {
            Self::Dense(dense) => dense.units,
        }
    }

    /// Multiply-adds of one sample when no input is zero; `None` on overflow.
    #[must_use]
    pub const fn multiply_adds(self, input: Shape) -> Option<usize> {
        match self {
            Self::Dense(dense) => dense.kernel_parameters(input),
        }
    }

    /// Inputs that reach one output (`fan_in`), for initialisation.
    #[must_use]
    pub const fn fan_in(self, input: Shape) -> usize {
        match self {
            Self::Dense(_) => input.elements(),
        }
    }

    /// Outputs that one input reaches (`fan_out`), for initialisation.
    #[must_use]
    pub const fn fan_out(self) -> usize {
        match self {
            Self::Dense(dense) => dense.units,
        }
    }

    /// The activation at the layer's output.
    #[must_use]
    pub const fn activation(self) -> Activation {
        match self {
            Self::Dense(dense) => dense.activation,
        }
    }

    /// The kind's name in Keras, as in a model summary: `Dense`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Dense(_) => "Dense",
        }
    }
}
