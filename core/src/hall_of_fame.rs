//! The best individuals of all generations so far, as DEAP's `HallOfFame`.

use crate::error::LengthError;
use crate::order::Direction;
use crate::population::Rows;
use crate::slices::copy;

/// One individual of the hall of fame: its fitness, and which genome in the store it has.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    fitness: f32,
    slot: usize,
}

/// The `N` best individuals ever seen. The genomes lie in a store that the caller owns: `N`
/// genomes, one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct HallOfFame<const N: usize> {
    /// Best first.
    entries: heapless::Vec<Entry, N>,
    genes: usize,
    direction: Direction,
}

impl<const N: usize> HallOfFame<N> {
    /// Empty, for genomes of `genes` floats.
    #[must_use]
    pub const fn new(genes: usize, direction: Direction) -> Self {
        Self { entries: heapless::Vec::new(), genes, direction }
    }

    /// Number of floats that the store must have.
    #[must_use]
    pub const fn store_length(&self) -> usize {
        N.saturating_mul(self.genes)
    }

    /// Offers every individual of a population. Returns whether the best fitness has become better.
    ///
    /// # Errors
    /// `store` is shorter than [`HallOfFame::store_length`], or the genomes have another length.
    pub fn update(
        &mut self,
        rows: Rows,
        population: &[f32],
        store: &mut [f32],
    ) -> Result<bool, LengthError> {
        LengthError::exact("genes", self.genes, rows.genes())?;
        let (mut new_best, mut index) = (false, 0_usize);
        while let (Some(genome), Some((fitness, _))) =
            (rows.genome(population, index), rows.score(population, index))
        {
            let best = self.fitness(0);
            let better = best.is_none_or(|best| self.direction.better(fitness, best));
            new_best |= self.offer(genome, fitness, store)? && better;
            index = index.saturating_add(1);
        }
        Ok(new_best)
    }

    /// Takes an individual if it is better than the worst one here or if there is room, except if one with
    /// the same genome and the same fitness is here already. The same genome with another fitness, measured
    /// on other samples, is taken. Of equal fitness the newer one stands first, as in DEAP. Returns whether
    /// the individual was taken.
    ///
    /// # Errors
    /// `store` is shorter than [`HallOfFame::store_length`], or the genome has another length.
    pub fn offer(
        &mut self,
        genome: &[f32],
        fitness: f32,
        store: &mut [f32],
    ) -> Result<bool, LengthError> {
        LengthError::at_least("store", self.store_length(), store.len())?;
        LengthError::exact("genome", self.genes, genome.len())?;
        Ok(self.take(genome, fitness, store).is_some())
    }

    /// `Some` if the individual was taken.
    fn take(&mut self, genome: &[f32], fitness: f32, store: &mut [f32]) -> Option<()> {
        if self.entries.len() >= N {
            let worst = self.entries.last()?;
            if !self.direction.better(fitness, worst.fitness) {
                return None;
            }
        }
        let twin =
            |entry: &Entry| entry.fitness == fitness && self.stored(entry, store) == Some(genome);
        if self.entries.iter().any(twin) {
            return None;
        }
        let slot = match self.entries.is_full() {
            true => self.entries.pop()?.slot,
            false => self.entries.len(),
        };
        let start = slot.checked_mul(self.genes)?;
        copy(store.get_mut(start..start.checked_add(self.genes)?)?, genome);
        let ahead = |entry: &Entry| self.direction.better(entry.fitness, fitness);
        let place = self.entries.iter().take_while(|entry| ahead(entry)).count();
        // Not `insert`, which can panic: all behind the place move on by one.
        let mut moved = Entry { fitness, slot };
        for entry in self.entries.iter_mut().skip(place) {
            core::mem::swap(entry, &mut moved);
        }
        self.entries.push(moved).ok()
    }

    /// The genome of rank `rank`, 0 for the best; `None` if there are not so many.
    #[must_use]
    pub fn genome<'s>(&self, rank: usize, store: &'s [f32]) -> Option<&'s [f32]> {
        self.stored(self.entries.get(rank)?, store)
    }

    fn stored<'s>(&self, entry: &Entry, store: &'s [f32]) -> Option<&'s [f32]> {
        let start = entry.slot.checked_mul(self.genes)?;
        store.get(start..start.checked_add(self.genes)?)
    }

    /// The fitness of rank `rank`, 0 for the best; `None` if there are not so many.
    #[must_use]
    pub fn fitness(&self, rank: usize) -> Option<f32> {
        self.entries.get(rank).map(|entry| entry.fitness)
    }

    /// Number of individuals in the hall of fame.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the hall of fame is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A population of genomes of one gene.
    fn population<const N: usize>(genes: [f32; N], fitness: [f32; N]) -> [[f32; 4]; N] {
        core::array::from_fn(|index| [genes[index], fitness[index], 0.0, 1.0])
    }

    #[test]
    fn it_keeps_the_best_of_all_updates() {
        let mut store = [0.0; 3];
        let mut hall = HallOfFame::<3>::new(1, Direction::Minimise);
        let mut update = |genes: [f32; 3], fitness: [f32; 3], expected_new| {
            let population = population(genes, fitness);
            let new = hall.update(Rows::new(1), population.as_flattened(), &mut store);
            assert_eq!(new, Ok(expected_new));
            [0, 1, 2].map(|rank| (hall.genome(rank, &store).map(|g| g[0]), hall.fitness(rank)))
        };
        let pair = |gene, fitness| (Some(gene), Some(fitness));
        // The second 10 is the first one's twin and not taken again.
        let all = update([10.0, 20.0, 10.0], [5.0, 4.0, 5.0], true);
        assert_eq!(all, [pair(20.0, 4.0), pair(10.0, 5.0), (None, None)]);
        let all = update([30.0, 40.0, 50.0], [4.0, 9.0, f32::NAN], false);
        assert_eq!(all[..2], [pair(30.0, 4.0), pair(20.0, 4.0)]);
        let all = update([60.0, 70.0, 80.0], [1.0, 8.0, 4.5], true);
        assert_eq!(all, [pair(60.0, 1.0), pair(30.0, 4.0), pair(20.0, 4.0)]);
    }

    #[test]
    fn a_genome_that_is_measured_again_is_no_twin() {
        let mut store = [0.0; 2];
        let mut hall = HallOfFame::<2>::new(1, Direction::Maximise);
        assert_eq!(hall.offer(&[1.0], 0.5, &mut store), Ok(true));
        assert_eq!(hall.offer(&[1.0], 0.5, &mut store), Ok(false));
        assert_eq!(hall.offer(&[1.0], 0.75, &mut store), Ok(true));
        assert_eq!((hall.fitness(0), hall.fitness(1)), (Some(0.75), Some(0.5)));
        assert_eq!((hall.len(), hall.is_empty()), (2, false));
    }

    #[test]
    fn a_capacity_of_none_takes_nobody() {
        let mut hall = HallOfFame::<0>::new(1, Direction::Maximise);
        assert_eq!(hall.update(Rows::new(1), &[1.0, 1.0, 1.0], &mut []), Ok(false));
        assert!(hall.is_empty());
        assert_eq!(hall.len(), 0);
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let mut hall = HallOfFame::<2>::new(1, Direction::Maximise);
        let row = [1.0, 1.0, 1.0];
        assert!(hall.update(Rows::new(1), &row, &mut [0.0; 1]).is_err());
        assert!(hall.update(Rows::new(2), &row, &mut [0.0; 2]).is_err());
        assert!(hall.offer(&[1.0, 2.0], 1.0, &mut [0.0; 2]).is_err());
    }
}
