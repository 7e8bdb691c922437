//! Randomness: seeded streams, and the three draws that the operators are made of.
//!
//! Every stream is xoshiro128++ (Blackman and Vigna 2021, crate `rand_xoshiro`), keyed by
//! (seed, generation, individual, purpose). So no result depends on the order in which
//! individuals are bred, and a run resumed at any generation goes on with the same bits.
//! The 32-bit member of the family is chosen because it costs a microcontroller nothing, and a
//! float needs no more than 24 bits of a draw.
//!
//! Draws take any `rand_core::Rng`. Nothing here asks the operating system or the clock.

use crate::math;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// What a stream is for. Streams of different purposes share no draws.
///
/// The number of each is part of the promise of value stability: it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// First weights of an individual.
    Initialise = 0,
    /// Choice of the parents of a generation.
    Select = 1,
    /// Mating of a pair.
    Crossover = 2,
    /// Mutation of an individual.
    Mutate = 3,
    /// A random individual that is shown and not evolved.
    Show = 4,
}

/// The stream of one key.
///
/// Keys of one seed never share a state: the map from (generation, individual, purpose) to the
/// 128 bits of state is one to one.
#[must_use]
pub fn stream(seed: u64, generation: u32, individual: u32, purpose: Purpose) -> Xoshiro128PlusPlus {
    // Two words, each a bijection of its part of the key; then two Feistel rounds, so that every
    // bit of the key reaches every word of the state.
    let high = mix(seed.wrapping_add(GOLDEN_GAMMA.wrapping_mul(purpose as u64 + 1)));
    let low = mix((u64::from(generation) << 32) | u64::from(individual)) ^ high;
    let high = high ^ mix(low);
    let low = low ^ mix(high);
    let mut state = [0; 16];
    let (first, second) = state.split_at_mut(8);
    first.copy_from_slice(&low.to_le_bytes());
    second.copy_from_slice(&high.to_le_bytes());
    Xoshiro128PlusPlus::from_seed(state)
}

/// The odd constant nearest to 2^64 divided by the golden ratio.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of SplitMix64 (Steele, Lea and Flood 2014): a bijection.
const fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// A float in [0, 1), every multiple of 2^-24 equally likely.
#[inline]
pub fn unit(rng: &mut impl Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// A float from `low` up to `high`, by scaling of [`unit()`]; rounding can give `high` itself.
///
/// Both must be finite; nothing is checked here, as this is the inner loop of operators that are.
#[inline]
pub fn uniform(rng: &mut impl Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * unit(rng)
}

/// An index in 0..`count`, every one equally likely; 0 if `count` is 0.
///
/// Lemire's method of multiplication and rejection (2019, "Fast random integer generation in an
/// interval"). `count` is taken modulo 2^32.
#[inline]
pub fn index(rng: &mut impl Rng, count: usize) -> usize {
    let count = count as u32;
    let mut product = u64::from(rng.next_u32()) * u64::from(count);
    if (product as u32) < count {
        // 2^32 mod count: the draws below it would favour some indices.
        let unfair = count.wrapping_neg().checked_rem(count).unwrap_or(0);
        while (product as u32) < unfair {
            product = u64::from(rng.next_u32()) * u64::from(count);
        }
    }
    (product >> 32) as usize
}

/// An event of a fixed probability, drawn from 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chance(u64);

impl Chance {
    /// A chance of `probability`, rounded down to a multiple of 2^-32. Below 0 and NaN count as
    /// never, above 1 as always.
    #[must_use]
    #[inline]
    pub fn new(probability: f32) -> Self {
        // A cast from float to integer saturates, and takes NaN to 0.
        let scaled = (f64::from(probability) * 4_294_967_296.0) as u64;
        Self(if scaled > 1 << 32 { 1 << 32 } else { scaled })
    }

    /// Whether it happens this time. One 32-bit draw.
    #[inline]
    pub fn happens(self, rng: &mut impl Rng) -> bool {
        u64::from(rng.next_u32()) < self.0
    }
}

/// Standard normal draws by Marsaglia's polar method (Marsaglia and Bray 1964).
///
/// The method makes two at a time; the second is kept for the next call.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Normal {
    spare: Option<f32>,
}

impl Normal {
    /// No draw is kept yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { spare: None }
    }

    /// A float from the normal distribution of mean 0 and deviation 1.
    #[inline]
    pub fn draw(&mut self, rng: &mut impl Rng) -> f32 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let u = uniform(rng, -1.0, 1.0);
            let v = uniform(rng, -1.0, 1.0);
            let square = u * u + v * v;
            // The logarithm of 0 is not finite; outside the circle the angle is not uniform.
            if square > 0.0 && square < 1.0 {
                let factor = math::sqrt(-2.0 * math::ln(square) / square);
                self.spare = Some(v * factor);
                return u * factor;
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use core::convert::Infallible;

    /// Replays words, over and over: how known answers of other programs are fed to operators.
    #[derive(Debug)]
    pub(crate) struct Replay<'a>(pub(crate) core::iter::Cycle<core::slice::Iter<'a, u32>>);

    impl<'a> Replay<'a> {
        pub(crate) fn new(words: &'a [u32]) -> Self {
            Self(words.iter().cycle())
        }
    }

    impl rand_core::TryRng for Replay<'_> {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(*self.0.next().expect("words to replay"))
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            rand_core::utils::next_u64_via_u32(self)
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            bytes.fill(0);
            Ok(())
        }
    }

    #[test]
    fn golden_streams() {
        // Value stability: these change only with a breaking release.
        let first = |seed, generation, individual, purpose| {
            stream(seed, generation, individual, purpose).next_u32()
        };
        let golden = [
            first(64, 0, 0, Purpose::Initialise),
            first(64, 1, 0, Purpose::Select),
            first(64, 1, 2, Purpose::Crossover),
            first(u64::MAX, u32::MAX, u32::MAX, Purpose::Mutate),
        ];
        let expected = [0x6633_343e, 0x3a64_9099, 0x122a_76a9, 0x0d02_6af6];
        assert_eq!(golden, expected, "{golden:#010x?}");
    }

    #[test]
    fn neighbouring_keys_share_no_bits() {
        // Of 32 bits, two unrelated words differ in 16 on average; 4,000 pairs average 16 +- 0.05.
        let mut differing = 0;
        for individual in 0..1000 {
            let word = |s, g, i, p| stream(s, g, i, p).next_u32();
            let base = word(7, 3, individual, Purpose::Mutate);
            differing += (base ^ word(7, 3, individual + 1, Purpose::Mutate)).count_ones();
            differing += (base ^ word(7, 4, individual, Purpose::Mutate)).count_ones();
            differing += (base ^ word(8, 3, individual, Purpose::Mutate)).count_ones();
            differing += (base ^ word(7, 3, individual, Purpose::Crossover)).count_ones();
        }
        assert!((63_200..64_800).contains(&differing), "{differing}");
    }

    #[test]
    fn unit_covers_its_range_and_nothing_else() {
        assert_eq!(unit(&mut Replay::new(&[0])), 0.0);
        let largest = unit(&mut Replay::new(&[u32::MAX]));
        assert!(largest < 1.0 && largest > 0.999_999);
    }

    #[test]
    fn index_is_uniform_and_total() {
        let mut rng = stream(1, 0, 0, Purpose::Select);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[index(&mut rng, 7)] += 1;
        }
        // Five standard deviations of a binomial count around 10,000.
        assert!(counts.iter().all(|c| (9_530..10_470).contains(c)), "{counts:?}");
        assert_eq!(index(&mut rng, 0), 0);
        assert_eq!(index(&mut rng, 1), 0);
    }

    #[test]
    fn index_rejects_the_words_that_favour() {
        // 2^32 mod 3 = 1: the product of word 0 has a low half of 0 < 1 and is drawn again.
        assert_eq!(index(&mut Replay::new(&[0, u32::MAX]), 3), 2);
    }

    #[test]
    fn chance_of_zero_never_and_of_one_always_happens() {
        for word in [0, 1, u32::MAX] {
            assert!(!Chance::new(0.0).happens(&mut Replay::new(&[word])));
            assert!(Chance::new(1.0).happens(&mut Replay::new(&[word])));
            assert!(!Chance::new(f32::NAN).happens(&mut Replay::new(&[word])));
            assert!(!Chance::new(-1.0).happens(&mut Replay::new(&[word])));
            assert!(Chance::new(f32::INFINITY).happens(&mut Replay::new(&[word])));
        }
        assert!(Chance::new(0.25).happens(&mut Replay::new(&[0x3fff_ffff])));
        assert!(!Chance::new(0.25).happens(&mut Replay::new(&[0x4000_0000])));
    }

    #[test]
    fn normal_draws_have_the_moments_of_the_normal_distribution() {
        let mut rng = stream(2, 0, 0, Purpose::Mutate);
        let mut normal = Normal::new();
        let (mut sums, count) = ([0.0_f64; 4], 400_000);
        let mut beyond_two = 0;
        for _ in 0..count {
            let x = f64::from(normal.draw(&mut rng));
            assert!(x.is_finite());
            beyond_two += u32::from(x * x > 4.0);
            let mut power = 1.0;
            for sum in &mut sums {
                power *= x;
                *sum += power;
            }
        }
        let [mean, square, cube, fourth] = sums.map(|sum| sum / f64::from(count));
        // Five standard errors each, sqrt(1, 2, 15, 96 / n); micromath's logarithm widens the bell.
        let exact = math::BACKEND == "libm";
        assert!(libm::fabs(mean) < 0.008, "{mean}");
        assert!(libm::fabs(square - 1.0) < if exact { 0.012 } else { 0.09 }, "{square}");
        assert!(libm::fabs(cube) < 0.031, "{cube}");
        assert!(libm::fabs(fourth - 3.0) < if exact { 0.08 } else { 0.6 }, "{fourth}");
        // 4.550 % lie beyond two deviations.
        let share = f64::from(beyond_two) / f64::from(count);
        assert!(libm::fabs(share - 0.0455) < if exact { 0.002 } else { 0.01 }, "{share}");
    }

    #[test]
    fn the_logarithm_of_zero_is_never_taken() {
        // 0x8000_0000 is the middle of the range: u = v = 0, which is drawn again.
        let words = [0x8000_0000, 0x8000_0000, 0xc000_0000, 0x8000_0000];
        let x = Normal::new().draw(&mut Replay::new(&words));
        assert!(x.is_finite() && x > 0.0, "{x}");
    }
}
