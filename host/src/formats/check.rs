//! The checks on every champion that is read from a file.

use super::error::ParseError;
use crate::champion::Champion;

/// Checks that there are at most 256 classes and that all weights are finite.
pub(super) fn check(champion: Champion) -> Result<Champion, ParseError> {
    let classes = champion.network().outputs();
    if classes > 256 {
        return Err(ParseError::TooManyClasses(classes));
    }
    if let Champion::Floats(_, genome) = &champion {
        let wrong = genome.iter().enumerate().find(|(_, weight)| !weight.is_finite());
        if let Some((index, &value)) = wrong {
            return Err(ParseError::NotFinite { index, value });
        }
    }
    Ok(champion)
}
