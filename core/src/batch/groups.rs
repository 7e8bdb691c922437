//! A measure on samples that are taken a lane group at a time, as an objective: a part is a block.

use super::group::{Weights, forward, gather, lanes_mut, logits, pack_all};
use super::score::add_columns;
use super::{LANES, Lanes};
use crate::chain::Chain;
use crate::deploy::{Formats, deploy_chain, scales_of};
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
    formats: Option<Formats>,
}

/// The working memory, divided.
struct Room<'r> {
    /// The packed weights, and the scales of integers.
    packed: &'r mut [f32],
    scales: &'r mut [f32],
    /// The integers that the genome stands for.
    codes: &'r mut [f32],
    /// Whether the genome is finite.
    finite: &'r mut [f32],
    /// The memory of a lane group.
    memory: &'r mut [Lanes],
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
        Ok(Self { chain, parameters: network.parameters(), rows, measure, loss, formats: None })
    }

    /// The same, of the integers that a genome stands for, as [`crate::deploy`] makes them. `None`, as before.
    #[must_use]
    pub fn with_formats(self, formats: Option<Formats>) -> Self {
        Self { formats, ..self }
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
        let Room { packed, scales, codes, memory, .. } = self.divide(genome, room)?;
        if !held {
            self.pack::<WIDTH>(genome, packed, scales, codes);
        }
        self.group::<WIDTH>(&Weights { packed, scales }, first, memory);
        Ok(logits(&self.chain, memory))
    }

    /// Floats of the scales and the integers.
    fn lengths(&self) -> (usize, usize) {
        match self.formats {
            Some(_) => (row_length(scales_of(&self.chain)), row_length(self.parameters)),
            None => (0, 0),
        }
    }

    #[inline(always)]
    fn divide<'r>(&self, genome: &[f32], room: &'r mut [f32]) -> Result<Room<'r>, LengthError> {
        LengthError::exact("genome", self.parameters, genome.len())?;
        LengthError::at_least("room", self.room(), room.len())?;
        let (scales, codes) = self.lengths();
        let mut rest = room;
        let mut next = |length: usize| {
            let all = core::mem::take(&mut rest);
            let (own, after) = all.split_at_mut(length.min(all.len()));
            rest = after;
            own
        };
        Ok(Room {
            packed: next(row_length(self.parameters)),
            finite: next(LANES),
            scales: next(scales),
            codes: next(codes),
            memory: lanes_mut(next(self.chain.lanes.saturating_mul(LANES))),
        })
    }

    /// Packs a genome, or the integers that it stands for.
    #[inline(always)]
    fn pack<const WIDTH: usize>(
        &self,
        genome: &[f32],
        packed: &mut [f32],
        scales: &mut [f32],
        codes: &mut [f32],
    ) {
        let weights = match &self.formats {
            Some(formats) => {
                deploy_chain(&self.chain, formats, genome, codes, scales);
                &*codes
            }
            None => genome,
        };
        pack_all::<WIDTH>(&self.chain, weights, packed);
    }

    #[inline(always)]
    fn group<const WIDTH: usize>(&self, weights: &Weights<'_>, first: usize, memory: &mut [Lanes]) {
        let mut indices = [0; LANES];
        for (index, to) in (first..usize::MAX).zip(&mut indices) {
            *to = index;
        }
        let input = memory.get_mut(..self.chain.input.elements()).unwrap_or_default();
        gather(&self.rows, &indices, input);
        forward::<WIDTH>(&self.chain, weights, memory);
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
        let (scales, codes) = self.lengths();
        row_length(self.parameters)
            .saturating_add(LANES)
            .saturating_add(scales)
            .saturating_add(codes)
            .saturating_add(self.chain.lanes.saturating_mul(LANES))
    }

    #[inline(always)]
    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        part: usize,
        room: &mut [f32],
        held: bool,
    ) -> Result<Score, LengthError> {
        let Room { packed, scales, codes, finite, memory } = self.divide(genome, room)?;
        if !held {
            self.pack::<WIDTH>(genome, packed, scales, codes);
            finite.fill(f32::from(u8::from(is_finite(genome))));
        }
        let start = part.saturating_mul(BLOCK);
        let end = start.saturating_add(BLOCK).min(self.rows.labels().len());
        let mut score = Score::default();
        if finite.first() != Some(&1.0) {
            score.add_block(Score::worst(end.saturating_sub(start) as u32));
            return Ok(score);
        }
        let loss = self.loss || self.measure.needs_loss();
        let weights = Weights { packed, scales };
        let mut first = start;
        while first < end {
            let next = first.saturating_add(LANES).min(end);
            self.group::<WIDTH>(&weights, first, memory);
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

    fn formats(&self) -> Option<&Formats> {
        self.formats.as_ref()
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
