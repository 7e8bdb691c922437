//! One genome on a split, on all cores: its score, and the class that it gives each sample.

use crate::data::Split;
use crate::encoded::EncodedSplit;
use crate::error::Error;
use crate::threads::Threads;
use tinyevo_core::batch::Blocks;
use tinyevo_core::error::LengthError;
use tinyevo_core::fitness::{BLOCK, Measure, Score};
use tinyevo_core::inference;
use tinyevo_core::network::Network;
use tinyevo_core::objective::Objective;
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
    let samples = data.samples()?;
    score_of(&Blocks { network, samples, measure: Measure::CrossEntropy, loss: true }, genome, threads)
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
    threads.reserve(objective.room())?;
    let mut parts = vec![Score::default(); objective.parts()];
    threads.spread(&mut parts, 1, &ScoreParts { objective, genome })?;
    let mut total = Score::default();
    for part in parts {
        total.add_block(part);
    }
    Ok(total)
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

/// The parts of the score of a genome.
struct ScoreParts<'a, O> {
    objective: &'a O,
    genome: &'a [f32],
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
        let score = self.objective.score::<WIDTH>(self.genome, index, room, held.is_some())?;
        out.fill(score);
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
