//! A measure on encoded samples as an objective: a part is a block.

use super::encode::SparseSamples;
use super::prepared::Prepared;
use super::{CHUNK, LANES};
use crate::error::LengthError;
use crate::fitness::{BLOCK, Measure, Score};
use crate::network::Network;
use crate::objective::Objective;
use crate::order::Direction;

/// A measure on encoded samples: each block of [`BLOCK`] samples is a part. Bit for bit the scores
/// of [`crate::objective::Samples`].
#[derive(Debug, Clone, Copy)]
pub struct Blocks<'a> {
    /// The network whose genomes are scored.
    pub network: &'a Network,
    /// The samples, with as many features as the network's input.
    pub samples: SparseSamples<'a>,
    /// The fitness function.
    pub measure: Measure,
    /// Whether cross-entropy is summed though the measure does not need it.
    pub loss: bool,
}

impl Objective for Blocks<'_> {
    fn direction(&self) -> Direction {
        self.measure.direction()
    }

    fn value(&self, score: &Score) -> f32 {
        self.measure.value(score)
    }

    fn parts(&self) -> usize {
        self.samples.len().div_ceil(BLOCK).max(1)
    }

    fn samples(&self) -> u32 {
        self.samples.len() as u32
    }

    /// The packed weights, a lane group of which one float says whether they are finite, and the
    /// activations.
    fn room(&self) -> usize {
        let packed = Prepared::<1>::packed_length(self.network);
        packed.saturating_add(LANES).saturating_add(Prepared::<1>::activations_length(self.network))
    }

    #[inline(always)]
    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        part: usize,
        room: &mut [f32],
        held: bool,
    ) -> Result<Score, LengthError> {
        LengthError::at_least("room", self.room(), room.len())?;
        let packed = Prepared::<WIDTH>::packed_length(self.network);
        let (packed, rest) = room.split_at_mut_checked(packed).unwrap_or_default();
        let (finite, activations) = rest.split_at_mut_checked(LANES).unwrap_or_default();
        let prepared = if held {
            let finite = finite.first().is_some_and(|flag| *flag == 1.0);
            Prepared::<WIDTH>::from_packed(self.network, packed, finite)?
        } else {
            let prepared = Prepared::<WIDTH>::new(self.network, genome, packed)?;
            finite.fill(f32::from(u8::from(prepared.is_finite())));
            prepared
        };
        let (mut score, loss) = (Score::default(), self.loss || self.measure.needs_loss());
        for chunk in 0..BLOCK / CHUNK {
            let number = part.saturating_mul(BLOCK / CHUNK).saturating_add(chunk);
            prepared.score(self.samples.chunk(number), activations, loss, &mut score)?;
        }
        Ok(score)
    }
}
