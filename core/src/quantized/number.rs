//! Integers in memory: as numbers, or as the bytes of a file.

/// An integer, or the bytes of one in a file: little-endian, two's complement, at any address.
pub trait Number: Copy {
    /// The value of the integer.
    fn get(self) -> i32;
}

impl Number for i8 {
    #[inline(always)]
    fn get(self) -> i32 {
        i32::from(self)
    }
}

impl Number for i32 {
    #[inline(always)]
    fn get(self) -> i32 {
        self
    }
}

/// The byte of an `i8`.
impl Number for [u8; 1] {
    #[inline(always)]
    fn get(self) -> i32 {
        i32::from(i8::from_le_bytes(self))
    }
}

/// The bytes of an `i32`.
impl Number for [u8; 4] {
    #[inline(always)]
    fn get(self) -> i32 {
        i32::from_le_bytes(self)
    }
}

/// An integer of 8 bits.
pub trait Weight: Number {
    /// The byte, in two's complement.
    fn byte(self) -> [u8; 1];
}

impl Weight for i8 {
    fn byte(self) -> [u8; 1] {
        self.to_le_bytes()
    }
}

impl Weight for [u8; 1] {
    fn byte(self) -> [u8; 1] {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_the_integers_that_they_were() {
        for integer in i8::MIN..=i8::MAX {
            assert_eq!(integer.byte().get(), integer.get());
            assert_eq!(integer.byte().byte(), integer.byte());
        }
        for integer in [i32::MIN, -256, -1, 0, 1, 0x0102_0304, i32::MAX] {
            assert_eq!(integer.to_le_bytes().get(), integer.get());
        }
        assert_eq!([4, 3, 2, 1].get(), 0x0102_0304);
    }
}
