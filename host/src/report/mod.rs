//! Reports for people: classification report, confusion matrix, model summary, plots.
//!
//! This module turns values into text and pictures; it prints nothing and writes no files.

pub mod classification;
pub mod confusion;
pub mod digit;
pub mod model_summary;
pub mod plot;
mod series;
pub mod summary;
pub mod table;

pub use classification::ClassificationReport;
pub use confusion::ConfusionMatrix;
pub use series::Series;
pub use summary::Summary;

/// A number with a comma at every thousand, as Keras writes counts: `101,770`.
#[must_use]
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn commas_stand_at_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (101_770, "101,770")] {
            assert_eq!(super::thousands(number), text);
        }
    }
}
