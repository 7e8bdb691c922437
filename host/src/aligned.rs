//! Buffers of floats that start at a multiple of 64 bytes: a vector load that crosses a cache line
//! costs two.

use bytemuck::{Pod, Zeroable};
use tinyevo_core::population::Layout;

/// One cache line.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// A fixed number of floats, zero at first, aligned to 64 bytes.
#[derive(Debug, Clone)]
pub struct Aligned {
    lines: Vec<Line>,
    length: usize,
}

impl Aligned {
    /// `length` zeros.
    #[must_use]
    pub fn zeros(length: usize) -> Self {
        Self { lines: vec![Line::zeroed(); length.div_ceil(16)], length }
    }

    /// Room for `population` genomes of `genes` floats, each aligned; and how they lie in it.
    #[must_use]
    pub fn population(population: usize, genes: usize) -> (Self, Layout) {
        let stride = genes.next_multiple_of(16);
        (Self::zeros(population * stride), Layout { genes, stride })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_genome_is_aligned() {
        let (mut buffer, layout) = Aligned::population(3, 17);
        assert_eq!((buffer.as_mut_slice().len(), layout.stride), (96, 32));
        for index in 0..3 {
            let genome = layout.genome(buffer.as_slice(), index).unwrap();
            assert_eq!(genome.as_ptr().align_offset(64), 0);
            assert_eq!(genome, [0.0; 17]);
        }
        assert_eq!(Aligned::zeros(5).as_slice().len(), 5);
    }
}
