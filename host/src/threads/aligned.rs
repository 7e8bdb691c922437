//! Buffers of floats that start at a multiple of 64 bytes: a vector load that crosses a cache line
//! costs two.

use crate::error::Error;
use crate::memory;
use bytemuck::{Pod, Zeroable};

/// Floats of a line.
const LINE: usize = 16;

/// One cache line.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

/// A fixed number of floats, zero at first, aligned to 64 bytes.
#[derive(Debug, Clone, Default)]
pub struct Aligned {
    lines: Vec<Line>,
    length: usize,
}

impl Aligned {
    /// `length` zeros.
    ///
    /// # Errors
    /// They do not fit the memory.
    pub fn try_zeros(length: usize) -> Result<Self, Error> {
        let count = length.div_ceil(LINE);
        let bytes = (length as u64).saturating_mul(size_of::<f32>() as u64);
        let mut lines = memory::reserve(count).ok_or(Error::Memory { bytes })?;
        lines.resize(count, Line::zeroed());
        Ok(Self { lines, length })
    }

    /// The floats.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.lines)[..self.length]
    }

    /// The floats, to be written.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.length]
    }
}

impl AsRef<[f32]> for Aligned {
    fn as_ref(&self) -> &[f32] {
        self.as_slice()
    }
}

impl AsMut<[f32]> for Aligned {
    fn as_mut(&mut self) -> &mut [f32] {
        self.as_mut_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinyevo_core::population::Rows;

    #[test]
    fn every_long_genome_is_aligned() {
        let rows = Rows::new(300);
        let buffer = Aligned::try_zeros(rows.length(3)).unwrap();
        for index in 0..3 {
            let genome = rows.genome(buffer.as_slice(), index).unwrap();
            assert_eq!(genome.as_ptr().align_offset(64), 0);
            assert_eq!(genome, [0.0; 300]);
        }
        assert_eq!(Aligned::try_zeros(5).unwrap().as_slice().len(), 5);
    }

    #[test]
    fn too_much_is_an_error_with_the_bytes() {
        let error = Aligned::try_zeros(usize::MAX / 8).unwrap_err();
        assert!(matches!(error, Error::Memory { bytes } if bytes == (usize::MAX / 8 * 4) as u64));
    }
}
