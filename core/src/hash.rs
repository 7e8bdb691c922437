//! FNV-1a, 64 bits, over the bits of floats: how runs on different machines are compared.
//!
//! Fowler, Noll and Vo's hash (RFC 9923): small, fast enough, the same everywhere. It finds accidental
//! changes, not deliberate ones.

/// A running 64-bit FNV-1a hash.
///
/// ```
/// let mut hash = tinyevo_core::hash::Fnv1a::new();
/// hash.bytes(b"foobar");
/// assert_eq!(hash.finish(), 0x85944171f73967e8);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fnv1a(u64);

impl Fnv1a {
    /// The hash of nothing, the offset basis.
    #[must_use]
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Adds the bits of each float, least significant byte first. Every NaN counts as the same
    /// one, since CPUs disagree on the bits of the NaN that an operation makes.
    pub fn floats(&mut self, floats: &[f32]) {
        for &float in floats {
            let bits = if float.is_nan() { 0x7fc0_0000 } else { float.to_bits() };
            self.bytes(&bits.to_le_bytes());
        }
    }

    /// The hash of all that was added.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0
    }
}

impl Default for Fnv1a {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_equals_the_reference() {
        // The test vectors of the authors' C reference (RFC 9923, appendix C).
        for (text, expected) in [
            ("", 0xcbf2_9ce4_8422_2325_u64),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            let mut hash = Fnv1a::new();
            hash.bytes(text.as_bytes());
            assert_eq!(hash.finish(), expected, "{text}");
        }
    }

    #[test]
    fn zeros_differ_by_sign_and_nans_do_not_differ() {
        let of = |float: f32| {
            let mut hash = Fnv1a::new();
            hash.floats(&[float]);
            hash.finish()
        };
        assert_ne!(of(0.0), of(-0.0));
        assert_eq!(of(f32::NAN), of(f32::from_bits(0xffc1_2345)));
    }
}
