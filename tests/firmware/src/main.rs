//! Runs the scenarios on a board and prints `key=value` pairs: hashes, and for one inference the
//! instructions, and the deepest stack.
#![no_std]
#![no_main]

mod board;
#[cfg(feature = "champion")]
mod champion;
#[cfg(any(feature = "champion", feature = "nothing", feature = "own"))]
mod files;
#[cfg(feature = "nothing")]
mod nothing;
#[cfg(feature = "own")]
mod own;

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
    #[cfg(feature = "scenarios")]
    tinyevo_scenarios::SCENARIOS.into_iter().try_for_each(measured)?;
    #[cfg(feature = "algorithms")]
    tinyevo_scenarios::ALGORITHMS.into_iter().try_for_each(measured)?;
    #[cfg(feature = "champion")]
    champion::run()?;
    #[cfg(feature = "nothing")]
    nothing::run()?;
    #[cfg(feature = "own")]
    own::run()?;
    Some(())
}

/// Runs a scenario and prints its hash, its RAM and its instructions.
#[cfg(any(feature = "scenarios", feature = "algorithms"))]
fn measured((name, scenario): tinyevo_scenarios::Scenario) -> Option<()> {
    board::paint();
    let start = board::now();
    let hash = scenario()?;
    let instructions = board::since(start);
    println!("{name}={hash:016x}");
    println!("{name}_ram={}", board::high_water());
    println!("{name}_instructions={instructions}");
    Some(())
}
