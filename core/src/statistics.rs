//! Average, deviation, minimum and maximum of a generation's fitness: DEAP's `Statistics` with
//! NumPy's `mean`, `std`, `min` and `max`.

/// Statistics of a generation's fitness.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Statistics {
    /// Arithmetic mean.
    pub avg: f64,
    /// Population standard deviation: the root of the mean squared distance from the mean.
    pub std: f64,
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
}

impl Statistics {
    /// Of some values, summed in order in `f64`. All zero if there are none. A NaN makes `avg` and
    /// `std` NaN, as in NumPy; `min` and `max` pass it over.
    #[must_use]
    pub fn of(values: &[f32]) -> Self {
        let Some(&first) = values.first() else { return Self::default() };
        let count = values.len() as f64;
        let (mut sum, mut min, mut max) = (0.0, first, first);
        for &value in values {
            sum += f64::from(value);
            // A first value that is NaN gives way to any other.
            if value < min || min.is_nan() {
                min = value;
            }
            if value > max || max.is_nan() {
                max = value;
            }
        }
        let avg = sum / count;
        let mut squares = 0.0;
        for &value in values {
            let distance = f64::from(value) - avg;
            squares += distance * distance;
        }
        Self { avg, std: libm::sqrt(squares / count), min, max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_equal_numpy() {
        // numpy 2.4: a = [2, 4, 4, 4, 5, 5, 7, 9]: mean 5, std 2.
        let all = Statistics::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!(all, Statistics { avg: 5.0, std: 2.0, min: 2.0, max: 9.0 });
        assert_eq!(Statistics::of(&[]), Statistics::default());
        let one = Statistics::of(&[3.5]);
        assert_eq!(one, Statistics { avg: 3.5, std: 0.0, min: 3.5, max: 3.5 });
    }

    #[test]
    fn a_nan_shows() {
        let all = Statistics::of(&[f32::NAN, 2.0, 1.0]);
        assert!(all.avg.is_nan() && all.std.is_nan());
        assert_eq!((all.min, all.max), (1.0, 2.0));
    }
}
