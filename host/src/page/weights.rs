//! The weights of the first layer as pictures.

use super::picture::{self, Sheet};
use crate::champion::{Champion, Weights};
use crate::error::Error;
use tinyevo_core::deploy::{Formats, deploy, scales_length};
use tinyevo_core::layers::Layer;
use tinyevo_core::network::{Network, Stage};
use tinyevo_core::shape::Shape;

/// The most pictures that are shown.
const MOST: usize = 128;
/// The widest row of pictures, in weights.
const WIDEST: usize = 480;
/// Of the magnitudes of the weights, this share has no stronger colour: a few large ones would make the rest pale.
const SHARE: f64 = 0.995;

/// The pictures of a first layer.
#[derive(Debug)]
pub(super) struct FirstLayer {
    pub(super) sheet: Sheet,
    /// What a picture is: a unit or a filter, perhaps with its channel.
    pub(super) each: &'static str,
    /// Number of pictures that are shown, and that there are.
    pub(super) shown: usize,
    pub(super) all: usize,
    /// The magnitude with the strongest colour.
    pub(super) largest: f32,
    /// How large a weight is shown, in pixels of the screen.
    pub(super) zoom: usize,
}

/// Draws the first layer that has weights; `None` if there is none. `floats` are the weights as they evolved; where `champion`
/// has integers, the codes of these are drawn.
///
/// # Errors
/// Never in practice: pictures are made in memory.
pub(super) fn first_layer(
    floats: &Champion,
    champion: &Champion,
) -> Result<Option<FirstLayer>, Error> {
    let Weights::Floats(network, genome) = &floats.weights else { return Ok(None) };
    let Some(stage) = network.stages().iter().find(|stage| stage.parameters() > 0) else {
        return Ok(None);
    };
    let weights = match &champion.weights {
        Weights::Packed(packed) => codes(network, packed.formats(), genome)?,
        _ => genome.clone(),
    };
    let Shape { height, width, channels } = window(stage);
    let outputs = stage.bias().len();
    let kernel = weights.get(stage.kernel()).unwrap_or_default();
    let all = outputs * channels;
    let picture = |number: usize| -> Vec<f32> {
        let (output, channel) = (number / channels, number % channels);
        let at = |place| kernel.get((place * channels + channel) * outputs + output).copied();
        (0..height * width).map(|place| at(place).unwrap_or(0.0)).collect()
    };
    let pictures: Vec<_> = (0..all.min(MOST)).map(picture).collect();
    let columns = (WIDEST / (width + 1)).clamp(1, 16).min(pictures.len());
    let largest = most(pictures.iter().flatten().map(|weight| weight.abs()).collect());
    let conv = matches!(stage.layer, Layer::Conv2d(_));
    let each = match (conv, channels) {
        (true, 1) => "filter",
        (true, _) => "channel of a filter",
        (false, 1) => "unit",
        (false, _) => "channel of a unit",
    };
    Ok(Some(FirstLayer {
        sheet: picture::weights(&pictures, (height, width), columns, largest)?,
        each,
        shown: pictures.len(),
        all,
        largest,
        zoom: (48 / (height.max(width) + 1)).clamp(2, 8),
    }))
}

/// The shape of the inputs of a filter or unit; features without rows and columns lie in a row.
fn window(stage: &Stage) -> Shape {
    match stage.layer {
        Layer::Conv2d(conv) => {
            let size = conv.window.size;
            Shape { height: size.height, width: size.width, channels: stage.input.channels }
        }
        _ if stage.input.height * stage.input.width == 1 => {
            Shape { height: 1, width: stage.input.channels, channels: 1 }
        }
        _ => stage.input,
    }
}

/// The integers for which a genome stands, in its order.
fn codes(
    network: &Network,
    formats: &[tinyevo_core::deploy::Format],
    genome: &[f32],
) -> Result<Vec<f32>, Error> {
    let formats =
        Formats::new(network, formats).map_err(|error| Error::Internal(error.to_string()))?;
    let (mut codes, mut scales) = (vec![0.0; genome.len()], vec![0.0; scales_length(network)]);
    deploy(network, &formats, genome, &mut codes, &mut scales)?;
    Ok(codes)
}

/// The magnitude that all but a few do not exceed.
fn most(mut magnitudes: Vec<f32>) -> f32 {
    magnitudes.sort_by(f32::total_cmp);
    let place = (SHARE * magnitudes.len() as f64) as usize;
    magnitudes.get(place.min(magnitudes.len().saturating_sub(1))).copied().unwrap_or(0.0)
}
