//! Randomness: seeded streams, and the draws that the operators are made of.
//!
//! Every [`Stream`] is keyed by (seed, generation, individual, purpose). So no result depends on
//! the order in which individuals are bred, and a run resumed at any generation goes on with the
//! same bits. Its words come from sixteen interleaved xoshiro128++ generators (Blackman and Vigna
//! 2021, crate `rand_xoshiro`). The 32-bit member of the family is chosen because it costs a
//! microcontroller nothing, and a float needs no more than 24 bits of a draw.
//!
//! Draws take any `rand_core::Rng`. Nothing here asks the operating system or the clock.

mod normal;
mod stream;

pub use normal::normal;
pub(crate) use normal::normal_of;
pub use stream::Stream;

use rand_core::Rng;

/// The purpose of a stream. Streams of different purposes share no draws.
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
/// Two keys of one seed never give the same stream: the map from (generation, individual, purpose) to
/// the 128 bits that seed it is one to one. Keys of two seeds can, where the seeds differ by a small
/// multiple of an internal constant; [`derive()`] makes further seeds that do not.
#[must_use]
pub fn stream(seed: u64, generation: u32, individual: u32, purpose: Purpose) -> Stream {
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
    Stream::new(state)
}

/// A further seed made from `seed`, for example for island `index`: independent of `seed` and of the
/// seeds of other indices.
///
/// Never make a further seed by addition: streams of `seed` and of `seed` plus a constant can coincide.
/// It is the word number `index`, counted from 0, of SplitMix64 seeded with the first word of SplitMix64
/// seeded with `seed`. Different indices give different seeds, and so do different seeds with one index.
#[must_use]
pub const fn derive(seed: u64, index: u64) -> u64 {
    let base = mix(seed.wrapping_add(GOLDEN_GAMMA));
    mix(base.wrapping_add(GOLDEN_GAMMA.wrapping_mul(index.wrapping_add(1))))
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
    unit_of(rng.next_u32())
}

/// [`unit()`] of the draw `word`.
#[inline(always)]
pub(crate) const fn unit_of(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// A float from `low` up to `high`, by scaling of [`unit()`]; rounding can give `high` itself.
///
/// Both must be finite; nothing is checked here, as this is the inner loop of operators that are.
#[inline]
pub fn uniform(rng: &mut impl Rng, low: f32, high: f32) -> f32 {
    uniform_of(rng.next_u32(), low, high)
}

/// [`uniform()`] of the draw `word`.
#[inline(always)]
pub(crate) const fn uniform_of(word: u32, low: f32, high: f32) -> f32 {
    low + (high - low) * unit_of(word)
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
pub struct Chance {
    /// The event happens for draws below this.
    threshold: u32,
    /// The event happens for every draw.
    always: bool,
}

impl Chance {
    /// A chance of `probability`, rounded down to a multiple of 2^-32. Below 0 and NaN count as
    /// never, above 1 as always.
    #[must_use]
    #[inline]
    pub const fn new(probability: f32) -> Self {
        // A cast from float to integer saturates, and takes NaN to 0.
        let threshold = (probability as f64 * 4_294_967_296.0) as u32;
        Self { threshold, always: probability >= 1.0 }
    }

    /// Whether it happens this time. One 32-bit draw.
    #[inline]
    pub fn happens(self, rng: &mut impl Rng) -> bool {
        self.of(rng.next_u32())
    }

    /// Whether it happens where the draw is `word`.
    #[inline(always)]
    pub(crate) const fn of(self, word: u32) -> bool {
        (word < self.threshold) | self.always
    }

    /// A bit for each of the draws: whether it happens.
    #[inline(always)]
    pub(crate) fn mask(self, words: &[u32; CHUNK]) -> u64 {
        let mut mask = 0;
        // In groups, which become vector code.
        for (group, words) in words.as_chunks::<16>().0.iter().enumerate() {
            let mut bits = 0_u32;
            for (lane, &word) in words.iter().enumerate() {
                bits |= u32::from(self.of(word)) << lane;
            }
            mask |= u64::from(bits) << (16 * group);
        }
        mask
    }
}

/// Number of words that [`for_each_chunk`] draws at a time.
pub(crate) const CHUNK: usize = 64;

/// Gives each [`CHUNK`] of `items` as many words of `rng`, in order, in one go: faster than asking
/// for them one by one. The last chunk may be shorter.
#[inline(always)]
pub(crate) fn for_each_chunk<T, R: Rng>(
    items: &mut [T],
    rng: &mut R,
    mut work: impl FnMut(&mut [T], &[u32], &mut R),
) {
    // Chunks of a known size become vector code.
    let (chunks, rest) = items.as_chunks_mut::<CHUNK>();
    for chunk in chunks {
        let words = words(rng, CHUNK);
        work(chunk, &words, rng);
    }
    let words = words(rng, rest.len());
    work(rest, words.get(..rest.len()).unwrap_or(&[]), rng);
}

/// The next `count` words, at most [`CHUNK`]; after them zeros.
///
/// Inlined for the vectors of a desktop. A microcontroller has none, and one copy is less code.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) fn words<R: Rng>(rng: &mut R, count: usize) -> [u32; CHUNK] {
    let mut bytes = [[0; 4]; CHUNK];
    if let Some(used) = bytes.get_mut(..count) {
        // Not through `Rng::fill_bytes`, which is not always inlined.
        let Ok(()) = rng.try_fill_bytes(used.as_flattened_mut());
    }
    bytes.map(u32::from_le_bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use core::convert::Infallible;
    use rand_core::SeedableRng;
    use rand_xoshiro::SplitMix64;

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
            rand_core::utils::fill_bytes_via_next_word(bytes, || self.try_next_u32())
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
        let expected = [0x9973_0cb5, 0x7f3d_ae22, 0x1641_8bf2, 0x7f1c_df76];
        assert_eq!(golden, expected, "{golden:#010x?}");
    }

    #[test]
    fn a_derived_seed_is_a_word_of_splitmix64() {
        // The first words for the seed 1234567, by the reference implementation in C (Vigna 2015).
        let reference: [u64; 5] = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        for (word, count) in reference.into_iter().zip(1..) {
            assert_eq!(mix(GOLDEN_GAMMA.wrapping_mul(count).wrapping_add(1_234_567)), word);
        }
        // Another implementation, which starts anew with the first of these words.
        let mut words = SplitMix64::seed_from_u64(reference[0]);
        for index in 0..100 {
            assert_eq!(derive(1_234_567, index), words.next_u64(), "{index}");
        }
        // The same formula in Python; value stability: these never change.
        let golden = [derive(0, 0), derive(64, 1), derive(u64::MAX, u64::MAX)];
        let expected = [0xa706_dd2f_4d19_7e6f, 0xf402_0e99_22e3_44b0, 0x4450_18e3_0581_0b78];
        assert_eq!(golden, expected, "{golden:#018x?}");
    }

    #[test]
    fn streams_of_derived_seeds_do_not_coincide_as_those_of_added_seeds_do() {
        extern crate std;
        let first = |seed, purpose| stream(seed, 3, 4, purpose).next_u64();
        let seed = 64_u64;
        let added = seed.wrapping_add(GOLDEN_GAMMA);
        assert_eq!(first(seed, Purpose::Crossover), first(added, Purpose::Select));

        // Seeds that differ by small multiples of the constant, and the seeds derived from each.
        let bases = (0..8).map(|base| GOLDEN_GAMMA.wrapping_mul(base).wrapping_add(seed));
        let purposes = [
            Purpose::Initialise,
            Purpose::Select,
            Purpose::Crossover,
            Purpose::Mutate,
            Purpose::Show,
        ];
        let mut seen = std::collections::HashSet::new();
        for base in bases {
            for purpose in purposes {
                for index in 0..32 {
                    assert!(seen.insert(first(derive(base, index), purpose)), "{base} {index}");
                }
            }
        }
        // Nor do they coincide with the streams of the seed itself and of its neighbours.
        for shift in 0..32 {
            for purpose in purposes {
                let shifted = GOLDEN_GAMMA.wrapping_mul(shift).wrapping_add(seed);
                assert!(!seen.contains(&first(shifted, purpose)));
                assert!(!seen.contains(&first(seed + shift, purpose)));
            }
        }
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
}
