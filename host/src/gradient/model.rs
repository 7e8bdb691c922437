//! A network as tensors of candle, whose variables lie as they do in a genome.
//!
//! Values between layers are `[samples][places][channels]`, places row by row. A dense layer and a convolution are the product of
//! what they read with their kernel as the genome has it, `[inputs][outputs]`; a convolution reads windows, a dense layer
//! its whole input. So nothing is transposed, and a flattening changes nothing.

use super::windows::{Past, Windows};
use candle_core::{D, DType, Device, Result, Tensor, Var};
use tinyevo_core::layers::{Activation, Layer};
use tinyevo_core::network::{Network, Stage};

/// A layer.
#[derive(Debug)]
enum Part {
    /// A dense layer, or a convolution, which has windows.
    Sums { windows: Option<Windows>, kernel: Var, bias: Var, relu: bool },
    /// Max pooling.
    Pool(Windows),
}

/// The layers of a network with weights that can be trained.
#[derive(Debug)]
pub(super) struct Model {
    parts: Vec<Part>,
}

impl Model {
    /// A network with the weights of a genome, of [`Network::parameters`] floats.
    pub(super) fn new(network: &Network, genome: &[f32]) -> Result<Self> {
        let sums = |stage: &Stage, windows, activation| {
            let (kernel, bias) = (&genome[stage.kernel()], &genome[stage.bias()]);
            let shape = (kernel.len() / bias.len(), bias.len());
            let kernel = Var::from_slice(kernel, shape, &Device::Cpu)?;
            let bias = Var::from_slice(bias, bias.len(), &Device::Cpu)?;
            Ok(Part::Sums { windows, kernel, bias, relu: activation == Activation::Relu })
        };
        let part = |stage: &Stage| match stage.layer {
            Layer::Dense(dense) => Some(sums(stage, None, dense.activation)),
            Layer::Conv2d(conv) => {
                let windows = Windows::new(conv.window, stage, Past::Zero);
                Some(windows.and_then(|windows| sums(stage, Some(windows), conv.activation)))
            }
            Layer::MaxPool2d(pool) => {
                Some(Windows::new(pool.window, stage, Past::Inside).map(Part::Pool))
            }
            Layer::Flatten(_) => None,
        };
        Ok(Self { parts: network.stages().iter().filter_map(part).collect::<Result<_>>()? })
    }

    /// All kernels and biases, in the order of a genome.
    pub(super) fn variables(&self) -> Vec<Var> {
        let weights = self.parts.iter().filter_map(|part| match part {
            Part::Sums { kernel, bias, .. } => Some([kernel.clone(), bias.clone()]),
            Part::Pool(_) => None,
        });
        weights.flatten().collect()
    }

    /// The weights as a genome.
    pub(super) fn genome(&self) -> Result<Vec<f32>> {
        let variables = self.variables().into_iter();
        let values = variables.map(|variable| variable.flatten_all()?.to_vec1::<f32>());
        Ok(values.collect::<Result<Vec<_>>>()?.concat())
    }

    /// The logits `[samples][classes]` of samples `[samples][places][channels]`.
    pub(super) fn logits(&self, samples: &Tensor) -> Result<Tensor> {
        let mut values = samples.clone();
        for part in &self.parts {
            values = match part {
                Part::Pool(windows) => largest(&windows.read(&values)?)?,
                Part::Sums { windows, kernel, bias, relu } => {
                    let (samples, inputs) = (values.dim(0)?, kernel.dim(0)?);
                    let read = match windows {
                        Some(windows) => windows.read(&values)?,
                        None => values,
                    };
                    let sums = read.reshape(((), inputs))?.matmul(kernel)?.broadcast_add(bias)?;
                    let outputs = if *relu { positive(&sums)? } else { sums };
                    outputs.reshape((samples, (), bias.dim(0)?))?
                }
            };
        }
        values.flatten_from(1)
    }

    /// About how many bytes a step of so many samples takes: what layers read and give, each a few times over.
    pub(super) fn bytes(network: &Network, samples: usize) -> u64 {
        const COPIES: u64 = 6;
        let stage = |stage: &Stage| {
            let outputs = stage.output.elements();
            let read = match stage.layer {
                Layer::Conv2d(_) => {
                    stage.layer.fan_in(stage.input) * outputs / stage.output.channels
                }
                Layer::MaxPool2d(pool) => {
                    pool.window.size.height * pool.window.size.width * outputs
                }
                Layer::Dense(_) | Layer::Flatten(_) => stage.input.elements(),
            };
            (read + outputs) as u64
        };
        let values: u64 = network.stages().iter().map(stage).sum();
        let values =
            values.saturating_mul(samples as u64).saturating_add(network.parameters() as u64);
        values.saturating_mul(COPIES * size_of::<f32>() as u64)
    }
}

/// ReLU, whose derivative at 0 is 0 as in Keras; that of candle's own is 1.
fn positive(values: &Tensor) -> Result<Tensor> {
    values * values.detach().gt(0_f32)?.to_dtype(DType::F32)?
}

/// The largest value of each window `[samples][windows][area][channels]`. Of equal ones the first one gets the derivative, as in
/// TensorFlow; candle's own pooling would give it to all, and needs windows that do not overlap.
fn largest(windows: &Tensor) -> Result<Tensor> {
    let first = windows.detach().argmax_keepdim(D::Minus2)?;
    windows.gather(&first, D::Minus2)?.squeeze(D::Minus2)
}
