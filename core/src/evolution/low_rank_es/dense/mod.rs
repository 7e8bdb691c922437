//! Generations of networks of dense layers: lanes of the vectors run across pairs.

mod changes;
mod forward;
mod layout;
mod score;

use super::factors::{Factors, SET};
use super::settings::{LowRankEs, base, roulette_seed};
use super::update::step;
use crate::directions::Blur;
use crate::error::LengthError;
use crate::evolution::adam::Adam;
use crate::evolution::parent::{Parent, counting, pack, record};
use crate::evolution::places::{Blocks, LOSS, RIGHT, WEIGHT};
use crate::evolution::weights::{Pieces, Step};
use crate::evolution::{Buffer, EvolutionError, Lengths, Memory, Task};
use crate::fitness;
use crate::network::Network;
use crate::objective::Batch;
use crate::slices::{LANES, parts_mut};
use crate::spread::Spread;
use forward::Forward;
use layout::{Layout, Regions};
use score::Score;

/// Lengths of the memory of a run.
// Apart on a microcontroller: its layout would lie in the stack of the caller.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn lengths<B: Batch>(es: &LowRankEs, network: &Network, batch: &B) -> Lengths {
    lengths_of::<B>(network, &Layout::new(network, batch, es.pairs, es.rank))
}

fn lengths_of<B: Batch>(network: &Network, layout: &Layout) -> Lengths {
    let input = network.input();
    let line = input.width.saturating_mul(input.channels).saturating_mul(SET);
    Lengths {
        state: Pieces::length(network.parameters(), Adam::MOMENTS),
        spare: 0,
        shared: Regions::length(layout),
        picks: layout.grid.samples,
        scores: 0,
        part: Parent::<B>::room(layout.places(), &layout.grid).max(Score::room(layout)).max(line),
    }
}

/// Replaces the parent in `memory.state` by the next one. Returns the number of genomes that were scored, and of
/// images on which they were, summed.
// Apart from that of other networks, whose layout would take the stack of a microcontroller too.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn generation<B, F, I, S>(
    es: &LowRankEs,
    task: &Task<'_, B>,
    memory: &mut Memory<F, I, S>,
    spread: &mut impl Spread,
) -> Result<(u64, u64), EvolutionError>
where
    B: Batch,
    F: Buffer<f32>,
    I: Buffer<usize>,
    S: Buffer<fitness::Score>,
{
    let layout = Layout::new(task.network, task.objective, es.pairs, es.rank);
    let lengths = lengths_of::<B>(task.network, &layout);
    memory.check(&lengths)?;
    layout.grid.check()?;
    let state = memory.state.as_mut().get_mut(..lengths.state).unwrap_or_default();
    let mut pieces = Pieces::begin(task, es.initialisation, Adam::MOMENTS, state)?;
    let mut regions = Regions::of(&layout, memory.shared.as_mut());
    forward((es, &layout), task, &pieces, &mut regions, spread)?;
    let samples = layout.grid.samples;
    let blocks = Blocks { grid: layout.grid, blocks: regions.blocks };
    let judged = |sample| (blocks.number(sample, LOSS), blocks.number(sample, RIGHT));
    record(samples, judged, pieces.record);
    if task.generation == 0 {
        return Ok((1, samples as u64));
    }
    let weight = |sample| blocks.number(sample, WEIGHT);
    let counting = counting(samples, weight, memory.picks.as_mut());
    let mutants = &mut regions.mutants;
    let work = Score {
        layout: &layout,
        blocks,
        genome: pieces.genome,
        left: mutants.left,
        right: mutants.right,
        labels: task.objective.labels(),
        samples: counting,
        unit: es.unit(),
    };
    score(&work, mutants.differences, spread)?;
    step((es, &layout.factors), task, Some(task.objective), mutants, &mut pieces, spread)?;
    let mutants = (es.pairs as u64).saturating_mul(2);
    let images = mutants.saturating_mul(counting.len() as u64);
    Ok((mutants.saturating_add(1), images.saturating_add(samples as u64)))
}

/// Writes the difference of fitness of each pair.
// Apart on a microcontroller, where its stack would lie below that of the step too.
#[cfg_attr(target_os = "none", inline(never))]
fn score(
    work: &Score<'_>,
    differences: &mut [f32],
    spread: &mut impl Spread,
) -> Result<(), LengthError> {
    spread.spread(differences, LANES, work)
}

/// Draws the mutants, and takes the parent through the batch.
fn forward<B: Batch>(
    (es, layout): (&LowRankEs, &Layout),
    task: &Task<'_, B>,
    pieces: &Pieces<'_>,
    regions: &mut Regions<'_>,
    spread: &mut impl Spread,
) -> Result<(), LengthError> {
    let Regions { packed, packed_sets, blocks, mutants } = regions;
    let blur = Blur::new(task.network.input(), es.blur);
    let (base, factors) = (base(task.seed, task.generation), &layout.factors);
    factors.draw(blur, base, (mutants.left, mutants.right), spread)?;
    let Some(first) = layout.places().first() else { return Ok(()) };
    let weights = first.weights_of(pieces.genome);
    pack::<_, false>(task.objective, first.units, weights, packed, spread)?;
    let rows = first.rows();
    let sets = parts_mut(packed_sets, layout.packed_set);
    for (set, packed) in (0..usize::MAX).zip(sets) {
        let units = factors.width(set);
        let own = mutants.left.get(Factors::set_start(rows, set)..).unwrap_or(&[]);
        let own = own.get(..rows.saturating_mul(units)).unwrap_or(&[]);
        pack::<_, true>(task.objective, units, own, packed, spread)?;
    }
    let work = Forward {
        layout,
        parent: Parent {
            batch: task.objective,
            genome: pieces.genome,
            packed,
            roulette: es.roulette,
            seed: roulette_seed(task.seed, task.generation),
        },
        left: mutants.left,
        packed_sets,
        unit: es.unit() / blur.deviation(),
    };
    spread.spread(blocks, layout.grid.block, &work)
}
