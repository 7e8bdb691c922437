//! The checks on every champion that is read from a file.

use super::error::ParseError;
use crate::champion::{Champion, Weights};

/// Checks that there are at most 256 classes and that all weights are finite.
pub(super) fn check(champion: impl Into<Champion>) -> Result<Champion, ParseError> {
    let champion = champion.into();
    let classes = champion.network().outputs();
    if classes > 256 {
        return Err(ParseError::TooManyClasses(classes));
    }
    if let Weights::Floats(_, genome) = &champion.weights {
        let wrong = genome.iter().enumerate().find(|(_, weight)| !weight.is_finite());
        if let Some((index, &value)) = wrong {
            return Err(ParseError::NotFinite { index, value });
        }
    }
    Ok(champion)
}
