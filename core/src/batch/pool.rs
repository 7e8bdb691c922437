//! Max pooling and activation over a lane group of samples.

use super::{LANES, Lanes};
use crate::chain::Sides;
use crate::deploy::{MOST, Scale};
use crate::slices::apart_mut;

/// The values of a map before pooling: N at each place, for example of a mutant in both signs.
pub(crate) trait Values<const N: usize> {
    /// Whether in a network of integers all values are whole numbers.
    const WHOLE: bool = true;

    /// The values at a place.
    fn at(&self, place: usize) -> [Lanes; N];
}

/// A map as it stands.
pub(crate) struct Plain<'a>(pub(crate) &'a [Lanes]);

impl Values<1> for Plain<'_> {
    #[inline(always)]
    fn at(&self, place: usize) -> [Lanes; 1] {
        [self.0.get(place).copied().unwrap_or([0.0; LANES])]
    }
}

/// A channel of a map whose channels stand together.
pub(crate) struct Channel<'a> {
    pub(crate) map: &'a [Lanes],
    pub(crate) channels: usize,
    pub(crate) channel: usize,
}

impl Values<1> for Channel<'_> {
    #[inline(always)]
    fn at(&self, place: usize) -> [Lanes; 1] {
        let index = place.wrapping_mul(self.channels).wrapping_add(self.channel);
        [self.map.get(index).copied().unwrap_or([0.0; LANES])]
    }
}

/// Takes the results of pooling. A trait, as a closure would not be compiled for wide vectors.
pub(crate) trait Results<const N: usize> {
    /// Takes the values at a place of the result; places come in order.
    fn put(&mut self, place: usize, values: &[Lanes; N]);
}

/// Writes a channel of a map whose channels stand together.
pub(crate) struct ToChannel<'a> {
    pub(crate) map: &'a mut [Lanes],
    pub(crate) channels: usize,
    pub(crate) channel: usize,
}

impl Results<1> for ToChannel<'_> {
    #[inline(always)]
    fn put(&mut self, place: usize, [value]: &[Lanes; 1]) {
        let index = place.wrapping_mul(self.channels).wrapping_add(self.channel);
        if let Some(to) = self.map.get_mut(index) {
            *to = *value;
        }
    }
}

/// The poolings and the activation behind a map of `columns` columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pooling<'a> {
    pub(crate) pools: &'a [Sides],
    pub(crate) relu: bool,
    /// Of a layer of integers, what the filter's sums are scaled by.
    pub(crate) scale: Option<Scale>,
    pub(crate) columns: usize,
    /// Rows and columns of the result.
    pub(crate) outputs: (usize, usize),
}

impl Pooling<'_> {
    /// Makes all results, in order.
    #[inline(always)]
    pub(crate) fn each<const N: usize>(&self, values: &impl Values<N>, to: &mut impl Results<N>) {
        if let [(rows, columns)] = self.pools
            && rows.is_whole(2)
            && columns.is_whole(2)
        {
            self.pairs(rows.stride, columns.stride, values, to);
            return;
        }
        let mut place = 0_usize;
        for y in 0..self.outputs.0 {
            for x in 0..self.outputs.1 {
                let results = match self.pools {
                    [] => values.at(place),
                    [one] => self.window(one, y, x, values),
                    [earlier @ .., last] => self.of_several(earlier, last, y, x, values),
                };
                to.put(place, &self.activated(values, results));
                place = place.wrapping_add(1);
            }
        }
    }

    #[inline(always)]
    fn activated<const N: usize, V: Values<N>>(
        &self,
        _: &V,
        mut results: [Lanes; N],
    ) -> [Lanes; N] {
        if let Some(scale) = &self.scale {
            for lanes in &mut results {
                // Else the lanes of both signs would be taken one by one.
                let lanes = apart_mut(lanes);
                match (self.relu, V::WHOLE) {
                    (true, true) => scale_whole(scale, lanes),
                    (true, false) => scale_mutant(scale, lanes),
                    (false, _) => to_logits(scale.unit, lanes),
                }
            }
        } else if self.relu {
            for lanes in &mut results {
                for value in lanes {
                    *value = if *value > 0.0 { *value } else { 0.0 };
                }
            }
        }
        results
    }

    /// The usual windows, of two rows and two columns and none of them clipped, written out: a loop would keep the
    /// values in memory.
    #[inline(always)]
    fn pairs<const N: usize>(
        &self,
        down: usize,
        right: usize,
        values: &impl Values<N>,
        to: &mut impl Results<N>,
    ) {
        let (mut place, mut line) = (0_usize, 0_usize);
        for _ in 0..self.outputs.0 {
            let mut upper = line;
            for _ in 0..self.outputs.1 {
                let lower = upper.wrapping_add(self.columns);
                let mut largest = [[f32::NEG_INFINITY; LANES]; N];
                keep_larger(&mut largest, &values.at(upper));
                keep_larger(&mut largest, &values.at(upper.wrapping_add(1)));
                keep_larger(&mut largest, &values.at(lower));
                keep_larger(&mut largest, &values.at(lower.wrapping_add(1)));
                to.put(place, &self.activated(values, largest));
                place = place.wrapping_add(1);
                upper = upper.wrapping_add(right);
            }
            line = line.wrapping_add(down.wrapping_mul(self.columns));
        }
    }

    /// The largest values of a window of the map itself.
    #[inline(always)]
    fn window<const N: usize>(
        &self,
        (rows, columns): &Sides,
        y: usize,
        x: usize,
        values: &impl Values<N>,
    ) -> [Lanes; N] {
        let mut largest = [[f32::NEG_INFINITY; LANES]; N];
        let (lines, first_row) = rows.clip(y);
        let (taps, first) = columns.clip(x);
        let mut line = first_row.wrapping_mul(self.columns).wrapping_add(first);
        for _ in lines {
            let mut place = line;
            for _ in taps.clone() {
                keep_larger(&mut largest, &values.at(place));
                place = place.wrapping_add(1);
            }
            line = line.wrapping_add(self.columns);
        }
        largest
    }

    /// The largest values of a window of what earlier poolings make: rare, so plain.
    fn of_several<const N: usize>(
        &self,
        earlier: &[Sides],
        (rows, columns): &Sides,
        y: usize,
        x: usize,
        values: &impl Values<N>,
    ) -> [Lanes; N] {
        let mut largest = [[f32::NEG_INFINITY; LANES]; N];
        let (lines, first_row) = rows.clip(y);
        let (taps, first) = columns.clip(x);
        for (_, row) in lines.zip(first_row..usize::MAX) {
            for (_, column) in taps.clone().zip(first..usize::MAX) {
                let found = match earlier {
                    [] => values.at(row.wrapping_mul(self.columns).wrapping_add(column)),
                    [rest @ .., last] => self.of_several(rest, last, row, column, values),
                };
                keep_larger(&mut largest, &found);
            }
        }
        largest
    }
}

/// 2^23: from here to 2^24 floats are whole numbers, and their last 23 bits say which.
const WHOLE: f32 = (1 << 23) as f32;

/// The inputs of the next layer that whole sums become.
#[inline(always)]
fn scale_whole(scale: &Scale, lanes: &mut Lanes) {
    for value in lanes {
        let sum = if *value > 0.0 { *value } else { 0.0 };
        let sum = if sum < MOST as f32 { sum } else { MOST as f32 };
        // As a conversion, without its care for values out of range.
        let sum = (sum + WHOLE).to_bits().wrapping_sub(WHOLE.to_bits());
        *value = scale.scaled_within(sum as i32) as f32;
    }
}

/// The same of a mutant, whose sums are no whole numbers: [`Scale::scaled`] in floats.
#[inline(always)]
fn scale_mutant(scale: &Scale, lanes: &mut Lanes) {
    let (factor, half) = scale.factors();
    for value in lanes {
        let sum = if *value > 0.0 { *value } else { 0.0 };
        let scaled = sum * factor + half;
        let scaled = if scaled < 255.0 { scaled } else { 255.0 };
        // Rounded to the nearest whole number.
        *value = (scaled + WHOLE) - WHOLE;
    }
}

#[inline(always)]
fn to_logits(unit: f32, lanes: &mut Lanes) {
    for value in lanes {
        *value *= unit;
    }
}

/// Keeps the larger of each pair of values.
#[inline(always)]
fn keep_larger<const N: usize>(largest: &mut [Lanes; N], values: &[Lanes; N]) {
    for (largest, values) in largest.iter_mut().zip(values) {
        for (largest, &value) in largest.iter_mut().zip(values) {
            *largest = if value > *largest { value } else { *largest };
        }
    }
}
