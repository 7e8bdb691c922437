//! A champion as a Rust module for `tinyevo-core`: `templates/champion.rs.jinja`.
//!
//! By itself the text is the file of a module. With a name it holds a module of that name, so that two
//! champions can stand in one file. Lints of the crate that takes it do not reach its numbers.

use super::description::in_rust;
use super::identifier::Identifier;
use super::list::list;
use super::render::rendered;
use super::tev;
use crate::champion::{Champion, PackedIntegers, Weights, is_dense, network_name};
use crate::error::Error;
use askama::Template;
use tinyevo_core::deploy::Format;
use tinyevo_core::layers::{self, Activation, Extent, Padding, Window};
use tinyevo_core::shape::Shape;
use tinyevo_core::tev::VERSION;

/// The module's text.
///
/// # Errors
/// The champion cannot be written as a `.tev` file, whose checksum is needed.
pub fn encode(champion: &Champion, name: Option<&Identifier>) -> Result<String, Error> {
    let network = champion.network();
    let (checksum, bytes) = tev::checksum(champion)?;
    if let Weights::Packed(packed) = &champion.weights {
        return encode_packed(packed, champion, name);
    }
    let (genome, integers) = match &champion.weights {
        Weights::Floats(_, genome) => (&genome[..], &[][..]),
        Weights::Integers(integers) => (&[][..], integers.layers()),
        Weights::Packed(_) => (&[][..], &[][..]),
    };
    let widest = network.stages().iter().map(|stage| stage.output.elements()).max().unwrap_or(0);
    let floats = matches!(champion.weights, Weights::Floats(..));
    let layers = network.stages().iter().enumerate().map(|(index, stage)| {
        let integers = integers.get(index);
        Layer {
            outputs: stage.output.elements(),
            expression: expression(stage.layer),
            weights_length: stage.kernel().len(),
            weights: integers.map_or_else(String::new, |layer| list(&layer.weights)),
            bias: integers.map_or_else(String::new, |layer| list(&layer.bias)),
            multipliers: integers.map_or_else(String::new, |layer| list(&layer.multipliers)),
            shift: integers.map_or(1, |layer| layer.shift),
        }
    });
    let module = Module {
        title: title(champion),
        comment: comment(name),
        description: in_rust(champion)?,
        bytes,
        module: name,
        path: name.map_or("champion", Identifier::as_str),
        version: VERSION,
        checksum,
        floats,
        dense: is_dense(network),
        input: network.input(),
        scratch: if floats { network.scratch_length() } else { widest },
        layers: layers.collect(),
        genome_length: genome.len(),
        genome: list(genome.iter().map(|weight| format!("{weight:?}"))),
    };
    rendered(&module)
}

/// The module's text, of packed integers.
fn encode_packed(
    packed: &PackedIntegers,
    champion: &Champion,
    name: Option<&Identifier>,
) -> Result<String, Error> {
    let (checksum, bytes) = tev::checksum(champion)?;
    let model = packed.model()?;
    let layers = model.layers().iter().map(|layer| PackedLayer {
        window: optional(layer.window.map(window)),
        pool: optional(layer.pool.map(window)),
        filters: layer.filters,
        format: layer.format,
        bias_shift: layer.bias_shift,
        numbers: list(layer.numbers.iter().map(|number| format!("{number:?}"))),
        weights_length: layer.weights.len(),
        weights: list(layer.weights),
    });
    let module = PackedModule {
        title: title(champion),
        comment: comment(name),
        description: in_rust(champion)?,
        bytes,
        module: name,
        path: name.map_or("champion", Identifier::as_str),
        version: VERSION,
        checksum,
        input: model.input(),
        sums: model.sums_length(),
        activations: model.activations_length(),
        layers: layers.collect(),
    };
    rendered(&module)
}

fn title(champion: &Champion) -> String {
    format!("{}, {}", network_name(champion.network()), champion.numbers())
}

/// How the comment at the top begins: as the documentation of the file's module, if it is one.
const fn comment(name: Option<&Identifier>) -> &'static str {
    if name.is_some() { "//" } else { "//!" }
}

/// The values that the template shows.
#[derive(Template)]
#[template(path = "champion.rs.jinja", escape = "none")]
struct Module<'a> {
    title: String,
    /// See [`comment`].
    comment: &'static str,
    /// Code of the description.
    description: String,
    /// The length of the champion's `.tev` file.
    bytes: usize,
    module: Option<&'a Identifier>,
    /// Name of the module in the example.
    path: &'a str,
    version: u32,
    checksum: u64,
    floats: bool,
    /// Whether all layers are dense.
    dense: bool,
    input: Shape,
    scratch: usize,
    layers: Vec<Layer>,
    genome_length: usize,
    genome: String,
}

/// The values that the template of packed integers shows; see [`Module`].
#[derive(Template)]
#[template(path = "packed.rs.jinja", escape = "none")]
struct PackedModule<'a> {
    title: String,
    comment: &'static str,
    description: String,
    bytes: usize,
    module: Option<&'a Identifier>,
    path: &'a str,
    version: u32,
    checksum: u64,
    input: Shape,
    /// Elements of the two buffers.
    sums: usize,
    activations: usize,
    layers: Vec<PackedLayer>,
}

/// A layer of packed integers: windows as Rust code, numbers with commas.
struct PackedLayer {
    window: String,
    pool: String,
    filters: usize,
    format: Format,
    bias_shift: u32,
    numbers: String,
    weights_length: usize,
    weights: String,
}

/// A layer; the numbers are those of integers, with commas.
struct Layer {
    outputs: usize,
    /// The layer of floats as Rust code.
    expression: String,
    weights_length: usize,
    weights: String,
    bias: String,
    multipliers: String,
    shift: u32,
}

/// A layer as Rust code, in which the names of `tinyevo_core::layers` are known.
fn expression(layer: layers::Layer) -> String {
    match layer {
        layers::Layer::Dense(dense) => {
            let (units, activation) = (dense.units, activation(dense.activation));
            format!(
                "Layer::Dense(Dense {{ units: {units}, activation: Activation::{activation} }})"
            )
        }
        layers::Layer::Conv2d(conv) => format!(
            "Layer::Conv2d(Conv2d {{ filters: {}, window: {}, activation: Activation::{} }})",
            conv.filters,
            window(conv.window),
            activation(conv.activation)
        ),
        layers::Layer::MaxPool2d(pool) => {
            format!("Layer::MaxPool2d(MaxPool2d {{ window: {} }})", window(pool.window))
        }
        layers::Layer::Flatten(_) => "Layer::Flatten(Flatten)".to_string(),
    }
}

/// A window as Rust code.
fn window(Window { size, stride, padding }: Window) -> String {
    let extent =
        |Extent { height, width }| format!("Extent {{ height: {height}, width: {width} }}");
    let padding = match padding {
        Padding::Valid => "Valid",
        Padding::Same => "Same",
    };
    let (size, stride) = (extent(size), extent(stride));
    format!("Window {{ size: {size}, stride: {stride}, padding: Padding::{padding} }}")
}

/// An optional value as Rust code.
fn optional(value: Option<String>) -> String {
    value.map_or_else(|| "None".to_string(), |value| format!("Some({value})"))
}

/// The variant's name.
const fn activation(activation: Activation) -> &'static str {
    match activation {
        Activation::Linear => "Linear",
        Activation::Relu => "Relu",
        Activation::Softmax => "Softmax",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::champion::tests::{integers, maps, odd};

    #[test]
    fn a_module_of_floats_says_its_shape_and_activations() {
        let text = encode(&odd(), None).unwrap();
        for line in [
            "pub const INPUT: Shape = Shape { height: 2, width: 3, channels: 2 };",
            "    Layer::Dense(Dense { units: 5, activation: Activation::Linear }),",
            "#[allow(clippy::all, clippy::pedantic)]\npub static GENOME: [f32; 83] = [",
            "//! let network = champion::network()?;",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("pub mod"));
    }

    #[test]
    fn a_module_says_the_windows_of_its_layers() {
        let text = encode(&maps(), None).unwrap();
        for line in [
            "    Layer::Conv2d(Conv2d { filters: 3, window: Window { size: Extent { height: 2, width: 3 }, \
             stride: Extent { height: 2, width: 1 }, padding: Padding::Same }, activation: Activation::Relu }),",
            "    Layer::Flatten(Flatten),",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn with_a_name_it_is_a_module_of_that_name() {
        let name = "digits".parse().unwrap();
        for champion in [odd(), integers(), maps()] {
            let text = encode(&champion, Some(&name)).unwrap();
            assert!(text.contains("\npub mod digits {\n"), "{text}");
            assert_eq!(text.matches('{').count(), text.matches('}').count());
        }
    }
}
