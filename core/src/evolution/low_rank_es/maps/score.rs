//! The losses of mirrored pairs of mutants on a lane group of samples.
//!
//! The sums of the first link move by multiples of one response a rank, which all filters and both signs share: a
//! convolution is linear. What comes behind sees inputs of the mutant's own, so it is computed whole, with the mutant's
//! own weights: to make these costs little, as each of them serves many places of 16 samples.

use super::layout::{Layout, Room};
use crate::batch::conv::Convolution;
use crate::batch::group::{Weights, begin, forward_from, gather, logits, pack_link, pooling, sums};
use crate::batch::pool::{ToChannel, Values};
use crate::error::LengthError;
use crate::evolution::filter::losses::{Labels, judge, sum};
use crate::evolution::filter::survey::members;
use crate::evolution::low_rank_es::settings::RANKS;
use crate::objective::Rows;
use crate::sample::Feature;
use crate::slices::{LANES, parts_mut};
use crate::spread::{Parts, Phase};

type Lanes = [f32; LANES];

/// Scores the pairs; a part is a lane group of pairs on a lane group of samples.
pub(super) struct Score<'a, V> {
    pub(super) layout: &'a Layout,
    /// A trait object, so that one copy of the code serves all kinds of samples.
    pub(super) rows: &'a dyn Rows<Value = V>,
    /// The packed weights of the parent, and the factors.
    pub(super) packed: &'a [f32],
    pub(super) left: &'a [f32],
    pub(super) right: &'a [f32],
    /// The samples that count, and the records of all.
    pub(super) samples: &'a [usize],
    pub(super) records: &'a [f32],
    pub(super) turn: Turn,
    /// Standard deviation of a change for one rank, for the first link divided by that of its factors A; and for the
    /// others.
    pub(super) units: (f32, f32),
}

/// Which samples a lane group of pairs is scored on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// Number of lane groups of samples that count.
    pub(super) groups: usize,
    /// On so many of them each lane group of pairs is scored.
    pub(super) each: usize,
    /// The one with which the first lane group of pairs begins: they come in turn.
    pub(super) first: usize,
}

impl Turn {
    /// The lane group of pairs, and that of samples, of a part.
    pub(super) const fn of(&self, part: usize) -> Option<(usize, usize)> {
        match (part.checked_div(self.each), part.wrapping_add(self.first).checked_rem(self.groups))
        {
            (Some(pairs), Some(samples)) => Some((pairs, samples)),
            _ => None,
        }
    }
}

/// A channel of a mutant before pooling.
struct Moved<'a> {
    /// The parent's sums, and the responses of all ranks, each of so many places.
    sums: &'a [Lanes],
    responses: &'a [Lanes],
    places: usize,
    /// What the responses are multiplied by.
    factors: &'a [f32],
}

impl Values<1> for Moved<'_> {
    #[inline(always)]
    fn at(&self, place: usize) -> [Lanes; 1] {
        let mut sums = self.sums.get(place).copied().unwrap_or([0.0; LANES]);
        let mut index = place;
        for factor in self.factors {
            if let Some(response) = self.responses.get(index) {
                for (sum, response) in sums.iter_mut().zip(response) {
                    *sum += factor * response;
                }
            }
            index = index.wrapping_add(self.places);
        }
        [sums]
    }
}

impl<V: Feature> Score<'_, V> {
    /// The responses of the first link's factors A of a pair.
    #[inline(always)]
    fn respond<const WIDTH: usize>(&self, pair: usize, room: &mut Room<'_>) {
        let Some((link, layer)) = self.layout.links().next() else { return };
        let factors = &self.layout.factors;
        let responses = parts_mut(room.responses, link.places());
        for (rank, responses) in (0..factors.rank).zip(responses) {
            for (row, to) in (0..layer.rows()).zip(&mut *room.column) {
                let place = (layer.left, layer.rows());
                *to = factors.entry(self.left, place, row, (pair, rank));
            }
            // The kernel of a single filter is packed as it stands.
            let column = room.column.split_at_checked(layer.inputs);
            let (kernel, bias) = column.unwrap_or_default();
            let response = Convolution { filters: 1, ..Convolution::of(link, kernel, bias) };
            let input = room.memory.get(link.input_at..).unwrap_or(&[]);
            response.sums::<WIDTH>(input, &[], responses);
        }
    }

    /// The change of the weights behind the first link in the plus mutant of a pair.
    #[inline(always)]
    fn change<const WIDTH: usize>(&self, pair: usize, room: &mut Room<'_>) {
        let factors = &self.layout.factors;
        for (link, layer) in self.layout.links().skip(1) {
            let end = link.kernel.saturating_add(link.parameters());
            let own = room.weights.get_mut(link.kernel..end).unwrap_or_default();
            own.fill(0.0);
            for rank in 0..factors.rank {
                let right = room.right.get_mut(..link.filters).unwrap_or_default();
                for (filter, to) in (0..link.filters).zip(right.iter_mut()) {
                    let place = (layer.right, layer.units);
                    let b = factors.entry(self.right, place, filter, (pair, rank));
                    *to = self.units.1 * b;
                }
                for (row, weights) in (0..layer.rows()).zip(parts_mut(own, link.filters)) {
                    let place = (layer.left, layer.rows());
                    let a = factors.entry(self.left, place, row, (pair, rank));
                    for (weight, b) in weights.iter_mut().zip(&*right) {
                        *weight += a * b;
                    }
                }
            }
            pack_link::<WIDTH>(link, room.weights, room.change);
        }
    }

    /// The output of the first link in a mutant.
    #[inline(always)]
    fn first(&self, (pair, sign): (usize, f32), room: &mut Room<'_>) {
        let Some((link, layer)) = self.layout.links().next() else { return };
        let (chain, factors) = (&self.layout.chain, &self.layout.factors);
        let (before, out) = room.memory.split_at_mut_checked(link.output_at).unwrap_or_default();
        let all = before.get(link.sums_at..).unwrap_or(&[]);
        let places = link.places();
        for filter in 0..link.filters {
            let mut own = [0.0; RANKS];
            for (rank, to) in (0..factors.rank).zip(&mut own) {
                let place = (layer.right, layer.units);
                let b = factors.entry(self.right, place, filter, (pair, rank));
                *to = sign * (self.units.0 * b);
            }
            let sums = all.get(filter.saturating_mul(places)..).unwrap_or(&[]);
            let sums = sums.get(..places).unwrap_or(&[]);
            let factors = own.get(..factors.rank).unwrap_or(&[]);
            let moved = Moved { sums, responses: room.responses, places, factors };
            let mut to = ToChannel { map: &mut *out, channels: link.filters, channel: filter };
            pooling(chain, link, filter, &[]).each(&moved, &mut to);
        }
    }

    /// The losses of a mutant: of the plus mutant of a pair with the sign 1, of the minus mutant with -1.
    #[inline(always)]
    fn losses<const WIDTH: usize>(
        &self,
        (pair, sign): (usize, f32),
        labels: &Labels,
        room: &mut Room<'_>,
    ) -> Lanes {
        self.first((pair, sign), room);
        let weights = room.weights.iter_mut().zip(self.packed.iter().zip(&*room.change));
        for (weight, (parent, change)) in weights {
            *weight = parent + sign * change;
        }
        let weights = Weights { packed: room.weights, scales: &[] };
        forward_from::<WIDTH>(&self.layout.chain, 1, &weights, room.memory);
        judge(logits(&self.layout.chain, room.memory), labels).losses
    }
}

impl<V: Feature> Parts for Score<'_, V> {
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
        LengthError::at_least("room", self.layout.room(), room.len())?;
        let chain = &self.layout.chain;
        let (Some((pairs, group)), [first, ..]) = (self.turn.of(index), chain.links()) else {
            return Ok(());
        };
        let mut room = Room::new(self.layout, room);
        let (members, weights) = members(self.samples, self.records, group);
        let labels = Labels::of(self.rows.labels(), &members);
        let input = room.memory.get_mut(..chain.input.elements()).unwrap_or_default();
        gather(self.rows, &members, input);
        let parent = Weights { packed: self.packed, scales: &[] };
        begin(chain, &parent, room.memory);
        sums::<WIDTH>(first, &parent, room.memory);
        let pairs = pairs.saturating_mul(LANES)..usize::MAX;
        for (pair, difference) in pairs.zip(out) {
            self.respond::<WIDTH>(pair, &mut room);
            self.change::<WIDTH>(pair, &mut room);
            let mut terms = self.losses::<WIDTH>((pair, -1.0), &labels, &mut room);
            let plus = self.losses::<WIDTH>((pair, 1.0), &labels, &mut room);
            for ((term, plus), weight) in terms.iter_mut().zip(&plus).zip(&weights) {
                *term = weight * (*term - plus);
            }
            *difference = sum(&terms);
        }
        Ok(())
    }
}
