//! The kinds of layer: for each its shapes, its number of parameters, and its forward pass.
//!
//! One file a kind. A new kind is a new variant of [`Layer`], a file here, and an arm in the
//! matches below; [`crate::network`] and everything above it deal in [`Layer`] only.

pub mod activation;
pub mod conv2d;
pub mod dense;
pub mod flatten;
pub mod max_pool2d;
pub mod window;

pub use activation::Activation;
pub use conv2d::Conv2d;
pub use dense::Dense;
pub use flatten::Flatten;
pub use max_pool2d::MaxPool2d;
pub use window::{Extent, Padding, Window};

use crate::shape::Shape;

/// One layer of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// A fully connected layer over all elements of its input.
    Dense(Dense),
    /// A two-dimensional convolution.
    Conv2d(Conv2d),
    /// Max pooling.
    MaxPool2d(MaxPool2d),
    /// All values as one vector.
    Flatten(Flatten),
}

impl Layer {
    /// The shape of the output, given that of the input; `None` where the layer does not fit or
    /// a count is zero or overflows.
    #[must_use]
    pub const fn output(self, input: Shape) -> Option<Shape> {
        match self {
            Self::Dense(dense) => dense.output(input),
            Self::Conv2d(conv) => conv.output(input),
            Self::MaxPool2d(pool) => pool.output(input),
            Self::Flatten(flatten) => flatten.output(input),
        }
    }

    /// Number of parameters of the kernel; `None` on overflow.
    #[must_use]
    pub const fn kernel_parameters(self, input: Shape) -> Option<usize> {
        match self {
            Self::Dense(dense) => dense.kernel_parameters(input),
            Self::Conv2d(conv) => conv.kernel_parameters(input),
            Self::MaxPool2d(_) | Self::Flatten(_) => Some(0),
        }
    }

    /// Number of parameters of the bias.
    #[must_use]
    pub const fn bias_parameters(self) -> usize {
        match self {
            Self::Dense(dense) => dense.units,
            Self::Conv2d(conv) => conv.filters,
            Self::MaxPool2d(_) | Self::Flatten(_) => 0,
        }
    }

    /// Multiply-adds of one sample when no input is zero; `None` on overflow.
    #[must_use]
    pub const fn multiply_adds(self, input: Shape) -> Option<usize> {
        match self {
            Self::Dense(dense) => dense.kernel_parameters(input),
            Self::Conv2d(conv) => conv.multiply_adds(input),
            Self::MaxPool2d(_) | Self::Flatten(_) => Some(0),
        }
    }

    /// Inputs that reach one output (`fan_in`), for initialisation; 0 of a layer without weights.
    #[must_use]
    pub const fn fan_in(self, input: Shape) -> usize {
        match self {
            Self::Dense(_) => input.elements(),
            Self::Conv2d(conv) => match conv.inputs(input) {
                Some(inputs) => inputs,
                None => usize::MAX,
            },
            Self::MaxPool2d(_) | Self::Flatten(_) => 0,
        }
    }

    /// Outputs that one input reaches (`fan_out`), for initialisation: of a convolution filters times the places
    /// of the kernel, as in Keras; 0 of a layer without weights.
    #[must_use]
    pub const fn fan_out(self) -> usize {
        match self {
            Self::Dense(dense) => dense.units,
            Self::Conv2d(conv) => match conv.window.area() {
                Some(area) => area.saturating_mul(conv.filters),
                None => usize::MAX,
            },
            Self::MaxPool2d(_) | Self::Flatten(_) => 0,
        }
    }

    /// The activation at the layer's output.
    #[must_use]
    pub const fn activation(self) -> Activation {
        match self {
            Self::Dense(dense) => dense.activation,
            Self::Conv2d(conv) => conv.activation,
            Self::MaxPool2d(_) | Self::Flatten(_) => Activation::Linear,
        }
    }

    /// The kind's name in Keras, as in a model summary: `Dense`, `Conv2D`, `MaxPooling2D`, `Flatten`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Dense(_) => "Dense",
            Self::Conv2d(_) => "Conv2D",
            Self::MaxPool2d(_) => "MaxPooling2D",
            Self::Flatten(_) => "Flatten",
        }
    }
}
