//! Many samples through a network: the fast path, with the bits of [`crate::inference`].
//!
//! What makes it fast, none of which shows in a result:
//! - samples are encoded once ([`encode`], [`SparseSamples`]): only their non-zero values, in
//!   chunks of [`CHUNK`] samples, each chunk in tiles of [`TILE`] features;
//! - the first layer takes a tile's weights against a whole chunk before the next tile, so that
//!   they stay in the first cache; inside a tile the samples come by their number of non-zero
//!   values, so that the CPU predicts when each one ends;
//! - outputs are computed in panels of up to `WIDTH` groups of [`LANES`], whose accumulators stay
//!   in vector registers. Lanes run across outputs and each output keeps its one accumulator, so
//!   the vector width changes no sum;
//! - weights are packed panel by panel and padded with zeros ([`PackedLayer`]), so that every load is
//!   one cache line;
//! - later layers take four samples at a time, so that the additions of one do not wait for those
//!   of another; scoring takes [`LANES`] samples at a time.
//!
//! Networks with convolutions go another way ([`Groups`]): 16 samples at a time, lanes across samples.
//!
//! The functions that do the work are `#[inline(always)]` and free of intrinsics: the caller
//! compiles them for an instruction set by calling them from a function with that
//! `#[target_feature]`, and says with `WIDTH` how many groups its registers hold: 8 for AVX-512, 4
//! for AVX2 and NEON, 2 for SSE2. Buffers should be aligned to 64 bytes; it is not needed, but faster.

mod blocks;
pub(crate) mod conv;
mod encode;
pub(crate) mod group;
mod groups;
mod kernel;
mod layer;
mod pixels;
pub(crate) mod pool;
mod prepared;
mod score;
#[cfg(test)]
mod tests;

pub use blocks::Blocks;
pub use encode::{Chunks, EncodeError, Entry, List, SparseSamples, encode, tiles};
pub use groups::{Groups, can_group};
pub use layer::{PackedLayer, row_length};
pub use pixels::encode_pixels;
pub use prepared::Prepared;

/// Number of outputs of a lane group: 64 bytes of `f32`.
pub const LANES: usize = crate::slices::LANES;

/// How many samples are encoded and taken through a network together. A choice of buffer sizes: no
/// result depends on it, as sums over samples run in blocks of [`BLOCK`](crate::fitness::BLOCK).
pub const CHUNK: usize = 256;

// A block is a whole number of chunks, and a place in a chunk has 8 bits.
const _: () = assert!(crate::fitness::BLOCK.is_multiple_of(CHUNK) && CHUNK <= 256);

/// How many features a tile has: with panels of eight lane groups its weights take 42 KiB, with
/// four 21 KiB.
pub const TILE: usize = 84;

/// A lane group.
pub(crate) type Lanes = [f32; LANES];
