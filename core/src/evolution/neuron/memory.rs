//! The regions of the shared memory.

use super::layout::Layout;
use crate::slices::row_length;

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
