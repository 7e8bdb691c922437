//! Where each genome of a population lies.

use crate::error::LengthError;

/// How genomes lie in a population: `genes` floats each, the next one `stride` floats further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Length of a genome.
    pub genes: usize,
    /// Distance of one genome's start to the next one's; `genes` or more.
    pub stride: usize,
}

impl Layout {
    /// Genomes without gaps.
    #[must_use]
    pub const fn dense(genes: usize) -> Self {
        Self { genes, stride: genes }
    }

    /// The genome at an index.
    #[must_use]
    pub fn genome(self, population: &[f32], index: usize) -> Option<&[f32]> {
        let start = index.checked_mul(self.stride)?;
        population.get(start..start.checked_add(self.genes)?)
    }

    /// The genome at an index, to be written.
    #[must_use]
    pub fn genome_mut(self, population: &mut [f32], index: usize) -> Option<&mut [f32]> {
        let start = index.checked_mul(self.stride)?;
        population.get_mut(start..start.checked_add(self.genes)?)
    }

    /// The error of a population of `got` floats that has no genome at an index.
    pub(crate) const fn missing(
        self,
        buffer: &'static str,
        index: usize,
        got: usize,
    ) -> LengthError {
        let expected = index.saturating_mul(self.stride).saturating_add(self.genes);
        LengthError { buffer, expected, got }
    }
}
