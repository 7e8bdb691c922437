//! Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019).

use super::weights::{Kind, Step};
use crate::error::SettingError;
use crate::math;
use crate::schedule::Schedule;

/// One step of Adam.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adam {
    rate: f32,
    /// One less the learning rate times the decay.
    keep: f32,
    /// `1 / (1 - beta^t)` of both moments.
    corrections: (f32, f32),
}

/// Decay of the moments.
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/// The square of Adam's epsilon, inside of the root.
const EPSILON: f32 = 1e-16;

impl Adam {
    /// Checks that no weight decays beyond 0.
    pub(super) fn check(rate: Schedule, decay: Schedule) -> Result<(), SettingError> {
        let most = rate.largest() * decay.largest();
        SettingError::share("the largest learning rate times the largest decay", most)
    }

    /// Step number `step`, counted from 1.
    pub(super) fn new(step: u32, rate: f32, decay: f32) -> Self {
        let correction = |beta: f32| 1.0 / (1.0 - math::exp(math::ln(beta) * step as f32));
        Self {
            rate,
            keep: 1.0 - rate * decay,
            corrections: (correction(BETA_1), correction(BETA_2)),
        }
    }

    /// Moves one weight; `direction` is what Adam takes as the negative gradient.
    #[inline(always)]
    fn step(&self, direction: f32, weight: &mut f32, first: &mut f32, second: &mut f32) {
        *first = BETA_1 * *first + (1.0 - BETA_1) * direction;
        *second = BETA_2 * *second + (1.0 - BETA_2) * (direction * direction);
        let root = math::reciprocal_sqrt(*second * self.corrections.1 + EPSILON);
        *weight = *weight * self.keep + self.rate * ((*first * self.corrections.0) * root);
    }
}

impl Step for Adam {
    const MOMENTS: usize = 2;

    #[inline(always)]
    fn each(&self, _: Kind, directions: &[f32], weights: &mut [f32], moments: [&mut [f32]; 2]) {
        let [first, second] = moments;
        let moments = first.iter_mut().zip(second);
        for ((w, (first, second)), direction) in weights.iter_mut().zip(moments).zip(directions) {
            self.step(*direction, w, first, second);
        }
    }
}
