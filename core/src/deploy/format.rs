//! Formats of weights: their codes, and how these are packed.

use crate::slices::{parts, parts_mut};

/// How the weights of a layer are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Format {
    /// 8 bits: -127 to 127.
    Int8,
    /// 4 bits: the odd numbers from -15 to 15.
    Int4,
    /// -1, 0 and 1, five in a byte.
    Ternary,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Int8, Self::Int4, Self::Ternary];

    /// The name: `int8`, `int4`, `ternary`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Int4 => "int4",
            Self::Ternary => "ternary",
        }
    }

    /// The largest code.
    #[must_use]
    pub const fn largest(self) -> i8 {
        match self {
            Self::Int8 => 127,
            Self::Int4 => 15,
            Self::Ternary => 1,
        }
    }

    /// Bytes of a row of so many weights: each input has a row, which begins with a byte of its own.
    #[must_use]
    pub const fn row_bytes(self, weights: usize) -> usize {
        match self {
            Self::Int8 => weights,
            Self::Int4 => weights.div_ceil(2),
            Self::Ternary => weights.div_ceil(5),
        }
    }

    /// Packs a row of codes; `bytes` has [`Format::row_bytes`].
    pub fn pack(self, codes: &[f32], bytes: &mut [u8]) {
        match self {
            Self::Int8 => {
                for (byte, code) in bytes.iter_mut().zip(codes) {
                    *byte = (*code as i8).to_le_bytes()[0];
                }
            }
            Self::Int4 => {
                for (byte, pair) in bytes.iter_mut().zip(parts(codes, 2)) {
                    let nibble = |code: Option<&f32>| match code {
                        Some(code) => ((*code as i32).wrapping_add(15) >> 1) as u8 & 15,
                        None => 0,
                    };
                    *byte = nibble(pair.first()) | nibble(pair.get(1)) << 4;
                }
            }
            Self::Ternary => {
                for (byte, five) in bytes.iter_mut().zip(parts(codes, 5)) {
                    let mut number = 0_u32;
                    for place in 0..5 {
                        let code = five.get(place).map_or(0, |code| *code as i32);
                        number = number.wrapping_mul(3).wrapping_add(code.wrapping_add(1) as u32);
                    }
                    // As a fraction of 256: each multiplication by 3 brings the next digit above it.
                    *byte = (number.wrapping_mul(256).wrapping_add(242) / 243) as u8;
                }
            }
        }
    }

    /// Unpacks a row of codes to bytes in two's complement.
    pub(crate) fn unpack<'c>(self, row: &[u8], codes: &'c mut [u8]) -> &'c [u8] {
        match self {
            Self::Int8 => {
                for (code, byte) in codes.iter_mut().zip(row) {
                    *code = *byte;
                }
            }
            Self::Int4 => {
                let code = |nibble: u8| nibble.wrapping_mul(2).wrapping_sub(15);
                for (pair, byte) in parts_mut(codes, 2).zip(row) {
                    for (to, nibble) in pair.iter_mut().zip([byte & 15, byte >> 4]) {
                        *to = code(nibble);
                    }
                }
            }
            Self::Ternary => {
                for (five, byte) in parts_mut(codes, 5).zip(row) {
                    let mut rest = u32::from(*byte);
                    for code in five {
                        rest = rest.wrapping_mul(3);
                        *code = ((rest >> 8) as u8).wrapping_sub(1);
                        rest &= 255;
                    }
                }
            }
        }
        codes
    }

    /// The unit of a code, as a multiple of the weights' root mean square.
    pub(super) const fn unit(self) -> f32 {
        match self {
            Self::Int8 => 0.031,
            // Half of the step between the odd numbers.
            Self::Int4 => 0.1676,
            Self::Ternary => 1.224,
        }
    }

    /// The code of a weight that is so many units.
    pub(super) fn code(self, units: f32) -> f32 {
        let largest = f32::from(self.largest());
        let nearest = match self {
            Self::Int8 | Self::Ternary => nearest(units),
            Self::Int4 => {
                let half = 0.5 * units;
                let down = truncated(half);
                let down = if down > half { down - 1.0 } else { down };
                2.0 * down + 1.0
            }
        };
        limited(nearest, largest)
    }

    /// The most inputs with which all sums fit 32 bits, the bias included.
    pub(super) const fn most_inputs(self) -> usize {
        (0x7fff_0000 - (1 << 22)) / (255 * (self.largest() as usize + 1))
    }

    /// The most inputs with which all sums are below 2^24, the bias included; of the last layer, whose classes share a unit,
    /// fewer.
    pub(super) const fn most_exact_inputs(self, last: bool) -> usize {
        // The mean magnitude of a filter's codes is at most their root mean square, 1 / unit, and half for rounding.
        let mean = match self {
            Self::Int8 if last => 127,
            Self::Int8 => 33,
            Self::Int4 if last => 15,
            Self::Int4 => 7,
            Self::Ternary => 1,
        };
        // Less than 2^24 less 2^21, the largest bias.
        14_680_000 / (255 * mean)
    }
}

/// Towards 0, for magnitudes below 2^31.
fn truncated(x: f32) -> f32 {
    x as i32 as f32
}

/// The nearest whole number, halves away from 0, for magnitudes below 2^31.
pub(super) fn nearest(x: f32) -> f32 {
    truncated(if x < 0.0 { x - 0.5 } else { x + 0.5 })
}

/// `x`, or the bound of its magnitude that it exceeds.
pub(super) fn limited(x: f32, most: f32) -> f32 {
    let x = if x < most { x } else { most };
    if x > -most { x } else { -most }
}
