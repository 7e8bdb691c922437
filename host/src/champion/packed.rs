//! Champions of packed integers.

use crate::error::Error;
use std::fmt::Display;
use tinyevo_core::deploy::{Format, Formats, deploy, scales_length};
use tinyevo_core::network::Network;
use tinyevo_core::packed::Packed;
use tinyevo_core::tev::{self, File, FileError};

/// A network of integers of 8 bits or fewer, as the bytes of its `.tev` file, which are run where they lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedIntegers {
    network: Box<Network>,
    formats: Vec<Format>,
    file: Vec<u8>,
}

impl PackedIntegers {
    /// The integers for which a genome stands.
    ///
    /// # Errors
    /// The genome does not fit the network, or a layer is none that packed integers have.
    pub fn deployed(network: &Network, formats: &Formats, genome: &[f32]) -> Result<Self, Error> {
        let (mut codes, mut scales) = (vec![0.0; genome.len()], vec![0.0; scales_length(network)]);
        deploy(network, formats, genome, &mut codes, &mut scales)?;
        let mut file = vec![0; tev::packed_length(network, formats)];
        tev::write_packed(network, formats, &codes, &scales, &mut file).map_err(unfit)?;
        Self::of_file(&file).map_err(unfit)
    }

    /// Those of a `.tev` file.
    ///
    /// # Errors
    /// The bytes are no such file.
    pub fn of_file(bytes: &[u8]) -> Result<Self, FileError> {
        let file = File::new(bytes)?;
        let formats = file.packed()?.layers().iter().map(|layer| layer.format).collect();
        let layers: Vec<_> = file.layers().collect();
        let network = Box::new(Network::new(file.input(), &layers)?);
        Ok(Self { network, formats, file: bytes.to_vec() })
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// The formats of the layers that have weights.
    #[must_use]
    pub fn formats(&self) -> &[Format] {
        &self.formats
    }

    /// The bytes of its `.tev` file.
    #[must_use]
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// The network, as the core runs it.
    ///
    /// # Errors
    /// Never: the file was checked when the champion was made.
    pub fn model(&self) -> Result<Packed<'_>, Error> {
        let internal = |error: &dyn Display| Error::Internal(error.to_string());
        let file = File::new(&self.file).map_err(|error| internal(&error))?;
        file.packed().map_err(|error| internal(&error))
    }

    /// The class of each image: its inputs are bytes, one image after the other.
    ///
    /// # Errors
    /// The last image is cut off.
    pub fn classes(&self, images: &[u8]) -> Result<Vec<u8>, Error> {
        let model = self.model()?;
        let mut sums = vec![0; model.sums_length()];
        let mut activations = vec![0; model.activations_length()];
        let images = images.chunks(model.input().elements().max(1));
        images.map(|image| Ok(model.classify(image, &mut sums, &mut activations)? as u8)).collect()
    }

    /// The logits of an image.
    ///
    /// # Errors
    /// It has another length than the network asks for.
    pub fn logits(&self, image: &[u8]) -> Result<Vec<i32>, Error> {
        let model = self.model()?;
        let mut sums = vec![0; model.sums_length()];
        let mut activations = vec![0; model.activations_length()];
        Ok(model.logits(image, &mut sums, &mut activations)?.to_vec())
    }

    /// Bytes of flash that weights, biases and scales take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let layers = self.model().map(|model| {
            model.layers().iter().map(|layer| layer.weights.len() + 4 * layer.filters).sum()
        });
        layers.unwrap_or(0)
    }
}

fn unfit(error: FileError) -> Error {
    Error::Unfit { action: "written as packed integers", reason: error.to_string() }
}
