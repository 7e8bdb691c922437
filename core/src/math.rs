//! `exp`, `ln` and `sqrt` for `f32`: one place that decides whose they are.
//!
//! By default they come from `libm`, a port of musl's, which gives the same bits on every target.
//! The standard library's are never used: they differ between platforms in the last bit.
//!
//! The feature `micromath` replaces `exp` and `ln` by that crate's approximations, for
//! microcontrollers where size and time count for more than the last digits: a relative error
//! within 1 % for `exp` and 7 % for `ln`, so a normal draw's deviation is within 4 % of 1.
//! Results are then still the same on every target, but different from those of the default: a
//! seed reproduces a run only under the same back end. [`BACKEND`] names it. The square root stays
//! `libm`'s: the approximation is off by 6 %.

/// Which implementation this build uses: `"libm"` or `"micromath"`.
pub const BACKEND: &str = if cfg!(feature = "micromath") { "micromath" } else { "libm" };

/// The exponential function.
#[cfg(not(feature = "micromath"))]
#[must_use]
pub fn exp(x: f32) -> f32 {
    libm::expf(x)
}

/// The natural logarithm. `ln(0)` is negative infinity, `ln` of a negative number is NaN.
#[cfg(not(feature = "micromath"))]
#[must_use]
pub fn ln(x: f32) -> f32 {
    libm::logf(x)
}

/// The square root, correctly rounded. NaN for negative numbers.
#[must_use]
pub fn sqrt(x: f32) -> f32 {
    libm::sqrtf(x)
}

/// The exponential function.
#[cfg(feature = "micromath")]
#[must_use]
pub fn exp(x: f32) -> f32 {
    micromath::F32Ext::exp(x)
}

/// The natural logarithm. `ln(0)` is negative infinity, `ln` of a negative number is NaN.
#[cfg(feature = "micromath")]
#[must_use]
pub fn ln(x: f32) -> f32 {
    // The crate's polynomial has no branch for these.
    if x > 0.0 {
        micromath::F32Ext::ln(x)
    } else if x == 0.0 {
        f32::NEG_INFINITY
    } else {
        f32::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest relative error of `f` against values of a wider type, over `points`.
    fn worst(f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, points: &[f32]) -> f64 {
        points
            .iter()
            .map(|&x| {
                let (got, want) = (f64::from(f(x)), exact(f64::from(x)));
                let error = libm::fabs(got - want) / libm::fabs(want);
                assert!(error.is_finite(), "{x}: {got} for {want}");
                error
            })
            .fold(0.0, |a, b| if b > a { b } else { a })
    }

    #[test]
    fn they_are_as_close_as_documented() {
        let (exp_bound, ln_bound) = if BACKEND == "libm" { (1e-7, 1e-7) } else { (0.01, 0.07) };
        let wide: [f32; 9] = [-20.0, -5.5, -1.0, -0.1, 0.1, 1.0, 2.5, 10.0, 20.0];
        let positive: [f32; 7] = [1e-6, 0.01, 0.3, 2.0, 7.0, 100.0, 1e6];
        assert!(worst(exp, libm::exp, &wide) < exp_bound);
        assert!(worst(ln, libm::log, &positive) < ln_bound);
        assert!(worst(sqrt, libm::sqrt, &positive) < 6e-8);
    }

    #[test]
    fn edges_are_defined() {
        assert_eq!(ln(0.0), f32::NEG_INFINITY);
        assert!(ln(-1.0).is_nan());
        assert!(ln(f32::NAN).is_nan());
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn golden_values() {
        let bits = [exp(1.5), ln(0.3), sqrt(2.0)].map(f32::to_bits);
        let golden = if BACKEND == "libm" {
            [0x408f_69ff, 0xbf9a_1bc8, 0x3fb5_04f3]
        } else {
            [0x408f_69fd, 0xbfa3_f634, 0x3fb5_04f3]
        };
        assert_eq!(bits, golden, "{bits:08x?}");
    }
}
