//! The differences of mutants of a network of integers against whole forward passes of the mutants, in plain scalar code.

use super::generation::Mutants;
use super::layout::{Layout, Regions, Rule};
use super::tests::{ROULETTE, Stay, are_of_a_roulette, task, weights};
use crate::batch::Groups;
use crate::chain::Chain;
use crate::deploy::{Format, Formats, RANGE, Scale, deploy, scales_length};
use crate::evolution::Memory;
use crate::fitness::{self, Measure, cross_entropy};
use crate::layers::{Activation, Conv2d, Dense, Flatten, Layer, MaxPool2d, Padding, Window};
use crate::network::Network;
use crate::objective::{Labelled, Objective};
use crate::operators::Initialisation;
use crate::rng::{Purpose, index, stream};
use crate::shape::Shape;
use crate::spread::InOrder;
extern crate std;
use std::vec;
use std::vec::Vec;

const RELU: Activation = Activation::Relu;
const SIGMA: f32 = 0.03;
const OUTPUT_SIGMA: f32 = 0.05;

/// A network of integers, and the change of one filter, in units of its sums.
struct Mutant<'a> {
    chain: &'a Chain,
    codes: &'a [f32],
    scales: &'a [f32],
    /// Link, filter, and what the filter's response is made of: a row of each input, the bias last; none for
    /// the parent.
    change: Option<(usize, usize, Vec<f32>)>,
    sign: f32,
}

impl Mutant<'_> {
    /// The logits of an image.
    fn logits(&self, image: &[u8]) -> Vec<f32> {
        self.outputs(image, self.chain.links().len())
    }

    /// The outputs of the first so many links, by plain loops over places.
    // long: it is plain on purpose
    fn outputs(&self, image: &[u8], links: usize) -> Vec<f32> {
        let mut map: Vec<f32> = image.iter().map(|pixel| f32::from(*pixel)).collect();
        for (number, link) in self.chain.links().iter().take(links).enumerate() {
            let (rows, columns) = link.sides;
            let (kernel, bias) = link.weights(self.codes);
            let mut sums = vec![0.0; link.sums()];
            for filter in 0..link.filters {
                let scale = Scale::of(self.scales, link.first_filter + filter).unwrap();
                for place in 0..link.places() {
                    let (y, x) = (place / columns.outputs, place % columns.outputs);
                    let (mut sum, mut response) = (bias[filter], 0.0);
                    let own = self.change.as_ref().filter(|it| (it.0, it.1) == (number, filter));
                    let (lines, first_row) = rows.clip(y);
                    for (ky, row) in lines.zip(first_row..) {
                        let (taps, first) = columns.clip(x);
                        for (kx, column) in taps.zip(first..) {
                            for channel in 0..link.input.channels {
                                let place = (row * columns.inputs + column) * link.input.channels;
                                let value = map[place + channel];
                                let tap = (ky * columns.size + kx) * link.input.channels + channel;
                                sum += value * kernel[tap * link.filters + filter];
                                response += own.map_or(0.0, |it| it.2[tap]) * value;
                            }
                        }
                    }
                    if let Some((.., direction)) = own {
                        let unit = if number == 0 { 255.0 } else { 1.0 / (RANGE / 255.0) };
                        response += direction[link.inputs()] * unit;
                        sum += self.sign * (SIGMA / scale.unit * response);
                    }
                    sums[filter * link.places() + place] = sum;
                }
            }
            map = vec![0.0; link.output.elements()];
            for filter in 0..link.filters {
                let scale = Scale::of(self.scales, link.first_filter + filter).unwrap();
                for (place, to) in map.iter_mut().skip(filter).step_by(link.filters).enumerate() {
                    let (y, x) = (place / link.output.width, place % link.output.width);
                    let own = &sums[filter * link.places()..][..link.places()];
                    let largest = match self.chain.pools(link) {
                        [] => own[place],
                        [(rows, columns)] => {
                            let mut largest = f32::NEG_INFINITY;
                            let (lines, first_row) = rows.clip(y);
                            for (_, row) in lines.zip(first_row..) {
                                let (taps, first) = columns.clip(x);
                                for (_, column) in taps.zip(first..) {
                                    largest = largest.max(own[row * link.sides.1.outputs + column]);
                                }
                            }
                            largest
                        }
                        other => panic!("{other:?}"),
                    };
                    let is_mutant =
                        self.change.as_ref().is_some_and(|it| (it.0, it.1) == (number, filter));
                    *to = if !link.relu {
                        largest * scale.unit
                    } else if is_mutant {
                        rounded(&scale, largest)
                    } else {
                        scale.scaled(largest as i32) as f32
                    };
                }
            }
        }
        map
    }
}

/// What a sum that is no whole number becomes: [`Scale::scaled`] without its integers.
fn rounded(scale: &Scale, sum: f32) -> f32 {
    let power = 1.0 / (1_u32 << scale.shift) as f32;
    (sum.max(0.0) * (scale.multiplier as f32 * power) + 0.5 * power).round_ties_even().min(255.0)
}

fn stacks() -> Vec<(Shape, Vec<Layer>, Vec<Format>)> {
    let conv = |filters, window| Layer::Conv2d(Conv2d { filters, window, activation: RELU });
    let pool = |size| Layer::MaxPool2d(MaxPool2d { window: Window::tiles(size) });
    let dense = |units| Layer::Dense(Dense { units, activation: RELU });
    let last = Layer::Dense(Dense { units: 5, activation: Activation::Softmax });
    let grey = Shape { height: 12, width: 12, channels: 1 };
    let colour = Shape { height: 9, width: 7, channels: 3 };
    let same = Window { padding: Padding::Same, ..Window::slides(3) };
    vec![
        (
            grey,
            vec![conv(5, Window::slides(3)), pool(2), Layer::Flatten(Flatten), last],
            vec![Format::Int8, Format::Ternary],
        ),
        (
            grey,
            vec![
                conv(3, Window::slides(3)),
                pool(2),
                conv(7, Window::slides(2)),
                pool(2),
                Layer::Flatten(Flatten),
                last,
            ],
            vec![Format::Int4, Format::Ternary, Format::Int4],
        ),
        (
            colour,
            vec![
                conv(4, same),
                conv(6, Window::slides(2)),
                Layer::Flatten(Flatten),
                dense(7),
                last,
            ],
            vec![Format::Int8, Format::Int4, Format::Ternary, Format::Int8],
        ),
        (Shape::flat(11), vec![dense(9), last], vec![Format::Int8, Format::Int8]),
    ]
}

const COUNT: usize = 21;

fn images(input: Shape) -> (Vec<u8>, Vec<u8>) {
    let mut rng = stream(3, 0, 0, Purpose::Show);
    let mut value = || index(&mut rng, 256) as u8;
    let images = (0..COUNT * input.elements()).map(|_| value()).collect();
    (images, (0..COUNT).map(|sample| (sample % 5) as u8).collect())
}

/// Returns the weights of the samples.
// long: all that one network is compared by
fn check<const WIDTH: usize>(
    (input, layers, formats): (Shape, &[Layer], &[Format]),
    roulette: f32,
) -> Vec<f64> {
    let network = Network::new(input, layers).unwrap();
    let (images, labels) = images(input);
    let rows = Labelled { features: input.elements(), samples: &images, labels: &labels };
    let formats = Formats::new(&network, formats).unwrap();
    let objective = Groups::new(&network, rows, Measure::CrossEntropy, true).unwrap();
    let objective = objective.with_formats(Some(formats.clone()));
    let mutants = Mutants {
        initialisation: Initialisation::He,
        directions: 5,
        early_directions: 3,
        early_every: 1,
        sigma: SIGMA,
        early_sigma: SIGMA,
        output_sigma: OUTPUT_SIGMA,
        roulette,
        rule: Rule::Differences,
    };
    let lengths = mutants.lengths(&network, &objective, 0);
    let (mut state, mut shared) = (vec![0.0; lengths.state], vec![0.0; lengths.shared]);
    let (mut picks, mut room) = (vec![0; lengths.picks], vec![f32::NAN; lengths.part]);
    let mut none: [fitness::Score; 0] = [];
    let mut losses = [0.0; 2];
    for generation in 0..2 {
        let mut memory = Memory {
            state: &mut state[..],
            spare: &mut [][..],
            shared: &mut shared[..],
            picks: &mut picks[..],
            scores: &mut none[..],
        };
        let task = task(&network, &objective, generation);
        let spread = &mut InOrder::<WIDTH>(&mut room);
        let outcome = mutants.generation(&task, &Stay, &mut memory, spread).unwrap();
        losses[generation as usize] = outcome.best;
    }
    let genome = &state[..network.parameters()];
    let (mut codes, mut scales) = (vec![0.0; genome.len()], vec![0.0; scales_length(&network)]);
    deploy(&network, &formats, genome, &mut codes, &mut scales).unwrap();
    let chain = Chain::of(&network).unwrap();
    let parent = Mutant { chain: &chain, codes: &codes, scales: &scales, change: None, sign: 0.0 };
    let all = |mutant: &Mutant<'_>| -> Vec<Vec<f32>> {
        images.chunks(input.elements()).map(|image| mutant.logits(image)).collect()
    };
    let losses_of = |logits: &[Vec<f32>]| -> Vec<f64> {
        logits.iter().zip(&labels).map(|(l, &y)| f64::from(cross_entropy(l, y))).collect()
    };
    // The parent's loss, and the score of the objective.
    let logits = all(&parent);
    let parents = losses_of(&logits);
    let mean = parents.iter().sum::<f64>() / COUNT as f64;
    assert!((f64::from(losses[1]) - mean).abs() < 1e-4 * mean, "{losses:?} {mean}");
    let mut room = vec![f32::NAN; objective.room()];
    let score = objective.score::<WIDTH>(genome, 0, &mut room, false).unwrap();
    assert!((score.loss / COUNT as f64 - mean).abs() < 1e-4 * mean, "{score:?} {mean}");

    let layout = Layout::new(&network, COUNT, (3, 5), true, Rule::Differences).unwrap();
    let regions = Regions::of(&layout, &mut shared);
    assert_eq!((&*regions.codes, &*regions.scales), (&codes[..], &scales[..]));
    let weights = weights(regions.records, &parents, f64::from(roulette));
    let loss = |logits: &[Vec<f32>]| -> f64 {
        losses_of(logits).iter().zip(&weights).map(|(loss, weight)| loss * weight).sum()
    };
    let total: f64 = weights.iter().sum();
    let near = |got: f32, expected: f64, what: &str| {
        let error = (f64::from(got) - expected).abs();
        assert!(error < 5e-5 * total, "{what}: {got} for {expected}");
    };
    for (number, (link, own)) in layout.hidden().enumerate() {
        for (filter, direction) in
            (0..link.filters).flat_map(|f| (0..own.directions).map(move |k| (f, k)))
        {
            let at = own.totals + ((filter / 16 * own.directions) + direction) * 16;
            let entries = &regions.entries[own.entries..];
            let entry = |row: usize| entries[row * own.row + direction];
            let direction: Vec<f32> = (0..=link.inputs()).map(entry).collect();
            let mutant = |sign| {
                let change = Some((number, filter, direction.clone()));
                loss(&all(&Mutant { change, sign, ..parent_of(&parent) }))
            };
            let expected = mutant(-1.0) - mutant(1.0);
            near(regions.totals[at + filter % 16], expected, &std::format!("{number}, {filter}"));
        }
    }
    let output = layout.output().unwrap();
    let hidden = layout.hidden().len();
    let features: Vec<Vec<f32>> =
        images.chunks(input.elements()).map(|image| parent.outputs(image, hidden)).collect();
    for weight in 0..output.parameters() {
        let (feature, class) = (weight / output.filters, weight % output.filters);
        let mutant = |sign: f32| {
            let changed = logits.iter().zip(&features).map(|(own, features)| {
                let x = features.get(feature).map_or(1.0, |x| x * RANGE / 255.0);
                let mut own = own.clone();
                own[class] += sign * OUTPUT_SIGMA * x;
                own
            });
            loss(&changed.collect::<Vec<_>>())
        };
        let expected = mutant(-1.0) - mutant(1.0);
        near(regions.output[weight], expected, &std::format!("output weight {weight}"));
    }
    weights
}

fn parent_of<'a>(parent: &Mutant<'a>) -> Mutant<'a> {
    let Mutant { chain, codes, scales, .. } = *parent;
    Mutant { chain, codes, scales, change: None, sign: 0.0 }
}

#[test]
fn differences_of_integers_are_those_of_whole_forward_passes() {
    for (input, layers, formats) in stacks() {
        check::<1>((input, &layers, &formats), 0.0);
        check::<8>((input, &layers, &formats), 0.0);
    }
}

#[test]
fn differences_of_integers_are_weighted_by_the_roulette() {
    let mut weights = vec![];
    for (input, layers, formats) in stacks() {
        weights.extend(check::<8>((input, &layers, &formats), ROULETTE));
    }
    are_of_a_roulette(&weights);
}
