//! The distorted training images: each is kept, and made anew after its lifetime.

use super::distortion::Warp;
use super::reserved;
use crate::config::{ConfigError, Distortion};
use crate::data::Split;
use crate::error::Error;
use crate::threads::Threads;
use tinyevo_core::error::LengthError;
use tinyevo_core::rng::derive;
use tinyevo_core::sampler::Draw;
use tinyevo_core::spread::{Parts, Phase, Spread};

/// Number of images that are made together, at most.
const ROUND: usize = 256;

/// Number of images of a part.
const GROUP: usize = 4;

/// The epoch of an image that was never made.
const NEVER: u64 = u64::MAX;

/// Keeps the keys of images, and the beginnings of their lifetimes, apart from all other words.
const PURPOSE: u64 = 0x6469_7374_6f72_7400;

/// Every training image as it was distorted last: a byte a pixel and 16 bytes an image, 48 MB for
/// MNIST, beside the training images themselves.
///
/// The image of a sample in a generation depends on the seed, the sample and its epoch, which is the number
/// of its lifetimes so far; lifetimes of samples begin at different generations. So the bank is a cache: no result
/// depends on what was in it.
#[derive(Debug)]
pub(super) struct Bank {
    warp: Warp,
    seed: u64,
    lifetime: u64,
    features: usize,
    images: Vec<u8>,
    epochs: Vec<u64>,
    /// Samples of this generation whose images are of other epochs; each once.
    stale: Vec<usize>,
    made: Vec<Made>,
}

/// An image that is made, and the memory in which it is.
#[derive(Debug, Clone, Default)]
struct Made {
    pixels: Vec<u8>,
    margin: Vec<u8>,
}

impl Bank {
    /// A bank of no image yet.
    ///
    /// # Errors
    /// A setting is out of range, the images have several channels, or the memory is too small.
    pub(super) fn new(
        distortion: Distortion,
        split: &Split,
        largest: usize,
        seed: u64,
    ) -> Result<Self, Error> {
        distortion.check()?;
        if split.shape.channels != 1 {
            let fault = format!("needs images of one channel, got {}", split.shape.channels);
            return Err(ConfigError::one("batch.distortion", fault).into());
        }
        let seed = derive(seed, PURPOSE);
        let (features, count) = (split.features(), split.len());
        let warp = Warp::new(distortion, split.shape, seed)?;
        let mut epochs = reserved(count)?;
        epochs.fill(NEVER);
        let mut stale = reserved(largest.min(count))?;
        stale.clear();
        let mut made = vec![Made::default(); ROUND.min(largest).min(count)];
        for Made { pixels, margin } in &mut made {
            (*pixels, *margin) = (reserved(features)?, reserved(warp.margin_length())?);
        }
        let images = reserved(split.images.len())?;
        let lifetime = u64::from(distortion.lifetime);
        Ok(Self { warp, seed, lifetime, features, images, epochs, stale, made })
    }

    /// Makes the images anew that the first `size` places of a batch need and whose epoch is another.
    pub(super) fn renew(
        &mut self,
        split: &Split,
        draw: Draw,
        size: usize,
        generation: u32,
        threads: &mut Threads,
    ) -> Result<(), Error> {
        self.stale.clear();
        for sample in (0..size).map(|place| draw.place(place).sample) {
            let epoch = self.epoch(sample, generation);
            if self.epochs[sample] != epoch {
                self.epochs[sample] = epoch;
                self.stale.push(sample);
            }
        }
        let made = self.make(split, threads);
        if made.is_err() {
            self.epochs.fill(NEVER);
        }
        made
    }

    /// The images of all samples; those that were renewed last are of the last generation.
    pub(super) fn images(&self) -> &[u8] {
        &self.images
    }

    /// The number of lifetimes of a sample that have ended.
    fn epoch(&self, sample: usize, generation: u32) -> u64 {
        let word = derive(self.seed, sample as u64);
        let offset = (word >> 32).wrapping_mul(self.lifetime) >> 32;
        (u64::from(generation) + offset) / self.lifetime
    }

    /// Makes the stale images.
    fn make(&mut self, split: &Split, threads: &mut Threads) -> Result<(), Error> {
        let Self { warp, seed, features, images, epochs, stale, made, .. } = self;
        for samples in stale.chunks(made.len().max(1)) {
            let made = &mut made[..samples.len()];
            threads.spread(made, GROUP, &Make { warp, seed: *seed, split, samples, epochs })?;
            for (made, &sample) in made.iter().zip(samples) {
                images[sample * *features..][..*features].copy_from_slice(&made.pixels);
            }
        }
        Ok(())
    }
}

/// Distorts samples; a part is [`GROUP`] of them.
struct Make<'a> {
    warp: &'a Warp,
    seed: u64,
    split: &'a Split,
    samples: &'a [usize],
    epochs: &'a [u64],
}

impl Parts for Make<'_> {
    type Out = Made;

    const PHASE: Phase = Phase::Samples;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [Made],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        for (Made { pixels, margin }, &sample) in out.iter_mut().zip(&self.samples[index * GROUP..])
        {
            let key = derive(derive(self.seed, sample as u64), self.epochs[sample]);
            self.warp.distort(self.split.image(sample), key, margin, pixels);
        }
        Ok(())
    }
}
