//! The fitness of a lane group of mirrored pairs: the change of the loss from the parent's, sample by sample.
//!
//! All that is kept of a mutant is how its activations differ from the parent's, see `changes.rs`.

use super::changes::{Changes, Lanes, index_of, place_of, products, project, sum_with, switch};
use super::layout::{LOOSE, Layout, Place, STEADY};
use crate::error::LengthError;
use crate::evolution::low_rank_es::factors::Factors;
use crate::evolution::low_rank_es::settings::RANKS;
use crate::evolution::places::{Blocks, WEIGHT, widest};
use crate::fitness::MAX_LOSS;
use crate::math;
use crate::slices::{LANES, parts};
use crate::spread::{Parts, Phase};

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
struct GroupFactors<'r> {
    left: &'r [Lanes],
    right: &'r [Lanes],
}

impl Score<'_> {
    /// Lane groups of the factors of a lane group of pairs.
    fn factors(layout: &Layout) -> usize {
        let rows = |place: &Place| place.rows().saturating_add(place.units);
        let rows = layout.places().iter().map(rows).fold(0, usize::saturating_add);
        rows.saturating_mul(layout.factors.rank)
    }

    /// Floats of working memory of a part.
    pub(super) fn room(layout: &Layout) -> usize {
        Room::length(layout)
    }

    /// Copies the factors of a lane group together.
    fn copy(&self, group: usize, mut to: &mut [Lanes]) {
        let all = &self.layout.factors;
        for layer in all.layers() {
            let rows = layer.rows();
            for (factors, start, rows) in
                [(self.left, layer.left, rows), (self.right, layer.right, layer.units)]
            {
                for rank in 0..all.rank {
                    let (set, column) = self.layout.column(group, rank);
                    let start = start.saturating_add(Factors::set_start(rows, set));
                    let from = factors.get(start..).unwrap_or(&[]);
                    let own = take(&mut to, rows);
                    for (to, row) in own.iter_mut().zip(parts(from, all.width(set))) {
                        let row = row.get(column..).and_then(|row| row.first_chunk::<LANES>());
                        *to = row.copied().unwrap_or([0.0; LANES]);
                    }
                }
            }
        }
    }

    /// The differences of fitness of a lane group.
    #[inline(always)]
    fn group(&self, group: usize, room: &mut Room<'_>, total: &mut Lanes) {
        self.copy(group, room.factors);
        for (index, to) in (0..usize::MAX).zip(&mut *room.indices) {
            *to = index_of(index);
        }
        total.fill(0.0);
        for &sample in self.samples {
            self.sums(group, sample, room);
            let weight = self.blocks.record(sample).get(WEIGHT).copied().unwrap_or(0.0);
            let plus = self.losses(sample, room.sums.plus);
            let minus = self.losses(sample, room.sums.minus);
            for ((total, plus), minus) in total.iter_mut().zip(plus).zip(minus) {
                let difference = minus - plus;
                // Not a number counts nothing.
                let counted = if difference.abs() <= MAX_LOSS { difference } else { 0.0 };
                *total += weight * counted;
            }
        }
    }

    /// The changes of the logits of a lane group on a sample, in `room.sums`.
    #[inline(always)]
    fn sums(&self, group: usize, sample: usize, room: &mut Room<'_>) {
        let Some((first, later)) = self.layout.places().split_first() else { return };
        let Room { factors, indices, changes, sums, projections, products } = room;
        for (rank, to) in (0..self.layout.factors.rank).zip(&mut **projections) {
            let own = self
                .layout
                .projections_of(&self.blocks, sample, group, rank)
                .first_chunk::<LANES>();
            *to = own.copied().unwrap_or([0.0; LANES]);
        }
        let projections = projections.get(..self.layout.factors.rank).unwrap_or(&[]);
        let mut factors = &**factors;
        let own = self.next_factors(first, &mut factors);
        if later.is_empty() {
            let rows = sums.plus.iter_mut().zip(&mut *sums.minus);
            for (unit, (plus, minus)) in (0..first.units).zip(rows) {
                *plus = moves(own.right, projections, first.units, unit);
                *minus = plus.map(|x| -x);
            }
            return;
        }
        let z = self.blocks.row(sample, first.sums, first.row());
        let (mut steady_at, mut loose_at) = self.lists(sample, first);
        for (to, &index) in changes.steady.iter_mut().zip(steady_at) {
            *to = moves(own.right, projections, first.units, place_of(index));
        }
        let loose = changes.plus.iter_mut().zip(&mut *changes.minus);
        for ((plus, minus), &index) in loose.zip(loose_at) {
            let d = moves(own.right, projections, first.units, place_of(index));
            let z = z.get(place_of(index)).copied().unwrap_or(0.0);
            (*plus, *minus) = (d, d.map(|x| -x));
            switch(z, plus);
            switch(z, minus);
        }
        let mut before = first;
        for (place, left) in later.iter().zip((0..later.len()).rev()) {
            let own = self.next_factors(place, &mut factors);
            let now = Changes {
                steady_at,
                steady: changes.steady,
                loose_at,
                plus: changes.plus,
                minus: changes.minus,
            };
            let z = self.blocks.row(sample, before.sums, before.row());
            self.later(place, (z, before.relu), &own, &now, sums, products);
            if left > 0 {
                (steady_at, loose_at) = (&[], indices.get(..place.units).unwrap_or(&[]));
                let z = self.blocks.row(sample, place.sums, place.row());
                activate(changes.plus, sums.plus, z, place.relu);
                activate(changes.minus, sums.minus, z, place.relu);
            }
            before = place;
        }
    }

    /// Takes the factors of a layer.
    fn next_factors<'f>(&self, place: &Place, rest: &mut &'f [Lanes]) -> GroupFactors<'f> {
        let rows = place.rows().saturating_mul(self.layout.factors.rank);
        let (left, after) = rest.split_at_checked(rows).unwrap_or_default();
        let rows = place.units.saturating_mul(self.layout.factors.rank);
        let (right, after) = after.split_at_checked(rows).unwrap_or_default();
        *rest = after;
        GroupFactors { left, right }
    }

    /// The steady and the loose neurons of the first layer.
    fn lists(&self, sample: usize, first: &Place) -> (&[f32], &[f32]) {
        let record = self.blocks.record(sample);
        let count = |index: usize| record.get(index).map_or(0, |&count| place_of(count));
        let list = self.blocks.row(sample, self.layout.lists, first.row());
        let (steady, rest) = list.split_at_checked(count(STEADY)).unwrap_or_default();
        (steady, rest.get(..count(LOOSE)).unwrap_or(&[]))
    }

    /// The changes of the sums of a layer behind another, of whose sums the parent's are `z`.
    #[inline(always)]
    fn later(
        &self,
        place: &Place,
        before: (&[f32], bool),
        factors: &GroupFactors<'_>,
        changes: &Changes<'_>,
        sums: &mut Rows<'_>,
        room: &mut [Lanes; 4],
    ) {
        let kernel = self.genome.get(place.weights..).unwrap_or(&[]);
        let [steady, plus, minus] = [&mut *sums.steady, &mut *sums.plus, &mut *sums.minus]
            .map(|rows| rows.get_mut(..place.units).unwrap_or_default());
        let Changes { steady_at, loose_at, .. } = *changes;
        products(steady_at, changes.steady, kernel, steady);
        products(loose_at, changes.plus, kernel, plus);
        products(loose_at, changes.minus, kernel, minus);
        for ((plus, minus), steady) in plus.iter_mut().zip(&mut *minus).zip(&*steady) {
            let (mut up, mut down) = (*plus, *minus);
            for ((up, down), steady) in up.iter_mut().zip(&mut down).zip(steady) {
                *up += steady;
                *down -= steady;
            }
            (*plus, *minus) = (up, down);
        }
        let rows = place.rows();
        let ranks = parts(factors.left, rows).zip(parts(factors.right, place.units));
        for (left, right) in ranks {
            project(changes, left, before, self.unit, room);
            let [_, _, up, down] = *room;
            for ((plus, minus), right) in plus.iter_mut().zip(&mut *minus).zip(right) {
                *plus = sum_with(plus, &up, right);
                *minus = sum_with(minus, &down.map(|x| -x), right);
            }
        }
    }

    /// By how much the losses change, from the changes of the logits: with p the parent's probabilities,
    /// `ln(sum of p exp(d)) - d of the label`.
    #[inline(always)]
    fn losses(&self, sample: usize, changes: &[Lanes]) -> Lanes {
        let output = self.layout.output();
        let label = self.labels.get(sample).map_or(0, |&label| usize::from(label));
        let p = self.blocks.row(sample, output.sums, output.row());
        let mut losses = [0.0; LANES];
        for (&p, changes) in p.iter().zip(changes).take(output.units) {
            for (sum, d) in losses.iter_mut().zip(changes) {
                *sum += p * math::exp(*d);
            }
        }
        let own = changes.get(label).copied().unwrap_or([0.0; LANES]);
        for (loss, own) in losses.iter_mut().zip(own) {
            *loss = math::ln(*loss) - own;
        }
        losses
    }
}

/// Rows of lane groups: for steady neurons, and for others or for sums in both signs.
struct Rows<'r> {
    steady: &'r mut [Lanes],
    plus: &'r mut [Lanes],
    minus: &'r mut [Lanes],
}

impl<'r> Rows<'r> {
    fn take(rest: &mut &'r mut [Lanes], length: usize) -> Self {
        Self { steady: take(rest, length), plus: take(rest, length), minus: take(rest, length) }
    }
}

/// The working memory of a part.
struct Room<'r> {
    factors: &'r mut [Lanes],
    /// All indices of neurons.
    indices: &'r mut [f32],
    /// The changes of the last layer's activations, and of the sums that follow.
    changes: Rows<'r>,
    sums: Rows<'r>,
    /// The projections of the sample, one row a rank.
    projections: &'r mut [Lanes; RANKS],
    /// See [`project`].
    products: &'r mut [Lanes; 4],
}

impl<'r> Room<'r> {
    fn length(layout: &Layout) -> usize {
        let changes = widest(layout.places()).saturating_mul(6).saturating_add(4 + RANKS);
        let lanes = Score::factors(layout).saturating_add(changes);
        lanes.saturating_mul(LANES).saturating_add(widest(layout.places()))
    }

    fn new(layout: &Layout, room: &'r mut [f32]) -> Option<Self> {
        let widest = widest(layout.places());
        let (indices, room) = room.split_at_mut_checked(widest)?;
        let mut rest = room.as_chunks_mut::<LANES>().0;
        Some(Self {
            indices,
            factors: take(&mut rest, Score::factors(layout)),
            changes: Rows::take(&mut rest, widest),
            sums: Rows::take(&mut rest, widest),
            projections: take(&mut rest, RANKS).first_chunk_mut::<RANKS>()?,
            products: rest.first_chunk_mut::<4>()?,
        })
    }
}

/// How the sum of a unit of the first layer moves in the plus mutants: by the projections times the factors B,
/// `[rank][units]`.
#[inline(always)]
fn moves(right: &[Lanes], projections: &[Lanes], units: usize, unit: usize) -> Lanes {
    let mut sums = [0.0; LANES];
    for (s, rows) in projections.iter().zip(parts(right, units)) {
        if let Some(b) = rows.get(unit) {
            sums = sum_with(&sums, s, b);
        }
    }
    sums
}

/// The changes of activations from those of sums.
#[inline(always)]
fn activate(to: &mut [Lanes], sums: &[Lanes], z: &[f32], relu: bool) {
    for ((to, sums), &z) in to.iter_mut().zip(sums).zip(z) {
        *to = *sums;
        if relu {
            switch(z, to);
        }
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

    const PHASE: Phase = Phase::Scores;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        LengthError::at_least("room", Self::room(self.layout), room.len())?;
        if let (Some(total), Some(mut room)) =
            (out.first_chunk_mut::<LANES>(), Room::new(self.layout, room))
        {
            self.group(index, &mut room, total);
        }
        Ok(())
    }
}
