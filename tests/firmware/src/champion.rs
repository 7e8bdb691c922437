//! What the champion does on a board: it classifies images in integers and floats, and adapts.

use crate::board;
use crate::files::read;
use semihosting::fs::File;
use semihosting::println;
use tinyevo_core::packed::Packed;
use tinyevo_scenarios::Classified;

#[allow(dead_code, reason = "the module is made for others")]
mod int8 {
    include!(concat!(env!("TINYEVO_GENERATED"), "/int8.rs"));
}

#[allow(dead_code, reason = "the module is made for others")]
mod cnn {
    include!(concat!(env!("TINYEVO_GENERATED"), "/cnn.rs"));
}

#[allow(dead_code, reason = "the module is made for others")]
mod micro {
    include!(concat!(env!("TINYEVO_GENERATED"), "/micro.rs"));
}

#[cfg(feature = "floats")]
#[allow(dead_code, reason = "the module is made for others")]
mod f32 {
    include!(concat!(env!("TINYEVO_GENERATED"), "/f32.rs"));
}

/// How many images the file of images has, at most.
const IMAGES: usize = 200;

/// All that the board has the memory for.
pub fn run() -> Option<()> {
    integers()?;
    packed("cnn", &cnn::network().ok()?)?;
    packed("micro", &micro::network().ok()?)?;
    #[cfg(feature = "adaptation")]
    adaptation()?;
    #[cfg(feature = "floats")]
    floats()?;
    Some(())
}

/// Images that the networks with convolutions classify.
const FEW: u32 = 20;

/// A network of packed integers, whose buffers are those of both.
#[inline(never)]
fn packed(name: &str, network: &Packed<'_>) -> Option<()> {
    const fn most(one: usize, other: usize) -> usize {
        if one > other { one } else { other }
    }
    let mut sums = [0; most(cnn::SUMS, micro::SUMS)];
    let mut activations = [0; most(cnn::ACTIVATIONS, micro::ACTIVATIONS)];
    let (mut classified, mut instructions, mut stack) = (Classified::new(), 0, 0);
    let mut count = 0;
    each_image(|image| {
        count += 1;
        if count > FEW {
            return Some(());
        }
        board::paint();
        let start = board::now();
        core::hint::black_box(network.classify(image, &mut sums, &mut activations).ok()?);
        instructions += board::since(start);
        stack = stack.max(board::deepest());
        classified.packed(network, image, &mut sums, &mut activations).map(|_| ())
    })?;
    let (logits, classes, images) = classified.finish();
    println!("{name}_logits={logits:016x}");
    println!("{name}_classes={classes:016x}");
    println!("{name}_instructions={}", instructions / u64::from(images));
    println!("{name}_stack={stack}");
    println!("{name}_buffers={}", 4 * network.sums_length() + network.activations_length());
    Some(())
}

/// The images' labels.
#[cfg(feature = "adaptation")]
static LABELS: &[u8] = include_bytes!(concat!(env!("TINYEVO_GENERATED"), "/labels"));

#[cfg(feature = "adaptation")]
#[inline(never)]
fn adaptation() -> Option<()> {
    use semihosting::io::{Seek, SeekFrom};
    let mut file = File::open(c"images").ok()?;
    board::paint();
    let adapted = tinyevo_scenarios::adapt(&int8::model().ok()?, LABELS, |number, image| {
        file.seek(SeekFrom::Start((number * int8::INPUTS) as u64)).ok()?;
        read(&mut file, image)
    })?;
    println!("adaptation_ram={}", board::high_water());
    println!("adaptation={:016x}", adapted.hash);
    println!("right_before={}", adapted.before);
    println!("right_after={}", adapted.after);
    Some(())
}

/// Calls `classify` for each image of the file that the emulator offers.
fn each_image(mut classify: impl FnMut(&[u8]) -> Option<()>) -> Option<()> {
    let mut file = File::open(c"images").ok()?;
    let mut image = [0; int8::INPUTS];
    for _ in 0..IMAGES {
        read(&mut file, &mut image)?;
        classify(&image)?;
    }
    Some(())
}

#[inline(never)]
fn integers() -> Option<()> {
    let model = int8::model().ok()?;
    let (mut sums, mut activations) = ([0; int8::SCRATCH], [0; int8::SCRATCH]);
    let (mut classified, mut instructions, mut stack) = (Classified::new(), 0, 0);
    each_image(|image| {
        board::paint();
        let start = board::now();
        core::hint::black_box(model.classify(image, &mut sums, &mut activations).ok()?);
        instructions += board::since(start);
        stack = stack.max(board::deepest());
        classified.integers(&model, image, &mut sums, &mut activations).map(|_| ())
    })?;
    let (logits, classes, images) = classified.finish();
    println!("int8_logits={logits:016x}");
    println!("int8_classes={classes:016x}");
    println!("int8_instructions={}", instructions / u64::from(images));
    println!("int8_stack={stack}");
    Some(())
}

#[cfg(feature = "floats")]
#[inline(never)]
fn floats() -> Option<()> {
    let network = f32::network().ok()?;
    let mut scratch = [0.0; 256];
    let (mut classified, mut instructions, mut stack) = (Classified::new(), 0, 0);
    let mut count = 0;
    each_image(|image| {
        // Software floats take their time under emulation: a tenth of the images will do there.
        count += 1;
        if cfg!(not(target_abi = "eabihf")) && count > 20 {
            return Some(());
        }
        board::paint();
        let start = board::now();
        let class = tinyevo_core::inference::classify(&network, &f32::GENOME, image, &mut scratch);
        core::hint::black_box(class.ok()?);
        instructions += board::since(start);
        stack = stack.max(board::deepest());
        if count <= 20 {
            classified.floats(&network, &f32::GENOME, image, &mut scratch)?;
        }
        Some(())
    })?;
    let (logits, ..) = classified.finish();
    println!("f32_logits={logits:016x}");
    let measured = if cfg!(not(target_abi = "eabihf")) { 20 } else { IMAGES as u64 };
    println!("f32_instructions={}", instructions / measured);
    println!("f32_stack={stack}");
    Some(())
}
