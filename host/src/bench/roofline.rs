//! The peak of one core, measured: products and sums, and loads from the first cache.

use super::timing::time;
use crate::error::Error;
use crate::threads::aligned::Aligned;
use crate::threads::isa::{Isa, Kernel};
use tinyevo_core::batch::{LANES, TILE};

/// Lane groups of weights, as many as a tile of the kernel with panels of four: fits the first cache.
const GROUPS: usize = TILE * 4;

/// Number of passes over the tile in one measurement.
const PASSES: usize = 200;

/// The measured rates, per second.
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
pub(super) fn measure(isa: Isa, seconds: f64) -> Result<Rates, Error> {
    let mut tile = Aligned::try_zeros(GROUPS * LANES)?;
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
    // Each multiply-add loads its weight: a time that is shorter for more work is the better
    // measurement of the loads.
    let load = load.min(compute);
    Ok(Rates { multiply_adds: work / compute, bytes: work * size_of::<f32>() as f64 / load })
}

/// A load, a product and a sum for each lane, as in the kernel, with nothing between them.
struct MultiplyAdds<'a> {
    tile: &'a [f32],
}

impl Kernel for MultiplyAdds<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<const WIDTH: usize>(self) -> f32 {
        accumulate::<WIDTH>(self.tile, |sum, weight, x| sum + x * weight)
    }
}

/// A load and a sum for each lane.
struct Loads<'a> {
    tile: &'a [f32],
}

impl Kernel for Loads<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<const WIDTH: usize>(self) -> f32 {
        accumulate::<WIDTH>(self.tile, |sum, weight, _| sum + weight)
    }
}

/// Goes through the tile with as many accumulators as the registers hold: the more there are, the
/// less one's next sum waits for its last.
#[inline(always)]
fn accumulate<const WIDTH: usize>(tile: &[f32], add: impl Fn(f32, f32, f32) -> f32 + Copy) -> f32 {
    match WIDTH {
        8.. => rows::<8>(tile, add),
        4.. => rows::<4>(tile, add),
        _ => rows::<2>(tile, add),
    }
}

#[inline(always)]
fn rows<const L: usize>(tile: &[f32], add: impl Fn(f32, f32, f32) -> f32 + Copy) -> f32 {
    let mut sums = [[0.0; LANES]; L];
    let rows = tile.as_chunks::<LANES>().0.as_chunks::<L>().0;
    for pass in 0..PASSES {
        let x = (pass % 8) as f32;
        for row in rows {
            add_row(&mut sums, row, x, add);
        }
    }
    sums.as_flattened().iter().sum()
}

/// Written out, as an accumulator with a variable index would live in memory.
#[inline(always)]
fn add_row<const L: usize>(
    sums: &mut [[f32; LANES]; L],
    row: &[[f32; LANES]; L],
    x: f32,
    add: impl Fn(f32, f32, f32) -> f32,
) {
    let mut group = |index: usize| {
        if let (Some(sums), Some(weights)) = (sums.get_mut(index), row.get(index)) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum = add(*sum, *weight, x);
            }
        }
    };
    group(0);
    group(1);
    group(2);
    group(3);
    group(4);
    group(5);
    group(6);
    group(7);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_finite_for_every_instruction_set() {
        for isa in Isa::every() {
            let rates = measure(isa, 1e-4).unwrap();
            assert!(rates.multiply_adds > 0.0 && rates.multiply_adds.is_finite(), "{isa}");
            assert!(rates.bytes > 0.0 && rates.bytes.is_finite(), "{isa}");
        }
    }
}
