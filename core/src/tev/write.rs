//! Writing, into the caller's bytes.

use super::{
    CHECKSUM, CONV2D, DENSE, FLATTEN, FileError, HEADER, Kind, MAGIC, MAX_POOL2D, VERSION, code_of,
    code_of_format, description,
};
use crate::deploy::{Format, Formats, Scale, scales_length};
use crate::error::LengthError;
use crate::hash::Fnv1a;
use crate::layers::{Activation, Dense, Layer, Padding, Window};
use crate::network::Network;
use crate::quantized::{Model, Number, Weight};
use crate::shape::Shape;
use crate::slices::parts;
use core::ops::Range;

/// Bytes of a file of layers and the shapes of their inputs.
fn length(kind: Kind, layers: impl Iterator<Item = (Layer, Shape)>) -> usize {
    let start = HEADER.saturating_add(CHECKSUM);
    layers.fold(start, |length, (layer, input)| {
        let numbers = kind.numbers(layer, input, None).unwrap_or(usize::MAX);
        length.saturating_add(description(layer)).saturating_add(numbers)
    })
}

/// The layers of a network, and the shapes of their inputs.
fn network_layers(network: &Network) -> impl ExactSizeIterator<Item = (Layer, Shape)> {
    network.stages().iter().map(|stage| (stage.layer, stage.input))
}

/// The layers of a model, and the shapes of their inputs.
fn model_layers<W: Weight, N: Number>(
    model: &Model<'_, W, N>,
) -> impl ExactSizeIterator<Item = (Layer, Shape)> {
    let last = model.layers().len().saturating_sub(1);
    model.layers().iter().enumerate().map(move |(index, layer)| {
        let activation = if index == last { Activation::Softmax } else { Activation::Relu };
        let dense = Dense { units: layer.outputs(), activation };
        (Layer::Dense(dense), Shape::flat(layer.inputs()))
    })
}

/// Length in bytes of the file of a network and its genome.
#[must_use]
pub fn floats_length(network: &Network) -> usize {
    length(Kind::F32, network_layers(network))
}

/// Length in bytes of the file of a model.
#[must_use]
pub fn integers_length<W: Weight, N: Number>(model: &Model<'_, W, N>) -> usize {
    length(Kind::Int8, model_layers(model))
}

/// The layers of a network, the shapes of their inputs, and the formats of those that have weights.
fn packed_layers(
    network: &Network,
    formats: &Formats,
) -> impl Iterator<Item = (Layer, Shape, Option<Format>)> {
    let mut formats = formats.as_slice().iter();
    network.stages().iter().map(move |stage| {
        let format = if stage.parameters() > 0 { formats.next().copied() } else { None };
        (stage.layer, stage.input, format)
    })
}

/// Length in bytes of the file of a network of packed integers.
#[must_use]
pub fn packed_length(network: &Network, formats: &Formats) -> usize {
    let start = HEADER.saturating_add(CHECKSUM);
    packed_layers(network, formats).fold(start, |length, (layer, input, format)| {
        let numbers = Kind::Packed.numbers(layer, input, format).unwrap_or(usize::MAX);
        length.saturating_add(description(layer)).saturating_add(numbers)
    })
}

/// The sizes and strides of a window; `None` if one is above 255.
fn extents(Window { size, stride, .. }: Window) -> Option<[u8; 4]> {
    let mut bytes = [0; 4];
    let numbers = [size.height, size.width, stride.height, stride.width];
    for (byte, number) in bytes.iter_mut().zip(numbers) {
        *byte = u8::try_from(number).ok()?;
    }
    Some(bytes)
}

const fn padding(window: Window) -> u8 {
    match window.padding {
        Padding::Valid => 0,
        Padding::Same => 1,
    }
}

/// Checks that the format can say the sizes of all windows.
fn can_write(network: &Network) -> Result<(), FileError> {
    for (index, stage) in (0..usize::MAX).zip(network.stages()) {
        let window = match stage.layer {
            Layer::Conv2d(conv) => conv.window,
            Layer::MaxPool2d(pool) => pool.window,
            Layer::Dense(_) | Layer::Flatten(_) => continue,
        };
        extents(window).ok_or(FileError::Shape { layer: index })?;
    }
    Ok(())
}

/// Writes a network and its genome.
///
/// `genome` has [`Network::parameters`] floats, `out` is [`floats_length`] bytes.
///
/// # Errors
/// A slice has the wrong length, or a window has more than 255 rows or columns.
pub fn write_floats(network: &Network, genome: &[f32], out: &mut [u8]) -> Result<(), FileError> {
    can_write(network)?;
    LengthError::exact("genome", network.parameters(), genome.len())?;
    LengthError::exact("out", floats_length(network), out.len())?;
    let mut writer = Writer { rest: out, hash: Fnv1a::new() };
    writer.header(Kind::F32, network.input(), network_layers(network));
    for weight in genome {
        writer.put(&weight.to_le_bytes());
    }
    writer.finish();
    Ok(())
}

/// Writes a model.
///
/// `out` is [`integers_length`] bytes.
///
/// # Errors
/// `out` has the wrong length.
pub fn write_integers<W: Weight, N: Number>(
    model: &Model<'_, W, N>,
    out: &mut [u8],
) -> Result<(), FileError> {
    LengthError::exact("out", integers_length(model), out.len())?;
    let mut writer = Writer { rest: out, hash: Fnv1a::new() };
    writer.header(Kind::Int8, Shape::flat(model.inputs()), model_layers(model));
    for layer in model.layers() {
        for weight in layer.weights {
            writer.put(&weight.byte());
        }
        let padding = layer.weights.len().wrapping_neg() % 4;
        writer.put([0; 3].get(..padding).unwrap_or_default());
        for number in layer.bias.iter().chain(layer.multipliers) {
            writer.put(&number.get().to_le_bytes());
        }
        writer.put(&layer.shift.to_le_bytes());
    }
    writer.finish();
    Ok(())
}

/// Writes a network of packed integers, as [`crate::deploy::deploy`] makes them: `codes` has
/// [`Network::parameters`] floats, `scales` has [`crate::deploy::scales_length`], `out` is [`packed_length`] bytes.
///
/// # Errors
/// A slice has the wrong length, a window has more than 255 rows or columns, or the formats are those of another network.
pub fn write_packed(
    network: &Network,
    formats: &Formats,
    codes: &[f32],
    scales: &[f32],
    out: &mut [u8],
) -> Result<(), FileError> {
    can_write(network)?;
    LengthError::exact("codes", network.parameters(), codes.len())?;
    LengthError::exact("scales", scales_length(network), scales.len())?;
    LengthError::exact("out", packed_length(network, formats), out.len())?;
    let mut writer = Writer { rest: out, hash: Fnv1a::new() };
    writer.start(Kind::Packed, network.input(), network.stages().len());
    let mut first = 0_usize;
    for (layer, _, format) in packed_layers(network, formats) {
        let scale = Scale::of(scales, first);
        let shift = scale.map_or(0, |scale| scale.bias_shift as u8);
        let format = format.map(|format| (code_of_format(format), shift));
        writer.layer(layer, format.unwrap_or_default());
        first = first.saturating_add(layer.bias_parameters());
    }
    first = 0;
    for (stage, (.., format)) in network.stages().iter().zip(packed_layers(network, formats)) {
        let Some(format) = format else { continue };
        let own = |range| codes.get::<Range<usize>>(range).unwrap_or(&[]);
        let (kernel, bias) = (own(stage.kernel()), own(stage.bias()));
        for bias in bias {
            let scale = Scale::of(scales, first);
            first = first.saturating_add(1);
            if let Some(Scale { multiplier, shift, bias_shift, .. }) = scale {
                let bias = (*bias as i32).wrapping_shr(bias_shift) as i16;
                let [low, high] = bias.to_le_bytes();
                writer.put(&[low, high, multiplier as u8, shift as u8]);
            }
        }
        let mut bytes = 0_usize;
        for row in parts(kernel, bias.len()) {
            // A few weights at a time: whole bytes of every format.
            for codes in parts(row, 10) {
                let mut packed = [0; 10];
                let length = format.row_bytes(codes.len());
                let packed = packed.get_mut(..length).unwrap_or_default();
                format.pack(codes, packed);
                writer.put(packed);
                bytes = bytes.saturating_add(length);
            }
        }
        let padding = bytes.wrapping_neg() % 4;
        writer.put([0; 3].get(..padding).unwrap_or_default());
    }
    writer.finish();
    Ok(())
}

/// The bytes not yet written, and the hash of those written. The caller checked that all fits.
struct Writer<'o> {
    rest: &'o mut [u8],
    hash: Fnv1a,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let rest = core::mem::take(&mut self.rest);
        let Some((target, rest)) = rest.split_at_mut_checked(bytes.len()) else { return };
        for (target, byte) in target.iter_mut().zip(bytes) {
            *target = *byte;
        }
        self.rest = rest;
        self.hash.bytes(bytes);
    }

    /// Writes everything before the numbers.
    fn header(
        &mut self,
        kind: Kind,
        input: Shape,
        layers: impl ExactSizeIterator<Item = (Layer, Shape)>,
    ) {
        self.start(kind, input, layers.len());
        for (layer, _) in layers {
            self.layer(layer, (0, 0));
        }
    }

    /// Writes everything before the layers.
    fn start(&mut self, kind: Kind, Shape { height, width, channels }: Shape, layers: usize) {
        self.put(&MAGIC);
        self.words([VERSION, kind.code(), count(layers)]);
        self.words([height, width, channels].map(count));
    }

    /// Writes the description of a layer, whose window [`can_write`], with the number of its format and the shift of
    /// its bias.
    fn layer(&mut self, layer: Layer, (format, shift): (u8, u8)) {
        match layer {
            Layer::Dense(Dense { units, activation }) => {
                self.put(&DENSE.to_le_bytes());
                self.put(&[code_of(activation) as u8, 0, format, shift]);
                self.put(&count(units).to_le_bytes());
            }
            Layer::Conv2d(conv) => {
                let activation = code_of(conv.activation) as u8;
                self.put(&CONV2D.to_le_bytes());
                self.put(&[activation, padding(conv.window), format, shift]);
                self.put(&count(conv.filters).to_le_bytes());
                self.put(&extents(conv.window).unwrap_or_default());
            }
            Layer::MaxPool2d(pool) => {
                self.put(&MAX_POOL2D.to_le_bytes());
                self.put(&[0, padding(pool.window), 0, 0]);
                self.put(&extents(pool.window).unwrap_or_default());
            }
            Layer::Flatten(_) => self.put(&FLATTEN.to_le_bytes()),
        }
    }

    fn words(&mut self, words: [u32; 3]) {
        for word in words {
            self.put(&word.to_le_bytes());
        }
    }

    fn finish(mut self) {
        let checksum = self.hash.finish();
        self.put(&checksum.to_le_bytes());
    }
}

/// A count as the file stores it. Every count of a layer in memory fits: a layer of 2^32 inputs would
/// need at least as many weights.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
