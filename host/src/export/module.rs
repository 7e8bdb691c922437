//! A champion as source code or bytes that drop into a firmware: `rust`, `c` and `bin`, in floats or
//! 8-bit integers.
//!
//! The bytes are the core's [`tev`]. Each carries its shapes, the version of that format and the
//! checksum of those bytes, so that the three can be told to be the same champion.

use crate::error::Error;
use crate::quantize::Integers;
use std::fmt::{Display, Write};
use tinyevo_core::network::Network;
use tinyevo_core::tev::{self, FileError, VERSION};

/// How the champion is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A Rust module for `tinyevo-core`
    Rust,
    /// A C99 header with an inference function
    C,
    /// The bytes of a .tev file
    Bin,
}

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub enum Champion<'a> {
    /// The weights as they are.
    Floats(&'a Network, &'a [f32]),
    /// Quantised.
    Integers(&'a Integers),
}

impl Champion<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// A hidden layer without ReLU, or a last layer with one.
    pub fn encode(self, format: Format) -> Result<Vec<u8>, Error> {
        let bytes = self.bin()?;
        let checksum = tev::File::new(&bytes).map_err(unfit)?.checksum();
        Ok(match format {
            Format::Rust => self.rust(bytes.len(), checksum).into_bytes(),
            Format::C => self.c(checksum).into_bytes(),
            Format::Bin => bytes,
        })
    }

    /// (inputs, outputs) of each layer.
    fn shapes(self) -> Vec<(usize, usize)> {
        match self {
            Self::Floats(network, _) => {
                let stages = network.stages().iter();
                stages.map(|stage| (stage.input.elements(), stage.output.elements())).collect()
            }
            Self::Integers(integers) => {
                integers.layers().map(|layer| (layer.inputs(), layer.outputs())).collect()
            }
        }
    }

    /// The layers as 784-128-10.
    fn name(self) -> String {
        let shapes = self.shapes();
        let first = shapes.first().map_or(0, |shape| shape.0);
        shapes.iter().fold(first.to_string(), |name, shape| format!("{name}-{}", shape.1))
    }

    const fn kind(self) -> &'static str {
        if matches!(self, Self::Floats(..)) { "f32" } else { "int8" }
    }

    /// The bytes of the file.
    fn bin(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Floats(network, genome) => {
                let mut bytes = vec![0; tev::floats_length(network)];
                tev::write_floats(network, genome, &mut bytes).map_err(unfit)?;
                Ok(bytes)
            }
            Self::Integers(integers) => {
                let model = integers.model()?;
                let mut bytes = vec![0; tev::integers_length(&model)];
                tev::write_integers(&model, &mut bytes).map_err(unfit)?;
                Ok(bytes)
            }
        }
    }

    fn rust(self, bytes: usize, checksum: u64) -> String {
        let mut text = format!(
            "//! {}, {}. Written by `tinyevo export`; {bytes} bytes as a .tev file.\n\n\
             /// Version of this format.\n#[allow(dead_code)]\npub const VERSION: u32 = {VERSION};\n\
             /// FNV-1a of the .tev file of this champion.\n\
             #[allow(dead_code)]\npub const CHECKSUM: u64 = {checksum:#018x};\n",
            self.name(),
            self.kind(),
        );
        match self {
            Self::Floats(network, genome) => {
                let layers: String = self
                    .shapes()
                    .iter()
                    .enumerate()
                    .map(|(index, (_, units))| {
                        let last = index + 1 == network.stages().len();
                        let activation = if last { "Softmax" } else { "Relu" };
                        format!("    Layer::Dense(Dense {{ units: {units}, activation: Activation::{activation} }}),\n")
                    })
                    .collect();
                text.push_str(&format!(
                    "\nuse tinyevo_core::layers::{{Activation, Dense, Layer}};\n\
                     use tinyevo_core::network::{{Network, NetworkError, Shape}};\n\n\
                     /// Shape of an image.\npub const INPUT: Shape = Shape::flat({});\n\
                     /// The layers.\npub const LAYERS: [Layer; {}] = [\n{layers}];\n\n\
                     /// The network.\n///\n/// # Errors\n/// None: the layers fit.\n\
                     pub fn network() -> Result<Network, NetworkError> {{\n    Network::new(INPUT, &LAYERS)\n}}\n\n\
                     /// How long the scratch space of inference must be.\n#[allow(dead_code)]\npub const SCRATCH: usize = {};\n\n\
                     /// The weights.\n#[rustfmt::skip]\npub static GENOME: [f32; {}] = [{}];\n",
                    network.input().elements(),
                    network.stages().len(),
                    network.scratch_length(),
                    genome.len(),
                    list(genome.iter().map(|weight| format!("{weight:?}"))),
                ));
            }
            Self::Integers(integers) => {
                text.push_str("\nuse tinyevo_core::quantized::{Dense, Model, ModelError};\n");
                let mut views = String::new();
                for (index, layer) in integers.layers().enumerate() {
                    for (name, kind, count, numbers) in [
                        ("WEIGHTS", "i8", layer.weights.len(), list(layer.weights)),
                        ("BIAS", "i32", layer.bias.len(), list(layer.bias)),
                        ("MULTIPLIERS", "i32", layer.multipliers.len(), list(layer.multipliers)),
                    ] {
                        text.push_str(&format!(
                            "\n#[rustfmt::skip]\nstatic {name}_{index}: [{kind}; {count}] = [{numbers}];\n"
                        ));
                    }
                    views.push_str(&format!(
                        "        Dense {{ weights: &WEIGHTS_{index}, bias: &BIAS_{index}, multipliers: &MULTIPLIERS_{index}, shift: {} }},\n",
                        layer.shift
                    ));
                }
                let widest = self.shapes().iter().map(|shape| shape.1).max().unwrap_or(0);
                text.push_str(&format!(
                    "\n/// How many pixels an image has.\n#[allow(dead_code)]\npub const INPUTS: usize = {};\n\
                     /// How long `sums` and `activations` must be.\n#[allow(dead_code)]\npub const SCRATCH: usize = {widest};\n\n\
                     /// The network.\n///\n/// # Errors\n/// None: the layers fit.\n\
                     pub fn model() -> Result<Model<'static>, ModelError> {{\n    Model::new(&[\n{views}    ])\n}}\n",
                    self.shapes().first().map_or(0, |shape| shape.0),
                ));
            }
        }
        text
    }

    fn c(self, checksum: u64) -> String {
        let shapes = self.shapes();
        let widest = shapes.iter().map(|shape| shape.1).max().unwrap_or(0);
        let (inputs, classes) =
            (shapes.first().map_or(0, |s| s.0), shapes.last().map_or(0, |s| s.1));
        let mut text = format!(
            "/* {}, {}. Written by `tinyevo export`.\n \
             * tinyevo_classify(pixels) gives the class of {inputs} pixels of 0..255, and\n \
             * tinyevo_logits(pixels, logits) the {classes} outputs behind it: the same bits as tinyevo's\n \
             * own{}. C99. */\n\
             #ifndef TINYEVO_CHAMPION_{checksum:016X}\n#define TINYEVO_CHAMPION_{checksum:016X}\n{}#include <stdint.h>\n\n\
             /* Of the format, and FNV-1a of the .tev file of this champion. */\n\
             #define TINYEVO_VERSION {VERSION}\n#define TINYEVO_CHECKSUM UINT64_C({checksum:#018x})\n\
             #define TINYEVO_INPUTS {inputs}\n#define TINYEVO_CLASSES {classes}\n\n",
            self.name(),
            self.kind(),
            if matches!(self, Self::Floats(..)) {
                ", where float is IEEE 754 and\n * products and sums are not fused (gcc: -ffp-contract=off)"
            } else {
                ""
            },
            if matches!(self, Self::Floats(..)) { "#include <math.h>\n" } else { "" },
        );
        match self {
            Self::Floats(network, genome) => {
                for (index, stage) in network.stages().iter().enumerate() {
                    for (name, range) in [("kernel", stage.kernel()), ("bias", stage.bias())] {
                        // Hexadecimal digits would be exact too, but nine decimal ones are C90's.
                        let numbers = genome[range.clone()].iter().map(|w| format!("{w:.9e}f"));
                        text.push_str(&array("float", name, index, range.len(), numbers));
                    }
                }
            }
            Self::Integers(integers) => {
                for (index, layer) in integers.layers().enumerate() {
                    text.push_str(&array(
                        "int8_t",
                        "kernel",
                        index,
                        layer.weights.len(),
                        layer.weights,
                    ));
                    // INT32_MIN has no literal of its own type; quantised numbers never are it.
                    text.push_str(&array("int32_t", "bias", index, layer.bias.len(), layer.bias));
                    let multipliers = layer.multipliers;
                    text.push_str(&array(
                        "int32_t",
                        "multiplier",
                        index,
                        multipliers.len(),
                        multipliers,
                    ));
                }
            }
        }
        let (number, activation, least) = match self {
            Self::Floats(..) => ("float", "float", "-INFINITY"),
            Self::Integers(_) => ("int32_t", "uint8_t", "INT32_MIN"),
        };
        text.push_str(&format!(
            "\n/* The outputs of the last layer, before its softmax. */\n\
             static inline void tinyevo_logits(const uint8_t *pixels, {number} *logits) {{\n  {number} sums[{widest}];\n"
        ));
        if shapes.len() > 1 {
            text.push_str(&format!("  {activation} x[{widest}];\n"));
        }
        text.push_str("  int i, o;\n");
        for (index, (inputs, outputs)) in shapes.iter().enumerate() {
            let last = index + 1 == shapes.len();
            text.push_str(&self.c_layer(index, *inputs, *outputs, last));
        }
        text.push_str(&format!(
            "}}\n\n/* The class: the first of the largest logits. */\n\
             static inline int tinyevo_classify(const uint8_t *pixels) {{\n\
             \x20 {number} logits[{classes}], most = {least};\n\
             \x20 int o, best = 0;\n\
             \x20 tinyevo_logits(pixels, logits);\n\
             \x20 for (o = 0; o < {classes}; ++o) if (logits[o] > most) {{ most = logits[o]; best = o; }}\n\
             \x20 return best;\n}}\n\n#endif\n"
        ));
        text
    }

    /// One layer of the inference function.
    fn c_layer(self, index: usize, inputs: usize, outputs: usize, last: bool) -> String {
        let source = if index == 0 { "pixels[i]" } else { "x[i]" };
        match self {
            Self::Floats(..) => {
                let value = if index == 0 { "(float)pixels[i] / 255.0f" } else { "x[i]" };
                let then = if last {
                    format!("logits[o] = sums[o] + tinyevo_bias_{index}[o];")
                } else {
                    format!(
                        "{{ sums[o] += tinyevo_bias_{index}[o]; x[o] = sums[o] > 0.0f ? sums[o] : 0.0f; }}"
                    )
                };
                format!(
                    "  for (o = 0; o < {outputs}; ++o) sums[o] = 0.0f;\n\
                     \x20 for (i = 0; i < {inputs}; ++i) {{\n\
                     \x20   const float v = {value};\n\
                     \x20   const float *row = tinyevo_kernel_{index} + (long)i * {outputs};\n\
                     \x20   if (v != 0.0f) for (o = 0; o < {outputs}; ++o) sums[o] += v * row[o];\n\
                     \x20 }}\n\
                     \x20 for (o = 0; o < {outputs}; ++o) {then}\n"
                )
            }
            Self::Integers(integers) => {
                let shift = integers.layers().nth(index).map_or(1, |layer| layer.shift);
                let then = if last {
                    "logits[o] = (int32_t)s;".to_string()
                } else {
                    "x[o] = (uint8_t)(s < 0 ? 0 : s > 255 ? 255 : s);".to_string()
                };
                format!(
                    "  for (o = 0; o < {outputs}; ++o) sums[o] = tinyevo_bias_{index}[o];\n\
                     \x20 for (i = 0; i < {inputs}; ++i) {{\n\
                     \x20   const int32_t v = {source};\n\
                     \x20   const int8_t *row = tinyevo_kernel_{index} + (long)i * {outputs};\n\
                     \x20   if (v != 0) for (o = 0; o < {outputs}; ++o) sums[o] += v * row[o];\n\
                     \x20 }}\n\
                     \x20 for (o = 0; o < {outputs}; ++o) {{\n\
                     \x20   /* Right shifts of negative numbers are arithmetic in every compiler that matters. */\n\
                     \x20   const int64_t s = ((int64_t)sums[o] * tinyevo_multiplier_{index}[o] + (INT64_C(1) << {})) >> {shift};\n\
                     \x20   {then}\n\
                     \x20 }}\n",
                    shift - 1
                )
            }
        }
    }
}

/// What cannot be written, for the user.
fn unfit(error: FileError) -> Error {
    Error::Usage(format!("this champion cannot be exported: {error}"))
}

/// A constant array in C.
fn array<T: Display>(
    kind: &str,
    name: &str,
    index: usize,
    count: usize,
    numbers: impl IntoIterator<Item = T>,
) -> String {
    format!("static const {kind} tinyevo_{name}_{index}[{count}] = {{{}}};\n", list(numbers))
}

/// Numbers with commas, in lines of sixteen.
fn list<T: Display>(numbers: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for (index, number) in numbers.into_iter().enumerate() {
        text.push(if index % 16 == 0 { '\n' } else { ' ' });
        // Writing to a string cannot fail.
        let _ = write!(text, "{number},");
    }
    text.push('\n');
    text
}
