//! The mutants of hidden neurons: their fitness, and what of each direction a neuron takes.
//!
//! A mutant of neuron j changes its sum z by `s`, a projection, and so its activation by `d`. The change of
//! the loss of a sample is a function of `d` alone, the same for all mutants of the neuron. It is computed at
//! four points, `d = +-r, +-r/2` with r the sample's largest projection, and the polynomial of degree 4
//! through them and (0, 0) serves every mutant.

use super::directions::solve;
use super::layout::{LARGEST, Layout, Place};
use super::polynomial::{
    COEFFICIENTS, Lists, RUN, Row, add_always, add_always_both, add_partly, add_partly_both,
    polynomial, power,
};
use crate::error::LengthError;
use crate::evolution::places::{Blocks, LOSS, WEIGHT, widest};
use crate::evolution::selection::cross;
use crate::evolution::shaping::{Shaping, shape};
use crate::math;
use crate::slices::{LANES, parts};
use crate::spread::{Parts, Phase};

type Lanes = [f32; LANES];

/// Mutants whose largest projection is smaller count nothing: in 32 bits they change no loss, and the fourth power of the
/// reciprocal would soon be infinite.
const SMALLEST: f32 = 1e-8;

/// What a hidden neuron takes of each direction, from the losses of its mutants.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rule {
    /// The least-squares solution whose products with the directions are the differences of the losses, shaped.
    LeastSquares { shaping: Shaping, ridge: f32 },
    /// The sum of the mutants that improve the loss, divided by the root of their number, if it improves the loss
    /// itself.
    Improving,
}

impl Rule {
    pub(super) const fn ridge(self) -> Option<f32> {
        match self {
            Self::LeastSquares { ridge, .. } => Some(ridge),
            Self::Improving => None,
        }
    }
}

/// A part is a lane group of the neurons of a hidden layer, or of the inputs of the output layer.
pub(super) struct Score<'a> {
    pub(super) layout: &'a Layout,
    pub(super) grams: &'a [f32],
    pub(super) blocks: Blocks<'a>,
    pub(super) genome: &'a [f32],
    pub(super) labels: &'a [u8],
    /// The samples that count, by weight and then by index.
    pub(super) samples: &'a [usize],
    pub(super) rule: Rule,
    pub(super) output_sigma: f32,
}

impl Score<'_> {
    /// Floats of working memory of a part.
    pub(super) fn room(layout: &Layout) -> usize {
        let (_, output) = layout.split();
        let classes = output.units.saturating_mul(LANES);
        // Of a hidden layer: the coefficients of a lane group of neurons, then the output weights or two rows.
        let coefficients = layout.grid.samples.saturating_mul(COEFFICIENTS).saturating_mul(LANES);
        let hidden = coefficients
            .saturating_add(classes)
            .saturating_add(widest(layout.places()).saturating_mul(2));
        // Of the output layer: products in both signs, and the genetic algorithm's sums, for each class.
        hidden.max(classes.saturating_mul(3))
    }

    /// The label of a sample.
    pub(super) fn label(&self, sample: usize) -> usize {
        self.labels.get(sample).map_or(0, |&label| usize::from(label))
    }

    /// The fitness of the mutants of a lane group of neurons, and their recombination: `out` is `[K][LANES]`.
    #[inline(always)]
    fn hidden(&self, layer: usize, group: usize, out: &mut [f32], room: &mut [f32]) {
        let Some(place) = self.layout.places().get(layer) else { return };
        let needed = self.samples.len().saturating_mul(COEFFICIENTS);
        let (coefficients, room) =
            room.split_at_mut_checked(needed.saturating_mul(LANES)).unwrap_or_default();
        let coefficients = coefficients.as_chunks_mut::<LANES>().0;
        self.coefficients(layer, place, group, coefficients, room);
        let k = self.layout.directions;
        let out = out.get_mut(..k.saturating_mul(LANES)).unwrap_or_default();
        let first = group.saturating_mul(LANES);
        out.fill(0.0);
        for lane in 0..LANES.min(place.units.saturating_sub(first)) {
            match k / LANES {
                1 => self.neuron::<16>(place, lane, coefficients, out),
                2 => self.neuron::<32>(place, lane, coefficients, out),
                3 => self.neuron::<48>(place, lane, coefficients, out),
                _ => self.neuron::<64>(place, lane, coefficients, out),
            }
        }
        match self.rule {
            Rule::LeastSquares { .. } => solve(self.layout.gram(self.grams, layer), k, out),
            Rule::Improving => self.accept(layer, group, coefficients, out, room),
        }
    }

    /// What one neuron takes of its mutants, as column `lane` of `out`.
    #[inline(always)]
    fn neuron<const K: usize>(
        &self,
        place: &Place,
        lane: usize,
        coefficients: &[Lanes],
        out: &mut [f32],
    ) {
        let fitness = match self.rule {
            Rule::LeastSquares { shaping, .. } => {
                let (differences, _) = self.losses::<K, false>(place, lane, coefficients);
                let mut fitness = [0.0; K];
                shape(&differences, shaping, &mut fitness);
                fitness
            }
            Rule::Improving => {
                let (differences, sums) = self.losses::<K, true>(place, lane, coefficients);
                cross(&differences, &sums)
            }
        };
        for (row, fitness) in out.as_chunks_mut::<LANES>().0.iter_mut().zip(fitness) {
            if let Some(to) = row.get_mut(lane) {
                *to = fitness;
            }
        }
    }

    /// `L(-s) - L(+s)` of the mutants of a neuron, and, if `BOTH`, `L(-s) + L(+s)`.
    #[inline(always)]
    fn losses<const K: usize, const BOTH: bool>(
        &self,
        place: &Place,
        lane: usize,
        coefficients: &[Lanes],
    ) -> ([f32; K], [f32; K]) {
        let (mut partly, mut always) = ([0.0; K], [0.0; K]);
        let (mut both, mut always_both) = ([0.0; K], [0.0; K]);
        let rows = coefficients.as_chunks::<COEFFICIENTS>().0;
        for (samples, rows) in parts(self.samples, RUN).zip(parts(rows, RUN)) {
            let lists = Lists::new(rows, lane, place.relu);
            for &index in lists.partly() {
                if let Some((row, s)) = self.pair::<K>(place, samples, rows, lane, index) {
                    add_partly(&mut partly, s, row);
                    if BOTH {
                        add_partly_both(&mut both, s, row);
                    }
                }
            }
            for &index in lists.always() {
                if let Some((row, s)) = self.pair::<K>(place, samples, rows, lane, index) {
                    add_always(&mut always, s, row);
                    if BOTH {
                        add_always_both(&mut always_both, s, row);
                    }
                }
            }
        }
        for (sum, always) in partly.iter_mut().zip(always) {
            *sum += always;
        }
        for (sum, always) in both.iter_mut().zip(always_both) {
            *sum += always;
        }
        (partly, both)
    }

    /// The coefficients of a neuron for a sample of a run, and the sample's projections.
    #[inline(always)]
    fn pair<const K: usize>(
        &self,
        place: &Place,
        samples: &[usize],
        rows: &[Row],
        lane: usize,
        index: u8,
    ) -> Option<([f32; COEFFICIENTS], &[f32; K])> {
        let row = rows.get(usize::from(index))?;
        let sample = *samples.get(usize::from(index))?;
        let projections = self.blocks.row(sample, place.own.projections, K).first_chunk::<K>()?;
        let mut own = [0.0; COEFFICIENTS];
        for (to, lanes) in own.iter_mut().zip(row) {
            *to = *lanes.get(lane)?;
        }
        Some((own, projections))
    }

    /// For each sample the sums of a lane group of neurons, the largest projection, and the polynomials'
    /// coefficients, multiplied by the sample's weight.
    #[inline(always)]
    fn coefficients(
        &self,
        layer: usize,
        place: &Place,
        group: usize,
        out: &mut [Lanes],
        room: &mut [f32],
    ) {
        let (hidden, output) = self.layout.split();
        let last = layer.saturating_add(1) == hidden.len();
        let classes = output.units;
        let (weights, room) =
            room.split_at_mut_checked(classes.saturating_mul(LANES)).unwrap_or_default();
        let weights = weights.as_chunks_mut::<LANES>().0;
        if last {
            self.transpose(output, group, weights);
        }
        for (&sample, out) in self.samples.iter().zip(out.as_chunks_mut::<COEFFICIENTS>().0) {
            let sums = self.blocks.row(sample, place.sums, place.row());
            let sums = sums.as_chunks::<LANES>().0.get(group).copied().unwrap_or([0.0; LANES]);
            let record = self.blocks.record(sample);
            let r = record.get(LARGEST.saturating_add(layer)).copied().unwrap_or(0.0);
            let weight = record.get(WEIGHT).copied().unwrap_or(0.0);
            let [z, largest, t1, t2, t3, t4] = out;
            (*z, *largest) = (sums, [r; LANES]);
            let on = sums.iter().any(|&z| !place.relu || z + r > 0.0);
            let polynomial = if !on || r < SMALLEST {
                [[0.0; LANES]; 4]
            } else {
                let points = if last {
                    self.last(sample, weights, r)
                } else {
                    self.earlier(layer, group, sample, r, room)
                };
                polynomial(points, r, weight)
            };
            [*t1, *t2, *t3, *t4] = polynomial;
        }
    }

    /// The output weights of a lane group of inputs: `[class][LANES]`.
    pub(super) fn transpose(&self, output: Place, group: usize, out: &mut [Lanes]) {
        let first = group.saturating_mul(LANES);
        for (class, out) in out.iter_mut().enumerate() {
            for (lane, to) in out.iter_mut().enumerate() {
                *to = self.output_weight(output, first.saturating_add(lane), class);
            }
        }
    }

    fn output_weight(&self, output: Place, input: usize, class: usize) -> f32 {
        let index =
            output.weights.saturating_add(input.saturating_mul(output.units)).saturating_add(class);
        let inside = input < output.inputs;
        self.genome.get(index).copied().filter(|_| inside).unwrap_or(0.0)
    }

    /// The changes of the loss of a sample at the four points, for a lane group of the last hidden layer:
    /// `ln sum_c p_c E(d (w_c - w_y))`.
    #[inline(always)]
    fn last(&self, sample: usize, weights: &[Lanes], r: f32) -> [Lanes; 4] {
        let (_, output) = self.layout.split();
        let probabilities = self.blocks.row(sample, output.sums, output.row());
        let own = weights.get(self.label(sample)).copied().unwrap_or([0.0; LANES]);
        let mut sums = [[0.0; LANES]; 4];
        let [up, down, half_up, half_down] = &mut sums;
        for (weights, &p) in weights.iter().zip(probabilities) {
            for lane in 0..LANES {
                let (Some(w), Some(y)) = (weights.get(lane), own.get(lane)) else { continue };
                let x = (w - y) * r;
                let places = (
                    up.get_mut(lane),
                    down.get_mut(lane),
                    half_up.get_mut(lane),
                    half_down.get_mut(lane),
                );
                if let (Some(a), Some(b), Some(c), Some(d)) = places {
                    *a += p * power(x);
                    *b += p * power(-x);
                    *c += p * power(0.5 * x);
                    *d += p * power(-0.5 * x);
                }
            }
        }
        for sums in &mut sums {
            for sum in sums {
                *sum = math::ln(*sum);
            }
        }
        sums
    }

    /// The changes of the loss of a sample at the four points, for a lane group of an earlier layer: through
    /// the layers behind it.
    fn earlier(
        &self,
        layer: usize,
        group: usize,
        sample: usize,
        r: f32,
        room: &mut [f32],
    ) -> [Lanes; 4] {
        let mut changes = [[0.0; LANES]; 4];
        let Some(place) = self.layout.places().get(layer) else { return changes };
        let first = group.saturating_mul(LANES);
        for (changes, d) in changes.iter_mut().zip([r, -r, 0.5 * r, -0.5 * r]) {
            for (lane, change) in changes.iter_mut().enumerate() {
                let neuron = first.saturating_add(lane);
                if neuron < place.units {
                    *change = self.through(layer, neuron, sample, d, room);
                }
            }
        }
        changes
    }

    /// The change of the loss of a sample when the activation of a neuron of `layer` changes by `d`; the
    /// change goes through all later layers.
    pub(super) fn through(
        &self,
        layer: usize,
        neuron: usize,
        sample: usize,
        d: f32,
        room: &mut [f32],
    ) -> f32 {
        let places = self.layout.places();
        let half = widest(self.layout.places());
        let (mut sums, mut hidden) = room.split_at_mut_checked(half).unwrap_or_default();
        let Some(next) = places.get(layer.saturating_add(1)) else { return 0.0 };
        let parent = self.blocks.row(sample, next.sums, next.row());
        let row = next.weights.saturating_add(neuron.saturating_mul(next.units));
        let weights = self.genome.get(row..).unwrap_or(&[]);
        for ((to, z), w) in sums.iter_mut().zip(parent).zip(weights).take(next.units) {
            *to = z + d * w;
        }
        let mut before = next;
        for place in places.iter().skip(layer.saturating_add(2)) {
            for (to, &z) in hidden.iter_mut().zip(&*sums).take(before.units) {
                *to = if before.relu && z <= 0.0 { 0.0 } else { z };
            }
            core::mem::swap(&mut sums, &mut hidden);
            let rest = self.genome.get(place.weights..).unwrap_or(&[]);
            let kernel = place.inputs.saturating_mul(place.units);
            let (kernel, bias) = rest.split_at_checked(kernel).unwrap_or_default();
            let inputs = sums.get(..place.inputs).unwrap_or(&[]);
            let to = hidden.get_mut(..place.units).unwrap_or_default();
            crate::layers::dense::weighted_sums(inputs, kernel, bias, to);
            core::mem::swap(&mut sums, &mut hidden);
            before = place;
        }
        let loss = self.blocks.record(sample).get(LOSS).copied();
        let logits = sums.get(..before.units).unwrap_or(&[]);
        crate::fitness::cross_entropy(logits, self.label(sample) as u8) - loss.unwrap_or(0.0)
    }
}

impl Parts for Score<'_> {
    type Out = f32;

    const PHASE: Phase = Phase::Scores;

    #[inline(always)]
    fn part<const WIDTH: usize>(
        &self,
        index: usize,
        out: &mut [f32],
        room: &mut [f32],
        _held: Option<usize>,
    ) -> Result<(), LengthError> {
        LengthError::at_least("room", Self::room(self.layout), room.len())?;
        let (hidden, output) = self.layout.split();
        if let Some(group) = index.checked_sub(output.part) {
            self.output(group, out, room);
        } else if let Some(layer) = hidden.iter().rposition(|place| place.part <= index) {
            let first = hidden.get(layer).map_or(0, |place| place.part);
            self.hidden(layer, index.saturating_sub(first), out, room);
        }
        Ok(())
    }
}
