//! Offspring: copies of their parents, mated and mutated.

use crate::error::LengthError;
use crate::math;
use crate::network::Network;
use crate::operators::{Crossover, Mutation};
use crate::population::Rows;
use crate::rng::{Chance, Purpose, normal, stream};
use crate::slices::{copy, parts_mut};
use crate::spread::{Parts, Phase};

/// The bounds of an individual's factor.
const FACTORS: (f32, f32) = (1e-3, 1e3);

/// Copies parents; a part is a row, that of an elite.
#[derive(Clone, Copy)]
pub(super) struct Keep<'a> {
    pub(super) rows: Rows,
    pub(super) parents: &'a [f32],
    pub(super) picks: &'a [usize],
    pub(super) rescore: bool,
}

impl Keep<'_> {
    /// Copies the parents that are picked from number `first` on, as many as there is room for. Returns how
    /// many.
    fn copy(&self, first: usize, out: &mut [f32]) -> Result<usize, LengthError> {
        let picks = self.picks.get(first..).unwrap_or(&[]);
        let mut count = 0_usize;
        for (child, &pick) in parts_mut(out, self.rows.stride()).zip(picks) {
            let start = self.rows.length(pick);
            let parent = self.parents.get(start..).and_then(|rest| rest.get(..child.len()));
            let missing = || self.rows.missing("state", pick, self.parents.len());
            copy(child, parent.ok_or_else(missing)?);
            if self.rescore {
                self.rows.set_unscored(child, 0);
            }
            count = count.saturating_add(1);
        }
        Ok(count)
    }
}

impl Parts for Keep<'_> {
    type Out = f32;

    const PHASE: Phase = Phase::Step;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        self.copy(index, out).map(|_| ())
    }
}

/// Makes a family of two offspring; a part is two rows, or one at the end.
pub(super) struct Breed<'a> {
    pub(super) network: &'a Network,
    /// The crossover, and its probability.
    pub(super) crossover: (Crossover, f32),
    /// The mutation of this generation, and its probability.
    pub(super) mutation: (Mutation, f32),
    /// How much an individual's factor of the mutation's deviation changes.
    pub(super) self_adaptation: f32,
    /// How a family begins: as copies of its parents.
    pub(super) keep: Keep<'a>,
    /// The index in the population of the first offspring.
    pub(super) first: usize,
    pub(super) seed: u64,
    pub(super) generation: u32,
}

impl Parts for Breed<'_> {
    type Out = f32;

    const PHASE: Phase = Phase::Step;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        LengthError::at_least("room", self.mutation.0.room(self.network), room.len())?;
        let offset = index.saturating_mul(2);
        let first = self.first.saturating_add(offset);
        let count = self.keep.copy(offset, out)?;
        if count == 2 {
            self.mate(out, first);
        }
        for child in 0..count {
            self.mutate(out, child, first.saturating_add(child), room);
        }
        Ok(())
    }
}

impl Breed<'_> {
    #[inline(always)]
    fn mate(&self, family: &mut [f32], first: usize) {
        let ((crossover, probability), rows) = (self.crossover, self.keep.rows);
        let mut rng = stream(self.seed, self.generation, first as u32, Purpose::Crossover);
        if Chance::new(probability).happens(&mut rng)
            && let Some((a, b)) = family.split_at_mut_checked(rows.stride())
            && let (Some(a), Some(b)) = (a.get_mut(..rows.genes()), b.get_mut(..rows.genes()))
        {
            crossover.mate(self.network, a, b, &mut rng);
            rows.set_unscored(family, 0);
            rows.set_unscored(family, 1);
            let scale = 0.5 * (rows.scale(family, 0) + rows.scale(family, 1));
            rows.set_scale(family, 0, scale);
            rows.set_scale(family, 1, scale);
        }
    }

    #[inline(always)]
    fn mutate(&self, family: &mut [f32], child: usize, individual: usize, room: &mut [f32]) {
        let rows = self.keep.rows;
        let mut rng = stream(self.seed, self.generation, individual as u32, Purpose::Mutate);
        let (mut mutation, probability) = self.mutation;
        if !Chance::new(probability).happens(&mut rng) {
            return;
        }
        if self.self_adaptation > 0.0 {
            let change = math::exp(self.self_adaptation * normal(&mut rng));
            let scale = rows.scale(family, child) * change;
            let scale = scale.clamp(FACTORS.0, FACTORS.1);
            rows.set_scale(family, child, scale);
            mutation = mutation.scaled(scale);
        }
        if let Some(genome) = rows.genome_mut(family, child) {
            mutation.mutate(self.network, genome, &mut rng, room);
            rows.set_unscored(family, child);
        }
    }
}
