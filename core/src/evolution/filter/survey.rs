//! The parent on the whole batch: losses, and which samples count.

use super::losses::{Labels, judge};
use crate::batch::group::{Weights, forward, gather, lanes_mut, logits, pack_all, pack_slices};
use crate::chain::Chain;
use crate::error::LengthError;
use crate::evolution::parent::roulette;
use crate::evolution::places::{LOSS, RIGHT, WEIGHT};
use crate::objective::Rows;
use crate::rng::derive;
use crate::sample::Feature;
use crate::slices::LANES;
use crate::spread::{Parts, Phase};

/// Floats of the record of a lane group of samples: weights, losses, and whether the largest logit is the label's.
pub(in crate::evolution) const RECORD: usize = 3 * LANES;

/// Packs the parent's weights for a forward pass, or channel by channel; one part.
pub(in crate::evolution) struct Pack<'a, const SLICES: bool> {
    pub(in crate::evolution) chain: &'a Chain,
    pub(in crate::evolution) genome: &'a [f32],
    /// The scales of all filters, if the genome is of integers; else none.
    pub(in crate::evolution) scales: &'a [f32],
}

impl<const SLICES: bool> Parts for Pack<'_, SLICES> {
    type Out = f32;

    const PHASE: Phase = Phase::Forward;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        _index: usize,
        out: &mut [f32],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        if SLICES {
            pack_slices::<WIDTH>(self.chain, self.genome, self.scales, out);
        } else {
            pack_all::<WIDTH>(self.chain, self.genome, out);
        }
        Ok(())
    }
}

/// Takes the parent through the batch; a part is a lane group of samples, which gets its record.
pub(in crate::evolution) struct Survey<'a, V> {
    pub(in crate::evolution) chain: &'a Chain,
    /// A trait object, so that one copy of the code serves all kinds of samples.
    pub(in crate::evolution) rows: &'a dyn Rows<Value = V>,
    pub(in crate::evolution) weights: Weights<'a>,
    /// The probability of wrong classes below which the roulette begins, and the seed of its words.
    pub(in crate::evolution) roulette: f32,
    pub(in crate::evolution) seed: u64,
}

impl<V: Feature> Parts for Survey<'_, V> {
    type Out = f32;

    const PHASE: Phase = Phase::Forward;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let chain = self.chain;
        LengthError::at_least("room", chain.lanes.saturating_mul(LANES), room.len())?;
        LengthError::exact("record", RECORD, out.len())?;
        let first = index.saturating_mul(LANES);
        let memory = lanes_mut(room).get_mut(..chain.lanes).unwrap_or_default();
        let mut samples = [0; LANES];
        for (place, sample) in (first..usize::MAX).zip(&mut samples) {
            *sample = place;
        }
        let input = memory.get_mut(..chain.input.elements()).unwrap_or_default();
        gather(self.rows, &samples, input);
        forward::<WIDTH>(chain, &self.weights, memory);
        let labels = Labels::of(self.rows.labels(), &samples);
        let judged = judge(logits(chain, memory), &labels);
        debug_assert_eq!((WEIGHT, LOSS, RIGHT), (0, 1, 2));
        let [weights, losses, rights] = lanes_mut(out) else { return Ok(()) };
        (*losses, *rights) = (judged.losses, judged.rights);
        let weigh = weights.iter_mut().zip(judged.rest).zip(samples.iter().zip(&labels.0));
        for ((weight, rest), (&sample, label)) in weigh {
            let word = derive(self.seed, sample as u64);
            *weight = if label.is_some() { roulette(rest, self.roulette, word) } else { 0.0 };
        }
        Ok(())
    }
}

/// A number of a sample's record, [`WEIGHT`], [`LOSS`] or [`RIGHT`].
pub(in crate::evolution) fn number(records: &[f32], sample: usize, number: usize) -> f32 {
    let start = (sample / LANES).saturating_mul(RECORD).saturating_add(number.wrapping_mul(LANES));
    records.get(start.saturating_add(sample % LANES)).copied().unwrap_or(0.0)
}

/// The index and the weight of each sample of a lane group of those that count; past the end the first of the group,
/// which does not count.
pub(in crate::evolution) fn members(
    samples: &[usize],
    records: &[f32],
    group: usize,
) -> ([usize; LANES], [f32; LANES]) {
    let own = samples.get(group.saturating_mul(LANES)..).unwrap_or(&[]);
    let mut members = [own.first().copied().unwrap_or(0); LANES];
    let mut weights = [0.0; LANES];
    for ((member, weight), &sample) in members.iter_mut().zip(&mut weights).zip(own) {
        *member = sample;
        *weight = number(records, sample, WEIGHT);
    }
    (members, weights)
}
