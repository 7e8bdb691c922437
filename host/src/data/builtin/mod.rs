//! Placeholder of the built-in digits: deterministic noise until the generator is written.

use super::PIXELS;

/// The image number `index` of `stream` (0 training, 1 test), showing `label`.
#[must_use]
pub fn draw(seed: u64, stream: u32, index: u32, label: u8) -> [u8; PIXELS] {
    let mut state = mix(seed, stream, index).wrapping_add(u64::from(label));
    std::array::from_fn(|_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
}

/// The label of image number `index` of `stream`, 0 to 9.
#[must_use]
pub fn label(seed: u64, stream: u32, index: u32) -> u8 {
    (mix(seed, stream, index) % 10) as u8
}

fn mix(seed: u64, stream: u32, index: u32) -> u64 {
    let mut z = seed ^ (u64::from(stream) << 32 | u64::from(index));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
