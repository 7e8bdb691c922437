//! C that ./run has compiled, with one function: `bakenn.c` or `tinyevo.c`.

unsafe extern "C" {
    fn peer_classify(image: *const u8) -> i32;
}

pub type Image = [u8; 784];

pub const BLANK: Image = [0; 784];

/// BakeNN's pixels are -128 to 127.
pub fn pixel(byte: u8) -> u8 {
    if cfg!(feature = "bakenn") { byte ^ 0x80 } else { byte }
}

#[inline(never)]
pub fn classify(image: Image) -> usize {
    // SAFETY: the function reads 784 bytes.
    unsafe { peer_classify(image.as_ptr()) as usize }
}
