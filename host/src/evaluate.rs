//! One genome on a split, on all cores: its score, and the class that it gives each sample.

use crate::champion::PackedIntegers;
use crate::data::Split;
use crate::encoded::EncodedSplit;
use crate::error::Error;
use crate::threads::Threads;
use tinyevo_core::batch::{Groups, LANES};
use tinyevo_core::error::LengthError;
use tinyevo_core::fitness::{BLOCK, Measure, Score};
use tinyevo_core::inference;
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Objective, Rows};
use tinyevo_core::packed::Packed;
use tinyevo_core::spread::{Parts, Spread};

/// The score of one genome, cross-entropy included.
///
/// # Errors
/// The genome or the samples have another length than the network asks for, or the memory is short.
pub fn score(
    network: &Network,
    genome: &[f32],
    data: &EncodedSplit,
    threads: &mut Threads,
) -> Result<Score, Error> {
    score_of(&data.objective(network, Measure::CrossEntropy, true)?, genome, threads)
}

/// The score of one genome by any objective.
///
/// # Errors
/// That of the objective, or the memory is short.
pub fn score_of<O: Objective>(
    objective: &O,
    genome: &[f32],
    threads: &mut Threads,
) -> Result<Score, Error> {
    let scores = scores_of(objective, &[genome], threads)?;
    Ok(scores.first().copied().unwrap_or_default())
}

/// The scores of several genomes by any objective.
///
/// # Errors
/// As [`score_of`].
pub fn scores_of<O: Objective>(
    objective: &O,
    genomes: &[&[f32]],
    threads: &mut Threads,
) -> Result<Vec<Score>, Error> {
    threads.reserve(objective.room())?;
    let each = objective.parts();
    let mut parts = vec![Score::default(); genomes.len() * each];
    threads.spread(&mut parts, 1, &ScoreParts { objective, genomes, each })?;
    let total = |parts: &[Score]| {
        parts.iter().fold(Score::default(), |mut total, part| {
            total.add_block(*part);
            total
        })
    };
    Ok(parts.chunks(each.max(1)).map(total).collect())
}

/// The class of each sample, by the plain inference of the core.
///
/// # Errors
/// The genome or the samples have another length than the network asks for.
pub fn classes(
    network: &Network,
    genome: &[f32],
    split: &Split,
    threads: &mut Threads,
) -> Result<Vec<u8>, Error> {
    threads.reserve(network.scratch_length())?;
    let mut classes = vec![0; split.len()];
    threads.spread(&mut classes, BLOCK, &Classes { network, genome, split })?;
    Ok(classes)
}

/// The class of each sample, a lane group at a time: those of [`classes`], or of the integers for which the genome stands.
///
/// # Errors
/// As [`classes`].
pub fn group_classes<R: Rows>(
    groups: &Groups<R>,
    genome: &[f32],
    threads: &mut Threads,
) -> Result<Vec<u8>, Error> {
    threads.reserve(groups.room())?;
    let mut classes = vec![0; Rows::labels(groups).len()];
    threads.spread(&mut classes, BLOCK, &GroupClasses { groups, genome })?;
    Ok(classes)
}

/// The class of each sample of a network of packed integers: `images` are bytes, one image after the other.
///
/// # Errors
/// The last image is cut off.
pub fn packed_classes(
    packed: &PackedIntegers,
    images: &[u8],
    threads: &mut Threads,
) -> Result<Vec<u8>, Error> {
    let model = packed.model()?;
    let length = model.input().elements().max(1);
    let mut classes = vec![0; images.len().div_ceil(length)];
    threads.spread(&mut classes, BLOCK, &PackedClasses { model, images, length })?;
    Ok(classes)
}

/// The classes of samples; a part is a block.
struct GroupClasses<'a, R> {
    groups: &'a Groups<R>,
    genome: &'a [f32],
}

impl<R: Rows> Parts for GroupClasses<'_, R> {
    type Out = u8;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [u8],
        room: &mut [f32],
        held: Option<usize>,
    ) -> Result<(), LengthError> {
        let mut held = held.is_some();
        for (group, out) in out.chunks_mut(LANES).enumerate() {
            let first = index * BLOCK + group * LANES;
            let logits = self.groups.logits::<WIDTH>(self.genome, first, room, held)?;
            held = true;
            for (lane, class) in out.iter_mut().enumerate() {
                let own: Vec<f32> = logits.iter().map(|logits| logits[lane]).collect();
                *class = inference::argmax(&own) as u8;
            }
        }
        Ok(())
    }
}

/// The classes of images; a part is a block.
struct PackedClasses<'a> {
    model: Packed<'a>,
    images: &'a [u8],
    length: usize,
}

impl Parts for PackedClasses<'_> {
    type Out = u8;

    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [u8],
        _room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let mut sums = vec![0; self.model.sums_length()];
        let mut activations = vec![0; self.model.activations_length()];
        let images = self.images.chunks(self.length).skip(index * BLOCK);
        for (class, image) in out.iter_mut().zip(images) {
            *class = self.model.classify(image, &mut sums, &mut activations)? as u8;
        }
        Ok(())
    }
}

/// The parts of the scores of some genomes, one genome after another.
struct ScoreParts<'a, O> {
    objective: &'a O,
    genomes: &'a [&'a [f32]],
    /// How many parts a genome has.
    each: usize,
}

impl<O: Objective> Parts for ScoreParts<'_, O> {
    type Out = Score;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [Score],
        room: &mut [f32],
        held: Option<usize>,
    ) -> Result<(), LengthError> {
        let (genome, part) = (index / self.each, index % self.each);
        let held = held.is_some_and(|held| held / self.each == genome);
        out.fill(self.objective.score::<WIDTH>(self.genomes[genome], part, room, held)?);
        Ok(())
    }
}

/// The classes of [`BLOCK`] samples; a part.
struct Classes<'a> {
    network: &'a Network,
    genome: &'a [f32],
    split: &'a Split,
}

impl Parts for Classes<'_> {
    type Out = u8;

    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [u8],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        for (offset, class) in out.iter_mut().enumerate() {
            let image = self.split.image(index * BLOCK + offset);
            *class = inference::classify(self.network, self.genome, image, room)? as u8;
        }
        Ok(())
    }
}
