//! What one core can do at most, measured: products and sums, and loads from the first cache.

use super::time;
use crate::aligned::Aligned;
use crate::isa::{Isa, Kernel};
use tinyevo_core::batch::{LANES, TILE};

/// Lane groups of weights, as many as a tile of the kernel with panels of four: fits the first cache.
const GROUPS: usize = TILE * 4;

/// How often the tile is gone through in one measurement.
const PASSES: usize = 200;

/// What was measured, per second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    pub(super) multiply_adds: f64,
    pub(super) bytes: f64,
}

impl Rates {
    /// How long a lane group's load, product and sum take: the slower of the two limits.
    pub(super) fn seconds_per_group(&self) -> f64 {
        let compute = LANES as f64 / self.multiply_adds;
        let load = (LANES * size_of::<f32>()) as f64 / self.bytes;
        compute.max(load)
    }
}

/// Measures for at least `seconds` each.
pub(super) fn measure(isa: Isa, seconds: f64) -> Rates {
    let mut tile = Aligned::zeros(GROUPS * LANES);
    for (index, weight) in tile.as_mut_slice().iter_mut().enumerate() {
        *weight = (index % 7) as f32;
    }
    let tile = tile.as_slice();
    let work = (GROUPS * PASSES * LANES) as f64;
    let compute = time(seconds, || {
        std::hint::black_box(isa.run(MultiplyAdds { tile: std::hint::black_box(tile) }));
    });
    let load = time(seconds, || {
        std::hint::black_box(isa.run(Loads { tile: std::hint::black_box(tile) }));
    });
    Rates { multiply_adds: work / compute, bytes: work * size_of::<f32>() as f64 / load }
}

/// A load, a product and a sum for each lane, as in the kernel, with nothing between them.
struct MultiplyAdds<'a> {
    tile: &'a [f32],
}

impl Kernel for MultiplyAdds<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<const WIDTH: usize>(self) -> f32 {
        // As many accumulators as the registers hold: the more there are, the less one's next sum
        // waits for its last.
        match WIDTH {
            8.. => self.eight_groups(),
            4.. => self.four_groups(),
            _ => self.two_groups(),
        }
    }
}

// Accumulators have names, as ones with an index would live in memory.
impl MultiplyAdds<'_> {
    #[inline(always)]
    fn eight_groups(self) -> f32 {
        let mut sums = [[0.0; LANES]; 8];
        let rows = self.tile.as_chunks::<LANES>().0.as_chunks::<8>().0;
        for pass in 0..PASSES {
            let x = (pass % 8) as f32;
            for [w0, w1, w2, w3, w4, w5, w6, w7] in rows {
                let [s0, s1, s2, s3, s4, s5, s6, s7] = &mut sums;
                multiply_add(s0, w0, x);
                multiply_add(s1, w1, x);
                multiply_add(s2, w2, x);
                multiply_add(s3, w3, x);
                multiply_add(s4, w4, x);
                multiply_add(s5, w5, x);
                multiply_add(s6, w6, x);
                multiply_add(s7, w7, x);
            }
        }
        sums.as_flattened().iter().sum()
    }

    #[inline(always)]
    fn four_groups(self) -> f32 {
        let mut sums = [[0.0; LANES]; 4];
        let rows = self.tile.as_chunks::<LANES>().0.as_chunks::<4>().0;
        for pass in 0..PASSES {
            let x = (pass % 8) as f32;
            for [w0, w1, w2, w3] in rows {
                let [s0, s1, s2, s3] = &mut sums;
                multiply_add(s0, w0, x);
                multiply_add(s1, w1, x);
                multiply_add(s2, w2, x);
                multiply_add(s3, w3, x);
            }
        }
        sums.as_flattened().iter().sum()
    }

    #[inline(always)]
    fn two_groups(self) -> f32 {
        let mut sums = [[0.0; LANES]; 2];
        let rows = self.tile.as_chunks::<LANES>().0.as_chunks::<2>().0;
        for pass in 0..PASSES {
            let x = (pass % 8) as f32;
            for [w0, w1] in rows {
                let [s0, s1] = &mut sums;
                multiply_add(s0, w0, x);
                multiply_add(s1, w1, x);
            }
        }
        sums.as_flattened().iter().sum()
    }
}

#[inline(always)]
fn multiply_add(sums: &mut [f32; LANES], weights: &[f32; LANES], x: f32) {
    for (sum, weight) in sums.iter_mut().zip(weights) {
        *sum += x * weight;
    }
}

/// A load and a sum for each lane; with eight accumulators a core does as many sums as loads.
struct Loads<'a> {
    tile: &'a [f32],
}

impl Kernel for Loads<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<const WIDTH: usize>(self) -> f32 {
        let mut sums = [[0.0; LANES]; 8];
        let rows = self.tile.as_chunks::<LANES>().0.as_chunks::<8>().0;
        for _ in 0..PASSES {
            for [w0, w1, w2, w3, w4, w5, w6, w7] in rows {
                let [s0, s1, s2, s3, s4, s5, s6, s7] = &mut sums;
                add(s0, w0);
                add(s1, w1);
                add(s2, w2);
                add(s3, w3);
                add(s4, w4);
                add(s5, w5);
                add(s6, w6);
                add(s7, w7);
            }
        }
        sums.as_flattened().iter().sum()
    }
}

#[inline(always)]
fn add(sums: &mut [f32; LANES], weights: &[f32; LANES]) {
    for (sum, weight) in sums.iter_mut().zip(weights) {
        *sum += weight;
    }
}
