//! One generation of either algorithm: directions, the parent on the batch, the mutants, the next parent.

use super::directions::{roulette_seed, seed_of};
use super::forward::Forward;
use super::layout::{Layout, Place};
use super::memory::Regions;
use super::project::Project;
use super::score::{Rule, Score};
use super::update::Update;
use crate::directions::{Blur, Directions};
use crate::error::{LengthError, SettingError};
use crate::evolution::parent::{self, Parent, pack};
use crate::evolution::places::{Blocks, LOSS, RIGHT, WEIGHT};
use crate::evolution::weights::{self, Pieces, Step};
use crate::evolution::{Buffer, EvolutionError, Lengths, Memory, Outcome, Task};
use crate::fitness;
use crate::network::Network;
use crate::objective::Batch;
use crate::operators::Initialisation;
use crate::spread::Spread;

/// The settings that the algorithms share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mutants {
    /// Initialisation of the first genome.
    pub(crate) initialisation: Initialisation,
    /// Number of directions.
    pub(crate) directions: usize,
    /// Radius of the blur of the first layer's directions.
    pub(crate) blur: usize,
    /// Standard deviation of a weight's change in a mutant of a hidden neuron.
    pub(crate) sigma: f32,
    /// Change of an output weight in a mutant.
    pub(crate) output_sigma: f32,
    /// The probability of wrong classes below which the roulette begins.
    pub(crate) roulette: f32,
    /// What a neuron takes of its mutants.
    pub(crate) rule: Rule,
}

impl Mutants {
    /// Checks that the settings are in range.
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        SettingError::count("directions", 16, 64, self.directions)?;
        let whole = self.directions / 16 * 16;
        SettingError::count("directions, a multiple of 16,", whole, whole, self.directions)?;
        self.initialisation.check()?;
        let ridge = match self.rule {
            Rule::LeastSquares { ridge, .. } => ridge,
            Rule::Improving => 1.0,
        };
        let sizes = [("sigma", self.sigma), ("output sigma", self.output_sigma), ("ridge", ridge)];
        for (name, got) in sizes {
            SettingError::positive(name, got)?;
        }
        SettingError::count("blur", 0, 4, self.blur)?;
        SettingError::magnitude("roulette", self.roulette)
    }

    fn layout(&self, network: &Network, batch: &impl Batch) -> Layout {
        Layout::new(network, batch, self.directions, self.rule.ridge().is_some())
    }

    /// Lengths of the memory of a run whose step keeps so many floats a weight beside it.
    pub(crate) fn lengths<B: Batch>(
        &self,
        network: &Network,
        batch: &B,
        moments: usize,
    ) -> Lengths {
        self.lengths_of::<B>(network, &self.layout(network, batch), moments)
    }

    fn lengths_of<B: Batch>(&self, network: &Network, layout: &Layout, moments: usize) -> Lengths {
        let input = network.input();
        let line = input.width.saturating_mul(input.channels).saturating_mul(self.directions);
        let part = Parent::<B>::room(layout.places(), &layout.grid);
        let part = part.max(Score::room(layout)).max(line);
        Lengths {
            state: Pieces::length(network.parameters(), moments),
            spare: 0,
            shared: layout.shared(),
            picks: layout.grid.samples,
            scores: 0,
            part,
        }
    }

    /// Number of mutants of a generation, and of the children of hidden neurons that are made of them.
    fn count(&self, layout: &Layout) -> u64 {
        let (hidden, output) = layout.split();
        let units = |place: &Place| place.units;
        let neurons = hidden.iter().map(units).fold(0, usize::saturating_add);
        let pairs = neurons.saturating_mul(self.directions).saturating_add(output.parameters());
        let children = match self.rule {
            Rule::Improving => neurons,
            Rule::LeastSquares { .. } => 0,
        };
        pairs.saturating_mul(2).saturating_add(children) as u64
    }

    fn blur(&self, network: &Network, layer: usize, inputs: usize) -> Blur {
        if layer == 0 { Blur::new(network.input(), self.blur) } else { Blur::none(inputs) }
    }

    /// What a direction's entry is multiplied by in a mutant, in the first layer and in later ones.
    pub(crate) fn units(&self, network: &Network) -> (f32, f32) {
        let deviation = self.blur(network, 0, network.input().elements()).deviation();
        (self.sigma / deviation, self.sigma)
    }

    /// Replaces the parent in `memory.state` by the next one; generation 0 is drawn at random. The caller has checked the
    /// settings; sizes that a schedule has made 0 change nothing.
    pub(crate) fn generation<B, S, F, I, E>(
        &self,
        task: &Task<'_, B>,
        step: &S,
        memory: &mut Memory<F, I, E>,
        spread: &mut impl Spread,
    ) -> Result<Outcome, EvolutionError>
    where
        B: Batch,
        S: Step,
        F: Buffer<f32>,
        I: Buffer<usize>,
        E: Buffer<fitness::Score>,
    {
        let hidden = task.network.stages().len().saturating_sub(1);
        SettingError::count("number of hidden layers", 1, usize::MAX, hidden)?;
        let layout = self.layout(task.network, task.objective);
        let lengths = self.lengths_of::<B>(task.network, &layout, S::MOMENTS);
        memory.check(&lengths)?;
        layout.grid.check()?;
        let genes = task.network.parameters();
        let state = memory.state.as_mut().get_mut(..lengths.state).unwrap_or_default();
        let mut pieces = Pieces::begin(task, self.initialisation, S::MOMENTS, state)?;
        let mut regions = Regions::of(&layout, memory.shared.as_mut());
        self.look(task, &layout, &pieces, &mut regions, spread)?;
        let (_, samples) = layout.divide(regions.blocks);
        let blocks = Blocks { grid: layout.grid, blocks: samples };
        let count = layout.grid.samples;
        let judged = |sample| (blocks.number(sample, LOSS), blocks.number(sample, RIGHT));
        parent::record(count, judged, pieces.record);
        let weight = |sample| blocks.number(sample, WEIGHT);
        let samples = parent::pick(count, weight, memory.picks.as_mut());
        let mut evaluations = 1;
        let mut images = layout.grid.samples as u64;
        if task.generation > 0 {
            self.step(task, step, &layout, &mut pieces, &mut regions, samples, spread)?;
            let scored = self.count(&layout);
            evaluations = scored.saturating_add(1);
            images = images.saturating_add(scored.saturating_mul(samples.len() as u64));
        }
        let outcome = weights::outcome(genes, S::MOMENTS, memory.state.as_ref())?;
        Ok(Outcome { evaluations, mutant_images: images, ..outcome })
    }

    /// Makes the directions, and takes the parent through the batch.
    fn look<B: Batch>(
        &self,
        task: &Task<'_, B>,
        layout: &Layout,
        pieces: &Pieces<'_>,
        regions: &mut Regions<'_>,
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        let (hidden, _) = layout.split();
        for (layer, place) in hidden.iter().enumerate() {
            let blur = self.blur(task.network, layer, place.inputs);
            let seed = seed_of(task.seed, task.generation, layer);
            let (inputs, directions) = (place.inputs, self.directions);
            let work = Directions { blur, inputs, directions, seed };
            let length = place.rows().saturating_mul(self.directions);
            let out = regions.directions.get_mut(place.own.directions..).unwrap_or_default();
            spread.spread(out.get_mut(..length).unwrap_or_default(), work.size(), &work)?;
        }
        let Some(first) = hidden.first() else { return Ok(()) };
        let weights = first.weights_of(pieces.genome);
        pack::<_, false>(task.objective, first.units, weights, regions.packed, spread)?;
        let length = first.rows().saturating_mul(self.directions);
        let directions = regions.directions.get(..length).unwrap_or(&[]);
        let packed = &mut *regions.packed_directions;
        pack::<_, true>(task.objective, self.directions, directions, packed, spread)?;
        let parent = Parent {
            batch: task.objective,
            genome: pieces.genome,
            packed: regions.packed,
            roulette: self.roulette,
            seed: roulette_seed(task.seed, task.generation),
        };
        let grams = layout.grams.saturating_mul(layout.grid.block);
        let samples = regions.blocks.get_mut(grams..).unwrap_or_default();
        spread.spread(samples, layout.grid.block, &Forward { layout, parent })?;
        let work = Project {
            layout,
            batch: task.objective,
            directions: regions.directions,
            packed_directions: regions.packed_directions,
            units: self.units(task.network),
            ridge: self.rule.ridge().unwrap_or(0.0),
        };
        spread.spread(regions.blocks, layout.grid.block, &work)
    }

    /// Scores the mutants, and moves the parent.
    #[expect(clippy::too_many_arguments, reason = "the pieces of the memory, split once")]
    fn step<B: Batch, S: Step>(
        &self,
        task: &Task<'_, B>,
        step: &S,
        layout: &Layout,
        pieces: &mut Pieces<'_>,
        regions: &mut Regions<'_>,
        samples: &[usize],
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        let (grams, blocks) = layout.divide(regions.blocks);
        let work = Score {
            layout,
            grams,
            blocks: Blocks { grid: layout.grid, blocks },
            genome: pieces.genome,
            labels: task.objective.labels(),
            samples,
            rule: self.rule,
            output_sigma: self.output_sigma,
        };
        spread.spread(regions.scores, layout.score, &work)?;
        let mut blocks = heapless::Vec::new();
        let state = [&mut *pieces.genome, &mut *pieces.first, &mut *pieces.second];
        let layers = layout.places().iter().map(|place| (place.inputs, place.units));
        weights::blocks(layers, state, &mut blocks);
        let work = Update {
            layout,
            batch: task.objective,
            directions: regions.directions,
            scores: regions.scores,
            step,
            blocks: core::marker::PhantomData,
        };
        spread.spread(&mut blocks, 1, &work)
    }
}
