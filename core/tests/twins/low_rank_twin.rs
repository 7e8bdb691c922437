//! The readable twin of `tinyevo_core::evolution::LowRankEs`: one number at a time, no lanes, no parts.
//!
//! It has the same bits, so every sum runs in the order of the fast one.

use crate::formulas::{shape, weighted_sum};
use crate::parent::{Parent, Seen, directions};
use tinyevo_core::evolution::LowRankEs;
use tinyevo_core::layers::Activation;
use tinyevo_core::math::{exp, ln, sqrt};
use tinyevo_core::network::Network;
use tinyevo_core::rng::derive;
use tinyevo_core::shape::Shape;

pub(crate) struct Twin<'a> {
    pub(crate) es: LowRankEs,
    pub(crate) parent: Parent<'a>,
}

/// The factors of all mutants for one layer: `left[column][input]`, the bias last, and `right[column][unit]`.
/// Pair i has column i for the first rank, column i + pairs for the second, and so on.
pub(crate) struct Factors {
    pub(crate) left: Vec<Vec<f32>>,
    pub(crate) right: Vec<Vec<f32>>,
    /// The standard deviation of an entry of `left`.
    pub(crate) deviation: f32,
}

impl<'a> Twin<'a> {
    pub(crate) fn new(es: LowRankEs, network: &'a Network, seed: u64, length: u32) -> Self {
        Self { es, parent: Parent::new(es.initialisation, network, seed, length) }
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
        let mut steps = vec![0.0; self.parent.genome.len()];
        for (stage, factors) in self.parent.network.stages().iter().zip(&factors) {
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
        self.parent.adam(generation, [self.es.learning_rate, self.es.decay], &steps);
    }

    fn base(&self, generation: u32) -> u64 {
        self.parent.words(b"low-rank", generation)
    }

    /// The factors of each layer, drawn in sets of 64 columns.
    pub(crate) fn factors(&self, generation: u32) -> Vec<Factors> {
        let columns = self.es.pairs * self.es.rank;
        let stages = self.parent.network.stages().iter().enumerate();
        let each = stages.map(|(layer, stage)| {
            let draw = |shape: Shape, side: usize| {
                let matrix = derive(self.base(generation), (2 * layer + side) as u64);
                let (mut all, mut deviation) = (Vec::new(), 1.0);
                for set in 0..columns.div_ceil(64) {
                    let (width, seed) = ((columns - 64 * set).min(64), derive(matrix, set as u64));
                    let drawn = directions(shape, self.es.blur, width, seed);
                    let column = |k: usize| drawn.rows.iter().map(|row| row[k]).collect();
                    all.extend((0..width).map(column).collect::<Vec<Vec<f32>>>());
                    deviation = drawn.deviation;
                }
                (all, deviation)
            };
            // Only the inputs are an image.
            let flat = Shape::flat(stage.input.elements());
            let (left, deviation) = draw(if layer == 0 { stage.input } else { flat }, 0);
            // The last row is a bias, which units have not.
            let (mut right, _) = draw(Shape::flat(stage.output.elements()), 1);
            right.iter_mut().for_each(|column| column.truncate(stage.output.elements()));
            Factors { left, right, deviation }
        });
        each.collect()
    }

    fn unit(&self) -> f32 {
        self.es.sigma / sqrt(self.es.rank as f32)
    }

    /// The parent on one sample, and the projections of the first layer's factors, one a column.
    fn look(&self, input: &[f32], label: u8, factors: &[Factors], word: u64) -> Seen {
        let mut seen = self.parent.look(input, label, self.es.roulette, word);
        let unit = self.unit() / factors[0].deviation;
        let project = |left: &Vec<f32>| {
            let rows: Vec<&[f32]> = left.iter().map(std::slice::from_ref).collect();
            weighted_sum(input, &rows, 0) * unit
        };
        seen.projections.push(factors[0].left.iter().map(project).collect());
        seen
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
        let stages = self.parent.network.stages();
        let ranks = || (0..self.es.rank).map(|rank| rank * self.es.pairs + pair);
        let units = stages[0].output.elements();
        let moves: Vec<f32> = (0..units)
            .map(|unit| {
                let term =
                    |column: usize| seen.projections[0][column] * factors[0].right[column][unit];
                ranks().fold(0.0, |sum, column| sum + term(column))
            })
            .collect();
        let mut changes: Vec<[f32; 2]> = moves.iter().map(|d| [*d, -d]).collect();
        // The largest move of any neuron in any mutant: a neuron that it cannot switch is steady.
        let reach = seen.projections[0]
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
                let own = |x| Parent::relu(before, x);
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
            let kernel = &self.parent.genome[stage.kernel()];
            let mut next: Vec<[f32; 2]> =
                (0..units).map(|unit| product(&|j| kernel[j * units + unit])).collect();
            for column in ranks() {
                let left = &factors[layer + 1].left[column];
                let listed = steady.iter().chain(&loose);
                let add = |sum: f32, &j: &usize| sum + Parent::relu(before, z[j]) * left[j];
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
}
