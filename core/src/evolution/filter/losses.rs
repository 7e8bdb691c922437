//! Losses over a lane group of samples: those of the parent, and their changes in mutants.

use crate::fitness::MAX_LOSS;
use crate::math;
use crate::slices::{LANES, apart, apart_mut};

type Lanes = [f32; LANES];

/// The largest change of a logit that counts: its exponential stays far from infinity.
const LARGEST_CHANGE: f32 = 30.0;

/// The labels of a lane group of samples; none past the end of the batch.
pub(in crate::evolution) struct Labels(pub(in crate::evolution) [Option<usize>; LANES]);

impl Labels {
    pub(in crate::evolution) fn of(labels: &[u8], samples: &[usize; LANES]) -> Self {
        Self(samples.map(|sample| labels.get(sample).map(|&label| usize::from(label))))
    }

    /// 1 where the label is this class, else 0.
    #[inline(always)]
    pub(super) fn are(&self, class: usize) -> Lanes {
        self.0.map(|label| f32::from(u8::from(label == Some(class))))
    }
}

/// What is known of the samples of a lane group from their logits.
pub(in crate::evolution) struct Judged {
    pub(in crate::evolution) losses: Lanes,
    /// The probability of all wrong classes together.
    pub(in crate::evolution) rest: Lanes,
    /// 1 where the label's logit is the largest, else 0.
    pub(in crate::evolution) rights: Lanes,
}

/// The largest logit of each sample.
#[inline(always)]
fn largest_of(logits: &[Lanes]) -> Lanes {
    let mut largest = [f32::NEG_INFINITY; LANES];
    for logits in logits {
        for (largest, &logit) in largest.iter_mut().zip(logits) {
            *largest = if logit > *largest { logit } else { *largest };
        }
    }
    largest
}

/// `exp(logits - largest)`.
#[inline(always)]
fn exponentials(logits: &Lanes, largest: &Lanes) -> Lanes {
    let mut out = [0.0; LANES];
    for ((out, logit), top) in out.iter_mut().zip(logits).zip(largest) {
        *out = math::exp(logit - top);
    }
    out
}

// One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(in crate::evolution) fn judge(logits: &[Lanes], labels: &Labels) -> Judged {
    let largest = largest_of(logits);
    let (mut sums, mut wrong, mut own) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    for (class, logits) in (0..usize::MAX).zip(logits) {
        let (is_own, exponentials) = (labels.are(class), exponentials(logits, &largest));
        for (sum, x) in sums.iter_mut().zip(&exponentials) {
            *sum += x;
        }
        for ((wrong, x), is_own) in wrong.iter_mut().zip(&exponentials).zip(&is_own) {
            *wrong += if *is_own == 1.0 { 0.0 } else { *x };
        }
        for ((own, logit), is_own) in own.iter_mut().zip(logits).zip(&is_own) {
            *own = if *is_own == 1.0 { *logit } else { *own };
        }
    }
    let mut judged = Judged { losses: [0.0; LANES], rest: [0.0; LANES], rights: [0.0; LANES] };
    for lane in 0..LANES {
        let of = |lanes: &Lanes| lanes.get(lane).copied().unwrap_or(0.0);
        let (sum, own, top) = (of(&sums), of(&own), of(&largest));
        let loss = math::ln(sum) - (own - top);
        let loss = if loss < MAX_LOSS { loss } else { MAX_LOSS };
        let Judged { losses, rest, rights } = &mut judged;
        let right = f32::from(u8::from(own >= top));
        for (to, value) in [(losses, loss), (rest, of(&wrong) / sum), (rights, right)] {
            if let Some(to) = to.get_mut(lane) {
                *to = value;
            }
        }
    }
    judged
}

/// The softmax of the logits of each sample.
// One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn probabilities(logits: &[Lanes], out: &mut [Lanes]) {
    let largest = largest_of(logits);
    let mut sums = [0.0; LANES];
    for (out, logits) in out.iter_mut().zip(logits) {
        let out = apart_mut(out);
        *out = exponentials(logits, &largest);
        for (sum, x) in sums.iter_mut().zip(&*out) {
            *sum += x;
        }
    }
    for sum in &mut sums {
        *sum = 1.0 / *sum;
    }
    for out in out.iter_mut().take(logits.len()) {
        let out = apart_mut(out);
        for (out, inverse) in out.iter_mut().zip(&sums) {
            *out *= inverse;
        }
    }
}

/// What is known of the samples of a part.
pub(super) struct Known<'k> {
    pub(super) labels: Labels,
    pub(super) weights: Lanes,
    pub(super) probabilities: &'k [Lanes],
}

/// Of the changes of the logits in both signs: the sums `sum_c p_c exp(d_c)` of each, `d_y` of the plus less that of
/// the minus mutant, and the sum of `d_y` of both, as far as there is room.
// One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn finish(changes: &[Lanes], known: &Known<'_>, out: &mut [Lanes]) {
    let (mut plus, mut minus) = ([0.0; LANES], [0.0; LANES]);
    let (mut own_plus, mut own_minus) = ([0.0; LANES], [0.0; LANES]);
    let changes = changes.as_chunks::<2>().0;
    let pairs = known.probabilities.iter().zip(changes);
    for (class, (p, [up, down])) in (0..usize::MAX).zip(pairs) {
        let p = apart(p);
        add_exponentials(&mut plus, p, up);
        add_exponentials(&mut minus, p, down);
        let is_own = known.labels.are(class);
        for ((own, is_own), up) in own_plus.iter_mut().zip(&is_own).zip(up) {
            *own += is_own * limited(*up);
        }
        for ((own, is_own), down) in own_minus.iter_mut().zip(&is_own).zip(down) {
            *own += is_own * limited(*down);
        }
    }
    let (mut change, mut both) = (own_plus, own_plus);
    for ((change, both), minus) in change.iter_mut().zip(&mut both).zip(&own_minus) {
        *change -= minus;
        *both += minus;
    }
    for (out, lanes) in out.iter_mut().zip([plus, minus, change, both]) {
        *out = lanes;
    }
}

/// `sums += p exp(changes)`.
#[inline(always)]
fn add_exponentials(sums: &mut Lanes, p: &Lanes, changes: &Lanes) {
    for ((sum, p), change) in sums.iter_mut().zip(p).zip(changes) {
        *sum += p * math::exp(limited(*change));
    }
}

#[inline(always)]
fn limited(change: f32) -> f32 {
    let change = if change < LARGEST_CHANGE { change } else { LARGEST_CHANGE };
    if change > -LARGEST_CHANGE { change } else { -LARGEST_CHANGE }
}

/// The loss of the minus mutant less that of the plus mutant, summed over the samples with their weights.
// One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn difference(plus: &Lanes, minus: &Lanes, change: &Lanes, weights: &Lanes) -> f32 {
    let (minus, plus) = (logarithms(minus), logarithms(plus));
    let mut terms = *change;
    for ((term, minus), plus) in terms.iter_mut().zip(&minus).zip(&plus) {
        *term += minus - plus;
    }
    weighted(terms, weights)
}

/// The logarithms of the sums of the probabilities, which are not quite 0. Less these, a loss that does not change
/// changes by exactly 0.
#[inline(always)]
pub(super) fn excess(probabilities: &[Lanes]) -> Lanes {
    let mut sums = [0.0; LANES];
    for p in probabilities {
        for (sum, p) in sums.iter_mut().zip(p) {
            *sum += p;
        }
    }
    logarithms(&sums)
}

/// The loss of the minus mutant less that of the plus mutant, and the sum of both, each less the parent's, summed over
/// the samples with their weights; of what [`finish`] wrote, and [`excess`].
// One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn difference_and_sum(
    [plus, minus, change, both]: &[Lanes; 4],
    excess: &Lanes,
    weights: &Lanes,
) -> (f32, f32) {
    let (minus, plus) = (logarithms(minus), logarithms(plus));
    let (mut difference, mut total) = (*change, [0.0; LANES]);
    for ((term, minus), plus) in difference.iter_mut().zip(&minus).zip(&plus) {
        *term += minus - plus;
    }
    for ((term, both), (minus, plus)) in total.iter_mut().zip(both).zip(minus.iter().zip(&plus)) {
        *term = minus + plus - both;
    }
    for (term, excess) in total.iter_mut().zip(excess) {
        *term -= 2.0 * excess;
    }
    (weighted(difference, weights), weighted(total, weights))
}

/// The change of the loss by the changes of the logits, summed over the samples with their weights; 0 if these are 0.
// One copy on a microcontroller, where code is dear.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(super) fn change_of_loss(changes: &[Lanes], known: &Known<'_>) -> f32 {
    let (mut sums, mut own) = ([0.0; LANES], [0.0; LANES]);
    for (class, (p, change)) in (0..usize::MAX).zip(known.probabilities.iter().zip(changes)) {
        add_exponentials(&mut sums, p, change);
        let is_own = known.labels.are(class);
        for ((own, is_own), change) in own.iter_mut().zip(&is_own).zip(change) {
            *own += is_own * limited(*change);
        }
    }
    let mut terms = logarithms(&sums);
    let excess = excess(known.probabilities);
    for (term, (own, excess)) in terms.iter_mut().zip(own.iter().zip(&excess)) {
        *term -= own + excess;
    }
    weighted(terms, &known.weights)
}

/// The sum of terms of samples, with the weights of these.
#[inline(always)]
fn weighted(mut terms: Lanes, weights: &Lanes) -> f32 {
    for (term, weight) in terms.iter_mut().zip(weights) {
        *term *= weight;
    }
    sum(&terms)
}

#[inline(always)]
pub(super) fn logarithms(lanes: &Lanes) -> Lanes {
    let mut out = [0.0; LANES];
    for (out, x) in out.iter_mut().zip(lanes) {
        *out = math::ln(*x);
    }
    out
}

/// The sum of all lanes: halves are added to each other.
#[inline(always)]
pub(in crate::evolution) fn sum(lanes: &Lanes) -> f32 {
    let (mut eight, mut four) = ([0.0; 8], [0.0; 4]);
    if let [x, y] = lanes.as_chunks::<8>().0 {
        for (sum, (x, y)) in eight.iter_mut().zip(x.iter().zip(y)) {
            *sum = x + y;
        }
    }
    if let [x, y] = eight.as_chunks::<4>().0 {
        for (sum, (x, y)) in four.iter_mut().zip(x.iter().zip(y)) {
            *sum = x + y;
        }
    }
    let [a, b, c, d] = four;
    (a + c) + (b + d)
}
