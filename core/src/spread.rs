//! Work in independent parts, done one after another or on all cores.
//!
//! A generation is written once, as phases of parts. A microcontroller does them with [`InOrder`]; the
//! desktop has an implementation of [`Spread`] over its threads. Since a part depends on nothing but its
//! index and what it shares read-only, no result can depend on the number of threads.

use crate::error::LengthError;
use crate::slices::parts_mut;

/// What work is for, so that a [`Spread`] can tell how long each phase of a generation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Making the samples of a generation.
    Samples,
    /// Drawing directions, factors of changes, or first genomes.
    Directions,
    /// The parent on the samples.
    Forward,
    /// The projections of directions on the samples, and their Gram matrix.
    Projections,
    /// The mutants, or the individuals, on the samples.
    Scores,
    /// Recombination and the step of the weights, or crossover and mutation.
    Step,
    /// Anything else.
    Other,
}

/// Work that is divided into parts which do not depend on each other.
pub trait Parts: Sync {
    /// An element of what the parts write.
    type Out: Send;

    /// What the work is for.
    const PHASE: Phase = Phase::Other;

    /// Does part `index`, which owns `out`. `room` is working memory; its contents are arbitrary, but for
    /// `held`: the part of this work that was done last with this `room`, if any. So a part can
    /// go on with what that one prepared.
    ///
    /// `WIDTH` is that of [`crate::batch::Prepared`]. Implementations are `#[inline(always)]`, so that
    /// they are compiled for the instruction set of the function that calls them.
    ///
    /// # Errors
    /// `room` is too short, or something that the parts share has the wrong length.
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [Self::Out],
        room: &mut [f32],
        held: Option<usize>,
    ) -> Result<(), LengthError>;
}

/// A way to do all parts of some work: one after another, or on several threads.
pub trait Spread {
    /// Does the parts: part `i` gets `out[i * size..][..size]`, the last one perhaps less. Neither their
    /// order nor how many are done at a time shows in `out`.
    ///
    /// # Errors
    /// The error of a part, or `size` is 0.
    fn spread<P: Parts>(
        &mut self,
        out: &mut [P::Out],
        size: usize,
        parts: &P,
    ) -> Result<(), LengthError>;
}

/// Does the parts one after another. The working memory has the length that the work needs, for an
/// algorithm [`crate::evolution::Lengths::part`].
#[derive(Debug)]
pub struct InOrder<'a, const WIDTH: usize>(pub &'a mut [f32]);

impl<const WIDTH: usize> Spread for InOrder<'_, WIDTH> {
    // Compiled for the instruction set of whoever calls it, as the parts are.
    #[inline(always)]
    fn spread<P: Parts>(
        &mut self,
        out: &mut [P::Out],
        size: usize,
        parts: &P,
    ) -> Result<(), LengthError> {
        LengthError::at_least("size", 1, size)?;
        let mut held = None;
        // Not `enumerate`, whose count could overflow for all that the compiler knows.
        for (index, out) in (0..usize::MAX).zip(parts_mut(out, size)) {
            parts.part::<WIDTH>(index, out, self.0, held)?;
            held = Some(index);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbers;

    impl Parts for Numbers {
        type Out = usize;

        fn part<const WIDTH: usize>(
            &self,
            index: usize,
            out: &mut [usize],
            room: &mut [f32],
            held: Option<usize>,
        ) -> Result<(), LengthError> {
            LengthError::at_least("room", 1, room.len())?;
            assert_eq!(held, index.checked_sub(1));
            for (place, out) in out.iter_mut().enumerate() {
                *out = 10 * index + place;
            }
            Ok(())
        }
    }

    #[test]
    fn each_part_gets_its_own_piece_and_the_last_one_the_rest() {
        let (mut out, mut room) = ([99; 7], [0.0]);
        InOrder::<1>(&mut room).spread(&mut out, 3, &Numbers).unwrap();
        assert_eq!(out, [0, 1, 2, 10, 11, 12, 20]);
        InOrder::<1>(&mut room).spread(&mut [], 3, &Numbers).unwrap();
    }

    #[test]
    fn a_size_of_zero_and_the_error_of_a_part_are_reported() {
        let size = InOrder::<1>(&mut [0.0]).spread(&mut [1], 0, &Numbers).unwrap_err();
        assert_eq!((size.buffer, size.expected, size.got), ("size", 1, 0));
        assert!(InOrder::<1>(&mut []).spread(&mut [1], 1, &Numbers).is_err());
    }
}
