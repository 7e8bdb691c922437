//! Images and labels of one split.

use super::error::DataError;
use std::fmt;
use tinyevo_core::shape::Shape;

/// Images of one split, and their labels.
///
/// Every split that [`load`](super::load) returns keeps this: there are as many images as labels,
/// each of [`features`](Self::features) bytes, and no label reaches the number of classes.
#[derive(Clone, PartialEq, Eq)]
pub struct Split {
    /// The shape of one image.
    pub shape: Shape,
    /// Number of classes: labels are 0 to `classes - 1`.
    pub classes: usize,
    /// All images, one after the other: a byte per pixel, 0 is background, row by row.
    pub images: Vec<u8>,
    /// One label per image.
    pub labels: Vec<u8>,
}

impl Split {
    /// A split of these images and labels.
    ///
    /// # Errors
    /// [`DataError::Lengths`] when images and labels are not equally many, [`DataError::Label`]
    /// for a label that is not below `classes`.
    pub fn new(
        shape: Shape,
        classes: usize,
        images: Vec<u8>,
        labels: Vec<u8>,
    ) -> Result<Self, DataError> {
        let features = shape.elements();
        if features == 0 || labels.len().checked_mul(features) != Some(images.len()) {
            let (images, labels) = (images.len(), labels.len());
            return Err(DataError::Lengths { images, labels, features });
        }
        let wrong = labels.iter().enumerate().find(|(_, label)| usize::from(**label) >= classes);
        if let Some((index, &value)) = wrong {
            return Err(DataError::Label { index, value, classes });
        }
        Ok(Self { shape, classes, images, labels })
    }

    /// A split without samples.
    #[must_use]
    pub const fn empty(shape: Shape, classes: usize) -> Self {
        Self { shape, classes, images: Vec::new(), labels: Vec::new() }
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Bytes of one image.
    #[must_use]
    pub const fn features(&self) -> usize {
        self.shape.elements()
    }

    /// The image of sample `index`.
    ///
    /// # Panics
    /// When `index >= self.len()`, as indexing a slice does.
    #[must_use]
    pub fn image(&self, index: usize) -> &[u8] {
        &self.images[index * self.features()..][..self.features()]
    }

    /// Number of samples of each class.
    #[must_use]
    pub fn class_counts(&self) -> Vec<usize> {
        let count =
            |class| self.labels.iter().filter(|&&label| usize::from(label) == class).count();
        (0..self.classes).map(count).collect()
    }

    /// Removes the samples from index `at` on and returns them as a split; none if there are fewer.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        let at = at.min(self.len());
        let images = self.images.split_off(at * self.features());
        let labels = self.labels.split_off(at);
        self.images.shrink_to_fit();
        self.labels.shrink_to_fit();
        Self { images, labels, ..Self::empty(self.shape, self.classes) }
    }
}

/// Prints the number of samples, not their bytes.
impl fmt::Debug for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Split").field("samples", &self.len()).finish_non_exhaustive()
    }
}
