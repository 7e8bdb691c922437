//! The pieces of the state, and the regions of the shared memory.

use super::layout::Layout;
use crate::error::LengthError;
use crate::slices::row_length;

/// The pieces of a state: the genome, two moments of each weight or none, and the record: loss and accuracy
/// of the parent on the batch.
pub(super) struct Pieces<'s> {
    pub(super) genome: &'s mut [f32],
    pub(super) first: &'s mut [f32],
    pub(super) second: &'s mut [f32],
    pub(super) record: &'s mut [f32],
}

/// Floats of the record.
const RECORD: usize = 2;

impl<'s> Pieces<'s> {
    pub(super) fn length(genes: usize, moments: usize) -> usize {
        row_length(genes).saturating_mul(moments.saturating_add(1)).saturating_add(RECORD)
    }

    pub(super) fn of(
        genes: usize,
        moments: usize,
        state: &'s mut [f32],
    ) -> Result<Self, LengthError> {
        let expected = Self::length(genes, moments);
        let short = LengthError { buffer: "state", expected, got: state.len() };
        let row = row_length(genes);
        let (genome, rest) = state.split_at_mut_checked(row).ok_or(short)?;
        let row = if moments == 0 { 0 } else { row };
        let (first, rest) = rest.split_at_mut_checked(row).ok_or(short)?;
        let (second, rest) = rest.split_at_mut_checked(row).ok_or(short)?;
        let record = rest.get_mut(..RECORD).ok_or(short)?;
        Ok(Self { genome, first, second, record })
    }
}

/// The regions of the shared memory.
pub(super) struct Regions<'s> {
    pub(super) directions: &'s mut [f32],
    pub(super) packed: &'s mut [f32],
    pub(super) packed_directions: &'s mut [f32],
    pub(super) blocks: &'s mut [f32],
    pub(super) scores: &'s mut [f32],
}

impl<'s> Regions<'s> {
    pub(super) fn of(layout: &Layout, shared: &'s mut [f32]) -> Self {
        let mut rest = shared;
        let mut next = |length: usize, used: usize| {
            let all = core::mem::take(&mut rest);
            let (own, after) = all.split_at_mut(length.min(all.len()));
            rest = after;
            own.get_mut(..used).unwrap_or_default()
        };
        let row = |length: usize| (row_length(length), length);
        let (directions, packed) = (row(layout.all_directions), row(layout.packed));
        let more = row(layout.packed_directions);
        Self {
            directions: next(directions.0, directions.1),
            packed: next(packed.0, packed.1),
            packed_directions: next(more.0, more.1),
            blocks: next(layout.blocks(), layout.blocks()),
            scores: next(layout.scores(), layout.scores()),
        }
    }
}
