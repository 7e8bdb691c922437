//! What the champion gets wrong, and what the weights of its first layer look like.

use super::picture::Picture;
use crate::champion::PackedIntegers;
use crate::data::{Description, Split};
use crate::error::Error;
use std::time::{Duration, Instant};
use tinyevo_core::deploy::Formats;
use tinyevo_core::inference;
use tinyevo_core::layers::Layer;
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// The most pictures that any screen has room for.
const MOST: usize = 40;

/// How long the champion is looked at.
const PATIENCE: Duration = Duration::from_millis(100);

/// Shows champions of one run.
#[derive(Debug)]
pub(super) struct Viewer {
    pub(super) network: Network,
    /// The formats of the integers for which genomes stand, if they do.
    pub(super) formats: Option<Formats>,
    /// Some test images, and the names of the classes.
    pub(super) test: Split,
    pub(super) description: Description,
}

/// The most characters of a class's name.
const NAME: usize = 6;

/// Whether samples of a shape can be seen: those of features have no rows and columns.
const fn is_picture(shape: Shape) -> bool {
    shape.height > 1 && shape.width > 1
}

impl Viewer {
    /// The first test images that a genome gets wrong, with the label and the answer, as many as are found in a moment;
    /// and how many of how many that are.
    pub(super) fn mistakes(
        &self,
        genome: &[f32],
        unicode: bool,
    ) -> Result<(Vec<Picture>, String), Error> {
        let began = Instant::now();
        if !is_picture(self.test.shape) {
            return Ok((Vec::new(), String::new()));
        }
        let packed = self.formats.as_ref();
        let packed = packed.map(|formats| PackedIntegers::deployed(&self.network, formats, genome));
        let packed = packed.transpose()?;
        let mut room = vec![0.0; self.network.scratch_length()];
        let (mut found, mut seen) = (Vec::new(), 0);
        for (index, &label) in self.test.labels.iter().enumerate() {
            if found.len() >= MOST || began.elapsed() > PATIENCE {
                break;
            }
            seen = index + 1;
            let image = self.test.image(index);
            let class = match &packed {
                Some(packed) => {
                    packed.classes(image)?.first().map_or(0, |class| usize::from(*class))
                }
                None => inference::classify(&self.network, genome, image, &mut room)?,
            };
            if class != usize::from(label) {
                let arrow = if unicode { '→' } else { '>' };
                let value = |at: usize| image.get(at).map_or(0.0, |byte| f32::from(*byte) / 255.0);
                let name = |class: usize| -> String {
                    self.description.shown_name(class).chars().take(NAME).collect()
                };
                let caption = format!("{} {arrow} {}", name(label.into()), name(class));
                found.push(Picture::new(caption, self.test.shape, value));
            }
        }
        let wrong = format!("{} of {seen}", found.len());
        Ok((found, wrong))
    }

    /// The weights into the first units or filters: grey is 0, white the largest of the picture.
    pub(super) fn weights(&self, genome: &[f32]) -> Vec<Picture> {
        let Some(stage) = self.network.stages().first() else { return Vec::new() };
        let (shape, outputs) = match stage.layer {
            Layer::Dense(dense) => (self.network.input(), dense.units),
            Layer::Conv2d(conv) => {
                let channels = self.network.input().channels;
                let window = conv.window;
                let shape =
                    Shape { height: window.size.height, width: window.size.width, channels };
                (shape, conv.filters)
            }
            _ => return Vec::new(),
        };
        if !is_picture(shape) {
            return Vec::new();
        }
        let picture = |output: usize| {
            // Keras' order: the outputs of a weight's input lie together.
            let weight = |at: usize| genome.get(at * outputs + output).copied().unwrap_or(0.0);
            let sizes = (0..shape.elements()).map(|at| weight(at).abs());
            let largest = sizes.fold(f32::MIN_POSITIVE, |a, b| if b > a { b } else { a });
            let value = |at: usize| 0.5 + 0.5 * weight(at) / largest;
            Picture::new(format!("{output}"), shape, value)
        };
        (0..outputs.min(MOST)).map(picture).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinyevo_core::layers::{Activation, Dense};

    #[test]
    fn mistakes_have_label_and_answer_and_weights_are_those_of_a_unit() {
        let shape = Shape { height: 2, width: 2, channels: 1 };
        let layer = Layer::Dense(Dense { units: 2, activation: Activation::Softmax });
        let network = Network::new(shape, &[layer]).unwrap();
        // The second class is that of a bright first pixel.
        let mut genome = vec![0.0; network.parameters()];
        genome[..2].copy_from_slice(&[-1.0, 1.0]);
        let images = vec![200, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 9];
        let test = Split { shape, classes: 2, images, labels: vec![0, 1, 1] };
        let class_names = vec!["dark".to_string(), "brightest".to_string()];
        let description = Description { class_names, ..Description::default() };
        let viewer = Viewer { network, formats: None, test, description };
        let (mistakes, wrong) = viewer.mistakes(&genome, false).unwrap();
        let captions: Vec<_> = mistakes.iter().map(|it| it.caption.as_str()).collect();
        assert_eq!((captions, &*wrong), (vec!["dark > bright", "bright > dark"], "2 of 3"));
        let second = &viewer.weights(&genome)[1];
        // Larger by four; white where the weight is the largest, grey where it is 0.
        assert_eq!(second.line(0, false, false).to_string(), "@@@@====");
        assert_eq!(second.line(3, false, false).to_string(), "========");
    }

    #[test]
    fn features_have_no_pictures() {
        let shape = Shape { height: 1, width: 1, channels: 3 };
        let layer = Layer::Dense(Dense { units: 2, activation: Activation::Softmax });
        let network = Network::new(shape, &[layer]).unwrap();
        let genome = vec![0.5; network.parameters()];
        let test = Split { shape, classes: 2, images: vec![1, 2, 3], labels: vec![1] };
        let description = Description::default();
        let viewer = Viewer { network, formats: None, test, description };
        assert!(viewer.mistakes(&genome, true).unwrap().0.is_empty());
        assert!(viewer.weights(&genome).is_empty());
    }
}
