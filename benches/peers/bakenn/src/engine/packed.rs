//! tinyevo: the champion's module of packed integers, as `tinyevo export` writes it.

#[allow(dead_code, reason = "the module is made for others")]
mod packed {
    include!(concat!(env!("TINYEVO_GENERATED"), "/packed.rs"));
}

pub type Image = [u8; packed::INPUTS];

pub const BLANK: Image = [0; packed::INPUTS];

pub fn pixel(byte: u8) -> u8 {
    byte
}

#[inline(never)]
pub fn classify(image: Image) -> usize {
    let (mut sums, mut activations) = ([0; packed::SUMS], [0; packed::ACTIVATIONS]);
    // By reference: a move would take its memory twice.
    let network = packed::network();
    let Ok(network) = &network else { return usize::MAX };
    network.classify(&image, &mut sums, &mut activations).unwrap_or(usize::MAX)
}
