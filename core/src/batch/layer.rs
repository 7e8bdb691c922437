//! One dense layer with packed weights, over many samples.

use super::encode::SparseSamples;
use super::kernel::{Weights, panel_size};
use super::{CHUNK, LANES, Lanes};
use crate::error::LengthError;
use crate::layers::Activation;
use crate::slices::{copy, parts, parts_mut};

/// A dense layer whose weights are packed in the caller's buffer panel by panel, in whole lane groups,
/// padded with zeros. The padding never shows.
///
/// `WIDTH` is the largest number of lane groups in a panel: 1, 2, 4 or 8. A layer over the non-zero values
/// of samples ([`sparse`](Self::sparse)) takes the width of the instruction set, a layer over all
/// outputs of the one before ([`dense`](PackedLayer::dense)) 1.
///
/// Each output is `activation(sum over i of x[i] * kernel[i][o] + bias[o])`, summed in the order of the inputs,
/// the bias last: bit for bit the sum of [`crate::inference`]. With [`Activation::Linear`] or
/// [`Activation::Softmax`] the outputs are the sums themselves.
#[derive(Debug, Clone, Copy)]
pub struct PackedLayer<'a, const WIDTH: usize> {
    weights: Weights<'a>,
}

impl<'a, const WIDTH: usize> PackedLayer<'a, WIDTH> {
    /// Packs a kernel `[inputs][bias.len()]` and its bias. `packed` has at least
    /// [`packed_length`](Self::packed_length) floats.
    ///
    /// # Errors
    /// A slice has the wrong length.
    #[inline(always)]
    pub fn new(
        inputs: usize,
        kernel: &[f32],
        bias: &[f32],
        activation: Activation,
        packed: &'a mut [f32],
    ) -> Result<Self, LengthError> {
        let units = bias.len();
        LengthError::exact("kernel", inputs.saturating_mul(units), kernel.len())?;
        LengthError::at_least("packed", Self::packed_length(inputs, units), packed.len())?;
        pack::<WIDTH>(inputs, kernel, bias, packed.as_chunks_mut::<LANES>().0);
        Self::from_packed(inputs, units, activation, packed)
    }

    /// The layer whose weights [`new`](Self::new) left in `packed`, for the same lengths and width.
    ///
    /// # Errors
    /// `packed` is too short.
    #[inline(always)]
    pub fn from_packed(
        inputs: usize,
        units: usize,
        activation: Activation,
        packed: &'a [f32],
    ) -> Result<Self, LengthError> {
        let (expected, got) = (Self::packed_length(inputs, units), packed.len());
        let short = LengthError { buffer: "packed", expected, got };
        let packed = packed.get(..expected).ok_or(short)?.as_chunks::<LANES>().0;
        let rows = lane_groups(units).saturating_mul(inputs);
        let (kernel, bias) = packed.split_at_checked(rows).ok_or(short)?;
        Ok(Self { weights: Weights { kernel, bias, inputs, activation } })
    }

    /// Number of floats that the packed weights take; saturating.
    #[must_use]
    pub const fn packed_length(inputs: usize, units: usize) -> usize {
        row_length(units).saturating_mul(inputs.saturating_add(1))
    }

    /// The outputs of at most [`CHUNK`] samples, a row of [`row_length`] floats each. What stands after
    /// a row's outputs is arbitrary. With `wanted`, a flag for each sample, only the rows of wanted samples
    /// are written.
    ///
    /// # Errors
    /// More samples than [`CHUNK`] or of another width than the inputs, `outputs` too short.
    #[inline(always)]
    pub fn sparse(
        &self,
        samples: SparseSamples<'_>,
        wanted: Option<&[bool]>,
        outputs: &mut [f32],
    ) -> Result<(), LengthError> {
        if samples.len() > CHUNK {
            return Err(LengthError { buffer: "samples", expected: CHUNK, got: samples.len() });
        }
        LengthError::exact("sample", self.weights.inputs, samples.features())?;
        let needed = self.groups().saturating_mul(LANES).saturating_mul(samples.len());
        LengthError::at_least("outputs", needed, outputs.len())?;
        self.weights.sparse::<WIDTH>(samples, wanted, outputs.as_chunks_mut::<LANES>().0);
        Ok(())
    }

    /// Lane groups of a row of outputs.
    pub(super) const fn groups(&self) -> usize {
        self.weights.groups()
    }

    /// The packed weights, whose loops check nothing: they skip what a short slice lacks.
    pub(super) const fn weights(&self) -> Weights<'a> {
        self.weights
    }
}

impl PackedLayer<'_, 1> {
    /// The outputs of `samples` samples, whose inputs stand in rows of `stride` floats, a multiple of
    /// [`LANES`](super::LANES) that is at least the number of inputs. `outputs` as in [`sparse`](Self::sparse).
    ///
    /// # Errors
    /// `stride` is not allowed, or a slice is too short.
    #[inline(always)]
    pub fn dense(
        &self,
        inputs: &[f32],
        stride: usize,
        samples: usize,
        outputs: &mut [f32],
    ) -> Result<(), LengthError> {
        LengthError::at_least("stride", row_length(self.weights.inputs), stride)?;
        LengthError::exact("stride", stride / LANES * LANES, stride)?;
        LengthError::at_least("inputs", stride.saturating_mul(samples), inputs.len())?;
        let needed = self.groups().saturating_mul(LANES).saturating_mul(samples);
        LengthError::at_least("outputs", needed, outputs.len())?;
        let inputs = inputs.as_chunks::<LANES>().0;
        let outputs = outputs.as_chunks_mut::<LANES>().0;
        self.weights.dense(inputs, stride / LANES, samples, outputs);
        Ok(())
    }
}

/// Number of floats in a row of outputs: whole lane groups; saturating.
#[must_use]
pub const fn row_length(units: usize) -> usize {
    crate::slices::row_length(units)
}

/// Lane groups that a row of weights or outputs takes.
pub(super) const fn lane_groups(units: usize) -> usize {
    units.div_ceil(LANES)
}

/// Packs the weights of one layer as [`Weights`] has them.
#[inline(always)]
fn pack<const WIDTH: usize>(inputs: usize, kernel: &[f32], bias: &[f32], packed: &mut [Lanes]) {
    let groups = lane_groups(bias.len());
    let mut free = packed;
    let mut first = 0_usize;
    while let Some(size) = panel_size::<WIDTH>(groups.saturating_sub(first)) {
        let (panel, rest) =
            free.split_at_mut_checked(size.saturating_mul(inputs)).unwrap_or_default();
        free = rest;
        let rows = parts(kernel, bias.len());
        for (to, row) in parts_mut(panel, size).zip(rows) {
            let row = row.get(first.saturating_mul(LANES)..).unwrap_or(&[]);
            pad(to.as_flattened_mut(), row);
        }
        first = first.saturating_add(size);
    }
    let own = free.get_mut(..groups).unwrap_or_default();
    pad(own.as_flattened_mut(), bias);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Entry, List, encode, tiles};
    use crate::layers::dense::weighted_sums;
    extern crate std;
    use std::vec;

    /// Whole numbers, so that every sum is exact: the outputs of both kinds against the oracle's.
    fn compare<const WIDTH: usize>(inputs: usize, units: usize, samples: usize) {
        let whole = |i: usize| (i * 7 % 11) as f32 - 5.0;
        let kernel: vec::Vec<f32> = (0..inputs * units).map(whole).collect();
        let bias: vec::Vec<f32> = (0..units).map(whole).collect();
        let stride = row_length(inputs);
        let rows: vec::Vec<f32> = (0..samples * stride).map(whole).collect();
        let mut tight = vec![];
        for row in rows.chunks(stride) {
            tight.extend_from_slice(&row[..inputs]);
        }
        let (mut lists, mut starts) = (vec![List::default(); samples * tiles(inputs)], [0; 2]);
        let mut entries = vec![Entry::default(); tight.len()];
        let labels = vec![0; samples];
        encode(&tight, inputs, &mut starts, &mut lists, &mut entries).unwrap();
        let sparse = SparseSamples::new(inputs, &starts, &lists, &entries, &labels).unwrap();

        let mut packed = vec![f32::NAN; PackedLayer::<WIDTH>::packed_length(inputs, units)];
        let mut first = vec![f32::NAN; samples * row_length(units)];
        let layer =
            PackedLayer::<WIDTH>::new(inputs, &kernel, &bias, Activation::Linear, &mut packed);
        layer.unwrap().sparse(sparse, None, &mut first).unwrap();
        let mut packed = vec![f32::NAN; PackedLayer::<1>::packed_length(inputs, units)];
        let mut later = vec![f32::NAN; samples * row_length(units)];
        let layer = PackedLayer::<1>::new(inputs, &kernel, &bias, Activation::Relu, &mut packed);
        layer.unwrap().dense(&rows, stride, samples, &mut later).unwrap();
        let mut expected = vec![0.0; units];
        for (sample, input) in tight.chunks(inputs).enumerate() {
            let start = sample * row_length(units);
            weighted_sums(input, &kernel, &bias, &mut expected);
            assert_eq!(first[start..start + units], expected, "sums of sample {sample}");
            Activation::Relu.apply(&mut expected);
            assert_eq!(later[start..start + units], expected, "activations of sample {sample}");
        }
    }

    #[test]
    fn sums_and_activations_equal_the_oracle() {
        for (inputs, units, samples) in [(1, 1, 1), (3, 17, 5), (85, 130, 4), (20, 16, 33)] {
            compare::<1>(inputs, units, samples);
            compare::<2>(inputs, units, samples);
            compare::<4>(inputs, units, samples);
            compare::<8>(inputs, units, samples);
        }
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let mut packed = [0.0; 48];
        assert_eq!(PackedLayer::<1>::packed_length(2, 3), 48);
        let new = |kernel: usize, packed: &mut [f32]| {
            let kernel = vec![1.0; kernel];
            PackedLayer::<1>::new(2, &kernel, &[1.0; 3], Activation::Linear, packed).is_ok()
        };
        assert!(new(6, &mut packed));
        assert!(!new(5, &mut packed));
        assert!(!new(6, &mut packed[1..]));
        let layer = PackedLayer::<1>::from_packed(2, 3, Activation::Linear, &packed).unwrap();
        assert!(layer.dense(&[0.0; 16], 16, 1, &mut [0.0; 16]).is_ok());
        assert!(layer.dense(&[0.0; 16], 15, 1, &mut [0.0; 16]).is_err());
        assert!(layer.dense(&[0.0; 17], 17, 1, &mut [0.0; 16]).is_err());
        assert!(layer.dense(&[0.0; 15], 16, 1, &mut [0.0; 16]).is_err());
        assert!(layer.dense(&[0.0; 16], 16, 1, &mut [0.0; 15]).is_err());
        let list = [List::default()];
        let one = SparseSamples::new(1, &[0, 0], &list, &[], &[0]).unwrap();
        assert!(layer.sparse(one, None, &mut [0.0; 16]).is_err());
    }
}
