//! The parent on the samples: sums, probabilities, and which samples count.

use super::layout::Layout;
use crate::error::LengthError;
use crate::evolution::parent::Parent;
use crate::objective::Batch;
use crate::spread::{Parts, Phase};

/// A part is a block of samples.
pub(super) struct Forward<'a, B> {
    pub(super) layout: &'a Layout,
    pub(super) parent: Parent<'a, B>,
}

impl<B: Batch> Parts for Forward<'_, B> {
    type Out = f32;

    const PHASE: Phase = Phase::Forward;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        let (places, grid) = (self.layout.places(), &self.layout.grid);
        self.parent.part::<_, WIDTH>(places, grid, index, out, room).map(|_| ())
    }
}
