//! The integers that the page runs: their bytes, their accuracy, and the test images that they get wrong.

use super::picture;
use crate::champion::{Champion, Weights};
use crate::data::{Dataset, Split};
use crate::error::Error;
use crate::evaluate;
use crate::formats::tev;
use crate::quantize::quantize;
use crate::threads::Threads;
use std::cmp::Ordering;

/// Number of training images on which scales are chosen, as `tinyevo quantize` has it by default.
const CALIBRATION: usize = 2000;
/// Number of training images on which the unit of the logits is measured.
const MEASURED: usize = 500;
/// Number of mistakes that are shown.
const MISTAKES: usize = 24;
/// The most classes of which an example is shown.
const EXAMPLES: usize = 20;

/// A champion as integers.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) champion: Champion,
    /// The bytes of its `.tev` file.
    pub(super) file: Vec<u8>,
    /// What a step of the logits is worth, in nats; `None` where no images were there to measure it.
    pub(super) unit: Option<f64>,
    /// What was found on the test images, if these could be loaded.
    pub(super) found: Option<Found>,
    /// Why they could not.
    pub(super) missing: Option<String>,
}

/// What integers do on the test images.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) images: usize,
    pub(super) correct: usize,
    /// The wrong answers, the most confident first.
    pub(super) mistakes: Vec<Image>,
    /// The first image of each class.
    pub(super) examples: Vec<Image>,
}

/// A test image.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) index: usize,
    /// The names of its class and of the class that the integers give it, and the probability of this.
    pub(super) label: String,
    pub(super) class: String,
    pub(super) probability: f64,
    /// The bytes of the pixels in base64, and a picture of them.
    pub(super) pixels: String,
    pub(super) picture: String,
}

impl Answers {
    /// The integers of a champion; `data` is what its run had, if it could be loaded.
    ///
    /// # Errors
    /// [`Error::Unfit`]: there are floats that need images, or cannot be integers.
    pub(super) fn new(
        champion: &Champion,
        data: Option<&Dataset>,
        threads: &mut Threads,
    ) -> Result<Self, Error> {
        let integers = match (&champion.weights, data) {
            (Weights::Floats(network, genome), Some(data)) => {
                let bytes = data.train.len().min(CALIBRATION) * data.train.features();
                quantize(network, genome, data.train.images.get(..bytes).unwrap_or_default())?
            }
            (Weights::Floats(..), None) => {
                return Err(Error::Unfit {
                    action: "quantised",
                    reason: "its data could not be loaded, on which scales are chosen".to_string(),
                });
            }
            _ => champion.clone(),
        };
        let integers = integers.described(champion.description.clone());
        let unit = data.map(|data| unit(&integers, &data.train)).transpose()?;
        let found = data.zip(unit).map(|(data, unit)| found(&integers, &data.test, unit, threads));
        Ok(Self {
            file: tev::encode(&integers)?,
            champion: integers,
            unit,
            found: found.transpose()?,
            missing: None,
        })
    }
}

/// Classifies the test images.
fn found(
    champion: &Champion,
    test: &Split,
    unit: f64,
    threads: &mut Threads,
) -> Result<Found, Error> {
    let classes = match &champion.weights {
        Weights::Packed(packed) => evaluate::packed_classes(packed, &test.images, threads)?,
        _ => champion.integer_classes(&test.images)?,
    };
    let image = |index: usize| -> Result<Image, Error> {
        let (pixels, class) = (test.image(index), usize::from(classes[index]));
        let logits = champion.integer_logits(pixels)?;
        Ok(Image {
            index,
            label: champion.description.class_name(usize::from(test.labels[index])),
            class: champion.description.class_name(class),
            probability: probability(&logits, class, unit),
            pixels: picture::base64(pixels),
            picture: picture::grey(pixels, test.shape)?,
        })
    };
    let wrong = (0..test.len()).filter(|&index| classes[index] != test.labels[index]);
    let mut confident: Vec<(f64, usize)> = wrong
        .map(|index| {
            let logits = champion.integer_logits(test.image(index))?;
            Ok((probability(&logits, usize::from(classes[index]), unit), index))
        })
        .collect::<Result<_, Error>>()?;
    let correct = test.len() - confident.len();
    confident.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mistakes = confident.iter().take(MISTAKES).map(|(_, index)| image(*index));
    let first = |class| test.labels.iter().position(|label| usize::from(*label) == class);
    let examples = (0..test.classes.min(EXAMPLES)).filter_map(first).map(image);
    Ok(Found {
        images: test.len(),
        correct,
        mistakes: mistakes.collect::<Result<_, _>>()?,
        examples: examples.collect::<Result<_, _>>()?,
    })
}

/// The probability of a class by the softmax of logits of this unit.
fn probability(logits: &[i32], class: usize, unit: f64) -> f64 {
    (-loss(logits, class, unit)).exp()
}

/// The cross-entropy of a class, in nats.
fn loss(logits: &[i32], class: usize, unit: f64) -> f64 {
    let own = logits.get(class).map_or(0.0, |logit| f64::from(*logit));
    let sum: f64 = logits.iter().map(|logit| (unit * (f64::from(*logit) - own)).exp()).sum();
    sum.ln()
}

/// The unit of the logits with which the first training images have the least cross-entropy. Integers keep the order of the
/// logits, but not what they are worth.
fn unit(champion: &Champion, train: &Split) -> Result<f64, Error> {
    let logits: Vec<Vec<i32>> = (0..train.len().min(MEASURED))
        .map(|index| champion.integer_logits(train.image(index)))
        .collect::<Result<_, _>>()?;
    let spread = |logits: &Vec<i32>| {
        let ends = logits.iter().max().zip(logits.iter().min());
        ends.map_or(0.0, |(most, least)| f64::from(*most) - f64::from(*least))
    };
    let widest = logits.iter().map(spread).fold(1.0, f64::max);
    let total = |step: &i32| -> f64 {
        let unit = candidate(*step, widest);
        logits.iter().zip(&train.labels).map(|(own, l)| loss(own, usize::from(*l), unit)).sum()
    };
    let by_loss = |a: &i32, b: &i32| total(a).partial_cmp(&total(b)).unwrap_or(Ordering::Equal);
    Ok(candidate((0..48).min_by(by_loss).unwrap_or(24), widest))
}

/// A candidate for the unit: with it the widest spread of the logits is 1 to 228 nats, in steps of a sixth of an octave.
fn candidate(step: i32, widest: f64) -> f64 {
    (f64::from(step) / 6.0).exp2() / widest
}
