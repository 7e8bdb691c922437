//! The two loops that all time is spent in: a first layer over non-zero values, a later layer over
//! all of its inputs.
//!
//! Both add one product after another to one accumulator per output, in the order of the inputs,
//! then the bias: the order of the oracle.

use super::encode::SparseSamples;
use super::{LANES, Lanes, TILE, tiles};
use crate::layers::Activation;
use crate::slices::{parts, parts_mut};

/// The packed weights of a layer: panel after panel, in each the rows of all inputs; then the bias,
/// one value per output, padded to whole lane groups.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) kernel: &'a [Lanes],
    pub(super) bias: &'a [Lanes],
    pub(super) inputs: usize,
    pub(super) activation: Activation,
}

impl<'a> Weights<'a> {
    /// Lane groups of an output row.
    pub(super) const fn groups(&self) -> usize {
        self.bias.len()
    }

    /// The packed rows of a panel of `L` groups that starts at group `first`.
    #[inline(always)]
    fn panel<const L: usize>(self, first: usize) -> &'a [[Lanes; L]] {
        let start = first.saturating_mul(self.inputs);
        let rows = self.kernel.get(start..).unwrap_or(&[]).as_chunks::<L>().0;
        rows.get(..self.inputs).unwrap_or(&[])
    }

    /// The first layer of a block of samples. `outputs` has a row of groups for each sample; those of
    /// samples that are not `wanted` stay as they are.
    #[inline(always)]
    pub(super) fn sparse<const WIDTH: usize>(
        self,
        samples: SparseSamples<'_>,
        wanted: Option<&[bool]>,
        outputs: &mut [Lanes],
    ) {
        let mut first = 0;
        while let Some(size) = panel_size::<WIDTH>(self.groups().saturating_sub(first)) {
            match size {
                8 => self.sparse_panel::<8>(samples, wanted, first, outputs),
                4 => self.sparse_panel::<4>(samples, wanted, first, outputs),
                2 => self.sparse_panel::<2>(samples, wanted, first, outputs),
                _ => self.sparse_panel::<1>(samples, wanted, first, outputs),
            }
            first = first.saturating_add(size);
        }
    }

    #[inline(always)]
    fn sparse_panel<const L: usize>(
        self,
        samples: SparseSamples<'_>,
        wanted: Option<&[bool]>,
        first: usize,
        outputs: &mut [Lanes],
    ) {
        let (panel, groups) = (self.panel::<L>(first), self.groups());
        let last = tiles(self.inputs).saturating_sub(1);
        let mut entries = samples.entries();
        for tile in 0..=last {
            let weights = panel.get(tile.saturating_mul(TILE)..).unwrap_or(&[]);
            let weights = weights.get(..TILE).unwrap_or(weights);
            for list in samples.tile(tile) {
                let Some((own, rest)) = entries.split_at_checked(usize::from(list.length)) else {
                    continue;
                };
                entries = rest;
                if wanted.is_some_and(|w| w.get(usize::from(list.sample)) != Some(&true)) {
                    continue;
                }
                let place = usize::from(list.sample).wrapping_mul(groups).wrapping_add(first);
                let row = outputs.get_mut(place..).and_then(|row| row.first_chunk_mut::<L>());
                let Some(output) = row else { continue };
                let mut sums = if tile == 0 { [[0.0; LANES]; L] } else { *output };
                for entry in own {
                    if let Some(row) = weights.get(usize::from(entry.row)) {
                        multiply_add(&mut sums, row, entry.value);
                    }
                }
                *output = sums;
                // In memory: a use of single lanes would keep the accumulators from registers.
                if tile == last {
                    self.finish(output, first);
                }
            }
        }
    }

    /// A later layer of `samples` samples, whose inputs stand in rows of `stride` lane groups.
    #[inline(always)]
    pub(super) fn dense(
        self,
        source: &[Lanes],
        stride: usize,
        samples: usize,
        outputs: &mut [Lanes],
    ) {
        let groups = self.groups();
        let source = source.get(..stride.saturating_mul(samples)).unwrap_or(&[]);
        let rows = parts(source, stride.saturating_mul(4));
        for (four, outputs) in rows.zip(parts_mut(outputs, groups.saturating_mul(4))) {
            // Where fewer than four samples are left, the first stands in for the others.
            let own = four.get(..stride).unwrap_or(&[]);
            let sample = |index: usize| {
                let row = four.get(index.saturating_mul(stride)..).unwrap_or(&[]);
                let row = row.get(..stride).unwrap_or(own).as_flattened();
                row.get(..self.inputs).unwrap_or(&[])
            };
            let x = [sample(0), sample(1), sample(2), sample(3)];
            for group in 0..groups {
                self.dense_group(x, group, outputs);
            }
        }
    }

    /// One lane group of outputs for four samples: four accumulators, which is enough to hide the
    /// latency of an addition.
    #[inline(always)]
    fn dense_group(self, x: [&[f32]; 4], group: usize, outputs: &mut [Lanes]) {
        let [a, b, c, d] = x;
        let mut sums = [[0.0; LANES]; 4];
        let inputs = a.iter().zip(b).zip(c.iter().zip(d));
        for ([row], ((&a, &b), (&c, &d))) in self.panel::<1>(group).iter().zip(inputs) {
            multiply_add_samples(&mut sums, row, [a, b, c, d]);
        }
        // Written out: a loop over the accumulators would keep them in memory.
        let [sum_a, sum_b, sum_c, sum_d] = sums;
        let mut rows = parts_mut(outputs, self.groups());
        self.store(sum_a, group, rows.next());
        self.store(sum_b, group, rows.next());
        self.store(sum_c, group, rows.next());
        self.store(sum_d, group, rows.next());
    }

    /// Finishes a lane group of an output row, if there is such a row.
    #[inline(always)]
    fn store(self, sum: Lanes, group: usize, row: Option<&mut [Lanes]>) {
        let output = row.and_then(|row| row.get_mut(group..)?.first_chunk_mut::<1>());
        if let Some(output) = output {
            *output = [sum];
            self.finish(output, group);
        }
    }

    /// Adds the bias and applies the activation.
    #[inline(always)]
    fn finish<const L: usize>(self, sums: &mut [Lanes; L], first: usize) {
        let bias = self.bias.get(first..).and_then(|bias| bias.first_chunk::<L>());
        if let Some(bias) = bias {
            for (sums, bias) in sums.iter_mut().zip(bias) {
                let mut total = *sums;
                for (sum, bias) in total.iter_mut().zip(bias) {
                    *sum += *bias;
                }
                self.activation.apply(&mut total);
                *sums = total;
            }
        }
    }
}

/// How many groups the next panel takes of those left: 8, 4, 2 or 1, not more than `WIDTH`.
#[inline(always)]
pub(super) const fn panel_size<const WIDTH: usize>(left: usize) -> Option<usize> {
    match left {
        0 => None,
        8.. if WIDTH >= 8 => Some(8),
        4.. if WIDTH >= 4 => Some(4),
        2.. if WIDTH >= 2 => Some(2),
        _ => Some(1),
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
