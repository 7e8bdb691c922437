//! DEAP's `eaSimple` (Back, Fogel and Michalewicz 2000, chapter 7), with elitism.
//!
//! ```text
//! generation 0:  draw each genome, or copy that of the task's start; score all
//! generation g:  picks = selection of as many parents as there are individuals
//!                elites: copies of the best
//!                for each pair of neighbours among the other offspring:
//!                    copy the picked parents
//!                    with the crossover probability: mate the two
//!                    for each of them: with the mutation probability: adapt its scale, mutate
//!                score the offspring that were mated or mutated
//! ```
//!
//! The offspring replace the parents. A mated pair counts as changed even if the parents were equal, as
//! in DEAP; the others keep the score of their parent. The state is a population in
//! [`Rows`]; the last of an odd number is never mated.

mod breed;
mod score;

use super::{Algorithm, Buffer, EvolutionError, Lengths, Memory, Outcome, Task};
use crate::error::{LengthError, SettingError};
use crate::fitness::Score;
use crate::network::Network;
use crate::objective::Objective;
use crate::operators::{Crossover, Initialisation, Mutation, Selection, best};
use crate::population::Rows;
use crate::rng::{Purpose, stream};
use crate::schedule::Schedule;
use crate::slices::{copy, parts_mut};
use crate::spread::{Parts, Phase, Spread};
use crate::statistics::Statistics;
use breed::{Breed, Keep};
use score::ScoreParts;

/// The settings of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EaSimple {
    /// Number of individuals, 1 or more.
    pub population: usize,
    /// Number of best parents copied unchanged to the first places of the offspring. DEAP's `eaSimple`
    /// has none.
    pub elites: usize,
    /// Initialisation of the first genomes.
    pub initialisation: Initialisation,
    /// Selection of parents.
    pub selection: Selection,
    /// Crossover of a pair.
    pub crossover: Crossover,
    /// Probability that a pair is mated, 0 to 1.
    pub crossover_probability: f32,
    /// Mutation of an individual.
    pub mutation: Mutation,
    /// Probability that an individual is mutated, 0 to 1.
    pub mutation_probability: f32,
    /// Factor of the deviation of a mutation's noise in each generation, 0 or more; [`Schedule::ONE`] leaves the
    /// deviation as it is.
    #[cfg_attr(feature = "serde", serde(default))]
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Schedule::is_one"))]
    pub mutation_scale: Schedule,
    /// Self-adaptation of the mutations' deviation (Schwefel 1981): each individual has a factor of it, 1 at
    /// first. Before an individual is mutated its factor is multiplied by e to a normal number of this deviation,
    /// and mated individuals take the mean of theirs; 0 for none. A uniform reset has no deviation to adapt.
    #[cfg_attr(feature = "serde", serde(default))]
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_none"))]
    pub self_adaptation: f32,
}

/// Whether a self-adaptation changes nothing; then it is left out where settings are written.
#[cfg(feature = "serde")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_none(self_adaptation: &f32) -> bool {
    *self_adaptation == 0.0
}

/// The largest population: selections of more could not be indexed by 32 bits.
const MOST: usize = u32::MAX as usize;

impl<O: Objective> Algorithm<O> for EaSimple {
    fn check(&self) -> Result<(), SettingError> {
        SettingError::count("population", 1, MOST, self.population)?;
        self.initialisation.check()?;
        self.selection.check(self.population)?;
        self.crossover.check()?;
        self.mutation.check()?;
        self.mutation_scale.check("mutation scale", 0.0)?;
        SettingError::probability("self-adaptation", self.self_adaptation)?;
        SettingError::probability("crossover probability", self.crossover_probability)?;
        SettingError::probability("mutation probability", self.mutation_probability)?;
        SettingError::count("elites", 0, self.population, self.elites)
    }

    fn lengths(&self, network: &Network, objective: &O) -> Lengths {
        let rows = Rows::new(network.parameters()).length(self.population);
        Lengths {
            state: rows,
            spare: rows,
            shared: self.population,
            picks: self.population,
            scores: self.population.saturating_mul(objective.parts()),
            part: objective.room().max(self.mutation.room(network)),
        }
    }

    fn generation<F, I, S>(
        &self,
        task: &Task<'_, O>,
        memory: &mut Memory<F, I, S>,
        spread: &mut impl Spread,
    ) -> Result<Outcome, EvolutionError>
    where
        F: Buffer<f32>,
        I: Buffer<usize>,
        S: Buffer<Score>,
    {
        Algorithm::<O>::check(self)?;
        let lengths = self.lengths(task.network, task.objective);
        memory.check(&lengths)?;
        if task.generation == 0 {
            let state = memory.state.as_mut().get_mut(..lengths.state).unwrap_or_default();
            self.draw(task, state, spread)?;
        } else {
            self.select(task, memory.state.as_ref(), memory.shared.as_mut(), memory.picks.as_mut());
            let offspring = memory.spare.as_mut().get_mut(..lengths.spare).unwrap_or_default();
            self.breed(task, memory.state.as_ref(), memory.picks.as_ref(), offspring, spread)?;
            core::mem::swap(&mut memory.state, &mut memory.spare);
        }
        let state = memory.state.as_mut().get_mut(..lengths.state).unwrap_or_default();
        let (picks, scores) = (memory.picks.as_mut(), memory.scores.as_mut());
        let evaluations = self.score(task, state, picks, scores, spread)?;
        let outcome = self.outcome(task, state, memory.shared.as_mut())?;
        let mutant_images = evaluations.saturating_mul(u64::from(task.objective.samples()));
        Ok(Outcome { evaluations, mutant_images, ..outcome })
    }

    fn outcome(
        &self,
        task: &Task<'_, O>,
        state: &[f32],
        shared: &mut [f32],
    ) -> Result<Outcome, EvolutionError> {
        let rows = Rows::new(task.network.parameters());
        LengthError::at_least("state", rows.length(self.population), state.len())?;
        LengthError::at_least("shared", self.population, shared.len())?;
        let fitness = shared.get_mut(..self.population).unwrap_or_default();
        gather(rows, state, fitness);
        let mut first = [0];
        best(fitness, task.objective.direction(), &mut first);
        let (best, accuracy) = rows.score(state, first[0]).unwrap_or_default();
        let statistics = Statistics::of(fitness);
        let champion = rows.length(first[0]);
        Ok(Outcome { best, accuracy, champion, statistics, ..Outcome::default() })
    }

    fn hash(&self, network: &Network, state: &[f32], hash: &mut crate::hash::Fnv1a) {
        let rows = Rows::new(network.parameters());
        rows.hash(state, self.population, hash);
        if self.self_adaptation > 0.0 {
            for individual in 0..self.population {
                hash.floats(&[rows.scale(state, individual)]);
            }
        }
    }
}

impl EaSimple {
    /// Draws the first genomes.
    fn draw<O>(
        &self,
        task: &Task<'_, O>,
        state: &mut [f32],
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        let network = task.network;
        let rows = Rows::new(network.parameters());
        let (how, seed) = (self.initialisation, task.seed);
        if let Some(start) = task.start {
            LengthError::exact("start", network.parameters(), start.len())?;
        }
        let draw = Draw { network, how, seed, rows, start: task.start };
        spread.spread(state, rows.stride(), &draw)
    }

    /// Chooses the parents of a generation: `picks[i]` is the parent of offspring `i`.
    fn select<O: Objective>(
        &self,
        task: &Task<'_, O>,
        state: &[f32],
        shared: &mut [f32],
        picks: &mut [usize],
    ) {
        let fitness = shared.get_mut(..self.population).unwrap_or_default();
        gather(Rows::new(task.network.parameters()), state, fitness);
        let picks = picks.get_mut(..self.population).unwrap_or_default();
        let direction = task.objective.direction();
        let elites = self.elites.min(picks.len());
        let (kept, chosen) = picks.split_at_mut_checked(elites).unwrap_or_default();
        best(fitness, direction, kept);
        let mut rng = stream(task.seed, task.generation, 0, Purpose::Select);
        self.selection.select(fitness, direction, &mut rng, chosen);
    }

    /// Makes the offspring: the elites one by one, the others in pairs.
    fn breed<O>(
        &self,
        task: &Task<'_, O>,
        parents: &[f32],
        picks: &[usize],
        offspring: &mut [f32],
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        let rows = Rows::new(task.network.parameters());
        let (kept, families) =
            offspring.split_at_mut_checked(rows.length(self.elites)).unwrap_or_default();
        let (kept_picks, picks) = picks.split_at_checked(self.elites).unwrap_or_default();
        let keep = Keep { rows, parents, picks: kept_picks, rescore: task.rescore };
        spread.spread(kept, rows.stride(), &keep)?;
        let (seed, generation, first) = (task.seed, task.generation, self.elites);
        let keep = Keep { picks, ..keep };
        let mutation = self.mutation.scaled(self.mutation_scale.at(generation, task.length));
        let network = task.network;
        let breed = Breed {
            network,
            crossover: (self.crossover, self.crossover_probability),
            mutation: (mutation, self.mutation_probability),
            self_adaptation: self.self_adaptation,
            keep,
            first,
            seed,
            generation,
        };
        spread.spread(families, rows.stride().saturating_mul(2), &breed)
    }

    /// Scores the individuals that have changed; returns how many.
    fn score<O: Objective>(
        &self,
        task: &Task<'_, O>,
        state: &mut [f32],
        picks: &mut [usize],
        scores: &mut [Score],
        spread: &mut impl Spread,
    ) -> Result<u64, LengthError> {
        let rows = Rows::new(task.network.parameters());
        let mut pending = 0_usize;
        for individual in 0..self.population {
            if !rows.is_scored(state, individual)
                && let Some(place) = picks.get_mut(pending)
            {
                *place = individual;
                pending = pending.saturating_add(1);
            }
        }
        let pending = picks.get(..pending).unwrap_or(&[]);
        let parts = task.objective.parts();
        let scores = scores.get_mut(..pending.len().saturating_mul(parts)).unwrap_or_default();
        let work = ScoreParts { objective: task.objective, rows, state, pending, parts };
        spread.spread(scores, 1, &work)?;
        for (&individual, scores) in pending.iter().zip(parts_mut(scores, parts)) {
            let mut total = Score::default();
            for part in scores {
                total.add_block(*part);
            }
            let fitness = task.objective.value(&total);
            rows.set_score(state, individual, fitness, total.accuracy());
        }
        Ok(pending.len() as u64)
    }
}

/// Copies the fitness of each individual, one after another.
fn gather(rows: Rows, population: &[f32], fitness: &mut [f32]) {
    for (individual, to) in fitness.iter_mut().enumerate() {
        *to = rows.score(population, individual).map_or(f32::NAN, |(fitness, _)| fitness);
    }
}

/// Draws a genome, or copies the start; a part is a row.
struct Draw<'a> {
    network: &'a Network,
    how: Initialisation,
    seed: u64,
    rows: Rows,
    start: Option<&'a [f32]>,
}

impl Parts for Draw<'_> {
    type Out = f32;

    const PHASE: Phase = Phase::Directions;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let got = out.len();
        let missing = || self.rows.missing("state", index, got);
        let genome = self.rows.genome_mut(out, 0).ok_or_else(missing)?;
        if let Some(start) = self.start {
            copy(genome, start);
        } else {
            let mut rng = stream(self.seed, 0, index as u32, Purpose::Initialise);
            self.how.fill(self.network, genome, &mut rng)?;
        }
        self.rows.set_unscored(out, 0);
        self.rows.set_scale(out, 0, 1.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
