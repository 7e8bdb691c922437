//! A champion of a user's own data on a board. The emulator offers samples in place of a sensor, with the desktop's class behind
//! each; the board reads one, normalises it, and must give the same class.
//!
//! The champion is the exported Rust module or, with the feature `c`, the exported C header.

use crate::board;
use crate::files::read;
use semihosting::fs::File;
use semihosting::println;

#[cfg_attr(feature = "c", allow(dead_code, reason = "the header has the weights"))]
mod exported {
    include!(concat!(env!("TINYEVO_GENERATED"), "/champion.rs"));
}

use exported::champion::INPUTS;
// The names differ between networks of dense layers and those with convolutions.
#[cfg(all(feature = "maps", not(feature = "c")))]
use exported::champion::{ACTIVATIONS, SUMS, network};
#[cfg(not(any(feature = "maps", feature = "c")))]
use exported::champion::{SCRATCH as ACTIVATIONS, SCRATCH as SUMS, model as network};

/// What a sensor gives: a measured value, or a byte of a picture.
#[cfg(feature = "measured")]
type Value = f32;
#[cfg(not(feature = "measured"))]
type Value = u8;

/// Classifies all samples.
#[inline(never)]
pub fn run() -> Option<()> {
    let mut file = File::open(c"samples").ok()?;
    let mut count = [0];
    read(&mut file, &mut count)?;
    let (mut same, mut instructions) = (0, 0);
    board::paint();
    for _ in 0..count[0] {
        let mut sample = [Value::default(); INPUTS];
        for value in &mut sample {
            let mut bytes = [0; size_of::<Value>()];
            read(&mut file, &mut bytes)?;
            *value = Value::from_le_bytes(bytes);
        }
        let start = board::now();
        let class = class(&sample)?;
        instructions += board::since(start);
        let mut promised = [0];
        read(&mut file, &mut promised)?;
        same += u32::from(class == usize::from(promised[0]));
    }
    println!("own_ram={}", board::high_water());
    println!("own_samples={}", count[0]);
    println!("own_same={same}");
    println!("own_instructions={}", instructions / u64::from(count[0]).max(1));
    (same == u32::from(count[0])).then_some(())
}

/// The class of a sample.
#[cfg(not(feature = "c"))]
#[inline(never)]
fn class(sample: &[Value; INPUTS]) -> Option<usize> {
    #[cfg(feature = "measured")]
    let sample = &normalised(sample);
    let (mut sums, mut activations) = ([0; SUMS], [0; ACTIVATIONS]);
    network().ok()?.classify(sample, &mut sums, &mut activations).ok()
}

/// The bytes of measured values.
#[cfg(all(feature = "measured", not(feature = "c")))]
fn normalised(values: &[f32; INPUTS]) -> [u8; INPUTS] {
    let mut bytes = [0; INPUTS];
    exported::champion::normalise(values, &mut bytes);
    bytes
}

/// The class of a sample, by `own.c`.
#[cfg(feature = "c")]
#[inline(never)]
fn class(sample: &[Value; INPUTS]) -> Option<usize> {
    unsafe extern "C" {
        fn own_class(sample: *const Value) -> core::ffi::c_int;
    }
    // SAFETY: it reads as many values as the network has inputs.
    usize::try_from(unsafe { own_class(sample.as_ptr()) }).ok()
}
