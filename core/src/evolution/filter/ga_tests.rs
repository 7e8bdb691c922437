//! The genetic algorithm's next parent against a plain twin: every mutant and every child by whole forward passes, one
//! sample at a time, in 64 bits.

use super::generation::Mutants;
use super::layout::{Layout, Regions, Rule};
use super::losses::{Known, change_of_loss, difference_and_sum, excess, finish};
use super::tests::{ROULETTE, are_of_a_roulette, losses, samples, stacks, task, weights};
use crate::chain::Link;
use crate::evolution::selection::Replace;
use crate::evolution::{Algorithm, FilterGa, Memory};
use crate::fitness::{self, Measure};
use crate::layers::Layer;
use crate::network::Network;
use crate::objective::Samples;
use crate::operators::Initialisation;
use crate::schedule::Schedule;
use crate::shape::Shape;
use crate::spread::InOrder;
extern crate std;
use std::vec;
use std::vec::Vec;

/// Large mutations, so that some children are worse than their parents. The tests set the roulette.
const MUTANTS: Mutants = Mutants {
    initialisation: Initialisation::He,
    directions: 5,
    early_directions: 3,
    early_every: 2,
    sigma: 0.2,
    early_sigma: 0.3,
    output_sigma: 0.15,
    roulette: 0.0,
    rule: Rule::Improving,
};
const KEEP: f32 = 0.9;
const COUNT: usize = 37;

/// How often each thing was seen.
#[derive(Debug, Default)]
struct Seen {
    accepted: usize,
    rejected: usize,
    /// Too near to a tie for 32 bits.
    near: usize,
}

/// The sign of the better mutant of a pair if it improves the loss, else 0; `None` for a tie, where losses differ by less
/// than `tie`. From what the losses of both are more than the parent's.
fn better([plus, minus]: [f64; 2], tie: f64) -> Option<f32> {
    let best = plus.min(minus);
    if best.abs() < tie || (best < 0.0 && (plus - minus).abs() < tie) {
        return None;
    }
    Some(if best > 0.0 {
        0.0
    } else if plus < minus {
        1.0
    } else {
        -1.0
    })
}

/// The twin: a parent on samples.
struct Twin<'a> {
    objective: &'a Samples<'a, f32>,
    genome: &'a [f32],
    /// The parent's loss on each sample.
    parent: Vec<f64>,
    /// The weight of each sample by the roulette, and its place among those that count.
    weights: &'a [f64],
    places: Vec<usize>,
}

impl<'a> Twin<'a> {
    fn new(
        objective: &'a Samples<'a, f32>,
        genome: &'a [f32],
        parent: Vec<f64>,
        weights: &'a [f64],
    ) -> Self {
        // Those that count come by weight, then by index.
        let place = |sample: usize| {
            let before = |other: usize| {
                weights[other] > 0.0 && (weights[other], other) < (weights[sample], sample)
            };
            (0..weights.len()).filter(|&other| before(other)).count()
        };
        let places = (0..weights.len()).map(place).collect();
        Self { objective, genome, parent, weights, places }
    }

    /// Losses that differ by less are a tie.
    fn tie(&self) -> f64 {
        3e-5 * self.weights.iter().sum::<f64>()
    }

    /// By how much the loss changes on the samples that count, with these places among them.
    fn change(&self, is_due: impl Fn(usize) -> bool, change: impl Fn(&mut [f32])) -> f64 {
        let mut genome = self.genome.to_vec();
        change(&mut genome);
        let both = losses(self.objective, &genome).into_iter().zip(&self.parent);
        let due = both.zip(self.weights).zip(&self.places).filter(|(_, place)| is_due(**place));
        due.map(|(((own, parent), weight), _)| weight * (own - parent)).sum()
    }

    /// What a filter takes of each weight's direction; `None` for a tie.
    fn child(
        &self,
        (link, filter): (&Link, usize),
        sigma: f32,
        is_due: impl Fn(usize) -> bool,
        directions: &[Vec<f32>],
        seen: &mut Seen,
    ) -> Option<Vec<f32>> {
        let moved = |genome: &mut [f32], by: &dyn Fn(usize) -> f32| {
            for row in 0..=link.inputs() {
                genome[link.kernel + row * link.filters + filter] += sigma * by(row);
            }
        };
        let mut signs = Vec::new();
        for direction in directions {
            let loss = |sign: f32| {
                self.change(&is_due, |genome| moved(genome, &|row| sign * direction[row]))
            };
            signs.push(better([loss(1.0), loss(-1.0)], self.tie())?);
        }
        let improving = signs.iter().filter(|sign| **sign != 0.0).count();
        let scale = if improving > 0 { 1.0 / (improving as f32).sqrt() } else { 0.0 };
        let sum = |row: usize| -> f32 {
            signs
                .iter()
                .zip(directions)
                .map(|(sign, direction)| scale * sign * direction[row])
                .sum()
        };
        let child: Vec<f32> = (0..=link.inputs()).map(sum).collect();
        let change = self.change(|_| true, |genome| moved(genome, &|row| child[row]));
        if improving > 0 && change.abs() < self.tie() {
            return None;
        }
        if improving > 0 && change > 0.0 {
            seen.rejected += 1;
            return Some(vec![0.0; child.len()]);
        }
        seen.accepted += improving.min(1);
        Some(child)
    }
}

/// Returns the weights of the samples.
// long: all that one network is compared by
fn check<const WIDTH: usize>(
    input: Shape,
    layers: &[Layer],
    roulette: f32,
    seen: &mut Seen,
) -> Vec<f64> {
    let network = Network::new(input, layers).unwrap();
    let (samples, labels) = samples(input, COUNT);
    let measure = Measure::CrossEntropy;
    let objective = Samples { network: &network, samples: &samples, labels: &labels, measure };
    let mutants = Mutants { roulette, ..MUTANTS };
    let lengths = mutants.lengths(&network, &objective, 0);
    let (mut state, mut shared) = (vec![0.0; lengths.state], vec![0.0; lengths.shared]);
    let (mut picks, mut room) = (vec![0; lengths.picks], vec![f32::NAN; lengths.part]);
    let mut none: [fitness::Score; 0] = [];
    let step = Replace { units: [0.3, 0.2, 0.15], keep: KEEP };
    let (mut genome, mut evaluations) = (Vec::new(), 0);
    for generation in 0..2 {
        genome = state[..network.parameters()].to_vec();
        let mut memory = Memory {
            state: &mut state[..],
            spare: &mut [][..],
            shared: &mut shared[..],
            picks: &mut picks[..],
            scores: &mut none[..],
        };
        let task = task(&network, &objective, generation);
        let spread = &mut InOrder::<WIDTH>(&mut room);
        let outcome = mutants.generation(&task, &step, &mut memory, spread).unwrap();
        evaluations = outcome.evaluations;
    }
    let next = &state[..network.parameters()];
    let layout = Layout::new(&network, COUNT, (3, 5), false, Rule::Improving).unwrap();
    let regions = Regions::of(&layout, &mut shared);
    let parent = losses(&objective, &genome);
    let weights = weights(regions.records, &parent, f64::from(roulette));
    let twin = Twin::new(&objective, &genome, parent, &weights);
    let equal = |weight: usize, change: f32| {
        let expected = KEEP * genome[weight] + change;
        let got = next[weight];
        assert!((got - expected).abs() < 1e-5, "weight {weight}: {got}, not {expected}");
    };
    let (mut expected, hidden) = (1, layout.hidden().len());
    for (layer, (link, own)) in layout.hidden().enumerate() {
        let is_last = layer + 1 == hidden;
        // Of the lane groups of 16 samples that count every second one, in generation 1 those with an odd number.
        let is_due = |place: usize| is_last || (place / 16) % 2 == 1;
        let sigma = if is_last { 0.2 } else { 0.3 };
        let entry = |row: usize, k: usize| regions.entries[own.entries + row * own.row + k];
        let direction = |k: usize| (0..=link.inputs()).map(|row| entry(row, k)).collect();
        let directions: Vec<Vec<f32>> = (0..own.directions).map(direction).collect();
        expected += link.filters * (2 * own.directions + 1);
        for filter in 0..link.filters {
            let child = twin.child((link, filter), sigma, is_due, &directions, seen);
            let Some(child) = child else {
                seen.near += 1;
                continue;
            };
            for (row, x) in child.iter().enumerate() {
                equal(link.kernel + row * link.filters + filter, sigma * x);
            }
        }
    }
    let output = layout.output().unwrap();
    expected += 2 * output.parameters();
    assert_eq!(evaluations, expected as u64);
    for weight in output.kernel..output.kernel + output.parameters() {
        let loss = |sign: f32| twin.change(|_| true, |genome| genome[weight] += sign * 0.15);
        match better([loss(1.0), loss(-1.0)], twin.tie()) {
            Some(sign) => equal(weight, 0.15 * sign),
            None => seen.near += 1,
        }
    }
    weights
}

#[test]
fn the_next_parent_is_that_of_whole_forward_passes() {
    let mut seen = Seen::default();
    for (input, layers) in stacks() {
        check::<1>(input, &layers, 0.0, &mut seen);
        check::<8>(input, &layers, 0.0, &mut seen);
    }
    std::println!("{seen:?}");
    assert!(seen.accepted > 20 && seen.rejected > 5 && seen.near < 30, "{seen:?}");
}

#[test]
fn the_next_parent_is_that_of_the_samples_that_the_roulette_keeps() {
    let (mut seen, mut weights) = (Seen::default(), vec![]);
    for (input, layers) in stacks() {
        weights.extend(check::<8>(input, &layers, ROULETTE, &mut seen));
    }
    std::println!("{seen:?}");
    assert!(seen.accepted > 10 && seen.rejected > 2 && seen.near < 30, "{seen:?}");
    are_of_a_roulette(&weights);
}

#[test]
fn settings_out_of_range_are_refused() {
    let decay = Schedule::Constant { value: 201.0 };
    for (settings, expected) in [
        (FilterGa { directions: 65, ..FilterGa::USUAL }, "directions"),
        (FilterGa { early_directions: 0, ..FilterGa::USUAL }, "early directions"),
        (FilterGa { early_every: 0, ..FilterGa::USUAL }, "early every"),
        (FilterGa { sigma: 0.0, ..FilterGa::USUAL }, "sigma"),
        (FilterGa { early_sigma: 0.0, ..FilterGa::USUAL }, "early sigma"),
        (FilterGa { output_sigma: -1.0, ..FilterGa::USUAL }, "output sigma"),
        (FilterGa { roulette: -1.0, ..FilterGa::USUAL }, "roulette"),
        (
            FilterGa { mutation_scale: Schedule::Linear { from: 1.0, to: 0.0 }, ..FilterGa::USUAL },
            "mutation scale",
        ),
        (FilterGa { sigma: 0.005, decay, ..FilterGa::USUAL }, "sigma times"),
    ] {
        let error = std::format!("{}", settings.in_range().unwrap_err());
        assert!(error.starts_with(expected), "{error}");
        let check = Algorithm::<Samples<'_, f32>>::check(&settings);
        assert_eq!(check, settings.in_range());
    }
    assert_eq!(FilterGa::default().in_range(), Ok(()));
}

#[test]
fn what_changes_nothing_is_neither_selected_nor_accepted() {
    const LANES: usize = crate::slices::LANES;
    let lane =
        |class: usize| core::array::from_fn(|lane| ((class * 7 + lane * 3) % 11) as f32 * 0.4);
    let logits: Vec<[f32; LANES]> = (0..5).map(lane).collect();
    let mut probabilities = [[0.0; LANES]; 5];
    super::losses::probabilities(&logits, &mut probabilities);
    let labels = super::losses::Labels(core::array::from_fn(|lane| Some(lane % 5)));
    let known = Known { labels, weights: [256.0; LANES], probabilities: &probabilities };
    let mut sums = [[1.0; LANES]; 4];
    finish(&[[0.0; LANES]; 10], &known, &mut sums);
    let excess = excess(&probabilities);
    assert!(excess.iter().any(|x| *x != 0.0), "these probabilities show nothing");
    assert_eq!(difference_and_sum(&sums, &excess, &known.weights), (0.0, 0.0));
    assert_eq!(change_of_loss(&[[0.0; LANES]; 5], &known), 0.0);
}
