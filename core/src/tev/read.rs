//! Reading: the whole file is checked once, then its numbers are used where they lie.

use super::{CHECKSUM, DENSE, FileError, HEADER, Kind, MAGIC, VERSION, activation_of};
use crate::error::LengthError;
use crate::hash::Fnv1a;
use crate::layers::{Activation, Dense, Layer};
use crate::network::{MAX_LAYERS, Network};
use crate::quantized::{self, Model};
use crate::shape::Shape;

/// A model of integers whose numbers are the bytes of a file.
pub type FileModel<'a> = Model<'a, [u8; 1], [u8; 4]>;

/// The words of a file.
type Words<'a> = &'a [[u8; 4]];

/// A checked file: a view of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File<'a> {
    kind: Kind,
    input: Shape,
    count: usize,
    layers: Words<'a>,
    numbers: &'a [u8],
    checksum: u64,
}

impl<'a> File<'a> {
    /// Checks `bytes`, which must be exactly the file.
    ///
    /// # Errors
    /// Another format or version, an unknown kind of numbers or of layer, layers that do not fit one
    /// another, a length that is not that of these layers, a wrong checksum.
    pub fn new(bytes: &'a [u8]) -> Result<Self, FileError> {
        let cut = |expected| LengthError { buffer: "file", expected, got: bytes.len() };
        let least = HEADER.saturating_add(DENSE).saturating_add(CHECKSUM);
        let (words, _) = bytes.as_chunks::<4>();
        if words.first().is_some_and(|magic| *magic != MAGIC) {
            return Err(FileError::Magic);
        }
        let [_, version, kind, layers, height, width, channels, rest @ ..] = words else {
            return Err(cut(least).into());
        };
        if word(version) != VERSION {
            return Err(FileError::Version { got: word(version) });
        }
        let kind = match word(kind) {
            0 => Kind::F32,
            1 => Kind::Int8,
            got => return Err(FileError::UnknownKind { got }),
        };
        let count = length(layers);
        if count == 0 || count > MAX_LAYERS {
            return Err(FileError::Layers { got: word(layers) });
        }
        let input =
            Shape { height: length(height), width: length(width), channels: length(channels) };
        let layers = rest.get(..count.saturating_mul(DENSE / 4));
        let start = HEADER.saturating_add(count.saturating_mul(DENSE));
        let layers = layers.ok_or(cut(start.saturating_add(CHECKSUM)))?;
        let whole = numbers(kind, input, layers)?.saturating_add(start).saturating_add(CHECKSUM);
        LengthError::exact("file", whole, bytes.len())?;

        let (before, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(cut(whole))?;
        let checksum = u64::from_le_bytes(*checksum);
        let mut hash = Fnv1a::new();
        hash.bytes(before);
        if hash.finish() != checksum {
            return Err(FileError::Checksum { expected: checksum, got: hash.finish() });
        }
        let numbers = before.get(start..).unwrap_or_default();
        Ok(Self { kind, input, count, layers, numbers, checksum })
    }

    /// Kind of numbers in the file.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The shape of a sample.
    #[must_use]
    pub const fn input(&self) -> Shape {
        self.input
    }

    /// The layers.
    pub fn layers(&self) -> impl Iterator<Item = Layer> {
        // All of them were read before.
        self.layers.as_chunks::<{ DENSE / 4 }>().0.iter().filter_map(layer)
    }

    /// The checksum, which identifies this champion in every format.
    #[must_use]
    pub const fn checksum(&self) -> u64 {
        self.checksum
    }

    /// The model of a file of integers, which runs from the file's bytes.
    ///
    /// # Errors
    /// A file of floats, a hidden layer without ReLU or a last one with it, or a shift that is outside
    /// its range.
    pub fn model(&self) -> Result<FileModel<'a>, FileError> {
        self.expect(Kind::Int8)?;
        let empty =
            quantized::Dense { weights: &[][..], bias: &[][..], multipliers: &[][..], shift: 0 };
        let mut layers = [empty; MAX_LAYERS];
        let (mut rest, mut shape) = (self.numbers, self.input);
        let last = self.count.saturating_sub(1);
        for (index, (to, layer)) in layers.iter_mut().zip(self.layers()).enumerate() {
            if (layer.activation() == Activation::Relu) == (index == last) {
                return Err(FileError::Activation { layer: index });
            }
            let mut take = |bytes: usize| {
                let (section, after) = rest.split_at_checked(bytes)?;
                rest = after;
                Some(section)
            };
            // The lengths were checked: there is always enough to take.
            let short = FileError::Shape { layer: index };
            let weights = layer.kernel_parameters(shape).ok_or(short)?;
            let padded = weights.checked_next_multiple_of(4).ok_or(short)?;
            let section = take(padded).and_then(|section| section.get(..weights)).ok_or(short)?;
            to.weights = section.as_chunks::<1>().0;
            let words = layer.bias_parameters().saturating_mul(4);
            to.bias = take(words).ok_or(short)?.as_chunks::<4>().0;
            to.multipliers = take(words).ok_or(short)?.as_chunks::<4>().0;
            let shift = take(4).and_then(|bytes| bytes.first_chunk::<4>()).ok_or(short)?;
            to.shift = word(shift);
            shape = layer.output(shape).ok_or(short)?;
        }
        Ok(Model::new(layers.get(..self.count).unwrap_or_default())?)
    }

    /// The network of a file of floats; its genome is [`File::genome`].
    ///
    /// # Errors
    /// A file of integers, a softmax before the last layer, or more parameters than memory can hold.
    pub fn network(&self) -> Result<Network, FileError> {
        self.expect(Kind::F32)?;
        let mut layers =
            [Layer::Dense(Dense { units: 1, activation: Activation::Relu }); MAX_LAYERS];
        for (to, layer) in layers.iter_mut().zip(self.layers()) {
            *to = layer;
        }
        Ok(Network::new(self.input, layers.get(..self.count).unwrap_or_default())?)
    }

    /// Reads the genome of a file of floats into `genome`, which has [`Network::parameters`] floats.
    ///
    /// # Errors
    /// A file of integers, or `genome` has the wrong length.
    pub fn genome(&self, genome: &mut [f32]) -> Result<(), FileError> {
        self.expect(Kind::F32)?;
        let (words, _) = self.numbers.as_chunks::<4>();
        LengthError::exact("genome", words.len(), genome.len())?;
        for (weight, word) in genome.iter_mut().zip(words) {
            *weight = f32::from_le_bytes(*word);
        }
        Ok(())
    }

    fn expect(&self, expected: Kind) -> Result<(), FileError> {
        if self.kind == expected { Ok(()) } else { Err(FileError::Kind { expected }) }
    }
}

/// The number in a word.
const fn word(bytes: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*bytes)
}

/// A count; the largest `usize` if it does not fit, which no check accepts.
fn length(bytes: &[u8; 4]) -> usize {
    usize::try_from(word(bytes)).unwrap_or(usize::MAX)
}

/// The layer that is described; `None` if its kind or activation is unknown.
fn layer([kind, activation, units]: &[[u8; 4]; DENSE / 4]) -> Option<Layer> {
    let activation = activation_of(word(activation)).filter(|_| word(kind) == 0)?;
    Some(Layer::Dense(Dense { units: length(units), activation }))
}

/// Bytes of the numbers of all layers, which must fit one another.
fn numbers(kind: Kind, input: Shape, layers: Words<'_>) -> Result<usize, FileError> {
    let (mut total, mut shape) = (0_usize, input);
    if input.elements() == 0 {
        return Err(FileError::Shape { layer: 0 });
    }
    for (index, words) in layers.as_chunks().0.iter().enumerate() {
        let layer = layer(words).ok_or(FileError::UnknownLayer { layer: index })?;
        let wrong = FileError::Shape { layer: index };
        let bytes = kind.numbers(layer, shape).ok_or(wrong)?;
        total = total.checked_add(bytes).ok_or(wrong)?;
        shape = layer.output(shape).ok_or(wrong)?;
    }
    Ok(total)
}
