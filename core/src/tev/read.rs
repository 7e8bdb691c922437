//! Reading: the whole file is checked once, then its numbers are used where they lie.

use super::{CHECKSUM, FileError, HEADER, Kind, MAGIC, SHAPE, VERSION};
use crate::error::LengthError;
use crate::hash::Fnv1a;
use crate::layers::{Activation, Dense, Layer};
use crate::network::{MAX_LAYERS, Network};
use crate::quantized::{self, Model};
use crate::shape::Shape;

/// A model of integers whose numbers are the bytes of a file.
pub type FileModel<'a> = Model<'a, [u8; 1], [u8; 4]>;

/// A checked file: a view of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File<'a> {
    kind: Kind,
    shapes: &'a [[u8; SHAPE]],
    numbers: &'a [u8],
    checksum: u64,
}

impl<'a> File<'a> {
    /// Checks `bytes`, which are the file and nothing else.
    ///
    /// # Errors
    /// Another format, version or kind, shapes that do not fit one another, a length that is not
    /// that of these shapes, a wrong checksum.
    pub fn new(bytes: &'a [u8]) -> Result<Self, FileError> {
        let least = HEADER.saturating_add(SHAPE).saturating_add(CHECKSUM);
        let (words, rest) = bytes.split_at_checked(HEADER).unwrap_or((bytes, &[]));
        let (words, _) = words.as_chunks::<4>();
        if words.first().is_some_and(|magic| *magic != MAGIC) {
            return Err(FileError::Magic);
        }
        let [_, version, kind, layers] = words else {
            return Err(LengthError { buffer: "file", expected: least, got: bytes.len() }.into());
        };
        let [version, kind, layers] = [version, kind, layers].map(|word| u32::from_le_bytes(*word));
        if version != VERSION {
            return Err(FileError::Version { got: version });
        }
        let kind = match kind {
            0 => Kind::F32,
            1 => Kind::Int8,
            got => return Err(FileError::UnknownKind { got }),
        };
        let count = usize::try_from(layers).unwrap_or(usize::MAX);
        if count == 0 || count > MAX_LAYERS {
            return Err(FileError::Layers { got: layers });
        }
        let shapes = count.saturating_mul(SHAPE);
        let cut = LengthError {
            buffer: "file",
            expected: HEADER.saturating_add(shapes).saturating_add(CHECKSUM),
            got: bytes.len(),
        };
        let (shapes, rest) = rest.split_at_checked(shapes).ok_or(cut)?;
        let (shapes, _) = shapes.as_chunks::<SHAPE>();
        let numbers = numbers(kind, shapes)?;
        let whole = cut.expected.saturating_add(numbers);
        LengthError::exact("file", whole, bytes.len())?;

        let (numbers, checksum) = rest.split_at_checked(numbers).ok_or(cut)?;
        let checksum = match checksum.as_chunks::<CHECKSUM>() {
            ([checksum], []) => u64::from_le_bytes(*checksum),
            _ => return Err(cut.into()),
        };
        let mut hash = Fnv1a::new();
        hash.bytes(bytes.get(..whole.saturating_sub(CHECKSUM)).unwrap_or_default());
        if hash.finish() != checksum {
            return Err(FileError::Checksum { expected: checksum, got: hash.finish() });
        }
        Ok(Self { kind, shapes, numbers, checksum })
    }

    /// What the file holds.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Inputs and outputs of each layer.
    pub fn shapes(&self) -> impl Iterator<Item = (usize, usize)> {
        self.shapes.iter().map(shape)
    }

    /// The checksum, which names this champion.
    #[must_use]
    pub const fn checksum(&self) -> u64 {
        self.checksum
    }

    /// The model of a file of integers, which runs from the file's bytes.
    ///
    /// # Errors
    /// A file of floats, or a shift that is outside its range.
    pub fn model(&self) -> Result<FileModel<'a>, FileError> {
        self.expect(Kind::Int8)?;
        let empty =
            quantized::Dense { weights: &[][..], bias: &[][..], multipliers: &[][..], shift: 0 };
        let mut layers = [empty; MAX_LAYERS];
        let mut rest = self.numbers;
        for (index, (layer, (inputs, outputs))) in layers.iter_mut().zip(self.shapes()).enumerate()
        {
            let mut take = |bytes: usize| {
                let (section, after) = rest.split_at_checked(bytes)?;
                rest = after;
                Some(section)
            };
            // The lengths were checked: there is always enough to take.
            let short = FileError::Shape { layer: index };
            let weights = inputs.saturating_mul(outputs);
            let padded = weights.checked_next_multiple_of(4).ok_or(short)?;
            let section = take(padded).and_then(|section| section.get(..weights)).ok_or(short)?;
            layer.weights = section.as_chunks::<1>().0;
            let words = outputs.saturating_mul(4);
            layer.bias = take(words).ok_or(short)?.as_chunks::<4>().0;
            layer.multipliers = take(words).ok_or(short)?.as_chunks::<4>().0;
            let shift = take(4).and_then(|bytes| bytes.first_chunk::<4>()).ok_or(short)?;
            layer.shift = u32::from_le_bytes(*shift);
        }
        Ok(Model::new(layers.get(..self.shapes.len()).unwrap_or_default())?)
    }

    /// The network of a file of floats; its genome is [`File::genome`].
    ///
    /// # Errors
    /// A file of integers, or more parameters than memory can have.
    pub fn network(&self) -> Result<Network, FileError> {
        self.expect(Kind::F32)?;
        let mut layers =
            [Layer::Dense(Dense { units: 1, activation: Activation::Relu }); MAX_LAYERS];
        let (mut input, last) = (0, self.shapes.len().saturating_sub(1));
        for (index, (layer, (inputs, units))) in layers.iter_mut().zip(self.shapes()).enumerate() {
            if index == 0 {
                input = inputs;
            }
            let activation = if index == last { Activation::Softmax } else { Activation::Relu };
            *layer = Layer::Dense(Dense { units, activation });
        }
        let layers = layers.get(..self.shapes.len()).unwrap_or_default();
        Ok(Network::new(Shape::flat(input), layers)?)
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

/// Inputs and outputs of a layer; what this machine cannot count is too large anyway.
fn shape(bytes: &[u8; SHAPE]) -> (usize, usize) {
    let [a, b, c, d, e, f, g, h] = *bytes;
    let count = |word| usize::try_from(u32::from_le_bytes(word)).unwrap_or(usize::MAX);
    (count([a, b, c, d]), count([e, f, g, h]))
}

/// Bytes of the numbers of all layers, whose shapes must fit one another.
fn numbers(kind: Kind, shapes: &[[u8; SHAPE]]) -> Result<usize, FileError> {
    let (mut total, mut before) = (0_usize, None);
    for (layer, (inputs, outputs)) in shapes.iter().map(shape).enumerate() {
        let fits = inputs > 0 && outputs > 0 && before.is_none_or(|before| before == inputs);
        let bytes = kind.numbers(inputs, outputs).filter(|_| fits);
        let bytes = bytes.and_then(|bytes| total.checked_add(bytes));
        total = bytes.ok_or(FileError::Shape { layer })?;
        before = Some(outputs);
    }
    Ok(total)
}
