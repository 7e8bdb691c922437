//! How much memory a run needs, and whether the machine has it.

use crate::error::Error;
use crate::memory;
use tinyevo_core::evolution::Lengths;
use tinyevo_core::fitness::Score;

/// The bytes that a run takes, of genomes of so many floats, with so many threads; saturating.
pub(super) fn bytes(lengths: &Lengths, genes: usize, threads: usize) -> u64 {
    let wide = |count: usize, size: usize| (count as u64).saturating_mul(size as u64);
    // The champion twice: once as it is, once as a file.
    let floats = [lengths.state, lengths.spare, lengths.shared, genes, genes]
        .iter()
        .fold(lengths.part.saturating_mul(threads), |sum, length| sum.saturating_add(*length));
    wide(floats, size_of::<f32>())
        .saturating_add(wide(lengths.picks, size_of::<usize>()))
        .saturating_add(wide(lengths.scores, size_of::<Score>()))
}

/// Whether the machine has the memory, as far as it can be asked.
///
/// # Errors
/// [`Error::Memory`].
pub(super) fn check(lengths: &Lengths, genes: usize, threads: usize) -> Result<(), Error> {
    let bytes = bytes(lengths, genes, threads);
    if memory::has(bytes) { Ok(()) } else { Err(Error::Memory { bytes }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_all_parts() {
        let lengths = Lengths { state: 10, spare: 10, shared: 1, picks: 2, scores: 3, part: 7 };
        assert_eq!(bytes(&lengths, 5, 2), 4 * (10 + 10 + 1 + 2 * 5 + 14) + 2 * 8 + 3 * 16);
        let huge = Lengths { state: usize::MAX, ..lengths };
        assert!(matches!(check(&huge, 1, 1), Err(Error::Memory { .. })));
        assert!(check(&lengths, 1, 1).is_ok());
    }
}
