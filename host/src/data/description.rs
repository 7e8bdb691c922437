//! What the bytes of a sample and the numbers of classes stand for: how measured values become bytes, and class names.

use crate::printable;

/// What is known of samples and classes beside their numbers. Data sets and champions have one; it is empty for
/// MNIST.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// How floats become the bytes of a sample; `None` where samples are bytes from the start, such as images.
    pub normalisation: Option<Normalisation>,
    /// The name of each class, in the order of the labels; empty if the classes have none.
    pub class_names: Vec<String>,
}

impl Description {
    /// The name of a class, or its number where it has none.
    #[must_use]
    pub fn class_name(&self, class: usize) -> String {
        self.class_names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }

    /// [`class_name`](Self::class_name) for a terminal.
    #[must_use]
    pub fn shown_name(&self, class: usize) -> String {
        printable::name(&self.class_name(class)).into_owned()
    }
}

/// How the test part of own data was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Division {
    /// Share of the samples of each class, above 0; 1 for all samples.
    pub share: f64,
    /// The seed.
    pub seed: u64,
}

/// The columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The names of the features, in the order of the values of a sample; empty where the table has no header.
    pub features: Vec<String>,
    /// The number of the label's column, from 1.
    pub label: usize,
    /// The name of that column, if the table has a header.
    pub label_name: Option<String>,
}

/// An affine map of floats to bytes, one for each channel: `255 * (value - low) / (high - low)`, rounded half up, at
/// least 0 and at most 255.
///
/// Features are channels of a sample of height and width 1, so each feature has its own map. Each step is one of 32-bit
/// floats, in the order in which it is written, so generated code gives the same bytes. NaN gives 0, and so does every
/// value where `low` is `high`.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalisation {
    low: Vec<f32>,
    high: Vec<f32>,
}

/// The largest magnitude of a value that is normalised; no step overflows up to it.
pub(super) const LARGEST: f32 = 1e30;

impl Normalisation {
    /// The map that takes `low` to 0 and `high` to 255, one of each for a channel.
    ///
    /// `None` if the two are not equally many, there are none, or one is NaN, beyond ±1e30, or below its `low`.
    #[must_use]
    pub fn new(low: Vec<f32>, high: Vec<f32>) -> Option<Self> {
        let fits = |(low, high): (&f32, &f32)| -LARGEST <= *low && low <= high && *high <= LARGEST;
        let fit = low.len() == high.len() && !low.is_empty() && low.iter().zip(&high).all(fits);
        fit.then_some(Self { low, high })
    }

    /// The map from the smallest and the largest of these values of each channel. Samples lie one after the other,
    /// channels together. `None` if there are none, or one is NaN or beyond ±1e30.
    #[must_use]
    pub fn learn(values: &[f32], channels: usize) -> Option<Self> {
        let (mut low, mut high) =
            (vec![f32::INFINITY; channels], vec![f32::NEG_INFINITY; channels]);
        for sample in values.chunks_exact(channels.max(1)) {
            for ((low, high), &value) in low.iter_mut().zip(&mut high).zip(sample) {
                if value.is_nan() {
                    return None;
                }
                (*low, *high) = (low.min(value), high.max(value));
            }
        }
        Self::new(low, high)
    }

    /// The value of each channel that becomes 0.
    #[must_use]
    pub fn low(&self) -> &[f32] {
        &self.low
    }

    /// The value of each channel that becomes 255.
    #[must_use]
    pub fn high(&self) -> &[f32] {
        &self.high
    }

    /// The bytes of these values, which lie one sample after the other, channels together.
    pub fn bytes<'a>(&'a self, values: &'a [f32]) -> impl Iterator<Item = u8> + 'a {
        let bounds = self.low.iter().zip(&self.high).cycle();
        values.iter().zip(bounds).map(|(value, (low, high))| byte(*value, *low, *high))
    }
}

/// The byte of one value. A product is not followed by a sum, so no compiler can fuse the two.
fn byte(value: f32, low: f32, high: f32) -> u8 {
    let scaled = 255.0 * (value - low) / (high - low);
    // Not so for NaN, of which a range of 0 gives some.
    if high > low && scaled > 0.0 { (scaled + 0.5) as u8 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_value_is_0_and_the_largest_255_in_each_channel() {
        let values = [-1.0, 10.0, 7.0, 0.0, 20.0, 7.0, 1.0, 40.0, 7.0];
        let map = Normalisation::learn(&values, 3).unwrap();
        assert_eq!((map.low(), map.high()), (&[-1.0, 10.0, 7.0][..], &[1.0, 40.0, 7.0][..]));
        let bytes: Vec<_> = map.bytes(&values).collect();
        assert_eq!(bytes, [0, 0, 0, 128, 85, 0, 255, 255, 0]);
        // Others are clamped; a channel without a range stays 0.
        let far = [-9.0, 1e30, 9.0, f32::NAN, f32::NEG_INFINITY, f32::INFINITY];
        assert_eq!(map.bytes(&far).collect::<Vec<_>>(), [0, 255, 0, 0, 0, 0]);
    }

    #[test]
    fn bytes_are_those_of_numpy() {
        // NumPy 2.4: np.clip(np.floor(f(255) * (x - f(-0.3)) / (f(0.7) - f(-0.3)) + f(0.5)), 0, 255) with f = np.float32
        // and x = np.linspace(-0.4, 0.8, 13, dtype=f).
        let map = Normalisation::new(vec![-0.3], vec![0.7]).unwrap();
        let values: Vec<f32> = (0..13).map(|step| (f64::from(step) / 10.0 - 0.4) as f32).collect();
        let expected = [0, 0, 26, 51, 77, 102, 128, 153, 179, 204, 230, 255, 255];
        assert_eq!(map.bytes(&values).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn bounds_that_make_no_map_are_refused() {
        for (low, high) in [
            (vec![], vec![]),
            (vec![0.0], vec![]),
            (vec![1.0], vec![0.0]),
            (vec![f32::NAN], vec![0.0]),
            (vec![0.0], vec![f32::NAN]),
            (vec![-2e30], vec![0.0]),
            (vec![0.0], vec![f32::INFINITY]),
        ] {
            assert_eq!(Normalisation::new(low, high), None);
        }
        assert_eq!(Normalisation::learn(&[1.0, f32::NAN], 1), None);
        assert_eq!(Normalisation::learn(&[], 2), None);
    }

    #[test]
    fn a_class_without_a_name_has_its_number() {
        let names = Description { class_names: vec!["cat".to_owned()], ..Description::default() };
        assert_eq!((names.class_name(0), names.class_name(1)), ("cat".into(), "1".into()));
    }
}
