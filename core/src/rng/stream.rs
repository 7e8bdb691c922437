//! The generator behind every stream: sixteen xoshiro128++ side by side.
//!
//! One generator's next state waits for its last; sixteen of them fill a vector register, so that
//! the operators get their words at memory speed. A stream is the sequence of their outputs taken
//! in turn: word k is output k / 16 of generator k mod 16, whoever asks for it and however many
//! at a time.

use core::convert::Infallible;
use rand_core::{Rng, SeedableRng, TryRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// How many generators run side by side.
const LANES: usize = 16;

type Lanes = [u32; LANES];

/// A stream of random words: sixteen interleaved xoshiro128++ generators (Blackman and Vigna
/// 2021), each with the outputs of `rand_xoshiro`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
#[repr(align(64))]
pub struct Stream {
    state: [Lanes; 4],
    /// The latest outputs, of which the first `used` are gone.
    outputs: Lanes,
    used: usize,
}

impl Stream {
    /// The stream whose generators are seeded with the next words of `seeds`, four each.
    #[must_use]
    pub(super) fn new(mut seeds: Xoshiro128PlusPlus) -> Self {
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

    /// The next word that is at hand, if one is.
    #[inline]
    fn at_hand(&mut self) -> Option<u32> {
        let word = self.outputs.get(self.used).copied()?;
        self.used = self.used.wrapping_add(1);
        Some(word)
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        if let Some(word) = self.at_hand() {
            return Ok(word);
        }
        self.outputs = self.step();
        self.used = 0;
        Ok(self.at_hand().unwrap_or(0))
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        rand_core::utils::next_u64_via_u32(self)
    }

    /// Little-endian words, as `next_u32` would give them; a part of a word uses up all of it.
    #[inline(always)]
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let (mut words, part) = bytes.as_chunks_mut::<4>();
        while self.used < LANES
            && let Some((word, rest)) = core::mem::take(&mut words).split_first_mut()
        {
            *word = self.at_hand().unwrap_or(0).to_le_bytes();
            words = rest;
        }
        let (groups, words) = words.as_chunks_mut::<LANES>();
        for group in groups {
            *group = self.step().map(u32::to_le_bytes);
        }
        for word in words {
            *word = self.try_next_u32()?.to_le_bytes();
        }
        if !part.is_empty() {
            let word = self.try_next_u32()?.to_le_bytes();
            for (byte, from) in part.iter_mut().zip(word) {
                *byte = from;
            }
        }
        Ok(())
    }
}

/// The generator that a stream's generators are seeded from.
pub(super) fn seeds(state: [u8; 16]) -> Xoshiro128PlusPlus {
    Xoshiro128PlusPlus::from_seed(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lane_is_the_xoshiro_of_rand_xoshiro() {
        let mut words = seeds([7; 16]);
        let mut generators = [(); LANES].map(|()| {
            let mut seed = [0; 16];
            words.fill_bytes(&mut seed);
            Xoshiro128PlusPlus::from_seed(seed)
        });
        let mut stream = Stream::new(seeds([7; 16]));
        for round in 0..100 {
            for (lane, generator) in generators.iter_mut().enumerate() {
                assert_eq!(stream.next_u32(), generator.next_u32(), "round {round}, lane {lane}");
            }
        }
    }

    #[test]
    fn words_come_in_one_order_however_they_are_asked_for() {
        let mut one_by_one = Stream::new(seeds([9; 16]));
        let mut bulk = one_by_one.clone();
        for words in [0, 1, 15, 16, 17, 64, 3, 100, 31] {
            let mut bytes = [0; 400];
            let bytes = &mut bytes[..4 * words];
            bulk.fill_bytes(bytes);
            for word in bytes.as_chunks::<4>().0 {
                assert_eq!(u32::from_le_bytes(*word), one_by_one.next_u32(), "{words} at once");
            }
        }
        // A part of a word uses up all of it.
        let mut part = [0; 2];
        bulk.fill_bytes(&mut part);
        assert_eq!(part, one_by_one.next_u32().to_le_bytes()[..2]);
        assert_eq!(bulk.next_u64(), one_by_one.next_u64());
    }
}
