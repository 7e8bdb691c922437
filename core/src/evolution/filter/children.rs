//! The genetic algorithm's children of filters and hidden neurons: crossover of the improving mutants, and elitist
//! acceptance.

use super::layout::{DIRECTIONS, Layout};
use super::losses::{Known, Labels, change_of_loss};
use super::parent::Parent;
use super::survey::Pack;
use super::update::recombine;
use crate::batch::conv::Convolution;
use crate::batch::group::lanes_mut;
use crate::error::LengthError;
use crate::evolution::selection::cross;
use crate::evolution::weights::{Kind, Step};
use crate::sample::Feature;
use crate::slices::{LANES, parts, parts_mut};
use crate::spread::{Parts, Phase, Spread};

/// What the children of a generation are made of.
pub(super) struct Brood<'s> {
    /// The directions.
    pub(super) entries: &'s [f32],
    /// The sums of the losses of all pairs of mutants.
    pub(super) sums: &'s [f32],
    /// Their differences, which become what each filter takes of the directions.
    pub(super) totals: &'s mut [f32],
    /// Room for the changes of the children, in units of a mutation: as a genome, and packed.
    pub(super) children: &'s mut [f32],
    pub(super) packed: &'s mut [f32],
}

impl Brood<'_> {
    /// Makes the children, scores them on the blocks of the samples that count, and keeps those that improve the loss.
    // Apart on a microcontroller, where its stack would be in that of the caller.
    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(super) fn breed<V: Feature>(
        self,
        parent: &Parent<'_, V>,
        blocks: &mut [f32],
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        let Self { entries, sums, totals, children, packed } = self;
        let Parent { layout, .. } = *parent;
        select(layout, totals, sums);
        let state = [&mut *children, &mut [], &mut []];
        recombine(layout, [entries, totals, &[]], &Write, state, spread)?;
        let whole = packed.len().max(1);
        let chain = &layout.chain;
        let pack = Pack::<false> { chain, genome: children, scales: &[] };
        spread.spread(packed, whole, &pack)?;
        spread.spread(blocks, layout.block, &Children { parent, packed })?;
        accept(layout, blocks, totals);
        Ok(())
    }
}

/// Replaces the totals of the differences by what the child of each filter takes of the directions.
fn select(layout: &Layout, totals: &mut [f32], sums: &[f32]) {
    for (link, own) in layout.hidden() {
        let size = own.directions.saturating_mul(LANES);
        let totals = parts_mut(totals.get_mut(own.totals..).unwrap_or_default(), size);
        let sums = parts(sums.get(own.totals..).unwrap_or(&[]), size);
        for (totals, sums) in totals.zip(sums).take(link.filters.div_ceil(LANES)) {
            let (totals, sums) = (totals.as_chunks_mut::<LANES>().0, sums.as_chunks::<LANES>().0);
            for lane in 0..LANES {
                let (mut differences, mut both) = ([0.0; DIRECTIONS], [0.0; DIRECTIONS]);
                for (to, row) in differences.iter_mut().zip(&*totals) {
                    *to = row.get(lane).copied().unwrap_or(0.0);
                }
                for (to, row) in both.iter_mut().zip(sums) {
                    *to = row.get(lane).copied().unwrap_or(0.0);
                }
                // Past the last direction there are zeros, which do not improve.
                for (x, row) in cross(&differences, &both).iter().zip(&mut *totals) {
                    if let Some(to) = row.get_mut(lane) {
                        *to = *x;
                    }
                }
            }
        }
    }
}

/// Keeps the children that improve the loss; what the others take of the directions becomes 0.
fn accept(layout: &Layout, blocks: &[f32], totals: &mut [f32]) {
    for (link, own) in layout.hidden() {
        for filter in 0..link.filters {
            let index = layout.differences.saturating_add(link.first_filter).saturating_add(filter);
            let mut change = 0.0;
            for block in parts(blocks, layout.block) {
                change += block.get(index).copied().unwrap_or(0.0);
            }
            if change < 0.0 {
                continue;
            }
            let group = (filter / LANES).saturating_mul(own.directions);
            let start = own.totals.saturating_add(group.saturating_mul(LANES));
            let rows = totals.get_mut(start..).unwrap_or_default().as_chunks_mut::<LANES>().0;
            for row in rows.iter_mut().take(own.directions) {
                if let Some(x) = row.get_mut(filter % LANES) {
                    *x = 0.0;
                }
            }
        }
    }
}

/// Writes the changes of the children, in units of a mutation, where a genome has its weights.
struct Write;

impl Step for Write {
    const MOMENTS: usize = 0;

    #[inline(always)]
    fn each(&self, _: Kind, directions: &[f32], weights: &mut [f32], _: [&mut [f32]; 2]) {
        for (weight, direction) in weights.iter_mut().zip(directions) {
            *weight = *direction;
        }
    }
}

/// Scores the children; a part is a lane group of samples, whose block gets the change of the loss of each filter
/// in the place of the first differences.
struct Children<'a, V> {
    parent: &'a Parent<'a, V>,
    /// The changes of the children, packed as a genome.
    packed: &'a [f32],
}

impl<V: Feature> Parts for Children<'_, V> {
    type Out = f32;

    const PHASE: Phase = Phase::Scores;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let Parent { layout, .. } = *self.parent;
        LengthError::at_least("room", layout.part, room.len())?;
        LengthError::exact("block", layout.block, out.len())?;
        let mut room = self.parent.divide(room);
        let (members, weights) = self.parent.members(index);
        self.parent.forward::<WIDTH>(&members, &mut room);
        let (head, changes) = out.split_at_mut_checked(layout.differences).unwrap_or_default();
        let own = head.get_mut(..layout.activations).unwrap_or_default();
        let [_, own @ ..] = lanes_mut(own) else { return Ok(()) };
        let labels = Labels::of(self.parent.rows.labels(), &members);
        let known = Known { labels, weights, probabilities: own };
        for (layer, (link, _)) in (0..usize::MAX).zip(layout.hidden()) {
            let (kernel, bias) = link.weights(self.packed);
            let input = room.parent.get(link.input_at..).unwrap_or(&[]);
            let to = room.mutant.get_mut(link.sums_at..).unwrap_or_default();
            Convolution::of(link, kernel, bias).sums::<WIDTH>(input, &[], to);
            let changes = changes.get_mut(link.first_filter..).unwrap_or_default();
            for (filter, change) in (0..link.filters).zip(changes) {
                self.parent.change_by_child(layer, filter, &mut room);
                self.parent.through::<WIDTH, 1>(layer, filter, &mut room);
                *change = change_of_loss(room.logits, &known);
            }
        }
        Ok(())
    }
}
