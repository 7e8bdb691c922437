//! A measure on samples that are taken a lane group at a time, as an objective: a part is a block.

use super::group::{forward, gather, lanes_mut, logits, pack_all};
use super::score::add_columns;
use super::{LANES, Lanes};
use crate::chain::Chain;
use crate::error::LengthError;
use crate::fitness::{BLOCK, Measure, Score, is_finite};
use crate::network::Network;
use crate::objective::{Batch, First, Objective, Rows, sums_of};
use crate::order::Direction;
use crate::slices::row_length;

/// A measure on samples, for any network, above all one with convolutions: each block of [`BLOCK`] samples is a part,
/// taken 16 samples at a time with lanes across samples. Bit for bit the scores of [`crate::objective::Samples`].
#[derive(Debug, Clone)]
pub struct Groups<R> {
    chain: Chain,
    parameters: usize,
    rows: R,
    measure: Measure,
    loss: bool,
}

/// Whether a network can be taken by lane groups of samples: it has a layer with weights, and no convolution behind a
/// flattening of several rows or columns.
#[must_use]
pub fn can_group(network: &Network) -> bool {
    Chain::of(network).is_some()
}

impl<R: Rows> Groups<R> {
    /// The measure on samples. `loss` says whether cross-entropy is summed though the measure does not need it.
    ///
    /// # Errors
    /// The last sample has not as many values as the network's input; or the network cannot be taken this way:
    /// [`can_group`] says so.
    pub fn new(
        network: &Network,
        rows: R,
        measure: Measure,
        loss: bool,
    ) -> Result<Self, LengthError> {
        if let Some(last) = rows.labels().len().checked_sub(1) {
            LengthError::exact("sample", network.input().elements(), rows.row(last).len())?;
        }
        let none = LengthError { buffer: "layers with weights", expected: 1, got: 0 };
        let chain = Chain::of(network).ok_or(none)?;
        Ok(Self { chain, parameters: network.parameters(), rows, measure, loss })
    }

    /// The logits of up to 16 samples from number `first` on: `[class][16]`. Of a genome that is not finite nothing is
    /// promised.
    ///
    /// `room` has at least [`Objective::room`] floats; `held` says that the last work done with it was of the
    /// same genome.
    ///
    /// # Errors
    /// A slice has the wrong length.
    #[inline(always)]
    pub fn logits<'r, const WIDTH: usize>(
        &self,
        genome: &[f32],
        first: usize,
        room: &'r mut [f32],
        held: bool,
    ) -> Result<&'r [[f32; LANES]], LengthError> {
        let (packed, _, memory) = self.divide(genome, room)?;
        if !held {
            pack_all::<WIDTH>(&self.chain, genome, packed);
        }
        self.group::<WIDTH>(packed, first, memory);
        Ok(logits(&self.chain, memory))
    }

    /// The packed weights, a flag, and the memory of a lane group.
    #[expect(clippy::type_complexity, reason = "three pieces of the working memory")]
    #[inline(always)]
    fn divide<'r>(
        &self,
        genome: &[f32],
        room: &'r mut [f32],
    ) -> Result<(&'r mut [f32], &'r mut [f32], &'r mut [Lanes]), LengthError> {
        LengthError::exact("genome", self.parameters, genome.len())?;
        let row = row_length(self.parameters);
        let length = row.saturating_add(LANES);
        let expected = length.saturating_add(self.chain.lanes.saturating_mul(LANES));
        LengthError::at_least("room", expected, room.len())?;
        let (head, memory) = room.split_at_mut_checked(length).unwrap_or_default();
        let (packed, flag) = head.split_at_mut_checked(row).unwrap_or_default();
        let memory = memory.get_mut(..self.chain.lanes.saturating_mul(LANES)).unwrap_or_default();
        Ok((packed, flag, lanes_mut(memory)))
    }

    #[inline(always)]
    fn group<const WIDTH: usize>(&self, packed: &[f32], first: usize, memory: &mut [Lanes]) {
        let mut indices = [0; LANES];
        for (index, to) in (first..usize::MAX).zip(&mut indices) {
            *to = index;
        }
        let input = memory.get_mut(..self.chain.input.elements()).unwrap_or_default();
        gather(&self.rows, &indices, input);
        forward::<WIDTH>(&self.chain, packed, memory);
    }
}

impl<R: Rows> Objective for Groups<R> {
    fn direction(&self) -> Direction {
        self.measure.direction()
    }

    fn value(&self, score: &Score) -> f32 {
        self.measure.value(score)
    }

    fn parts(&self) -> usize {
        self.rows.labels().len().div_ceil(BLOCK).max(1)
    }

    fn samples(&self) -> u32 {
        self.rows.labels().len() as u32
    }

    fn room(&self) -> usize {
        let memory = self.chain.lanes.saturating_mul(LANES);
        row_length(self.parameters).saturating_add(LANES).saturating_add(memory)
    }

    #[inline(always)]
    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        part: usize,
        room: &mut [f32],
        held: bool,
    ) -> Result<Score, LengthError> {
        let (packed, flag, memory) = self.divide(genome, room)?;
        if !held {
            pack_all::<WIDTH>(&self.chain, genome, packed);
            flag.fill(f32::from(u8::from(is_finite(genome))));
        }
        let start = part.saturating_mul(BLOCK);
        let end = start.saturating_add(BLOCK).min(self.rows.labels().len());
        let mut score = Score::default();
        if flag.first() != Some(&1.0) {
            score.add_block(Score::worst(end.saturating_sub(start) as u32));
            return Ok(score);
        }
        let loss = self.loss || self.measure.needs_loss();
        let mut first = start;
        while first < end {
            let next = first.saturating_add(LANES).min(end);
            self.group::<WIDTH>(packed, first, memory);
            let labels = self.rows.labels().get(first..next).unwrap_or(&[]);
            add_columns(&mut score, logits(&self.chain, memory), labels, loss);
            first = next;
        }
        Ok(score)
    }
}

impl<R: Rows> Rows for Groups<R> {
    type Value = R::Value;

    fn labels(&self) -> &[u8] {
        self.rows.labels()
    }

    #[inline(always)]
    fn row(&self, index: usize) -> &[R::Value] {
        self.rows.row(index)
    }
}

impl<R: Rows> Batch for Groups<R> {
    fn labels(&self) -> &[u8] {
        self.rows.labels()
    }

    fn part_length(&self) -> usize {
        LANES
    }

    #[inline(always)]
    fn sums<const WIDTH: usize>(
        &self,
        part: usize,
        layer: First<'_>,
        wanted: Option<&[bool]>,
        out: &mut [f32],
    ) -> Result<(), LengthError> {
        sums_of(&self.rows, part, LANES, layer, wanted, out)
    }
}
