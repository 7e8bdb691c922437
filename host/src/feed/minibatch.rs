//! Batches of training images, drawn anew in every generation, distorted, shifted, and encoded on all cores.

use super::bank::Bank;
use super::{Feed, reserved};
use crate::config;
use crate::data::Split;
use crate::encoded::Form;
use crate::error::Error;
use crate::threads::Threads;
use tinyevo_core::batch::{
    Blocks, Chunks, Entry, Groups, List, SparseSamples, encode_pixels, tiles,
};
use tinyevo_core::deploy::Formats;
use tinyevo_core::error::LengthError;
use tinyevo_core::fitness::{Measure, Score};
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Batch, First, Objective, Rows};
use tinyevo_core::order::Direction;
use tinyevo_core::sampler::{Draw, Place, Sampler};
use tinyevo_core::shape::Shape;
use tinyevo_core::spread::{Parts, Phase, Spread};

/// Number of images that are encoded together.
const CHUNK: usize = 64;

/// The batch of one generation.
#[derive(Debug)]
pub struct Minibatch<'a> {
    network: &'a Network,
    measure: Measure,
    form: Form,
    chunks: Vec<Chunk>,
    labels: Vec<u8>,
    /// Whether a pixel is other than 0 in any training image, shifts included; with distortion true.
    used: Vec<bool>,
}

/// Encoded images, and the memory in which they are made.
#[derive(Debug, Default)]
struct Chunk {
    pixels: Vec<u8>,
    starts: [u32; 2],
    lists: Vec<List>,
    entries: Vec<Entry>,
    labels: Vec<u8>,
}

/// Makes the batch of each generation.
#[derive(Debug)]
pub struct Minibatches<'a> {
    batch: Minibatch<'a>,
    split: &'a Split,
    sampler: Sampler,
    seed: u64,
    bank: Option<Bank>,
}

impl<'a> Minibatches<'a> {
    /// Batches of the images of a split, in the form that suits the network.
    ///
    /// # Errors
    /// As [`Minibatches::in_form`].
    pub fn new(
        network: &'a Network,
        measure: Measure,
        split: &'a Split,
        batch: config::Batch,
        seed: u64,
    ) -> Result<Self, Error> {
        Self::in_form(network, (measure, Form::of(network)), split, batch, seed)
    }

    /// Batches of the images of a split.
    ///
    /// # Errors
    /// A setting is out of range, the split is empty, or the memory is too small.
    pub fn in_form(
        network: &'a Network,
        (measure, form): (Measure, Form),
        split: &'a Split,
        batch: config::Batch,
        seed: u64,
    ) -> Result<Self, Error> {
        let sampler = batch.sampler_for(split.shape);
        sampler.check()?;
        if split.is_empty() {
            return Err(LengthError { buffer: "images", expected: 1, got: 0 }.into());
        }
        let size = sampler.largest();
        let features = split.features();
        let chunk = |first: usize| Chunk::new(features, (size - first).min(CHUNK), &form);
        let chunks = (0..size).step_by(CHUNK).map(chunk).collect::<Result<_, _>>()?;
        let labels = reserved(size)?;
        let bank = batch.distortion.map(|it| Bank::new(it, split, size, seed)).transpose()?;
        let used = match bank {
            Some(_) => vec![true; features],
            None => used(split, sampler.shift as usize),
        };
        let batch = Minibatch { network, measure, form, chunks, labels, used };
        Ok(Self { batch, split, sampler, seed, bank })
    }
}

/// Whether each pixel is other than 0 in any image, moved by up to `shift` pixels.
fn used(split: &Split, shift: usize) -> Vec<bool> {
    let features = split.features();
    let mut used = vec![false; features];
    for image in split.images.chunks(features) {
        for (used, &pixel) in used.iter_mut().zip(image) {
            *used |= pixel != 0;
        }
    }
    let Shape { height, width, channels } = split.shape;
    if channels != 1 || shift == 0 {
        return used;
    }
    let near =
        |centre: usize, size: usize| centre.saturating_sub(shift)..(centre + shift + 1).min(size);
    let any =
        |y: usize, x: usize| near(y, height).any(|y| near(x, width).any(|x| used[y * width + x]));
    (0..height).flat_map(|y| (0..width).map(move |x| (y, x))).map(|(y, x)| any(y, x)).collect()
}

impl<'a> Feed for Minibatches<'a> {
    type Objective = Minibatch<'a>;

    fn make(&mut self, generation: u32, length: u32, threads: &mut Threads) -> Result<(), Error> {
        let size = self.sampler.size(generation, length);
        let draw = self.sampler.draw(self.seed, generation, self.split.len());
        let images = match &mut self.bank {
            Some(bank) => {
                bank.renew(self.split, draw, size, generation, threads)?;
                bank.images()
            }
            None => &self.split.images,
        };
        let lists = self.batch.form == Form::Lists;
        let fill = Fill { split: self.split, images, draw, size, lists };
        let chunks = self.batch.chunks.get_mut(..size.div_ceil(CHUNK)).unwrap_or_default();
        threads.spread(chunks, 1, &fill)?;
        self.batch.labels.clear();
        for chunk in chunks {
            self.batch.labels.extend_from_slice(&chunk.labels);
        }
        Ok(())
    }

    fn objective(&self) -> &Minibatch<'a> {
        &self.batch
    }

    fn changes(&self) -> bool {
        true
    }
}

impl Chunk {
    fn new(features: usize, count: usize, form: &Form) -> Result<Self, Error> {
        let pixels = features.saturating_mul(count);
        let (lists, entries) = match form {
            Form::Lists => (tiles(features).saturating_mul(count), pixels),
            Form::Groups(_) => (0, 0),
        };
        Ok(Self {
            pixels: reserved(pixels)?,
            starts: [0; 2],
            lists: reserved(lists)?,
            entries: reserved(entries)?,
            labels: reserved(count)?,
        })
    }

    /// Makes room for `count` images, as at most there were at first.
    fn resize(&mut self, features: usize, count: usize, lists: bool) {
        self.pixels.resize(features * count, 0);
        if lists {
            self.lists.resize(tiles(features) * count, List::default());
        }
        self.labels.resize(count, 0);
    }
}

/// Fills the chunks of a batch; a part is one.
struct Fill<'a> {
    split: &'a Split,
    /// The images of the split, as they are or distorted.
    images: &'a [u8],
    draw: Draw,
    size: usize,
    lists: bool,
}

impl Parts for Fill<'_> {
    type Out = Chunk;

    const PHASE: Phase = Phase::Samples;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [Chunk],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let features = self.split.features();
        for chunk in out {
            let first = index * CHUNK;
            let count = (self.size - first).min(CHUNK);
            chunk.resize(features, count, self.lists);
            let pictures = chunk.pixels.chunks_exact_mut(features).zip(&mut chunk.labels);
            for (place, (picture, label)) in pictures.enumerate() {
                let Place { sample, shift } = self.draw.place(first + place);
                *label = self.split.labels[sample];
                let image = &self.images[sample * features..][..features];
                shifted(image, self.split.shape, shift, picture);
            }
            if !self.lists {
                continue;
            }
            let Chunk { pixels, lists, entries, .. } = chunk;
            let used = encode_pixels(pixels, features, lists, entries)?;
            chunk.starts = [0, u32::try_from(used).unwrap_or(u32::MAX)];
        }
        Ok(())
    }
}

/// An image moved to the right and down; what comes in is 0. Images of several channels stay.
#[inline(always)]
fn shifted(image: &[u8], shape: Shape, (right, down): (i32, i32), out: &mut [u8]) {
    let Shape { height, width, channels } = shape;
    let (columns, rows) = (right.unsigned_abs() as usize, down.unsigned_abs() as usize);
    if channels != 1 || columns >= width || rows >= height || (right, down) == (0, 0) {
        out.copy_from_slice(image);
        return;
    }
    // As one line of pixels: then what came around the side is cleared.
    let by = down as isize * width as isize + right as isize;
    let offset = by.unsigned_abs();
    let kept = image.len() - offset;
    if by >= 0 {
        out[offset..].copy_from_slice(&image[..kept]);
        out[..offset].fill(0);
    } else {
        out[..kept].copy_from_slice(&image[offset..]);
        out[kept..].fill(0);
    }
    let first = if right > 0 { 0 } else { width - columns };
    for row in out.chunks_exact_mut(width) {
        for pixel in row[first..].iter_mut().take(columns) {
            *pixel = 0;
        }
    }
}

impl Minibatch<'_> {
    #[inline(always)]
    const fn blocks(&self) -> Blocks<'_, &Self> {
        let Self { network, measure, .. } = *self;
        Blocks { network, samples: self, measure, loss: false }
    }

    #[inline(always)]
    fn groups(&self) -> Result<Groups<&Self>, LengthError> {
        let formats = Rows::formats(self).cloned();
        Ok(Groups::new(self.network, self, self.measure, false)?.with_formats(formats))
    }
}

impl Rows for Minibatch<'_> {
    type Value = u8;

    fn labels(&self) -> &[u8] {
        &self.labels
    }

    #[inline(always)]
    fn row(&self, index: usize) -> &[u8] {
        let features = self.network.input().elements();
        let first = index % CHUNK * features;
        let chunk = self.chunks.get(index / CHUNK).filter(|_| index < self.labels.len());
        chunk.and_then(|chunk| chunk.pixels.get(first..first + features)).unwrap_or(&[])
    }

    fn formats(&self) -> Option<&Formats> {
        match &self.form {
            Form::Lists => None,
            Form::Groups(formats) => formats.as_ref(),
        }
    }
}

impl Chunks for Minibatch<'_> {
    fn features(&self) -> usize {
        self.network.input().elements()
    }

    fn labels(&self) -> &[u8] {
        &self.labels
    }

    fn chunk_length(&self) -> usize {
        CHUNK
    }

    #[inline(always)]
    fn chunk(&self, number: usize) -> SparseSamples<'_> {
        let features = self.features();
        // A chunk past the end of a batch that was larger before is not of this one.
        let own = self.chunks.get(number).filter(|_| number * CHUNK < self.labels.len());
        let samples = own.and_then(|chunk| {
            let Chunk { starts, lists, entries, labels, .. } = chunk;
            SparseSamples::new(features, starts, lists, entries, labels).ok()
        });
        samples.unwrap_or_else(|| SparseSamples::none(features))
    }
}

impl Objective for Minibatch<'_> {
    fn direction(&self) -> Direction {
        self.measure.direction()
    }

    fn value(&self, score: &Score) -> f32 {
        self.measure.value(score)
    }

    fn parts(&self) -> usize {
        self.blocks().parts()
    }

    fn samples(&self) -> u32 {
        self.blocks().samples()
    }

    fn room(&self) -> usize {
        match self.form {
            Form::Lists => self.blocks().room(),
            Form::Groups(_) => self.groups().map_or(0, |groups| groups.room()),
        }
    }

    #[inline(always)]
    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        part: usize,
        room: &mut [f32],
        held: bool,
    ) -> Result<Score, LengthError> {
        match self.form {
            Form::Lists => self.blocks().score::<WIDTH>(genome, part, room, held),
            Form::Groups(_) => self.groups()?.score::<WIDTH>(genome, part, room, held),
        }
    }
}

impl Batch for Minibatch<'_> {
    fn labels(&self) -> &[u8] {
        &self.labels
    }

    fn part_length(&self) -> usize {
        CHUNK
    }

    fn is_used(&self, input: usize) -> bool {
        self.used[input]
    }

    fn packed_length(&self, units: usize) -> usize {
        self.blocks().packed_length(units)
    }

    #[inline(always)]
    fn pack<const WIDTH: usize>(
        &self,
        units: usize,
        weights: &[f32],
        packed: &mut [f32],
    ) -> Result<(), LengthError> {
        self.blocks().pack::<WIDTH>(units, weights, packed)
    }

    #[inline(always)]
    fn sums<const WIDTH: usize>(
        &self,
        part: usize,
        layer: First<'_>,
        wanted: Option<&[bool]>,
        out: &mut [f32],
    ) -> Result<(), LengthError> {
        self.blocks().sums::<WIDTH>(part, layer, wanted, out)
    }
}

#[cfg(test)]
mod tests;
