//! No engine: what the firmware takes by itself.

pub type Image = [u8; 784];

pub const BLANK: Image = [0; 784];

pub fn pixel(byte: u8) -> u8 {
    byte
}

#[inline(never)]
pub fn classify(image: Image) -> usize {
    let [first, ..] = image;
    usize::from(first)
}
