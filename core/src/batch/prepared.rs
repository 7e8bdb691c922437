//! A genome made ready for many samples, and its scores.

use super::encode::SparseSamples;
use super::layer::{PackedLayer, lane_groups, row_length};
use super::{CHUNK, LANES, Lanes, score};
use crate::error::LengthError;
use crate::fitness::{Score, is_finite};
use crate::layers::Layer;
use crate::network::{Network, Stage};
use crate::slices::parts;

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
    /// A slice has the wrong length, or a layer is not dense.
    #[inline(always)]
    pub fn new(
        network: &'a Network,
        genome: &[f32],
        packed: &'a mut [f32],
    ) -> Result<Self, LengthError> {
        all_dense(network)?;
        LengthError::exact("genome", network.parameters(), genome.len())?;
        LengthError::at_least("packed", Self::packed_length(network), packed.len())?;
        let mut free = &mut *packed;
        for (index, stage) in (0..usize::MAX).zip(network.stages()) {
            let (own, rest) = free.split_at_mut_checked(packed_length(stage)).unwrap_or_default();
            free = rest;
            let kernel = genome.get(stage.kernel()).unwrap_or(&[]);
            let bias = genome.get(stage.bias()).unwrap_or(&[]);
            let (inputs, activation) = (stage.input.elements(), stage.layer.activation());
            if index == 0 {
                PackedLayer::<WIDTH>::new(inputs, kernel, bias, activation, own)?;
            } else {
                PackedLayer::<1>::new(inputs, kernel, bias, activation, own)?;
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

    /// Number of floats that `packed` must have for a network.
    #[must_use]
    pub fn packed_length(network: &Network) -> usize {
        network.stages().iter().map(packed_length).fold(0, usize::saturating_add)
    }

    /// Number of floats that `activations` must have.
    #[must_use]
    pub fn activations_length(network: &Network) -> usize {
        widest(network).saturating_mul(2 * CHUNK)
    }

    /// Whether every parameter of the genome is finite.
    #[must_use]
    pub const fn is_finite(&self) -> bool {
        self.finite
    }

    /// Adds the score of at most [`CHUNK`] samples to that of a block of [`BLOCK`](crate::fitness::BLOCK); of
    /// a genome with an infinite or NaN parameter [`Score::worst`]. Chunk after chunk of a block in order
    /// gives bit for bit the score of [`crate::fitness::evaluate`].
    ///
    /// # Errors
    /// More samples than [`CHUNK`] or of another width than the network's input, or `activations`
    /// shorter than [`activations_length`](Self::activations_length).
    #[inline(always)]
    pub fn score(
        &self,
        samples: SparseSamples<'_>,
        activations: &mut [f32],
        loss: bool,
        score: &mut Score,
    ) -> Result<(), LengthError> {
        if !self.finite {
            self.check(samples, activations)?;
            score.add_block(Score::worst(samples.len() as u32));
            return Ok(());
        }
        let (rows, stride, free) = self.forward(samples, activations)?;
        // There is room for a row of lane groups for each of CHUNK samples.
        let columns = free.get_mut(..self.network.outputs()).unwrap_or_default();
        score::add_samples(score, rows, stride, columns, samples.labels(), loss);
        Ok(())
    }

    /// The logits of at most [`CHUNK`] samples, in order; bit for bit those of
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

    /// Checks the caller's slices; returns the error that a too short `activations` would give.
    #[inline(always)]
    fn check(
        &self,
        samples: SparseSamples<'_>,
        activations: &[f32],
    ) -> Result<LengthError, LengthError> {
        if samples.len() > CHUNK {
            return Err(LengthError { buffer: "samples", expected: CHUNK, got: samples.len() });
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

    /// Returns the outputs of the last layer, the number of lane groups in the row of each sample, and the
    /// unused part of `activations`.
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
        let (mut packed, mut stride) = (self.packed, 0_usize);
        for (index, stage) in (0..usize::MAX).zip(self.network.stages()) {
            let (own, rest) = packed.split_at_checked(packed_length(stage)).ok_or(needed)?;
            packed = rest;
            let (inputs, units) = (stage.input.elements(), units(stage));
            let activation = stage.layer.activation();
            if index == 0 {
                let layer = PackedLayer::<WIDTH>::from_packed(inputs, units, activation, own)?;
                layer.weights().sparse::<WIDTH>(samples, None, target);
            } else {
                let layer = PackedLayer::<1>::from_packed(inputs, units, activation, own)?;
                layer.weights().dense(source, stride, count, target);
            }
            stride = lane_groups(units);
            (source, target) = (target, source);
        }
        let rows = source.get(..stride.saturating_mul(count)).unwrap_or(&[]);
        Ok((rows, stride, target))
    }
}

/// Floats that the packed weights of a layer take.
fn packed_length(stage: &Stage) -> usize {
    // The width does not show in the length.
    PackedLayer::<1>::packed_length(stage.input.elements(), units(stage))
}

/// Outputs of a layer.
const fn units(stage: &Stage) -> usize {
    stage.output.elements()
}

/// Checks that all layers are dense: others go by [`super::Groups`].
fn all_dense(network: &Network) -> Result<(), LengthError> {
    let other = |stage: &Stage| !matches!(stage.layer, Layer::Dense(_));
    let some = usize::from(network.stages().iter().any(other));
    LengthError::exact("layers that are not dense", 0, some)
}

/// Floats of the widest layer's output, padded.
fn widest(network: &Network) -> usize {
    network.stages().iter().map(|stage| row_length(units(stage))).max().unwrap_or(0)
}
