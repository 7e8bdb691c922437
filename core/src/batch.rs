//! Many samples through a network: the fast path, with the bits of [`crate::inference`].
//!
//! Three things make it fast, and none of them shows in a result:
//! - samples are encoded once as lists of their non-zero values ([`encode`], [`SparseSamples`]),
//!   and the first layer visits only those;
//! - outputs are computed in panels of [`LANES`] times 1, 2, 4 or 8, whose accumulators stay in
//!   vector registers. Lanes run across outputs and each output keeps its one accumulator, so the
//!   vector width changes no sum;
//! - later layers take four samples at a time, so that the additions of one do not wait for
//!   those of another.
//!
//! The functions that do the work are `#[inline(always)]` and free of intrinsics: the caller
//! compiles them for an instruction set by calling them from a function with that
//! `#[target_feature]`, and says with `WIDTH` how many times [`LANES`] accumulators its registers
//! can hold: 8 for AVX-512, 4 for AVX2, 2 for SSE2 or NEON. Buffers should be aligned to 64 bytes;
//! it is not needed, but faster.

use crate::copy;
use crate::error::LengthError;
use crate::fitness::{BLOCK, Score, is_finite};
use crate::inference::{Feature, argmax};
use crate::layers::Layer;
use crate::network::{Network, Stage};
use core::fmt;
use core::ops::Range;

/// How many outputs a lane group has: 64 bytes of `f32`.
pub const LANES: usize = 16;

type Lanes = [f32; LANES];

/// Samples as lists of their non-zero values, and their labels.
#[derive(Debug, Clone, Copy)]
pub struct SparseSamples<'a> {
    starts: &'a [u32],
    indices: &'a [u16],
    values: &'a [f32],
    labels: &'a [u8],
}

impl<'a> SparseSamples<'a> {
    /// Joins what [`encode`] wrote with the labels.
    ///
    /// `starts` has one element more than `labels`; sample `i` is the pairs of `indices` and
    /// `values` from `starts[i]` to `starts[i + 1]`.
    ///
    /// # Errors
    /// A slice has the wrong length.
    pub fn new(
        starts: &'a [u32],
        indices: &'a [u16],
        values: &'a [f32],
        labels: &'a [u8],
    ) -> Result<Self, LengthError> {
        LengthError::exact("starts", labels.len().saturating_add(1), starts.len())?;
        let end = starts.last().map_or(0, |&end| end as usize);
        LengthError::at_least("indices", end, indices.len())?;
        LengthError::exact("values", indices.len(), values.len())?;
        Ok(Self { starts, indices, values, labels })
    }

    /// How many samples.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The labels.
    #[must_use]
    pub const fn labels(&self) -> &'a [u8] {
        self.labels
    }

    /// Block number `block` of [`BLOCK`] samples, the last one perhaps shorter; empty past the end.
    #[must_use]
    pub fn block(&self, block: usize) -> Self {
        let first = block.saturating_mul(BLOCK).min(self.len());
        let last = first.saturating_add(BLOCK).min(self.len());
        Self {
            starts: self.starts.get(first..last.saturating_add(1)).unwrap_or(&[0]),
            labels: self.labels.get(first..last).unwrap_or(&[]),
            ..*self
        }
    }

    /// How many blocks there are.
    #[must_use]
    pub const fn blocks(&self) -> usize {
        self.len().div_ceil(BLOCK)
    }

    /// The non-zero values of each sample.
    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = (&'a [u16], &'a [f32])> {
        let (indices, values) = (self.indices, self.values);
        self.starts.iter().zip(self.starts.iter().skip(1)).map(move |(&start, &end)| {
            let range = start as usize..end as usize;
            (indices.get(range.clone()).unwrap_or(&[]), values.get(range).unwrap_or(&[]))
        })
    }
}

/// Encodes samples as lists of their non-zero values.
///
/// `samples` has `features` values a sample; `starts` one element more than there are samples.
/// `indices` and `values` have room for all non-zero values, of which it returns the number.
/// `starts` begins at `first`, which is how a set is encoded block after block: the first block
/// from 0, each of the others from where the one before it ended.
///
/// # Errors
/// Lengths that do not fit, more than 65,536 features, or too little room.
pub fn encode<F: Feature>(
    samples: &[F],
    features: usize,
    first: u32,
    starts: &mut [u32],
    indices: &mut [u16],
    values: &mut [f32],
) -> Result<usize, EncodeError> {
    if features == 0 || features > 1 << 16 {
        return Err(EncodeError::Features { got: features });
    }
    let count = starts.len().saturating_sub(1);
    LengthError::exact("samples", features.saturating_mul(count), samples.len())?;
    LengthError::exact("values", indices.len(), values.len())?;
    let room = indices.len();
    let mut slots = indices.iter_mut().zip(values);
    let (mut used, mut rest) = (0_usize, samples);
    let place = |used: usize| {
        u32::try_from(used)
            .ok()
            .and_then(|used| first.checked_add(used))
            .ok_or(EncodeError::Full { room })
    };
    let Some((start, ends)) = starts.split_first_mut() else { return Ok(0) };
    *start = first;
    for end in ends {
        let Some((sample, following)) = rest.split_at_checked(features) else { break };
        rest = following;
        for (index, feature) in sample.iter().enumerate() {
            let x = feature.value();
            if x != 0.0 {
                let (slot, value) = slots.next().ok_or(EncodeError::Full { room })?;
                (*slot, *value) = (index as u16, x);
                used = used.saturating_add(1);
            }
        }
        *end = place(used)?;
    }
    Ok(used)
}

/// Samples that cannot be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// A sample must have 1 to 65,536 values.
    Features {
        /// How many it has.
        got: usize,
    },
    /// There are more non-zero values than room for them.
    Full {
        /// For how many there was room.
        room: usize,
    },
    /// A slice has the wrong length.
    Length(LengthError),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Features { got } => write!(f, "a sample must have 1 to 65536 values, got {got}"),
            Self::Full { room } => write!(f, "the samples have more than {room} non-zero values"),
            Self::Length(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for EncodeError {}

impl From<LengthError> for EncodeError {
    fn from(error: LengthError) -> Self {
        Self::Length(error)
    }
}

/// A genome made ready for many samples: rows of weights that do not fill whole lane groups are
/// copied to the caller's buffer and padded with zeros. The padding never shows.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<'a> {
    network: &'a Network,
    genome: &'a [f32],
    padded: &'a [f32],
    finite: bool,
}

impl<'a> Prepared<'a> {
    /// How long `padded` must be for a network.
    #[must_use]
    pub fn padded_length(network: &Network) -> usize {
        let lengths = network.stages().iter().map(padded_length);
        lengths.fold(0, usize::saturating_add)
    }

    /// How long `activations` must be for blocks of up to [`BLOCK`] samples.
    #[must_use]
    pub fn activations_length(network: &Network) -> usize {
        2 * BLOCK * widest(network)
    }

    /// Makes a genome ready. `padded` has at least [`Prepared::padded_length`] floats.
    ///
    /// # Errors
    /// A slice has the wrong length.
    pub fn new(
        network: &'a Network,
        genome: &'a [f32],
        padded: &'a mut [f32],
    ) -> Result<Self, LengthError> {
        LengthError::exact("genome", network.parameters(), genome.len())?;
        LengthError::at_least("padded", Self::padded_length(network), padded.len())?;
        let mut free = &mut *padded;
        for stage in network.stages() {
            let Some((rows, rest)) = free.split_at_mut_checked(padded_length(stage)) else { break };
            free = rest;
            let mut kernel = genome.get(stage.kernel()).unwrap_or(&[]);
            for row in rows.as_chunks_mut::<LANES>().0.chunks_mut(lane_groups(stage)) {
                let Some((weights, rest)) = kernel.split_at_checked(units(stage)) else { break };
                kernel = rest;
                let row = row.as_flattened_mut();
                row.fill(0.0);
                copy(row, weights);
            }
        }
        Ok(Self { network, genome, padded, finite: is_finite(genome) })
    }

    /// The score of a block of at most [`BLOCK`] samples; [`Score::worst`] for a genome with an
    /// infinite or NaN parameter.
    ///
    /// # Errors
    /// More samples than [`BLOCK`], or `activations` shorter than
    /// [`Prepared::activations_length`].
    #[inline(always)]
    pub fn score<const WIDTH: usize>(
        &self,
        samples: SparseSamples<'_>,
        activations: &mut [f32],
        loss: bool,
    ) -> Result<Score, LengthError> {
        if !self.finite {
            return Ok(Score::worst(samples.len() as u32));
        }
        let mut score = Score::default();
        let logits = self.logits::<WIDTH>(samples, activations)?;
        for (logits, &label) in logits.zip(samples.labels()) {
            score.add_sample(logits, label, loss);
        }
        Ok(score)
    }

    /// The class of each of at most [`BLOCK`] samples, written to the front of `classes`.
    ///
    /// # Errors
    /// As [`Prepared::score`], or `classes` shorter than the samples are many.
    #[inline(always)]
    pub fn classes<const WIDTH: usize>(
        &self,
        samples: SparseSamples<'_>,
        activations: &mut [f32],
        classes: &mut [u16],
    ) -> Result<(), LengthError> {
        LengthError::at_least("classes", samples.len(), classes.len())?;
        let logits = self.logits::<WIDTH>(samples, activations)?;
        for (class, logits) in classes.iter_mut().zip(logits) {
            *class = argmax(logits) as u16;
        }
        Ok(())
    }

    /// The logits of at most [`BLOCK`] samples, in order; bit for bit those of
    /// [`crate::inference::logits`].
    ///
    /// # Errors
    /// More samples than [`BLOCK`], or `activations` shorter than
    /// [`Prepared::activations_length`].
    #[inline(always)]
    pub fn logits<'s, const WIDTH: usize>(
        &self,
        samples: SparseSamples<'_>,
        activations: &'s mut [f32],
    ) -> Result<impl Iterator<Item = &'s [f32]>, LengthError> {
        if samples.len() > BLOCK {
            return Err(LengthError { buffer: "samples", expected: BLOCK, got: samples.len() });
        }
        let needed = LengthError {
            buffer: "activations",
            expected: Self::activations_length(self.network),
            got: activations.len(),
        };
        LengthError::at_least(needed.buffer, needed.expected, needed.got)?;
        let half = BLOCK * widest(self.network);
        let (source, target) = activations.split_at_mut_checked(half).ok_or(needed)?;
        let (mut source, mut target) =
            (source.as_chunks_mut::<LANES>().0, target.as_chunks_mut::<LANES>().0);
        let (mut padded, mut width) = (self.padded, 1);
        for (index, stage) in self.network.stages().iter().enumerate() {
            let (own, rest) =
                padded.split_at_checked(padded_length(stage)).unwrap_or((&[], padded));
            padded = rest;
            let kernel =
                if own.is_empty() { self.genome.get(stage.kernel()).unwrap_or(&[]) } else { own };
            let weights = Weights {
                rows: kernel.as_chunks::<LANES>().0,
                groups: lane_groups(stage),
                bias: self.genome.get(stage.bias()).unwrap_or(&[]),
            };
            let inputs = stage.input.elements();
            if index == 0 {
                weights.sparse::<WIDTH>(samples, target);
            } else {
                weights.dense(source, width, inputs, samples.len(), target);
            }
            width = lane_groups(stage);
            let outputs = target.get_mut(..width * samples.len()).unwrap_or_default();
            stage.layer.activation().apply(outputs.as_flattened_mut());
            (source, target) = (target, source);
        }
        let (outputs, source) = (self.network.outputs(), &*source);
        Ok(source
            .chunks(if width == 0 { 1 } else { width })
            .take(samples.len())
            .map(move |row| row.as_flattened().get(..outputs).unwrap_or(&[])))
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

/// Floats that the padded kernel takes; 0 where its rows fill whole lane groups as they are.
fn padded_length(stage: &Stage) -> usize {
    if units(stage).is_multiple_of(LANES) {
        0
    } else {
        stage.input.elements().saturating_mul(lane_groups(stage)).saturating_mul(LANES)
    }
}

/// Floats of the widest layer's output, padded.
fn widest(network: &Network) -> usize {
    let widths = network.stages().iter().map(|stage| lane_groups(stage) * LANES);
    widths.max().unwrap_or(0)
}

/// The weights of a dense layer in rows of whole lane groups.
#[derive(Clone, Copy)]
struct Weights<'a> {
    rows: &'a [Lanes],
    groups: usize,
    bias: &'a [f32],
}

impl Weights<'_> {
    /// The first layer: for each sample the weighted sum of the rows of its non-zero values.
    #[inline(always)]
    fn sparse<const WIDTH: usize>(self, samples: SparseSamples<'_>, outputs: &mut [Lanes]) {
        for ((indices, values), output) in samples.iter().zip(outputs.chunks_mut(self.groups)) {
            let mut panels = Panels::new(self.groups);
            while let Some((range, size)) = panels.next::<WIDTH>() {
                match size {
                    8 => self.sparse_panel::<8>(indices, values, range, output),
                    4 => self.sparse_panel::<4>(indices, values, range, output),
                    2 => self.sparse_panel::<2>(indices, values, range, output),
                    _ => self.sparse_panel::<1>(indices, values, range, output),
                }
            }
        }
    }

    #[inline(always)]
    fn sparse_panel<const L: usize>(
        self,
        indices: &[u16],
        values: &[f32],
        panel: Range<usize>,
        output: &mut [Lanes],
    ) {
        let rows = self.rows.get(panel.start..).unwrap_or(&[]);
        let mut sums = [[0.0; LANES]; L];
        for (&index, &x) in indices.iter().zip(values) {
            let start = usize::from(index) * self.groups;
            if let Some(row) = rows.get(start..).and_then(|rows| rows.first_chunk::<L>()) {
                multiply_add(&mut sums, row, x);
            }
        }
        self.finish(&sums, panel.start, output);
    }

    /// A later layer: each sample's `inputs` values, in rows of `stride` lane groups.
    #[inline(always)]
    fn dense(
        self,
        source: &[Lanes],
        stride: usize,
        inputs: usize,
        samples: usize,
        outputs: &mut [Lanes],
    ) {
        let source = source.get(..stride * samples).unwrap_or(&[]);
        for (four, outputs) in source.chunks(4 * stride).zip(outputs.chunks_mut(4 * self.groups)) {
            // Where fewer than four samples are left, the first stands in for the others.
            let sample = |index: usize| {
                let row = four.get(index * stride..(index + 1) * stride);
                let row = row.or(four.get(..stride)).unwrap_or(&[]).as_flattened();
                row.get(..inputs).unwrap_or(&[])
            };
            let x = [sample(0), sample(1), sample(2), sample(3)];
            for group in 0..self.groups {
                self.dense_group(x, group, outputs);
            }
        }
    }

    /// One lane group of outputs for four samples: four accumulators, which is enough to hide the
    /// latency of an addition.
    #[inline(always)]
    fn dense_group(self, x: [&[f32]; 4], group: usize, outputs: &mut [Lanes]) {
        let rows = self.rows.get(group..).unwrap_or(&[]);
        let mut sums = [[0.0; LANES]; 4];
        let [a, b, c, d] = x;
        let samples = a.iter().zip(b).zip(c.iter().zip(d));
        for (input, ((&a, &b), (&c, &d))) in samples.enumerate() {
            if let Some(row) = rows.get(input * self.groups) {
                multiply_add_samples(&mut sums, row, [a, b, c, d]);
            }
        }
        // Written out: a loop over the accumulators would keep them in memory.
        let [sum_a, sum_b, sum_c, sum_d] = sums;
        let mut outputs = outputs.chunks_mut(self.groups);
        self.finish(&[sum_a], group, outputs.next().unwrap_or_default());
        self.finish(&[sum_b], group, outputs.next().unwrap_or_default());
        self.finish(&[sum_c], group, outputs.next().unwrap_or_default());
        self.finish(&[sum_d], group, outputs.next().unwrap_or_default());
    }

    /// Stores sums and the bias after them, from lane group `first` of an output row on; padding
    /// lanes keep their zero.
    #[inline(always)]
    fn finish<const L: usize>(self, sums: &[Lanes; L], first: usize, row: &mut [Lanes]) {
        let Some(output) = row.get_mut(first..).and_then(|row| row.first_chunk_mut::<L>()) else {
            return;
        };
        *output = *sums;
        let bias = self.bias.get(first * LANES..).unwrap_or(&[]);
        for (to, b) in output.as_flattened_mut().iter_mut().zip(bias) {
            *to += *b;
        }
    }
}

/// `sums[o] += x * row[o]`: one multiplication, one addition, never fused.
///
/// The groups are written out, as the optimiser would leave a loop over them rolled, and an
/// accumulator with a variable index lives in memory instead of a register.
#[inline(always)]
fn multiply_add<const L: usize>(sums: &mut [Lanes; L], row: &[Lanes; L], x: f32) {
    let mut group = |index: usize| {
        if let (Some(sums), Some(weights)) = (sums.get_mut(index), row.get(index)) {
            multiply_add_group(sums, weights, x);
        }
    };
    group(0);
    group(1);
    group(2);
    group(3);
    group(4);
    group(5);
    group(6);
    group(7);
}

/// `sums[s][o] += x[s] * row[o]`, written out for the reason of [`multiply_add`].
#[inline(always)]
fn multiply_add_samples(sums: &mut [Lanes; 4], row: &Lanes, x: [f32; 4]) {
    let mut sample = |index: usize| {
        if let (Some(sums), Some(&x)) = (sums.get_mut(index), x.get(index)) {
            multiply_add_group(sums, row, x);
        }
    };
    sample(0);
    sample(1);
    sample(2);
    sample(3);
}

/// One lane group of [`multiply_add`].
#[inline(always)]
fn multiply_add_group(sums: &mut Lanes, weights: &Lanes, x: f32) {
    for (sum, weight) in sums.iter_mut().zip(weights) {
        *sum += x * *weight;
    }
}

/// Splits lane groups into panels of 8, 4, 2 and 1 that fit the registers.
struct Panels {
    next: usize,
    groups: usize,
}

impl Panels {
    #[inline(always)]
    const fn new(groups: usize) -> Self {
        Self { next: 0, groups }
    }

    #[inline(always)]
    fn next<const WIDTH: usize>(&mut self) -> Option<(Range<usize>, usize)> {
        let left = self.groups - self.next;
        let size = match left {
            0 => return None,
            8.. if WIDTH >= 8 => 8,
            4.. if WIDTH >= 4 => 4,
            2.. if WIDTH >= 2 => 2,
            _ => 1,
        };
        let start = self.next;
        self.next += size;
        Some((start..self.next, size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fitness;
    use crate::inference;
    use crate::layers::Activation;
    use crate::network::Shape;
    use crate::network::tests::dense;
    use crate::rng::{self, Purpose};
    extern crate std;
    use std::vec;
    use std::vec::Vec;

    /// Samples with about 80 % zeros, and labels.
    fn samples(count: usize, features: usize) -> (Vec<f32>, Vec<u8>) {
        let mut rng = rng::stream(5, 0, 0, Purpose::Show);
        let sparse = |rng: &mut _| if rng::unit(rng) < 0.8 { 0.0 } else { rng::unit(rng) };
        let samples = (0..count * features).map(|_| sparse(&mut rng)).collect();
        let labels = (0..count).map(|_| rng::index(&mut rng, 10) as u8).collect();
        (samples, labels)
    }

    struct Encoded {
        starts: Vec<u32>,
        indices: Vec<u16>,
        values: Vec<f32>,
    }

    fn encoded(samples: &[f32], features: usize) -> Encoded {
        let mut starts = vec![7; samples.len() / features + 1];
        let (mut indices, mut values) = (vec![0; samples.len()], vec![0.0; samples.len()]);
        let used = encode(samples, features, 0, &mut starts, &mut indices, &mut values).unwrap();
        indices.truncate(used);
        values.truncate(used);
        Encoded { starts, indices, values }
    }

    /// Logits of the batch, for one width, as bits.
    fn batch_bits<const WIDTH: usize>(
        network: &Network,
        genome: &[f32],
        samples: SparseSamples<'_>,
    ) -> Vec<u32> {
        let mut padded = vec![f32::NAN; Prepared::padded_length(network)];
        let mut activations = vec![f32::NAN; Prepared::activations_length(network)];
        let prepared = Prepared::new(network, genome, &mut padded).unwrap();
        let mut bits = Vec::new();
        for block in 0..samples.blocks() {
            let logits = prepared.logits::<WIDTH>(samples.block(block), &mut activations).unwrap();
            bits.extend(logits.flatten().map(|x| x.to_bits()));
        }
        bits
    }

    /// The one runner: batch against oracle, for every width, bit for bit.
    fn assert_equals_oracle(network: &Network, genome: &[f32], count: usize) {
        let features = network.input().elements();
        let (samples, labels) = samples(count, features);
        let code = encoded(&samples, features);
        let sparse =
            SparseSamples::new(&code.starts, &code.indices, &code.values, &labels).unwrap();
        let mut scratch = vec![0.0; network.scratch_length()];
        let mut oracle = Vec::new();
        for sample in samples.chunks(features) {
            let logits = inference::logits(network, genome, sample, &mut scratch).unwrap();
            oracle.extend(logits.iter().map(|x| x.to_bits()));
        }
        assert_eq!(batch_bits::<1>(network, genome, sparse), oracle);
        assert_eq!(batch_bits::<2>(network, genome, sparse), oracle);
        assert_eq!(batch_bits::<4>(network, genome, sparse), oracle);
        assert_eq!(batch_bits::<8>(network, genome, sparse), oracle);

        let whole = fitness::evaluate(network, genome, &samples, &labels, &mut scratch, true);
        let mut padded = vec![0.0; Prepared::padded_length(network)];
        let mut activations = vec![0.0; Prepared::activations_length(network)];
        let prepared = Prepared::new(network, genome, &mut padded).unwrap();
        let mut total = Score::default();
        for block in 0..sparse.blocks() {
            total.add_block(
                prepared.score::<8>(sparse.block(block), &mut activations, true).unwrap(),
            );
        }
        assert_eq!(Ok(total), whole);
    }

    fn genome(network: &Network) -> Vec<f32> {
        let mut rng = rng::stream(6, 0, 0, Purpose::Initialise);
        (0..network.parameters()).map(|_| rng::uniform(&mut rng, -1.0, 1.0)).collect()
    }

    #[test]
    fn it_equals_the_oracle_for_every_width_of_the_hidden_layer() {
        for hidden in (1..=40).chain([63, 64, 65, 127, 128, 129, 130, 200]) {
            let layers = [dense(hidden, Activation::Relu), dense(10, Activation::Softmax)];
            let network = Network::new(Shape::flat(30), &layers).unwrap();
            assert_equals_oracle(&network, &genome(&network), 9);
        }
    }

    #[test]
    fn it_equals_the_oracle_for_every_depth_and_count() {
        for depth in 1..=5 {
            let mut layers: Vec<_> = (1..depth).map(|l| dense(12 * l, Activation::Relu)).collect();
            layers.push(dense(18, Activation::Linear));
            let network = Network::new(Shape::flat(20), &layers).unwrap();
            for count in [0, 1, 2, 3, 4, 5, 255, 256, 257, 300] {
                assert_equals_oracle(&network, &genome(&network), count);
            }
        }
    }

    #[test]
    fn it_equals_the_oracle_for_weights_at_the_edges() {
        let layers = [dense(17, Activation::Relu), dense(3, Activation::Softmax)];
        let network = Network::new(Shape::flat(11), &layers).unwrap();
        let edges = [-0.0, 0.0, 1e-45, -1e-45, f32::MIN_POSITIVE, f32::MAX, f32::MIN, 1.0, -1.0];
        let mut rng = rng::stream(7, 0, 0, Purpose::Initialise);
        let genome: Vec<_> =
            (0..network.parameters()).map(|_| edges[rng::index(&mut rng, edges.len())]).collect();
        // Sums can overflow to NaN, whose bits are not promised: compare where there is none.
        let tame: Vec<_> = genome.iter().map(|w| if w.abs() > 1.0 { 1.0 } else { *w }).collect();
        assert_equals_oracle(&network, &tame, 40);
    }

    #[test]
    fn a_genome_that_is_not_finite_gets_the_worst_score() {
        let network = Network::new(Shape::flat(2), &[dense(2, Activation::Softmax)]).unwrap();
        for bad in [f32::NAN, f32::INFINITY] {
            let genome = [0.0, 0.0, 0.0, 0.0, 0.0, bad];
            let mut padded = vec![0.0; Prepared::padded_length(&network)];
            let mut activations = vec![0.0; Prepared::activations_length(&network)];
            let prepared = Prepared::new(&network, &genome, &mut padded).unwrap();
            let samples = SparseSamples::new(&[0, 0, 0], &[], &[], &[0, 1]).unwrap();
            let score = prepared.score::<8>(samples, &mut activations, true);
            assert_eq!(score, Ok(Score::worst(2)));
        }
    }

    #[test]
    fn blocks_encode_as_the_whole_does() {
        let (samples, _) = samples(5, 30);
        let whole = encoded(&samples, 30);
        let (mut starts, mut indices, mut values) = ([0; 3], [0; 150], [0.0; 150]);
        let used = encode(&samples[..60], 30, 0, &mut starts, &mut indices, &mut values).unwrap();
        assert_eq!(starts, whole.starts[..3]);
        let first = used as u32;
        encode(&samples[60..120], 30, first, &mut starts, &mut indices, &mut values).unwrap();
        assert_eq!(starts, whole.starts[2..5]);
    }

    #[test]
    fn what_cannot_be_encoded_is_refused() {
        let (mut starts, mut indices, mut values) = ([0; 2], [0; 1], [0.0; 1]);
        let mut try_encode = |samples: &[f32], features| {
            encode(samples, features, 0, &mut starts, &mut indices, &mut values)
        };
        assert_eq!(try_encode(&[1.0, 1.0], 2), Err(EncodeError::Full { room: 1 }));
        assert_eq!(try_encode(&[1.0], 0), Err(EncodeError::Features { got: 0 }));
        assert_eq!(try_encode(&[1.0], 65_537), Err(EncodeError::Features { got: 65_537 }));
        assert!(matches!(try_encode(&[1.0], 2), Err(EncodeError::Length(_))));
        assert_eq!(try_encode(&[0.0, 1.0], 2), Ok(1));
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let network = Network::new(Shape::flat(2), &[dense(2, Activation::Softmax)]).unwrap();
        assert!(Prepared::new(&network, &[0.0; 5], &mut [0.0; 100]).is_err());
        assert!(Prepared::new(&network, &[0.0; 6], &mut [0.0; 31]).is_err());
        let mut padded = [0.0; 32];
        let prepared = Prepared::new(&network, &[0.0; 6], &mut padded).unwrap();
        let samples = SparseSamples::new(&[0, 0], &[], &[], &[0]).unwrap();
        assert!(prepared.score::<8>(samples, &mut [0.0; 16], false).is_err());
        let (starts, labels) = ([0; 258], [0; 257]);
        let many = SparseSamples::new(&starts, &[], &[], &labels).unwrap();
        let mut activations = vec![0.0; Prepared::activations_length(&network)];
        assert!(prepared.score::<8>(many, &mut activations, false).is_err());
        assert!(SparseSamples::new(&[0, 2], &[0], &[1.0], &[0]).is_err());
        assert!(SparseSamples::new(&[0], &[], &[], &[0]).is_err());
    }
}
