//! The flattening of rows, columns and channels to one vector, as Keras' `Flatten`. Nothing moves: values stand row by
//! row, column by column, channels together.

use crate::shape::Shape;

/// All values as one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flatten;

impl Flatten {
    pub(crate) const fn output(self, input: Shape) -> Option<Shape> {
        Some(Shape::flat(input.elements()))
    }
}
