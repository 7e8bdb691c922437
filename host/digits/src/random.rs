//! Random numbers of one image: a generator keyed by seed, stream and index, and the
//! distributions the drawing needs, made of exactly defined operations only.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// What a generator is for: the two uses of one image number must not share random numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Drawing the image.
    Image = 1,
    /// Choosing its label.
    Label = 2,
}

/// The random numbers of one image.
#[derive(Clone, Debug)]
pub(super) struct Random(Xoshiro128PlusPlus);

impl Random {
    /// The generator of image `index` of `stream` of the data set with `seed`.
    ///
    /// Each word of the key is mixed in before the next one joins, so that neighbouring images,
    /// streams and seeds have unrelated states.
    pub(super) fn new(purpose: Purpose, seed: u64, stream: u32, index: u32) -> Self {
        let place = (u64::from(stream) << 32) | u64::from(index);
        let key = mix(mix(mix(purpose as u64) ^ seed) ^ place);
        let mut state = [0; 16];
        state[..8].copy_from_slice(&mix(key).to_le_bytes());
        state[8..].copy_from_slice(&mix(key ^ GOLDEN).to_le_bytes());
        Self(Xoshiro128PlusPlus::from_seed(state))
    }

    /// Uniform over 0..n; the bias, below n / 2^32, does not matter here.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// Uniform over [low, high).
    pub(super) fn uniform(&mut self, low: f32, high: f32) -> f32 {
        let unit = (self.0.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0);
        low + (high - low) * unit
    }

    /// About normal with mean 0 and standard deviation 1: the sum of four uniform numbers
    /// (Irwin-Hall). Its range ends at 2 sqrt(3), so no rare draw can tear a digit apart.
    pub(super) fn normal(&mut self) -> f32 {
        let (a, b) = (self.0.next_u32(), self.0.next_u32());
        let sum = (a >> 16) + (a & 0xffff) + (b >> 16) + (b & 0xffff);
        // The mean of the sum of four numbers of 0..65536 is 131070, its deviation 65536 / sqrt(3).
        (sum as f32 - 131_070.0) * (1.732_050_8 / 65_536.0)
    }
}

/// 2^64 divided by the golden ratio, the increment of SplitMix64.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// One step of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014) from state `z`.
fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(GOLDEN);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
