//! Writing, into the caller's bytes.

use super::{CHECKSUM, FileError, HEADER, Kind, MAGIC, SHAPE, VERSION};
use crate::error::LengthError;
use crate::hash::Fnv1a;
use crate::layers::Activation;
use crate::network::Network;
use crate::quantized::{Model, Number, Weight};

/// Bytes of a file.
fn length(kind: Kind, shapes: impl Iterator<Item = (usize, usize)>) -> usize {
    let start = HEADER.saturating_add(CHECKSUM);
    shapes.fold(start, |length, (inputs, outputs)| {
        let numbers = kind.numbers(inputs, outputs).unwrap_or(usize::MAX);
        length.saturating_add(SHAPE).saturating_add(numbers)
    })
}

/// Inputs and outputs of the layers of a network.
fn network_shapes(network: &Network) -> impl ExactSizeIterator<Item = (usize, usize)> {
    network.stages().iter().map(|stage| (stage.input.elements(), stage.output.elements()))
}

/// Inputs and outputs of the layers of a model.
fn model_shapes<W: Weight, N: Number>(
    model: &Model<'_, W, N>,
) -> impl ExactSizeIterator<Item = (usize, usize)> {
    model.layers().iter().map(|layer| (layer.inputs(), layer.outputs()))
}

/// How long the file of a network and its genome is.
#[must_use]
pub fn floats_length(network: &Network) -> usize {
    length(Kind::F32, network_shapes(network))
}

/// How long the file of a model is.
#[must_use]
pub fn integers_length<W: Weight, N: Number>(model: &Model<'_, W, N>) -> usize {
    length(Kind::Int8, model_shapes(model))
}

/// Writes a network and its genome.
///
/// `genome` has [`Network::parameters`] floats, `out` is [`floats_length`] bytes.
///
/// # Errors
/// A slice has the wrong length; a hidden layer without ReLU, or a last one with it.
pub fn write_floats(network: &Network, genome: &[f32], out: &mut [u8]) -> Result<(), FileError> {
    LengthError::exact("genome", network.parameters(), genome.len())?;
    LengthError::exact("out", floats_length(network), out.len())?;
    let last = network.stages().len().saturating_sub(1);
    for (layer, stage) in network.stages().iter().enumerate() {
        if (stage.layer.activation() == Activation::Relu) == (layer == last) {
            return Err(FileError::Activation { layer });
        }
    }
    let mut writer = Writer { rest: out, hash: Fnv1a::new() };
    writer.header(Kind::F32, network_shapes(network));
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
    writer.header(Kind::Int8, model_shapes(model));
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

/// What is still to be written, and the hash of what was. The length was checked: all fits.
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

    /// What precedes the numbers.
    fn header(&mut self, kind: Kind, shapes: impl ExactSizeIterator<Item = (usize, usize)>) {
        self.put(&MAGIC);
        for word in [VERSION, kind.code(), count(shapes.len())] {
            self.put(&word.to_le_bytes());
        }
        for (inputs, outputs) in shapes {
            self.put(&count(inputs).to_le_bytes());
            self.put(&count(outputs).to_le_bytes());
        }
    }

    fn finish(mut self) {
        let checksum = self.hash.finish();
        self.put(&checksum.to_le_bytes());
    }
}

/// A count as the file has it. No slice of memory is so long that it does not fit: a layer of 2^32
/// inputs would need at least as many weights.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
