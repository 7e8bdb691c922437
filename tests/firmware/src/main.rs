//! Runs the scenarios on a board and prints `key=value` pairs: hashes, and for one inference the
//! instructions, and the deepest stack.
#![no_std]
#![no_main]

mod board;
#[cfg(feature = "champion")]
mod champion;
#[cfg(feature = "champion")]
mod files;

use semihosting::{println, process};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    println!("panic");
    process::exit(2)
}

/// What all boards do, called by the board's start.
fn main() -> ! {
    if run().is_none() {
        println!("a scenario failed");
        process::exit(1);
    }
    process::exit(0)
}

fn run() -> Option<()> {
    board::paint();
    let start = board::now();
    let hash = tinyevo_scenarios::evolution()?;
    let instructions = board::since(start);
    println!("evolution={hash:016x}");
    println!("evolution_ram={}", board::high_water());
    println!("evolution_instructions={instructions}");
    let start = board::now();
    let hash = tinyevo_scenarios::math();
    let instructions = board::since(start);
    println!("math={hash:016x}");
    println!("math_instructions={instructions}");
    #[cfg(feature = "champion")]
    champion::run()?;
    Some(())
}
