//! The scoring of individuals by parts.

use crate::error::LengthError;
use crate::fitness::Score;
use crate::objective::Objective;
use crate::population::Rows;
use crate::spread::{Parts, Phase};

/// Scores a part of a genome; the parts of one genome follow each other.
pub(super) struct ScoreParts<'a, O> {
    pub(super) objective: &'a O,
    pub(super) rows: Rows,
    pub(super) state: &'a [f32],
    pub(super) pending: &'a [usize],
    pub(super) parts: usize,
}

impl<O: Objective> Parts for ScoreParts<'_, O> {
    type Out = Score;

    const PHASE: Phase = Phase::Scores;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [Score],
        room: &mut [f32],
        held: Option<usize>,
    ) -> Result<(), LengthError> {
        let genome_of = |index: usize| index.checked_div(self.parts).unwrap_or(0);
        let (place, part) = (genome_of(index), index.checked_rem(self.parts).unwrap_or(0));
        let individual = self.pending.get(place).copied().unwrap_or(usize::MAX);
        let missing = || self.rows.missing("state", individual, self.state.len());
        let genome = self.rows.genome(self.state, individual).ok_or_else(missing)?;
        let held = held.is_some_and(|held| genome_of(held) == place);
        let score = self.objective.score::<WIDTH>(genome, part, room, held)?;
        out.fill(score);
        Ok(())
    }
}
