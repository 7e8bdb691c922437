//! A genome made ready for many samples, and its scores.

use super::encode::SparseSamples;
use super::kernel::{Weights, panel_size};
use super::{LANES, Lanes, score};
use crate::error::LengthError;
use crate::fitness::{BLOCK, Score, is_finite};
use crate::layers::Layer;
use crate::network::{Network, Stage};
use crate::slices::{copy, parts, parts_mut};

/// A genome made ready for many samples: its weights are packed in the caller's buffer panel by
/// panel, in whole lane groups. The padding never shows.
///
/// `WIDTH` is the largest number of lane groups in a panel: 1, 2, 4 or 8.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<'a, const WIDTH: usize> {
    network: &'a Network,
    packed: &'a [f32],
    finite: bool,
}

impl<'a, const WIDTH: usize> Prepared<'a, WIDTH> {
    /// Makes a genome ready. `packed` has at least [`packed_length`](Self::packed_length) floats.
    ///
    /// # Errors
    /// A slice has the wrong length.
    #[inline(always)]
    pub fn new(
        network: &'a Network,
        genome: &[f32],
        packed: &'a mut [f32],
    ) -> Result<Self, LengthError> {
        LengthError::exact("genome", network.parameters(), genome.len())?;
        LengthError::at_least("packed", Self::packed_length(network), packed.len())?;
        let mut free = packed.as_chunks_mut::<LANES>().0;
        for (index, stage) in network.stages().iter().enumerate() {
            let (own, rest) = free.split_at_mut_checked(packed_groups(stage)).unwrap_or_default();
            free = rest;
            let kernel = genome.get(stage.kernel()).unwrap_or(&[]);
            let bias = genome.get(stage.bias()).unwrap_or(&[]);
            if index == 0 {
                pack::<WIDTH>(stage, kernel, bias, own);
            } else {
                pack::<1>(stage, kernel, bias, own);
            }
        }
        Ok(Self { network, packed, finite: is_finite(genome) })
    }

    /// The genome whose weights stand in `packed` already, as [`new`](Self::new) left them there for
    /// the same network and width; `finite` is what [`is_finite`](Self::is_finite) said of it.
    ///
    /// # Errors
    /// `packed` is too short.
    #[inline(always)]
    pub fn from_packed(
        network: &'a Network,
        packed: &'a [f32],
        finite: bool,
    ) -> Result<Self, LengthError> {
        LengthError::at_least("packed", Self::packed_length(network), packed.len())?;
        Ok(Self { network, packed, finite })
    }

    /// How long `packed` must be for a network.
    #[must_use]
    pub fn packed_length(network: &Network) -> usize {
        let groups = network.stages().iter().map(packed_groups);
        groups.fold(0, usize::saturating_add).saturating_mul(LANES)
    }

    /// How long `activations` must be for blocks of up to [`BLOCK`] samples.
    #[must_use]
    pub fn activations_length(network: &Network) -> usize {
        widest(network).saturating_mul(2 * BLOCK)
    }

    /// Whether every parameter of the genome is finite.
    #[must_use]
    pub const fn is_finite(&self) -> bool {
        self.finite
    }

    /// The score of a block of at most [`BLOCK`] samples; [`Score::worst`] for a genome with an
    /// infinite or NaN parameter. Bit for bit that of [`crate::fitness::evaluate`].
    ///
    /// # Errors
    /// More samples than [`BLOCK`] or of another width than the network's input, or `activations`
    /// shorter than [`activations_length`](Self::activations_length).
    #[inline(always)]
    pub fn score(
        &self,
        samples: SparseSamples<'_>,
        activations: &mut [f32],
        loss: bool,
    ) -> Result<Score, LengthError> {
        if !self.finite {
            self.check(samples, activations)?;
            return Ok(Score::worst(samples.len() as u32));
        }
        let mut score = Score::default();
        let (rows, stride, free) = self.forward(samples, activations)?;
        // There is room for a row of lane groups for each of BLOCK samples.
        let columns = free.get_mut(..self.network.outputs()).unwrap_or_default();
        score::add_samples(&mut score, rows, stride, columns, samples.labels(), loss);
        Ok(score)
    }

    /// The logits of a block of at most [`BLOCK`] samples, in order; bit for bit those of
    /// [`crate::inference::logits`] if the genome is [finite](Self::is_finite). Of another, nothing
    /// is promised: infinity times a zero that only one of the two skips is NaN.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    #[inline(always)]
    pub fn logits<'s>(
        &self,
        samples: SparseSamples<'_>,
        activations: &'s mut [f32],
    ) -> Result<impl Iterator<Item = &'s [f32]>, LengthError> {
        let (rows, stride, _) = self.forward(samples, activations)?;
        let outputs = self.network.outputs();
        let rows = parts(rows, stride);
        Ok(rows.map(move |row| row.as_flattened().get(..outputs).unwrap_or(&[])))
    }

    /// Checks what the caller gave; returns what there would be to say of `activations`.
    #[inline(always)]
    fn check(
        &self,
        samples: SparseSamples<'_>,
        activations: &[f32],
    ) -> Result<LengthError, LengthError> {
        if samples.len() > BLOCK {
            return Err(LengthError { buffer: "samples", expected: BLOCK, got: samples.len() });
        }
        LengthError::exact("sample", self.network.input().elements(), samples.features())?;
        let needed = LengthError {
            buffer: "activations",
            expected: Self::activations_length(self.network),
            got: activations.len(),
        };
        LengthError::at_least(needed.buffer, needed.expected, needed.got)?;
        Ok(needed)
    }

    /// The outputs of the last layer: a row of so many lane groups for each sample. And the part of
    /// `activations` that is free.
    #[inline(always)]
    fn forward<'s>(
        &self,
        samples: SparseSamples<'_>,
        activations: &'s mut [f32],
    ) -> Result<(&'s [Lanes], usize, &'s mut [Lanes]), LengthError> {
        let count = samples.len();
        let needed = self.check(samples, activations)?;
        let half = needed.expected / 2;
        let (source, target) = activations.split_at_mut_checked(half).ok_or(needed)?;
        let (mut source, mut target) =
            (source.as_chunks_mut::<LANES>().0, target.as_chunks_mut::<LANES>().0);
        let (mut packed, mut stride) = (self.packed.as_chunks::<LANES>().0, 0_usize);
        for (index, stage) in self.network.stages().iter().enumerate() {
            let (own, rest) = packed.split_at_checked(packed_groups(stage)).ok_or(needed)?;
            packed = rest;
            let inputs = stage.input.elements();
            let (kernel, bias) =
                own.split_at_checked(lane_groups(stage).saturating_mul(inputs)).ok_or(needed)?;
            let weights = Weights { kernel, bias, inputs, activation: stage.layer.activation() };
            if index == 0 {
                weights.sparse::<WIDTH>(samples, target);
            } else {
                weights.dense(source, stride, count, target);
            }
            stride = weights.groups();
            (source, target) = (target, source);
        }
        let rows = source.get(..stride.saturating_mul(count)).unwrap_or(&[]);
        Ok((rows, stride, target))
    }
}

/// Packs the weights of one layer as [`Weights`] has them.
#[inline(always)]
fn pack<const WIDTH: usize>(stage: &Stage, kernel: &[f32], bias: &[f32], packed: &mut [Lanes]) {
    let (units, groups) = (units(stage), lane_groups(stage));
    let mut free = packed;
    let mut first = 0_usize;
    while let Some(size) = panel_size::<WIDTH>(groups.saturating_sub(first)) {
        let length = size.saturating_mul(stage.input.elements());
        let (panel, rest) = free.split_at_mut_checked(length).unwrap_or_default();
        free = rest;
        let rows = parts(kernel, units);
        for (to, row) in parts_mut(panel, size).zip(rows) {
            let row = row.get(first.saturating_mul(LANES)..).unwrap_or(&[]);
            pad(to.as_flattened_mut(), row);
        }
        first = first.saturating_add(size);
    }
    pad(free.as_flattened_mut(), bias);
}

/// Copies as much as there is room for, and zeros after it.
#[inline(always)]
fn pad(to: &mut [f32], from: &[f32]) {
    if let Some(from) = from.get(..to.len()) {
        copy(to, from);
    } else {
        to.fill(0.0);
        copy(to, from);
    }
}

/// Outputs of a layer, as the batch sees them: one value per unit.
fn units(stage: &Stage) -> usize {
    match stage.layer {
        Layer::Dense(dense) => dense.units,
    }
}

/// Lane groups that a row of weights or outputs takes.
fn lane_groups(stage: &Stage) -> usize {
    units(stage).div_ceil(LANES)
}

/// Lane groups that the packed kernel and bias take.
fn packed_groups(stage: &Stage) -> usize {
    lane_groups(stage).saturating_mul(stage.input.elements().saturating_add(1))
}

/// Floats of the widest layer's output, padded.
fn widest(network: &Network) -> usize {
    let widths = network.stages().iter().map(|stage| lane_groups(stage).saturating_mul(LANES));
    widths.max().unwrap_or(0)
}
