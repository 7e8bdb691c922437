//! Inference of networks of integers of 8, 4 or fewer bits: convolutions, poolings and dense layers, run from the bytes of
//! a file where they lie.
//!
//! [`crate::deploy`] says what is computed, and makes the integers of a genome; [`crate::tev::File::packed`] gives the network of a
//! file. Weights are unpacked as they are used: memory is needed for two neighbouring maps of activations and for
//! the sums of one place.
//!
//! Inputs that are zero are skipped: four pixels in five are, and about half of the activations.

use crate::deploy::{Format, Scale};
use crate::error::LengthError;
use crate::layers::window::{Side, Window};
use crate::shape::Shape;

/// The most layers with weights.
pub const MAX_PACKED_LAYERS: usize = 8;

/// A layer of integers: a convolution or dense layer, and the pooling behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer<'a> {
    /// The window of a convolution; `None` for a dense layer, which takes its whole input.
    pub window: Option<Window>,
    /// The window of max pooling, if any.
    pub pool: Option<Window>,
    /// Number of filters or units.
    pub filters: usize,
    /// How weights are stored.
    pub format: Format,
    /// By so many bits biases are shifted to the left; at most 16.
    pub bias_shift: u32,
    /// For each filter its bias, an i16, its multiplier and its shift, a byte each; see [`crate::deploy`].
    pub numbers: &'a [[u8; 4]],
    /// Rows of weights, [`Format::row_bytes`] each: one for each input of a filter, `[height][width][in]`.
    pub weights: &'a [u8],
}

/// How the windows of a layer move over its input.
struct Moves {
    rows: Side,
    columns: Side,
    pool: (Side, Side),
    output: Shape,
}

impl Layer<'_> {
    fn moves(&self, input: Shape) -> Option<Moves> {
        let (rows, columns) = match self.window {
            Some(window) => window.sides(input)?,
            None => (Side::whole_of(input.height), Side::whole_of(input.width)),
        };
        let map = Shape { height: rows.outputs, width: columns.outputs, channels: self.filters };
        let pool = self.pool.unwrap_or(Window::tiles(1)).sides(map)?;
        let output = Shape { height: pool.0.outputs, width: pool.1.outputs, ..map };
        Some(Moves { rows, columns, pool, output })
    }

    /// The shape of the output, if the layer fits its input.
    fn check(&self, input: Shape) -> Option<Shape> {
        let moves = self.moves(input)?;
        let inputs =
            moves.rows.size.checked_mul(moves.columns.size)?.checked_mul(input.channels)?;
        let weights = self.format.row_bytes(self.filters).checked_mul(inputs)?;
        let whole = self.filters > 0 && self.weights.len() == weights;
        let fits = whole && self.numbers.len() == self.filters && self.bias_shift <= 16;
        let output = moves.output.height.checked_mul(moves.output.width)?;
        output.checked_mul(self.filters)?;
        let scales = self.numbers.iter().all(|[.., shift]| *shift <= 22);
        (fits && scales && inputs > 0).then_some(moves.output)
    }

    /// The sums of all filters at a place of the map.
    #[inline(always)]
    fn sums(
        &self,
        input: &[u8],
        channels: usize,
        moves: &Moves,
        y: usize,
        x: usize,
        sums: &mut [i32],
    ) {
        for (sum, [low, high, ..]) in sums.iter_mut().zip(self.numbers) {
            *sum = i32::from(i16::from_le_bytes([*low, *high])).wrapping_shl(self.bias_shift);
        }
        let row_bytes = self.format.row_bytes(self.filters);
        let (lines, first_row) = moves.rows.clip(y);
        let (taps, first_column) = moves.columns.clip(x);
        let count = taps.len().saturating_mul(channels);
        for (ky, row) in lines.zip(first_row..usize::MAX) {
            let tap = ky.saturating_mul(moves.columns.size).saturating_add(taps.start);
            let start = tap.saturating_mul(channels).saturating_mul(row_bytes);
            let mut weights = self.weights.get(start..).unwrap_or(&[]);
            let place = row.saturating_mul(moves.columns.inputs).saturating_add(first_column);
            let start = place.saturating_mul(channels);
            let run = input.get(start..).and_then(|input| input.get(..count)).unwrap_or(&[]);
            for &value in run {
                let Some((row, rest)) = weights.split_at_checked(row_bytes) else { return };
                weights = rest;
                if value != 0 {
                    self.format.add_row(row, i32::from(value), sums);
                }
            }
        }
    }

    /// The largest sums of all filters in a window of the pooling; `sums` has twice as many numbers as there are filters.
    #[inline(always)]
    fn pooled<'s>(
        &self,
        input: &[u8],
        channels: usize,
        moves: &Moves,
        (y, x): (usize, usize),
        sums: &'s mut [i32],
    ) -> &'s [i32] {
        let (sums, largest) = sums.split_at_mut_checked(self.filters).unwrap_or_default();
        if self.pool.is_none() {
            self.sums(input, channels, moves, y, x, sums);
            return sums;
        }
        let largest = largest.get_mut(..self.filters).unwrap_or_default();
        largest.fill(i32::MIN);
        let (lines, first_row) = moves.pool.0.clip(y);
        let (taps, first_column) = moves.pool.1.clip(x);
        for (_, row) in lines.zip(first_row..usize::MAX) {
            for (_, column) in taps.clone().zip(first_column..usize::MAX) {
                self.sums(input, channels, moves, row, column, sums);
                for (largest, sum) in largest.iter_mut().zip(&*sums) {
                    *largest = if *sum > *largest { *sum } else { *largest };
                }
            }
        }
        largest
    }

    /// Sums that one place needs.
    const fn sums_length(&self) -> usize {
        self.filters.saturating_mul(if self.pool.is_some() { 2 } else { 1 })
    }

    /// The activations of a hidden layer.
    // One copy on a microcontroller, where code is dear.
    #[cfg_attr(target_os = "none", inline(never))]
    fn run(&self, input: &[u8], shape: Shape, moves: &Moves, sums: &mut [i32], mut out: &mut [u8]) {
        for y in 0..moves.pool.0.outputs {
            for x in 0..moves.pool.1.outputs {
                let pooled = self.pooled(input, shape.channels, moves, (y, x), sums);
                let all = core::mem::take(&mut out);
                let (own, rest) = all.split_at_mut_checked(self.filters).unwrap_or_default();
                out = rest;
                for ((to, sum), [_, _, multiplier, shift]) in
                    own.iter_mut().zip(pooled).zip(self.numbers)
                {
                    let scale = Scale {
                        unit: 1.0,
                        multiplier: i32::from(*multiplier),
                        shift: u32::from(*shift),
                        bias_shift: 0,
                    };
                    *to = scale.scaled(*sum) as u8;
                }
            }
        }
    }
}

/// A network of integers: a view of its layers, which are checked to fit.
#[derive(Debug, Clone)]
pub struct Packed<'a> {
    input: Shape,
    layers: heapless::Vec<Layer<'a>, MAX_PACKED_LAYERS>,
}

impl<'a> Packed<'a> {
    /// Joins layers behind an input of this shape; the last one is dense, without pooling. `None` if they do not fit each
    /// other, or for none or more than [`MAX_PACKED_LAYERS`].
    #[must_use]
    pub fn new(input: Shape, layers: &[Layer<'a>]) -> Option<Self> {
        let mut shape = input;
        for layer in layers {
            shape = layer.check(shape)?;
        }
        let last = layers.last()?;
        let ends = last.window.is_none() && last.pool.is_none();
        let layers = heapless::Vec::from_slice(layers).ok()?;
        ends.then_some(Self { input, layers })
    }

    /// The layers.
    #[must_use]
    pub fn layers(&self) -> &[Layer<'a>] {
        &self.layers
    }

    /// The shape of an image.
    #[must_use]
    pub const fn input(&self) -> Shape {
        self.input
    }

    /// Number of classes.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.filters)
    }

    /// Number of elements that `sums` must have at least: the filters of the widest layer, twice those of one with pooling.
    #[must_use]
    pub fn sums_length(&self) -> usize {
        self.layers.iter().map(Layer::sums_length).fold(0, usize::max)
    }

    /// Number of elements that `activations` must have at least: those of two neighbouring hidden layers.
    #[must_use]
    pub fn activations_length(&self) -> usize {
        let (mut most, mut before, mut shape) = (0_usize, 0_usize, self.input);
        for layer in self.hidden() {
            shape = layer.moves(shape).map_or(shape, |moves| moves.output);
            most = most.max(before.saturating_add(shape.elements()));
            before = shape.elements();
        }
        most
    }

    fn hidden(&self) -> &[Layer<'a>] {
        self.layers.split_last().map_or(&[], |(_, hidden)| hidden)
    }

    /// The logits of an image, a part of `sums`: integers of one unit.
    ///
    /// `pixels` has as many elements as the input, row by row, column by column, channels together; `sums` at
    /// least [`Packed::sums_length`], `activations` at least [`Packed::activations_length`].
    ///
    /// # Errors
    /// A slice has the wrong length.
    pub fn logits<'s>(
        &self,
        pixels: &[u8],
        sums: &'s mut [i32],
        activations: &mut [u8],
    ) -> Result<&'s [i32], LengthError> {
        LengthError::exact("pixels", self.input.elements(), pixels.len())?;
        LengthError::at_least("sums", self.sums_length(), sums.len())?;
        LengthError::at_least("activations", self.activations_length(), activations.len())?;
        let (mut shape, mut is_first, mut at_end) = (self.input, true, false);
        for layer in self.hidden() {
            let Some(moves) = layer.moves(shape) else { break };
            // The map before lies at one end of the memory, this one at the other.
            let length = moves.output.elements();
            let split = if at_end { activations.len().saturating_sub(length) } else { length };
            let (low, high) = activations.split_at_mut_checked(split).unwrap_or_default();
            let (before, out) = if at_end { (low, high) } else { (high, low) };
            let elements = shape.elements();
            let start = if at_end { 0 } else { before.len().saturating_sub(elements) };
            let before = before.get(start..).and_then(|before| before.get(..elements));
            let input = if is_first { pixels } else { before.unwrap_or(&[]) };
            layer.run(input, shape, &moves, sums, out);
            (shape, is_first, at_end) = (moves.output, false, !at_end);
        }
        if let Some(last) = self.layers.last()
            && let Some(moves) = last.moves(shape)
        {
            let elements = shape.elements();
            let start = if at_end { 0 } else { activations.len().saturating_sub(elements) };
            let before = activations.get(start..).and_then(|before| before.get(..elements));
            let input = if is_first { pixels } else { before.unwrap_or(&[]) };
            last.sums(
                input,
                shape.channels,
                &moves,
                0,
                0,
                sums.get_mut(..last.filters).unwrap_or_default(),
            );
        }
        Ok(sums.get(..self.outputs()).unwrap_or(&[]))
    }

    /// The class of an image: the index of its largest logit, the first of equal ones.
    ///
    /// # Errors
    /// As [`Packed::logits`].
    pub fn classify(
        &self,
        pixels: &[u8],
        sums: &mut [i32],
        activations: &mut [u8],
    ) -> Result<usize, LengthError> {
        let logits = self.logits(pixels, sums, activations)?;
        let (mut best, mut class) = (i32::MIN, 0);
        for (index, &logit) in (0..usize::MAX).zip(logits) {
            if logit > best {
                (best, class) = (logit, index);
            }
        }
        Ok(class)
    }
}
