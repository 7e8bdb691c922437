//! Measures the core on this machine: images per second through a candidate network, compared with the
//! machine's own roofline and with a dense matrix product; scaling over threads; operators.
//!
//! Machines are noisy, so the things that are compared are measured in turns, round after round. A ratio
//! is the median of the rounds' ratios.

mod convolution;
#[expect(unsafe_code, reason = "the peer's product takes pointers")]
pub mod dense;
mod generations;
pub mod im2col;
pub mod operators;
mod roofline;
mod timing;

use crate::champion::network_name;
use crate::data::Split;
use crate::encoded::{EncodedSplit, Form};
use crate::error::Error;
use crate::evaluate::scores_of;
use crate::threads::Threads;
use crate::threads::aligned::Aligned;
use serde::Serialize;
use timing::{median, network, time};
use tinyevo_core::batch::{Blocks, LANES};
use tinyevo_core::fitness::Measure;
use tinyevo_core::network::Network;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::population::Rows;
use tinyevo_core::rng::{Purpose, stream};

pub use convolution::ConvolutionRate;
pub use generations::{GenerationRate, PhaseRate};
pub use operators::OperatorRate;
pub use timing::Settings;

/// The results of all measurements.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Name of the instruction set.
    pub isa: String,
    /// Number of threads of the measurement on all cores.
    pub threads: usize,
    /// Number of images that were classified each time.
    pub images: usize,
    /// Mean number of non-zero pixels of an image.
    pub nonzero_pixels: f64,
    /// The peak of one core.
    pub roofline: Roofline,
    /// The rates of each network.
    pub networks: Vec<NetworkRate>,
    /// Generations of the preset `es`.
    pub generations: Vec<GenerationRate>,
    /// The networks of presets with convolutions.
    pub convolutions: Vec<ConvolutionRate>,
    /// The rate of each operator.
    pub operators: Vec<OperatorRate>,
}

/// The peak of one core: medians over the rounds.
#[derive(Debug, Serialize)]
pub struct Roofline {
    /// Multiply-adds per second: a product and a sum of `f32`, not fused.
    pub multiply_adds_per_second: f64,
    /// Bytes loaded from the first cache per second.
    pub l1_bytes_per_second: f64,
}

/// The rates of one network.
#[derive(Debug, Serialize)]
pub struct NetworkRate {
    /// The widths of its layers, for example `784-128-10`.
    pub network: String,
    /// Images per second on one core, accuracy as fitness.
    pub images_per_second_per_core: f64,
    /// Images per second on all threads.
    pub images_per_second: f64,
    /// Rate on all threads divided by the rate on one thread.
    pub thread_scaling: f64,
    /// Milliseconds for one individual on all images, on one core.
    pub milliseconds_per_individual: f64,
    /// The share of the sparse roofline that one core reaches, 0 to about 1: the time that the
    /// multiply-adds of non-zero pixels and of the later layer, in whole lane groups, would take at the
    /// machine's peak, divided by the time taken.
    pub share_of_sparse_roofline: f64,
    /// Milliseconds that a dense matrix product of the same network takes on one core.
    pub dense_milliseconds: f64,
    /// Time of the dense product divided by the time of the core.
    pub times_dense: f64,
    /// Time with cross-entropy as fitness divided by the time with accuracy.
    pub cross_entropy_over_accuracy: f64,
}

/// Measures everything. `progress` is called with a name before each measurement.
///
/// # Errors
/// The threads cannot be started, or the memory is too small.
pub fn run(
    settings: &Settings,
    split: &Split,
    mut progress: impl FnMut(&str),
) -> Result<Report, Error> {
    let data = EncodedSplit::in_form(split, Form::Lists)?;
    let images = split.len();
    let nonzero = data.samples()?.nonzero();
    let dense = dense::Images::new(split);
    let (mut networks, mut rooflines) = (Vec::new(), Vec::new());
    for &hidden in &settings.hidden {
        let network = network(split.shape, hidden, split.classes)?;
        progress(&network_name(&network));
        networks.push(measure(settings, &network, hidden, &data, nonzero, &dense, &mut rooflines)?);
    }
    let largest = settings.hidden.iter().copied().max().unwrap_or(1);
    progress("generations");
    let generations = generations::measure(settings, split, largest)?;
    progress("convolutions");
    let convolutions = convolution::measure(settings, split)?;
    progress("operators");
    let operators = operators::measure(settings, &network(split.shape, largest, split.classes)?)?;
    Ok(Report {
        isa: settings.isa.to_string(),
        threads: settings.threads,
        images,
        nonzero_pixels: nonzero as f64 / images as f64,
        roofline: Roofline {
            multiply_adds_per_second: median(rooflines.iter().map(|r| r.multiply_adds)),
            l1_bytes_per_second: median(rooflines.iter().map(|r| r.bytes)),
        },
        networks,
        generations,
        convolutions,
        operators,
    })
}

/// A population of `count` random individuals.
fn random_population(network: &Network, rows: Rows, count: usize) -> Result<Aligned, Error> {
    let mut population = Aligned::try_zeros(rows.length(count))?;
    for (index, row) in population.as_mut_slice().chunks_mut(rows.stride()).enumerate() {
        let mut rng = stream(64, 0, index as u32, Purpose::Show);
        Initialisation::Glorot.fill(network, &mut row[..rows.genes()], &mut rng)?;
    }
    Ok(population)
}

fn measure(
    settings: &Settings,
    network: &Network,
    hidden: usize,
    data: &EncodedSplit,
    nonzero: usize,
    images: &dense::Images,
    rooflines: &mut Vec<roofline::Rates>,
) -> Result<NetworkRate, Error> {
    // As many individuals as make a thread's share of the work even.
    let rows = Rows::new(network.parameters());
    let population = random_population(network, rows, settings.threads * 4)?;
    let all = population.as_slice().chunks(rows.stride()).map(|row| &row[..rows.genes()]);
    let all: Vec<&[f32]> = all.collect();
    let mut one_core = Threads::new(1, settings.isa)?;
    let mut all_cores = Threads::new(settings.threads, settings.isa)?;
    let mut peer = dense::Peer::new(images, hidden, all[0]);
    let samples = data.samples()?;
    let objective = |measure| Blocks { network, samples, measure, loss: false };
    let (accuracy, entropy) = (objective(Measure::Accuracy), objective(Measure::CrossEntropy));
    let count = images.len();
    // Lane groups of products: those with non-zero pixels, then a later layer's.
    let later = hidden * network.outputs().div_ceil(LANES);
    let groups = nonzero * hidden.div_ceil(LANES) + count * later;

    let mut rounds = Vec::new();
    for _ in 0..settings.rounds {
        let machine = roofline::measure(settings.isa, settings.seconds)?;
        let score = |threads: &mut Threads, objective: &Blocks<'_>, genomes: &[&[f32]]| {
            let mut result = Ok(Vec::new());
            let seconds = time(settings.seconds, || {
                result = scores_of(objective, std::hint::black_box(genomes), threads);
            });
            result.map(|_| seconds / genomes.len() as f64)
        };
        let ours = score(&mut one_core, &accuracy, &all[..1])?;
        let cross_entropy = score(&mut one_core, &entropy, &all[..1])?;
        let one = score(&mut one_core, &accuracy, &all)?;
        let many = score(&mut all_cores, &accuracy, &all)?;
        let dense = time(settings.seconds, || {
            std::hint::black_box(peer.classify());
        });
        let roof = groups as f64 * machine.seconds_per_group();
        rounds.push(Round { ours, cross_entropy, one, many, dense, roof });
        rooflines.push(machine);
    }
    let middle = |of: fn(&Round) -> f64| median(rounds.iter().map(of));
    Ok(NetworkRate {
        network: network_name(network),
        images_per_second_per_core: count as f64 / middle(|round| round.ours),
        images_per_second: count as f64 / middle(|round| round.many),
        thread_scaling: middle(|round| round.one / round.many),
        milliseconds_per_individual: 1e3 * middle(|round| round.ours),
        share_of_sparse_roofline: middle(|round| round.roof / round.ours),
        dense_milliseconds: 1e3 * middle(|round| round.dense),
        times_dense: middle(|round| round.dense / round.ours),
        cross_entropy_over_accuracy: middle(|round| round.cross_entropy / round.ours),
    })
}

/// Seconds for an individual, measured one after another in one round.
struct Round {
    /// One individual on one core, accuracy as fitness.
    ours: f64,
    /// The same with cross-entropy.
    cross_entropy: f64,
    /// Mean of several individuals, on one core.
    one: f64,
    /// The same on all threads.
    many: f64,
    /// The dense peer.
    dense: f64,
    /// At the sparse roofline.
    roof: f64,
}
