//! The classification report, laid out exactly as scikit-learn's `classification_report`
//! (defaults: two digits, a zero for undefined ratios, the labels that occur).

use crate::printable;
use std::fmt;

/// Precision, recall and F1 of one class or an average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// tp / (tp + fp); 0 if the class was never predicted.
    pub precision: f64,
    /// tp / (tp + fn); 0 if the class does not occur.
    pub recall: f64,
    /// 2 tp / (2 tp + fp + fn), the harmonic mean of the two; 0 where that is 0 / 0.
    pub f1: f64,
}

/// The report of predictions against labels.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassificationReport {
    /// Each class that occurs as label or prediction: class, scores, support.
    pub classes: Vec<(u8, Scores, usize)>,
    /// Share of samples that were classified as labelled, 0 to 1.
    pub accuracy: f64,
    /// Means over classes.
    pub macro_avg: Scores,
    /// Means over classes, weighted by support.
    pub weighted_avg: Scores,
    /// Number of samples.
    pub samples: usize,
    /// The names of all classes, or none: then their numbers stand in the report.
    pub class_names: Vec<String>,
}

impl ClassificationReport {
    /// Compares predictions with labels, of which there are as many.
    #[must_use]
    pub fn new(labels: &[u8], predictions: &[u8]) -> Self {
        let (mut hits, mut support, mut predicted) =
            ([0_usize; 256], [0_usize; 256], [0_usize; 256]);
        for (&label, &prediction) in labels.iter().zip(predictions) {
            support[usize::from(label)] += 1;
            predicted[usize::from(prediction)] += 1;
            hits[usize::from(label)] += usize::from(label == prediction);
        }
        let ratio = |a: usize, b: usize| if b == 0 { 0.0 } else { a as f64 / b as f64 };
        let classes: Vec<_> = (0..=255_u8)
            .filter(|&class| support[usize::from(class)] + predicted[usize::from(class)] > 0)
            .map(|class| {
                let (hit, support, predicted) = {
                    let class = usize::from(class);
                    (hits[class], support[class], predicted[class])
                };
                let scores = Scores {
                    precision: ratio(hit, predicted),
                    recall: ratio(hit, support),
                    f1: ratio(2 * hit, support + predicted),
                };
                (class, scores, support)
            })
            .collect();
        let samples = labels.len().min(predictions.len());
        let average = |weight: &dyn Fn(usize) -> f64| {
            let total = numpy_sum(classes.iter().map(|(.., support)| weight(*support)));
            let mean = |value: &dyn Fn(&Scores) -> f64| {
                let weighted = classes.iter().map(|(_, scores, s)| value(scores) * weight(*s));
                if total == 0.0 { 0.0 } else { numpy_sum(weighted) / total }
            };
            Scores {
                precision: mean(&|scores| scores.precision),
                recall: mean(&|scores| scores.recall),
                f1: mean(&|scores| scores.f1),
            }
        };
        Self {
            accuracy: ratio(hits.iter().sum(), samples),
            macro_avg: average(&|_| 1.0),
            weighted_avg: average(&|support| support as f64),
            samples,
            classes,
            class_names: Vec::new(),
        }
    }

    /// The same with names of the classes, in which control characters are escaped.
    #[must_use]
    pub fn with_names(self, class_names: &[String]) -> Self {
        let class_names = class_names.iter().map(|name| printable::name(name).into_owned());
        Self { class_names: class_names.collect(), ..self }
    }
}

/// The sum in NumPy's order, which for 8 values or more adds them in eight lanes: so that a mean
/// on the edge between two roundings falls on the same side.
fn numpy_sum(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let (eights, rest) = values.as_chunks::<8>();
    let Some((first, others)) = eights.split_first() else { return values.iter().sum() };
    let mut lanes = *first;
    for eight in others {
        for (lane, value) in lanes.iter_mut().zip(eight) {
            *lane += value;
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, value| sum + value)
}

impl fmt::Display for ClassificationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // scikit-learn's counts are floats where no prediction is right.
        let count =
            |count: usize| format!("{count}{}", if self.accuracy == 0.0 { ".0" } else { "" });
        let width = self.class_names.iter().map(|name| name.chars().count()).max();
        let width = width.unwrap_or(0).max("weighted avg".len());
        let row = |f: &mut fmt::Formatter<'_>, name: &str, scores: &Scores, support: usize| {
            let (Scores { precision, recall, f1 }, support) = (scores, count(support));
            writeln!(f, "{name:>width$}  {precision:>9.2} {recall:>9.2} {f1:>9.2} {support:>9}")
        };
        let [a, b, c, d] = ["precision", "recall", "f1-score", "support"];
        writeln!(f, "{:>width$}  {a:>9} {b:>9} {c:>9} {d:>9}\n", "")?;
        for (class, scores, support) in &self.classes {
            let name = self.class_names.get(usize::from(*class)).cloned();
            row(f, &name.unwrap_or_else(|| class.to_string()), scores, *support)?;
        }
        let (accuracy, samples) = (self.accuracy, self.samples);
        let total = count(samples);
        writeln!(f, "\n{:>width$}  {:>9} {:>9} {accuracy:>9.2} {total:>9}", "accuracy", "", "")?;
        row(f, "macro avg", &self.macro_avg, samples)?;
        row(f, "weighted avg", &self.weighted_avg, samples)
    }
}
