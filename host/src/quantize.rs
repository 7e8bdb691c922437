//! Turns a champion of floats into one of 8-bit integers: images determine the scales of the activations;
//! the core's [`quantize`](mod@tinyevo_core::quantized) does the rest for dense layers, its [`tinyevo_core::deploy`] for networks
//! with convolutions.

use crate::champion::{Champion, IntegerLayer, Integers, PackedIntegers, Weights, is_dense};
use crate::error::Error;
use tinyevo_core::deploy::{Format, Formats};
use tinyevo_core::inference;
use tinyevo_core::layers::{Activation, Layer};
use tinyevo_core::network::{Network, Stage};
use tinyevo_core::quantized::{self, Quantized};

/// Candidates for the largest activation that does not saturate, as shares of the largest on the images.
const SHARES: [f32; 5] = [1.0, 0.85, 0.7, 0.55, 0.4];

/// Quantises a network: each layer with weights except the last must have ReLU, the last must not.
///
/// `images` are bytes, one image after the other, each with as many as the network has inputs. Five
/// shares of the largest activations on these images are tried (1, 0.85, 0.7, 0.55, 0.4). The share with
/// which most images keep their class is taken; of equal ones the largest.
///
/// # Errors
/// [`Error::Unfit`]: other activations, layers that no integers have, a layer of more than 33,000 inputs, or weights that are not
/// finite or so large that the outputs of their layer are. [`Error::Internal`]: the last image is cut off.
pub fn quantize(network: &Network, genome: &[f32], images: &[u8]) -> Result<Champion, Error> {
    let (last, hidden) = network.stages().split_last().ok_or_else(|| unfit("it has no layers"))?;
    let weighted = |stage: &&Stage| stage.parameters() > 0;
    if hidden.iter().filter(weighted).any(|stage| stage.layer.activation() != Activation::Relu)
        || last.layer.activation() == Activation::Relu
    {
        return Err(unfit(
            "8-bit integers need a ReLU behind each layer but the last, and none there",
        ));
    }
    let largest = largest_activations(network, genome, images)?;
    let mut scratch = vec![0.0; network.scratch_length()];
    let classes: Result<Vec<usize>, _> = images
        .chunks(network.input().elements())
        .map(|image| inference::classify(network, genome, image, &mut scratch))
        .collect();
    let classes = classes?;
    let mut best: Option<(usize, Champion)> = None;
    for share in SHARES {
        let candidate: Champion = if is_dense(network) {
            Weights::Integers(with_scales(network, genome, &largest, share)?).into()
        } else {
            Weights::Packed(packed(network, genome, &largest, share)?).into()
        };
        let kept = candidate.integer_classes(images)?;
        let kept = kept.iter().zip(&classes).filter(|(a, b)| usize::from(**a) == **b).count();
        if best.as_ref().is_none_or(|(most, _)| kept > *most) {
            best = Some((kept, candidate));
        }
    }
    best.map(|(_, integers)| integers).ok_or_else(|| unfit("no scale was tried"))
}

/// Quantises a network with convolutions with these largest activations, times `share`.
fn packed(
    network: &Network,
    genome: &[f32],
    largest: &[f32],
    share: f32,
) -> Result<PackedIntegers, Error> {
    let formats = vec![Format::Int8; largest.len() + 1];
    let formats = Formats::new(network, &formats).map_err(|error| unfit(&error.to_string()))?;
    let ranges: Vec<f32> = largest.iter().map(|largest| largest * share).collect();
    let formats = formats.with_ranges(&ranges);
    let formats =
        formats.ok_or_else(|| unfit("the outputs of a layer are too large or too small"))?;
    PackedIntegers::deployed(network, &formats, genome)
}

/// Quantises with these largest activations of the hidden layers, times `share`.
fn with_scales(
    network: &Network,
    genome: &[f32],
    largest: &[f32],
    share: f32,
) -> Result<Integers, Error> {
    let mut layers = Vec::new();
    let mut input_scale = 1.0 / 255.0;
    for (index, stage) in network.stages().iter().enumerate() {
        let (kernel, bias) = (&genome[stage.kernel()], &genome[stage.bias()]);
        let output_scale = largest.get(index).map(|largest| largest * share / 255.0);
        let mut layer = IntegerLayer {
            weights: vec![0; kernel.len()],
            bias: vec![0; bias.len()],
            multipliers: vec![0; bias.len()],
            shift: 0,
        };
        let IntegerLayer { weights, bias: biases, multipliers, .. } = &mut layer;
        let out = Quantized { weights, bias: biases, multipliers };
        let done = quantized::quantize(kernel, bias, input_scale, output_scale, out);
        layer.shift = done.map_err(|error| unfit(&error.to_string()))?.shift;
        layers.push(layer);
        input_scale = output_scale.unwrap_or(1.0);
    }
    Integers::new(network.input(), layers)
}

/// The largest activation of each hidden layer with weights over the images; 1 where all are zero.
fn largest_activations(
    network: &Network,
    genome: &[f32],
    images: &[u8],
) -> Result<Vec<f32>, Error> {
    let layers: Vec<Layer> = network.stages().iter().map(|stage| stage.layer).collect();
    let mut largest = Vec::new();
    let weighted = |stage: &Stage| stage.parameters() > 0;
    let last = network.stages().iter().rposition(weighted).unwrap_or(0);
    for depth in (1..=last).filter(|depth| weighted(&network.stages()[depth - 1])) {
        // The front of the network is a network whose outputs are the activations.
        let front = Network::new(network.input(), &layers[..depth])?;
        let mut scratch = vec![0.0; front.scratch_length()];
        let mut most = 0.0_f32;
        for image in images.chunks(network.input().elements()) {
            let weights = &genome[..front.parameters()];
            let outputs = inference::logits(&front, weights, image, &mut scratch)?;
            most = outputs.iter().fold(most, |most, x| if *x > most { *x } else { most });
        }
        largest.push(if most > 0.0 { most } else { 1.0 });
    }
    Ok(largest)
}

fn unfit(reason: &str) -> Error {
    Error::Unfit { action: "quantised", reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::champion::tests::{dense, odd};
    use tinyevo_core::shape::Shape;

    #[test]
    fn a_network_of_any_shape_keeps_its_classes() {
        let input = Shape { height: 2, width: 2, channels: 3 };
        let layers = [dense(6, Activation::Relu), dense(3, Activation::Linear)];
        let network = Network::new(input, &layers).unwrap();
        let weight = |index: usize| ((index * 37) % 101) as f32 / 50.0 - 1.0;
        let genome: Vec<f32> = (0..network.parameters()).map(weight).collect();
        let images: Vec<u8> = (0..40 * 12).map(|index| (index * 89 % 256) as u8).collect();
        let integers = quantize(&network, &genome, &images).unwrap();
        let mut scratch = vec![0.0; network.scratch_length()];
        let mut class =
            |image| inference::classify(&network, &genome, image, &mut scratch).unwrap();
        let floats: Vec<_> = images.chunks(12).map(|image| class(image) as u8).collect();
        let classes = integers.integer_classes(&images).unwrap();
        let same = classes.iter().zip(&floats).filter(|(a, b)| a == b).count();
        assert!(same >= 38, "{same} of 40");
        assert!(floats.iter().any(|class| *class != floats[0]), "one class only");
        assert!(quantize(&network, &genome, &images[1..]).is_err());
    }

    #[test]
    fn what_cannot_be_quantised_says_why() {
        let Weights::Floats(network, genome) = odd().weights else { panic!() };
        let error = quantize(&network, &genome, &[0; 12]).unwrap_err().to_string();
        assert!(error.contains("cannot be quantised") && error.contains("ReLU"), "{error}");
        let wide = Network::new(Shape::flat(33_001), &[dense(2, Activation::Softmax)]).unwrap();
        let error = quantize(&wide, &vec![0.5; wide.parameters()], &[]).unwrap_err().to_string();
        assert!(error.contains("33000 inputs") && error.contains("33001"), "{error}");
    }
}
