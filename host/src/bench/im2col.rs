//! The peer of convolutions: each becomes a dense matrix product of the crate `matrixmultiply` over copied windows
//! (im2col), as a BLAS would compute it.

use super::dense::product;
use crate::data::Split;
use tinyevo_core::inference::argmax;
use tinyevo_core::layers::{Extent, Layer, Padding, Window};
use tinyevo_core::network::{Network, Stage};
use tinyevo_core::sample::Feature;
use tinyevo_core::shape::Shape;

/// Images that go through a layer together: their windows fit a second cache of 1 MB for the networks of the presets.
const BATCH: usize = 8;

/// A network over images.
#[derive(Debug)]
pub struct Peer<'a> {
    network: &'a Network,
    genome: &'a [f32],
    split: &'a Split,
    /// Where the rows of each layer's windows start in its input, window after window.
    starts: Vec<Vec<usize>>,
    /// What goes into a layer and what comes out, an image after another.
    activations: [Vec<f32>; 2],
    windows: Vec<f32>,
}

impl<'a> Peer<'a> {
    /// The peer for a genome in the order of the core; `None` if a window reaches past a border, which it does not do.
    #[must_use]
    pub fn new(network: &'a Network, genome: &'a [f32], split: &'a Split) -> Option<Self> {
        let inside = |stage: &Stage| match stage.layer {
            Layer::Conv2d(conv) => conv.window.padding == Padding::Valid,
            Layer::MaxPool2d(pool) => pool.window.padding == Padding::Valid,
            Layer::Dense(_) | Layer::Flatten(_) => true,
        };
        network.stages().iter().all(inside).then(|| Self {
            network,
            genome,
            split,
            starts: network.stages().iter().map(starts).collect(),
            activations: [Vec::new(), Vec::new()],
            windows: Vec::new(),
        })
    }

    /// Classifies all images; returns the number of those classified as labelled.
    pub fn classify(&mut self) -> usize {
        let (features, labels) = (self.split.features(), &self.split.labels);
        let batches = self.split.images.chunks(BATCH * features).zip(labels.chunks(BATCH));
        batches.map(|(images, labels)| self.correct(images, labels)).sum()
    }

    fn correct(&mut self, images: &[u8], labels: &[u8]) -> usize {
        let [input, output] = &mut self.activations;
        input.clear();
        input.extend(images.iter().map(|pixel| pixel.value()));
        let last = self.network.stages().len() - 1;
        let stages = self.network.stages().iter().zip(&self.starts);
        for (index, (stage, starts)) in stages.enumerate() {
            output.clear();
            output.resize(labels.len() * stage.output.elements(), 0.0);
            let weights = (&self.genome[stage.kernel()], &self.genome[stage.bias()]);
            match stage.layer {
                Layer::Conv2d(conv) => {
                    let rows = rows(input, stage, conv.window, starts);
                    copy_windows(rows, &mut self.windows);
                    product(
                        &self.windows,
                        weights.0,
                        weights.1,
                        output,
                        weights.0.len() / conv.filters,
                    );
                    relu(output);
                }
                Layer::MaxPool2d(pool) => {
                    max_pool(rows(input, stage, pool.window, starts), stage, output);
                }
                Layer::Flatten(_) => output.copy_from_slice(input),
                Layer::Dense(_) => {
                    product(input, weights.0, weights.1, output, stage.input.elements());
                    if index < last {
                        relu(output);
                    }
                }
            }
            std::mem::swap(input, output);
        }
        let logits = input.chunks(self.network.outputs());
        logits.zip(labels).filter(|(logits, label)| argmax(logits) == usize::from(**label)).count()
    }
}

fn relu(values: &mut [f32]) {
    for x in values {
        *x = if *x > 0.0 { *x } else { 0.0 };
    }
}

/// Where the rows of the windows of a layer start in its input; none of a layer without windows.
fn starts(stage: &Stage) -> Vec<usize> {
    let window = match stage.layer {
        Layer::Conv2d(conv) => conv.window,
        Layer::MaxPool2d(pool) => pool.window,
        Layer::Dense(_) | Layer::Flatten(_) => return Vec::new(),
    };
    let Shape { width, channels, .. } = stage.input;
    let (down, across, height) = (stage.output.height, stage.output.width, window.size.height);
    let windows = (0..down).flat_map(|y| (0..across).map(move |x| (y, x)));
    let starts = windows.flat_map(|at| {
        (0..height).filter_map(move |row| window.input_at(stage.input, at, (row, 0)))
    });
    starts.map(|(row, column)| (row * width + column) * channels).collect()
}

/// The rows of each window: image after image, place after place.
fn rows<'a>(
    input: &'a [f32],
    stage: &Stage,
    window: Window,
    starts: &'a [usize],
) -> impl Iterator<Item = impl Iterator<Item = &'a [f32]>> {
    let Extent { height, width } = window.size;
    let length = width * stage.input.channels;
    input.chunks(stage.input.elements()).flat_map(move |image| {
        let windows = starts.chunks(height);
        windows.map(move |starts| starts.iter().map(move |&start| &image[start..][..length]))
    })
}

/// The windows of a convolution as rows of a matrix.
fn copy_windows<'a>(
    places: impl Iterator<Item = impl Iterator<Item = &'a [f32]>>,
    windows: &mut Vec<f32>,
) {
    windows.clear();
    for place in places {
        place.for_each(|row| windows.extend_from_slice(row));
    }
}

fn max_pool<'a>(
    places: impl Iterator<Item = impl Iterator<Item = &'a [f32]>>,
    stage: &Stage,
    output: &mut [f32],
) {
    let channels = stage.input.channels;
    for (place, out) in places.zip(output.chunks_mut(channels)) {
        out.fill(f32::NEG_INFINITY);
        for pixel in place.flat_map(|row| row.chunks(channels)) {
            for (out, value) in out.iter_mut().zip(pixel) {
                *out = if *value > *out { *value } else { *out };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Preset;
    use crate::data::{self, Options, Request, Silent};
    use tinyevo_core::fitness::evaluate;
    use tinyevo_core::rng::{Purpose, index, stream};

    #[test]
    fn the_peer_is_the_same_network() {
        let options = Options { builtin_train: 1, builtin_test: 70, ..Options::default() };
        let mut split = data::load(&Request::Builtin, &options, &Silent).unwrap().test;
        // Pixels of 0 and 1 and weights of -1, 0 and 1: every sum is exact in whatever order.
        for pixel in &mut split.images {
            *pixel = if *pixel > 127 { 255 } else { 0 };
        }
        let network = Preset::Cnn.config().network(split.shape, split.classes).unwrap();
        let mut rng = stream(64, 0, 0, Purpose::Show);
        let genome: Vec<f32> =
            (0..network.parameters()).map(|_| index(&mut rng, 3) as f32 - 1.0).collect();
        let mut scratch = vec![0.0; network.scratch_length()];
        let Split { images, labels, .. } = &split;
        let score = evaluate(&network, &genome, images, labels, &mut scratch, false).unwrap();
        let correct = Peer::new(&network, &genome, &split).unwrap().classify();
        assert_eq!(correct, score.correct as usize);
        assert!(correct > 0 && correct < 70);
    }
}
