//! Activation functions, applied in place to a layer's output.

use crate::math;

/// The function at a layer's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// The identity.
    Linear,
    /// `x > 0 ? x : 0`. A NaN becomes 0.
    Relu,
    /// exp(x_i) / sum of exp(x_j). Of the last layer only: inference leaves its logits, the input
    /// of the softmax, which rank as the probabilities do; [`softmax`] is applied on request.
    Softmax,
}

impl Activation {
    /// Applies the function if it acts on each value by itself: ReLU. Linear and softmax change nothing.
    #[inline(always)]
    pub(crate) fn apply(self, values: &mut [f32]) {
        if matches!(self, Self::Relu) {
            for value in values {
                // Not `f32::max`, which disagrees between CPUs on signed zeros.
                *value = if *value > 0.0 { *value } else { 0.0 };
            }
        }
    }
}

/// Turns logits into probabilities: exp(x_i - max) / sum of exp(x_j - max).
///
/// The largest logit is subtracted first, so that finite logits never overflow. Logits among
/// which one is NaN or positive infinity give NaN.
pub fn softmax(logits: &mut [f32]) {
    let mut largest = f32::NEG_INFINITY;
    for &logit in &*logits {
        if logit > largest {
            largest = logit;
        }
    }
    let mut sum = 0.0;
    for logit in &mut *logits {
        *logit = math::exp(*logit - largest);
        sum += *logit;
    }
    for logit in logits {
        *logit /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relu_keeps_positives_and_nothing_else() {
        let mut values = [2.0, -1.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        Activation::Relu.apply(&mut values);
        assert_eq!(
            values.map(f32::to_bits),
            [2.0, 0.0, 0.0, 0.0, f32::INFINITY, 0.0].map(f32::to_bits)
        );
    }

    #[test]
    fn softmax_of_equal_logits_is_uniform_and_large_logits_do_not_overflow() {
        let mut logits = [1e30; 4];
        softmax(&mut logits);
        assert_eq!(logits, [0.25; 4]);
        let mut logits = [1000.0, 0.0];
        softmax(&mut logits);
        assert_eq!(logits, [1.0, 0.0]);
    }

    #[test]
    fn softmax_equals_scipy() {
        // scipy.special.softmax([1, 2, 3]) of SciPy 1.17.
        let expected = [0.090_030_57, 0.244_728_47, 0.665_240_96];
        let mut logits = [1.0, 2.0, 3.0];
        softmax(&mut logits);
        let tolerance = if math::BACKEND == "exact" { 1e-6 } else { 1e-2 };
        for (got, want) in logits.iter().zip(expected) {
            let error: f32 = got - want;
            assert!(error.abs() < tolerance, "{got} for {want}");
        }
    }

    #[test]
    fn softmax_of_nothing_is_nothing() {
        softmax(&mut []);
    }
}
