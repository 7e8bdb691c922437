//! Networks whose weights are integers of few bits while they evolve.
//!
//! A genome stays floats, the *masters*. What is scored, and what runs on a chip, are the integers that they stand for:
//!
//! ```text
//! unit      = the filter's root mean square times a constant of the format, so that scale has 8 significant bits
//! code[i]   = weight[i] / unit, rounded to what the format has
//! bias      = bias / (unit * unit of the input), rounded to 16 bits and a shift that a layer shares
//! sum       = bias + sum over inputs x[i] * code[i]                      integers below 2^23
//! pooled    = the largest sum of each window
//! x'        = (pooled clamped to 0..=8,355,839, times multiplier, + 2^(shift - 1)) >> shift, at most 255
//! ```
//!
//! Inputs are pixels, 0..=255 for 0..=1; activations are 0..=255 for 0 to the layer's range, [`RANGE`] unless
//! [`Formats::with_ranges`] says otherwise, which is their ReLU and its ceiling. `multiplier / 2^shift` is exactly unit times unit of the input over unit of the output. The last layer has one unit for
//! all classes, and its sums are the logits. All of it is exact in 32-bit integers and, but for the product, in 32-bit floats, so lanes
//! of floats compute the same network in any order.
//!
//! The constants are those with the least mean square error for normally distributed weights.

mod format;

pub use format::Format;

use crate::chain::{Chain, Link};
use crate::error::LengthError;
use crate::layers;
use crate::math;
use crate::network::{MAX_LAYERS, Network};
use format::{limited, nearest};

/// The activation that 255 stands for, where nothing else is said.
pub const RANGE: f32 = 8.0;

/// The most layers with weights of a network of integers.
pub const MAX_PACKED_LAYERS: usize = 8;

/// The largest sum that is scaled: larger ones count as this.
pub(crate) const MOST: i32 = (1 << 23) - (1 << 15) - 1;

/// The most bits by which a product is shifted.
const MOST_SHIFT: u32 = 22;

/// Largest magnitude of a bias before it is rounded to 16 bits.
const MOST_BIAS: f32 = (1 << 21) as f32;

/// The formats of the weights of all layers that have some: convolutions and dense layers, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Formats {
    formats: heapless::Vec<Format, MAX_LAYERS>,
    /// The activation of each hidden layer that 255 stands for.
    ranges: [f32; MAX_LAYERS],
}

impl Formats {
    /// Those of a network, a format a layer. `None` where there are not as many as layers with weights, or more than
    /// [`MAX_PACKED_LAYERS`]; where a hidden layer has no ReLU or the last one has it, or is not dense; where a pooling
    /// stands not right behind a convolution.
    // By itself, as a chain takes stack while it is made.
    #[cfg_attr(target_os = "none", inline(never))]
    #[must_use]
    pub fn new(network: &Network, formats: &[Format]) -> Option<Self> {
        let chain = Chain::of(network)?;
        let (last, hidden) = chain.links().split_last()?;
        let fits = chain.links().len() == formats.len();
        let active = !last.relu && hidden.iter().all(|link| link.relu);
        let few = formats.len() <= MAX_PACKED_LAYERS;
        let formats = heapless::Vec::from_slice(formats).ok()?;
        (fits && few && active && is_pooled_once(network))
            .then_some(Self { formats, ranges: [RANGE; MAX_LAYERS] })
    }

    /// The formats, a layer each.
    #[must_use]
    pub fn as_slice(&self) -> &[Format] {
        &self.formats
    }

    /// The same with other ranges: for each hidden layer the activation that 255 stands for, above 0 and finite.
    #[must_use]
    pub fn with_ranges(mut self, ranges: &[f32]) -> Self {
        for (to, range) in self.ranges.iter_mut().zip(ranges) {
            *to = *range;
        }
        self
    }

    /// What an input of 1 of layer number `layer` stands for.
    pub(crate) fn input_unit(&self, layer: usize) -> f32 {
        self.input_range(layer) / 255.0
    }

    fn input_range(&self, layer: usize) -> f32 {
        layer.checked_sub(1).and_then(|before| self.ranges.get(before)).copied().unwrap_or(1.0)
    }
}

/// Whether each pooling stands right behind a convolution, and the last layer with weights is dense.
fn is_pooled_once(network: &Network) -> bool {
    let (mut behind_convolution, mut ends_dense) = (false, false);
    for stage in network.stages() {
        match stage.layer {
            layers::Layer::Conv2d(_) => (behind_convolution, ends_dense) = (true, false),
            layers::Layer::MaxPool2d(_) if !behind_convolution => return false,
            layers::Layer::Dense(_) => (behind_convolution, ends_dense) = (false, true),
            layers::Layer::MaxPool2d(_) | layers::Layer::Flatten(_) => behind_convolution = false,
        }
    }
    ends_dense
}

/// Number of floats of the scales of a network's outputs: those of each filter, [`Scale::FLOATS`].
#[must_use]
pub fn scales_length(network: &Network) -> usize {
    Chain::of(network).map_or(0, |chain| scales_of(&chain))
}

pub(crate) fn scales_of(chain: &Chain) -> usize {
    let filters =
        chain.links().last().map_or(0, |link| link.first_filter.saturating_add(link.filters));
    filters.saturating_mul(Scale::FLOATS)
}

/// What brings the sums of a filter to the input of the next layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The weight that a code of 1 stands for; of the last layer, the logit that a sum of 1 stands for.
    pub unit: f32,
    /// 1 to 255.
    pub multiplier: i32,
    /// 0 to 22.
    pub shift: u32,
    /// By so many bits the bias of the layer was shifted to fit 16 bits.
    pub bias_shift: u32,
}

impl Scale {
    /// Floats of a scale in memory.
    pub const FLOATS: usize = 4;

    /// The scale of a filter, counted through all layers; `None` if `scales` has none.
    #[must_use]
    pub fn of(scales: &[f32], filter: usize) -> Option<Self> {
        let own = scales.as_chunks::<{ Self::FLOATS }>().0.get(filter);
        own.map(|&[unit, multiplier, shift, bias_shift]| Self {
            unit,
            multiplier: multiplier as i32,
            shift: shift as u32,
            bias_shift: bias_shift as u32,
        })
    }

    /// The input of the next layer that a sum becomes, 0 to 255.
    #[must_use]
    #[inline(always)]
    pub const fn scaled(&self, sum: i32) -> i32 {
        let sum = if sum > 0 { sum } else { 0 };
        let sum = if sum < MOST { sum } else { MOST };
        let half = 1_i32.wrapping_shl(self.shift) >> 1;
        let scaled = sum.wrapping_mul(self.multiplier).wrapping_add(half).wrapping_shr(self.shift);
        if scaled < 255 { scaled } else { 255 }
    }
}

/// Writes the integers that a genome stands for: `codes` in the order of the genome, each bias in units of its sum; and
/// the scale of each filter of each layer.
///
/// `genome` and `codes` have [`Network::parameters`] floats, `scales` has [`scales_length`].
///
/// # Errors
/// A slice has the wrong length.
pub fn deploy(
    network: &Network,
    formats: &Formats,
    genome: &[f32],
    codes: &mut [f32],
    scales: &mut [f32],
) -> Result<(), LengthError> {
    LengthError::exact("genome", network.parameters(), genome.len())?;
    LengthError::exact("codes", network.parameters(), codes.len())?;
    LengthError::exact("scales", scales_length(network), scales.len())?;
    if let Some(chain) = Chain::of(network) {
        deploy_chain(&chain, formats, genome, codes, scales);
    }
    Ok(())
}

/// As [`deploy`], of slices of the right length.
// One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
pub(crate) fn deploy_chain(
    chain: &Chain,
    formats: &Formats,
    genome: &[f32],
    codes: &mut [f32],
    scales: &mut [f32],
) {
    let last = chain.links().len().saturating_sub(1);
    for (index, (link, format)) in (0..usize::MAX).zip(chain.links().iter().zip(&formats.formats)) {
        let start = link.first_filter.saturating_mul(Scale::FLOATS);
        let scales = scales.get_mut(start..).unwrap_or_default();
        let codes = codes.get_mut(link.kernel..).unwrap_or_default();
        let layer = Layer {
            link,
            format: *format,
            input: formats.input_unit(index),
            ratio: formats.input_range(index) / formats.input_range(index.saturating_add(1)),
            last: index == last,
        };
        layer.write(genome, codes, scales);
    }
}

/// A layer that is deployed.
struct Layer<'a> {
    link: &'a Link,
    format: Format,
    /// What an input of 1 stands for, and the same as a multiple of that of an output.
    input: f32,
    ratio: f32,
    last: bool,
}

impl Layer<'_> {
    fn write(&self, genome: &[f32], codes: &mut [f32], scales: &mut [f32]) {
        let (kernel, bias) = self.link.weights(genome);
        let (codes, biases) = codes.split_at_mut_checked(kernel.len()).unwrap_or_default();
        let scales = scales.as_chunks_mut::<{ Scale::FLOATS }>().0;
        let input = self.input;
        let common = self.format.unit() * root_mean_square(kernel.iter());
        let mut largest = 0.0;
        for (filter, (scale, bias)) in (0..usize::MAX).zip(scales.iter_mut().zip(bias)) {
            let column = || kernel.iter().skip(filter).step_by(self.link.filters.max(1));
            let (unit, multiplier, shift) = if self.last {
                (common, 1.0, 0.0)
            } else {
                self.scale(self.format.unit() * root_mean_square(column()))
            };
            let to = codes.iter_mut().skip(filter).step_by(self.link.filters.max(1));
            let inverse = 1.0 / unit;
            for (code, weight) in to.zip(column()) {
                *code = self.format.code(*weight * inverse);
            }
            let bias = limited(bias / (unit * input), MOST_BIAS);
            if let Some(to) = biases.get_mut(filter) {
                *to = bias;
            }
            let magnitude = if bias < 0.0 { -bias } else { bias };
            largest = if magnitude > largest { magnitude } else { largest };
            *scale = [if self.last { unit * input } else { unit }, multiplier, shift, 0.0];
        }
        let (mut step, mut bias_shift) = (1.0, 0.0);
        while largest > 32_767.0 * step {
            (step, bias_shift) = (step + step, bias_shift + 1.0);
        }
        for (bias, [.., shift]) in biases.iter_mut().zip(scales).take(self.link.filters) {
            *bias = step * nearest(*bias / step);
            *shift = bias_shift;
        }
    }

    /// The unit, the multiplier and the shift of a filter whose unit should be about `wanted`.
    fn scale(&self, wanted: f32) -> (f32, f32, f32) {
        let (mut multiplier, mut shift, mut power) = (wanted * self.ratio, 0_u32, 1.0);
        while multiplier < 128.0 && shift < MOST_SHIFT {
            (multiplier, power) = (2.0 * multiplier, 2.0 * power);
            shift = shift.saturating_add(1);
        }
        // The product of the largest sum fits 31 bits, and the sum itself 24.
        let sum = self.link.inputs() as f32 * self.format.mean() * 255.0 + MOST_BIAS;
        let most = 2_147_000_000.0 / if sum < MOST as f32 { MOST as f32 } else { sum };
        while multiplier > most + 0.5 && shift > 0 {
            (multiplier, power) = (0.5 * multiplier, 0.5 * power);
            shift = shift.saturating_sub(1);
        }
        let rounded = nearest(multiplier);
        let rounded = if rounded > 1.0 { limited(rounded, 255.0) } else { 1.0 };
        (rounded / power / self.ratio, rounded, shift as f32)
    }
}

/// The root of the mean square, at least 0.000001.
fn root_mean_square<'w>(weights: impl Iterator<Item = &'w f32>) -> f32 {
    let (mut sum, mut count) = (0.0, 0.0);
    for weight in weights {
        (sum, count) = (sum + weight * weight, count + 1.0);
    }
    let root = if count > 0.0 { math::sqrt(sum / count) } else { 0.0 };
    if root > 1e-6 { root } else { 1e-6 }
}
