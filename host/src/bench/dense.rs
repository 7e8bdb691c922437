//! The peer: the same network as dense matrix products of the crate `matrixmultiply`, as a BLAS would
//! compute it.

use crate::data::Split;
use tinyevo_core::inference::argmax;
use tinyevo_core::sample::Feature;

/// Images as a dense matrix, a row an image.
#[derive(Debug)]
pub struct Images {
    pixels: Vec<f32>,
    /// Number of values of an image.
    features: usize,
    labels: Vec<u8>,
    classes: usize,
}

impl Images {
    /// All images of a split, divided by 255.
    #[must_use]
    pub fn new(split: &Split) -> Self {
        let pixels = split.images.iter().map(|pixel| pixel.value()).collect();
        let (features, classes) = (split.features(), split.classes);
        Self { pixels, features, labels: split.labels.clone(), classes }
    }

    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// A network with one hidden layer over images.
#[derive(Debug)]
pub struct Peer<'a> {
    images: &'a Images,
    hidden: usize,
    genome: &'a [f32],
    activations: Vec<f32>,
    logits: Vec<f32>,
}

impl<'a> Peer<'a> {
    /// The peer for a genome in the order of the core.
    #[must_use]
    pub fn new(images: &'a Images, hidden: usize, genome: &'a [f32]) -> Self {
        let activations = vec![0.0; images.len() * hidden];
        let logits = vec![0.0; images.len() * images.classes];
        Self { images, hidden, genome, activations, logits }
    }

    /// Classifies all images; returns the number of those classified as labelled.
    pub fn classify(&mut self) -> usize {
        let Images { pixels, features, labels, classes } = self.images;
        let (kernel, rest) = self.genome.split_at(features * self.hidden);
        let (bias, rest) = rest.split_at(self.hidden);
        let (last_kernel, last_bias) = rest.split_at(self.hidden * classes);
        product(pixels, kernel, bias, &mut self.activations, *features);
        for x in &mut self.activations {
            *x = if *x > 0.0 { *x } else { 0.0 };
        }
        product(&self.activations, last_kernel, last_bias, &mut self.logits, self.hidden);
        let classes = self.logits.chunks(*classes).map(argmax);
        classes.zip(labels).filter(|(class, label)| *class == usize::from(**label)).count()
    }
}

/// `out = a b + bias`: `a` of `inner` columns, `b` of `bias.len()` columns, all row after row.
pub(super) fn product(a: &[f32], b: &[f32], bias: &[f32], out: &mut [f32], inner: usize) {
    let (rows, columns) = (a.len() / inner, bias.len());
    assert_eq!((b.len(), out.len()), (inner * columns, rows * columns), "shapes of a product");
    for row in out.chunks_mut(columns) {
        row.copy_from_slice(bias);
    }
    let step = |columns: usize| isize::try_from(columns).expect("a row is far shorter");
    // SAFETY: the three matrices lie row after row in slices of just their sizes, as asserted.
    unsafe {
        matrixmultiply::sgemm(
            rows,
            inner,
            columns,
            1.0,
            a.as_ptr(),
            step(inner),
            1,
            b.as_ptr(),
            step(columns),
            1,
            1.0,
            out.as_mut_ptr(),
            step(columns),
            1,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::timing::network;
    use crate::data::{self, Options, Request, Silent};
    use tinyevo_core::fitness::evaluate;
    use tinyevo_core::rng::{Purpose, index, stream};

    #[test]
    fn the_peer_is_the_same_network() {
        let options = Options { builtin_train: 1, builtin_test: 300, ..Options::default() };
        let mut split = data::load(&Request::Builtin, &options, &Silent).unwrap().test;
        // Pixels of 0 and 1 and weights in eighths: every sum is exact in whatever order.
        for pixel in &mut split.images {
            *pixel = if *pixel > 127 { 255 } else { 0 };
        }
        let network = network(split.shape, 32, split.classes).unwrap();
        let mut rng = stream(64, 0, 0, Purpose::Show);
        let genome: Vec<f32> =
            (0..network.parameters()).map(|_| index(&mut rng, 17) as f32 / 8.0 - 1.0).collect();
        let mut scratch = vec![0.0; network.scratch_length()];
        let Split { images, labels, .. } = &split;
        let score = evaluate(&network, &genome, images, labels, &mut scratch, false).unwrap();
        let correct = Peer::new(&Images::new(&split), 32, &genome).classify();
        assert_eq!(correct, score.correct as usize);
    }

    #[test]
    fn a_product_of_whole_numbers_is_exact() {
        let mut out = [0.0; 4];
        product(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0], &[1.0, 2.0], &mut out, 2);
        assert_eq!(out, [20.0, 24.0, 44.0, 52.0]);
    }
}
