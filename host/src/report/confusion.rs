//! The confusion matrix: how often each class was predicted for each label.

use crate::error::Error;
use std::fmt::{self, Write};
use tinyevo_core::confusion::Confusion;

/// The widest table, in characters.
const COLUMNS: usize = 80;

/// Number of confusions that are listed if the table would be wider.
const LISTED: usize = 20;

/// A count for each pair: a row a label, a column a predicted class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// Number of classes.
    classes: usize,
    /// `[label][class]`.
    counts: Vec<u32>,
}

impl ConfusionMatrix {
    /// Counts predictions against labels; both are below `classes`, 1 to 256.
    ///
    /// # Errors
    /// [`Error::Internal`]: a label or class is not below `classes`.
    pub fn new(labels: &[u8], predictions: &[u8], classes: usize) -> Result<Self, Error> {
        let mut counts = vec![0; classes * classes];
        let mut confusion = Confusion::new(&mut counts, classes)?;
        for (&label, &class) in labels.iter().zip(predictions) {
            if !confusion.add(label, usize::from(class)) {
                let message = format!("label {label} or class {class} of {classes} classes");
                return Err(Error::Internal(message));
            }
        }
        Ok(Self { classes, counts })
    }

    /// Reads what [`Self::to_csv`] wrote; `None` of any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let classes = lines.next()?.split(',').count().checked_sub(1)?;
        let mut counts = Vec::new();
        for line in lines {
            let numbers = line.split(',').skip(1).map(str::parse);
            counts.extend(numbers.collect::<Result<Vec<u32>, _>>().ok()?);
        }
        let is_square = classes > 0 && counts.len() == classes * classes;
        let matrix = Self { classes, counts };
        (is_square && matrix.to_csv() == text).then_some(matrix)
    }

    /// A label and a prediction for each sample, in the order of the matrix.
    #[must_use]
    pub fn pairs(&self) -> (Vec<u8>, Vec<u8>) {
        let cells = self.rows().enumerate().flat_map(|(label, row)| {
            row.iter().enumerate().map(move |(class, count)| (label as u8, class as u8, *count))
        });
        let each = cells
            .flat_map(|(label, class, count)| std::iter::repeat_n((label, class), count as usize));
        each.unzip()
    }

    /// The rows, one a label.
    pub fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.counts.chunks(self.classes)
    }

    /// As CSV: a header `label,0,1,...`, a row a label.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = "label".to_string();
        // Writing to a string cannot fail.
        for class in 0..self.classes {
            let _ = write!(text, ",{class}");
        }
        text.push('\n');
        for (label, row) in self.rows().enumerate() {
            text.push_str(&label.to_string());
            for count in row {
                let _ = write!(text, ",{count}");
            }
            text.push('\n');
        }
        text
    }

    /// The wrong predictions, the most frequent first: label, class, count.
    fn confusions(&self) -> Vec<(usize, usize, u32)> {
        let cells = self.rows().enumerate().flat_map(|(label, row)| {
            row.iter().enumerate().map(move |(class, &count)| (label, class, count))
        });
        let mut wrong: Vec<_> =
            cells.filter(|(label, class, count)| label != class && *count > 0).collect();
        wrong.sort_by_key(|&(label, class, count)| (std::cmp::Reverse(count), label, class));
        wrong
    }
}

/// A table; if it would be wider than 80 columns, a list of the most frequent confusions.
impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = self.counts.iter().max().unwrap_or(&0).to_string().len();
        let cell = largest.max(self.classes.to_string().len()).max(5);
        if 5 + self.classes * (cell + 1) > COLUMNS {
            let wrong = self.confusions();
            let shown = wrong.len().min(LISTED);
            writeln!(f, "the {shown} most frequent confusions of {}:", wrong.len())?;
            for (label, class, count) in wrong.iter().take(LISTED) {
                writeln!(f, "{label:>5} was taken for {class:>3}: {count:>6} times")?;
            }
            return Ok(());
        }
        writeln!(f, "confusion matrix: rows are labels, columns predicted classes")?;
        write!(f, "     ")?;
        for class in 0..self.classes {
            write!(f, " {class:>cell$}")?;
        }
        writeln!(f)?;
        for (label, row) in self.rows().enumerate() {
            write!(f, "{label:>5}")?;
            for count in row {
                write!(f, " {count:>cell$}")?;
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
        let matrix = ConfusionMatrix::new(&[1, 1, 0], &[1, 2, 0], 3).unwrap();
        assert_eq!(matrix.to_csv(), "label,0,1,2\n0,1,0,0\n1,0,1,1\n2,0,0,0\n");
        assert!(matrix.rows().eq([[1, 0, 0], [0, 1, 1], [0, 0, 0]]));
        assert_eq!(ConfusionMatrix::parse(&matrix.to_csv()).as_ref(), Some(&matrix));
        for bad in ["", "label\n", "label,0,1\n0,1,2\n", "label,0\n0,-1\n", "label,0\n1,1\n"] {
            assert_eq!(ConfusionMatrix::parse(bad), None, "{bad}");
        }
        assert_eq!(matrix.pairs(), (vec![0, 1, 1], vec![0, 1, 2]));
        assert!(ConfusionMatrix::new(&[3], &[0], 3).is_err());
        assert!(ConfusionMatrix::new(&[0], &[3], 3).is_err());
    }

    #[test]
    fn a_matrix_of_many_classes_is_a_list_that_fits_80_columns() {
        for classes in [1, 2, 10, 12, 13, 256] {
            let labels: Vec<u8> = (0..classes).map(|label| label as u8).collect();
            let mut predictions = labels.clone();
            predictions.rotate_left(1);
            let mut matrix = ConfusionMatrix::new(&labels, &predictions, classes).unwrap();
            matrix.counts[classes - 1] += 4_000_000;
            let text = matrix.to_string();
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
            assert!(text.contains("4000000") || text.contains("4000001"), "{text}");
            assert!(text.lines().count() <= classes.max(LISTED) + 2, "{text}");
        }
        let matrix = ConfusionMatrix::new(&[7, 7, 3], &[9, 9, 30], 40).unwrap().to_string();
        let lines: Vec<_> = matrix.lines().collect();
        assert_eq!(lines[0], "the 2 most frequent confusions of 2:");
        assert_eq!(lines[1], "    7 was taken for   9:      2 times");
    }
}
