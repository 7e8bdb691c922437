//! Directions: changes of the weights of a layer's inputs, one a column.
//!
//! The entry of input i in direction k is a random sign: bit k of a word that is a pure function of a seed
//! and i. For an image the signs are blurred over rows and columns with a binomial kernel, so that
//! neighbouring pixels change together; the entries are whole numbers. The bias has an entry
//! (bits of a word - 32) / 4, a binomial number of variance 1.

use crate::error::LengthError;
use crate::rng::derive;
use crate::shape::Shape;
use crate::slices::LANES;
use crate::spread::{Parts, Phase};

type Lanes = [f32; LANES];

/// The binomial kernels of radius 0 to 4.
const KERNELS: [&[f32]; 5] = [
    &[1.0],
    &[1.0, 2.0, 1.0],
    &[1.0, 4.0, 6.0, 4.0, 1.0],
    &[1.0, 6.0, 15.0, 20.0, 15.0, 6.0, 1.0],
    &[1.0, 8.0, 28.0, 56.0, 70.0, 56.0, 28.0, 8.0, 1.0],
];

/// The blur of a layer's directions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blur {
    /// Rows, columns and channels of the input; a single row is not blurred.
    shape: Shape,
    radius: usize,
}

impl Blur {
    /// The blur of an input of this shape.
    pub(crate) const fn new(shape: Shape, radius: usize) -> Self {
        let radius = if shape.height > 1 && shape.width > 1 { radius } else { 0 };
        Self { shape, radius }
    }

    /// None, of so many inputs.
    pub(crate) const fn none(inputs: usize) -> Self {
        Self { shape: Shape::flat(inputs), radius: 0 }
    }

    fn kernel(self) -> &'static [f32] {
        KERNELS.get(self.radius).copied().unwrap_or(&[1.0])
    }

    /// The standard deviation of an entry away from the border: the sum of the squares of the kernel.
    pub(crate) fn deviation(self) -> f32 {
        if self.radius == 0 {
            return 1.0;
        }
        self.kernel().iter().map(|c| c * c).sum()
    }

    /// Number of parts: a row of the input each; without blur a run of inputs.
    pub(crate) const fn inputs_of_part(self) -> usize {
        if self.radius == 0 { 64 } else { self.shape.width.saturating_mul(self.shape.channels) }
    }
}

/// Makes the directions of a layer; a part is a row of the input, `[inputs of the row][K]`, the last one has
/// the bias too.
pub(crate) struct Directions {
    pub(crate) blur: Blur,
    pub(crate) inputs: usize,
    pub(crate) directions: usize,
    pub(crate) seed: u64,
}

impl Directions {
    /// Floats of a part.
    pub(crate) const fn size(&self) -> usize {
        self.blur.inputs_of_part().saturating_mul(self.directions)
    }

    /// Floats of working memory: a row of the image.
    pub(crate) const fn room(&self) -> usize {
        if self.blur.radius == 0 { 0 } else { self.size() }
    }

    /// The entries of the bias, in the unit of the others.
    #[inline(always)]
    fn bias(&self, entries: &mut [f32]) {
        let scale = 0.25 * self.blur.deviation();
        for (k, entry) in entries.iter_mut().enumerate() {
            let place = (self.inputs as u64).wrapping_add(k as u64);
            let ones = derive(self.seed, place).count_ones();
            *entry = (ones as f32 - 32.0) * scale;
        }
    }

    /// The signs of a row of the image blurred over rows, in `room`; then over columns, in `out`.
    #[inline(always)]
    fn blurred<const G: usize>(&self, row: usize, out: &mut [f32], room: &mut [f32]) {
        let Blur { shape, radius } = self.blur;
        let (kernel, line) = (self.blur.kernel(), self.blur.inputs_of_part());
        let (out, room) = (groups_mut::<G>(out), groups_mut::<G>(room));
        let base = row.wrapping_sub(radius).wrapping_mul(line);
        for (place, to) in room.iter_mut().enumerate() {
            let mut sums = [[0.0; LANES]; G];
            let mut input = base.wrapping_add(place);
            for (offset, &factor) in kernel.iter().enumerate() {
                // A row above the image has a wrapped number.
                if row.wrapping_add(offset).wrapping_sub(radius) < shape.height {
                    add_signs(derive(self.seed, input as u64), factor, &mut sums);
                }
                input = input.wrapping_add(line);
            }
            *to = sums;
        }
        let back = radius.wrapping_mul(shape.channels);
        for (place, to) in out.iter_mut().enumerate() {
            let mut sums = [[0.0; LANES]; G];
            let mut source = place.wrapping_sub(back);
            for &factor in kernel {
                if let Some(row) = room.get(source) {
                    add_product(&mut sums, factor, row);
                }
                source = source.wrapping_add(shape.channels);
            }
            *to = sums;
        }
    }

    /// The entries of a run of inputs without the bias.
    #[inline(always)]
    fn entries<const G: usize>(&self, index: usize, out: &mut [f32], room: &mut [f32]) {
        if self.blur.radius > 0 {
            self.blurred::<G>(index, out, room);
            return;
        }
        let first = index.wrapping_mul(self.blur.inputs_of_part());
        for (place, to) in groups_mut::<G>(out).iter_mut().enumerate() {
            let mut sums = [[0.0; LANES]; G];
            let input = first.wrapping_add(place) as u64;
            add_signs(derive(self.seed, input), 1.0, &mut sums);
            *to = sums;
        }
    }

    /// The entries of part `index` and those of the bias, of the slice of the part.
    ///
    /// The bias is a part of its own where the rows are whole, else the last row of the last part.
    #[inline(always)]
    fn divide<'o>(&self, index: usize, out: &'o mut [f32]) -> (&'o mut [f32], &'o mut [f32]) {
        let line = self.blur.inputs_of_part();
        let first = index.saturating_mul(line);
        let own = self.inputs.saturating_sub(first).min(line).saturating_mul(self.directions);
        let own = own.min(out.len());
        out.split_at_mut_checked(own).unwrap_or_default()
    }

    /// Makes part `index` of [`LANES`] directions.
    #[inline(always)]
    pub(crate) fn fill(&self, index: usize, out: &mut [f32], room: &mut [f32]) {
        let (entries, bias) = self.divide(index, out);
        self.entries::<1>(index, entries, room.get_mut(..self.room()).unwrap_or_default());
        self.bias(bias);
    }
}

/// Rows of G lane groups.
#[inline(always)]
fn groups_mut<const G: usize>(floats: &mut [f32]) -> &mut [[Lanes; G]] {
    floats.as_chunks_mut::<LANES>().0.as_chunks_mut::<G>().0
}

/// Adds `factor` times the signs of a word to a row of entries.
///
/// The groups are written out here and below: a loop over them would keep the accumulators in memory.
#[inline(always)]
fn add_signs<const G: usize>(word: u64, factor: f32, sums: &mut [Lanes; G]) {
    let bits = factor.to_bits();
    let mut group = |index: usize| {
        let Some(sums) = sums.get_mut(index) else { return };
        let low = (word >> (16 * index)) as u32;
        for (lane, sum) in (0..32_u32).zip(sums) {
            let sign = low.wrapping_shl(31_u32.wrapping_sub(lane)) & 0x8000_0000;
            *sum += f32::from_bits(bits ^ sign);
        }
    };
    group(0);
    group(1);
    group(2);
    group(3);
}

/// `sums += factor * row`.
#[inline(always)]
pub(crate) fn add_product<const G: usize>(sums: &mut [Lanes; G], factor: f32, row: &[Lanes; G]) {
    let mut group = |index: usize| {
        if let (Some(sums), Some(row)) = (sums.get_mut(index), row.get(index)) {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += factor * x;
            }
        }
    };
    group(0);
    group(1);
    group(2);
    group(3);
}

impl Parts for Directions {
    type Out = f32;

    const PHASE: Phase = Phase::Directions;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let (entries, bias) = self.divide(index, out);
        if !entries.is_empty() {
            LengthError::at_least("room", self.room(), room.len())?;
            let room = room.get_mut(..self.room()).unwrap_or_default();
            match self.directions / LANES {
                1 => self.entries::<1>(index, entries, room),
                2 => self.entries::<2>(index, entries, room),
                3 => self.entries::<3>(index, entries, room),
                _ => self.entries::<4>(index, entries, room),
            }
        }
        self.bias(bias);
        Ok(())
    }
}
