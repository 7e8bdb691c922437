//! Small tasks, and the comparison of an algorithm that moves one parent with its twin.

use tinyevo_core::batch::{self, Blocks, CHUNK, Entry, List, SparseSamples};
use tinyevo_core::error::LengthError;
use tinyevo_core::evolution::{Algorithm, EvolutionError, Memory, Outcome, Task};
use tinyevo_core::fitness::{Measure, Score};
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Batch, First, Labelled, Objective, Rows, Samples};
use tinyevo_core::order::Direction;
use tinyevo_core::rng::{Purpose, index, stream};
use tinyevo_core::shape::Shape;
use tinyevo_core::spread::InOrder;

pub(crate) const LENGTH: u32 = 8;

/// A network of these hidden widths.
pub(crate) fn network(
    input: Shape,
    hidden: &[usize],
    activation: Activation,
    classes: usize,
) -> Network {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let mut layers: Vec<Layer> = hidden.iter().map(|&units| dense(units, activation)).collect();
    layers.push(dense(classes, Activation::Softmax));
    Network::new(input, &layers).unwrap()
}

/// Pixels, half of them 0, and labels.
pub(crate) fn samples(input: Shape, count: usize, classes: usize) -> (Vec<u8>, Vec<u8>) {
    let mut rng = stream(5, count as u32, 0, Purpose::Show);
    let labels: Vec<u8> = (0..count).map(|_| index(&mut rng, classes) as u8).collect();
    let mut pixel = |label: u8| {
        let bright = index(&mut rng, 200) + 5 * usize::from(label);
        if index(&mut rng, 2) == 0 { 0 } else { bright as u8 }
    };
    let pixels = labels.iter().flat_map(|&label| (0..input.elements()).map(move |_| label));
    let pixels = pixels.map(&mut pixel).collect();
    (pixels, labels)
}

/// A batch that knows which inputs are 0 in all samples.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a, B> {
    batch: B,
    rows: Labelled<'a, u8>,
    used: &'a [bool],
}

impl<B: Batch> Rows for Known<'_, B> {
    type Value = u8;

    fn labels(&self) -> &[u8] {
        self.rows.labels
    }

    fn row(&self, index: usize) -> &[u8] {
        self.rows.row(index)
    }
}

impl<B: Batch> Objective for Known<'_, B> {
    fn direction(&self) -> Direction {
        self.batch.direction()
    }

    fn value(&self, score: &Score) -> f32 {
        self.batch.value(score)
    }

    fn score<const WIDTH: usize>(
        &self,
        genome: &[f32],
        part: usize,
        room: &mut [f32],
        held: bool,
    ) -> Result<Score, LengthError> {
        self.batch.score::<WIDTH>(genome, part, room, held)
    }
}

impl<B: Batch> Batch for Known<'_, B> {
    fn labels(&self) -> &[u8] {
        self.batch.labels()
    }

    fn part_length(&self) -> usize {
        self.batch.part_length()
    }

    fn is_used(&self, input: usize) -> bool {
        self.used[input]
    }

    fn packed_length(&self, units: usize) -> usize {
        self.batch.packed_length(units)
    }

    fn pack<const WIDTH: usize>(
        &self,
        units: usize,
        weights: &[f32],
        packed: &mut [f32],
    ) -> Result<(), LengthError> {
        self.batch.pack::<WIDTH>(units, weights, packed)
    }

    fn sums<const WIDTH: usize>(
        &self,
        part: usize,
        layer: First<'_>,
        wanted: Option<&[bool]>,
        out: &mut [f32],
    ) -> Result<(), LengthError> {
        self.batch.sums::<WIDTH>(part, layer, wanted, out)
    }
}

/// The state of a run of `LENGTH` generations, and each outcome.
pub(crate) fn evolve<B: Batch, const WIDTH: usize>(
    algorithm: &impl Algorithm<B>,
    network: &Network,
    batch: &B,
) -> Result<(Vec<f32>, Vec<Outcome>), EvolutionError> {
    evolve_to::<B, WIDTH>(algorithm, network, batch, LENGTH)
}

/// The first generations of a run of `LENGTH`.
pub(crate) fn evolve_to<B: Batch, const WIDTH: usize>(
    algorithm: &impl Algorithm<B>,
    network: &Network,
    batch: &B,
    end: u32,
) -> Result<(Vec<f32>, Vec<Outcome>), EvolutionError> {
    let lengths = algorithm.lengths(network, batch);
    let mut memory = Memory {
        state: vec![f32::NAN; lengths.state],
        spare: vec![],
        shared: vec![f32::NAN; lengths.shared],
        picks: vec![usize::MAX; lengths.picks],
        scores: Vec::<Score>::new(),
    };
    let mut room = vec![f32::NAN; lengths.part];
    let mut outcomes = vec![];
    for generation in 0..end {
        let (objective, seed, length) = (batch, 3, LENGTH);
        let task =
            Task { network, objective, seed, generation, length, rescore: true, start: None };
        outcomes.push(algorithm.generation(
            &task,
            &mut memory,
            &mut InOrder::<WIDTH>(&mut room),
        )?);
    }
    Ok((memory.state, outcomes))
}

fn bits(floats: &[f32]) -> Vec<u32> {
    floats.iter().map(|x| x.to_bits()).collect()
}

/// Compares an algorithm, on plain samples and on encoded ones of every width, with its twin, which makes the
/// genome of a run of `LENGTH` generations from the inputs, the labels, and whether each input is used; once with
/// all inputs, and once with a third of them unused.
pub(crate) fn compare<A>(
    algorithm: &A,
    network: &Network,
    count: usize,
    twin: impl Fn(&[Vec<f32>], &[u8], &[bool]) -> Vec<f32>,
) where
    A: for<'a> Algorithm<Known<'a, Samples<'a, u8>>> + for<'a> Algorithm<Known<'a, Blocks<'a>>>,
{
    let features = network.input().elements();
    let (mut pixels, labels) = samples(network.input(), count, network.outputs());
    let all = vec![true; features];
    compare_on(algorithm, network, (&pixels, &labels, &all), &twin);
    let some: Vec<bool> = (0..features).map(|input| input % 3 != 1).collect();
    for (pixel, used) in pixels.iter_mut().zip(some.iter().cycle()) {
        *pixel *= u8::from(*used);
    }
    compare_on(algorithm, network, (&pixels, &labels, &some), &twin);
}

fn compare_on<A>(
    algorithm: &A,
    network: &Network,
    (pixels, labels, used): (&[u8], &[u8], &[bool]),
    twin: &impl Fn(&[Vec<f32>], &[u8], &[bool]) -> Vec<f32>,
) where
    A: for<'a> Algorithm<Known<'a, Samples<'a, u8>>> + for<'a> Algorithm<Known<'a, Blocks<'a>>>,
{
    let (features, count) = (used.len(), labels.len());
    let row = |row: &[u8]| row.iter().map(|&x| f32::from(x) / 255.0).collect();
    let inputs: Vec<Vec<f32>> = pixels.chunks(features).map(row).collect();
    let expected = twin(&inputs, labels, used);
    let measure = Measure::CrossEntropy;
    let rows = Labelled { features, samples: pixels, labels };
    let plain = Known { batch: Samples { network, samples: pixels, labels, measure }, rows, used };
    let (state, outcomes) = evolve::<_, 1>(algorithm, network, &plain).unwrap();
    assert_eq!(bits(&state[..expected.len()]), bits(&expected), "the twin differs");
    assert!(expected.iter().all(|x| x.is_finite()));
    assert!(outcomes[7].best < outcomes[0].best, "{outcomes:?}");

    // The weights of unused inputs stay as they were drawn, and those of the others do not.
    let (first, _) = evolve_to::<_, 1>(algorithm, network, &plain, 1).unwrap();
    let units = network.stages()[0].output.elements();
    for ((now, drawn), used) in state.chunks(units).zip(first.chunks(units)).zip(used) {
        assert_eq!(bits(now) != bits(drawn), *used, "{now:?} {drawn:?}");
    }

    let mut lists = vec![List::default(); count * batch::tiles(features)];
    let mut entries = vec![Entry::default(); pixels.len()];
    let mut starts = vec![0; count.div_ceil(CHUNK) + 1];
    batch::encode(pixels, features, &mut starts, &mut lists, &mut entries).unwrap();
    let samples = SparseSamples::new(features, &starts, &lists, &entries, labels).unwrap();
    let blocks = Known { batch: Blocks { network, samples, measure, loss: false }, rows, used };
    for other in [
        evolve::<_, 1>(algorithm, network, &blocks),
        evolve::<_, 2>(algorithm, network, &blocks),
        evolve::<_, 4>(algorithm, network, &blocks),
        evolve::<_, 8>(algorithm, network, &blocks),
    ] {
        assert_eq!(bits(&other.unwrap().0), bits(&state), "the batch differs");
    }
}

pub(crate) const IMAGE: Shape = Shape { height: 6, width: 5, channels: 1 };
