//! A low-rank evolution strategy: mutants change every weight of their parent, each layer by a matrix of low rank.
//!
//! EGGROLL (Sarkar and others 2025, arXiv 2511.16652), with one parent and mirrored pairs of mutants.
//!
//! ```text
//! generation 0:  draw the parent
//! generation g:  for each pair i and each layer: A_i [inputs + 1][rank] and B_i [units][rank], of random signs
//!                the parent's sums and probabilities on the batch
//!                roulette: of samples that are nearly solved, only some, with more weight
//!                projections: x A_i of the first layer for each sample x and all pairs, one product
//!                for each pair: the loss of the two mutants whose layers are
//!                    W + sigma / sqrt(rank) A_i B_i^T  and  W - sigma / sqrt(rank) A_i B_i^T
//!                f_i = loss of the minus mutant - loss of the plus mutant, shaped over all pairs
//!                Adam takes sum_i f_i A_i B_i^T as its step, for each layer
//! ```
//!
//! The bias is one more row of a layer, whose input is 1.
//!
//! No derivative is computed, only losses of mutants. Recombining mutants in both signs is, as in every
//! evolution strategy with mirrored samples (Brockhoff and others 2010), an estimate of the gradient of a
//! smoothed loss.
//!
//! What makes it fast, none of which shows in a loss but by rounding:
//! - no mutant's weights are ever made: a mutant of rank 1 moves all sums of the first layer by a multiple of B;
//! - a neuron that no mutant turns on is skipped; one that stays on in all moves alike in both signs;
//! - sixteen pairs are computed at a time, one in each lane.
//!
//! The roulette is unbiased, and keyed by (seed, generation, sample).
//!
//! Fitness is the cross-entropy of the batch. Hidden layers have ReLU or no activation. Time a generation: for
//! each sample and pair a product of `units` by `[units][outputs]` for each layer but the first, and for each
//! pair as many multiply-adds as there are weights, for the recombination. The state has three floats a weight.
//!
//! Left out: normal numbers in A and B (signs have the same moments up to the second, and cost a bit),
//! mutants without a mirror image, adaptation of sigma, integer networks.

mod changes;
mod forward;
mod layout;
mod score;
mod update;

use super::adam::Adam;
use super::parent::{self, Parent, pack};
use super::places::{Blocks, LOSS, RIGHT, WEIGHT};
use super::shaping::{Shaping, shape};
use super::weights::{self, Pieces, Step, outcome};
use super::{Algorithm, Buffer, EvolutionError, Lengths, Memory, Outcome, Task};
use crate::directions::{Blur, Directions};
use crate::error::{LengthError, SettingError};
use crate::fitness;
use crate::math;
use crate::network::Network;
use crate::objective::Batch;
use crate::operators::Initialisation;
use crate::rng::derive;
use crate::schedule::Schedule;
use crate::shape::Shape;
use crate::slices::{LANES, parts_mut};
use crate::spread::Spread;
use forward::Forward;
use layout::{Layout, Regions, SET};
use score::{RANKS, Score};
use update::{Update, Weigh};

/// The settings of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LowRankEs {
    /// Number of mirrored pairs of mutants: a multiple of 16, 16 to 4,096.
    pub pairs: usize,
    /// Rank of the change of a layer, 1 to 8.
    pub rank: usize,
    /// Initialisation of the first genome.
    pub initialisation: Initialisation,
    /// Size of a mutation: standard deviation of each weight's change, above 0.
    pub sigma: f32,
    /// Radius in pixels of the binomial blur of the first layer's changes, 0 to 4; inputs without height and
    /// width are not blurred.
    pub blur: usize,
    /// How differences of fitness become weights of the recombination.
    pub shaping: Shaping,
    /// Learning rate of Adam.
    pub learning_rate: Schedule,
    /// Decoupled weight decay, relative to the learning rate; the product of both is at most 1.
    pub decay: Schedule,
    /// An image whose wrong classes have less probability than this is kept with chance 1/4 and weighs 4,
    /// below a quarter of it 1/16 and 16, and so on to 1/256. 0 keeps all.
    pub roulette: f32,
}

impl Default for LowRankEs {
    fn default() -> Self {
        Self::USUAL
    }
}

impl LowRankEs {
    /// The usual settings, for images of handwritten digits.
    pub const USUAL: Self = Self {
        pairs: 128,
        rank: 1,
        initialisation: Initialisation::He,
        sigma: 0.01,
        blur: 2,
        shaping: Shaping::Ranks,
        learning_rate: Schedule::Linear { from: 0.006, to: 0.0 },
        decay: Schedule::Constant { value: 0.1 },
        roulette: 0.05,
    };

    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn in_range(&self) -> Result<(), SettingError> {
        SettingError::count("pairs", 16, 4096, self.pairs)?;
        let whole = self.pairs / LANES * LANES;
        SettingError::count("pairs, a multiple of 16,", whole, whole, self.pairs)?;
        SettingError::count("rank", 1, RANKS, self.rank)?;
        self.initialisation.check()?;
        SettingError::positive("sigma", self.sigma)?;
        SettingError::count("blur", 0, 4, self.blur)?;
        self.learning_rate.check("learning rate", 0.0)?;
        self.decay.check("decay", 0.0)?;
        Adam::check(self.learning_rate, self.decay)?;
        SettingError::magnitude("roulette", self.roulette)
    }
}

/// The two factors of a change.
#[derive(Debug, Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// The seed of all words of a generation, apart from those of other purposes.
fn base(seed: u64, generation: u32) -> u64 {
    /// "low-rank" in ASCII.
    const PURPOSE: u64 = 0x6c6f_772d_7261_6e6b;
    derive(derive(seed, PURPOSE), u64::from(generation))
}

/// The seed of the words of a set of factors of a layer.
fn seed_of(base: u64, layer: usize, side: Side, set: usize) -> u64 {
    let matrix = (layer as u64).wrapping_mul(2).wrapping_add(side as u64);
    derive(derive(base, matrix), set as u64)
}

impl<B: Batch> Algorithm<B> for LowRankEs {
    fn check(&self) -> Result<(), SettingError> {
        self.in_range()
    }

    fn lengths(&self, network: &Network, batch: &B) -> Lengths {
        self.lengths_of::<B>(network, &Layout::new(network, batch, self.pairs, self.rank))
    }

    fn generation<F, I, S>(
        &self,
        task: &Task<'_, B>,
        memory: &mut Memory<F, I, S>,
        spread: &mut impl Spread,
    ) -> Result<Outcome, EvolutionError>
    where
        F: Buffer<f32>,
        I: Buffer<usize>,
        S: Buffer<fitness::Score>,
    {
        self.in_range()?;
        let layout = Layout::new(task.network, task.objective, self.pairs, self.rank);
        let lengths = self.lengths_of::<B>(task.network, &layout);
        memory.check(&lengths)?;
        layout.grid.check()?;
        let state = memory.state.as_mut().get_mut(..lengths.state).unwrap_or_default();
        let mut pieces = Pieces::begin(task, self.initialisation, Adam::MOMENTS, state)?;
        let mut regions = Regions::of(&layout, memory.shared.as_mut());
        self.forward(task, &layout, &pieces, &mut regions, spread)?;
        let blocks = Blocks { grid: layout.grid, blocks: regions.blocks };
        let judged = |sample| (blocks.number(sample, LOSS), blocks.number(sample, RIGHT));
        parent::record(layout.grid.samples, judged, pieces.record);
        let samples = pick(&blocks, memory.picks.as_mut());
        let (mut evaluations, mut images) = (1, layout.grid.samples as u64);
        if task.generation > 0 {
            self.step(task, &layout, &mut pieces, &mut regions, samples, spread)?;
            let mutants = (layout.pairs as u64).saturating_mul(2);
            evaluations = mutants.saturating_add(1);
            images = images.saturating_add(mutants.saturating_mul(samples.len() as u64));
        }
        let outcome = self.outcome(task, memory.state.as_ref(), &mut [])?;
        Ok(Outcome { evaluations, mutant_images: images, ..outcome })
    }

    fn outcome(
        &self,
        task: &Task<'_, B>,
        state: &[f32],
        _shared: &mut [f32],
    ) -> Result<Outcome, EvolutionError> {
        outcome(task.network.parameters(), Adam::MOMENTS, state)
    }

    fn keeps_last(&self) -> bool {
        true
    }
}

impl LowRankEs {
    fn lengths_of<B: Batch>(&self, network: &Network, layout: &Layout) -> Lengths {
        let input = network.input();
        let line = input.width.saturating_mul(input.channels).saturating_mul(SET);
        Lengths {
            state: Pieces::length(network.parameters(), Adam::MOMENTS),
            spare: 0,
            shared: Regions::length(layout),
            picks: layout.grid.samples,
            scores: 0,
            part: Parent::<B>::room(layout.places(), &layout.grid)
                .max(Score::room(layout))
                .max(line),
        }
    }

    /// The standard deviation of a change for one rank.
    fn unit(&self) -> f32 {
        self.sigma / math::sqrt(self.rank as f32)
    }

    /// Draws the factors of all layers.
    fn draw<B: Batch>(
        &self,
        task: &Task<'_, B>,
        layout: &Layout,
        regions: &mut Regions<'_>,
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        let base = base(task.seed, task.generation);
        for (layer, place) in (0..usize::MAX).zip(layout.places()) {
            let image = if layer == 0 { task.network.input() } else { Shape::flat(place.inputs) };
            let radius = if layer == 0 { self.blur } else { 0 };
            let rows = place.rows();
            let sides = [
                (Side::Left, &mut *regions.left, place.own.left, rows, Blur::new(image, radius)),
                (
                    Side::Right,
                    &mut *regions.right,
                    place.own.right,
                    place.units,
                    Blur::none(place.units),
                ),
            ];
            for (side, factors, start, rows, blur) in sides {
                let factors = factors.get_mut(start..).unwrap_or_default();
                let all = rows.saturating_mul(layout.columns());
                let factors = factors.get_mut(..all).unwrap_or_default();
                let sets = parts_mut(factors, Layout::set_start(rows, 1));
                for (set, out) in (0..usize::MAX).zip(sets) {
                    // The rows that are left are the bias.
                    let inputs = if let Side::Left = side { place.inputs } else { rows };
                    let seed = seed_of(base, layer, side, set);
                    let work = Directions { blur, inputs, directions: layout.width(set), seed };
                    spread.spread(out, work.size(), &work)?;
                }
            }
        }
        Ok(())
    }

    /// Draws the mutants, and takes the parent through the batch.
    fn forward<B: Batch>(
        &self,
        task: &Task<'_, B>,
        layout: &Layout,
        pieces: &Pieces<'_>,
        regions: &mut Regions<'_>,
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        self.draw(task, layout, regions, spread)?;
        let Some(first) = layout.places().first() else { return Ok(()) };
        let weights = first.weights_of(pieces.genome);
        pack::<_, false>(task.objective, first.units, weights, regions.packed, spread)?;
        let rows = first.rows();
        let sets = parts_mut(regions.packed_sets, layout.packed_set);
        for (set, packed) in (0..usize::MAX).zip(sets) {
            let units = layout.width(set);
            let factors = regions.left.get(Layout::set_start(rows, set)..).unwrap_or(&[]);
            let factors = factors.get(..rows.saturating_mul(units)).unwrap_or(&[]);
            pack::<_, true>(task.objective, units, factors, packed, spread)?;
        }
        let blur = Blur::new(task.network.input(), self.blur);
        let work = Forward {
            layout,
            parent: Parent {
                batch: task.objective,
                genome: pieces.genome,
                packed: regions.packed,
                roulette: self.roulette,
                seed: derive(base(task.seed, task.generation), u64::MAX),
            },
            left: regions.left,
            packed_sets: regions.packed_sets,
            unit: self.unit() / blur.deviation(),
        };
        spread.spread(regions.blocks, layout.grid.block, &work)
    }

    /// Scores the mutants, and moves the parent.
    fn step<B: Batch>(
        &self,
        task: &Task<'_, B>,
        layout: &Layout,
        pieces: &mut Pieces<'_>,
        regions: &mut Regions<'_>,
        samples: &[usize],
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        let (left, right) = (&*regions.left, &*regions.right);
        let work = Score {
            layout,
            blocks: Blocks { grid: layout.grid, blocks: regions.blocks },
            genome: pieces.genome,
            left,
            right,
            labels: task.objective.labels(),
            samples,
            unit: self.unit(),
        };
        spread.spread(regions.differences, LANES, &work)?;
        shape(regions.differences, self.shaping, regions.shares);
        let work = Weigh { layout, right, shares: regions.shares };
        spread.spread(regions.weighted, layout.weighted(), &work)?;
        let rate = self.learning_rate.at(task.generation.saturating_sub(1), task.length);
        let decay = self.decay.at(task.generation.saturating_sub(1), task.length);
        let layers = layout.places().iter().map(|place| (place.inputs, place.units));
        let mut blocks = heapless::Vec::new();
        let state = [&mut *pieces.genome, &mut *pieces.first, &mut *pieces.second];
        weights::blocks(layers, state, &mut blocks);
        let work = Update {
            layout,
            batch: task.objective,
            left,
            weighted: regions.weighted,
            adam: Adam::new(task.generation, rate, decay),
            blocks: core::marker::PhantomData,
        };
        spread.spread(&mut blocks, 1, &work)
    }
}

/// The samples that count, by index.
fn pick<'p>(blocks: &Blocks<'_>, picks: &'p mut [usize]) -> &'p [usize] {
    let mut count = 0_usize;
    for sample in 0..blocks.grid.samples {
        if blocks.number(sample, WEIGHT) > 0.0
            && let Some(place) = picks.get_mut(count)
        {
            *place = sample;
            count = count.saturating_add(1);
        }
    }
    picks.get(..count).unwrap_or(&[])
}
