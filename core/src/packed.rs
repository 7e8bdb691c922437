//! Inference of networks of integers of 8, 4 or fewer bits: convolutions, poolings and dense layers, run from the bytes of
//! a file where they lie.
//!
//! [`crate::deploy`] says what is computed, and makes the integers of a genome; [`crate::tev::File::packed`] gives the network of a
//! file. Weights are unpacked as they are used: memory is needed for two neighbouring maps of activations and for
//! the sums of a few lines of a map.
//!
//! Inputs that are zero are skipped: four pixels in five are, and about half of the activations.

use crate::deploy::{Format, MAX_PACKED_LAYERS, Scale};
use crate::error::LengthError;
use crate::layers::window::{Side, Span, Window};
use crate::order::first_largest;
use crate::shape::Shape;
use crate::slices::{parts, parts_mut};
use core::ops::Range;

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
        let fits = whole && self.numbers.len() == self.filters && self.bias_shift <= 15;
        let output = moves.output.height.checked_mul(moves.output.width)?;
        output.checked_mul(self.filters)?;
        let scales = self.numbers.iter().all(|[.., shift]| *shift <= 22);
        // Sums of any numbers fit 32 bits; a byte may be -128.
        let largest = usize::from(self.format.largest().unsigned_abs()).saturating_add(1);
        let most = inputs.saturating_mul(255).saturating_mul(largest);
        let sums =
            most < 0x7fff_0000_usize.saturating_sub(0x8000_usize.wrapping_shl(self.bias_shift));
        (fits && scales && sums && inputs > 0).then_some(moves.output)
    }

    /// The sums of all filters over some lines of the map from `first` on: `[line][column][filter]`.
    ///
    /// An input's row of weights is unpacked once for all places.
    fn strip(
        &self,
        input: &[u8],
        channels: usize,
        moves: &Moves,
        lines: (usize, usize),
        sums: &mut [i32],
    ) {
        for own in parts_mut(sums, self.filters) {
            for (sum, [low, high, ..]) in own.iter_mut().zip(self.numbers) {
                let bias = i32::from(i16::from_le_bytes([*low, *high]));
                *sum = bias.wrapping_shl(self.bias_shift);
            }
        }
        let rows = parts(self.weights, self.format.row_bytes(self.filters));
        let mut rows = (0..usize::MAX).zip(rows);
        let mut room = [0; CODES];
        for ky in 0..moves.rows.size {
            for kx in 0..moves.columns.size {
                let span = moves.columns.span(kx);
                for channel in 0..channels {
                    let Some((index, row)) = rows.next() else { return };
                    // A dense layer's rows are its inputs; half or more of these are zero, and need no unpacking.
                    if self.window.is_none() && input.get(index) == Some(&0) {
                        continue;
                    }
                    let tap = Tap { ky, span, channel };
                    let (mut sums, mut left) = (&mut *sums, self.filters);
                    for row in parts(row, self.format.row_bytes(CODES)) {
                        let count = left.min(CODES);
                        let codes = match self.format {
                            Format::Int8 => row,
                            format => format.unpack(row, room.get_mut(..count).unwrap_or_default()),
                        };
                        self.add(&tap, codes, input, channels, moves, lines, sums);
                        sums = sums.get_mut(count..).unwrap_or_default();
                        left = left.saturating_sub(count);
                    }
                }
            }
        }
    }

    /// Adds the products of codes, those of the filters from the first of `sums` on, with an input of all places of some lines.
    #[expect(clippy::too_many_arguments, reason = "the loop of a layer in two pieces")]
    #[inline(always)]
    fn add(
        &self,
        tap: &Tap,
        codes: &[u8],
        input: &[u8],
        channels: usize,
        moves: &Moves,
        (first, lines): (usize, usize),
        sums: &mut [i32],
    ) {
        let Span { first_output, outputs, first_input } = tap.span;
        let line_length = moves.columns.outputs.saturating_mul(self.filters);
        let before = first_output.saturating_mul(self.filters);
        let step = moves.columns.stride.saturating_mul(channels);
        for (line, sums) in (first..usize::MAX).zip(parts_mut(sums, line_length)).take(lines) {
            let Some(row) = moves.rows.input_at(line, tap.ky) else { continue };
            let place = row.saturating_mul(moves.columns.inputs).saturating_add(first_input);
            let start = place.saturating_mul(channels).saturating_add(tap.channel);
            let values = parts(input.get(start..).unwrap_or(&[]), step).take(outputs);
            let sums = sums.get_mut(before..).unwrap_or_default();
            for (own, value) in parts_mut(sums, self.filters).zip(values) {
                let value = value.first().copied().map_or(0, i32::from);
                if value != 0 {
                    add_products(own, codes, value);
                }
            }
        }
    }

    /// Sums of the lines that a window of the pooling needs.
    fn sums_length(&self, moves: &Moves) -> usize {
        let lines = self.pool.map_or(1, |pool| pool.size.height);
        lines.saturating_mul(moves.columns.outputs).saturating_mul(self.filters)
    }

    /// The activations of a hidden layer.
    // One copy on a microcontroller, where code is dear.
    #[cfg_attr(target_os = "none", inline(never))]
    fn run(&self, input: &[u8], shape: Shape, moves: &Moves, sums: &mut [i32], out: &mut [u8]) {
        let (rows, columns) = moves.pool;
        let line_length = moves.columns.outputs.saturating_mul(self.filters);
        let mut places = parts_mut(out, self.filters);
        for y in 0..rows.outputs {
            let (lines, first) = rows.clip(y);
            let length = lines.len().saturating_mul(line_length);
            let sums = sums.get_mut(..length).unwrap_or_default();
            self.strip(input, shape.channels, moves, (first, lines.len()), sums);
            for x in 0..columns.outputs {
                let Some(own) = places.next() else { return };
                let (taps, first) = columns.clip(x);
                let start = first.saturating_mul(self.filters);
                let end = start.saturating_add(taps.len().saturating_mul(self.filters));
                self.pool_place(sums, (line_length, start..end), own);
            }
        }
    }

    /// The activations of all filters at a place, from the sums of its window: a range of each line.
    fn pool_place(
        &self,
        sums: &[i32],
        (line_length, range): (usize, Range<usize>),
        out: &mut [u8],
    ) {
        for (filter, (to, [_, _, multiplier, shift])) in
            (0..usize::MAX).zip(out.iter_mut().zip(self.numbers))
        {
            let mut largest = i32::MIN;
            for line in parts(sums, line_length) {
                for place in parts(line.get(range.clone()).unwrap_or(&[]), self.filters) {
                    let sum = place.get(filter).copied().unwrap_or(i32::MIN);
                    largest = if sum > largest { sum } else { largest };
                }
            }
            let (multiplier, shift) = (i32::from(*multiplier), u32::from(*shift));
            let scale = Scale { unit: 1.0, multiplier, shift, bias_shift: 0 };
            *to = scale.scaled(largest) as u8;
        }
    }
}

/// Adds the products of codes, bytes in two's complement, with a value.
// By itself it keeps all it needs in registers.
#[cfg_attr(target_os = "none", inline(never))]
fn add_products(sums: &mut [i32], codes: &[u8], value: i32) {
    for (sum, code) in sums.iter_mut().zip(codes) {
        let code = i32::from(i8::from_le_bytes([*code]));
        *sum = sum.wrapping_add(code.wrapping_mul(value));
    }
}

/// Where an input lies in a window.
struct Tap {
    ky: usize,
    /// The outputs that have its column.
    span: Span,
    channel: usize,
}

/// The most codes that are unpacked together: whole bytes of every format.
const CODES: usize = 60;

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

    /// Number of elements that `sums` must have at least: filters times columns of the map, times rows of a window of the pooling, of
    /// the layer that needs most.
    #[must_use]
    pub fn sums_length(&self) -> usize {
        let (mut most, mut shape) = (0_usize, self.input);
        for layer in &self.layers {
            let Some(moves) = layer.moves(shape) else { break };
            most = most.max(layer.sums_length(&moves));
            shape = moves.output;
        }
        most
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
            let sums = sums.get_mut(..last.filters).unwrap_or_default();
            last.strip(input, shape.channels, &moves, (0, 1), sums);
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
        Ok(first_largest(logits, i32::MIN))
    }
}
