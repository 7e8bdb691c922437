//! A split as the core takes it for many genomes: lists of non-zero pixels, divided by 255.

use crate::data::Split;
use crate::error::Error;
use crate::memory;
use tinyevo_core::batch::{self, CHUNK, Entry, List, SparseSamples};
use tinyevo_core::sample::Feature;

/// An encoded split: the owner of [`SparseSamples`].
#[derive(Debug, Default)]
pub struct EncodedSplit {
    features: usize,
    starts: Vec<u32>,
    lists: Vec<List>,
    entries: Vec<Entry>,
    labels: Vec<u8>,
}

impl EncodedSplit {
    /// Encodes the images of a split.
    ///
    /// # Errors
    /// More than 2^32 non-zero pixels, or more than fits the memory.
    pub fn new(split: &Split) -> Result<Self, Error> {
        Self::of(&split.images, split.features(), &split.labels)
    }

    /// Encodes samples of `features` values each, one for each label.
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
        let encoded = Self { features, starts, lists, entries, labels: labels.to_vec() };
        encoded.samples()?;
        Ok(encoded)
    }

    /// The samples, as the core takes them.
    ///
    /// # Errors
    /// Never: the parts were made to fit.
    pub fn samples(&self) -> Result<SparseSamples<'_>, Error> {
        let Self { features, starts, lists, entries, labels } = self;
        Ok(SparseSamples::new(*features, starts, lists, entries, labels)?)
    }
}

/// A vector of defaults, or the error that it does not fit the memory.
fn reserved<T: Clone + Default>(length: usize) -> Result<Vec<T>, Error> {
    let bytes = (length as u64).saturating_mul(size_of::<T>() as u64);
    memory::filled(length).ok_or(Error::Memory { bytes })
}
