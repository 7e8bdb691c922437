//! Networks with convolutions and poolings, and packed integers, in C: `templates/maps.h.jinja`.

use super::super::description::in_c;
use super::super::list::list;
use super::super::render::rendered;
use super::super::tev;
use crate::champion::{Champion, PackedIntegers, Weights, network_name};
use crate::error::Error;
use askama::Template;
use tinyevo_core::deploy::Format;
use tinyevo_core::layers::{self, Activation, Extent, Padding, Window};
use tinyevo_core::network::{Network, Stage};
use tinyevo_core::shape::Shape;
use tinyevo_core::tev::VERSION;

/// The header's text, with names that start with `prefix`, in a file of this name.
///
/// # Errors
/// [`Error::Unfit`]: a pooling stands not behind a convolution, or behind another pooling.
pub(super) fn encode(champion: &Champion, prefix: &str, file: &str) -> Result<String, Error> {
    let network = champion.network();
    let floats = matches!(champion.weights, Weights::Floats(..));
    let links = links(network)?;
    let mut layers = match &champion.weights {
        Weights::Packed(packed) => packed_layers(packed, &links)?,
        Weights::Floats(_, genome) => links.iter().map(|link| float_layer(link, genome)).collect(),
        Weights::Integers(_) => Vec::new(),
    };
    // Layers write to two arrays in turn; floats begin with the pixels in the second.
    let mut sizes = [0, if floats { network.input().elements() } else { 0 }];
    let hidden = links.len().saturating_sub(1);
    for (index, (layer, link)) in layers.iter_mut().zip(&links).enumerate() {
        layer.from = match index {
            0 if !floats => "pixels",
            index => ["odd", "even"][index % 2],
        };
        layer.to = ["even", "odd"][index % 2];
        if index < hidden {
            let size = &mut sizes[index % 2];
            *size = link.output.elements().max(*size);
        }
    }
    let header = Header {
        title: format!("{}, {}", network_name(network), champion.numbers()),
        file,
        prefix,
        macros: prefix.to_uppercase(),
        normalises: champion.normalisation().is_some(),
        description: in_c(champion, prefix)?,
        checksum: tev::checksum(champion)?.0,
        version: VERSION,
        inputs: network.input().elements(),
        classes: network.outputs(),
        widest: links.iter().map(|link| link.output.channels).max().unwrap_or(1),
        even: sizes[0],
        odd: sizes[1],
        floats,
        number: if floats { "float" } else { "int32_t" },
        weight: if floats { "float" } else { "uint8_t" },
        bias_type: if floats { "float" } else { "int16_t" },
        activation: if floats { "float" } else { "uint8_t" },
        activation_bytes: if floats { 4 } else { 1 },
        layers,
    };
    rendered(&header)
}

/// The values that the template shows.
#[derive(Template)]
#[template(path = "maps.h.jinja", escape = "none")]
struct Header<'a> {
    title: String,
    file: &'a str,
    prefix: &'a str,
    macros: String,
    /// Whether measured values must be normalised.
    normalises: bool,
    /// Code of the description.
    description: String,
    checksum: u64,
    version: u32,
    inputs: usize,
    classes: usize,
    /// Filters of the widest layer.
    widest: usize,
    /// Lengths of the two arrays of activations.
    even: usize,
    odd: usize,
    floats: bool,
    /// Types of C: of sums and logits, of weights, of biases, of activations.
    number: &'static str,
    weight: &'static str,
    bias_type: &'static str,
    activation: &'static str,
    activation_bytes: usize,
    layers: Vec<Layer>,
}

/// A layer with weights, and its pooling.
#[derive(Default)]
struct Layer {
    /// Sizes, with commas.
    geometry: String,
    filters: usize,
    relu: u8,
    /// Number of elements of the kernel.
    weights: usize,
    /// Numbers with commas.
    kernel: String,
    bias: String,
    multipliers: String,
    shifts: String,
    format: u8,
    bias_shift: u32,
    /// Bytes of a row of weights.
    row: usize,
    /// Names of the arrays that it reads and writes.
    from: &'static str,
    to: &'static str,
}

/// A layer with weights, and the pooling behind it.
struct Link<'n> {
    stage: &'n Stage,
    /// The window, its input, and the map of its sums.
    window: Window,
    map: Shape,
    pool: Window,
    output: Shape,
}

/// The layers with weights, each with the pooling behind it.
fn links(network: &Network) -> Result<Vec<Link<'_>>, Error> {
    let mut links: Vec<Link<'_>> = Vec::new();
    let mut can_pool = false;
    for stage in network.stages() {
        let window = match stage.layer {
            layers::Layer::Flatten(_) => {
                can_pool = false;
                continue;
            }
            layers::Layer::MaxPool2d(pool) => {
                let before = links.last_mut().filter(|_| can_pool);
                can_pool = false;
                let before = before.ok_or_else(|| Error::Unfit {
                    action: "written in C",
                    reason:
                        "a pooling stands not right behind a convolution; use --format bin or rust"
                            .to_string(),
                })?;
                (before.pool, before.output) = (pool.window, stage.output);
                continue;
            }
            layers::Layer::Conv2d(conv) => conv.window,
            layers::Layer::Dense(_) => {
                let Shape { height, width, .. } = stage.input;
                let size = Extent { height, width };
                Window { size, stride: Extent::square(1), padding: Padding::Valid }
            }
        };
        can_pool = matches!(stage.layer, layers::Layer::Conv2d(_));
        let map = stage.output;
        links.push(Link { stage, window, map, pool: Window::tiles(1), output: map });
    }
    Ok(links)
}

/// How far a window reaches past the border before the input.
const fn before(
    padding: Padding,
    size: usize,
    stride: usize,
    inputs: usize,
    outputs: usize,
) -> usize {
    match padding {
        Padding::Valid => 0,
        Padding::Same => ((outputs - 1) * stride + size).saturating_sub(inputs) / 2,
    }
}

/// Size, strides and padding of a window.
fn window(Window { size, stride, padding }: Window, input: Shape, output: Shape) -> [usize; 6] {
    let top = before(padding, size.height, stride.height, input.height, output.height);
    let left = before(padding, size.width, stride.width, input.width, output.width);
    [size.height, size.width, stride.height, stride.width, top, left]
}

impl Link<'_> {
    fn layer(&self) -> Layer {
        let (input, map, output) = (self.stage.input, self.map, self.output);
        let mut numbers = vec![input.height, input.width, input.channels];
        numbers.extend(window(self.window, input, map));
        numbers.extend([map.height, map.width, map.channels]);
        numbers.extend(window(self.pool, map, output));
        numbers.extend([output.height, output.width]);
        let numbers: Vec<_> = numbers.iter().map(usize::to_string).collect();
        Layer {
            geometry: numbers.join(", "),
            filters: map.channels,
            relu: u8::from(self.stage.layer.activation() == Activation::Relu),
            ..Layer::default()
        }
    }
}

fn float_layer(link: &Link<'_>, genome: &[f32]) -> Layer {
    let numbers = |weights: &[f32]| list(weights.iter().map(|weight| format!("{weight:.9e}f")));
    let (kernel, bias) = (&genome[link.stage.kernel()], &genome[link.stage.bias()]);
    Layer { weights: kernel.len(), kernel: numbers(kernel), bias: numbers(bias), ..link.layer() }
}

fn packed_layers(packed: &PackedIntegers, links: &[Link<'_>]) -> Result<Vec<Layer>, Error> {
    let model = packed.model()?;
    let layer = |(layer, link): (&tinyevo_core::packed::Layer<'_>, &Link<'_>)| Layer {
        weights: layer.weights.len(),
        kernel: list(layer.weights),
        bias: list(layer.numbers.iter().map(|[low, high, ..]| i16::from_le_bytes([*low, *high]))),
        multipliers: list(layer.numbers.iter().map(|[_, _, multiplier, _]| multiplier)),
        shifts: list(layer.numbers.iter().map(|[.., shift]| shift)),
        format: match layer.format {
            Format::Int8 => 1,
            Format::Int4 => 2,
            Format::Ternary => 3,
        },
        bias_shift: layer.bias_shift,
        row: layer.format.row_bytes(layer.filters),
        ..link.layer()
    };
    Ok(model.layers().iter().zip(links).map(layer).collect())
}
