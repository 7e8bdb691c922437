//! Reading: the whole file is checked once, then its numbers are used where they lie.

use super::{
    CHECKSUM, CONV2D, DENSE, FLATTEN, FileError, HEADER, Kind, MAGIC, MAX_POOL2D, SHORTEST,
    VERSION, activation_of,
};
use crate::deploy::{Format, MAX_PACKED_LAYERS};
use crate::error::LengthError;
use crate::hash::Fnv1a;
use crate::layers::{
    Activation, Conv2d, Dense, Extent, Flatten, Layer, MaxPool2d, Padding, Window,
};
use crate::network::{MAX_LAYERS, Network};
use crate::packed::{self, Packed};
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
        let least = HEADER.saturating_add(SHORTEST).saturating_add(CHECKSUM);
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
            2 => Kind::Packed,
            got => return Err(FileError::UnknownKind { got }),
        };
        let count = length(layers);
        if count == 0 || count > MAX_LAYERS {
            return Err(FileError::Layers { got: word(layers) });
        }
        let input =
            Shape { height: length(height), width: length(width), channels: length(channels) };
        let (words, numbers) = measure(kind, input, count, rest).map_err(|error| match error {
            Unread::Cut { words } => cut(bytes_before(words).saturating_add(CHECKSUM)).into(),
            Unread::Wrong(error) => error,
        })?;
        let start = bytes_before(words);
        let whole = numbers.saturating_add(start).saturating_add(CHECKSUM);
        LengthError::exact("file", whole, bytes.len())?;

        let (before, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(cut(whole))?;
        let checksum = u64::from_le_bytes(*checksum);
        let mut hash = Fnv1a::new();
        hash.bytes(before);
        if hash.finish() != checksum {
            return Err(FileError::Checksum { expected: checksum, got: hash.finish() });
        }
        let numbers = before.get(start..).unwrap_or_default();
        let layers = rest.get(..words).unwrap_or_default();
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
        let mut rest = self.layers;
        // All of them were read before.
        core::iter::from_fn(move || match layer(rest) {
            Ok(described) => {
                rest = described.rest;
                Some(described.layer)
            }
            Err(_) => None,
        })
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
            if !matches!(layer, Layer::Dense(_)) {
                return Err(FileError::UnknownLayer { layer: index });
            }
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

    /// The network of a file of packed integers, which runs from the file's bytes.
    ///
    /// # Errors
    /// A file of other numbers; a hidden layer without ReLU or a last one with it; a pooling that stands not behind a convolution;
    /// more than [`MAX_PACKED_LAYERS`] layers with weights, or a shift that is out of range.
    pub fn packed(&self) -> Result<Packed<'a>, FileError> {
        self.expect(Kind::Packed)?;
        let mut layers: heapless::Vec<packed::Layer<'a>, MAX_PACKED_LAYERS> = heapless::Vec::new();
        let (mut words, mut rest, mut shape) = (self.layers, self.numbers, self.input);
        let weighted = |layer: Layer| layer.bias_parameters() > 0;
        let indices = (0..usize::MAX).zip(self.layers());
        let last =
            indices.fold(0, |last, (index, layer)| if weighted(layer) { index } else { last });
        let mut is_flat = false;
        for index in 0..self.count {
            let wrong = FileError::Shape { layer: index };
            let described = layer(words).map_err(|_| wrong)?;
            words = described.rest;
            let layer = described.layer;
            let window = match layer {
                Layer::Dense(_) => None,
                Layer::Conv2d(_) | Layer::MaxPool2d(_) if is_flat => return Err(wrong),
                Layer::Conv2d(conv) => Some(conv.window),
                Layer::MaxPool2d(pool) => {
                    let before = layers.last_mut().filter(|before| before.pool.is_none());
                    let before = before.filter(|before| before.window.is_some()).ok_or(wrong)?;
                    before.pool = Some(pool.window);
                    shape = layer.output(shape).ok_or(wrong)?;
                    continue;
                }
                // A dense layer takes its input in the same order, whatever its shape.
                Layer::Flatten(_) => {
                    is_flat = true;
                    continue;
                }
            };
            is_flat = false;
            if (layer.activation() == Activation::Relu) == (index == last) {
                return Err(FileError::Activation { layer: index });
            }
            let format = described.format.ok_or(wrong)?;
            let filters = layer.bias_parameters();
            let length = Kind::Packed.numbers(layer, shape, Some(format)).ok_or(wrong)?;
            let (numbers, after) = rest.split_at_checked(length).ok_or(wrong)?;
            rest = after;
            let (scales, weights) =
                numbers.split_at_checked(filters.saturating_mul(4)).ok_or(wrong)?;
            let inputs =
                layer.kernel_parameters(shape).and_then(|weights| weights.checked_div(filters));
            let bytes = inputs.unwrap_or(0).saturating_mul(format.row_bytes(filters));
            let layer_of_file = packed::Layer {
                window,
                pool: None,
                filters,
                format,
                bias_shift: u32::from(described.shift),
                numbers: scales.as_chunks::<4>().0,
                weights: weights.get(..bytes).ok_or(wrong)?,
            };
            layers.push(layer_of_file).map_err(|_| wrong)?;
            shape = layer.output(shape).ok_or(wrong)?;
        }
        let packed = Packed::new(self.input, &layers).filter(|_| rest.is_empty());
        packed.ok_or(FileError::Shape { layer: last })
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

/// The reason why a layer cannot be read.
enum Fault {
    /// Words are missing.
    Cut {
        /// Number of words of the layer.
        words: usize,
    },
    /// Its kind, activation or padding is unknown.
    Unknown,
}

/// The reason why the layers cannot be read.
enum Unread {
    /// Words are missing.
    Cut {
        /// Number of words up to the end of the layer.
        words: usize,
    },
    Wrong(FileError),
}

/// Bytes before the numbers, if the layers take so many words.
const fn bytes_before(words: usize) -> usize {
    HEADER.saturating_add(words.saturating_mul(4))
}

/// A layer, and what follows it.
struct Described<'a> {
    layer: Layer,
    /// The format of packed integers, and the shift of the bias.
    format: Option<Format>,
    shift: u8,
    rest: Words<'a>,
}

/// The format of a number in a file; 0 is none.
const fn format_of(code: u8) -> Result<Option<Format>, Fault> {
    match code {
        0 => Ok(None),
        1 => Ok(Some(Format::Int8)),
        2 => Ok(Some(Format::Int4)),
        3 => Ok(Some(Format::Ternary)),
        _ => Err(Fault::Unknown),
    }
}

/// The next layer, and what follows it. One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
fn layer(words: Words<'_>) -> Result<Described<'_>, Fault> {
    let [kind, rest @ ..] = words else { return Err(Fault::Cut { words: 1 }) };
    match (word(kind), rest) {
        (DENSE, [[activation, 0, format, shift], units, rest @ ..]) => {
            let activation = activation_of(u32::from(*activation)).ok_or(Fault::Unknown)?;
            let layer = Layer::Dense(Dense { units: length(units), activation });
            Ok(Described { layer, format: format_of(*format)?, shift: *shift, rest })
        }
        (CONV2D, [[activation, padding, format, shift], filters, extents, rest @ ..]) => {
            let activation = activation_of(u32::from(*activation)).ok_or(Fault::Unknown)?;
            let window = window(*padding, extents).ok_or(Fault::Unknown)?;
            let conv = Conv2d { filters: length(filters), window, activation };
            let layer = Layer::Conv2d(conv);
            Ok(Described { layer, format: format_of(*format)?, shift: *shift, rest })
        }
        (MAX_POOL2D, [[0, padding, 0, 0], extents, rest @ ..]) => {
            let window = window(*padding, extents).ok_or(Fault::Unknown)?;
            let layer = Layer::MaxPool2d(MaxPool2d { window });
            Ok(Described { layer, format: None, shift: 0, rest })
        }
        (FLATTEN, rest) => {
            Ok(Described { layer: Layer::Flatten(Flatten), format: None, shift: 0, rest })
        }
        (DENSE, [_] | []) | (MAX_POOL2D, [_] | []) => Err(Fault::Cut { words: 3 }),
        (CONV2D, [_, _] | [_] | []) => Err(Fault::Cut { words: 4 }),
        _ => Err(Fault::Unknown),
    }
}

/// The window of a padding and four sizes.
fn window(padding: u8, [height, width, down, right]: &[u8; 4]) -> Option<Window> {
    let padding = match padding {
        0 => Padding::Valid,
        1 => Padding::Same,
        _ => return None,
    };
    let extent = |height: &u8, width: &u8| Extent {
        height: usize::from(*height),
        width: usize::from(*width),
    };
    Some(Window { size: extent(height, width), stride: extent(down, right), padding })
}

/// Number of words of so many layers, which must fit one another, and bytes of their numbers.
fn measure(
    kind: Kind,
    input: Shape,
    count: usize,
    words: Words<'_>,
) -> Result<(usize, usize), Unread> {
    let (mut total, mut shape, mut rest) = (0_usize, input, words);
    if input.elements() == 0 {
        return Err(Unread::Wrong(FileError::Shape { layer: 0 }));
    }
    for index in 0..count {
        let used = words.len().saturating_sub(rest.len());
        let described = layer(rest).map_err(|fault| match fault {
            Fault::Cut { words } => Unread::Cut { words: used.saturating_add(words) },
            Fault::Unknown => Unread::Wrong(FileError::UnknownLayer { layer: index }),
        })?;
        let Described { layer, format, shift, rest: after } = described;
        rest = after;
        let packed = kind == Kind::Packed && layer.bias_parameters() > 0;
        if packed != format.is_some() || (format.is_none() && shift != 0) {
            return Err(Unread::Wrong(FileError::UnknownLayer { layer: index }));
        }
        let wrong = || Unread::Wrong(FileError::Shape { layer: index });
        let bytes = kind.numbers(layer, shape, format).ok_or_else(wrong)?;
        total = total.checked_add(bytes).ok_or_else(wrong)?;
        shape = layer.output(shape).ok_or_else(wrong)?;
    }
    Ok((words.len().saturating_sub(rest.len()), total))
}
