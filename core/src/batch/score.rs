//! Logits to scores, a lane group of samples at a time: lanes run across samples, classes one after
//! another, so that each sample sees the operations of [`Score::add_sample`] in its order.

use super::{LANES, Lanes};
use crate::fitness::{MAX_LOSS, Score};
use crate::math;
use crate::slices::parts;

/// Adds samples whose logits are the first `outputs` values of rows of `stride` lane groups.
#[inline(always)]
pub(super) fn add_samples(
    score: &mut Score,
    rows: &[Lanes],
    stride: usize,
    outputs: usize,
    labels: &[u8],
    loss: bool,
) {
    let blocks = parts(rows, stride.saturating_mul(LANES));
    for (rows, labels) in blocks.zip(parts(labels, LANES)) {
        let logits = Columns { rows, stride, outputs };
        // No class has this number.
        let mut own_class = [u32::MAX; LANES];
        for (to, label) in own_class.iter_mut().zip(labels) {
            *to = u32::from(*label);
        }
        let classes = logits.argmax();
        let correct = classes.iter().zip(&own_class).filter(|(class, own)| class == own);
        score.samples = score.samples.saturating_add(labels.len() as u32);
        score.correct = score.correct.saturating_add(correct.count() as u32);
        if loss {
            let losses = logits.cross_entropy(&own_class);
            for loss in losses.iter().take(labels.len()) {
                score.loss += f64::from(*loss);
            }
        }
    }
}

/// The logits of up to [`LANES`] samples, to be taken class by class.
#[derive(Clone, Copy)]
struct Columns<'a> {
    rows: &'a [Lanes],
    stride: usize,
    outputs: usize,
}

impl Columns<'_> {
    /// The logits of a class, 0 where there is no sample.
    #[inline(always)]
    fn class(self, class: usize) -> Lanes {
        let (group, lane) = (class / LANES, class % LANES);
        let mut column = [0.0; LANES];
        let rows = parts(self.rows, self.stride);
        for (to, row) in column.iter_mut().zip(rows) {
            *to = row.get(group).and_then(|lanes| lanes.get(lane)).copied().unwrap_or(0.0);
        }
        column
    }

    /// [`crate::inference::argmax`] of each sample.
    #[inline(always)]
    fn argmax(self) -> [u32; LANES] {
        let (mut best, mut classes) = ([f32::NEG_INFINITY; LANES], [0; LANES]);
        for class in 0..self.outputs {
            let logits = self.class(class);
            for ((best, best_class), logit) in best.iter_mut().zip(&mut classes).zip(logits) {
                let better = logit > *best;
                *best = if better { logit } else { *best };
                *best_class = if better { class as u32 } else { *best_class };
            }
        }
        classes
    }

    /// [`crate::fitness::cross_entropy`] of each sample.
    #[inline(always)]
    fn cross_entropy(self, own_class: &[u32; LANES]) -> Lanes {
        let (mut largest, mut own) = ([f32::NEG_INFINITY; LANES], [f32::NAN; LANES]);
        for class in 0..self.outputs {
            let logits = self.class(class);
            for ((largest, own), (&label, logit)) in
                largest.iter_mut().zip(&mut own).zip(own_class.iter().zip(logits))
            {
                *largest = if logit > *largest { logit } else { *largest };
                *own = if label == class as u32 { logit } else { *own };
            }
        }
        let mut sums = [0.0; LANES];
        for class in 0..self.outputs {
            let logits = self.class(class);
            for ((sum, largest), logit) in sums.iter_mut().zip(largest).zip(logits) {
                *sum += math::exp(logit - largest);
            }
        }
        let mut losses = [0.0; LANES];
        for ((loss, sum), (own, largest)) in
            losses.iter_mut().zip(sums).zip(own.iter().zip(largest))
        {
            let exact = math::ln(sum) - (*own - largest);
            // As in the oracle, a NaN fails both comparisons; so does a label without a logit.
            let capped = if exact < MAX_LOSS { exact } else { MAX_LOSS };
            *loss = if exact < 0.0 { 0.0 } else { capped };
        }
        losses
    }
}
