//! Text of templates.

use crate::error::Error;
use askama::Template;

/// The text of a template; its last line end, which is not part of it, is added.
///
/// # Errors
/// Never in practice: the text is made in memory.
pub(crate) fn rendered(template: &impl Template) -> Result<String, Error> {
    let text = template.render().map_err(|error| Error::Internal(error.to_string()))?;
    Ok(text + "\n")
}
