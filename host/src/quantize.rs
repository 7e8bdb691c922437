//! A champion as 8-bit integers: the scales of the activations are chosen on training images, the
//! rest is the core's [`quantize`].

use crate::data::Split;
use crate::error::Error;
use tinyevo_core::inference;
use tinyevo_core::layers::{Activation, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::quantized::{Dense, Model, Number, Quantized, Weight, quantize};

/// Largest activations that do not saturate, as shares of the largest that was seen.
const SHARES: [f32; 5] = [1.0, 0.85, 0.7, 0.55, 0.4];

/// A quantised network and its integers.
#[derive(Debug)]
pub struct Integers {
    layers: Vec<OwnedLayer>,
}

#[derive(Debug)]
struct OwnedLayer {
    weights: Vec<i8>,
    bias: Vec<i32>,
    multipliers: Vec<i32>,
    shift: u32,
}

impl Integers {
    /// Quantises a network of dense layers. Of a few shares of the largest activation of the
    /// `calibration` images, the one is taken with which most of them keep their class.
    ///
    /// # Errors
    /// A hidden layer without ReLU, or weights that are out of the range of int8.
    pub fn new(network: &Network, genome: &[f32], calibration: &Split) -> Result<Self, Error> {
        let (last, hidden) = network.stages().split_last().ok_or_else(|| unfit("no layers"))?;
        if hidden.iter().any(|stage| stage.layer.activation() != Activation::Relu)
            || last.layer.activation() == Activation::Relu
        {
            return Err(unfit("hidden layers need a ReLU, and the last layer none"));
        }
        let largest = largest_activations(network, genome, calibration)?;
        let mut scratch = vec![0.0; network.scratch_length()];
        let classes: Result<Vec<usize>, _> = calibration
            .images
            .chunks(calibration.features())
            .map(|image| inference::classify(network, genome, image, &mut scratch))
            .collect();
        let classes = classes?;
        let mut best: Option<(usize, Self)> = None;
        for share in SHARES {
            let candidate = Self::with_scales(network, genome, &largest, share)?;
            let kept = candidate.classes(calibration)?;
            let kept = kept.iter().zip(&classes).filter(|(a, b)| usize::from(**a) == **b).count();
            if best.as_ref().is_none_or(|(most, _)| kept > *most) {
                best = Some((kept, candidate));
            }
        }
        best.map(|(_, integers)| integers).ok_or_else(|| unfit("no scale was tried"))
    }

    fn with_scales(
        network: &Network,
        genome: &[f32],
        largest: &[f32],
        share: f32,
    ) -> Result<Self, Error> {
        let mut layers = Vec::new();
        let mut input_scale = 1.0 / 255.0;
        for (index, stage) in network.stages().iter().enumerate() {
            let (kernel, bias) = (&genome[stage.kernel()], &genome[stage.bias()]);
            let output_scale = largest.get(index).map(|largest| largest * share / 255.0);
            let mut layer = OwnedLayer {
                weights: vec![0; kernel.len()],
                bias: vec![0; bias.len()],
                multipliers: vec![0; bias.len()],
                shift: 0,
            };
            let OwnedLayer { weights, bias: biases, multipliers, .. } = &mut layer;
            let out = Quantized { weights, bias: biases, multipliers };
            let quantized = quantize(kernel, bias, input_scale, output_scale, out);
            layer.shift = quantized.map_err(|error| unfit(&error.to_string()))?.shift;
            layers.push(layer);
            input_scale = output_scale.unwrap_or(1.0);
        }
        Ok(Self { layers })
    }

    /// The layers, as the core takes them.
    pub fn layers(&self) -> impl Iterator<Item = Dense<'_>> {
        self.layers.iter().map(|layer| Dense {
            weights: &layer.weights,
            bias: &layer.bias,
            multipliers: &layer.multipliers,
            shift: layer.shift,
        })
    }

    /// The network, as the core runs it.
    ///
    /// # Errors
    /// None that can happen: the layers were made to fit.
    pub fn model(&self) -> Result<Model<'_>, Error> {
        let layers: Vec<_> = self.layers().collect();
        Model::new(&layers).map_err(|error| Error::Internal(error.to_string()))
    }

    /// [`classes`] of this model.
    ///
    /// # Errors
    /// The images are of another size than the network's input.
    pub fn classes(&self, split: &Split) -> Result<Vec<u8>, Error> {
        classes(&self.model()?, split)
    }

    /// Bytes of flash that weights, biases and multipliers take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.layers.iter().map(|l| l.weights.len() + 4 * (l.bias.len() + l.multipliers.len())).sum()
    }
}

/// The class that a model of integers gives each image.
///
/// # Errors
/// The images are of another size than the model's input.
pub fn classes<W: Weight, N: Number>(
    model: &Model<'_, W, N>,
    split: &Split,
) -> Result<Vec<u8>, Error> {
    let (mut sums, mut activations) =
        (vec![0; model.scratch_length()], vec![0; model.scratch_length()]);
    let images = split.images.chunks(split.features());
    images.map(|image| Ok(model.classify(image, &mut sums, &mut activations)? as u8)).collect()
}

/// The largest activation of each hidden layer over the images; 1 where all are zero.
fn largest_activations(
    network: &Network,
    genome: &[f32],
    split: &Split,
) -> Result<Vec<f32>, Error> {
    let layers: Vec<Layer> = network.stages().iter().map(|stage| stage.layer).collect();
    let mut largest = Vec::new();
    for depth in 1..layers.len() {
        // The front of the network is a network whose outputs are the activations.
        let front = Network::new(network.input(), &layers[..depth])?;
        let mut scratch = vec![0.0; front.scratch_length()];
        let mut most = 0.0_f32;
        for image in split.images.chunks(split.features()) {
            let weights = &genome[..front.parameters()];
            let outputs = inference::logits(&front, weights, image, &mut scratch)?;
            most = outputs.iter().fold(most, |most, x| if *x > most { *x } else { most });
        }
        largest.push(if most > 0.0 { most } else { 1.0 });
    }
    Ok(largest)
}

fn unfit(reason: &str) -> Error {
    Error::Usage(format!("this network cannot be quantised: {reason}"))
}
