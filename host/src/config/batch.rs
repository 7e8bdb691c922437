//! The table `[batch]`: how large the batch of a generation is, and how its images are changed.

use super::error::{ConfigError, Problem};
use super::limits;
use serde::{Deserialize, Serialize};
use std::fmt;
use tinyevo_core::sampler::Sampler;
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;
use toml::Value;

/// A batch of training images that is drawn anew in every generation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Number of images, rounded to a whole number; 1 or more.
    pub size: Schedule,
    /// The largest shift of an image in pixels, up and down and to both sides, 0 to 8.
    pub shift: u32,
    /// Distortion of the images; without it they are only shifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distortion: Option<Distortion>,
}

/// Random affine maps and smooth displacements of images. Settings that a table leaves out have the
/// values of [`Distortion::default`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Distortion {
    /// The largest rotation to either side in radians, 0 to 0.5.
    pub rotation: f32,
    /// The largest change of the scale of each axis as a share of it, 0 to 0.5.
    pub scale: f32,
    /// The largest shear to either side: pixels to the side for each pixel down, 0 to 0.5.
    pub shear: f32,
    /// Standard deviation of the displacement of a pixel along each axis in pixels, 0 to 8.
    pub elastic: f32,
    /// Number of generations after which an image is distorted anew, 1 or more.
    pub lifetime: u32,
}

/// Mild distortion of handwritten digits. Of 60,000 images in batches of 512, an image is used about
/// twenty times before it is made anew.
impl Default for Distortion {
    fn default() -> Self {
        Self { rotation: 0.08, scale: 0.05, shear: 0.05, elastic: 0.5, lifetime: 2500 }
    }
}

impl Batch {
    /// Batches of a size whose images are shifted and not distorted.
    pub(super) const fn plain(size: Schedule, shift: u32) -> Self {
        Self { size, shift, distortion: None }
    }

    /// The size and the shift, as the core has them.
    #[must_use]
    pub const fn sampler(&self) -> Sampler {
        Sampler { size: self.size, shift: self.shift }
    }

    /// The same for samples of this shape: a single value is no image that could move.
    #[must_use]
    pub const fn sampler_for(&self, shape: Shape) -> Sampler {
        let shift = if shape.elements() == 1 { 0 } else { self.shift };
        Sampler { shift, ..self.sampler() }
    }
}

impl Distortion {
    /// Checks that every number is in range.
    ///
    /// # Errors
    /// Every number that is not, by its key.
    pub fn check(&self) -> Result<(), ConfigError> {
        let Self { rotation, scale, shear, elastic, lifetime } = *self;
        let mut problems = Vec::new();
        let mut check = |key: &str, value: Value, got: &dyn fmt::Display| {
            let key = format!("batch.distortion.{key}");
            if let Some(limit) = limits::limit(&key).filter(|limit| !limit.contains(&value)) {
                problems.push(Problem::value(key, &format!("a {}", limit.words("")), got));
            }
        };
        let numbers = [rotation, scale, shear, elastic];
        for (key, number) in ["rotation", "scale", "shear", "elastic"].into_iter().zip(numbers) {
            check(key, f64::from(number).into(), &number);
        }
        check("lifetime", i64::from(lifetime).into(), &lifetime);
        ConfigError::check(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Preset};
    use super::*;

    #[test]
    fn a_distortion_comes_back_from_toml_and_may_be_given_in_part() {
        let mut config = Preset::Es.config();
        let settings = Distortion { rotation: 0.25, lifetime: 7, ..Distortion::default() };
        config.batch.as_mut().unwrap().distortion = Some(settings);
        let text = config.to_toml().unwrap();
        assert_eq!(Config::parse(&text).unwrap(), config);
        let part = "preset = \"es\"\n[batch.distortion]\nrotation = 0.25\nlifetime = 7\n";
        assert_eq!(Config::parse(part).unwrap(), config);
        let none = Config::parse("preset = \"es\"\n").unwrap();
        assert_eq!(none.batch.unwrap().distortion, None);
        assert!(!none.to_toml().unwrap().contains("distortion"));
    }

    #[test]
    fn numbers_out_of_range_are_refused_by_their_keys() {
        let good = Distortion::default();
        assert!(good.check().is_ok());
        let bad = Distortion { rotation: -0.1, elastic: f32::NAN, lifetime: 0, ..good };
        let text = bad.check().unwrap_err().to_string();
        for key in ["rotation", "elastic", "lifetime"] {
            assert!(text.contains(&format!("batch.distortion.{key} must be a")), "{text}");
        }
        assert_eq!(text.lines().count(), 3, "{text}");
        let mut config = Preset::Es.config();
        config.batch.as_mut().unwrap().distortion = Some(Distortion { scale: 0.6, ..good });
        let text = config.check().unwrap_err().to_string();
        assert_eq!(text, "batch.distortion.scale must be a number from 0 to 0.5, got 0.6");
    }
}
