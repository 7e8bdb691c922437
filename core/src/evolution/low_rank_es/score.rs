//! The fitness of a lane group of mirrored pairs: the change of the loss from the parent's, sample by sample.
//!
//! All that is kept of a mutant is how its activations differ from the parent's, see `changes.rs`.

use super::changes::{Both, Changes, Lanes, switched};
use super::layout::{Blocks, LOOSE, Layout, Place, STEADY, WEIGHT};
use crate::error::LengthError;
use crate::fitness::MAX_LOSS;
use crate::math;
use crate::slices::{LANES, parts};
use crate::spread::Parts;

/// The largest rank of a change.
pub(super) const RANKS: usize = 8;

/// A part is a lane group of pairs.
pub(super) struct Score<'a> {
    pub(super) layout: &'a Layout,
    pub(super) blocks: Blocks<'a>,
    pub(super) genome: &'a [f32],
    pub(super) left: &'a [f32],
    pub(super) right: &'a [f32],
    pub(super) labels: &'a [u8],
    /// The samples that count.
    pub(super) samples: &'a [usize],
    /// Standard deviation of a change for one rank.
    pub(super) unit: f32,
}

/// The factors of a lane group for one layer: `[rank][inputs + 1]` and `[rank][units]`.
struct Factors<'r> {
    left: &'r [Lanes],
    right: &'r [Lanes],
}

impl Score<'_> {
    /// Lane groups of the factors of a lane group of pairs.
    fn factors(layout: &Layout) -> usize {
        let rows = |place: &Place| place.inputs.saturating_add(1).saturating_add(place.units);
        let rows = layout.places().iter().map(rows).fold(0, usize::saturating_add);
        rows.saturating_mul(layout.rank)
    }

    /// Floats of working memory of a part.
    pub(super) fn room(layout: &Layout) -> usize {
        // The factors; the steady and the loose changes, and the changes of the next layer's sums; all indices.
        let changes = layout.widest().saturating_mul(5);
        let lanes = Self::factors(layout).saturating_add(changes);
        lanes.saturating_mul(LANES).saturating_add(layout.widest())
    }

    /// Copies the factors of a lane group together.
    fn copy(&self, group: usize, mut to: &mut [Lanes]) {
        for place in self.layout.places() {
            let rows = place.inputs.saturating_add(1);
            for (factors, start, rows) in
                [(self.left, place.left, rows), (self.right, place.right, place.units)]
            {
                for rank in 0..self.layout.rank {
                    let (set, column) = self.layout.column(group, rank);
                    let start = start.saturating_add(Layout::set_start(rows, set));
                    let from = factors.get(start..).unwrap_or(&[]);
                    let own = take(&mut to, rows);
                    for (to, row) in own.iter_mut().zip(parts(from, self.layout.width(set))) {
                        let row = row.get(column..).and_then(|row| row.first_chunk::<LANES>());
                        *to = row.copied().unwrap_or([0.0; LANES]);
                    }
                }
            }
        }
    }

    /// The differences of fitness of a lane group.
    #[inline(always)]
    fn group<const WIDTH: usize>(&self, group: usize, room: &mut [f32]) -> Lanes {
        let widest = self.layout.widest();
        let (mut free, indices) = room.as_chunks_mut::<LANES>();
        debug_assert!(indices.is_empty());
        let factors = take(&mut free, Self::factors(self.layout));
        self.copy(group, factors);
        let steady = take(&mut free, widest);
        let loose = take(&mut free, widest.saturating_mul(2)).as_chunks_mut::<2>().0;
        let sums = take(&mut free, widest.saturating_mul(2)).as_chunks_mut::<2>().0;
        let indices = free.as_flattened_mut();
        for (index, to) in (0..widest).zip(&mut *indices) {
            *to = index as f32;
        }
        let mut total = [0.0; LANES];
        for &sample in self.samples {
            self.sums::<WIDTH>(group, sample, factors, indices, steady, loose, sums);
            let weight = self.blocks.record(sample).get(WEIGHT).copied().unwrap_or(0.0);
            let difference = self.difference(sample, sums);
            for (total, x) in total.iter_mut().zip(difference) {
                // Not a number counts nothing.
                let x = if x.abs() <= MAX_LOSS { x } else { 0.0 };
                *total += weight * x;
            }
        }
        total
    }

    /// The changes of the logits of a lane group on a sample, in `sums`.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "pieces of the working memory")]
    fn sums<const WIDTH: usize>(
        &self,
        group: usize,
        sample: usize,
        factors: &[Lanes],
        indices: &[f32],
        steady: &mut [Lanes],
        loose: &mut [Both],
        sums: &mut [Both],
    ) {
        let Some((first, later)) = self.layout.places().split_first() else { return };
        let mut factors = factors;
        let mut own = self.next_factors(first, &mut factors);
        let moved = Moved::new(self, group, sample);
        if later.is_empty() {
            for (index, to) in (0..first.units).zip(sums) {
                let d = moved.by(own.right, first.units, index);
                *to = [d, d.map(|x| -x)];
            }
            return;
        }
        let z = self.blocks.row(sample, first.sums, first.row());
        let (mut steady_at, mut loose_at) = self.lists(sample, first);
        for (to, &index) in steady.iter_mut().zip(steady_at) {
            *to = moved.by(own.right, first.units, index as usize);
        }
        for (to, &index) in loose.iter_mut().zip(loose_at) {
            let d = moved.by(own.right, first.units, index as usize);
            let z = z.get(index as usize).copied().unwrap_or(0.0);
            *to = [switched(z, &d), switched(z, &d.map(|x| -x))];
        }
        let mut before = first;
        for (place, left) in later.iter().zip((0..later.len()).rev()) {
            own = self.next_factors(place, &mut factors);
            let z = self.blocks.row(sample, before.sums, before.row());
            let changes = Changes {
                steady_at,
                steady: steady.get(..steady_at.len()).unwrap_or(&[]),
                loose_at,
                loose: loose.get(..loose_at.len()).unwrap_or(&[]),
            };
            let to = sums.get_mut(..place.units).unwrap_or_default();
            self.later::<WIDTH>(place, before, z, &own, &changes, to);
            if left > 0 {
                let z = self.blocks.row(sample, place.sums, place.row());
                (steady_at, loose_at) = (&[], indices.get(..place.units).unwrap_or(&[]));
                for ((to, d), &z) in loose.iter_mut().zip(&*sums).zip(z).take(place.units) {
                    *to = if place.relu { d.map(|d| switched(z, &d)) } else { *d };
                }
            }
            before = place;
        }
    }

    /// Takes the factors of a layer.
    fn next_factors<'f>(&self, place: &Place, rest: &mut &'f [Lanes]) -> Factors<'f> {
        let rows = place.inputs.saturating_add(1).saturating_mul(self.layout.rank);
        let (left, after) = rest.split_at_checked(rows).unwrap_or_default();
        let rows = place.units.saturating_mul(self.layout.rank);
        let (right, after) = after.split_at_checked(rows).unwrap_or_default();
        *rest = after;
        Factors { left, right }
    }

    /// The steady and the loose neurons of the first layer.
    fn lists(&self, sample: usize, first: &Place) -> (&[f32], &[f32]) {
        let record = self.blocks.record(sample);
        let count = |index: usize| record.get(index).map_or(0, |&count| count as usize);
        let list = self.blocks.row(sample, self.layout.lists, first.row());
        let (steady, rest) = list.split_at_checked(count(STEADY)).unwrap_or_default();
        (steady, rest.get(..count(LOOSE)).unwrap_or(&[]))
    }

    /// The changes of the sums of a layer behind another, of whose sums the parent's are `z`.
    #[inline(always)]
    fn later<const WIDTH: usize>(
        &self,
        place: &Place,
        before: &Place,
        z: &[f32],
        factors: &Factors<'_>,
        changes: &Changes<'_>,
        to: &mut [Both],
    ) {
        let kernel = self.genome.get(place.weights..).unwrap_or(&[]);
        let mut first = 0_usize;
        while let Some(to) = to.get_mut(first..).filter(|rest| !rest.is_empty()) {
            let done = if to.len() >= 10 && WIDTH >= 8 {
                changes.product::<10>(kernel, place.units, first, to)
            } else if to.len() >= 5 {
                changes.product::<5>(kernel, place.units, first, to)
            } else {
                changes.product::<1>(kernel, place.units, first, to)
            };
            first = first.saturating_add(done);
        }
        let rows = place.inputs.saturating_add(1);
        let ranks = parts(factors.left, rows).zip(parts(factors.right, place.units));
        for (left, right) in ranks {
            let t = changes.projection(left, z, before.relu).map(|t| t.map(|x| x * self.unit));
            let [plus, minus] = t;
            for ([up, down], right) in to.iter_mut().zip(right) {
                for ((up, t), right) in up.iter_mut().zip(plus).zip(right) {
                    *up += t * right;
                }
                for ((down, t), right) in down.iter_mut().zip(minus).zip(right) {
                    *down -= t * right;
                }
            }
        }
    }

    /// The loss of the minus mutants less that of the plus mutants, from the changes of their logits. With p the
    /// parent's probabilities, a loss changes by `ln(sum of p exp(d)) - d of the label`.
    #[inline(always)]
    fn difference(&self, sample: usize, changes: &[Both]) -> Lanes {
        let output = self.layout.output();
        let label = self.labels.get(sample).map_or(0, |&label| usize::from(label));
        let p = self.blocks.row(sample, output.sums, output.row());
        let mut sums = [[0.0; LANES]; 2];
        for (&p, changes) in p.iter().zip(changes).take(output.units) {
            for (sums, changes) in sums.iter_mut().zip(changes) {
                for (sum, d) in sums.iter_mut().zip(changes) {
                    *sum += p * math::exp(*d);
                }
            }
        }
        let [up, down] = changes.get(label).copied().unwrap_or_default();
        let [plus, minus] = sums;
        let mut out = [0.0; LANES];
        let losses = plus.iter().zip(up).zip(minus.iter().zip(down));
        for (to, ((plus, up), (minus, down))) in out.iter_mut().zip(losses) {
            *to = (math::ln(*minus) - down) - (math::ln(*plus) - up);
        }
        out
    }
}

/// How the sums of the first layer move in the plus mutants: by the projections times the factors B.
struct Moved([Lanes; RANKS]);

impl Moved {
    #[inline(always)]
    fn new(score: &Score<'_>, group: usize, sample: usize) -> Self {
        let mut all = [[0.0; LANES]; RANKS];
        for (rank, to) in (0..score.layout.rank).zip(&mut all) {
            let own = score.blocks.projections(sample, group, rank).first_chunk::<LANES>();
            *to = own.copied().unwrap_or([0.0; LANES]);
        }
        Self(all)
    }

    /// How the sum of a unit moves; `right` is `[rank][units]`.
    #[inline(always)]
    fn by(&self, right: &[Lanes], units: usize, unit: usize) -> Lanes {
        let mut sums = [0.0; LANES];
        for (rows, s) in parts(right, units).zip(&self.0) {
            let row = rows.get(unit).copied().unwrap_or([0.0; LANES]);
            for ((sum, s), b) in sums.iter_mut().zip(s).zip(row) {
                *sum += s * b;
            }
        }
        sums
    }
}

/// Takes the first `length` lane groups.
fn take<'r>(rest: &mut &'r mut [Lanes], length: usize) -> &'r mut [Lanes] {
    let all = core::mem::take(rest);
    let (first, after) = all.split_at_mut(length.min(all.len()));
    *rest = after;
    first
}

impl Parts for Score<'_> {
    type Out = f32;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let needed = Self::room(self.layout);
        LengthError::at_least("room", needed, room.len())?;
        let room = room.get_mut(..needed).unwrap_or_default();
        let differences = self.group::<WIDTH>(index, room);
        crate::slices::copy(out, &differences);
        Ok(())
    }
}
