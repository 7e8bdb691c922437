//! Adam as Keras has it, by candle's AdamW without a weight decay.
//!
//! Keras adds epsilon to the root of the second moment before the moments are corrected for their start at 0, candle
//! afterwards. Candle's is Keras' with an epsilon that is divided by `sqrt(1 - beta_2^t)` in step t.

use candle_core::backprop::GradStore;
use candle_core::{Result, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-7;

/// The optimiser, and the step that it is at.
#[derive(Debug)]
pub(super) struct Adam {
    inner: AdamW,
    step: i32,
}

impl Adam {
    /// The optimiser of these variables.
    pub(super) fn new(variables: Vec<Var>, learning_rate: f64) -> Result<Self> {
        let params = ParamsAdamW {
            lr: learning_rate,
            beta1: BETA_1,
            beta2: BETA_2,
            eps: EPSILON,
            weight_decay: 0.0,
        };
        Ok(Self { inner: AdamW::new(variables, params)?, step: 0 })
    }

    /// Changes the variables by a step.
    pub(super) fn step(&mut self, gradients: &GradStore) -> Result<()> {
        self.step = self.step.saturating_add(1);
        let eps = EPSILON / (1.0 - BETA_2.powi(self.step)).sqrt();
        let params = self.inner.params().clone();
        self.inner.set_params(ParamsAdamW { eps, ..params });
        self.inner.step(gradients)
    }
}
