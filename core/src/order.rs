//! The one ordering of fitness: which of two values is better, NaN last.

use core::cmp::Ordering;

/// Which of two fitness values is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Less is better.
    Minimise,
    /// More is better.
    Maximise,
}

impl Direction {
    /// Orders the better one first: [`Ordering::Less`] if `a` is better than `b`.
    ///
    /// The one place that orders fitness. NaN is worse than everything and equal to NaN; zeros of
    /// either sign are equal. So this is a total preorder.
    #[must_use]
    pub fn compare(self, a: f32, b: f32) -> Ordering {
        match (a.partial_cmp(&b), self) {
            (Some(order), Self::Minimise) => order,
            (Some(order), Self::Maximise) => order.reverse(),
            (None, _) => a.is_nan().cmp(&b.is_nan()),
        }
    }

    /// Whether `a` is strictly better than `b`.
    #[must_use]
    pub fn better(self, a: f32, b: f32) -> bool {
        self.compare(a, b) == Ordering::Less
    }
}

/// The index of the first of the largest values above `least`; 0 if there is none.
#[inline(always)]
pub(crate) fn first_largest<T: PartialOrd + Copy>(values: &[T], least: T) -> usize {
    let (mut best, mut place) = (least, 0);
    // Not `enumerate`, whose count could overflow for all that the compiler knows.
    for (index, &value) in (0..usize::MAX).zip(values) {
        if value > best {
            (best, place) = (value, index);
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_branch_of_the_ordering() {
        use Direction::{Maximise, Minimise};
        let nan = f32::NAN;
        for (direction, a, b, expected) in [
            (Minimise, 1.0, 2.0, Ordering::Less),
            (Minimise, 2.0, 1.0, Ordering::Greater),
            (Maximise, 1.0, 2.0, Ordering::Greater),
            (Maximise, 2.0, 1.0, Ordering::Less),
            (Minimise, 0.0, -0.0, Ordering::Equal),
            (Minimise, nan, 1.0, Ordering::Greater),
            (Minimise, f32::INFINITY, nan, Ordering::Less),
            (Maximise, nan, f32::NEG_INFINITY, Ordering::Greater),
            (Maximise, f32::NEG_INFINITY, nan, Ordering::Less),
            (Maximise, nan, nan, Ordering::Equal),
            (Minimise, nan, nan, Ordering::Equal),
        ] {
            assert_eq!(direction.compare(a, b), expected, "{direction:?} {a} {b}");
        }
        assert!(!Minimise.better(1.0, 1.0));
        assert!(!Maximise.better(nan, nan));
    }
}
