//! Samples whose genomes may stand for integers.

use tinyevo_core::deploy::Formats;
use tinyevo_core::error::LengthError;
use tinyevo_core::fitness::Score;
use tinyevo_core::objective::{Batch, First, Objective, Rows, Samples};
use tinyevo_core::order::Direction;

/// Samples, and the formats of the integers for which a genome stands. Only algorithms that ask for formats, which
/// score by themselves, see them.
pub(crate) struct Formatted<'a> {
    pub(crate) samples: Samples<'a, u8>,
    pub(crate) formats: Option<&'a Formats>,
}

impl Objective for Formatted<'_> {
    fn direction(&self) -> Direction {
        self.samples.direction()
    }

    fn value(&self, score: &Score) -> f32 {
        self.samples.value(score)
    }

    fn samples(&self) -> u32 {
        self.samples.samples()
    }

    fn room(&self) -> usize {
        self.samples.room()
    }

    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        part: usize,
        room: &mut [f32],
        held: bool,
    ) -> Result<Score, LengthError> {
        self.samples.score::<WIDTH>(genome, part, room, held)
    }
}

impl Batch for Formatted<'_> {
    fn labels(&self) -> &[u8] {
        self.samples.labels
    }

    fn part_length(&self) -> usize {
        self.samples.part_length()
    }

    fn sums<const WIDTH: usize>(
        &self,
        part: usize,
        layer: First<'_>,
        wanted: Option<&[bool]>,
        out: &mut [f32],
    ) -> Result<(), LengthError> {
        self.samples.sums::<WIDTH>(part, layer, wanted, out)
    }
}

impl Rows for Formatted<'_> {
    type Value = u8;

    fn labels(&self) -> &[u8] {
        self.samples.labels
    }

    fn row(&self, index: usize) -> &[u8] {
        self.samples.row(index)
    }

    fn formats(&self) -> Option<&Formats> {
        self.formats
    }
}
