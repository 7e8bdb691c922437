//! Samples as a file has them, before they are divided and normalised.

use crate::data::description::{Columns, LARGEST};
use crate::data::error::OwnFault;
use tinyevo_core::shape::Shape;

/// The values of samples, one sample after the other, row by row, channels together.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    /// Pixels.
    Bytes(Vec<u8>),
    /// Measured values.
    Floats(Vec<f32>),
}

/// Samples and their labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) values: Values,
    pub(super) labels: Vec<u8>,
}

/// The contents of a file or folder. Each label is below the number of classes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Raw {
    pub(super) shape: Shape,
    pub(super) classes: usize,
    /// One for each class, or none.
    pub(super) class_names: Vec<String>,
    pub(super) train: Part,
    /// The test samples, if there are any of their own.
    pub(super) test: Option<Part>,
    /// The columns, of a table.
    pub(super) columns: Option<Columns>,
}

impl Raw {
    /// The same in the classes of a champion, if both have names: its own must be among them.
    pub(super) fn in_classes(mut self, names: &[String]) -> Result<Self, OwnFault> {
        if names.is_empty() || self.class_names.is_empty() || self.class_names == names {
            return Ok(self);
        }
        let place = |own: &String| names.iter().position(|name| name == own);
        let places: Option<Vec<usize>> = self.class_names.iter().map(place).collect();
        let places = places.ok_or_else(|| {
            let [got, expected] = [&self.class_names[..], names].map(|names| names.join(", "));
            OwnFault::OtherClasses { got, expected }
        })?;
        let parts = [Some(&mut self.train), self.test.as_mut()].into_iter().flatten();
        for label in parts.flat_map(|part| &mut part.labels) {
            *label = places.get(usize::from(*label)).map_or(0, |place| *place as u8);
        }
        Ok(Self { classes: names.len(), class_names: names.to_vec(), ..self })
    }
}

impl Values {
    /// What a sample of these is, in words.
    pub(super) fn text(&self, shape: Shape) -> String {
        let kind = if matches!(self, Self::Bytes(_)) { "bytes" } else { "floats" };
        format!("{}x{}x{} {kind}", shape.height, shape.width, shape.channels)
    }

    /// Those of the samples at these indices, in their order.
    pub(super) fn picked(&self, order: &[usize], features: usize) -> Self {
        match self {
            Self::Bytes(values) => Self::Bytes(picked(values, order, features)),
            Self::Floats(values) => Self::Floats(picked(values, order, features)),
        }
    }
}

impl Part {
    /// The samples at these indices, in their order.
    pub(super) fn picked(&self, order: &[usize], features: usize) -> Self {
        let values = self.values.picked(order, features);
        Self { values, labels: picked(&self.labels, order, 1) }
    }
}

fn picked<T: Copy>(values: &[T], order: &[usize], length: usize) -> Vec<T> {
    let sample = |&index: &usize| values.iter().skip(index * length).take(length).copied();
    order.iter().flat_map(sample).collect()
}

/// A value as a 32-bit float; `place` says where it stands.
pub(super) fn float(value: f64, place: impl FnOnce() -> String) -> Result<f32, OwnFault> {
    if value.abs() <= f64::from(LARGEST) {
        return Ok(value as f32);
    }
    Err(OwnFault::Value { place: place(), value: value.to_string() })
}
