//! What a generation of the preset `es` takes, phase by phase: on one core, at its peak, and on all threads.

use super::roofline;
use super::timing::{Settings, median, network};
use crate::config::{Algorithm, Preset};
use crate::data::Split;
use crate::error::Error;
use crate::feed::{Feed, Minibatches};
use crate::threads::Threads;
use crate::threads::aligned::Aligned;
use serde::Serialize;
use std::time::{Duration, Instant};
use tinyevo_core::batch::{Chunks, LANES};
use tinyevo_core::error::LengthError;
use tinyevo_core::evolution::{Algorithm as _, Memory, NeuronEs, Task};
use tinyevo_core::fitness::{Measure, Score};
use tinyevo_core::network::Network;
use tinyevo_core::spread::{Parts, Phase, Spread};

/// Generations before those that are measured, and those; fewer if they take long.
const BEFORE: u32 = 100;
const MEASURED: u32 = 400;

/// The most time of a run, as a multiple of the shortest time of a measurement.
const MOST: f64 = 20.0;

/// The phases in the order of a generation; the last one is all that is not spread over threads.
const PHASES: [(Phase, &str); 7] = [
    (Phase::Samples, "images"),
    (Phase::Directions, "directions"),
    (Phase::Forward, "forward"),
    (Phase::Projections, "projection"),
    (Phase::Scores, "scoring"),
    (Phase::Step, "update"),
    (Phase::Other, "other"),
];

/// The time of each phase.
type Durations = [Duration; PHASES.len()];

/// What generations of the preset `es` take.
#[derive(Debug, Serialize)]
pub struct GenerationRate {
    /// The widths of the network's layers, for example `784-128-10`.
    pub network: String,
    /// Number of directions; each neuron has twice as many mutants.
    pub directions: usize,
    /// Images of a generation.
    pub images: usize,
    /// Generations per second on one core, and on all threads.
    pub generations_per_second_per_core: f64,
    /// Generations per second on all threads.
    pub generations_per_second: f64,
    /// Mutants times the images on which each was scored, per second on all threads: nearly all by the
    /// polynomial of a neuron.
    pub mutant_images_per_second: f64,
    /// Rate on all threads divided by the rate on one thread.
    pub thread_scaling: f64,
    /// The phases.
    pub phases: Vec<PhaseRate>,
}

/// What one phase of a generation takes.
#[derive(Debug, Serialize)]
pub struct PhaseRate {
    /// Name of the phase.
    pub phase: &'static str,
    /// Milliseconds on one core.
    pub milliseconds: f64,
    /// Share of the generation on one core.
    pub share: f64,
    /// Time that its arithmetic would take at one core's peak, or of `images` its loads and stores, divided by the
    /// time taken. `None`: it has no such limit. Scoring is counted as if no pair of neuron and image were skipped.
    pub share_of_roofline: Option<f64>,
    /// Time on one thread divided by the time on all.
    pub thread_scaling: f64,
}

/// Measures the two settings of the preset, that of short runs and its usual one.
pub(super) fn measure(
    settings: &Settings,
    split: &Split,
    hidden: usize,
) -> Result<Vec<GenerationRate>, Error> {
    let network = network(split.shape, hidden, split.classes)?;
    let times = [Duration::from_secs(1), Duration::from_secs(10)];
    let presets = times.iter().filter_map(|time| {
        let config = Preset::Es.config_for(*time);
        match (config.algorithm, config.batch) {
            (Algorithm::NeuronEs(es), Some(batch)) => Some((es, batch)),
            _ => None,
        }
    });
    presets.map(|(es, batch)| rate(settings, &network, split, es, batch)).collect()
}

fn rate(
    settings: &Settings,
    network: &Network,
    split: &Split,
    es: NeuronEs,
    batch: crate::config::Batch,
) -> Result<GenerationRate, Error> {
    let mut one_core = Threads::new(1, settings.isa)?;
    let mut all_cores = Threads::new(settings.threads, settings.isa)?;
    let mut rounds = Vec::new();
    for _ in 0..settings.rounds {
        let machine = roofline::measure(settings.isa, settings.seconds)?;
        let feed = || Minibatches::new(network, Measure::CrossEntropy, split, batch, 64);
        let limit = Duration::from_secs_f64(MOST * settings.seconds);
        let one = run(es, network, feed()?, limit, &mut one_core)?;
        let all = run(es, network, feed()?, limit, &mut all_cores)?;
        let roof = roof(network, &es, &one, machine);
        rounds.push(Round { roof, one, all });
    }
    let middle = |of: &dyn Fn(&Round) -> f64| median(rounds.iter().map(of));
    let phases = (0..PHASES.len()).map(|phase| PhaseRate {
        phase: PHASES[phase].1,
        milliseconds: middle(&|round| 1e3 * round.one.seconds[phase]),
        share: middle(&|round| round.one.seconds[phase] / round.one.total),
        share_of_roofline: (rounds[0].roof[phase] > 0.0)
            .then(|| middle(&|round| round.roof[phase] / round.one.seconds[phase])),
        thread_scaling: middle(&|round| round.one.seconds[phase] / round.all.seconds[phase]),
    });
    Ok(GenerationRate {
        network: crate::champion::network_name(network),
        directions: es.directions,
        images: rounds[0].one.images,
        generations_per_second_per_core: middle(&|round| 1.0 / round.one.total),
        generations_per_second: middle(&|round| 1.0 / round.all.total),
        mutant_images_per_second: middle(&|round| round.all.mutant_images / round.all.total),
        thread_scaling: middle(&|round| round.one.total / round.all.total),
        phases: phases.collect(),
    })
}

/// A run on one core and a run on all threads, with the seconds that its phases would take at one core's peak.
struct Round {
    roof: [f64; PHASES.len()],
    one: Run,
    all: Run,
}

/// Seconds of each phase at the peak of one core, 0 where there is no such limit.
fn roof(
    network: &Network,
    es: &NeuronEs,
    run: &Run,
    machine: roofline::Rates,
) -> [f64; PHASES.len()] {
    let inputs = network.input().elements() as f64;
    let hidden = network.stages()[0].output.elements();
    let (units, groups) = (hidden as f64, hidden.div_ceil(LANES) as f64);
    let (classes, k) = (network.outputs() as f64, es.directions as f64);
    let lanes = LANES as f64;
    let images = run.images as f64;
    let mutants = 2.0 * (units * k + (units + 1.0) * classes);
    let kept = (run.mutant_images - images) / mutants;
    // A pixel is read, moved and read again; an entry of eight bytes is written.
    let bytes = images * 3.0 * inputs + 8.0 * run.nonzero;
    let forward = run.nonzero * groups + images * units * classes / lanes;
    let gram = inputs * k * (k + lanes) / (2.0 * lanes);
    let projection = run.nonzero * kept / images * k / lanes + gram;
    // About five multiply-adds for each of four points and each class, then two for each direction; eight
    // for two exponentials of an output weight's mutants, and one in both signs for each class.
    let neurons = kept * groups * (20.0 * classes + 2.0 * k);
    let scoring = neurons + kept * groups * (16.0 + 2.0 * classes);
    // The recombination, and about eight for Adam.
    let update = (inputs + 1.0) * groups * (k + 8.0);
    let groups = [0.0, 0.0, forward, projection, scoring, update, 0.0];
    let mut seconds = groups.map(|groups| groups * machine.seconds_per_group());
    seconds[0] = bytes / machine.bytes;
    seconds
}

/// Medians over the measured generations of a run.
struct Run {
    /// Seconds of a generation, and of each phase.
    total: f64,
    seconds: [f64; PHASES.len()],
    images: usize,
    /// Pixels of the last batch that are not zero.
    nonzero: f64,
    mutant_images: f64,
}

fn run(
    es: NeuronEs,
    network: &Network,
    mut feed: Minibatches<'_>,
    limit: Duration,
    threads: &mut Threads,
) -> Result<Run, Error> {
    let lengths = es.lengths(network, feed.objective());
    threads.reserve(lengths.part)?;
    let mut memory = Memory {
        state: Aligned::try_zeros(lengths.state)?,
        spare: Aligned::try_zeros(lengths.spare)?,
        shared: Aligned::try_zeros(lengths.shared)?,
        picks: vec![0_usize; lengths.picks],
        scores: vec![Score::default(); lengths.scores],
    };
    threads.awake().during(|| {
        let mut measured = Vec::with_capacity(MEASURED as usize);
        let mut mutant_images = 0;
        let (start, length) = (Instant::now(), BEFORE + MEASURED);
        for generation in 0..=length {
            let began = Instant::now();
            feed.make(generation, length, threads)?;
            let made = began.elapsed();
            let objective = feed.objective();
            let (seed, rescore) = (64, true);
            let task = Task { network, objective, seed, generation, length, rescore, start: None };
            let mut timed = Timed { threads, seconds: [Duration::ZERO; PHASES.len()] };
            let outcome = es.generation(&task, &mut memory, &mut timed)?;
            timed.seconds[0] = made;
            let all = began.elapsed();
            timed.seconds[PHASES.len() - 1] += all.saturating_sub(timed.seconds.iter().sum());
            if generation > BEFORE || generation > 0 && start.elapsed() > limit / 2 {
                measured.push((all, timed.seconds));
                mutant_images += outcome.mutant_images;
            }
            if !measured.is_empty() && start.elapsed() > limit {
                break;
            }
        }
        let middle = |of: &dyn Fn(&(Duration, Durations)) -> Duration| {
            median(measured.iter().map(|it| of(it).as_secs_f64()))
        };
        let batch = feed.objective();
        let images = Chunks::labels(batch).len();
        let chunks = images.div_ceil(batch.chunk_length());
        let nonzero: usize = (0..chunks).map(|chunk| batch.chunk(chunk).nonzero()).sum();
        Ok(Run {
            total: middle(&|it| it.0),
            seconds: std::array::from_fn(|phase| middle(&|it| it.1[phase])),
            images,
            nonzero: nonzero as f64,
            mutant_images: mutant_images as f64 / measured.len() as f64,
        })
    })
}

/// Notes how long each phase takes.
struct Timed<'a> {
    threads: &'a mut Threads,
    seconds: Durations,
}

impl Spread for Timed<'_> {
    fn spread<P: Parts>(
        &mut self,
        out: &mut [P::Out],
        size: usize,
        parts: &P,
    ) -> Result<(), LengthError> {
        let began = Instant::now();
        let result = self.threads.spread(out, size, parts);
        if let Some(place) = PHASES.iter().position(|(phase, _)| *phase == P::PHASE) {
            self.seconds[place] += began.elapsed();
        }
        result
    }
}
