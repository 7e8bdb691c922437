//! A measure on encoded samples as an objective: a part is a block.

use super::LANES;
use super::encode::{Chunks, SparseSamples};
use super::layer::PackedLayer;
use super::prepared::Prepared;
use crate::error::LengthError;
use crate::fitness::{BLOCK, Measure, Score};
use crate::layers::Activation;
use crate::network::Network;
use crate::objective::{Batch, First, Objective};
use crate::order::Direction;

/// A measure on encoded samples: each block of [`BLOCK`] samples is a part. Bit for bit the scores
/// of [`crate::objective::Samples`].
#[derive(Debug, Clone, Copy)]
pub struct Blocks<'a, C = SparseSamples<'a>> {
    /// The network whose genomes are scored.
    pub network: &'a Network,
    /// The samples, with as many features as the network's input.
    pub samples: C,
    /// The fitness function.
    pub measure: Measure,
    /// Whether cross-entropy is summed though the measure does not need it.
    pub loss: bool,
}

impl<C: Chunks> Objective for Blocks<'_, C> {
    fn direction(&self) -> Direction {
        self.measure.direction()
    }

    fn value(&self, score: &Score) -> f32 {
        self.measure.value(score)
    }

    fn parts(&self) -> usize {
        self.samples.labels().len().div_ceil(BLOCK).max(1)
    }

    fn samples(&self) -> u32 {
        self.samples.labels().len() as u32
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
        let chunks = BLOCK.checked_div(self.samples.chunk_length()).unwrap_or(0);
        for chunk in 0..chunks {
            let number = part.saturating_mul(chunks).saturating_add(chunk);
            prepared.score(self.samples.chunk(number), activations, loss, &mut score)?;
        }
        Ok(score)
    }
}

impl<C: Chunks> Batch for Blocks<'_, C> {
    fn labels(&self) -> &[u8] {
        self.samples.labels()
    }

    fn part_length(&self) -> usize {
        self.samples.chunk_length()
    }

    fn packed_length(&self, units: usize) -> usize {
        PackedLayer::<1>::packed_length(self.samples.features(), units)
    }

    #[inline(always)]
    fn pack<const WIDTH: usize>(
        &self,
        units: usize,
        weights: &[f32],
        packed: &mut [f32],
    ) -> Result<(), LengthError> {
        if in_place::<WIDTH>(units) {
            return Ok(());
        }
        let inputs = self.samples.features();
        let kernel = inputs.saturating_mul(units);
        let (kernel, bias) = weights.split_at_checked(kernel).unwrap_or_default();
        PackedLayer::<WIDTH>::new(inputs, kernel, bias, Activation::Linear, packed).map(|_| ())
    }

    #[inline(always)]
    fn sums<const WIDTH: usize>(
        &self,
        part: usize,
        layer: First<'_>,
        wanted: Option<&[bool]>,
        out: &mut [f32],
    ) -> Result<(), LengthError> {
        let First { units, weights, packed } = layer;
        let packed = if in_place::<WIDTH>(units) { weights } else { packed };
        let inputs = self.samples.features();
        let layer = PackedLayer::<WIDTH>::from_packed(inputs, units, Activation::Linear, packed)?;
        layer.sparse(self.samples.chunk(part), wanted, out)
    }
}

/// Whether the weights of a layer are packed as they stand: a single panel of whole lane groups.
const fn in_place<const WIDTH: usize>(units: usize) -> bool {
    let groups = units / LANES;
    units.is_multiple_of(LANES) && groups <= WIDTH && groups.is_power_of_two()
}
