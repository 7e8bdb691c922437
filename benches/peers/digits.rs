//! Classifies the digits that the emulator offers with the engine that the firmware is built for, and prints
//! `key=value` pairs: how many are right, a hash of the classes, and for one inference the
//! instructions and the memory. A module of the peers' firmwares, which have `board`, `engine` and `files`.

use crate::board;
use crate::engine::{self, Image};
use crate::files;
use semihosting::fs::File;
use semihosting::println;

const SIDE: usize = 28;

#[inline(never)]
pub fn run() -> Option<()> {
    let (mut images, mut labels) = (File::open(c"images").ok()?, File::open(c"labels").ok()?);
    let (mut count, mut right, mut classes) = (0_u32, 0_u32, 0xcbf2_9ce4_8422_2325_u64);
    let (mut instructions, mut stack, mut memory) = (0, 0, 0);
    let mut label = [0];
    while files::read(&mut labels, &mut label).is_some() {
        let mut image = engine::BLANK;
        fill(&mut image, &mut images)?;
        board::paint();
        let start = board::now();
        let class = engine::classify(image);
        instructions += board::since(start);
        stack = stack.max(board::deepest());
        memory = memory.max(board::high_water());
        count += 1;
        right += u32::from(class == usize::from(label[0]));
        // FNV-1a.
        classes = (classes ^ class as u64).wrapping_mul(0x0100_0000_01b3);
    }
    println!("images={count}");
    println!("right={right}");
    println!("classes={classes:016x}");
    println!("instructions={}", instructions / u64::from(count));
    println!("call={stack}");
    println!("stack={memory}");
    Some(())
}

/// Reads an image by rows, so that the engine's own is the only one in memory.
#[inline(never)]
fn fill(image: &mut Image, file: &mut File) -> Option<()> {
    let mut row = [0; SIDE];
    for y in 0..SIDE {
        files::read(file, &mut row)?;
        for (x, byte) in row.into_iter().enumerate() {
            image[y * SIDE + x] = engine::pixel(byte);
        }
    }
    Some(())
}
