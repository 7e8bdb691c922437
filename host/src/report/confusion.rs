//! The confusion matrix: how often each label was given each class.

use crate::error::Error;
use std::fmt::{self, Write};
use tinyevo_core::fitness::Confusion;

/// Ten by ten counts: a row a label, a column a predicted class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix(Vec<u32>);

const CLASSES: usize = 10;

impl ConfusionMatrix {
    /// Counts predictions against labels.
    ///
    /// # Errors
    /// A label or class above 9.
    pub fn new(labels: &[u8], predictions: &[u8]) -> Result<Self, Error> {
        let mut counts = vec![0; CLASSES * CLASSES];
        let mut confusion = Confusion::new(&mut counts, CLASSES)?;
        for (&label, &class) in labels.iter().zip(predictions) {
            if !confusion.add(label, usize::from(class)) {
                return Err(Error::Internal(format!("label {label} or class {class} above 9")));
            }
        }
        Ok(Self(counts))
    }

    /// The rows, one a label.
    pub fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.0.chunks(CLASSES)
    }

    /// As CSV: a header `label,0,...,9`, a row a label.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = "label,0,1,2,3,4,5,6,7,8,9\n".to_string();
        for (label, row) in self.rows().enumerate() {
            text.push_str(&label.to_string());
            for count in row {
                // Writing to a string cannot fail.
                let _ = write!(text, ",{count}");
            }
            text.push('\n');
        }
        text
    }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "confusion matrix: rows are labels, columns predicted classes")?;
        write!(f, "     ")?;
        for class in 0..CLASSES {
            write!(f, " {class:>5}")?;
        }
        writeln!(f)?;
        for (label, row) in self.rows().enumerate() {
            write!(f, "{label:>5}")?;
            for count in row {
                write!(f, " {count:>5}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_labels() {
        let matrix = ConfusionMatrix::new(&[1, 1, 0], &[1, 7, 0]).unwrap();
        let csv = matrix.to_csv();
        let lines: Vec<_> = csv.lines().collect();
        assert_eq!(lines[1], "0,1,0,0,0,0,0,0,0,0,0");
        assert_eq!(lines[2], "1,0,1,0,0,0,0,0,1,0,0");
        assert_eq!(lines.len(), 11);
        assert!(ConfusionMatrix::new(&[10], &[0]).is_err());
    }
}
