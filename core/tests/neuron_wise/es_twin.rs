//! The readable twin of `tinyevo_core::evolution::NeuronEs`: one number at a time, no lanes, no parts.
//!
//! It has the same bits, so every sum runs in the order of the fast one.

use crate::formulas::{power, shape, solve, weighted_sum};
use tinyevo_core::evolution::NeuronEs;
use tinyevo_core::layers::Activation;
use tinyevo_core::math::{exp, ln, reciprocal_sqrt};
use tinyevo_core::network::{Network, Stage};
use tinyevo_core::rng::{Purpose, derive, stream};

/// The parent and Adam's moments.
pub(crate) struct Twin<'a> {
    pub(crate) es: NeuronEs,
    pub(crate) network: &'a Network,
    pub(crate) seed: u64,
    pub(crate) length: u32,
    pub(crate) genome: Vec<f32>,
    pub(crate) moments: Vec<(f32, f32)>,
}

/// A sample on its way: the sums of each layer, the probabilities, its weight, its projections a layer.
pub(crate) struct Seen {
    pub(crate) label: usize,
    input: Vec<f32>,
    pub(crate) sums: Vec<Vec<f32>>,
    pub(crate) probabilities: Vec<f32>,
    pub(crate) weight: f32,
    pub(crate) projections: Vec<Vec<f32>>,
}

/// The directions of a layer: rows of inputs, the bias last; and their deviation.
pub(crate) struct Directions {
    pub(crate) rows: Vec<Vec<f32>>,
    pub(crate) deviation: f32,
}

impl<'a> Twin<'a> {
    pub(crate) fn new(es: NeuronEs, network: &'a Network, seed: u64, length: u32) -> Self {
        let mut genome = vec![0.0; network.parameters()];
        let mut rng = stream(seed, 0, 0, Purpose::Initialise);
        es.initialisation.fill(network, &mut genome, &mut rng).unwrap();
        let moments = vec![(0.0, 0.0); genome.len()];
        Self { es, network, seed, length, genome, moments }
    }

    /// One generation on a batch.
    pub(crate) fn step(&mut self, generation: u32, inputs: &[Vec<f32>], labels: &[u8]) {
        let stages = self.network.stages();
        let (output, hidden) = stages.split_last().unwrap();
        let (directions, seen) = self.look_at_all(generation, inputs, labels);
        let mut steps = vec![0.0; self.genome.len()];
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
        self.adam(generation, &steps);
    }

    /// The directions of each hidden layer, and the samples that count, by weight.
    pub(crate) fn look_at_all(
        &self,
        generation: u32,
        inputs: &[Vec<f32>],
        labels: &[u8],
    ) -> (Vec<Directions>, Vec<Seen>) {
        let stages = self.network.stages();
        let (_, hidden) = stages.split_last().unwrap();
        // "neuron-e" in ASCII keeps the words apart from all others.
        let own = derive(self.seed, u64::from_be_bytes(*b"neuron-e"));
        let base = derive(own, u64::from(generation));
        let directions: Vec<Directions> = hidden
            .iter()
            .enumerate()
            .map(|(l, s)| self.directions(l, s, derive(base, l as u64)))
            .collect();
        let mut seen: Vec<Seen> = inputs
            .iter()
            .zip(labels)
            .enumerate()
            .map(|(n, (input, &label))| {
                self.look(input, label, &directions, derive(derive(base, u64::MAX), n as u64))
            })
            .filter(|seen| seen.weight > 0.0)
            .collect();
        seen.sort_by(|a, b| a.weight.total_cmp(&b.weight));
        (directions, seen)
    }

    fn directions(&self, layer: usize, stage: &Stage, seed: u64) -> Directions {
        let inputs = stage.input.elements();
        let (k, mut radius) = (self.es.directions, self.es.blur as isize);
        let shape = stage.input;
        if layer > 0 || shape.height < 2 || shape.width < 2 {
            radius = 0;
        }
        let binomial = [
            vec![1.0],
            vec![1.0, 2.0, 1.0],
            vec![1.0, 4.0, 6.0, 4.0, 1.0],
            vec![1.0, 6.0, 15.0, 20.0, 15.0, 6.0, 1.0],
            vec![1.0, 8.0, 28.0, 56.0, 70.0, 56.0, 28.0, 8.0, 1.0],
        ];
        let kernel: &[f32] = &binomial[radius as usize];
        let deviation: f32 = kernel.iter().map(|c| c * c).sum();
        let sign =
            |input: usize, k: usize| 1.0 - 2.0 * (derive(seed, input as u64) >> k & 1) as f32;
        let mut rows = vec![vec![0.0; k]; inputs];
        let (height, width, channels) =
            (shape.height as isize, shape.width as isize, shape.channels as isize);
        for (input, row) in rows.iter_mut().enumerate() {
            let (pixel, channel) = (input as isize / channels, input as isize % channels);
            for (k, entry) in row.iter_mut().enumerate() {
                // Whole numbers: exact in any order.
                for dy in -radius..=radius {
                    for dx in -radius..=radius {
                        let (y, x) = (pixel / width + dy, pixel % width + dx);
                        if (0..height).contains(&y) && (0..width).contains(&x) {
                            let factor =
                                kernel[(dy + radius) as usize] * kernel[(dx + radius) as usize];
                            let source = ((y * width + x) * channels + channel) as usize;
                            *entry += factor * sign(source, k);
                        }
                    }
                }
            }
        }
        let ones = |k: usize| derive(seed, (inputs + k) as u64).count_ones() as f32;
        rows.push((0..k).map(|k| (ones(k) - 32.0) * (0.25 * deviation)).collect());
        Directions { rows, deviation }
    }

    pub(crate) fn relu(stage: &Stage, x: f32) -> f32 {
        if stage.layer.activation() == Activation::Relu && x <= 0.0 { 0.0 } else { x }
    }

    /// The parent on one sample.
    fn look(&self, input: &[f32], label: u8, directions: &[Directions], word: u64) -> Seen {
        let stages = self.network.stages();
        let (mut sums, mut projections) = (Vec::new(), Vec::new());
        let mut now = input.to_vec();
        for (layer, stage) in stages.iter().enumerate() {
            let units = stage.output.elements();
            let rows: Vec<&[f32]> =
                self.genome[stage.kernel_start..stage.end].chunks(units).collect();
            if let Some(directions) = directions.get(layer) {
                let sigma = self.es.sigma;
                let unit = if layer == 0 { sigma / directions.deviation } else { sigma };
                let rows: Vec<&[f32]> = directions.rows.iter().map(|row| &row[..]).collect();
                let k = self.es.directions;
                projections.push((0..k).map(|k| weighted_sum(&now, &rows, k) * unit).collect());
            }
            let own: Vec<f32> = (0..units).map(|unit| weighted_sum(&now, &rows, unit)).collect();
            now = own.iter().map(|&x| Self::relu(stage, x)).collect();
            sums.push(own);
        }
        let logits = sums.pop().unwrap();
        let largest =
            logits.iter().copied().fold(f32::NEG_INFINITY, |a, b| if b > a { b } else { a });
        let powers: Vec<f32> = logits.iter().map(|x| exp(x - largest)).collect();
        let sum = powers.iter().fold(0.0, |sum, x| sum + x);
        let label = usize::from(label);
        let wrong = powers.iter().enumerate().filter(|(c, _)| *c != label);
        let rest = wrong.fold(0.0, |sum, (_, x)| sum + x) * (1.0 / sum);
        let (mut weight, mut limit) = (1_u64, self.es.roulette);
        while rest < limit && weight < 256 {
            weight *= 4;
            limit *= 0.25;
        }
        let weight = if word.is_multiple_of(weight) { weight as f32 } else { 0.0 };
        let probabilities = powers.iter().map(|x| x * (1.0 / sum)).collect();
        Seen { label, input: input.to_vec(), sums, probabilities, weight, projections }
    }

    /// `L(-) - L(+)` of each direction for a neuron.
    fn fitness(&self, layer: usize, neuron: usize, seen: &[Seen]) -> Vec<f32> {
        let stage = &self.network.stages()[layer];
        let relu = stage.layer.activation() == Activation::Relu;
        let k = self.es.directions;
        let (mut partly, mut always) = (vec![0.0; k], vec![0.0; k]);
        for sample in seen {
            let (z, s) = (sample.sums[layer][neuron], &sample.projections[layer]);
            let r = s.iter().fold(0.0, |r: f32, s| r.max(s.abs()));
            if (relu && z + r <= 0.0) || r <= 0.0 {
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
        let stages = self.network.stages();
        let next = &stages[layer + 1];
        let units = next.output.elements();
        let weights = &self.genome[next.kernel_start + neuron * units..][..units];
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
            let now: Vec<f32> = sums.iter().map(|&x| Self::relu(before, x)).collect();
            let rows: Vec<&[f32]> =
                self.genome[stage.kernel_start..stage.end].chunks(units).collect();
            sums = (0..units).map(|unit| weighted_sum(&now, &rows, unit)).collect();
        }
        let loss =
            |logits: &[f32]| tinyevo_core::fitness::cross_entropy(logits, sample.label as u8);
        loss(&sums) - self.loss(sample)
    }

    fn loss(&self, sample: &Seen) -> f32 {
        let mut scratch = vec![0.0; self.network.scratch_length()];
        let logits = tinyevo_core::inference::logits(
            self.network,
            &self.genome,
            &sample.input,
            &mut scratch,
        );
        tinyevo_core::fitness::cross_entropy(logits.unwrap(), sample.label as u8)
    }

    /// `L(-) - L(+)` of an output weight; the input after the last is the bias.
    fn output_fitness(&self, input: usize, class: usize, seen: &[Seen]) -> f32 {
        let stages = self.network.stages();
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
            let activation = hidden.get(input).map_or(1.0, |&x| Self::relu(before, x));
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

    fn adam(&mut self, generation: u32, steps: &[f32]) {
        let rate = self.es.learning_rate.at(generation - 1, self.length);
        let decay = self.es.decay.at(generation - 1, self.length);
        let correction = |beta: f32| 1.0 / (1.0 - exp(ln(beta) * generation as f32));
        for ((weight, (first, second)), step) in
            self.genome.iter_mut().zip(&mut self.moments).zip(steps)
        {
            *first = 0.9 * *first + (1.0 - 0.9) * step;
            *second = 0.999 * *second + (1.0 - 0.999) * (step * step);
            let root = reciprocal_sqrt(*second * correction(0.999) + 1e-16);
            *weight = *weight * (1.0 - rate * decay) + rate * ((*first * correction(0.9)) * root);
        }
    }
}
