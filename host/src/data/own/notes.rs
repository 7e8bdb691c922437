//! What was done to own data, in words.

use crate::data::dataset::Dataset;
use crate::data::description::Division;

impl Dataset {
    /// What was done to own data, a sentence each: how it was divided, and how its values became bytes.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let division = self.division.map(|Division { share, seed }| match share {
            1.0.. => "test samples: all that there are".to_owned(),
            _ => format!("test samples: {} % of each class, drawn by seed {seed}", 100.0 * share),
        });
        let shape = self.shape();
        let of = match (shape.height * shape.width, shape.channels) {
            (1, _) => "of its feature",
            (_, 1) => "of all values",
            _ => "of its channel",
        };
        let normalisation = self.description.normalisation.as_ref();
        let normalisation = normalisation.map(|_| {
            format!("values: mapped to 0 to 255 between the smallest and the largest {of} in training samples")
        });
        division.into_iter().chain(normalisation).collect()
    }
}
