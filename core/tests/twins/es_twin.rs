//! The readable twin of `tinyevo_core::evolution::NeuronEs`: one number at a time, no lanes, no parts.
//!
//! It has the same bits, so every sum runs in the order of the fast one.

use crate::formulas::{power, shape, solve, weighted_sum};
use crate::parent::{Directions, Parent, Seen, directions};
use tinyevo_core::evolution::NeuronEs;
use tinyevo_core::fitness::cross_entropy;
use tinyevo_core::inference::logits;
use tinyevo_core::layers::Activation;
use tinyevo_core::math::{exp, ln};
use tinyevo_core::network::Network;
use tinyevo_core::rng::derive;
use tinyevo_core::shape::Shape;

pub(crate) struct Twin<'a> {
    pub(crate) es: NeuronEs,
    pub(crate) parent: Parent<'a>,
}

impl<'a> Twin<'a> {
    pub(crate) fn new(es: NeuronEs, network: &'a Network, seed: u64, length: u32) -> Self {
        Self { es, parent: Parent::new(es.initialisation, network, seed, length) }
    }

    /// One generation on a batch.
    pub(crate) fn step(&mut self, generation: u32, inputs: &[Vec<f32>], labels: &[u8]) {
        let stages = self.parent.network.stages();
        let (output, hidden) = stages.split_last().unwrap();
        let (directions, seen) = self.look_at_all(generation, inputs, labels);
        let mut steps = vec![0.0; self.parent.genome.len()];
        for (layer, stage) in hidden.iter().enumerate() {
            let gram = self.gram(&directions[layer]);
            let units = stage.output.elements();
            for neuron in 0..units {
                let f = shape(&self.fitness(layer, neuron, &seen), self.es.shaping);
                let x = solve(&gram, &f);
                for (row, entries) in directions[layer].rows.iter().enumerate() {
                    let sum = entries.iter().zip(&x).fold(0.0, |sum, (d, x)| sum + d * x);
                    steps[stage.kernel_start + row * units + neuron] = sum;
                }
            }
        }
        let classes = output.output.elements();
        for input in 0..=output.input.elements() {
            for class in 0..classes {
                let place = output.kernel_start + input * classes + class;
                steps[place] = self.output_fitness(input, class, &seen);
            }
        }
        self.parent.adam(generation, [self.es.learning_rate, self.es.decay], &steps);
    }

    /// The directions of each hidden layer, and the samples that count, by weight.
    pub(crate) fn look_at_all(
        &self,
        generation: u32,
        inputs: &[Vec<f32>],
        labels: &[u8],
    ) -> (Vec<Directions>, Vec<Seen>) {
        let (_, hidden) = self.parent.network.stages().split_last().unwrap();
        let base = self.parent.words(b"neuron-e", generation);
        let directions: Vec<Directions> = hidden
            .iter()
            .enumerate()
            .map(|(layer, stage)| {
                // Only the inputs are an image.
                let flat = Shape::flat(stage.input.elements());
                let shape = if layer == 0 { stage.input } else { flat };
                directions(shape, self.es.blur, self.es.directions, derive(base, layer as u64))
            })
            .collect();
        let words = derive(base, u64::MAX);
        let mut seen: Vec<Seen> = inputs
            .iter()
            .zip(labels)
            .enumerate()
            .map(|(n, (input, &label))| {
                self.look(input, label, &directions, derive(words, n as u64))
            })
            .filter(|seen| seen.weight > 0.0)
            .collect();
        seen.sort_by(|a, b| a.weight.total_cmp(&b.weight));
        (directions, seen)
    }

    /// The parent on one sample, and the projections of each hidden layer's directions.
    fn look(&self, input: &[f32], label: u8, directions: &[Directions], word: u64) -> Seen {
        let mut seen = self.parent.look(input, label, self.es.roulette, word);
        for (layer, own) in directions.iter().enumerate() {
            let unit = if layer == 0 { self.es.sigma / own.deviation } else { self.es.sigma };
            let rows: Vec<&[f32]> = own.rows.iter().map(|row| &row[..]).collect();
            let project = |k| weighted_sum(&seen.inputs[layer], &rows, k) * unit;
            let projections = (0..self.es.directions).map(project).collect();
            seen.projections.push(projections);
        }
        seen
    }

    /// `L(-) - L(+)` of each direction for a neuron.
    fn fitness(&self, layer: usize, neuron: usize, seen: &[Seen]) -> Vec<f32> {
        let stage = &self.parent.network.stages()[layer];
        let relu = stage.layer.activation() == Activation::Relu;
        let k = self.es.directions;
        let (mut partly, mut always) = (vec![0.0; k], vec![0.0; k]);
        for sample in seen {
            let (z, s) = (sample.sums[layer][neuron], &sample.projections[layer]);
            let r = s.iter().fold(0.0, |r: f32, s| r.max(s.abs()));
            if (relu && z + r <= 0.0) || r < 1e-8 {
                continue;
            }
            let [t1, t2, t3, t4] = self.polynomial(layer, neuron, sample, r);
            for (k, &s) in s.iter().enumerate() {
                if !relu || z >= r {
                    always[k] += s * ((-2.0 * t1) + (-2.0 * t3) * (s * s));
                } else {
                    let change = |moved: f32| {
                        let d = moved.max(0.0) - z.max(0.0);
                        d * (t1 + d * (t2 + d * (t3 + d * t4)))
                    };
                    partly[k] += change(z - s) - change(z + s);
                }
            }
        }
        partly.iter().zip(always).map(|(a, b)| a + b).collect()
    }

    /// The polynomial of degree 4 in the change of a neuron's activation, through 0 and four points.
    pub(crate) fn polynomial(
        &self,
        layer: usize,
        neuron: usize,
        sample: &Seen,
        r: f32,
    ) -> [f32; 4] {
        let [a, b, c, d] =
            [r, -r, 0.5 * r, -0.5 * r].map(|d| self.change(layer, neuron, sample, d));
        let (even, even_half, odd, odd_half) =
            (0.5 * (a + b), 0.5 * (c + d), 0.5 * (a - b), 0.5 * (c - d));
        let second = (16.0 * even_half - even) * (1.0 / 3.0);
        let first = (8.0 * odd_half - odd) * (1.0 / 3.0);
        let mut factor = sample.weight;
        [first, second, odd - first, even - second].map(|value| {
            factor *= 1.0 / r;
            value * factor
        })
    }

    /// The change of a sample's loss when the activation of a neuron changes by `d`.
    pub(crate) fn change_of(
        &self,
        layer: usize,
        neuron: usize,
        input: &[f32],
        label: u8,
        d: f32,
    ) -> f32 {
        let sample = self.look(input, label, &[], 0);
        self.change(layer, neuron, &sample, d)
    }

    pub(crate) fn change(&self, layer: usize, neuron: usize, sample: &Seen, d: f32) -> f32 {
        let stages = self.parent.network.stages();
        let next = &stages[layer + 1];
        let units = next.output.elements();
        let weights = &self.parent.genome[next.kernel_start + neuron * units..][..units];
        if layer + 2 == stages.len() {
            let own = weights[sample.label];
            let sum = weights
                .iter()
                .zip(&sample.probabilities)
                .fold(0.0, |sum, (w, p)| sum + p * power((w - own) * d));
            return ln(sum);
        }
        let mut sums: Vec<f32> =
            sample.sums[layer + 1].iter().zip(weights).map(|(z, w)| z + d * w).collect();
        for (before, stage) in stages[layer + 1..].iter().zip(&stages[layer + 2..]) {
            let units = stage.output.elements();
            let now: Vec<f32> = sums.iter().map(|&x| Parent::relu(before, x)).collect();
            let rows = self.parent.rows(stage);
            sums = (0..units).map(|unit| weighted_sum(&now, &rows, unit)).collect();
        }
        let loss = |logits: &[f32]| cross_entropy(logits, sample.label as u8);
        loss(&sums) - self.loss(sample)
    }

    fn loss(&self, sample: &Seen) -> f32 {
        let mut scratch = vec![0.0; self.parent.network.scratch_length()];
        let own = logits(self.parent.network, &self.parent.genome, &sample.inputs[0], &mut scratch);
        cross_entropy(own.unwrap(), sample.label as u8)
    }

    /// `L(-) - L(+)` of an output weight; the input after the last is the bias.
    fn output_fitness(&self, input: usize, class: usize, seen: &[Seen]) -> f32 {
        let stages = self.parent.network.stages();
        let before = &stages[stages.len() - 2];
        let (mut up, mut down, mut total) = (1.0, 1.0, 0.0);
        let (mut pending, mut weight) = (0, 0.0);
        for sample in seen {
            if pending == 8 || sample.weight != weight {
                total += weight * (ln(down) - ln(up));
                (up, down, pending, weight) = (1.0, 1.0, 0, sample.weight);
            }
            pending += 1;
            let hidden = sample.sums.last().unwrap();
            let activation = hidden.get(input).map_or(1.0, |&x| Parent::relu(before, x));
            let change = (activation * self.es.output_sigma).clamp(-10.0, 10.0);
            let p = sample.probabilities[class];
            up *= 1.0 + p * (exp(change) - 1.0);
            down *= 1.0 + p * (exp(-change) - 1.0);
            if class == sample.label {
                total += weight * (change + change);
            }
        }
        total + weight * (ln(down) - ln(up))
    }

    /// `D'D / n + ridge I`.
    fn gram(&self, directions: &Directions) -> Vec<Vec<f32>> {
        let k = self.es.directions;
        let rows = &directions.rows[..directions.rows.len() - 1];
        let product = |p: usize, q: usize| rows.iter().fold(0.0, |sum, row| sum + row[p] * row[q]);
        let mut gram: Vec<Vec<f32>> =
            (0..k).map(|p| (0..k).map(|q| product(p, q)).collect()).collect();
        let trace = (0..k).fold(0.0, |sum, p| sum + gram[p][p]);
        for (p, row) in gram.iter_mut().enumerate() {
            row.iter_mut().for_each(|x| *x *= k as f32 / trace);
            row[p] += self.es.ridge;
        }
        gram
    }
}
