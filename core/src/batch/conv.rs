//! Convolutions over a lane group of samples: lanes run across samples.
//!
//! Maps that are read stand as `[row][column][channel]`, so that the inputs of one row of a window are one run, in
//! the order of the kernel; sums stand as `[filter][row][column]`, which is what pooling wants. A tile of a few
//! filters and a few neighbouring columns has its accumulators in vector registers. Each sum has one
//! accumulator and takes its products in the order of the kernel, then the bias: bit for bit as
//! [`crate::inference`].

use super::LANES;
use super::Lanes;
use crate::chain::{Link, Sides};
use crate::slices::{apart, parts_mut};

/// The number of filters in the next panel, of those left: their weights stand together, and their sums are made
/// together.
pub(crate) const fn panel_size(width: usize, left: usize) -> usize {
    match (width, left) {
        (8.., 4..) => 4,
        (2.., 2..) => 2,
        _ => 1,
    }
}

/// Packs a kernel of `taps` rows of `filters` weights, which stand `stride` floats apart: panel after panel, in each
/// the rows in order. `packed` has `taps * filters` floats.
#[inline(always)]
pub(crate) fn pack<const WIDTH: usize>(
    kernel: &[f32],
    taps: usize,
    stride: usize,
    filters: usize,
    packed: &mut [f32],
) {
    let (mut first, mut rest) = (0_usize, packed);
    while first < filters {
        let size = panel_size(WIDTH, filters.saturating_sub(first));
        let all = core::mem::take(&mut rest);
        let length = size.saturating_mul(taps).min(all.len());
        let Some((panel, after)) = all.split_at_mut_checked(length) else { return };
        rest = after;
        let mut row = first;
        for to in parts_mut(panel, size) {
            let from = kernel.get(row..).unwrap_or(&[]);
            for (to, from) in to.iter_mut().zip(from) {
                *to = *from;
            }
            row = row.saturating_add(stride);
        }
        first = first.saturating_add(size);
    }
}

/// A convolution with packed weights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Convolution<'a> {
    pub(crate) sides: Sides,
    /// Channels of the input.
    pub(crate) channels: usize,
    pub(crate) filters: usize,
    /// What [`pack`] made of the kernel.
    pub(crate) packed: &'a [f32],
    /// Added last, one for each filter; may be empty.
    pub(crate) bias: &'a [f32],
}

impl<'a> Convolution<'a> {
    /// The convolution of a link over all its channels.
    pub(crate) const fn of(link: &Link, packed: &'a [f32], bias: &'a [f32]) -> Self {
        Self {
            sides: link.sides,
            channels: link.input.channels,
            filters: link.filters,
            packed,
            bias,
        }
    }

    /// Inputs of a filter.
    const fn taps(&self) -> usize {
        let (rows, columns) = self.sides;
        rows.size.saturating_mul(columns.size).saturating_mul(self.channels)
    }

    /// Writes the sums, `[filter][row][column]`; those of `base`, which may be empty, come first.
    // One copy on a microcontroller, where code is dear.
    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn sums<const WIDTH: usize>(
        &self,
        input: &[Lanes],
        base: &[Lanes],
        out: &mut [Lanes],
    ) {
        let (mut first, mut packed) = (0_usize, self.packed);
        while first < self.filters {
            let size = panel_size(WIDTH, self.filters.saturating_sub(first));
            let length = size.saturating_mul(self.taps());
            let Some((panel, rest)) = packed.split_at_checked(length) else { return };
            packed = rest;
            match size {
                4 => self.panel::<4, WIDTH>(first, panel, input, base, out),
                2 => self.panel::<2, WIDTH>(first, panel, input, base, out),
                _ => self.panel::<1, WIDTH>(first, panel, input, base, out),
            }
            first = first.saturating_add(size);
        }
    }

    /// The sums of C filters.
    #[inline(always)]
    fn panel<const C: usize, const WIDTH: usize>(
        &self,
        first: usize,
        panel: &[f32],
        input: &[Lanes],
        base: &[Lanes],
        out: &mut [Lanes],
    ) {
        let (rows, columns) = self.sides;
        let places = rows.outputs.saturating_mul(columns.outputs);
        let start = first.saturating_mul(places);
        let tile = Tile {
            convolution: self,
            panel: panel.as_chunks::<C>().0,
            bias: self.bias.get(first..).and_then(|bias| bias.first_chunk::<C>()),
            places,
            input,
            base: base.get(start..).unwrap_or(&[]),
        };
        let out = out.get_mut(start..).unwrap_or_default();
        let whole = columns.whole();
        for y in 0..rows.outputs {
            let mut x = 0_usize;
            while x < columns.outputs {
                let left = if whole.contains(&x) { whole.end.saturating_sub(x) } else { 1 };
                x = x.saturating_add(match left {
                    4.. if WIDTH >= 8 => tile.write::<4>(y, x, out),
                    2.. if WIDTH >= 4 => tile.write::<2>(y, x, out),
                    _ => tile.write::<1>(y, x, out),
                });
            }
        }
        tile.add_bias(out);
    }
}

/// The sums of C filters at a few neighbouring places.
struct Tile<'a, const C: usize> {
    convolution: &'a Convolution<'a>,
    panel: &'a [[f32; C]],
    bias: Option<&'a [f32; C]>,
    /// Sums of a filter.
    places: usize,
    input: &'a [Lanes],
    base: &'a [Lanes],
}

impl<const C: usize> Tile<'_, C> {
    /// Writes the sums at X columns from (y, x) on; returns X.
    #[inline(always)]
    fn write<const X: usize>(&self, y: usize, x: usize, out: &mut [Lanes]) -> usize {
        let (_, columns) = self.convolution.sides;
        let place = y.wrapping_mul(columns.outputs).wrapping_add(x);
        let mut sums = [[[0.0; LANES]; X]; C];
        if !self.base.is_empty() {
            self.load(&mut sums, 0, place);
            self.load(&mut sums, 1, place);
            self.load(&mut sums, 2, place);
            self.load(&mut sums, 3, place);
        }
        self.add(y, x, &mut sums);
        self.store(&sums, 0, place, out);
        self.store(&sums, 1, place, out);
        self.store(&sums, 2, place, out);
        self.store(&sums, 3, place, out);
        X
    }

    /// Takes the base of filter c, if there is such a filter.
    #[inline(always)]
    fn load<const X: usize>(&self, sums: &mut [[Lanes; X]; C], c: usize, place: usize) {
        let start = c.wrapping_mul(self.places).wrapping_add(place);
        let base = self.base.get(start..).and_then(|it| it.first_chunk::<X>());
        if let (Some(sums), Some(base)) = (sums.get_mut(c), base) {
            *sums = *base;
        }
    }

    /// Writes the sums of filter c, if there is such a filter.
    #[inline(always)]
    fn store<const X: usize>(
        &self,
        sums: &[[Lanes; X]; C],
        c: usize,
        place: usize,
        out: &mut [Lanes],
    ) {
        let Some(sums) = sums.get(c) else { return };
        let start = c.wrapping_mul(self.places).wrapping_add(place);
        if let Some(to) = out.get_mut(start..).and_then(|it| it.first_chunk_mut::<X>()) {
            *to = *sums;
        }
    }

    /// Adds the bias to the sums of all places, in memory: a use of single lanes would keep the accumulators from
    /// registers.
    #[inline(always)]
    fn add_bias(&self, out: &mut [Lanes]) {
        let Some(bias) = self.bias else { return };
        for (bias, sums) in bias.iter().zip(parts_mut(out, self.places)) {
            for sum in sums.as_flattened_mut() {
                *sum += bias;
            }
        }
    }

    /// Adds the products of the windows' rows.
    #[inline(always)]
    fn add<const X: usize>(&self, y: usize, x: usize, sums: &mut [[Lanes; X]; C]) {
        let Convolution { sides: (rows, columns), channels, .. } = *self.convolution;
        let step = columns.stride.wrapping_mul(channels);
        let (taps, first) = columns.clip(x);
        let count = taps.len().wrapping_mul(channels);
        let (lines, first_row) = rows.clip(y);
        for (ky, row) in lines.zip(first_row..usize::MAX) {
            let tap = ky.wrapping_mul(columns.size).wrapping_add(taps.start);
            let weights = self.panel.get(tap.wrapping_mul(channels)..).unwrap_or(&[]);
            let place = row.wrapping_mul(columns.inputs).wrapping_add(first);
            let start = place.wrapping_mul(channels);
            let run = |index: usize| {
                let start = start.wrapping_add(index.wrapping_mul(step));
                self.input.get(start..).and_then(|it| it.get(..count)).unwrap_or(&[])
            };
            let weights = weights.get(..count).unwrap_or(weights);
            add_run(weights, core::array::from_fn(run), sums);
        }
    }
}

/// `sums[c][i] += sum over j of inputs[i][j] weights[j][c]`, j in order: one multiplication and one addition each.
#[inline(always)]
pub(crate) fn add_run<const C: usize, const X: usize>(
    weights: &[[f32; C]],
    inputs: [&[Lanes]; X],
    sums: &mut [[Lanes; X]; C],
) {
    for (j, weights) in (0..usize::MAX).zip(weights) {
        // Written out, and not as closures: a loop over the accumulators would keep them in memory. All inputs come
        // first: a check between the products would keep the weights from being shared.
        let x = [nth(&inputs, 0, j), nth(&inputs, 1, j), nth(&inputs, 2, j), nth(&inputs, 3, j)];
        add_row(sums, 0, x, weights);
        add_row(sums, 1, x, weights);
        add_row(sums, 2, x, weights);
        add_row(sums, 3, x, weights);
    }
}

const ZEROS: Lanes = [0.0; LANES];

/// Input j of place i; zeros if there is no such place.
#[inline(always)]
fn nth<'a, const X: usize>(inputs: &[&'a [Lanes]; X], i: usize, j: usize) -> &'a Lanes {
    match inputs.get(i).and_then(|run| run.get(j)) {
        Some(x) => x,
        None => &ZEROS,
    }
}

/// Adds the products of filter c, if there is such a filter.
#[inline(always)]
fn add_row<const C: usize, const X: usize>(
    sums: &mut [[Lanes; X]; C],
    c: usize,
    [x0, x1, x2, x3]: [&Lanes; 4],
    weights: &[f32; C],
) {
    let (Some(sums), Some(weight)) = (sums.get_mut(c), weights.get(c)) else { return };
    // Used by several filters, the inputs of a single place would be loaded in pieces.
    let x0 = if X == 1 { apart(x0) } else { x0 };
    let weight = &[*weight; LANES];
    add_cell(sums, 0, x0, weight);
    add_cell(sums, 1, x1, weight);
    add_cell(sums, 2, x2, weight);
    add_cell(sums, 3, x3, weight);
}

/// Adds the product of place i, if there is such a place.
#[inline(always)]
fn add_cell<const X: usize>(sums: &mut [Lanes; X], i: usize, x: &Lanes, weight: &Lanes) {
    if let Some(sum) = sums.get_mut(i) {
        for ((sum, x), weight) in sum.iter_mut().zip(x).zip(weight) {
            *sum += x * weight;
        }
    }
}
