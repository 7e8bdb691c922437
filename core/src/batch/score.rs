//! Logits to scores, a lane group of samples at a time: lanes run across samples, classes one after
//! another, so that each sample sees the operations of [`Score::add_sample`] in its order.

use super::{LANES, Lanes};
use crate::fitness::{MAX_LOSS, Score};
use crate::math;
use crate::slices::parts;

/// Adds samples whose logits are the first values of rows of `stride` lane groups, as many as
/// `columns` has room for: a lane group for each class.
#[inline(always)]
pub(super) fn add_samples(
    score: &mut Score,
    rows: &[Lanes],
    stride: usize,
    columns: &mut [Lanes],
    labels: &[u8],
    loss: bool,
) {
    let blocks = parts(rows, stride.saturating_mul(LANES));
    for (rows, labels) in blocks.zip(parts(labels, LANES)) {
        for (class, column) in (0..usize::MAX).zip(columns.iter_mut()) {
            let (group, lane) = (class / LANES, class % LANES);
            for (to, row) in column.iter_mut().zip(parts(rows, stride)) {
                let logit = row.get(group).and_then(|lanes| lanes.get(lane));
                *to = logit.copied().unwrap_or(0.0);
            }
        }
        add_columns(score, columns, labels, loss);
    }
}

/// Adds as many samples as there are labels, at most [`LANES`].
#[inline(always)]
pub(super) fn add_columns(score: &mut Score, logits: &[Lanes], labels: &[u8], loss: bool) {
    // No class has this number.
    let mut own_class = [u32::MAX; LANES];
    for (to, label) in own_class.iter_mut().zip(labels) {
        *to = u32::from(*label);
    }
    let (classes, largest) = argmax(logits);
    let correct = classes.iter().zip(&own_class).filter(|(class, own)| class == own);
    score.samples = score.samples.saturating_add(labels.len() as u32);
    score.correct = score.correct.saturating_add(correct.count() as u32);
    if loss {
        let losses = cross_entropy(logits, largest, &own_class);
        for loss in losses.iter().take(labels.len()) {
            score.loss += f64::from(*loss);
        }
    }
}

/// [`crate::inference::argmax`] of each sample, and the largest logit itself.
#[inline(always)]
fn argmax(logits: &[Lanes]) -> ([u32; LANES], Lanes) {
    let (mut largest, mut classes) = ([f32::NEG_INFINITY; LANES], [0; LANES]);
    for (class, logits) in (0..usize::MAX).zip(logits) {
        for ((largest, best_class), &logit) in largest.iter_mut().zip(&mut classes).zip(logits) {
            let better = logit > *largest;
            *largest = if better { logit } else { *largest };
            *best_class = if better { class as u32 } else { *best_class };
        }
    }
    (classes, largest)
}

/// [`crate::fitness::cross_entropy`] of each sample.
#[inline(always)]
fn cross_entropy(logits: &[Lanes], largest: Lanes, own_class: &[u32; LANES]) -> Lanes {
    let (mut own, mut sums) = ([f32::NAN; LANES], [0.0; LANES]);
    for (class, logits) in (0..usize::MAX).zip(logits) {
        for ((own, sum), ((&label, &logit), largest)) in
            own.iter_mut().zip(&mut sums).zip(own_class.iter().zip(logits).zip(largest))
        {
            *own = if label == class as u32 { logit } else { *own };
            *sum += math::exp(logit - largest);
        }
    }
    let mut losses = [0.0; LANES];
    for ((loss, sum), (own, largest)) in losses.iter_mut().zip(sums).zip(own.iter().zip(largest)) {
        let exact = math::ln(sum) - (*own - largest);
        // As in the oracle, a NaN fails both comparisons; so does a label without a logit.
        let capped = if exact < MAX_LOSS { exact } else { MAX_LOSS };
        *loss = if exact < 0.0 { 0.0 } else { capped };
    }
    losses
}
