//! Axes: where a value lies between the ends, and which values are marked.

/// Accuracies that are marked on an axis of errors.
const ACCURACIES: [f64; 13] =
    [0.0, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999];
/// Below this accuracy an axis is linear.
const FEW_RIGHT: f64 = 0.75;
/// About so many values are marked.
const MARKS: f64 = 5.0;

/// An axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// The same length for the same difference.
    Linear { low: f64, high: f64 },
    /// The same length for the same ratio.
    Ratio { low: f64, high: f64 },
    /// Of accuracies: the same length for the same ratio of the errors.
    Error { low: f64, high: f64 },
}

impl Scale {
    /// The axis of accuracies: linear for low ones; of errors else, on which 98 and 99 % can be told apart.
    pub(super) fn accuracies(values: impl Iterator<Item = f64> + Clone) -> Self {
        // All right is not on an axis of errors.
        let most = values.clone().filter(|value| *value < 1.0).fold(0.0, f64::max);
        let least = values.fold(1.0, f64::min);
        if most < FEW_RIGHT {
            let high = ((most * 10.0).floor() + 1.0) / 10.0;
            return Self::Linear { low: 0.0, high };
        }
        let low = ACCURACIES.iter().rev().find(|mark| **mark <= least).copied();
        let high = ACCURACIES.iter().find(|mark| **mark > most).copied();
        Self::Error { low: low.unwrap_or(0.0), high: high.unwrap_or(0.9999) }
    }

    /// The axis of fitness: of ratios where all are above 0 and the largest is more than three times the least.
    pub(super) fn fitness(values: impl Iterator<Item = f64> + Clone) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(f64::NEG_INFINITY, f64::max);
        if least > 0.0 && most > 3.0 * least {
            return Self::Ratio { low: least / 1.1, high: most * 1.1 };
        }
        if !(least.is_finite() && most.is_finite()) {
            return Self::from_zero(1.0);
        }
        let range = if most > least { most - least } else { most.abs().max(1.0) };
        let step = round_step(range);
        let low = (least / step).floor() * step;
        Self::Linear { low, high: ((most / step).ceil() * step).max(low + step) }
    }

    /// An axis from 0 on.
    pub(super) fn from_zero(most: f64) -> Self {
        Self::Linear { low: 0.0, high: if most > 0.0 { most } else { 1.0 } }
    }

    /// Where a value lies: 0 at the low end, 1 at the high one; what lies outside is put at an end.
    pub(super) fn place(self, value: f64) -> f64 {
        let share = |value: f64, low: f64, high: f64| (value - low) / (high - low);
        let error = |accuracy: f64| -(1.0 - accuracy).max(1e-9).ln();
        let place = match self {
            Self::Linear { low, high } => share(value, low, high),
            Self::Ratio { low, high } => share(value.max(low).ln(), low.ln(), high.ln()),
            Self::Error { low, high } => share(error(value), error(low), error(high)),
        };
        if place.is_finite() && !value.is_nan() { place.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The values that are marked.
    pub(super) fn marks(self) -> Vec<f64> {
        match self {
            Self::Linear { low, high } => {
                let step = round_step(high - low);
                let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
                (0..)
                    .map(|n| first + f64::from(n))
                    .take_while(|n| *n <= last)
                    .map(|n| n * step)
                    .collect()
            }
            Self::Ratio { low, high } => {
                let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
                let each: &[f64] = match (high / low).log10() {
                    ratio if ratio > 3.0 => &[1.0],
                    _ => &[1.0, 2.0, 5.0],
                };
                let all =
                    decades.flat_map(|power| each.iter().map(move |n| n * 10_f64.powi(power)));
                all.filter(|mark| (low..=high).contains(mark)).collect()
            }
            Self::Error { low, high } => {
                ACCURACIES.iter().copied().filter(|mark| (low..=high).contains(mark)).collect()
            }
        }
    }
}

/// A step of 1, 2 or 5 times a power of ten that a range has about [`MARKS`] of.
fn round_step(range: f64) -> f64 {
    let raw = range / MARKS;
    let power = 10_f64.powf(raw.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|factor| factor * power);
    steps.into_iter().find(|step| *step >= raw * 0.999).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_numbers_between_the_ends() {
        assert_eq!(Scale::from_zero(1000.0).marks(), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(Scale::from_zero(9169.0).marks(), [0.0, 2000.0, 4000.0, 6000.0, 8000.0]);
        assert_eq!(Scale::from_zero(3.0).marks(), [0.0, 1.0, 2.0, 3.0]);
        let ratio = Scale::fitness([0.03, 2.4].into_iter());
        assert_eq!(ratio.marks(), [0.05, 0.1, 0.2, 0.5, 1.0, 2.0]);
        assert_eq!(Scale::fitness([0.4, 0.5].into_iter()), Scale::Linear { low: 0.4, high: 0.5 });
    }

    #[test]
    fn high_accuracies_are_told_apart_and_low_ones_are_linear() {
        let high = Scale::accuracies([0.1, 0.98, 1.0].into_iter());
        assert_eq!(high, Scale::Error { low: 0.0, high: 0.99 });
        assert!((high.place(0.9) - 0.5).abs() < 1e-9);
        assert_eq!((high.place(1.0), high.place(0.0), high.place(f64::NAN)), (1.0, 0.0, 0.0));
        let low = Scale::accuracies([0.1, 0.36].into_iter());
        assert_eq!(low, Scale::Linear { low: 0.0, high: 0.4 });
        assert_eq!(Scale::accuracies([].into_iter()), Scale::Linear { low: 0.0, high: 0.1 });
    }

    #[test]
    fn a_value_that_never_changes_has_an_axis() {
        for value in [0.0, 2.5, -1.0] {
            let scale = Scale::fitness([value, value].into_iter());
            assert!(scale.place(value).is_finite() && !scale.marks().is_empty(), "{value}");
        }
        assert_eq!(Scale::fitness([].into_iter()), Scale::Linear { low: 0.0, high: 1.0 });
        assert_eq!(Scale::from_zero(0.0).place(0.0), 0.0);
    }
}
