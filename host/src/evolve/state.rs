//! The state of a run, and one step of it.

use super::{Observer, Snapshot, StopReason};
use crate::aligned::Aligned;
use crate::config::Config;
use crate::error::Error;
use crate::evaluate::{EncodedSplit, Evaluator};
use crate::isa::Kernel;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tinyevo_core::error::LengthError;
use tinyevo_core::evolution::EaSimple;
use tinyevo_core::fitness::{Measure, Score};
use tinyevo_core::hall_of_fame::HallOfFame;
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::network::Network;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::population::Layout;
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_core::statistics::Statistics;

/// The fitness of a population, and the scores that it was made of.
#[derive(Debug, Default)]
struct Evaluated {
    fitness: Vec<f32>,
    scores: Vec<Score>,
}

/// A run: its configuration, its data, and the population as it is now.
///
/// Two populations lie in aligned buffers that are swapped each generation; nothing of their size
/// is allocated after the start.
#[derive(Debug)]
pub struct Evolution<'a> {
    config: Config,
    algorithm: EaSimple,
    measure: Measure,
    data: &'a EncodedSplit,
    evaluator: &'a mut Evaluator,
    layout: Layout,
    generation: u32,
    evaluations: u64,
    parents: Aligned,
    offspring: Aligned,
    now: Evaluated,
    next: Evaluated,
    picks: Vec<usize>,
    changed: Vec<bool>,
    /// Indices of the individuals that need an evaluation.
    pending: Vec<usize>,
    hall: HallOfFame<1>,
    champion: Vec<f32>,
    champion_accuracy: f32,
    /// The generation in which the champion was found.
    champion_generation: u32,
}

/// A family, for [`Isa::run`](crate::isa::Isa::run): the arguments of [`EaSimple::breed`].
struct Breed<'a> {
    algorithm: &'a EaSimple,
    layout: Layout,
    parents: &'a [f32],
    picks: &'a [usize],
    children: &'a mut [f32],
    changed: &'a mut [bool],
    first: usize,
    seed: u64,
    generation: u32,
}

impl Kernel for Breed<'_> {
    type Output = Result<(), LengthError>;

    #[inline(always)]
    fn run<const WIDTH: usize>(self) -> Self::Output {
        let Self { layout, parents, picks, children, changed, first, seed, generation, .. } = self;
        self.algorithm.breed(layout, parents, picks, children, changed, first, seed, generation)
    }
}

/// The first weights of an individual, for [`Isa::run`](crate::isa::Isa::run).
struct Initialise<'a> {
    initialisation: Initialisation,
    network: &'a Network,
    genome: &'a mut [f32],
    seed: u64,
    individual: usize,
}

impl Kernel for Initialise<'_> {
    type Output = Result<(), LengthError>;

    #[inline(always)]
    fn run<const WIDTH: usize>(self) -> Self::Output {
        let mut rng = stream(self.seed, 0, self.individual as u32, Purpose::Initialise);
        self.initialisation.fill(self.network, self.genome, &mut rng)
    }
}

impl<'a> Evolution<'a> {
    /// Draws the first population and evaluates it: generation 0.
    ///
    /// # Errors
    /// A setting out of range.
    pub fn new(
        config: &Config,
        data: &'a EncodedSplit,
        evaluator: &'a mut Evaluator,
    ) -> Result<Self, Error> {
        config.check()?;
        let size = config.algorithm.population();
        let genes = evaluator.network().parameters();
        let (mut parents, layout) = Aligned::population(size, genes);
        let initialisation = config.algorithm.initialisation();
        let (network, isa) = (evaluator.network(), evaluator.isa());
        evaluator.pool().install(|| {
            let genomes = parents.as_mut_slice().par_chunks_mut(layout.stride).enumerate();
            genomes.try_for_each(|(individual, genome)| {
                let (genome, seed) = (&mut genome[..genes], config.seed);
                isa.run(Initialise { initialisation, network, genome, seed, individual })
            })
        })?;
        let algorithm = config.algorithm.build(config.fitness.measure.direction());
        let evaluated =
            || Evaluated { fitness: vec![0.0; size], scores: vec![Score::default(); size] };
        let mut evolution = Self {
            algorithm,
            measure: config.fitness.measure,
            data,
            evaluator,
            layout,
            generation: 0,
            evaluations: 0,
            parents,
            offspring: Aligned::population(size, genes).0,
            now: evaluated(),
            next: evaluated(),
            picks: vec![0; size],
            changed: vec![true; size],
            pending: Vec::with_capacity(size),
            hall: HallOfFame::new(genes, algorithm.direction),
            champion: vec![0.0; genes],
            champion_accuracy: 0.0,
            champion_generation: 0,
            config: config.clone(),
        };
        // The first population stands where offspring do: all of it has changed.
        std::mem::swap(&mut evolution.parents, &mut evolution.offspring);
        evolution.evaluate_offspring()?;
        Ok(evolution)
    }

    /// Makes one generation.
    ///
    /// # Errors
    /// None that can happen after the settings were checked.
    pub fn step(&mut self) -> Result<(), Error> {
        let generation = self.generation + 1;
        let Self { config, algorithm, layout, parents, offspring, now, picks, changed, .. } = self;
        algorithm.select(&now.fitness, config.seed, generation, picks)?;
        let elites = algorithm.elites;
        let (layout, parents, picks) = (*layout, parents.as_slice(), &*picks);
        let (kept, families) = offspring.as_mut_slice().split_at_mut(elites * layout.stride);
        let (kept_changed, changed) = changed.split_at_mut(elites);
        algorithm.keep(layout, parents, &picks[..elites], kept, kept_changed)?;
        let isa = self.evaluator.isa();
        self.evaluator.pool().install(|| {
            let families = families.par_chunks_mut(2 * layout.stride);
            let families =
                families.zip(changed.par_chunks_mut(2)).zip(picks[elites..].par_chunks(2));
            families.enumerate().try_for_each(|(family, ((children, changed), picks))| {
                let first = elites + 2 * family;
                let seed = config.seed;
                isa.run(Breed {
                    algorithm,
                    layout,
                    parents,
                    picks,
                    children,
                    changed,
                    first,
                    seed,
                    generation,
                })
            })
        })?;
        self.generation = generation;
        self.evaluate_offspring()
    }

    /// Evaluates the offspring that have changed, lets the others keep their parent's fitness, and
    /// makes the offspring the parents.
    fn evaluate_offspring(&mut self) -> Result<(), Error> {
        let Self { now, next, picks, changed, pending, offspring, .. } = self;
        pending.clear();
        for (index, changed) in changed.iter().enumerate() {
            if *changed {
                pending.push(index);
            } else {
                next.fitness[index] = now.fitness[picks[index]];
                next.scores[index] = now.scores[picks[index]];
            }
        }
        let measure = self.measure;
        self.evaluator.score(
            self.layout,
            offspring.as_slice(),
            pending,
            self.data,
            measure.needs_loss(),
            |index, score| {
                next.scores[index] = score;
                next.fitness[index] = measure.value(&score);
            },
        )?;
        self.evaluations += pending.len() as u64;
        std::mem::swap(&mut self.parents, &mut self.offspring);
        std::mem::swap(&mut self.now, &mut self.next);
        let (parents, fitness) = (self.parents.as_slice(), &self.now.fitness);
        if self.hall.update(self.layout, parents, fitness, &mut self.champion)? {
            self.champion_accuracy = self.now.scores[self.best()].accuracy();
            self.champion_generation = self.generation;
        }
        Ok(())
    }

    /// The index of the best individual of this generation.
    fn best(&self) -> usize {
        let mut order = [0];
        tinyevo_core::operators::best(&self.now.fitness, self.algorithm.direction, &mut order);
        order[0]
    }

    /// This generation as observers see it.
    #[must_use]
    pub fn snapshot(&self, seconds: f64) -> Snapshot<'_> {
        let best = self.best();
        Snapshot {
            generation: self.generation,
            generations: self.config.stop.generations,
            evaluations: self.evaluations,
            seconds,
            best: self.now.fitness[best],
            accuracy: self.now.scores[best].accuracy(),
            statistics: Statistics::of(&self.now.fitness),
            champion: &self.champion,
            champion_fitness: self.hall.fitness(0).unwrap_or(f32::NAN),
            champion_accuracy: self.champion_accuracy,
            new_champion: self.champion_generation == self.generation,
        }
    }

    /// Makes generations until there is a reason to stop. Observers are told of every one, the
    /// present one first. `interrupted` is looked at after each.
    ///
    /// # Errors
    /// An observer's.
    pub fn run(
        &mut self,
        observers: &mut [&mut dyn Observer],
        interrupted: &AtomicBool,
    ) -> Result<StopReason, Error> {
        let start = Instant::now();
        loop {
            let snapshot = self.snapshot(start.elapsed().as_secs_f64());
            for observer in observers.iter_mut() {
                observer.generation(&snapshot)?;
            }
            let without_gain = self.generation - self.champion_generation;
            let interrupted = interrupted.load(Ordering::Relaxed);
            let rules = &self.config.stop;
            if let Some(reason) = StopReason::find(rules, &snapshot, without_gain, interrupted) {
                return Ok(reason);
            }
            self.step()?;
        }
    }

    /// FNV-1a, 64 bits, over the genomes of the population one after another and then its fitness:
    /// what two runs that should be equal are compared by.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hash = Fnv1a::new();
        for index in 0..self.now.fitness.len() {
            hash.floats(self.layout.genome(self.parents.as_slice(), index).unwrap_or(&[]));
        }
        hash.floats(&self.now.fitness);
        hash.finish()
    }

    /// The best genome ever. Ends the run, and with it the loan of the evaluator.
    #[must_use]
    pub fn into_champion(self) -> Vec<f32> {
        self.champion
    }
}
