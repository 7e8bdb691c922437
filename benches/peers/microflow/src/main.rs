//! Classifies digits with MicroFlow or tinyevo, and measures what it takes.
#![no_std]
#![no_main]

#[path = "../../../../tests/firmware/src/board.rs"]
mod board;
#[path = "../../digits.rs"]
mod digits;
#[cfg_attr(feature = "tinyevo", path = "engine/tinyevo.rs")]
#[cfg_attr(feature = "microflow", path = "engine/microflow.rs")]
#[cfg_attr(not(any(feature = "tinyevo", feature = "microflow")), path = "engine/none.rs")]
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
