//! Generations of networks with convolutions or poolings: lanes of the vectors run across samples.

mod layout;
mod score;
// With `micromath`, whose errors are as large as the differences, there is nothing to compare.
#[cfg(all(test, not(feature = "micromath")))]
mod tests;

use super::settings::{LowRankEs, base, roulette_seed};
use super::update::step;
use crate::batch::group::Weights;
use crate::error::{LengthError, SettingError};
use crate::evolution::adam::Adam;
use crate::evolution::filter::survey::{Pack, RECORD, Survey, number};
use crate::evolution::parent::{counting, record};
use crate::evolution::places::{LOSS, RIGHT, WEIGHT};
use crate::evolution::weights::{Pieces, Step};
use crate::evolution::{Buffer, EvolutionError, Lengths, Memory, Task};
use crate::fitness;
use crate::network::Network;
use crate::objective::{Batch, Rows};
use crate::slices::{LANES, parts, parts_mut};
use crate::spread::Spread;
use layout::{Layout, Regions};
use score::{Score, Turn};

/// Lengths of the memory of a run.
// Apart on a microcontroller: its layout would lie in the stack of the caller.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn lengths(es: &LowRankEs, network: &Network, rows: &impl Rows) -> Lengths {
    let layout = Layout::new(network, rows.labels().len(), es);
    layout.map_or_else(Lengths::default, |layout| lengths_of(&layout))
}

fn lengths_of(layout: &Layout) -> Lengths {
    Lengths {
        state: Pieces::length(layout.parameters, Adam::MOMENTS),
        spare: 0,
        shared: Regions::length(layout),
        picks: layout.samples,
        scores: 0,
        part: layout.room(),
    }
}

/// Replaces the parent in `memory.state` by the next one. Returns the number of genomes that were scored, and of
/// images on which they were, summed.
// Apart from that of dense networks, whose layout would take the stack of a microcontroller too.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn generation<O, F, I, S>(
    es: &LowRankEs,
    task: &Task<'_, O>,
    memory: &mut Memory<F, I, S>,
    spread: &mut impl Spread,
) -> Result<(u64, u64), EvolutionError>
where
    O: Batch + Rows,
    F: Buffer<f32>,
    I: Buffer<usize>,
    S: Buffer<fitness::Score>,
{
    let samples = Rows::labels(task.objective).len();
    let layout = Layout::new(task.network, samples, es);
    let layers = "number of layers with weights, no convolution behind a flattening,";
    SettingError::count(layers, 1, usize::MAX, usize::from(layout.is_some()))?;
    // A reference: a layout that is moved takes the stack of a microcontroller twice.
    let Some(layout) = &layout else { return Ok((0, 0)) };
    let lengths = lengths_of(layout);
    memory.check(&lengths)?;
    let state = memory.state.as_mut().get_mut(..lengths.state).unwrap_or_default();
    let mut pieces = Pieces::begin(task, es.initialisation, Adam::MOMENTS, state)?;
    let mut regions = Regions::of(layout, memory.shared.as_mut());
    survey((es, layout), task, &pieces, &mut regions, spread)?;
    let records = &*regions.records;
    let judged = |sample| (number(records, sample, LOSS), number(records, sample, RIGHT));
    record(samples, judged, pieces.record);
    if task.generation == 0 {
        return Ok((1, samples as u64));
    }
    let weight = |sample| number(records, sample, WEIGHT);
    let counting = counting(samples, weight, memory.picks.as_mut());
    let images = score((es, layout), task, counting, &mut regions, spread)?;
    let mutants = &mut regions.mutants;
    step((es, &layout.factors), task, None, mutants, &mut pieces, spread)?;
    let evaluations = (es.pairs as u64).saturating_mul(2).saturating_add(1);
    Ok((evaluations, images.saturating_add(samples as u64)))
}

/// Packs the parent, and takes it through the batch.
fn survey<O: Rows>(
    (es, layout): (&LowRankEs, &Layout),
    task: &Task<'_, O>,
    pieces: &Pieces<'_>,
    regions: &mut Regions<'_>,
    spread: &mut impl Spread,
) -> Result<(), LengthError> {
    let (chain, genome) = (&layout.chain, &*pieces.genome);
    let whole = regions.packed.len().max(1);
    spread.spread(regions.packed, whole, &Pack::<false> { chain, genome, scales: &[] })?;
    let work = Survey {
        chain,
        rows: task.objective,
        weights: Weights { packed: regions.packed, scales: &[] },
        roulette: es.roulette,
        seed: roulette_seed(task.seed, task.generation),
    };
    spread.spread(regions.records, RECORD, &work)
}

/// Draws the mutants, and writes the difference of fitness of each pair. Returns the number of images on which mutants
/// were scored, summed.
fn score<O: Rows>(
    (es, layout): (&LowRankEs, &Layout),
    task: &Task<'_, O>,
    samples: &[usize],
    regions: &mut Regions<'_>,
    spread: &mut impl Spread,
) -> Result<u64, LengthError> {
    let Regions { packed, records, scores, mutants } = regions;
    let base = base(task.seed, task.generation);
    layout.factors.draw(layout.blur, base, (mutants.left, mutants.right), spread)?;
    let groups = samples.len().div_ceil(LANES);
    let each = groups.min(layout.groups);
    let count = (es.pairs / LANES).saturating_mul(each);
    // In 64 bits, so that a microcontroller takes the same samples.
    let first = u64::from(task.generation).wrapping_mul(count as u64);
    let first = first.checked_rem(groups as u64).unwrap_or(0) as usize;
    let turn = Turn { groups, each, first };
    let work = Score {
        layout,
        rows: task.objective,
        packed,
        left: mutants.left,
        right: mutants.right,
        samples,
        records,
        turn,
        units: (es.unit() / layout.blur.deviation(), es.unit()),
    };
    let scores = scores.get_mut(..count.saturating_mul(LANES)).unwrap_or_default();
    spread.spread(scores, LANES, &work)?;
    mutants.differences.fill(0.0);
    let all = parts(scores, each.saturating_mul(LANES));
    for (differences, scores) in parts_mut(mutants.differences, LANES).zip(all) {
        for scores in parts(scores, LANES) {
            for (difference, score) in differences.iter_mut().zip(scores) {
                *difference += score;
            }
        }
    }
    let images = (0..count).filter_map(|part| turn.of(part)).map(|(_, group)| {
        let before = group.saturating_mul(LANES);
        samples.len().saturating_sub(before).min(LANES).saturating_mul(2 * LANES) as u64
    });
    Ok(images.fold(0, u64::saturating_add))
}
