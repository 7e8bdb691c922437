//! A split as the core takes it for many genomes: lists of non-zero pixels divided by 255, or, for a network with
//! convolutions, the pixels as they are.

use crate::champion::is_dense;
use crate::config::{Algorithm, Config};
use crate::data::Split;
use crate::error::Error;
use crate::memory;
use tinyevo_core::batch::{self, Blocks, CHUNK, Entry, Groups, List, SparseSamples};
use tinyevo_core::deploy::Formats;
use tinyevo_core::error::LengthError;
use tinyevo_core::fitness::{Measure, Score};
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Batch, First, Labelled, Objective, Rows};
use tinyevo_core::order::Direction;
use tinyevo_core::sample::Feature;

/// The form in which samples are taken through a network.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// Lists of the values that are not zero: for a network of dense layers.
    Lists,
    /// All values, a lane group of samples at a time: for any network; perhaps of the integers for which a genome
    /// stands.
    Groups(Option<Formats>),
}

impl Form {
    /// The faster form that a network can take.
    #[must_use]
    pub fn of(network: &Network) -> Self {
        if is_dense(network) { Self::Lists } else { Self::Groups(None) }
    }

    /// The form in which the fitness of a run is computed, and the one in which its champion is judged.
    ///
    /// # Errors
    /// The weights are of formats that do not suit the network.
    pub fn for_run(config: &Config, network: &Network) -> Result<[Self; 2], Error> {
        let formats = config.formats(network)?;
        let judging =
            if formats.is_some() { Self::Groups(formats.clone()) } else { Self::of(network) };
        Ok(match config.algorithm {
            Algorithm::FilterEs(_) | Algorithm::FilterGa(_) => [Self::Groups(formats), judging],
            _ => [judging.clone(), judging],
        })
    }
}

/// An encoded split.
#[derive(Debug)]
pub struct EncodedSplit {
    features: usize,
    starts: Vec<u32>,
    lists: Vec<List>,
    entries: Vec<Entry>,
    /// The pixels, in the form of groups.
    pixels: Vec<u8>,
    labels: Vec<u8>,
    form: Form,
}

impl EncodedSplit {
    /// Encodes the images of a split for a network.
    ///
    /// # Errors
    /// As [`EncodedSplit::in_form`].
    pub fn new(split: &Split, network: &Network) -> Result<Self, Error> {
        Self::in_form(split, Form::of(network))
    }

    /// Encodes the images of a split.
    ///
    /// # Errors
    /// More than 2^32 non-zero pixels, or more than fits the memory.
    pub fn in_form(split: &Split, form: Form) -> Result<Self, Error> {
        match form {
            Form::Lists => Self::of(&split.images, split.features(), &split.labels),
            Form::Groups(_) => {
                let mut pixels = reserved(split.images.len())?;
                pixels.copy_from_slice(&split.images);
                let labels = split.labels.clone();
                Ok(Self { pixels, labels, form, ..Self::none(split.features()) })
            }
        }
    }

    /// No samples of so many features.
    #[must_use]
    pub const fn none(features: usize) -> Self {
        Self {
            features,
            starts: Vec::new(),
            lists: Vec::new(),
            entries: Vec::new(),
            pixels: Vec::new(),
            labels: Vec::new(),
            form: Form::Lists,
        }
    }

    /// Encodes samples of `features` values each, one for each label, as lists.
    ///
    /// # Errors
    /// Lengths that do not fit each other, more than 2^32 values that are not zero, or more than fits
    /// the memory.
    pub fn of<F: Feature>(samples: &[F], features: usize, labels: &[u8]) -> Result<Self, Error> {
        let nonzero = samples.iter().filter(|value| value.value() != 0.0).count();
        let count = labels.len();
        let mut starts = vec![0; count.div_ceil(CHUNK) + 1];
        let mut lists = reserved(count.saturating_mul(batch::tiles(features)))?;
        let mut entries = reserved(nonzero)?;
        batch::encode(samples, features, &mut starts, &mut lists, &mut entries)
            .map_err(|error| Error::Internal(error.to_string()))?;
        let labels = labels.to_vec();
        let encoded = Self { starts, lists, entries, labels, ..Self::none(features) };
        encoded.samples()?;
        Ok(encoded)
    }

    /// The lists, as the core takes them.
    ///
    /// # Errors
    /// The form is that of groups.
    pub fn samples(&self) -> Result<SparseSamples<'_>, Error> {
        let Self { features, starts, lists, entries, labels, .. } = self;
        if labels.is_empty() {
            return Ok(SparseSamples::none(*features));
        }
        Ok(SparseSamples::new(*features, starts, lists, entries, labels)?)
    }

    /// A measure on these samples. `loss` says whether cross-entropy is summed though the measure does not need it.
    ///
    /// # Errors
    /// The samples are not those of the network's input.
    pub fn objective<'a>(
        &'a self,
        network: &'a Network,
        measure: Measure,
        loss: bool,
    ) -> Result<Measured<'a>, Error> {
        Ok(match &self.form {
            Form::Lists => {
                Measured::Lists(Blocks { network, samples: self.samples()?, measure, loss })
            }
            Form::Groups(formats) => {
                let Self { features, pixels, labels, .. } = self;
                let rows = Labelled { features: *features, samples: pixels, labels };
                let groups = Groups::new(network, rows, measure, loss)?;
                Measured::Groups(Box::new(groups.with_formats(formats.clone())))
            }
        })
    }
}

/// A measure on an encoded split, in either form.
#[derive(Debug, Clone)]
pub enum Measured<'a> {
    /// On lists.
    Lists(Blocks<'a>),
    /// On lane groups of samples.
    Groups(Box<Groups<Labelled<'a, u8>>>),
}

/// The value of an expression for whichever measure it is.
macro_rules! either {
    ($measured:expr, $it:ident => $value:expr) => {
        match $measured {
            Measured::Lists($it) => $value,
            Measured::Groups($it) => $value,
        }
    };
}

impl Objective for Measured<'_> {
    fn direction(&self) -> Direction {
        either!(self, it => it.direction())
    }

    fn value(&self, score: &Score) -> f32 {
        either!(self, it => it.value(score))
    }

    fn parts(&self) -> usize {
        either!(self, it => it.parts())
    }

    fn samples(&self) -> u32 {
        either!(self, it => it.samples())
    }

    fn room(&self) -> usize {
        either!(self, it => it.room())
    }

    #[inline(always)]
    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        part: usize,
        room: &mut [f32],
        held: bool,
    ) -> Result<Score, LengthError> {
        either!(self, it => it.score::<WIDTH>(genome, part, room, held))
    }
}

impl Batch for Measured<'_> {
    fn labels(&self) -> &[u8] {
        match self {
            Self::Lists(it) => it.labels(),
            Self::Groups(it) => Batch::labels(&**it),
        }
    }

    fn part_length(&self) -> usize {
        either!(self, it => it.part_length())
    }

    fn packed_length(&self, units: usize) -> usize {
        either!(self, it => it.packed_length(units))
    }

    #[inline(always)]
    fn pack<const WIDTH: usize>(
        &self,
        units: usize,
        weights: &[f32],
        packed: &mut [f32],
    ) -> Result<(), LengthError> {
        either!(self, it => it.pack::<WIDTH>(units, weights, packed))
    }

    #[inline(always)]
    fn sums<const WIDTH: usize>(
        &self,
        part: usize,
        layer: First<'_>,
        wanted: Option<&[bool]>,
        out: &mut [f32],
    ) -> Result<(), LengthError> {
        either!(self, it => it.sums::<WIDTH>(part, layer, wanted, out))
    }
}

impl Rows for Measured<'_> {
    type Value = u8;

    fn labels(&self) -> &[u8] {
        Batch::labels(self)
    }

    /// Those of groups; lists have no rows.
    #[inline(always)]
    fn row(&self, index: usize) -> &[u8] {
        match self {
            Self::Lists(_) => &[],
            Self::Groups(it) => it.row(index),
        }
    }

    fn formats(&self) -> Option<&Formats> {
        match self {
            Self::Lists(_) => None,
            Self::Groups(it) => it.formats(),
        }
    }
}

/// A vector of defaults, or the error that it does not fit the memory.
fn reserved<T: Clone + Default>(length: usize) -> Result<Vec<T>, Error> {
    let bytes = (length as u64).saturating_mul(size_of::<T>() as u64);
    memory::filled(length).ok_or(Error::Memory { bytes })
}
