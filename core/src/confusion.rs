//! The confusion matrix: how often each class was predicted for each label.

use crate::error::LengthError;

/// Counts of (label, predicted class) pairs, in the caller's memory.
#[derive(Debug)]
pub struct Confusion<'a> {
    counts: &'a mut [u32],
    classes: usize,
}

impl<'a> Confusion<'a> {
    /// Sets all counts to zero. `counts` has `classes * classes` elements: a row for each label, a column
    /// for each predicted class.
    ///
    /// # Errors
    /// `counts` has another length.
    pub fn new(counts: &'a mut [u32], classes: usize) -> Result<Self, LengthError> {
        LengthError::exact("counts", classes.saturating_mul(classes), counts.len())?;
        counts.fill(0);
        Ok(Self { counts, classes })
    }

    /// Counts one sample; `false` if label or class is out of range and nothing was counted.
    pub fn add(&mut self, label: u8, class: usize) -> bool {
        let place =
            usize::from(label).checked_mul(self.classes).and_then(|row| row.checked_add(class));
        match place.and_then(|place| self.counts.get_mut(place)) {
            Some(count) if class < self.classes => {
                *count = count.saturating_add(1);
                true
            }
            _ => false,
        }
    }

    /// The counts, row after row.
    #[must_use]
    pub fn counts(&self) -> &[u32] {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confusion_counts_pairs_and_refuses_others() {
        let mut counts = [9; 4];
        let mut confusion = Confusion::new(&mut counts, 2).unwrap();
        assert!(confusion.add(0, 1));
        assert!(confusion.add(0, 1));
        assert!(confusion.add(1, 1));
        assert!(!confusion.add(2, 0));
        assert!(!confusion.add(0, 2));
        assert_eq!(confusion.counts(), [0, 2, 0, 1]);
        assert!(Confusion::new(&mut [0; 3], 2).is_err());
    }
}
