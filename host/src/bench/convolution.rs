//! Networks with convolutions: images per second beside a dense product of copied windows, and generations of their presets.

use super::im2col;
use super::timing::{Settings, median, time};
use crate::champion::{format_names, network_name};
use crate::config::{Algorithm, Preset};
use crate::data::Split;
use crate::encoded::{EncodedSplit, Form};
use crate::error::Error;
use crate::evaluate::scores_of;
use crate::feed::Minibatches;
use crate::run::{self, Run};
use crate::threads::Threads;
use serde::Serialize;
use std::time::{Duration, Instant};
use tinyevo_core::fitness::Measure;
use tinyevo_core::network::Network;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::rng::{Purpose, stream};

/// Generations before those that are measured, if there is time for more.
const BEFORE: usize = 5;

/// The most time of a run, as a multiple of the shortest time of a measurement.
const MOST: f64 = 10.0;

/// The rates of the network of a preset with convolutions.
#[derive(Debug, Serialize)]
pub struct ConvolutionRate {
    /// The preset.
    pub preset: Preset,
    /// Its layers, for example `conv:10x5,pool:2,dense:10`.
    pub network: String,
    /// The format of its weights while it evolves.
    pub numbers: String,
    /// Images per second on one core, in these numbers, accuracy as fitness.
    pub images_per_second_per_core: f64,
    /// Images per second on all threads.
    pub images_per_second: f64,
    /// Time of dense matrix products of copied windows, in floats, divided by the time of the core, both on one core.
    pub times_im2col: f64,
    /// Milliseconds of a generation on one core, from the sixth on.
    pub generation_milliseconds: f64,
    /// The same on all threads.
    pub generation_milliseconds_all: f64,
}

/// Measures the presets `cnn` and `micro`, which have the same network, in floats and in integers; none on data for which
/// it is too large.
pub(super) fn measure(settings: &Settings, split: &Split) -> Result<Vec<ConvolutionRate>, Error> {
    let presets = [Preset::Cnn, Preset::Micro].into_iter();
    let suited = presets.filter_map(|preset| {
        let network = preset.config().network(split.shape, split.classes).ok()?;
        Some((preset, network))
    });
    suited.map(|(preset, network)| rate(settings, split, preset, &network)).collect()
}

/// Seconds of one round.
struct Round {
    /// All images, on one core and on all threads.
    one: f64,
    many: f64,
    im2col: f64,
    /// A generation, on one core and on all threads.
    generation: f64,
    generation_all: f64,
}

fn rate(
    settings: &Settings,
    split: &Split,
    preset: Preset,
    network: &Network,
) -> Result<ConvolutionRate, Error> {
    // In the numbers that evolve: of `micro` in integers.
    let [_, form] = Form::for_run(&preset.config(), network)?;
    let data = EncodedSplit::in_form(split, form)?;
    let objective = data.objective(network, Measure::Accuracy, false)?;
    let mut genome = vec![0.0; network.parameters()];
    Initialisation::He.fill(network, &mut genome, &mut stream(64, 0, 0, Purpose::Show))?;
    let mut one_core = Threads::new(1, settings.isa)?;
    let mut all_cores = Threads::new(settings.threads, settings.isa)?;
    // As many genomes as make a thread's share of the work even.
    let genomes = vec![&*genome; settings.threads];
    let peer = im2col::Peer::new(network, &genome, split);
    let mut peer = peer.ok_or_else(|| Error::Internal("a window past a border".to_string()))?;
    let mut rounds = Vec::new();
    for _ in 0..settings.rounds {
        let score = |threads: &mut Threads, genomes: &[&[f32]]| {
            let mut result = Ok(Vec::new());
            let seconds = time(settings.seconds, || {
                result = scores_of(&objective, std::hint::black_box(genomes), threads);
            });
            result.map(|_| seconds / genomes.len() as f64)
        };
        rounds.push(Round {
            one: score(&mut one_core, &genomes[..1])?,
            many: score(&mut all_cores, &genomes)?,
            im2col: time(settings.seconds, || {
                std::hint::black_box(peer.classify());
            }),
            generation: generation(settings, split, preset, network, &mut one_core)?,
            generation_all: generation(settings, split, preset, network, &mut all_cores)?,
        });
    }
    let middle = |of: fn(&Round) -> f64| median(rounds.iter().map(of));
    Ok(ConvolutionRate {
        preset,
        network: network_name(network),
        numbers: format_names(&preset.config().network.weights),
        images_per_second_per_core: split.len() as f64 / middle(|round| round.one),
        images_per_second: split.len() as f64 / middle(|round| round.many),
        times_im2col: middle(|round| round.im2col / round.one),
        generation_milliseconds: 1e3 * middle(|round| round.generation),
        generation_milliseconds_all: 1e3 * middle(|round| round.generation_all),
    })
}

/// Median seconds of a generation of a preset.
fn generation(
    settings: &Settings,
    split: &Split,
    preset: Preset,
    network: &Network,
    threads: &mut Threads,
) -> Result<f64, Error> {
    let config = preset.config();
    let (Algorithm::FilterEs(algorithm), Some(batch)) = (config.algorithm, config.batch) else {
        return Err(Error::Internal(format!("{preset} has another algorithm")));
    };
    let [form, _] = Form::for_run(&config, network)?;
    let form = (config.fitness.measure, form);
    let feed = Minibatches::in_form(network, form, split, batch, config.seed)?;
    let length = config.planned();
    let of_run = run::Settings { seed: config.seed, length, stop: config.stop, identity: 0 };
    let mut run = Run::new(of_run, algorithm, network, feed, threads)?;
    let awake = run.awake();
    awake.during(|| {
        run.start()?;
        let limit = Duration::from_secs_f64(MOST * settings.seconds);
        let (began, mut seconds) = (Instant::now(), Vec::new());
        while seconds.is_empty() || began.elapsed() < limit {
            let before = Instant::now();
            run.step()?;
            seconds.push(before.elapsed().as_secs_f64());
        }
        let before = BEFORE.min(seconds.len() - 1);
        Ok(median(seconds.into_iter().skip(before)))
    })
}
