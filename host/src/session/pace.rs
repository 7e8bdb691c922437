//! How long a generation takes, so that a run can be given a time instead of a number of generations.

use super::fitness_images;
use crate::config::{Algorithm, Config};
use crate::data::Dataset;
use crate::encoded::EncodedSplit;
use crate::error::Error;
use crate::feed::{Feed, Fixed, Minibatches};
use crate::run::{Run, Settings};
use crate::threads::Threads;
use std::time::{Duration, Instant};
use tinyevo_core::batch::Blocks;
use tinyevo_core::network::Network;
use tinyevo_core::objective::Batch;

/// The pace of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Number of generations that fit the time.
    pub generations: u32,
    /// Milliseconds of a generation.
    pub milliseconds: f64,
}

/// The most generations that are measured.
const MOST: u32 = 400;

/// The share of the time that the measurement may take.
const SHARE: f64 = 0.08;

/// Measures the first generations of a run that is thrown away, and says how many fit `time`, what the
/// measurement took included; at least 1.
///
/// Where the size of the batch changes, generations of its first and its last size are measured, half and half.
/// Later generations of the evolution strategies are faster than the first, as fewer samples count; so the
/// time is not used up to its end.
///
/// # Errors
/// As [`super::evolve`].
pub fn pace(
    config: &Config,
    dataset: &Dataset,
    time: Duration,
    threads: &mut Threads,
) -> Result<Pace, Error> {
    let began = Instant::now();
    let network = config.network(dataset.shape(), dataset.classes())?;
    let measure = config.fitness.measure;
    let limit = time.mul_f64(SHARE);
    let each = match config.batch {
        None => {
            let encoded = EncodedSplit::new(fitness_images(config, dataset))?;
            let samples = encoded.samples()?;
            let objective = Blocks { network: &network, samples, measure, loss: false };
            of_feed(config, &network, Fixed(&objective), (u32::MAX, limit), threads)?
        }
        Some(batch) => {
            // With a length without end all generations are as the first, with one of 0 as the last.
            let ends = [u32::MAX, 0];
            let ends = if batch.size.is_constant() { &ends[..1] } else { &ends[..] };
            let (count, train) = (ends.len() as u32, &dataset.train);
            let mut sum = 0.0;
            for length in ends {
                let feed = Minibatches::new(&network, measure, train, batch, config.seed)?;
                sum += of_feed(config, &network, feed, (*length, limit / count), threads)?;
            }
            sum / f64::from(count)
        }
    };
    let left = time.saturating_sub(began.elapsed()).as_secs_f64();
    let generations = (left / each).clamp(1.0, f64::from(u32::MAX)) as u32;
    Ok(Pace { generations, milliseconds: 1e3 * each })
}

/// Seconds of a generation of a run of this length, measured no longer than the limit.
fn of_feed<F: Feed<Objective: Batch> + Send>(
    config: &Config,
    network: &Network,
    feed: F,
    (length, limit): (u32, Duration),
    threads: &mut Threads,
) -> Result<f64, Error> {
    let settings = Settings { seed: config.seed, length, stop: config.stop, identity: 0 };
    match config.algorithm {
        Algorithm::EaSimple(algorithm) => {
            seconds(Run::new(settings, algorithm, network, feed, threads)?, limit)
        }
        Algorithm::NeuronEs(algorithm) => {
            seconds(Run::new(settings, algorithm, network, feed, threads)?, limit)
        }
        Algorithm::LowRankEs(algorithm) => {
            seconds(Run::new(settings, algorithm, network, feed, threads)?, limit)
        }
    }
}

/// Seconds of a generation: the mean of the last quarter of those that fit the limit.
fn seconds<A, F>(mut run: Run<'_, A, F>, limit: Duration) -> Result<f64, Error>
where
    F: Feed + Send,
    A: tinyevo_core::evolution::Algorithm<F::Objective> + Send + Sync,
{
    let awake = run.awake();
    awake.during(|| {
        run.start()?;
        let began = Instant::now();
        let mut ends = Vec::new();
        while ends.is_empty() || (ends.len() < MOST as usize && began.elapsed() < limit) {
            run.step()?;
            ends.push(began.elapsed().as_secs_f64());
        }
        let first = ends.len() - ends.len().div_ceil(4);
        let before = if first == 0 { 0.0 } else { ends[first - 1] };
        Ok((ends[ends.len() - 1] - before) / (ends.len() - first) as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Batch, Preset};
    use crate::data::{self, Options, Request, Silent};
    use crate::threads::isa::Isa;
    use tinyevo_core::schedule::Schedule;

    #[test]
    fn a_batch_that_grows_is_measured_at_both_its_ends() {
        let options =
            Options { builtin_train: 4000, builtin_test: 10, offline: true, ..Options::default() };
        let dataset = data::load(&Request::Builtin, &options, &Silent).unwrap();
        let mut threads = Threads::new(1, Isa::detect()).unwrap();
        let mut config = Preset::Ga.config();
        config.network.hidden = vec![32];
        let mut each = |size| {
            config.batch = config.batch.map(|batch| Batch { size, ..batch });
            let time = Duration::from_secs(4);
            let mut once = || pace(&config, &dataset, time, &mut threads).unwrap().milliseconds;
            // The least of three: other work on the machine only adds time.
            once().min(once()).min(once())
        };
        let (small, large) = (Schedule::ONE, Schedule::Constant { value: 2000.0 });
        let (small, large) = (each(small), each(large));
        let growing = each(Schedule::Linear { from: 1.0, to: 2000.0 });
        assert!(growing > 1.5 * small && growing < 0.9 * large, "{small} {growing} {large}");
    }

    #[test]
    fn as_many_generations_are_chosen_as_fit_the_time() {
        let options =
            Options { builtin_train: 400, builtin_test: 10, offline: true, ..Options::default() };
        let dataset = data::load(&Request::Builtin, &options, &Silent).unwrap();
        let mut threads = Threads::new(2, Isa::detect()).unwrap();
        for preset in [Preset::Es, Preset::LowRank, Preset::Tutorial] {
            let mut config = preset.config();
            config.network.hidden = vec![16];
            let mut of = |milliseconds| {
                let time = Duration::from_millis(milliseconds);
                pace(&config, &dataset, time, &mut threads).unwrap()
            };
            assert_eq!(of(0).generations, 1);
            let long = of(4000);
            assert!(long.milliseconds > 0.0);
            let expected = 4000.0 / long.milliseconds;
            let ratio = f64::from(long.generations) / expected;
            assert!((0.5..=1.0).contains(&ratio), "{long:?}");
        }
    }
}
