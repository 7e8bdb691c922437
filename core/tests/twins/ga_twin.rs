//! The readable twin of `tinyevo_core::evolution::NeuronGa`: one number at a time, no lanes, no parts.
//!
//! Directions, the parent on the batch and the change of a loss are those of the strategy's twin.

use crate::es_twin::Twin as Strategy;
use crate::formulas::power;
use crate::parent::{Parent, Seen};
use tinyevo_core::evolution::{NeuronEs, NeuronGa};
use tinyevo_core::layers::Activation;
use tinyevo_core::math::{exp, ln, reciprocal_sqrt};
use tinyevo_core::network::Network;

pub(crate) struct Twin<'a> {
    ga: NeuronGa,
    pub(crate) strategy: Strategy<'a>,
}

impl<'a> Twin<'a> {
    pub(crate) fn new(ga: NeuronGa, network: &'a Network, seed: u64, length: u32) -> Self {
        let NeuronGa { directions, initialisation, blur, roulette, .. } = ga;
        let es = NeuronEs { directions, initialisation, blur, roulette, ..NeuronEs::USUAL };
        Self { ga, strategy: Strategy::new(es, network, seed, length) }
    }

    /// One generation on a batch.
    pub(crate) fn step(&mut self, generation: u32, inputs: &[Vec<f32>], labels: &[u8]) {
        let (before, length) = (generation - 1, self.strategy.parent.length);
        let scale = self.ga.mutation_scale.at(before, length);
        let es = &mut self.strategy.es;
        (es.sigma, es.output_sigma) = (self.ga.sigma * scale, self.ga.output_sigma * scale);
        let (sigma, output_sigma) = (es.sigma, es.output_sigma);
        let keep = 1.0 - sigma * self.ga.decay.at(before, length);
        let (directions, seen) = self.strategy.look_at_all(generation, inputs, labels);
        let (output, hidden) = self.strategy.parent.network.stages().split_last().unwrap();
        let mut next: Vec<f32> = self.strategy.parent.genome.iter().map(|w| w * keep).collect();
        for ((layer, stage), directions) in hidden.iter().enumerate().zip(&directions) {
            let units = stage.output.elements();
            let unit = if layer == 0 { sigma / directions.deviation } else { sigma };
            for neuron in 0..units {
                let child = self.child(layer, neuron, &seen);
                for (row, entries) in directions.rows.iter().enumerate() {
                    let sum = entries.iter().zip(&child).fold(0.0, |sum, (d, x)| sum + d * x);
                    next[stage.kernel_start + row * units + neuron] += unit * sum;
                }
            }
        }
        let classes = output.output.elements();
        for input in 0..=output.input.elements() {
            for class in 0..classes {
                let better = self.output(input, class, &seen);
                next[output.kernel_start + input * classes + class] += output_sigma * better;
            }
        }
        for (place, next) in next.iter_mut().enumerate() {
            if self.strategy.parent.stays(place) {
                *next = self.strategy.parent.genome[place];
            }
        }
        self.strategy.parent.genome = next;
    }

    /// What the child of a neuron takes of each direction: nothing if it does not improve the loss.
    fn child(&self, layer: usize, neuron: usize, seen: &[Seen]) -> Vec<f32> {
        let (plus, minus) = self.losses(layer, neuron, seen);
        let better: Vec<f32> = plus.iter().zip(&minus).map(|(d, sum)| better(*d, *sum)).collect();
        let count: f32 = better.iter().map(|x| x.abs()).sum();
        let scale = if count > 0.0 { reciprocal_sqrt(count) } else { 0.0 };
        let child: Vec<f32> = better.iter().map(|x| x * scale).collect();
        let relu = |x| Parent::relu(&self.strategy.parent.network.stages()[layer], x);
        let mut loss = 0.0;
        for sample in seen {
            let (z, s) = (sample.sums[layer][neuron], &sample.projections[layer]);
            let moved = s.iter().zip(&child).fold(0.0, |sum, (s, x)| sum + s * x);
            loss += sample.weight * self.change(layer, neuron, sample, relu(z + moved) - relu(z));
        }
        child.iter().map(|x| if loss < 0.0 { *x } else { 0.0 }).collect()
    }

    /// The change of a sample's loss when the activation of a neuron changes by `d`.
    fn change(&self, layer: usize, neuron: usize, sample: &Seen, d: f32) -> f32 {
        let stages = self.strategy.parent.network.stages();
        let next = &stages[layer + 1];
        if d == 0.0 {
            return 0.0;
        }
        if layer + 2 < stages.len() {
            return self.strategy.change(layer, neuron, sample, d);
        }
        let units = next.output.elements();
        let weights = &self.strategy.parent.genome[next.kernel_start + neuron * units..][..units];
        let own = weights[sample.label];
        let each = weights.iter().zip(&sample.probabilities);
        ln(1.0 + each.fold(0.0, |sum, (w, p)| sum + p * (power((w - own) * d) - 1.0)))
    }

    /// `L(-s) - L(+s)` and `L(-s) + L(+s)` of each direction for a neuron.
    fn losses(&self, layer: usize, neuron: usize, seen: &[Seen]) -> (Vec<f32>, Vec<f32>) {
        let stage = &self.strategy.parent.network.stages()[layer];
        let linear = stage.layer.activation() != Activation::Relu;
        let k = self.ga.directions;
        let (mut partly, mut always) = (vec![(0.0, 0.0); k], vec![(0.0, 0.0); k]);
        for sample in seen {
            let (z, s) = (sample.sums[layer][neuron], &sample.projections[layer]);
            let r = s.iter().fold(0.0, |r: f32, s| r.max(s.abs()));
            if (!linear && z + r <= 0.0) || r < 1e-8 {
                continue;
            }
            let [t1, t2, t3, t4] = self.strategy.polynomial(layer, neuron, sample, r);
            for (k, &s) in s.iter().enumerate() {
                if linear || z >= r {
                    always[k].0 += s * ((-2.0 * t1) + (-2.0 * t3) * (s * s));
                    always[k].1 += (s * s) * ((2.0 * t2) + (2.0 * t4) * (s * s));
                } else {
                    let change = |moved: f32| {
                        let d = moved.max(0.0) - z.max(0.0);
                        d * (t1 + d * (t2 + d * (t3 + d * t4)))
                    };
                    partly[k].0 += change(z - s) - change(z + s);
                    partly[k].1 += change(z - s) + change(z + s);
                }
            }
        }
        partly.iter().zip(always).map(|(a, b)| (a.0 + b.0, a.1 + b.1)).unzip()
    }

    /// The sign of the mutant of an output weight that improves the loss; the input after the last is the bias.
    fn output(&self, input: usize, class: usize, seen: &[Seen]) -> f32 {
        let stages = self.strategy.parent.network.stages();
        let before = &stages[stages.len() - 2];
        let (mut up, mut down, mut pending, mut weight) = (1.0, 1.0, 0, 0.0);
        let (mut difference, mut sum) = (0.0, 0.0);
        for sample in seen {
            if pending == 8 || sample.weight != weight {
                sum += weight * (ln(down) + ln(up));
                difference += weight * (ln(down) - ln(up));
                (up, down, pending, weight) = (1.0, 1.0, 0, sample.weight);
            }
            pending += 1;
            let hidden = sample.sums.last().unwrap();
            let activation = hidden.get(input).map_or(1.0, |&x| Parent::relu(before, x));
            let change = (activation * self.strategy.es.output_sigma).clamp(-10.0, 10.0);
            let p = sample.probabilities[class];
            up *= 1.0 + p * (exp(change) - 1.0);
            down *= 1.0 + p * (exp(-change) - 1.0);
            if class == sample.label {
                difference += weight * (change + change);
            }
        }
        sum += weight * (ln(down) + ln(up));
        difference += weight * (ln(down) - ln(up));
        better(difference, sum)
    }
}

/// The sign of the better one of two mutants, 0 if it does not improve the loss.
fn better(difference: f32, sum: f32) -> f32 {
    if sum >= difference.abs() {
        0.0
    } else if difference > 0.0 {
        1.0
    } else {
        -1.0
    }
}
