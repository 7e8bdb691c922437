//! One generation: directions, the parent on the batch, the mutants, the next parent.

use super::children::Brood;
use super::layout::{DIRECTIONS, Layout, Own, Regions, Rule};
use super::output::{FEATURES, Output};
use super::parent::Parent;
use super::score::Score;
use super::survey::{Pack, RECORD, Survey, number};
use super::update::{recombine, total};
use crate::batch::conv::pack;
use crate::batch::group::Weights;
use crate::chain::Link;
use crate::deploy::deploy_chain;
use crate::directions::{Blur, Directions};
use crate::error::{LengthError, SettingError};
use crate::evolution::parent::{pick, record};
use crate::evolution::places::{LOSS, RIGHT, WEIGHT};
use crate::evolution::weights::{self, Pieces, Step};
use crate::evolution::{Buffer, EvolutionError, Lengths, Memory, Outcome, Task};
use crate::fitness;
use crate::network::Network;
use crate::objective::Rows;
use crate::operators::Initialisation;
use crate::rng::derive;
use crate::slices::{LANES, copy};
use crate::spread::{Parts, Phase, Spread};

/// The settings of the mutants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mutants {
    /// Initialisation of the first genome.
    pub(crate) initialisation: Initialisation,
    /// Number of directions of the last hidden layer, and of each earlier one.
    pub(crate) directions: usize,
    pub(crate) early_directions: usize,
    /// Of the lane groups of samples, every so many-th scores the mutants of earlier layers.
    pub(crate) early_every: usize,
    /// Size of a weight's change in a mutant of a filter or neuron of the last hidden layer, and of earlier ones.
    pub(crate) sigma: f32,
    pub(crate) early_sigma: f32,
    /// Change of an output weight in a mutant.
    pub(crate) output_sigma: f32,
    /// The probability of wrong classes below which the roulette begins.
    pub(crate) roulette: f32,
    /// What a filter takes of its mutants.
    pub(crate) rule: Rule,
}

impl Mutants {
    /// Checks that the settings are in range.
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        SettingError::count("directions", 1, DIRECTIONS, self.directions)?;
        SettingError::count("early directions", 1, DIRECTIONS, self.early_directions)?;
        SettingError::count("early every", 1, usize::MAX, self.early_every)?;
        self.initialisation.check()?;
        SettingError::positive("sigma", self.sigma)?;
        SettingError::positive("early sigma", self.early_sigma)?;
        SettingError::positive("output sigma", self.output_sigma)?;
        SettingError::magnitude("roulette", self.roulette)
    }

    fn layout(&self, network: &Network, objective: &impl Rows) -> Option<Layout> {
        let (samples, is_deployed) = (objective.labels().len(), objective.formats().is_some());
        let directions = (self.early_directions, self.directions);
        Layout::new(network, samples, directions, is_deployed, self.rule)
    }

    /// Lengths of the memory of a run whose step keeps so many floats a weight beside it.
    // Apart on a microcontroller: its layout would lie in the stack of the caller, below that of the generations.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn lengths(
        &self,
        network: &Network,
        objective: &impl Rows,
        moments: usize,
    ) -> Lengths {
        let layout = self.layout(network, objective);
        // References here and below: a layout that is moved takes this stack twice.
        layout.as_ref().map_or_else(Lengths::default, |layout| lengths_of(layout, moments))
    }

    /// Replaces the parent in `memory.state` by the next one; generation 0 is drawn at random. The caller has checked the
    /// settings; sizes that a schedule has made 0 change nothing.
    // As `lengths`.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn generation<O, S, F, I, E>(
        &self,
        task: &Task<'_, O>,
        step: &S,
        memory: &mut Memory<F, I, E>,
        spread: &mut impl Spread,
    ) -> Result<Outcome, EvolutionError>
    where
        O: Rows,
        S: Step,
        F: Buffer<f32>,
        I: Buffer<usize>,
        E: Buffer<fitness::Score>,
    {
        let samples = task.objective.labels().len();
        let layout = self.layout(task.network, task.objective);
        let hidden = "number of hidden layers of convolutions and dense layers";
        SettingError::count(hidden, 1, usize::MAX, usize::from(layout.is_some()))?;
        let Some(layout) = &layout else { return Ok(Outcome::default()) };
        let lengths = lengths_of(layout, S::MOMENTS);
        memory.check(&lengths)?;
        let genes = task.network.parameters();
        let state = memory.state.as_mut().get_mut(..lengths.state).unwrap_or_default();
        let mut pieces = Pieces::begin(task, self.initialisation, S::MOMENTS, state)?;
        let mut regions = Regions::of(layout, memory.shared.as_mut());
        self.survey(task, layout, &pieces, &mut regions, spread)?;
        let records = &*regions.records;
        let judged = |sample| (number(records, sample, LOSS), number(records, sample, RIGHT));
        record(samples, judged, pieces.record);
        let mut evaluations = 1;
        let mut images = samples as u64;
        if task.generation > 0 {
            let weight = |sample| number(records, sample, WEIGHT);
            let kept = pick(samples, weight, memory.picks.as_mut());
            let counts = self.step(task, step, layout, &mut pieces, &mut regions, kept, spread)?;
            evaluations = counts.0.saturating_add(1);
            images = images.saturating_add(counts.1);
        }
        let outcome = weights::outcome(genes, S::MOMENTS, memory.state.as_ref())?;
        Ok(Outcome { evaluations, mutant_images: images, ..outcome })
    }

    /// Packs the parent, and takes it through the batch.
    fn survey<O: Rows>(
        &self,
        task: &Task<'_, O>,
        layout: &Layout,
        pieces: &Pieces<'_>,
        regions: &mut Regions<'_>,
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        let (mut genome, whole) = (&*pieces.genome, regions.packed.len().max(1));
        if let Some(formats) = task.objective.formats() {
            deploy_chain(&layout.chain, formats, genome, regions.codes, regions.scales);
            genome = regions.codes;
        }
        let scales = &*regions.scales;
        let chain = &layout.chain;
        spread.spread(regions.packed, whole, &Pack::<false> { chain, genome, scales })?;
        spread.spread(regions.slices, whole, &Pack::<true> { chain, genome, scales })?;
        let work = Survey {
            chain,
            rows: task.objective,
            weights: Weights { packed: regions.packed, scales },
            roulette: self.roulette,
            seed: seed_of(task.seed, task.generation, u64::MAX),
        };
        spread.spread(regions.records, RECORD, &work)
    }

    /// Scores the mutants, and moves the parent; returns the number of mutants, and of samples on which they were
    /// scored.
    #[expect(clippy::too_many_arguments, reason = "the pieces of the memory, split once")]
    fn step<O: Rows, S: Step>(
        &self,
        task: &Task<'_, O>,
        step: &S,
        layout: &Layout,
        pieces: &mut Pieces<'_>,
        regions: &mut Regions<'_>,
        samples: &[usize],
        spread: &mut impl Spread,
    ) -> Result<(u64, u64), LengthError> {
        let formats = task.objective.formats();
        for (layer, (link, own)) in (0..u64::MAX).zip(layout.hidden()) {
            let seed = seed_of(task.seed, task.generation, layer);
            let bias = formats.map_or(1.0, |it| 1.0 / it.input_unit(layer as usize));
            directions(link, own, (seed, bias), regions, spread)?;
        }
        let labels = task.objective.labels();
        let parent = Parent {
            layout,
            rows: task.objective,
            weights: Weights { packed: regions.packed, scales: regions.scales },
            slices: regions.slices,
            samples,
            records: regions.records,
            sigmas: [self.early_sigma, self.sigma],
        };
        let early = (self.early_every, task.generation as usize);
        let score = Score { parent, packed_entries: regions.packed_entries, early };
        let groups = Layout::groups(samples.len());
        let length = groups.saturating_mul(layout.block);
        let blocks = regions.blocks.get_mut(..length).unwrap_or_default();
        spread.spread(blocks, layout.block, &score)?;
        let sigma = self.output_sigma;
        let unit = formats.map_or(1.0, |it| it.input_unit(layout.hidden().len()));
        let output = Output { layout, blocks, sigma, unit, samples, labels };
        let length = layout.output_differences();
        let out = regions.output.get_mut(..length).unwrap_or_default();
        spread.spread(out, layout.output_row().saturating_mul(FEATURES), &output)?;
        total(layout, blocks, layout.differences, regions.totals);
        let counts = self.count(layout, &score, groups);
        if self.rule == Rule::Improving {
            total(layout, blocks, layout.sums, regions.sums);
            let brood = Brood {
                entries: regions.entries,
                sums: regions.sums,
                totals: regions.totals,
                children: regions.children,
                packed: regions.packed_children,
            };
            brood.breed(&score.parent, blocks, spread)?;
        }
        let state = [&mut *pieces.genome, &mut *pieces.first, &mut *pieces.second];
        let mutants = [&*regions.entries, regions.totals, regions.output];
        recombine(layout, mutants, step, state, spread)?;
        Ok(counts)
    }

    /// Number of mutants of a generation, and of samples on which they were scored, summed.
    fn count<V>(&self, layout: &Layout, score: &Score<'_, V>, groups: usize) -> (u64, u64) {
        let samples = score.parent.samples.len();
        let in_group =
            |group: usize| samples.saturating_sub(group.saturating_mul(LANES)).min(LANES);
        let due = (0..groups).filter(|&group| score.is_due(group));
        let early = due.map(in_group).fold(0, usize::saturating_add) as u64;
        let hidden = layout.hidden().len();
        let (mut mutants, mut images) = (0_u64, 0_u64);
        let mut add = |pairs: usize, samples: u64| {
            let own = (pairs as u64).saturating_mul(2);
            mutants = mutants.saturating_add(own);
            images = images.saturating_add(own.saturating_mul(samples));
        };
        for (layer, (link, own)) in (1..usize::MAX).zip(layout.hidden()) {
            let pairs = link.filters.saturating_mul(own.directions);
            add(pairs, if layer == hidden { samples as u64 } else { early });
        }
        add(layout.output().map_or(0, Link::parameters), samples as u64);
        if self.rule == Rule::Improving {
            let children = layout.output().map_or(0, |link| link.first_filter) as u64;
            mutants = mutants.saturating_add(children);
            images = images.saturating_add(children.saturating_mul(samples as u64));
        }
        (mutants, images)
    }
}

/// Lengths of the memory of a run whose step keeps so many floats a weight beside it.
fn lengths_of(layout: &Layout, moments: usize) -> Lengths {
    Lengths {
        state: Pieces::length(layout.parameters, moments),
        spare: 0,
        shared: layout.shared(),
        picks: layout.samples,
        scores: 0,
        part: layout.part,
    }
}

/// Makes the directions of a link, and packs those that are scored, with the bias in units of the inputs.
fn directions(
    link: &Link,
    own: &Own,
    (seed, bias): (u64, f32),
    regions: &mut Regions<'_>,
    spread: &mut impl Spread,
) -> Result<(), LengthError> {
    let inputs = link.inputs();
    let work = Directions { blur: Blur::none(inputs), inputs, directions: own.row, seed };
    let length = inputs.saturating_add(1).saturating_mul(own.row);
    let end = own.entries.saturating_add(length);
    let entries = regions.entries.get_mut(own.entries..end).unwrap_or_default();
    spread.spread(entries, work.size(), &work)?;
    let length = inputs.saturating_add(1).saturating_mul(own.directions);
    let end = own.packed.saturating_add(length);
    let packed = regions.packed_entries.get_mut(own.packed..end).unwrap_or_default();
    let whole = packed.len().max(1);
    spread.spread(packed, whole, &PackDirections { inputs, own: *own, entries, bias })
}

/// Packs the directions of a link that are scored; one part.
struct PackDirections<'a> {
    inputs: usize,
    own: Own,
    /// `[inputs + 1][row]`.
    entries: &'a [f32],
    /// By what the bias is multiplied.
    bias: f32,
}

impl Parts for PackDirections<'_> {
    type Out = f32;

    const PHASE: Phase = Phase::Directions;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        _index: usize,
        out: &mut [f32],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let Own { directions, row, .. } = self.own;
        let kernel = self.inputs.saturating_mul(directions);
        let (kernel, bias) = out.split_at_mut_checked(kernel).unwrap_or_default();
        pack::<WIDTH>(self.entries, self.inputs, row, directions, kernel);
        let last = self.inputs.saturating_mul(row);
        copy(bias, self.entries.get(last..).unwrap_or(&[]));
        for bias in bias {
            *bias *= self.bias;
        }
        Ok(())
    }
}

/// The seed of the words of a layer's directions, or of the roulette, apart from those of batches and of seeds of
/// islands.
fn seed_of(seed: u64, generation: u32, layer: u64) -> u64 {
    /// "filter-e" in ASCII.
    const PURPOSE: u64 = 0x6669_6c74_6572_2d65;
    derive(derive(derive(seed, PURPOSE), u64::from(generation)), layer)
}
