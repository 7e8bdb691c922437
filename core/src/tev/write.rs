//! Writing, into the caller's bytes.

use super::{CHECKSUM, DENSE, FileError, HEADER, Kind, MAGIC, VERSION, code_of};
use crate::error::LengthError;
use crate::hash::Fnv1a;
use crate::layers::{Activation, Dense, Layer};
use crate::network::Network;
use crate::quantized::{Model, Number, Weight};
use crate::shape::Shape;

/// Bytes of a file of layers and the shapes of their inputs.
fn length(kind: Kind, layers: impl Iterator<Item = (Layer, Shape)>) -> usize {
    let start = HEADER.saturating_add(CHECKSUM);
    layers.fold(start, |length, (layer, input)| {
        let numbers = kind.numbers(layer, input).unwrap_or(usize::MAX);
        length.saturating_add(DENSE).saturating_add(numbers)
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

/// Writes a network and its genome.
///
/// `genome` has [`Network::parameters`] floats, `out` is [`floats_length`] bytes.
///
/// # Errors
/// A slice has the wrong length.
pub fn write_floats(network: &Network, genome: &[f32], out: &mut [u8]) -> Result<(), FileError> {
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
        Shape { height, width, channels }: Shape,
        layers: impl ExactSizeIterator<Item = (Layer, Shape)>,
    ) {
        self.put(&MAGIC);
        self.words([VERSION, kind.code(), count(layers.len())]);
        self.words([height, width, channels].map(count));
        for (layer, _) in layers {
            let Layer::Dense(Dense { units, activation }) = layer;
            self.words([0, code_of(activation), count(units)]);
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
