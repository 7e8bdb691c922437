//! The errors that several modules share: a slice of the wrong length, a setting out of range.
//!
//! An error that only one module returns is defined in that module, for example
//! [`crate::network::NetworkError`].

use core::fmt;

/// A slice given by the caller has the wrong length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LengthError {
    /// Name of the argument.
    pub buffer: &'static str,
    /// Required length in elements; for scratch space the smallest that is enough.
    pub expected: usize,
    /// Length of the given slice, in elements.
    pub got: usize,
}

impl LengthError {
    /// `Ok` if `got` is exactly `expected`.
    pub(crate) const fn exact(
        buffer: &'static str,
        expected: usize,
        got: usize,
    ) -> Result<(), Self> {
        if got == expected { Ok(()) } else { Err(Self { buffer, expected, got }) }
    }

    /// `Ok` if `got` is at least `expected`.
    pub(crate) const fn at_least(
        buffer: &'static str,
        expected: usize,
        got: usize,
    ) -> Result<(), Self> {
        if got >= expected { Ok(()) } else { Err(Self { buffer, expected, got }) }
    }
}

impl fmt::Display for LengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { buffer, expected, got } = self;
        write!(f, "`{buffer}` needs {expected} elements, got {got}")
    }
}

impl core::error::Error for LengthError {}

/// A setting of an operator or algorithm lies outside its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SettingError {
    /// A probability outside 0..=1, or NaN.
    Probability {
        /// Name of the probability.
        name: &'static str,
        /// Value that was given.
        got: f32,
    },
    /// A number is negative, infinite or NaN where it must be finite and 0 or more.
    Magnitude {
        /// Name of the number.
        name: &'static str,
        /// Value that was given.
        got: f32,
    },
    /// A number is 0, negative, infinite or NaN where it must be finite and above 0.
    Positive {
        /// Name of the number.
        name: &'static str,
        /// Value that was given.
        got: f32,
    },
    /// The ends of a geometric schedule lie so far apart that their quotient is no normal number.
    Apart {
        /// Name of the number.
        name: &'static str,
        /// The number at the start.
        from: f32,
        /// The number at the end.
        to: f32,
    },
    /// A share by which weights become smaller in a generation is above 1: their signs would change.
    Share {
        /// Names of the numbers whose product it is.
        name: &'static str,
        /// Value that was given.
        got: f32,
    },
    /// The bounds of a range are not finite or not in order.
    Range {
        /// Lower bound.
        low: f32,
        /// Upper bound.
        high: f32,
    },
    /// A count is outside its range.
    Count {
        /// Name of the count.
        name: &'static str,
        /// Smallest allowed value.
        least: usize,
        /// Largest allowed value.
        most: usize,
        /// Value that was given.
        got: usize,
    },
}

impl SettingError {
    pub(crate) fn probability(name: &'static str, got: f32) -> Result<(), Self> {
        if (0.0..=1.0).contains(&got) { Ok(()) } else { Err(Self::Probability { name, got }) }
    }

    pub(crate) fn magnitude(name: &'static str, got: f32) -> Result<(), Self> {
        if got >= 0.0 && got.is_finite() { Ok(()) } else { Err(Self::Magnitude { name, got }) }
    }

    pub(crate) fn positive(name: &'static str, got: f32) -> Result<(), Self> {
        if got > 0.0 && got.is_finite() { Ok(()) } else { Err(Self::Positive { name, got }) }
    }

    pub(crate) fn share(name: &'static str, got: f32) -> Result<(), Self> {
        if got <= 1.0 { Ok(()) } else { Err(Self::Share { name, got }) }
    }

    pub(crate) fn range(low: f32, high: f32) -> Result<(), Self> {
        // The width too: a range of finite bounds can be wider than a float can say.
        if low <= high && (high - low).is_finite() {
            Ok(())
        } else {
            Err(Self::Range { low, high })
        }
    }

    pub(crate) const fn count(
        name: &'static str,
        least: usize,
        most: usize,
        got: usize,
    ) -> Result<(), Self> {
        if least <= got && got <= most {
            Ok(())
        } else {
            Err(Self::Count { name, least, most, got })
        }
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Probability { name, got } => {
                write!(f, "{name} must lie in 0..=1, got {got}")
            }
            Self::Magnitude { name, got } => {
                write!(f, "{name} must be finite and not negative, got {got}")
            }
            Self::Positive { name, got } => {
                write!(f, "{name} must be finite and above 0, got {got}")
            }
            Self::Apart { name, from, to } => {
                write!(
                    f,
                    "{name} goes from {from:?} to {to:?} by equal factors: they lie too far apart"
                )
            }
            Self::Share { name, got } => {
                write!(f, "{name} must be at most 1, got {got}: weights would change their signs")
            }
            Self::Range { low, high } => {
                write!(f, "the range {low}..{high} is not finite or not in order")
            }
            Self::Count { name, least, most, got } => {
                write!(f, "{name} must lie in {least}..={most}, got {got}")
            }
        }
    }
}

impl core::error::Error for SettingError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_of_each_check_are_inside() {
        assert_eq!(SettingError::probability("p", 0.0), Ok(()));
        assert_eq!(SettingError::probability("p", 1.0), Ok(()));
        assert!(SettingError::probability("p", f32::NAN).is_err());
        assert!(SettingError::probability("p", -f32::MIN_POSITIVE).is_err());
        assert!(SettingError::magnitude("s", f32::INFINITY).is_err());
        assert!(SettingError::magnitude("s", f32::NAN).is_err());
        assert_eq!(SettingError::positive("s", f32::MIN_POSITIVE), Ok(()));
        for got in [0.0, -1.0, f32::INFINITY, f32::NAN] {
            assert!(SettingError::positive("s", got).is_err());
        }
        assert_eq!(SettingError::share("d", 1.0), Ok(()));
        assert!(SettingError::share("d", 1.0 + f32::EPSILON).is_err());
        assert!(SettingError::share("d", f32::INFINITY).is_err());
        assert_eq!(SettingError::range(1.0, 1.0), Ok(()));
        assert!(SettingError::range(f32::MIN, f32::MAX).is_err());
        assert_eq!(SettingError::count("n", 1, 3, 3), Ok(()));
        assert!(SettingError::count("n", 1, 3, 0).is_err());
        assert_eq!(LengthError::at_least("scratch", 2, 3), Ok(()));
        assert!(LengthError::exact("genome", 2, 3).is_err());
    }
}
