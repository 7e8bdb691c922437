//! The readable twin of `tinyevo_core::evolution::LowRankEs`: one number at a time, no lanes, no parts.
//!
//! It has the same bits, so every sum runs in the order of the fast one.

use tinyevo_core::evolution::{LowRankEs, Shaping};
use tinyevo_core::layers::Activation;
use tinyevo_core::math::{exp, ln, reciprocal_sqrt, sqrt};
use tinyevo_core::network::{Network, Stage};
use tinyevo_core::rng::{Purpose, derive, stream};

/// The parent and Adam's moments.
pub(crate) struct Twin<'a> {
    pub(crate) es: LowRankEs,
    pub(crate) network: &'a Network,
    pub(crate) seed: u64,
    pub(crate) length: u32,
    pub(crate) genome: Vec<f32>,
    pub(crate) moments: Vec<(f32, f32)>,
}

/// The factors of all mutants for one layer: `left[column][input]`, the bias last, and `right[column][unit]`.
/// Pair i has column i for the first rank, column i + pairs for the second, and so on.
pub(crate) struct Factors {
    pub(crate) left: Vec<Vec<f32>>,
    pub(crate) right: Vec<Vec<f32>>,
    /// The standard deviation of an entry of `left`.
    pub(crate) deviation: f32,
}

/// A sample on its way: the sums of each layer, the probabilities, its weight.
struct Seen {
    label: usize,
    sums: Vec<Vec<f32>>,
    probabilities: Vec<f32>,
    weight: f32,
    /// The projections of the first layer, one a column.
    projections: Vec<f32>,
}

impl<'a> Twin<'a> {
    pub(crate) fn new(es: LowRankEs, network: &'a Network, seed: u64, length: u32) -> Self {
        let mut genome = vec![0.0; network.parameters()];
        let mut rng = stream(seed, 0, 0, Purpose::Initialise);
        es.initialisation.fill(network, &mut genome, &mut rng).unwrap();
        let moments = vec![(0.0, 0.0); genome.len()];
        Self { es, network, seed, length, genome, moments }
    }

    /// One generation on a batch.
    pub(crate) fn step(&mut self, generation: u32, inputs: &[Vec<f32>], labels: &[u8]) {
        let factors = self.factors(generation);
        let word = |n: usize| derive(derive(self.base(generation), u64::MAX), n as u64);
        let samples = inputs.iter().zip(labels).enumerate();
        let seen: Vec<Seen> = samples
            .map(|(n, (input, &label))| self.look(input, label, &factors, word(n)))
            .filter(|seen| seen.weight > 0.0)
            .collect();
        let fitness = |pair| {
            seen.iter().fold(0.0, |sum, seen| sum + seen.weight * self.pair(seen, pair, &factors))
        };
        let f = shape(&(0..self.es.pairs).map(fitness).collect::<Vec<f32>>(), self.es.shaping);
        let mut steps = vec![0.0; self.genome.len()];
        for (stage, factors) in self.network.stages().iter().zip(&factors) {
            let units = stage.output.elements();
            for row in 0..=stage.input.elements() {
                for unit in 0..units {
                    let columns = factors.left.iter().zip(&factors.right).enumerate();
                    steps[stage.kernel_start + row * units + unit] =
                        columns.fold(0.0, |sum, (column, (a, b))| {
                            sum + a[row] * (f[column % self.es.pairs] * b[unit])
                        });
                }
            }
        }
        self.adam(generation, &steps);
    }

    fn base(&self, generation: u32) -> u64 {
        // "low-rank" in ASCII keeps the words apart from all others.
        derive(derive(self.seed, u64::from_be_bytes(*b"low-rank")), u64::from(generation))
    }

    /// The factors of each layer.
    pub(crate) fn factors(&self, generation: u32) -> Vec<Factors> {
        let columns = self.es.pairs * self.es.rank;
        let stages = self.network.stages().iter().enumerate();
        let each = stages.map(|(layer, stage)| {
            let inputs = stage.input.elements();
            let seed = |side: usize, set: usize| {
                derive(derive(self.base(generation), (2 * layer + side) as u64), set as u64)
            };
            // Words have 64 bits.
            let sign = |side: usize, column: usize, row: usize| {
                let word = derive(seed(side, column / 64), row as u64);
                1.0 - 2.0 * (word >> (column % 64) & 1) as f32
            };
            let (radius, shape) = (self.es.blur as isize, stage.input);
            let radius = if layer > 0 || shape.height < 2 || shape.width < 2 { 0 } else { radius };
            let kernel = binomial(radius);
            let deviation: f32 = kernel.iter().map(|c| c * c).sum();
            let (width, channels) = (shape.width as isize, shape.channels as isize);
            let height = if radius == 0 { inputs as isize } else { shape.height as isize };
            let (width, channels) = if radius == 0 { (1, 1) } else { (width, channels) };
            let left = |column: usize| {
                let entry = |input: usize| {
                    let (pixel, channel) = (input as isize / channels, input as isize % channels);
                    let mut sum = 0.0;
                    // Whole numbers: exact in any order.
                    for (dy, a) in (-radius..).zip(&kernel) {
                        for (dx, b) in (-radius..).zip(&kernel) {
                            let (y, x) = (pixel / width + dy, pixel % width + dx);
                            if (0..height).contains(&y) && (0..width).contains(&x) {
                                let source = (y * width + x) * channels + channel;
                                sum += a * b * sign(0, column, source as usize);
                            }
                        }
                    }
                    sum
                };
                let word = derive(seed(0, column / 64), (inputs + column % 64) as u64);
                let bias = (word.count_ones() as f32 - 32.0) * (0.25 * deviation);
                (0..inputs).map(entry).chain([bias]).collect()
            };
            let units = stage.output.elements();
            let right = |column| (0..units).map(|unit| sign(1, column, unit)).collect();
            Factors {
                left: (0..columns).map(left).collect(),
                right: (0..columns).map(right).collect(),
                deviation,
            }
        });
        each.collect()
    }

    fn activation(stage: &Stage, x: f32) -> f32 {
        if stage.layer.activation() == Activation::Relu && x <= 0.0 { 0.0 } else { x }
    }

    fn unit(&self) -> f32 {
        self.es.sigma / sqrt(self.es.rank as f32)
    }

    /// The parent on one sample.
    fn look(&self, input: &[f32], label: u8, factors: &[Factors], word: u64) -> Seen {
        let unit = self.unit() / factors[0].deviation;
        let project = |left: &Vec<f32>| weighted_sum(input, |i| left[i]) * unit;
        let projections = factors[0].left.iter().map(project).collect();
        let (mut sums, mut now) = (Vec::new(), input.to_vec());
        for stage in self.network.stages() {
            let units = stage.output.elements();
            let weights = &self.genome[stage.kernel_start..stage.end];
            let own = (0..units).map(|unit| weighted_sum(&now, |i| weights[i * units + unit]));
            let own: Vec<f32> = own.collect();
            now = own.iter().map(|&x| Self::activation(stage, x)).collect();
            sums.push(own);
        }
        let logits = sums.pop().unwrap();
        let largest = logits.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
        let powers: Vec<f32> = logits.iter().map(|x| exp(x - largest)).collect();
        let sum = powers.iter().fold(0.0, |sum, x| sum + x);
        let label = usize::from(label);
        let wrong = powers.iter().enumerate().filter(|(class, _)| *class != label);
        let rest = wrong.fold(0.0, |sum, (_, x)| sum + x) * (1.0 / sum);
        let (mut weight, mut limit) = (1_u64, self.es.roulette);
        while rest < limit && weight < 256 {
            weight *= 4;
            limit *= 0.25;
        }
        let weight = if word.is_multiple_of(weight) { weight as f32 } else { 0.0 };
        let probabilities = powers.iter().map(|x| x * (1.0 / sum)).collect();
        Seen { label, sums, probabilities, weight, projections }
    }

    /// The loss of the minus mutant of a pair less that of the plus mutant, on a sample.
    pub(crate) fn difference(
        &self,
        input: &[f32],
        label: u8,
        pair: usize,
        factors: &[Factors],
    ) -> f32 {
        self.pair(&self.look(input, label, factors, 0), pair, factors)
    }

    // long: the order of the sums
    fn pair(&self, seen: &Seen, pair: usize, factors: &[Factors]) -> f32 {
        let stages = self.network.stages();
        let ranks = || (0..self.es.rank).map(|rank| rank * self.es.pairs + pair);
        let units = stages[0].output.elements();
        let moves: Vec<f32> = (0..units)
            .map(|unit| {
                let term =
                    |column: usize| seen.projections[column] * factors[0].right[column][unit];
                ranks().fold(0.0, |sum, column| sum + term(column))
            })
            .collect();
        let mut changes: Vec<[f32; 2]> = moves.iter().map(|d| [*d, -d]).collect();
        // The largest move of any neuron in any mutant: a neuron that it cannot switch is steady.
        let reach = seen
            .projections
            .chunks(self.es.pairs)
            .fold(0.0, |sum, own| sum + own.iter().fold(0.0, |most: f32, x| most.max(x.abs())));
        let relu = stages[0].layer.activation() == Activation::Relu;
        for (layer, (before, stage)) in stages.iter().zip(&stages[1..]).enumerate() {
            let z = &seen.sums[layer];
            let all = 0..z.len();
            let (steady, loose): (Vec<usize>, Vec<usize>) = if layer == 0 {
                let moved = all.filter(|&j| !relu || z[j] > -reach);
                moved.partition(|&j| !relu || z[j] >= reach)
            } else {
                (vec![], all.collect())
            };
            let switch = |j: usize, d: f32| {
                let own = |x| Self::activation(before, x);
                if before.layer.activation() == Activation::Relu {
                    own(z[j] + d) - own(z[j])
                } else {
                    d
                }
            };
            // Changes of a sum of the activations with these weights, in both signs.
            let product = |weight: &dyn Fn(usize) -> f32| {
                let add = |sum: f32, (w, x): (f32, f32)| sum + w * x;
                let kept = steady.iter().map(|&j| (weight(j), changes[j][0])).fold(0.0, add);
                let of = |sign: usize| {
                    loose.iter().map(|&j| (weight(j), switch(j, changes[j][sign]))).fold(0.0, add)
                };
                [of(0) + kept, of(1) - kept]
            };
            let units = stage.output.elements();
            let kernel = &self.genome[stage.kernel()];
            let mut next: Vec<[f32; 2]> =
                (0..units).map(|unit| product(&|j| kernel[j * units + unit])).collect();
            for column in ranks() {
                let left = &factors[layer + 1].left[column];
                let listed = steady.iter().chain(&loose);
                let add = |sum: f32, &j: &usize| sum + Self::activation(before, z[j]) * left[j];
                let base = listed.fold(0.0, add) + left[z.len()];
                let t = product(&|j| left[j]).map(|change| (change + base) * self.unit());
                for (change, b) in next.iter_mut().zip(&factors[layer + 1].right[column]) {
                    *change = [change[0] + t[0] * b, change[1] - t[1] * b];
                }
            }
            changes = next;
        }
        let loss = |sign: usize| {
            let terms = seen.probabilities.iter().zip(&changes);
            let sum = terms.fold(0.0, |sum, (p, change)| sum + p * exp(change[sign]));
            ln(sum) - changes[seen.label][sign]
        };
        loss(1) - loss(0)
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

/// The sum over inputs, the bias last.
fn weighted_sum(input: &[f32], weight: impl Fn(usize) -> f32) -> f32 {
    let sum = input.iter().enumerate().fold(0.0, |sum, (i, x)| sum + x * weight(i));
    sum + weight(input.len())
}

/// The binomial kernel of a radius.
fn binomial(radius: isize) -> Vec<f32> {
    let mut row = vec![1.0];
    for _ in 0..2 * radius {
        let next = |i: usize| {
            let left = if i == 0 { 0.0 } else { row[i - 1] };
            left + row.get(i).copied().unwrap_or(0.0)
        };
        row = (0..=row.len()).map(next).collect();
    }
    row
}

fn shape(f: &[f32], shaping: Shaping) -> Vec<f32> {
    let sign = |x: f32| f32::from(u8::from(x > 0.0)) - f32::from(u8::from(x < 0.0));
    match shaping {
        Shaping::Normalised => {
            let sum = f.iter().fold(0.0, |sum, x| sum + x * x);
            let scale = reciprocal_sqrt(sum / f.len() as f32 + 1e-24);
            f.iter().map(|x| x * scale).collect()
        }
        Shaping::Signs => f.iter().map(|&x| sign(x)).collect(),
        Shaping::Ranks => {
            let rank = |x: f32| f.iter().fold(0.0, |sum, y| sum + sign(x - y));
            f.iter().map(|&x| rank(x) / (f.len() as f32 - 1.0)).collect()
        }
    }
}
