//! A population as one slice of floats: a row for each individual, with its genome, its fitness, its
//! accuracy and the scale of its mutations.

use crate::error::LengthError;
use crate::hash::Fnv1a;

/// Genomes of at least this length start at a cache line of their own.
const LONG: usize = 256;

/// Floats of a cache line of 64 bytes.
const LINE: usize = 16;

/// The accuracy of an individual that was not scored since it changed.
const UNSCORED: f32 = -1.0;

/// How individuals lie in a population: `genes` floats of the genome, the fitness, the accuracy from
/// 0 to 1, the scale of mutations above 0; the next row starts `stride` floats further.
///
/// The rows of genomes of 256 genes and more are padded to whole lines of 16 floats, so that in a
/// buffer that is aligned to 64 bytes each one is; shorter ones lie without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    genes: usize,
    stride: usize,
}

impl Rows {
    /// Rows of genomes of `genes` floats.
    #[must_use]
    pub const fn new(genes: usize) -> Self {
        let tight = genes.saturating_add(3);
        let whole_lines = tight.saturating_add(LINE - 1) / LINE * LINE;
        Self { genes, stride: if genes >= LONG { whole_lines } else { tight } }
    }

    /// Length of a genome.
    #[must_use]
    pub const fn genes(self) -> usize {
        self.genes
    }

    /// Distance of one row's start to the next one's, in floats.
    #[must_use]
    pub const fn stride(self) -> usize {
        self.stride
    }

    /// Number of floats that so many individuals take; saturating.
    #[must_use]
    pub const fn length(self, individuals: usize) -> usize {
        individuals.saturating_mul(self.stride)
    }

    /// The genome of an individual.
    #[must_use]
    #[inline(always)]
    pub fn genome(self, population: &[f32], index: usize) -> Option<&[f32]> {
        let start = index.checked_mul(self.stride)?;
        population.get(start..start.checked_add(self.genes)?)
    }

    /// The genome of an individual, to be written.
    #[must_use]
    #[inline(always)]
    pub fn genome_mut(self, population: &mut [f32], index: usize) -> Option<&mut [f32]> {
        let start = index.checked_mul(self.stride)?;
        population.get_mut(start..start.checked_add(self.genes)?)
    }

    /// Fitness and accuracy of an individual.
    #[must_use]
    #[inline(always)]
    pub fn score(self, population: &[f32], index: usize) -> Option<(f32, f32)> {
        let start = index.checked_mul(self.stride)?.checked_add(self.genes)?;
        match population.get(start..)? {
            [fitness, accuracy, ..] => Some((*fitness, *accuracy)),
            _ => None,
        }
    }

    /// Writes fitness and accuracy of an individual; does nothing outside of the population.
    #[inline(always)]
    pub fn set_score(self, population: &mut [f32], index: usize, fitness: f32, accuracy: f32) {
        let start = index.saturating_mul(self.stride).saturating_add(self.genes);
        if let Some([own_fitness, own_accuracy, ..]) = population.get_mut(start..) {
            (*own_fitness, *own_accuracy) = (fitness, accuracy);
        }
    }

    /// Marks an individual as changed: it needs a new score.
    #[inline(always)]
    pub fn set_unscored(self, population: &mut [f32], index: usize) {
        self.set_score(population, index, f32::NAN, UNSCORED);
    }

    /// Whether an individual has a score of its current genome.
    #[must_use]
    pub fn is_scored(self, population: &[f32], index: usize) -> bool {
        self.score(population, index).is_some_and(|(_, accuracy)| accuracy != UNSCORED)
    }

    /// The factor by which the individual's mutations are larger than the usual ones; 1 outside of the
    /// population.
    #[must_use]
    #[inline(always)]
    pub fn scale(self, population: &[f32], index: usize) -> f32 {
        population.get(self.scale_place(index)).copied().unwrap_or(1.0)
    }

    /// Writes the scale of an individual's mutations; does nothing outside of the population.
    #[inline(always)]
    pub fn set_scale(self, population: &mut [f32], index: usize, scale: f32) {
        if let Some(own) = population.get_mut(self.scale_place(index)) {
            *own = scale;
        }
    }

    const fn scale_place(self, index: usize) -> usize {
        let start = index.saturating_mul(self.stride).saturating_add(self.genes);
        start.saturating_add(2)
    }

    /// The error of a population of `got` floats that has no row at an index.
    pub(crate) const fn missing(
        self,
        buffer: &'static str,
        index: usize,
        got: usize,
    ) -> LengthError {
        LengthError { buffer, expected: self.length(index.saturating_add(1)), got }
    }

    /// Adds the genomes of a population to a hash, one after another, then their fitness.
    pub fn hash(self, population: &[f32], individuals: usize, hash: &mut Fnv1a) {
        for index in 0..individuals {
            hash.floats(self.genome(population, index).unwrap_or(&[]));
        }
        for index in 0..individuals {
            hash.floats(&[self.score(population, index).unwrap_or_default().0]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_rows_take_whole_lines_and_short_ones_no_gap() {
        assert_eq!((Rows::new(101_770).stride(), Rows::new(101_770).length(3)), (101_776, 305_328));
        assert_eq!(Rows::new(256).stride(), 272);
        assert_eq!(Rows::new(269).stride(), 272);
        assert_eq!(Rows::new(255).stride(), 258);
        assert_eq!((Rows::new(3).stride(), Rows::new(3).genes()), (6, 3));
        assert_eq!(Rows::new(usize::MAX).length(2), usize::MAX);
    }

    #[test]
    fn a_row_is_genome_fitness_accuracy_scale() {
        let rows = Rows::new(2);
        let mut population = [1.0, 2.0, 0.5, 0.25, 8.0, 3.0, 4.0, 1.5, 0.75, 16.0];
        assert_eq!(rows.genome(&population, 1), Some(&[3.0, 4.0][..]));
        assert_eq!(rows.score(&population, 1), Some((1.5, 0.75)));
        assert_eq!(rows.genome(&population, 2), None);
        assert_eq!(rows.score(&population, 2), None);
        assert!(rows.is_scored(&population, 0));
        rows.set_unscored(&mut population, 0);
        assert!(!rows.is_scored(&population, 0) && rows.is_scored(&population, 1));
        assert!(!rows.is_scored(&population, 2));
        // Every accuracy is a score, at both ends of its range too.
        for accuracy in [0.0, 1.0] {
            rows.set_score(&mut population, 0, 7.0, accuracy);
            assert!(rows.is_scored(&population, 0));
        }
        rows.set_score(&mut population, 0, 7.0, 0.0);
        rows.set_score(&mut population, 9, 7.0, 0.0);
        assert_eq!(population[..5], [1.0, 2.0, 7.0, 0.0, 8.0]);
        rows.genome_mut(&mut population, 1).unwrap().fill(9.0);
        assert_eq!(population[5..], [9.0, 9.0, 1.5, 0.75, 16.0]);
        assert_eq!([0, 1, 2].map(|index| rows.scale(&population, index)), [8.0, 16.0, 1.0]);
        rows.set_scale(&mut population, 1, 2.0);
        rows.set_scale(&mut population, 2, 2.0);
        assert_eq!(population[8..], [0.75, 2.0]);
    }
}
