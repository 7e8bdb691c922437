//! Classifies digits with BakeNN's C or tinyevo, and measures what it takes.
#![no_std]
#![no_main]

#[path = "../../../../tests/firmware/src/board.rs"]
mod board;
#[path = "../../digits.rs"]
mod digits;
#[cfg_attr(feature = "dense", path = "../../microflow/src/engine/tinyevo.rs")]
#[cfg_attr(feature = "packed", path = "engine/packed.rs")]
#[cfg_attr(feature = "c", path = "engine/c.rs")]
#[cfg_attr(
    not(any(feature = "dense", feature = "packed", feature = "c")),
    path = "../../microflow/src/engine/none.rs"
)]
mod engine;
#[path = "../../../../tests/firmware/src/files.rs"]
mod files;

use semihosting::{println, process};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    println!("panic");
    process::exit(2)
}

/// What all boards do, called by the board's start.
fn main() -> ! {
    process::exit(if digits::run().is_some() { 0 } else { 1 })
}
