//! Networks whose weights are integers of few bits while they evolve.
//!
//! A genome stays floats, the *masters*. What is scored, and what runs on a chip, are the integers that they stand for:
//!
//! ```text
//! unit      = the filter's root mean square times a constant of the format, moved so that the scale has at most 8 bits
//! code[i]   = weight[i] / unit, rounded to what the format has
//! bias      = bias / (unit * unit of the input), rounded to 16 bits and a shift that a layer shares
//! sum       = bias + sum over inputs x[i] * code[i]                      integers below 2^24
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

mod error;
mod format;

pub use error::{FormatsError, MAX_PACKED_LAYERS};
pub use format::Format;

use crate::chain::{Chain, Link};
use crate::error::LengthError;
use crate::layers::Layer;
use crate::math;
use crate::network::{MAX_LAYERS, Network};
use format::{limited, nearest};

/// The activation that 255 stands for, where nothing else is said.
pub const RANGE: f32 = 8.0;

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
    /// Those of a network, a format for each layer that has weights.
    ///
    /// # Errors
    /// There are not as many, or the network is none that integers have: [`FormatsError`].
    // By itself, as a chain takes stack while it is made.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn new(network: &Network, formats: &[Format]) -> Result<Self, FormatsError> {
        check_stages(network)?;
        let chain = Chain::of(network).ok_or(FormatsError::Layer { layer: 0 })?;
        let expected = chain.links().len();
        if expected != formats.len() {
            return Err(FormatsError::Count { expected, got: formats.len() });
        }
        let last = expected.saturating_sub(1);
        for (layer, (link, format)) in (0..usize::MAX).zip(chain.links().iter().zip(formats)) {
            let (most, got) = (format.most_inputs(), link.inputs());
            if got > most {
                return Err(FormatsError::Inputs { layer, most, got });
            }
            if link.relu == (layer == last) {
                return Err(FormatsError::Activation { layer });
            }
        }
        match heapless::Vec::from_slice(formats) {
            Ok(formats) if expected <= MAX_PACKED_LAYERS => {
                Ok(Self { formats, ranges: [RANGE; MAX_LAYERS] })
            }
            _ => Err(FormatsError::Layers { got: expected }),
        }
    }

    /// The formats, a layer each.
    #[must_use]
    pub fn as_slice(&self) -> &[Format] {
        &self.formats
    }

    /// The same with other ranges: for each hidden layer the activation that 255 stands for. `None` where there are not as
    /// many as hidden layers, or one is not between 1e-20 and 1e20.
    #[must_use]
    pub fn with_ranges(mut self, ranges: &[f32]) -> Option<Self> {
        let fits = ranges.len().checked_add(1) == Some(self.formats.len());
        for (to, range) in self.ranges.iter_mut().zip(ranges) {
            *to = *range;
        }
        (fits && ranges.iter().all(|range| *range > 1e-20 && *range < 1e20)).then_some(self)
    }

    /// Checks that the network can evolve: that lanes of floats hold all its sums.
    ///
    /// # Errors
    /// [`FormatsError::Inputs`]: a layer has too many inputs for its format.
    pub fn check_exact(&self, network: &Network) -> Result<(), FormatsError> {
        let stages = network.stages().iter().filter(|stage| stage.parameters() > 0);
        let last = self.formats.len().saturating_sub(1);
        for (layer, (stage, format)) in (0..usize::MAX).zip(stages.zip(&self.formats)) {
            let weights = stage.layer.kernel_parameters(stage.input).unwrap_or(usize::MAX);
            let got = weights.checked_div(stage.layer.bias_parameters()).unwrap_or(0);
            let most = format.most_exact_inputs(layer == last);
            if got > most {
                return Err(FormatsError::Inputs { layer, most, got });
            }
        }
        Ok(())
    }

    /// Whether the ranges are the usual ones.
    #[must_use]
    pub fn has_usual_ranges(&self) -> bool {
        self.ranges.iter().all(|range| *range == RANGE)
    }

    /// What an input of 1 of layer number `layer` stands for.
    pub(crate) fn input_unit(&self, layer: usize) -> f32 {
        self.input_range(layer) / 255.0
    }

    fn input_range(&self, layer: usize) -> f32 {
        layer.checked_sub(1).and_then(|before| self.ranges.get(before)).copied().unwrap_or(1.0)
    }
}

/// Checks that each pooling stands right behind a convolution, that the last layer is dense, and that a file can say the windows.
fn check_stages(network: &Network) -> Result<(), FormatsError> {
    let (mut can_pool, mut ends_dense) = (false, false);
    let mut count = 0_usize;
    for stage in network.stages() {
        let layer = count;
        count = count.saturating_add(1);
        let window = match stage.layer {
            Layer::Conv2d(conv) => {
                (can_pool, ends_dense) = (true, false);
                conv.window
            }
            Layer::MaxPool2d(pool) if can_pool => {
                (can_pool, ends_dense) = (false, false);
                pool.window
            }
            Layer::MaxPool2d(_) => return Err(FormatsError::Pooling { layer }),
            Layer::Dense(_) => {
                (can_pool, ends_dense) = (false, true);
                continue;
            }
            Layer::Flatten(_) => {
                can_pool = false;
                continue;
            }
        };
        let sizes = [window.size, window.stride];
        if sizes.iter().any(|extent| extent.height > 255 || extent.width > 255) {
            return Err(FormatsError::Layer { layer });
        }
    }
    if ends_dense { Ok(()) } else { Err(FormatsError::Layer { layer: count.saturating_sub(1) }) }
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
        self.scaled_within(if sum < MOST { sum } else { MOST })
    }

    /// [`Self::scaled`] of a sum from 0 to [`MOST`].
    #[inline(always)]
    pub(crate) const fn scaled_within(&self, sum: i32) -> i32 {
        let half = 1_i32.wrapping_shl(self.shift) >> 1;
        let scaled = sum.wrapping_mul(self.multiplier).wrapping_add(half).wrapping_shr(self.shift);
        if scaled < 255 { scaled } else { 255 }
    }

    /// The same for floats: the factor of a sum, and what is added before it is rounded to the nearest whole number, halves
    /// to even. What is added makes a half, which [`Scale::scaled`] rounds up, a little more than a half.
    #[inline(always)]
    pub(crate) const fn factors(&self) -> (f32, f32) {
        // 2^-shift, by its exponent.
        let power = f32::from_bits(127_u32.wrapping_sub(self.shift).wrapping_shl(23));
        (self.multiplier as f32 * power, 0.5 * power)
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
        let layer = Deployed {
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
struct Deployed<'a> {
    link: &'a Link,
    format: Format,
    /// What an input of 1 stands for, and the same as a multiple of that of an output.
    input: f32,
    ratio: f32,
    last: bool,
}

impl Deployed<'_> {
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
                // Not so small that the bias would not fit.
                let least = (if *bias < 0.0 { -*bias } else { *bias }) / (MOST_BIAS * input);
                let own = self.format.unit() * root_mean_square(column());
                self.scale(if own > least { own } else { least })
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

#[cfg(test)]
mod tests;
