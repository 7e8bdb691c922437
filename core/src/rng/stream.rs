//! The generator behind every stream: sixteen xoshiro128++ side by side.
//!
//! Each state of a generator depends on the one before. Sixteen generators fill a vector register, so
//! that the operators get their words at memory speed. Single words are the outputs of the generators in
//! turn. `fill_bytes` starts with the next outputs of all sixteen: unused outputs are dropped before and
//! after it.

use core::convert::Infallible;
use rand_core::{Rng, SeedableRng, TryRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// Number of generators that run side by side.
const LANES: usize = 16;

type Lanes = [u32; LANES];

/// A stream of random words: sixteen interleaved xoshiro128++ generators (Blackman and Vigna
/// 2021), each with the outputs of `rand_xoshiro`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
#[repr(align(64))]
pub struct Stream {
    state: [Lanes; 4],
    /// The latest outputs; the first `used` were taken.
    outputs: Lanes,
    used: usize,
}

impl Stream {
    /// The stream whose generators are seeded with four words each of the xoshiro128++ that has this
    /// seed.
    #[must_use]
    pub(super) fn new(seed: [u8; 16]) -> Self {
        let mut seeds = Xoshiro128PlusPlus::from_seed(seed);
        let mut state = [[0; LANES]; 4];
        for lane in 0..LANES {
            for words in &mut state {
                if let Some(word) = words.get_mut(lane) {
                    *word = seeds.next_u32();
                }
            }
        }
        Self { state, outputs: [0; LANES], used: LANES }
    }

    /// The next output of each generator.
    #[inline(always)]
    fn step(&mut self) -> Lanes {
        let [s0, s1, s2, s3] = &mut self.state;
        let mut outputs = [0; LANES];
        let lanes = s0.iter_mut().zip(s1).zip(s2.iter_mut().zip(s3));
        for (((s0, s1), (s2, s3)), output) in lanes.zip(&mut outputs) {
            *output = s0.wrapping_add(*s3).rotate_left(7).wrapping_add(*s0);
            let shifted = *s1 << 9;
            *s2 ^= *s0;
            *s3 ^= *s1;
            *s1 ^= *s2;
            *s0 ^= *s3;
            *s2 ^= shifted;
            *s3 = s3.rotate_left(11);
        }
        outputs
    }

    /// Takes the next outputs, and the first word of them. Not inlined: single words are drawn in many
    /// places, and a copy in each is most of what the operators would take of a small part's flash.
    #[cold]
    #[inline(never)]
    fn refill(&mut self) -> u32 {
        self.outputs = self.step();
        self.used = 0;
        self.at_hand().unwrap_or(0)
    }

    /// The next word that is at hand, if one is.
    #[inline(always)]
    fn at_hand(&mut self) -> Option<u32> {
        let word = self.outputs.get(self.used).copied()?;
        self.used = self.used.wrapping_add(1);
        Some(word)
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    #[inline(always)]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        match self.at_hand() {
            Some(word) => Ok(word),
            None => Ok(self.refill()),
        }
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        rand_core::utils::next_u64_via_u32(self)
    }

    /// The next outputs of the generators as little-endian words. Outputs that are not asked for are
    /// dropped.
    #[inline(always)]
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.used = LANES;
        let (groups, part) = bytes.as_chunks_mut::<{ 4 * LANES }>();
        for group in groups {
            let outputs = self.step().map(u32::to_le_bytes);
            for (byte, output) in group.iter_mut().zip(outputs.as_flattened()) {
                *byte = *output;
            }
        }
        if !part.is_empty() {
            let outputs = self.step().map(u32::to_le_bytes);
            for (byte, output) in part.iter_mut().zip(outputs.as_flattened()) {
                *byte = *output;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lane_is_the_xoshiro_of_rand_xoshiro() {
        let mut words = Xoshiro128PlusPlus::from_seed([7; 16]);
        let mut generators = [(); LANES].map(|()| {
            let mut seed = [0; 16];
            words.fill_bytes(&mut seed);
            Xoshiro128PlusPlus::from_seed(seed)
        });
        let mut stream = Stream::new([7; 16]);
        for round in 0..100 {
            for (lane, generator) in generators.iter_mut().enumerate() {
                assert_eq!(stream.next_u32(), generator.next_u32(), "round {round}, lane {lane}");
            }
        }
    }

    #[test]
    fn many_words_are_the_next_outputs_of_all_generators() {
        let mut single = Stream::new([9; 16]);
        let mut bulk = single.clone();
        let mut words = |count: usize| -> [u32; 64] {
            // Whole groups are used up, by single words too.
            core::array::from_fn(
                |k| if k < count.next_multiple_of(16) { single.next_u32() } else { 0 },
            )
        };
        for count in [0, 1, 15, 16, 17, 48, 64] {
            let (mut bytes, expected) = ([0; 256], words(count));
            bulk.fill_bytes(&mut bytes[..4 * count]);
            for (got, expected) in bytes.as_chunks::<4>().0.iter().zip(expected).take(count) {
                assert_eq!(u32::from_le_bytes(*got), expected, "{count} at once");
            }
        }
        // After a single word the others of its group are dropped.
        let next = words(16);
        assert_eq!(bulk.next_u32(), next[0]);
        let (mut part, next) = ([0; 6], words(16));
        bulk.fill_bytes(&mut part);
        assert_eq!(part[..4], next[0].to_le_bytes());
        assert_eq!(part[4..], next[1].to_le_bytes()[..2]);
    }
}
