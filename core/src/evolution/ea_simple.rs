//! DEAP's `eaSimple` (Back, Fogel and Michalewicz 2000, chapter 7): the offspring replace the
//! parents, each pair of neighbours is mated with one probability, each individual mutated with
//! another.
//!
//! A generation is: [`EaSimple::select`] as many parents as there are individuals; then for each
//! family of two neighbours [`EaSimple::breed`]. [`EaSimple::generation`] does both. Only
//! individuals that were mated or mutated need a new evaluation, as in DEAP, where a mated pair
//! counts as changed even if the parents were equal.

use crate::error::{LengthError, SettingError};
use crate::operators::{Crossover, Mutation, Selection, best};
use crate::order::Direction;
use crate::population::Layout;
use crate::rng::{Chance, Purpose, stream};
use crate::slices::copy;
use core::fmt;

/// The settings of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EaSimple {
    /// How parents are chosen.
    pub selection: Selection,
    /// How a pair is mated.
    pub crossover: Crossover,
    /// Probability that a pair is mated, per pair.
    pub crossover_probability: f32,
    /// How an individual is mutated.
    pub mutation: Mutation,
    /// Probability that an individual is mutated.
    pub mutation_probability: f32,
    /// How many of the best parents are kept as they are, in the first places of the offspring.
    /// DEAP's has none.
    pub elites: usize,
    /// Which fitness is better.
    pub direction: Direction,
}

/// A generation that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EvolutionError {
    /// A slice has the wrong length.
    Length(LengthError),
    /// A setting is out of range.
    Setting(SettingError),
}

impl fmt::Display for EvolutionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(error) => error.fmt(f),
            Self::Setting(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for EvolutionError {}

impl From<LengthError> for EvolutionError {
    fn from(error: LengthError) -> Self {
        Self::Length(error)
    }
}

impl From<SettingError> for EvolutionError {
    fn from(error: SettingError) -> Self {
        Self::Setting(error)
    }
}

impl EaSimple {
    /// Whether the settings are in range for a population.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn check(&self, population: usize) -> Result<(), SettingError> {
        SettingError::count("population", 1, u32::MAX as usize, population)?;
        self.selection.check(population)?;
        self.crossover.check()?;
        self.mutation.check()?;
        SettingError::probability("crossover probability", self.crossover_probability)?;
        SettingError::probability("mutation probability", self.mutation_probability)?;
        SettingError::count("elites", 0, population, self.elites)
    }

    /// Chooses the parents of a generation: `picks[i]` is the parent of offspring `i`. The first
    /// places are the elites'.
    ///
    /// # Errors
    /// `picks` has another length than `fitness`.
    pub fn select(
        &self,
        fitness: &[f32],
        seed: u64,
        generation: u32,
        picks: &mut [usize],
    ) -> Result<(), LengthError> {
        LengthError::exact("picks", fitness.len(), picks.len())?;
        let elites = self.elites.min(picks.len());
        let (kept, chosen) = picks.split_at_mut_checked(elites).unwrap_or_default();
        best(fitness, self.direction, kept);
        let mut rng = stream(seed, generation, 0, Purpose::Select);
        self.selection.select(fitness, self.direction, &mut rng, chosen);
        Ok(())
    }

    /// Makes the family of offspring that starts at index `first`: copies the parents that `picks`
    /// names, mates them if there are two, mutates them.
    ///
    /// `picks`, `changed` and the genomes in `children` are those of this family alone: two of
    /// each, or one at the end of an odd population, which is never mated. `changed` says which
    /// need an evaluation.
    ///
    /// # Errors
    /// `children` or `changed` has no room for the family, or a pick is not in `parents`.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "a family is given as its parts, all slices")]
    pub fn breed(
        &self,
        layout: Layout,
        parents: &[f32],
        picks: &[usize],
        children: &mut [f32],
        changed: &mut [bool],
        first: usize,
        seed: u64,
        generation: u32,
    ) -> Result<(), LengthError> {
        self.keep(layout, parents, picks, children, changed)?;

        let index = |offset: usize| first.saturating_add(offset) as u32;
        let mut rng = stream(seed, generation, index(0), Purpose::Crossover);
        if let ([_, _], Some((a, b))) = (picks, children.split_at_mut_checked(layout.stride))
            && Chance::new(self.crossover_probability).happens(&mut rng)
        {
            let (a, b) = (a.get_mut(..layout.genes), b.get_mut(..layout.genes));
            if let (Some(a), Some(b)) = (a, b) {
                self.crossover.mate(a, b, &mut rng);
                changed.fill(true);
            }
        }

        for (child, changed) in changed.iter_mut().enumerate() {
            let mut rng = stream(seed, generation, index(child), Purpose::Mutate);
            if Chance::new(self.mutation_probability).happens(&mut rng)
                && let Some(genome) = layout.genome_mut(children, child)
            {
                self.mutation.mutate(genome, &mut rng);
                *changed = true;
            }
        }
        Ok(())
    }

    /// A whole generation: parents and their fitness in, offspring out.
    ///
    /// All slices are as long as the population: `fitness`, `picks`, `changed` in individuals,
    /// `parents` and `offspring` in genomes of `layout` ((n - 1) * stride + genes floats at least).
    /// An offspring `i` that has not changed has the fitness of parent `picks[i]`.
    ///
    /// # Errors
    /// A setting out of range, a slice of the wrong length.
    #[expect(clippy::too_many_arguments, reason = "every buffer is the caller's")]
    pub fn generation(
        &self,
        layout: Layout,
        parents: &[f32],
        fitness: &[f32],
        offspring: &mut [f32],
        picks: &mut [usize],
        changed: &mut [bool],
        seed: u64,
        generation: u32,
    ) -> Result<(), EvolutionError> {
        let population = fitness.len();
        self.check(population)?;
        LengthError::exact("changed", population, changed.len())?;
        SettingError::count("stride", layout.genes, usize::MAX, layout.stride)?;
        self.select(fitness, seed, generation, picks)?;

        let (mut rest, mut first) = (offspring, 0);
        let (mut picks, mut changed) = (&*picks, changed);
        while first < population {
            // An elite is a family of its own, copied and left alone.
            let elite = first < self.elites;
            let size = if elite { 1 } else { picks.len().min(2) };
            let (family, after) = picks.split_at_checked(size).unwrap_or_default();
            let (flags, flags_after) =
                core::mem::take(&mut changed).split_at_mut_checked(size).unwrap_or_default();
            if elite {
                self.keep(layout, parents, family, rest, flags)?;
            } else {
                self.breed(layout, parents, family, rest, flags, first, seed, generation)?;
            }
            let step = layout.stride.saturating_mul(size).min(rest.len());
            rest = rest.split_at_mut_checked(step).unwrap_or_default().1;
            (picks, changed) = (after, flags_after);
            first = first.saturating_add(size);
        }
        Ok(())
    }

    /// Copies the parents that `picks` names: all that happens to elites, and how
    /// [`EaSimple::breed`] begins. Nobody has changed.
    ///
    /// # Errors
    /// As [`EaSimple::breed`].
    #[inline(always)]
    pub fn keep(
        &self,
        layout: Layout,
        parents: &[f32],
        picks: &[usize],
        children: &mut [f32],
        changed: &mut [bool],
    ) -> Result<(), LengthError> {
        LengthError::exact("changed", picks.len(), changed.len())?;
        for (child, &pick) in picks.iter().enumerate() {
            let room = children.len();
            let to = layout
                .genome_mut(children, child)
                .ok_or_else(|| layout.missing("children", child, room))?;
            let from = layout
                .genome(parents, pick)
                .ok_or_else(|| layout.missing("parents", pick, parents.len()))?;
            copy(to, from);
        }
        changed.fill(false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Fnv1a;
    use crate::layers::Activation;
    use crate::network::Network;
    use crate::network::tests::dense;
    use crate::operators::Initialisation;
    use crate::shape::Shape;
    extern crate std;
    use std::vec;
    use std::vec::Vec;

    const TUTORIAL: EaSimple = EaSimple {
        selection: Selection::Tournament { size: 5 },
        crossover: Crossover::Mean,
        crossover_probability: 0.6,
        mutation: Mutation::Gaussian { probability: 0.25, sigma: 0.1 },
        mutation_probability: 0.3,
        elites: 0,
        direction: Direction::Minimise,
    };

    /// Sum of squares: a fitness that needs no network.
    fn sphere(genome: &[f32]) -> f32 {
        genome.iter().map(|x| x * x).sum()
    }

    /// Runs generations on the sphere function; returns parents, fitness and evaluations.
    fn run(
        algorithm: EaSimple,
        population: usize,
        genes: usize,
        stride: usize,
        generations: u32,
    ) -> (Vec<f32>, Vec<f32>, usize) {
        let layout = Layout { genes, stride };
        let network =
            Network::new(Shape::flat(genes - 1), &[dense(1, Activation::Linear)]).unwrap();
        let mut parents = vec![0.0; population * stride];
        for individual in 0..population {
            let mut rng = stream(64, 0, individual as u32, Purpose::Initialise);
            let genome = layout.genome_mut(&mut parents, individual).unwrap();
            Initialisation::Uniform { low: -1.0, high: 1.0 }
                .fill(&network, genome, &mut rng)
                .unwrap();
        }
        let of = |parents: &[f32], i| sphere(layout.genome(parents, i).unwrap());
        let mut fitness: Vec<f32> = (0..population).map(|i| of(&parents, i)).collect();
        let (mut offspring, mut picks, mut changed) =
            (parents.clone(), vec![0; population], vec![false; population]);
        let mut evaluations = 0;
        for generation in 1..=generations {
            algorithm
                .generation(
                    layout,
                    &parents,
                    &fitness,
                    &mut offspring,
                    &mut picks,
                    &mut changed,
                    64,
                    generation,
                )
                .unwrap();
            let next = (0..population)
                .map(|i| {
                    if changed[i] {
                        evaluations += 1;
                        of(&offspring, i)
                    } else {
                        assert_eq!(layout.genome(&offspring, i), layout.genome(&parents, picks[i]));
                        fitness[picks[i]]
                    }
                })
                .collect();
            fitness = next;
            core::mem::swap(&mut parents, &mut offspring);
        }
        (parents, fitness, evaluations)
    }

    #[test]
    fn it_minimises_and_the_same_seed_gives_the_same_bits() {
        let (a, fitness, _) = run(TUTORIAL, 25, 8, 8, 60);
        let (b, _, _) = run(TUTORIAL, 25, 8, 8, 60);
        assert_eq!(a, b);
        assert!(fitness.iter().all(|f| *f < 0.2), "{fitness:?}");
        let mut hash = Fnv1a::new();
        hash.floats(&a);
        if crate::math::BACKEND == "exact" {
            assert_eq!(hash.finish(), 0xb685_2fb7_6618_8380, "golden: {:#018x}", hash.finish());
        }
    }

    #[test]
    fn a_stride_changes_no_gene() {
        let (a, ..) = run(TUTORIAL, 7, 5, 5, 10);
        let (b, ..) = run(TUTORIAL, 7, 5, 16, 10);
        for i in 0..7 {
            assert_eq!(
                Layout::dense(5).genome(&a, i),
                Layout { genes: 5, stride: 16 }.genome(&b, i)
            );
        }
    }

    #[test]
    fn elites_survive_unchanged() {
        let elitist = EaSimple { elites: 1, mutation_probability: 1.0, ..TUTORIAL };
        let mut best = f32::INFINITY;
        for generations in 0..12 {
            let (_, fitness, _) = run(elitist, 9, 6, 6, generations);
            assert!(fitness[0] <= best || generations == 0);
            best = fitness.iter().fold(f32::INFINITY, |a, b| if *b < a { *b } else { a });
        }
    }

    #[test]
    fn every_operator_runs_and_repeats() {
        for selection in [
            Selection::Tournament { size: 2 },
            Selection::Truncation { best: 3 },
            Selection::Random,
        ] {
            for crossover in [
                Crossover::Mean,
                Crossover::Blend { alpha: 0.5 },
                Crossover::Uniform { probability: 0.5 },
                Crossover::OnePoint,
                Crossover::TwoPoint,
            ] {
                for mutation in [
                    Mutation::Gaussian { probability: 0.5, sigma: 0.1 },
                    Mutation::UniformReset { probability: 0.5, low: -1.0, high: 1.0 },
                ] {
                    for elites in [0, 2, 7] {
                        let algorithm =
                            EaSimple { selection, crossover, mutation, elites, ..TUTORIAL };
                        assert_eq!(run(algorithm, 7, 4, 4, 5), run(algorithm, 7, 4, 4, 5));
                    }
                }
            }
        }
    }

    #[test]
    fn wrong_lengths_and_settings_are_refused() {
        let layout = Layout::dense(2);
        let attempt = |algorithm: EaSimple, parents: usize, offspring: usize, picks: usize| {
            let (mut changed, mut room) = ([false; 3], vec![0.0; offspring]);
            algorithm.generation(
                layout,
                &vec![0.0; parents],
                &[1.0; 3],
                &mut room,
                &mut vec![0; picks],
                &mut changed,
                1,
                1,
            )
        };
        assert_eq!(attempt(TUTORIAL, 6, 6, 3), Ok(()));
        assert!(matches!(attempt(TUTORIAL, 6, 5, 3), Err(EvolutionError::Length(_))));
        assert!(matches!(attempt(TUTORIAL, 1, 6, 3), Err(EvolutionError::Length(_))));
        assert!(matches!(attempt(TUTORIAL, 6, 6, 2), Err(EvolutionError::Length(_))));
        let bad = EaSimple { crossover_probability: 1.5, ..TUTORIAL };
        assert!(matches!(attempt(bad, 6, 6, 3), Err(EvolutionError::Setting(_))));
        assert!(EaSimple { elites: 4, ..TUTORIAL }.check(3).is_err());
        assert!(TUTORIAL.check(0).is_err());
    }
}
