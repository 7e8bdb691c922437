//! Images and labels of one split, and the blocks in which they are handed out.
//!
//! Owns the two arrays and nothing else; where they come from is the business of the loaders.

use super::DataError;
use std::fmt;

/// Rows of an image.
pub const ROWS: usize = 28;
/// Columns of an image.
pub const COLUMNS: usize = 28;
/// Bytes of an image: one grey value (0 is background) per pixel, row by row.
pub const PIXELS: usize = ROWS * COLUMNS;
/// Number of classes: labels are 0 to 9.
pub const CLASSES: usize = 10;

/// Images of one split, [`PIXELS`] bytes each, and their labels.
///
/// Invariants of every split that [`load`](super::load) returns: `images.len() == PIXELS * labels.len()`, at
/// least one sample, and no label above 9.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// All images, one after the other.
    pub images: Vec<u8>,
    /// One label per image.
    pub labels: Vec<u8>,
}

/// Some consecutive samples of a [`Split`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Samples<'a> {
    /// The images, [`PIXELS`] bytes each.
    pub images: &'a [u8],
    /// One label per image.
    pub labels: &'a [u8],
}

impl Split {
    /// A split of these images and labels.
    ///
    /// # Errors
    /// [`DataError::Lengths`] when `images.len() != PIXELS * labels.len()`, [`DataError::Label`] for a label
    /// above 9.
    pub fn new(images: Vec<u8>, labels: Vec<u8>) -> Result<Self, DataError> {
        if !images.len().is_multiple_of(PIXELS) || images.len() / PIXELS != labels.len() {
            return Err(DataError::Lengths { images: images.len(), labels: labels.len() });
        }
        if let Some(index) = labels.iter().position(|&label| usize::from(label) >= CLASSES) {
            return Err(DataError::Label { index, value: labels[index] });
        }
        Ok(Self { images, labels })
    }

    /// Values of a sample.
    #[must_use]
    pub const fn features(&self) -> usize {
        PIXELS
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The image of sample `index`, [`PIXELS`] bytes.
    ///
    /// # Panics
    /// When `index >= self.len()`, as indexing a slice does.
    #[must_use]
    pub fn image(&self, index: usize) -> &[u8] {
        &self.images[index * PIXELS..][..PIXELS]
    }

    /// All samples in order, in blocks of `samples_per_block`; the last block may be shorter. A size of 0 counts as 1.
    pub fn blocks(&self, samples_per_block: usize) -> impl Iterator<Item = Samples<'_>> {
        let size = samples_per_block.clamp(1, usize::MAX / PIXELS);
        self.images
            .chunks(size * PIXELS)
            .zip(self.labels.chunks(size))
            .map(|(images, labels)| Samples { images, labels })
    }

    /// How many samples each class has.
    #[must_use]
    pub fn class_counts(&self) -> [usize; CLASSES] {
        let mut counts = [0; CLASSES];
        for &label in &self.labels {
            if let Some(count) = counts.get_mut(usize::from(label)) {
                *count += 1;
            }
        }
        counts
    }
}

/// Prints the number of samples: the bytes of 60,000 images would help nobody.
impl fmt::Debug for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Split").field("samples", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn five() -> Split {
        let images = (0..5u8).flat_map(|i| [i; PIXELS]).collect();
        Split::new(images, vec![3, 1, 4, 1, 9]).unwrap()
    }

    #[test]
    fn lengths_that_do_not_belong_together_are_refused() {
        for (images, labels) in [(PIXELS, 0), (PIXELS, 2), (PIXELS - 1, 1), (PIXELS + 1, 1), (0, 1)]
        {
            let error = Split::new(vec![0; images], vec![0; labels]).unwrap_err();
            assert!(matches!(error, DataError::Lengths { .. }), "{error}");
        }
        assert!(Split::new(vec![], vec![]).unwrap().is_empty());
    }

    #[test]
    fn labels_above_nine_are_refused() {
        let error = Split::new(vec![0; 3 * PIXELS], vec![9, 10, 11]).unwrap_err();
        assert!(matches!(error, DataError::Label { index: 1, value: 10 }));
    }

    #[test]
    fn an_image_is_its_own_bytes() {
        let split = five();
        assert_eq!(split.len(), 5);
        for i in 0..5 {
            assert_eq!(split.image(i), [i as u8; PIXELS]);
        }
    }

    #[test]
    fn blocks_cover_everything_once_and_in_order() {
        let split = five();
        for size in [0, 1, 2, 3, 4, 5, 6, usize::MAX] {
            let (mut images, mut labels) = (Vec::new(), Vec::new());
            for block in split.blocks(size) {
                assert_eq!(block.images.len(), PIXELS * block.labels.len());
                assert!(!block.labels.is_empty() && block.labels.len() <= size.max(1));
                images.extend_from_slice(block.images);
                labels.extend_from_slice(block.labels);
            }
            assert!(images == split.images && labels == split.labels, "size {size}");
        }
        assert_eq!(Split::default().blocks(3).count(), 0);
    }

    #[test]
    fn class_counts_count_each_label() {
        assert_eq!(five().class_counts(), [0, 2, 0, 1, 1, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn debug_prints_no_pixels() {
        assert_eq!(format!("{:?}", five()), "Split { samples: 5, .. }");
    }
}
