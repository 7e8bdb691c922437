//! What every champion in a file promises.

use super::error::ParseError;
use crate::champion::Champion;

/// Checks what every champion promises.
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
