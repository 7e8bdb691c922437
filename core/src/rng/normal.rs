//! Normal draws.

use crate::math;
use crate::rng::{unit, unit_of};
use rand_core::Rng;

/// Where the normal distribution's tail begins: the right edge of the lowest strip.
const TAIL: f32 = 3.442_619_8;

/// The right edges of the 128 strips of equal area under exp(-x^2 / 2), from the lowest up. The
/// first is that of a rectangle with the lowest strip's area, tail included.
#[rustfmt::skip]
#[expect(clippy::excessive_precision, reason = "nine digits name any f32")]
const EDGES: [f32; 129] = [
    3.713_086_2, 3.442_619_9, 3.223_085, 3.083_228_9, 2.978_696_3, 2.894_344, 2.823_125_4,
    2.761_169_4, 2.706_113_6, 2.656_406_4, 2.610_972_2, 2.569_033_6, 2.530_009_7, 2.493_454_5,
    2.459_018_2, 2.426_420_6, 2.395_434_3, 2.365_871_4, 2.337_575_2, 2.310_413_7, 2.284_274,
    2.259_059_6, 2.234_686_4, 2.211_081_4, 2.188_180_4, 2.165_926_8, 2.144_270_2, 2.123_165_7,
    2.102_573_1, 2.082_456_24, 2.062_782_3, 2.043_521_54, 2.024_647, 2.006_133_9, 1.987_959_6,
    1.970_103_3, 1.952_545_73, 1.935_269_2, 1.918_257_3, 1.901_494_65, 1.884_967_04, 1.868_661_14,
    1.852_564_5, 1.836_665_5, 1.820_953, 1.805_416_8, 1.790_046_98, 1.774_834_4, 1.759_770_22,
    1.744_846_1, 1.730_054_16, 1.715_386_7, 1.700_836_6, 1.686_396_8, 1.672_060_75, 1.657_821_9,
    1.643_674_16, 1.629_611_5, 1.615_628_1, 1.601_718_4, 1.587_876_9, 1.574_098_2, 1.560_377_2,
    1.546_708_8, 1.533_087_9, 1.519_509_6, 1.505_969, 1.492_461_4, 1.478_982, 1.465_526,
    1.452_088_6, 1.438_665_3, 1.425_251_3, 1.411_841_7, 1.398_431_9, 1.385_017, 1.371_592_2,
    1.358_152_5, 1.344_692_75, 1.331_208, 1.317_692_8, 1.304_141_9, 1.290_549_6, 1.276_910_3,
    1.263_217_96, 1.249_466_5, 1.235_649_5, 1.221_760_23, 1.207_791_8, 1.193_736_7, 1.179_587_4,
    1.165_335_6, 1.150_972_8, 1.136_489_9, 1.121_877, 1.107_123_6, 1.092_218_9, 1.077_150_6,
    1.061_906, 1.046_470_9, 1.030_830_24, 1.014_967_4, 0.998_864_23, 0.982_500_8, 0.965_855_08,
    0.948_902_6, 0.931_616_2, 0.913_965_25, 0.895_915_35, 0.877_427_43, 0.858_456_84,
    0.838_952_214, 0.818_853_9, 0.798_092_06, 0.776_583_99, 0.754_230_7, 0.730_911_9, 0.706_479_6,
    0.680_747_9, 0.653_478_6, 0.624_358_6, 0.592_962_9, 0.558_692_18, 0.520_656_04, 0.477_437_837,
    0.426_547_986, 0.362_871_43, 0.272_320_86, 0.0,
];

/// A float from the normal distribution of mean 0 and deviation 1, at most 9 from 0.
///
/// The ziggurat method (Marsaglia and Tsang 2000), with independent bits of one word for strip,
/// sign and place (Doornik 2005): 98.8 % of the draws take one word, one product and one comparison.
#[inline(always)]
pub fn normal(rng: &mut impl Rng) -> f32 {
    normal_of(rng.next_u32(), rng)
}

/// [`normal()`] whose first word is `word`.
#[inline(always)]
pub(crate) fn normal_of(word: u32, rng: &mut impl Rng) -> f32 {
    let (x, accepted) = place(word);
    if accepted { x } else { rare(word, rng) }
}

/// The place that a word stands for, and whether it surely lies below the curve.
#[inline(always)]
fn place(word: u32) -> (f32, bool) {
    let strip = (word & 127) as usize;
    let x = edge(strip) * unit_of(word);
    (signed(x, word), x < edge(strip.wrapping_add(1)))
}

/// The right edge of a strip.
#[inline(always)]
fn edge(strip: usize) -> f32 {
    EDGES.get(strip).copied().unwrap_or(0.0)
}

/// A distance with the sign that a word stands for: without a branch, which would be mispredicted
/// every other time.
#[inline(always)]
const fn signed(distance: f32, word: u32) -> f32 {
    f32::from_bits(distance.to_bits() | ((word & 128) << 24))
}

/// A draw whose word stands for a place outside of the strip above: below the curve it counts; in
/// the lowest strip it stands for a draw from the tail; else another word is drawn.
#[cold]
#[inline(never)]
fn rare(mut word: u32, rng: &mut impl Rng) -> f32 {
    let height = |x: f32| math::exp(-0.5 * x * x);
    loop {
        let (x, accepted) = place(word);
        if accepted {
            return x;
        }
        let strip = (word & 127) as usize;
        if strip == 0 {
            return signed(tail(rng), word);
        }
        let (low, high) = (height(edge(strip)), height(edge(strip.wrapping_add(1))));
        if low + unit(rng) * (high - low) < height(x) {
            return x;
        }
        word = rng.next_u32();
    }
}

/// A draw from the tail (Marsaglia 1964).
fn tail(rng: &mut impl Rng) -> f32 {
    // 1 - u is never 0, of which there is no logarithm.
    let mut exponential = || -math::ln(1.0 - unit(rng));
    loop {
        let x = exponential() / TAIL;
        let y = exponential();
        if y + y > x * x {
            return TAIL + x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::tests::Replay;
    use crate::rng::{Purpose, stream};

    #[test]
    fn strips_have_equal_areas() {
        // The recurrence of the paper, in double precision, from its two constants for 128 strips.
        let (r, v) = (3.442_619_855_899_f64, 9.912_563_035_262_17e-3);
        let height = |x: f64| libm::exp(-x * x / 2.0);
        let mut edge = r;
        assert_eq!(EDGES[0], (v / height(r)) as f32);
        assert_eq!(EDGES[1], TAIL);
        for strip in EDGES.iter().take(128).skip(1) {
            assert!(libm::fabs(f64::from(*strip) - edge) < 3e-7, "{strip} for {edge}");
            // Rounding can take the height of the uppermost edge above 1, whose edge is 0.
            edge = libm::sqrt(libm::fmax(-2.0 * libm::log(v / edge + height(edge)), 0.0));
        }
        assert!(edge < 1e-4, "{edge}");
        assert_eq!(EDGES[128], 0.0);
    }

    #[test]
    fn draws_have_the_moments_and_the_tails_of_the_normal_distribution() {
        let mut rng = stream(2, 0, 0, Purpose::Mutate);
        let (mut sums, count) = ([0.0_f64; 4], 4_000_000);
        // Draws beyond half a deviation, 1, 2, 3, 4 and the edge of the tail.
        let bounds = [0.5, 1.0, 2.0, 3.0, 4.0, TAIL];
        let mut beyond = [0_u32; 6];
        for _ in 0..count {
            let x = normal(&mut rng);
            assert!(x.abs() < 9.0);
            for (bound, beyond) in bounds.iter().zip(&mut beyond) {
                *beyond += u32::from(x.abs() > *bound);
            }
            let (x, mut power) = (f64::from(x), 1.0);
            for sum in &mut sums {
                power *= x;
                *sum += power;
            }
        }
        let count = f64::from(count);
        let [mean, square, cube, fourth] = sums.map(|sum| sum / count);
        // Five standard errors each: sqrt(1, 2, 15, 96 / n). micromath's exp and ln are in the
        // wedges and the tail only, which is 1.2 % of the draws.
        let wide = if math::BACKEND == "exact" { 1.0 } else { 5.0 };
        assert!(libm::fabs(mean) < 0.0025, "{mean}");
        assert!(libm::fabs(square - 1.0) < 0.0036 * wide, "{square}");
        assert!(libm::fabs(cube) < 0.0097, "{cube}");
        assert!(libm::fabs(fourth - 3.0) < 0.025 * wide, "{fourth}");
        for (bound, beyond) in bounds.iter().zip(beyond) {
            let exact = libm::erfc(f64::from(*bound) / core::f64::consts::SQRT_2);
            let error = 5.0 * libm::sqrt(exact / count) * wide;
            let share = f64::from(beyond) / count;
            assert!(libm::fabs(share - exact) < error, "beyond {bound}: {share} for {exact}");
        }
    }

    #[test]
    fn draws_fill_every_bin_as_the_distribution_says() {
        // 60 bins of a tenth of a deviation; chi-squared of 59 degrees is below 113 but once in
        // 30,000 times.
        let mut rng = stream(3, 0, 0, Purpose::Mutate);
        let (count, mut bins) = (1_000_000, [0_u32; 60]);
        for _ in 0..count {
            let bin = libm::floorf((normal(&mut rng) + 3.0) * 10.0);
            if (0.0..60.0).contains(&bin) {
                bins[bin as usize] += 1;
            }
        }
        let below = |x: f64| libm::erfc(-x / core::f64::consts::SQRT_2) / 2.0;
        let chi_squared: f64 = (0..60)
            .map(|bin| {
                let left = f64::from(bin) / 10.0 - 3.0;
                let expected = (below(left + 0.1) - below(left)) * f64::from(count);
                let difference = f64::from(bins[bin as usize]) - expected;
                difference * difference / expected
            })
            .sum();
        assert!(math::BACKEND != "exact" || chi_squared < 113.0, "{chi_squared}");
    }

    #[test]
    fn the_logarithm_of_zero_is_never_taken() {
        // Strip 0 at its far right is the tail; there u = 0 gives ln(1) = 0, and the largest u
        // the logarithm of 2^-24.
        let x = normal(&mut Replay::new(&[0xffff_ff00, 0, 0xffff_ffff]));
        assert_eq!(x, TAIL);
        let x = normal(&mut Replay::new(&[0xffff_ff80, 0xffff_ffff, 0xffff_ffff]));
        assert!(x.is_finite() && x < -8.0, "{x}");
    }
}
