//! A network that evolves from random weights, on images that the emulator offers in place of a sensor.

use crate::board;
use crate::files::read;
use semihosting::fs::File;
use semihosting::println;
use tinyevo_scenarios::{Source, from_nothing};

/// Evolves, and prints what it took.
#[inline(never)]
pub fn run() -> Option<()> {
    let (mut seen, mut unseen) = (File::open(c"seen").ok()?, File::open(c"unseen").ok()?);
    let (mut instructions, mut start) = (0, board::now());
    board::paint();
    let evolved = from_nothing(
        |source, pixels| {
            let file = if source == Source::Seen { &mut seen } else { &mut unseen };
            let mut label = [0];
            read(file, pixels)?;
            read(file, &mut label)?;
            Some(label[0])
        },
        || {
            // A generation at a time: the counter is too short for the whole.
            instructions += board::since(start);
            start = board::now();
        },
    )?;
    println!("nothing_ram={}", board::high_water());
    println!("nothing_genome={:016x}", evolved.genome);
    println!("nothing_classes={:016x}", evolved.classes);
    println!("nothing_right={}", evolved.right);
    println!("nothing_instructions={instructions}");
    Some(())
}
