//! tinyevo: the champion's module, as `tinyevo export` writes it.

#[allow(dead_code, reason = "the module is made for others")]
mod int8 {
    include!(concat!(env!("TINYEVO_GENERATED"), "/int8.rs"));
}

pub type Image = [u8; int8::INPUTS];

pub const BLANK: Image = [0; int8::INPUTS];

pub fn pixel(byte: u8) -> u8 {
    byte
}

#[inline(never)]
pub fn classify(image: Image) -> usize {
    let (mut sums, mut activations) = ([0; int8::SCRATCH], [0; int8::SCRATCH]);
    let Ok(model) = int8::model() else { return usize::MAX };
    model.classify(&image, &mut sums, &mut activations).unwrap_or(usize::MAX)
}
