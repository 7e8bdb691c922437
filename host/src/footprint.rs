//! Flash, RAM and instructions that a network needs on microcontrollers.
//!
//! Sizes of weights and buffers are computed. Code size, stack and instructions come from a table that
//! `tests/run --measure` regenerates under emulation for one network, for packed integers another one. Instructions of other
//! networks are scaled by their multiply-adds with non-zero inputs, assuming the share of non-zero inputs of the
//! measurement.

use crate::champion::{Champion, PackedIntegers, Weights, is_dense};
use crate::error::Error;
use std::fmt;
use tinyevo_core::deploy::{Format, Formats};
use tinyevo_core::network::{Network, Stage};

/// The measured table: comments, `network,PRODUCTS,SHARE` and `maps,PRODUCTS,SHARE`, a header, a row a target and kind
/// of numbers. The products are the multiply-adds of each layer of the network that was measured.
const MEASURED: &str = include_str!("footprint.csv");

/// The type of the stored numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// 32-bit floats.
    F32,
    /// 8-bit integers of dense layers.
    Int8,
    /// Packed integers.
    Packed,
}

impl Numbers {
    const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Int8 => "int8",
            Self::Packed => "packed",
        }
    }
}

/// The needs of a network on each target. Its `Display` is a table of at most 80 columns.
#[derive(Debug)]
pub struct Footprint {
    /// Bytes in flash.
    weights: usize,
    /// Bytes in RAM: an image and the buffers of inference.
    buffers: usize,
    multiply_adds: usize,
    nonzero_multiply_adds: f64,
    /// Share of the inputs that are not zero.
    nonzero: f64,
    /// Whether the inputs are measured values.
    measures: bool,
    /// Multiply-adds of this network divided by those of the measured one.
    scale: f64,
    numbers: Numbers,
}

impl Footprint {
    /// The footprint of a champion.
    ///
    /// # Errors
    /// Never, of a champion that was read or made.
    pub fn of(champion: &Champion) -> Result<Self, Error> {
        let own = Self::of_weights(champion)?;
        Ok(if champion.normalisation().is_some() { own.for_measured_values() } else { own })
    }

    fn of_weights(champion: &Champion) -> Result<Self, Error> {
        match &champion.weights {
            Weights::Floats(network, _) => Ok(Self::floats(network)),
            Weights::Integers(_) => Ok(Self::new(champion.network(), Numbers::Int8)),
            Weights::Packed(packed) => {
                let model = packed.model()?;
                let own = model.input().elements() + 4 * model.sums_length();
                let buffers = own + model.activations_length();
                let floats = Self::new(packed.network(), Numbers::Packed);
                Ok(Self { weights: packed.bytes(), buffers, ..floats })
            }
        }
    }

    /// The footprint of a network as 8-bit integers.
    ///
    /// # Errors
    /// [`Error::Unfit`]: no integers have its layers.
    pub fn int8(network: &Network) -> Result<Self, Error> {
        if is_dense(network) {
            return Ok(Self::new(network, Numbers::Int8));
        }
        let layers = network.stages().iter().filter(|stage| stage.parameters() > 0).count();
        let formats = Formats::new(network, &vec![Format::Int8; layers]);
        let formats = formats.map_err(|error| Error::Unfit {
            action: "measured as 8-bit integers",
            reason: error.to_string(),
        })?;
        let genome = vec![0.0; network.parameters()];
        let packed = PackedIntegers::deployed(network, &formats, &genome)?;
        Self::of(&Weights::Packed(packed).into())
    }

    /// The same for inputs that are measured values: as bytes hardly one of them is zero. Their normalisation is not counted.
    #[must_use]
    pub fn for_measured_values(self) -> Self {
        Self { measures: true, ..self.for_other_data() }
    }

    /// The same for inputs of which nobody knows how many are zero: all count.
    #[must_use]
    pub fn for_other_data(self) -> Self {
        let all = self.multiply_adds as f64;
        let scale = self.scale * all / self.nonzero_multiply_adds;
        Self { nonzero: 1.0, nonzero_multiply_adds: all, scale, ..self }
    }

    /// The target that needs most flash, with its bytes; and the one that needs most RAM.
    #[must_use]
    pub fn most(&self) -> [(&'static str, usize); 2] {
        let most = |bytes: fn(&Self, &Row) -> usize| {
            let rows = rows(self.numbers).map(|row| (row.target, bytes(self, &row)));
            rows.max_by_key(|(_, bytes)| *bytes).unwrap_or(("any", 0))
        };
        [most(|own, row| row.code + own.weights), most(|own, row| row.stack + own.buffers)]
    }

    /// The footprint of a network of floats.
    #[must_use]
    pub fn floats(network: &Network) -> Self {
        Self::new(network, Numbers::F32)
    }

    /// The footprint of a network of floats, or of dense layers as integers; of packed ones without weights and buffers.
    fn new(network: &Network, numbers: Numbers) -> Self {
        let stages = network.stages();
        let products_of = |stage: &Stage| stage.layer.multiply_adds(stage.input).unwrap_or(0);
        let own: Vec<_> = stages.iter().map(products_of).filter(|count| *count > 0).collect();
        let kernel: usize = stages.iter().map(|stage| stage.kernel().len()).sum();
        let bias: usize = stages.iter().map(|stage| stage.bias().len()).sum();
        let outputs = |stage: &Stage| stage.output.elements();
        let widest = stages.iter().map(outputs).max().unwrap_or(0);
        let pixels = network.input().elements();
        let (weights, buffers) = match numbers {
            Numbers::F32 => (4 * (kernel + bias), pixels + 4 * network.scratch_length()),
            // Bias and multiplier of 4 bytes each; sums of 4 bytes and activations of 1.
            Numbers::Int8 => (kernel + 8 * bias, pixels + 5 * widest),
            Numbers::Packed => (0, 0),
        };
        let (measured, nonzero) = measured(numbers);
        let nonzero_multiply_adds = products(&own, nonzero);
        Self {
            weights,
            buffers,
            multiply_adds: network.multiply_adds(),
            nonzero_multiply_adds,
            nonzero,
            measures: false,
            scale: nonzero_multiply_adds / products(&measured, nonzero),
            numbers,
        }
    }
}

/// Multiply-adds of layers that have so many, where this share of the inputs is not zero.
fn products(layers: &[usize], nonzero: f64) -> f64 {
    let first = layers.first().map_or(0.0, |count| *count as f64);
    layers.iter().skip(1).fold(nonzero * first, |sum, count| sum + *count as f64)
}

/// The multiply-adds of the layers of the measured network, and the share of its inputs that were not zero.
fn measured(numbers: Numbers) -> (Vec<usize>, f64) {
    let name = if numbers == Numbers::Packed { "maps," } else { "network," };
    let line = MEASURED.lines().find_map(|line| line.strip_prefix(name));
    let (products, share) = line.and_then(|line| line.split_once(',')).unwrap_or_default();
    let products = products.split('-').filter_map(|count| count.parse().ok()).collect();
    (products, share.parse().unwrap_or(1.0))
}

/// What was measured on a target.
struct Row {
    target: &'static str,
    code: usize,
    stack: usize,
    instructions: usize,
}

/// The rows of a kind of numbers.
fn rows(numbers: Numbers) -> impl Iterator<Item = Row> {
    MEASURED.lines().filter_map(move |line| {
        let mut cells = line.split(',');
        let (target, kind) = (cells.next()?, cells.next()?);
        let mut number = || cells.next().and_then(|cell| cell.parse::<usize>().ok());
        let (code, stack, instructions) = (number()?, number()?, number()?);
        (kind == numbers.name()).then_some(Row { target, code, stack, instructions })
    })
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} bytes of weights in flash\n{} bytes of RAM for an image and the buffers\n\
             {} multiply-adds an image\n\
             {:.0} of them where {:.1} % of the inputs are not zero\n",
            self.numbers.name(),
            self.weights,
            self.buffers,
            self.multiply_adds,
            self.nonzero_multiply_adds,
            100.0 * self.nonzero,
        )?;
        if self.measures {
            writeln!(f, "the values that are measured must be normalised, which is not counted\n")?;
        }
        let [code, flash, stack, ram, instructions] =
            ["code", "flash", "stack", "RAM", "instructions"];
        writeln!(
            f,
            "{:<12} {code:>10} {flash:>12} {stack:>10} {ram:>12} {instructions:>15}",
            "target"
        )?;
        for Row { target, code, stack, instructions } in rows(self.numbers) {
            writeln!(
                f,
                "{target:<12} {code:>10} {:>12} {stack:>10} {:>12} {:>15.0}",
                code + self.weights,
                stack + self.buffers,
                instructions as f64 * self.scale,
            )?;
        }
        writeln!(
            f,
            "bytes, of the code in Rust: flash is code and weights, RAM is buffers and stack;\n\
             that of the C header of `tinyevo export` differs. Instructions for a\n\
             sample are estimated, by the products with non-zero inputs, from what was\n\
             measured:"
        )?;
        for comment in MEASURED.lines().filter_map(|line| line.strip_prefix("# ")) {
            writeln!(f, "{comment}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::champion::tests::{dense, odd};
    use crate::config::Preset;
    use crate::data::Normalisation;
    use tinyevo_core::layers::Activation;
    use tinyevo_core::shape::Shape;

    fn network(inputs: usize, hidden: usize) -> Network {
        let layers = [dense(hidden, Activation::Relu), dense(10, Activation::Softmax)];
        Network::new(Shape::flat(inputs), &layers).unwrap()
    }

    #[test]
    fn the_measured_network_has_the_measured_instructions() {
        let cnn = Preset::Cnn.config().network(Shape { height: 28, width: 28, channels: 1 }, 10);
        let packed = Footprint::int8(&cnn.unwrap()).unwrap();
        assert_eq!(packed.buffers, 784 + 12 * 12 * 10 + 4 * 4 * 24 + 4 * 2 * 24 * 10);
        let of = |numbers| Footprint::new(&network(784, 128), numbers);
        for (footprint, weights) in [
            (of(Numbers::Int8), 101_632 + 8 * 138),
            (of(Numbers::F32), 407_080),
            (packed, 250 + 6000 + 3840 + 4 * 44),
        ] {
            let numbers = footprint.numbers;
            assert_eq!(footprint.weights, weights);
            let text = footprint.to_string();
            let rows = MEASURED.lines().filter(|r| r.split(',').nth(1) == Some(numbers.name()));
            let rows: Vec<_> = rows.collect();
            assert!(rows.len() >= 6, "{rows:?}");
            for row in rows {
                let instructions = row.rsplit(',').next().unwrap();
                assert!(text.contains(instructions), "{instructions} in\n{text}");
            }
        }
    }

    #[test]
    fn integers_of_a_small_network_fit_a_micro_bit() {
        let footprint = Footprint::new(&network(784, 16), Numbers::Int8);
        assert_eq!((footprint.weights, footprint.buffers), (784 * 16 + 160 + 8 * 26, 784 + 80));
        assert!(footprint.scale < 0.13);
    }

    #[test]
    fn all_inputs_of_measured_values_count() {
        let mut champion = odd();
        let pictures = Footprint::of(&champion).unwrap();
        champion.description.normalisation = Normalisation::learn(&[0.0, 1.0, 2.0], 1);
        let values = Footprint::of(&champion).unwrap();
        assert_eq!(values.nonzero_multiply_adds, champion.network().multiply_adds() as f64);
        let ratio = values.nonzero_multiply_adds / pictures.nonzero_multiply_adds;
        assert!(ratio > 1.5 && (values.scale / pictures.scale - ratio).abs() < 1e-9, "{ratio}");
        let unknown = Footprint::floats(champion.network()).for_other_data();
        assert_eq!((unknown.scale, unknown.measures), (values.scale, false));
        assert!(!unknown.to_string().contains("normalised"));
        assert!(
            values.to_string().contains("normalised")
                && !pictures.to_string().contains("normalised")
        );
    }

    #[test]
    fn a_network_of_any_shape_has_one_that_fits_80_columns() {
        for network in [odd().network(), &network(784, 100_000)] {
            for numbers in [Numbers::F32, Numbers::Int8] {
                let text = Footprint::new(network, numbers).to_string();
                assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
                assert!(text.lines().count() > 10, "{text}");
            }
        }
    }
}
