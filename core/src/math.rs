//! `exp`, `ln` and `sqrt` for `f32`: the one place that chooses their implementations.
//!
//! `exp` and `ln` are our own: polynomials without branches or tables, so that a loop over lanes
//! becomes vector code, and with nothing but `+ - *` and bit patterns, so that every target gives
//! the same bits. The square root is `libm`'s, correctly rounded. The standard library's are never
//! used: they differ between platforms in the last bit.
//!
//! The feature `micromath` replaces `exp` and `ln` by that crate's approximations, for
//! microcontrollers where size and time count for more than the last digits: a relative error
//! within 1 % for `exp` and 7 % for `ln`. Results are then still the same on every target, but
//! different from those of the default: a seed reproduces a run only under the same back end.
//! [`BACKEND`] names it. The square root stays `libm`'s: the approximation is off by 6 %.

/// Which implementation this build uses: `"exact"` or `"micromath"`.
pub const BACKEND: &str = if cfg!(feature = "micromath") { "micromath" } else { "exact" };

/// The exponential function.
///
/// Within 1 unit in the last place of the true value where that is a normal number (measured
/// against `libm` in double precision over every float). Results below the smallest normal number
/// are 0, those above the largest number infinite; NaN gives NaN.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2, then a polynomial of degree 7 in r (coefficients of
/// Cephes, Moshier 1989), times 2^n.
#[cfg(not(feature = "micromath"))]
#[must_use]
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    /// Adding it leaves the nearest integer in the low bits: 1.5 * 2^23.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, the first with so few bits that its product with n is exact.
    const LN_2_HIGH: f32 = 355.0 / 512.0;
    const LN_2_LOW: f32 = -2.121_944_4e-4;

    let shifted = x * core::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut p = 1.987_569_2e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let y = (p * (r * r) + r) + 1.0;
    // 2^n in two factors, as n = 128 has no float of its own; n is in the low bits of `shifted`.
    let n = (shifted.to_bits().wrapping_sub(ROUND.to_bits())) as i32;
    let half = n >> 1;
    let power = |n: i32| f32::from_bits((n.wrapping_add(127) as u32) << 23);
    let y = y * power(half) * power(n.wrapping_sub(half));
    // Outside of these bounds `n` is not what it seems. NaN fails both comparisons.
    let y = if x < -87.336_54 { 0.0 } else { y };
    let y = if x > 88.722_84 { f32::INFINITY } else { y };
    if x.is_nan() { x } else { y }
}

/// The natural logarithm. `ln(0)` is negative infinity, `ln` of a negative number is NaN.
///
/// Within 1 unit in the last place of the true value for normal numbers (measured against `libm`
/// in double precision over every float); subnormal numbers count as the 0 that they nearly are.
///
/// x = 2^n m with sqrt(1/2) <= m < sqrt(2), then a polynomial of degree 11 in m - 1 (coefficients
/// of Cephes, Moshier 1989), plus n ln 2.
#[cfg(not(feature = "micromath"))]
#[must_use]
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 355.0 / 512.0;
    const LN_2_LOW: f32 = -2.121_944_4e-4;

    // The bits of sqrt(1/2): taking them away splits x at the right exponent.
    let split = x.to_bits().wrapping_sub(0x3f35_04f3);
    let n = ((split as i32) >> 23) as f32;
    let m = f32::from_bits((split & 0x007f_ffff).wrapping_add(0x3f35_04f3)) - 1.0;
    let square = m * m;
    let mut p = 7.037_683_6e-2;
    p = p * m - 1.151_461e-1;
    p = p * m + 1.167_699_8e-1;
    p = p * m - 1.242_014_1e-1;
    p = p * m + 1.424_932_3e-1;
    p = p * m - 1.666_805_8e-1;
    p = p * m + 2.000_071_5e-1;
    p = p * m - 2.499_999_4e-1;
    p = p * m + 3.333_333e-1;
    let mut y = p * m * square;
    y += LN_2_LOW * n;
    y -= 0.5 * square;
    let y = (m + y) + LN_2_HIGH * n;
    let y = if x < f32::MIN_POSITIVE { f32::NEG_INFINITY } else { y };
    let y = if x < 0.0 { f32::NAN } else { y };
    // Infinity and NaN give themselves.
    if x < f32::INFINITY { y } else { x }
}

/// The square root, correctly rounded. NaN for negative numbers.
#[must_use]
pub fn sqrt(x: f32) -> f32 {
    libm::sqrtf(x)
}

/// One divided by the square root, within 5 millionths of the true value for normal numbers above 0.
///
/// Only `*`, `-` and bit patterns, so that lanes of it are vector code that is faster than a division and a
/// root: the first guess of "Quake III Arena" (Lomont 2003, "Fast inverse square root"), then two steps of
/// Newton's method. For numbers below the smallest normal one it is finite, for others nothing is promised.
#[must_use]
#[inline(always)]
pub fn reciprocal_sqrt(x: f32) -> f32 {
    let half = 0.5 * x;
    let mut y = f32::from_bits(0x5f37_5a86_u32.wrapping_sub(x.to_bits() >> 1));
    y *= 1.5 - half * y * y;
    y *= 1.5 - half * y * y;
    y
}

/// The exponential function. Results below the smallest normal number are 0, those above the
/// largest number infinite; NaN gives NaN.
#[cfg(feature = "micromath")]
#[must_use]
pub fn exp(x: f32) -> f32 {
    // Beyond these ends the crate puts together exponents that there are not: NaN for 89, a panic
    // where assertions are on. Of NaN it makes infinity.
    if x > 88.722_83 {
        f32::INFINITY
    } else if x >= -87.336_54 {
        micromath::F32Ext::exp(x)
    } else if x.is_nan() {
        f32::NAN
    } else {
        0.0
    }
}

/// The natural logarithm. `ln` of zero or a number below the smallest normal one is negative
/// infinity, of a negative number NaN.
#[cfg(feature = "micromath")]
#[must_use]
pub fn ln(x: f32) -> f32 {
    // The crate's polynomial has no branch for these.
    if x == f32::INFINITY {
        x
    } else if x >= f32::MIN_POSITIVE {
        micromath::F32Ext::ln(x)
    } else if x >= 0.0 {
        f32::NEG_INFINITY
    } else {
        f32::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Error of `got` in units in the last place of the f32 nearest to `want`, a normal number.
    #[cfg(not(feature = "micromath"))]
    fn ulps(got: f32, want: f64) -> f64 {
        let nearest = want as f32;
        let unit = f64::from(f32::from_bits(nearest.to_bits() + 1)) - f64::from(nearest);
        libm::fabs((f64::from(got) - want) / unit)
    }

    /// The largest error over every `step`-th float from `first` to `last`, by their bits.
    #[cfg(not(feature = "micromath"))]
    fn worst_ulps(
        f: fn(f32) -> f32,
        exact: fn(f64) -> f64,
        (first, last): (f32, f32),
        step: usize,
    ) -> f64 {
        (first.to_bits()..=last.to_bits())
            .step_by(step)
            .map(|bits| {
                let x = f32::from_bits(bits);
                ulps(f(x), exact(f64::from(x)))
            })
            .fold(0.0, |worst, error| if error > worst || error.is_nan() { error } else { worst })
    }

    #[cfg(not(feature = "micromath"))]
    fn assert_errors_are_as_documented(step: usize) {
        assert!(worst_ulps(exp, libm::exp, (1e-30, 88.722_8), step) < 1.0);
        assert!(worst_ulps(exp, libm::exp, (-1e-30, -87.336_5), step) < 1.0);
        assert!(worst_ulps(ln, libm::log, (f32::MIN_POSITIVE, f32::MAX), step) < 1.0);
    }

    #[test]
    #[cfg(not(feature = "micromath"))]
    fn errors_are_as_documented() {
        assert_errors_are_as_documented(if cfg!(debug_assertions) { 9973 } else { 101 });
    }

    #[test]
    #[cfg(not(feature = "micromath"))]
    #[ignore = "a minute: cargo test --release -p tinyevo-core -- --ignored"]
    fn errors_are_as_documented_over_every_float() {
        assert_errors_are_as_documented(1);
    }

    #[test]
    #[cfg(feature = "micromath")]
    fn errors_are_as_documented() {
        let points = [1e-6, 0.01, 0.3, 2.0, 7.0, 20.0_f32];
        for x in points {
            let relative = |got: f32, want: f64| libm::fabs(f64::from(got) / want - 1.0);
            assert!(relative(exp(x), libm::exp(f64::from(x))) < 0.01, "exp({x})");
            assert!(relative(exp(-x), libm::exp(f64::from(-x))) < 0.01, "exp(-{x})");
            assert!(relative(ln(x), libm::log(f64::from(x))) < 0.07, "ln({x})");
        }
    }

    #[test]
    fn the_reciprocal_root_is_within_its_error() {
        let mut worst = 0.0_f64;
        for bits in (f32::MIN_POSITIVE.to_bits()..f32::MAX.to_bits()).step_by(99_991) {
            let x = f32::from_bits(bits);
            let exact = 1.0 / libm::sqrt(f64::from(x));
            let error = libm::fabs(f64::from(reciprocal_sqrt(x)) / exact - 1.0);
            worst = if error > worst || error.is_nan() { error } else { worst };
        }
        assert!(worst > 1e-6 && worst < 5e-6, "{worst}");
        assert!(reciprocal_sqrt(0.0).is_finite());
    }

    #[test]
    fn edges_are_defined() {
        assert_eq!(ln(0.0), f32::NEG_INFINITY);
        assert!(ln(-1.0).is_nan());
        assert!(ln(f32::NAN).is_nan());
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(sqrt(4.0), 2.0);
    }

    #[test]
    fn both_ends_of_the_range_are_defined() {
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(-88.0), 0.0);
        assert_eq!(exp(-1e30), 0.0);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp(88.73), f32::INFINITY);
        assert_eq!(exp(1e30), f32::INFINITY);
        assert!(exp(88.722).is_finite());
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(f32::INFINITY), f32::INFINITY);
        assert!(ln(f32::NEG_INFINITY).is_nan());
        assert_eq!(ln(-0.0), f32::NEG_INFINITY);
        assert_eq!(ln(1e-40), f32::NEG_INFINITY);
        assert!(ln(-1e-40).is_nan());
    }

    #[test]
    fn golden_values() {
        let bits = [exp(1.5), ln(0.3), sqrt(2.0)].map(f32::to_bits);
        let golden = if BACKEND == "exact" {
            [0x408f_69ff, 0xbf9a_1bc8, 0x3fb5_04f3]
        } else {
            [0x408f_69fd, 0xbfa3_f634, 0x3fb5_04f3]
        };
        assert_eq!(bits, golden, "{bits:08x?}");
    }
}
