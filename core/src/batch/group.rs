//! A lane group of samples through a network with convolutions.

use super::conv::{Convolution, pack};
use super::pool::{Channel, Plain, Pooling, ToChannel};
use super::{LANES, Lanes};
use crate::chain::{Chain, Link};
use crate::deploy::Scale;
use crate::objective::Rows;
use crate::sample::Feature;
use crate::slices::copy;

/// The weights of a network, as [`pack_all`] packs them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weights<'a> {
    pub(crate) packed: &'a [f32],
    /// The scales of all filters, where the weights are codes of integers; else none.
    pub(crate) scales: &'a [f32],
}

/// Packs all weights of a genome; `packed` is as long as the genome, and each layer stands at its place there.
#[inline(always)]
pub(crate) fn pack_all<const WIDTH: usize>(chain: &Chain, genome: &[f32], packed: &mut [f32]) {
    for link in chain.links() {
        pack_link::<WIDTH>(link, genome, packed);
    }
}

/// Packs the weights of a link, at its place.
#[inline(always)]
pub(crate) fn pack_link<const WIDTH: usize>(link: &Link, genome: &[f32], packed: &mut [f32]) {
    let (kernel, bias) = link.weights(genome);
    let own = packed.get_mut(link.kernel..).unwrap_or_default();
    let (to, rest) = own.split_at_mut_checked(kernel.len()).unwrap_or_default();
    pack::<WIDTH>(kernel, link.inputs(), link.filters, link.filters, to);
    copy(rest, bias);
}

/// Packs the kernels channel by channel of their inputs, `[channel][rows of the channel]`, for changes of single
/// channels; as long as the genome. No channel of a sample changes, so the first link is left out. With `scales`
/// the weights are codes; those of the last link become what they stand for, for changes of logits.
#[inline(always)]
pub(crate) fn pack_slices<const WIDTH: usize>(
    chain: &Chain,
    genome: &[f32],
    scales: &[f32],
    packed: &mut [f32],
) {
    for link in chain.links().get(1..).unwrap_or(&[]) {
        let (mut kernel, _) = link.weights(genome);
        let mut rest = packed.get_mut(link.kernel..).unwrap_or_default();
        let slice = link.area().saturating_mul(link.filters);
        let unit = Scale::of(scales, link.first_filter).filter(|_| !link.relu);
        for _ in 0..link.input.channels {
            let all = core::mem::take(&mut rest);
            let (own, after) = all.split_at_mut_checked(slice).unwrap_or_default();
            rest = after;
            let stride = link.input.channels.saturating_mul(link.filters);
            pack::<WIDTH>(kernel, link.area(), stride, link.filters, own);
            if let Some(Scale { unit, .. }) = unit {
                for weight in own {
                    *weight *= unit;
                }
            }
            kernel = kernel.get(link.filters..).unwrap_or(&[]);
        }
    }
}

/// What [`pack_slices`] made of a channel of a link's input.
pub(crate) fn slice_of<'p>(link: &Link, channel: usize, packed: &'p [f32]) -> &'p [f32] {
    let length = link.area().saturating_mul(link.filters);
    let first = link.kernel.saturating_add(channel.saturating_mul(length));
    packed.get(first..first.saturating_add(length)).unwrap_or(&[])
}

/// The poolings and the activation of a filter of a link.
pub(crate) fn pooling<'c>(
    chain: &'c Chain,
    link: &Link,
    filter: usize,
    scales: &[f32],
) -> Pooling<'c> {
    Pooling {
        pools: chain.pools(link),
        relu: link.relu,
        scale: Scale::of(scales, link.first_filter.saturating_add(filter)),
        columns: link.sides.1.outputs,
        outputs: (link.output.height, link.output.width),
    }
}

/// Writes the values of 16 samples, by their indices: `[values of a sample]`. An index past the end gives zeros.
// One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) fn gather<R: Rows + ?Sized>(rows: &R, indices: &[usize; LANES], out: &mut [Lanes]) {
    let mut rest = indices.map(|index| rows.row(index));
    let (squares, last) = out.as_chunks_mut::<LANES>();
    for square in squares {
        let Some(own) = next_of_each(&mut rest) else { break };
        for (place, to) in (0..LANES).zip(square) {
            let mut values = [R::Value::ZERO; LANES];
            for (value, own) in values.iter_mut().zip(&own) {
                *value = own.get(place).copied().unwrap_or(R::Value::ZERO);
            }
            for (to, value) in to.iter_mut().zip(&values) {
                *to = value.value();
            }
        }
    }
    for (place, to) in (0..LANES).zip(last) {
        for (to, own) in to.iter_mut().zip(&rest) {
            *to = own.get(place).map_or(0.0, |value| value.value());
        }
    }
}

/// The next [`LANES`] values of each sample; zeros of samples that have none.
#[inline(always)]
fn next_of_each<F: Feature>(rest: &mut [&[F]; LANES]) -> Option<[[F; LANES]; LANES]> {
    let mut own = [[F::ZERO; LANES]; LANES];
    for (own, rest) in own.iter_mut().zip(rest) {
        if let Some((first, after)) = rest.split_first_chunk::<LANES>() {
            *own = *first;
            *rest = after;
        } else if !rest.is_empty() {
            return None;
        }
    }
    Some(own)
}

/// Takes the samples at the start of `memory` through all links. `memory` has [`Chain::lanes`] lanes.
#[inline(always)]
pub(crate) fn forward<const WIDTH: usize>(
    chain: &Chain,
    weights: &Weights<'_>,
    memory: &mut [Lanes],
) {
    begin(chain, weights, memory);
    forward_from::<WIDTH>(chain, 0, weights, memory);
}

/// Makes of the samples at the start of `memory` what the first link takes.
#[inline(always)]
pub(crate) fn begin(chain: &Chain, weights: &Weights<'_>, memory: &mut [Lanes]) {
    if !weights.scales.is_empty() {
        to_pixels(memory.get_mut(..chain.input.elements()).unwrap_or_default());
    }
    if !chain.lead().is_empty() {
        lead(chain, memory);
    }
}

/// Values of 0 to 1 as whole pixels, 0 to 255.
#[inline(always)]
fn to_pixels(values: &mut [Lanes]) {
    for value in values.as_flattened_mut() {
        *value = f32::from((*value * 255.0 + 0.5) as u8);
    }
}

/// Takes the outputs of the link before `first` through the links from there on.
// One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) fn forward_from<const WIDTH: usize>(
    chain: &Chain,
    first: usize,
    weights: &Weights<'_>,
    memory: &mut [Lanes],
) {
    for link in chain.links().get(first..).unwrap_or(&[]) {
        sums::<WIDTH>(link, weights, memory);
        activate(chain, link, weights.scales, memory);
    }
}

/// The sums of a link.
#[inline(always)]
pub(crate) fn sums<const WIDTH: usize>(link: &Link, weights: &Weights<'_>, memory: &mut [Lanes]) {
    let (kernel, bias) = link.weights(weights.packed);
    let (input, rest) = memory.split_at_mut_checked(link.sums_at).unwrap_or_default();
    let input = input.get(link.input_at..).unwrap_or(&[]);
    Convolution::of(link, kernel, bias).sums::<WIDTH>(input, &[], rest);
}

/// Pools and activates the sums of a link.
// One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) fn activate(chain: &Chain, link: &Link, scales: &[f32], memory: &mut [Lanes]) {
    let (before, out) = memory.split_at_mut_checked(link.output_at).unwrap_or_default();
    let sums = before.get(link.sums_at..).unwrap_or(&[]);
    let places = link.places();
    for filter in 0..link.filters {
        let pooling = pooling(chain, link, filter, scales);
        let own = sums.get(filter.saturating_mul(places)..).unwrap_or(&[]);
        let own = Plain(own.get(..places).unwrap_or(&[]));
        let mut to = ToChannel { map: &mut *out, channels: link.filters, channel: filter };
        pooling.each(&own, &mut to);
    }
}

/// The poolings of the samples themselves.
fn lead(chain: &Chain, memory: &mut [Lanes]) {
    let (map, out) = memory.split_at_mut_checked(chain.input.elements()).unwrap_or_default();
    let channels = chain.input.channels;
    let pooling = Pooling {
        pools: chain.lead(),
        relu: false,
        scale: None,
        columns: chain.input.width,
        outputs: (chain.first.height, chain.first.width),
    };
    for channel in 0..channels {
        let own = Channel { map, channels, channel };
        pooling.each(&own, &mut ToChannel { map: &mut *out, channels, channel });
    }
}

/// The logits of the samples: `[class]`.
pub(crate) fn logits<'m>(chain: &Chain, memory: &'m [Lanes]) -> &'m [Lanes] {
    let last = chain.links().last();
    let at = last.map_or(0, |link| link.output_at);
    memory.get(at..at.saturating_add(chain.outputs())).unwrap_or(&[])
}

/// The memory of a lane group, of a slice of floats.
pub(crate) fn lanes_mut(floats: &mut [f32]) -> &mut [Lanes] {
    floats.as_chunks_mut::<LANES>().0
}
