//! A champion as a C99 header with an inference function: `templates/champion.h.jinja`, and `c/maps.rs` for convolutions and
//! packed integers.
//!
//! All names start with a prefix, so that two champions can be included in one file. The header carries
//! the checksum of the champion's `.tev` file, which shows that files of two formats hold the same champion.

mod maps;

use super::description::in_c;
use super::identifier::Identifier;
use super::list::list;
use super::render::rendered;
use super::tev;
use crate::champion::{Champion, IntegerLayer, Weights, is_dense, network_name};
use crate::error::Error;
use askama::Template;
use std::path::Path;
use tinyevo_core::layers::Activation;
use tinyevo_core::network::{Network, Stage};
use tinyevo_core::tev::VERSION;

/// The prefix where the user gives none.
const PREFIX: &str = "tinyevo";

/// The name of the file where the user gives none.
const FILE: &str = "champion.h";

/// The header's text, with names that start with `name`, or with `tinyevo`. Its comment includes it by the name of `file`,
/// or as `champion.h`.
///
/// # Errors
/// [`Error::Unfit`]: a pooling that does not stand right behind a convolution. Or the champion cannot be written as a `.tev` file, whose checksum is needed.
pub fn encode(
    champion: &Champion,
    name: Option<&Identifier>,
    file: Option<&Path>,
) -> Result<String, Error> {
    let network = champion.network();
    let (prefix, file) = (name.map_or(PREFIX, Identifier::as_str), included(file));
    if !is_dense(network) || matches!(champion.weights, Weights::Packed(_)) {
        return maps::encode(champion, prefix, file);
    }
    let floats = matches!(champion.weights, Weights::Floats(..));
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
        widest: network.stages().iter().map(|s| s.output.elements()).max().unwrap_or(0),
        floats,
        number: if floats { "float" } else { "int32_t" },
        weight: if floats { "float" } else { "int8_t" },
        activation: if floats { "float" } else { "uint8_t" },
        activation_bytes: if floats { 4 } else { 1 },
        layers: match &champion.weights {
            Weights::Floats(network, genome) => float_layers(network, genome),
            Weights::Integers(integers) => {
                let stages = network.stages().iter().zip(integers.layers());
                stages
                    .enumerate()
                    .map(|(index, (s, layer))| integer_layer(index, s, layer))
                    .collect()
            }
            Weights::Packed(_) => Vec::new(),
        },
    };
    rendered(&header)
}

/// The name by which a file is included; [`FILE`] for none, and for one with characters that C might take otherwise.
fn included(file: Option<&Path>) -> &str {
    let name = file.and_then(Path::file_name).and_then(|name| name.to_str());
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+ ".contains(c);
    name.filter(|name| name.chars().all(plain)).unwrap_or(FILE)
}

/// The values that the template shows.
#[derive(Template)]
#[template(path = "champion.h.jinja", escape = "none")]
struct Header<'a> {
    title: String,
    /// What a program includes.
    file: &'a str,
    /// What functions and arrays start with, and what macros do.
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
    /// Outputs of the widest layer.
    widest: usize,
    floats: bool,
    /// Types of C: of sums and logits, of weights, of activations.
    number: &'static str,
    weight: &'static str,
    activation: &'static str,
    activation_bytes: usize,
    layers: Vec<Layer>,
}

/// A dense layer.
struct Layer {
    index: usize,
    inputs: usize,
    outputs: usize,
    weights: usize,
    /// Numbers with commas.
    kernel: String,
    bias: String,
    multipliers: String,
    shift: u32,
    relu: bool,
}

impl Layer {
    fn new(index: usize, stage: &Stage, kernel: String, bias: String) -> Self {
        Self {
            index,
            inputs: stage.input.elements(),
            outputs: stage.output.elements(),
            weights: stage.kernel().len(),
            kernel,
            bias,
            multipliers: String::new(),
            shift: 1,
            relu: stage.layer.activation() == Activation::Relu,
        }
    }
}

fn float_layers(network: &Network, genome: &[f32]) -> Vec<Layer> {
    // Hexadecimal digits would be exact too, but nine decimal ones are C90's.
    let numbers = |weights: &[f32]| list(weights.iter().map(|weight| format!("{weight:.9e}f")));
    let layer = |(index, stage): (usize, &Stage)| {
        let (kernel, bias) = (numbers(&genome[stage.kernel()]), numbers(&genome[stage.bias()]));
        Layer::new(index, stage, kernel, bias)
    };
    network.stages().iter().enumerate().map(layer).collect()
}

fn integer_layer(index: usize, stage: &Stage, layer: &IntegerLayer) -> Layer {
    Layer {
        multipliers: list(layer.multipliers.iter().map(|&number| int32(number))),
        shift: layer.shift,
        ..Layer::new(
            index,
            stage,
            list(&layer.weights),
            list(layer.bias.iter().map(|&number| int32(number))),
        )
    }
}

/// A literal of 32 bits: -2147483648 alone would be the negative of a number of more bits.
fn int32(number: i32) -> String {
    if number == i32::MIN { "INT32_MIN".to_string() } else { number.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::champion::tests::{integers, maps, odd};

    #[test]
    fn names_start_with_the_prefix_and_nothing_else_does() {
        let name = "digits".parse().unwrap();
        for champion in [odd(), integers()] {
            let text = encode(&champion, Some(&name), None).unwrap();
            for word in ["digits_classify(pixels)", "DIGITS_INPUTS", "#include \"champion.h\""] {
                assert!(text.contains(word), "{word}\n{text}");
            }
            let ours = text.replace("tinyevo export", "").replace("those of tinyevo", "");
            assert!(!ours.to_lowercase().contains("tinyevo"), "{ours}");
            assert!(
                encode(&champion, None, None).unwrap().contains("int label = tinyevo_classify")
            );
        }
    }

    #[test]
    fn a_header_is_included_by_its_own_name() {
        for champion in [odd(), maps()] {
            for (file, name) in
                [("a/digits 2.h", "digits 2.h"), ("a\"\nb.h", "champion.h"), ("", "champion.h")]
            {
                let text = encode(&champion, None, Some(Path::new(file))).unwrap();
                assert!(text.contains(&format!("#include \"{name}\"")), "{file}: {text}");
            }
        }
    }

    #[test]
    fn activations_are_those_of_the_network() {
        let text = encode(&odd(), None, None).unwrap();
        assert_eq!(text.matches("s > 0.0f ? s : 0.0f").count(), 1);
        assert!(text.contains("x[o] = s;") && text.contains("logits[o] = s;"), "{text}");
        assert!(encode(&integers(), None, None).unwrap().contains("INT32_MIN,"));
    }
}
