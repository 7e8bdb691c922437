//! Many runs together: a list of those below a folder, a comparison, a recipe over seeds.
//!
//! [`List`] shows what [`crate::run::Kept`] reads, [`Comparison`] sets them beside one another, [`Seeds`] repeats a recipe; nothing here prints.

mod compare;
mod group;
mod list;
mod seeds;

pub use compare::Comparison;
pub use list::List;
pub use seeds::{Seeds, Summaries};

use crate::error::Error;

/// A value as the JSON of a command: readable, with a line's end.
fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n").map_err(|error| Error::Internal(error.to_string()))
}
