//! What a network takes on a microcontroller, before anyone flashes it.
//!
//! Sizes of weights and buffers are computed. Code size, stack and instructions come from a table that
//! `tests/run --measure` regenerates under emulation, for 784-128-10; instructions of other networks
//! are scaled by their multiply-adds with inputs that are not zero.

use std::fmt;
use tinyevo_core::network::Network;

/// The measured table.
const MEASURED: &str = include_str!("footprint.csv");

/// Share of MNIST's pixels that are not zero.
const NONZERO: f64 = 0.193;

/// How numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// 32-bit floats.
    F32,
    /// 8-bit integers.
    Int8,
}

/// What a network takes, target by target.
#[derive(Debug)]
pub struct Footprint {
    weights: usize,
    buffers: usize,
    multiply_adds: usize,
    nonzero_multiply_adds: f64,
    /// Multiply-adds of the measured network, over those of this one.
    scale: f64,
    numbers: Numbers,
}

impl Footprint {
    /// The footprint of a network of dense layers.
    #[must_use]
    pub fn new(network: &Network, numbers: Numbers) -> Self {
        let stages = network.stages();
        let outputs = |stage: &tinyevo_core::network::Stage| stage.output.elements();
        let (kernels, biases) = stages.iter().fold((0, 0), |(kernels, biases), stage| {
            (kernels + stage.kernel().len(), biases + stage.bias().len())
        });
        let widest = stages.iter().map(outputs).max().unwrap_or(0);
        let pixels = network.input().elements();
        let (weights, buffers) = match numbers {
            Numbers::F32 => (4 * (kernels + biases), pixels + 4 * network.scratch_length()),
            // Bias and multiplier of 4 bytes each; sums of 4 bytes and activations of 1.
            Numbers::Int8 => (kernels + 8 * biases, pixels + 5 * widest),
        };
        let first = stages.first().map_or(0, |stage| stage.kernel().len());
        let nonzero = NONZERO * first as f64 + (kernels - first) as f64;
        // 784-128-10, which the table is of.
        let measured = NONZERO * 100_352.0 + 1280.0;
        Self {
            weights,
            buffers,
            multiply_adds: network.multiply_adds(),
            nonzero_multiply_adds: nonzero,
            scale: nonzero / measured,
            numbers,
        }
    }
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = if self.numbers == Numbers::Int8 { "int8" } else { "f32" };
        writeln!(
            f,
            "{numbers}: {} bytes of weights in flash; {} bytes of RAM for image and buffers\n\
             {} multiply-adds an image, about {:.0} with inputs that are not zero\n\n\
             {:<12} {:>10} {:>10} {:>10} {:>10} {:>14}",
            self.weights,
            self.buffers,
            self.multiply_adds,
            self.nonzero_multiply_adds,
            "target",
            "code",
            "flash",
            "stack",
            "RAM",
            "instructions"
        )?;
        for row in MEASURED.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let mut cells = row.split(',');
            let (Some(target), Some(kind)) = (cells.next(), cells.next()) else { continue };
            let mut number = || cells.next().and_then(|cell| cell.parse::<usize>().ok());
            let (Some(code), Some(stack), Some(instructions)) = (number(), number(), number())
            else {
                continue;
            };
            if kind == numbers {
                writeln!(
                    f,
                    "{target:<12} {code:>10} {:>10} {stack:>10} {:>10} {:>14.0}",
                    code + self.weights,
                    stack + self.buffers,
                    instructions as f64 * self.scale,
                )?;
            }
        }
        for comment in MEASURED.lines().filter_map(|line| line.strip_prefix("# ")) {
            writeln!(f, "{comment}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use tinyevo_core::shape::Shape;

    #[test]
    fn the_tutorials_network_has_the_measured_instructions() {
        let network = Config::default().network(Shape::flat(784), 10).unwrap();
        for (numbers, name, weights) in
            [(Numbers::Int8, "int8", 101_632 + 8 * 138), (Numbers::F32, "f32", 407_080)]
        {
            let footprint = Footprint::new(&network, numbers);
            assert_eq!(footprint.weights, weights);
            let text = footprint.to_string();
            let rows = MEASURED.lines().filter(|row| row.split(',').nth(1) == Some(name));
            for row in rows {
                let instructions = row.rsplit(',').next().unwrap();
                assert!(text.contains(instructions), "{instructions} in\n{text}");
            }
        }
    }

    #[test]
    fn integers_of_a_small_network_fit_a_micro_bit() {
        let mut config = Config::default();
        config.network.hidden = vec![16];
        let footprint =
            Footprint::new(&config.network(Shape::flat(784), 10).unwrap(), Numbers::Int8);
        assert_eq!((footprint.weights, footprint.buffers), (784 * 16 + 160 + 8 * 26, 784 + 80));
        assert!(footprint.scale < 0.13);
    }
}
