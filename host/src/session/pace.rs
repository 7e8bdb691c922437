//! How long a generation takes, so that a run can be given a time instead of a number of generations.

use super::{Use, fitness_images, with_run};
use crate::config::{self, Config};
use crate::data::Dataset;
use crate::encoded::{EncodedSplit, Form};
use crate::error::Error;
use crate::feed::{Feed, Fixed, Minibatches};
use crate::run::{Interrupt, Run, Settings};
use crate::threads::Threads;
use std::time::{Duration, Instant};
use tinyevo_core::evolution::{Algorithm, FilterEs, FilterGa, LowRankEs, NeuronEs, NeuronGa};

/// The pace of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Number of generations that fit the time.
    pub generations: u32,
    /// Milliseconds of a generation.
    pub milliseconds: f64,
}

/// The most generations that are measured.
const MOST: usize = 400;

/// The share of the time that the measurement may take.
const SHARE: f64 = 0.08;

/// What generations take in a long run, as a multiple of what was measured.
const RESERVE: f64 = 1.04;

/// Measures the first generations of a run that is thrown away, and says how many fit `time`, what the
/// measurement took included; at least 1.
///
/// Where the size of the batch changes, generations of its first and its last size are measured, half and half.
/// Generations of neuron-wise algorithms become faster, as fewer images count: how the number of these falls
/// is seen in the first generations, and how long a generation with hardly any takes is measured too.
///
/// # Errors
/// As [`super::evolve`], or there was an interrupt.
pub fn pace(
    config: &Config,
    dataset: &Dataset,
    start: Option<&[f32]>,
    time: Duration,
    threads: &mut Threads,
    interrupt: &Interrupt,
) -> Result<Pace, Error> {
    let began = Instant::now();
    let network = config.network(dataset.shape(), dataset.classes())?;
    let measure = config.fitness.measure;
    let [form, _] = Form::for_run(config, &network)?;
    let limit = time.mul_f64(SHARE);
    let settings = |length| Settings { seed: config.seed, length, stop: config.stop, identity: 0 };
    let costs = match config.batch {
        None => {
            let encoded = EncodedSplit::in_form(fitness_images(config, dataset), form)?;
            let objective = encoded.objective(&network, measure, false)?;
            let (settings, feed) = (settings(u32::MAX), Fixed(&objective));
            let measure = Measure { start, limit, interrupt };
            let all = with_run(config.algorithm, settings, &network, feed, threads, measure)?;
            vec![Cost::of(&all, None)]
        }
        Some(batch) => {
            // With a length without end all generations are as the first, with one of 0 as the last.
            let ends = [u32::MAX, 0];
            let ends = if batch.size.is_constant() { &ends[..1] } else { &ends[..] };
            let limit = limit / ends.len() as u32;
            let mut cost = |&length| {
                let (train, seed) = (&dataset.train, config.seed);
                // One for both, whose distorted images are there by the second measurement.
                let form = form.clone();
                let mut feed = Minibatches::in_form(&network, (measure, form), train, batch, seed)?;
                let mut measured = |algorithm, limit| {
                    let (settings, measure) =
                        (settings(length), Measure { start, limit, interrupt });
                    with_run(algorithm, settings, &network, &mut feed, threads, measure)
                };
                let all = measured(config.algorithm, limit)?;
                let few = few_images(config.algorithm);
                let few = few.map(|algorithm| measured(algorithm, limit / 4)).transpose()?;
                Ok(Cost::of(&all, few.as_deref()).until(until(config.algorithm)))
            };
            ends.iter().map(&mut cost).collect::<Result<Vec<_>, Error>>()?
        }
    };
    let left = time.saturating_sub(began.elapsed()).as_secs_f64();
    let seconds = |generations: u32| {
        let sum: f64 = costs.iter().map(|cost| cost.seconds(generations)).sum();
        RESERVE * sum / costs.len() as f64
    };
    let generations = most_within(left, seconds);
    Ok(Pace { generations, milliseconds: 1e3 * seconds(generations) / f64::from(generations) })
}

/// The largest number whose seconds, which grow with it, are at most `left`; at least 1.
fn most_within(left: f64, seconds: impl Fn(u32) -> f64) -> u32 {
    let (mut fits, mut beyond) = (1, u32::MAX);
    while beyond - fits > 1 {
        let middle = fits + (beyond - fits) / 2;
        if seconds(middle) <= left { fits = middle } else { beyond = middle }
    }
    fits
}

/// The generation from which on the number of images that count hardly falls any more.
const fn until(algorithm: config::Algorithm) -> f64 {
    match algorithm {
        config::Algorithm::FilterEs(_) | config::Algorithm::FilterGa(_) => 3e3,
        _ => 2e4,
    }
}

/// The algorithm with hardly any images that count, if it leaves out some.
const fn few_images(algorithm: config::Algorithm) -> Option<config::Algorithm> {
    use config::Algorithm;
    match algorithm {
        Algorithm::NeuronEs(it) if it.roulette > 0.0 => {
            Some(Algorithm::NeuronEs(NeuronEs { roulette: f32::MAX, ..it }))
        }
        Algorithm::FilterEs(it) if it.roulette > 0.0 => {
            Some(Algorithm::FilterEs(FilterEs { roulette: f32::MAX, ..it }))
        }
        Algorithm::FilterGa(it) if it.roulette > 0.0 => {
            Some(Algorithm::FilterGa(FilterGa { roulette: f32::MAX, ..it }))
        }
        Algorithm::NeuronGa(it) if it.roulette > 0.0 => {
            Some(Algorithm::NeuronGa(NeuronGa { roulette: f32::MAX, ..it }))
        }
        Algorithm::LowRankEs(it) if it.roulette > 0.0 => {
            Some(Algorithm::LowRankEs(LowRankEs { roulette: f32::MAX, ..it }))
        }
        _ => None,
    }
}

/// One generation as it was measured.
#[derive(Debug, Clone, Copy)]
struct Measured {
    seconds: f64,
    /// Mutants times images on which they were scored.
    images: f64,
}

/// What generations cost: `base + each * first * min(generation, until)^-fall` seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost {
    base: f64,
    each: f64,
    first: f64,
    fall: f64,
    /// The generation from which on the number of images stays as it is.
    until: f64,
}

impl Cost {
    /// From generations from the first on, and from generations with hardly any images.
    fn of(measured: &[Measured], few: Option<&[Measured]>) -> Self {
        let last = &measured[measured.len() - measured.len().div_ceil(4)..];
        let (seconds, images) = usual(last);
        let flat = Self { base: seconds, each: 0.0, first: images, fall: 0.0, until: f64::MAX };
        let Some(few) = few else { return flat };
        let (base, _) = usual(&few[few.len() / 2..]);
        // The first generations are unlike the others, and a few say nothing.
        let points = (1..).map(f64::from).zip(measured).skip(8);
        let points: Vec<_> =
            points.map(|(number, it)| (number.ln(), it.images.max(1.0).ln())).collect();
        if points.len() < 8 || base >= seconds {
            return flat;
        }
        let count = points.len() as f64;
        let middle = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (middle(|point| point.0), middle(|point| point.1));
        let covariance: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
        let variance: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
        let fall = (-covariance / variance).clamp(0.0, 0.5);
        // The middle of the last quarter.
        let first = images * (0.875 * measured.len() as f64).powf(fall);
        Self { each: (seconds - base) / images, base, first, fall, ..flat }
    }

    /// The same, with images that become fewer up to this generation.
    const fn until(self, until: f64) -> Self {
        Self { until, ..self }
    }

    /// Seconds of so many generations: the sum, as an integral.
    fn seconds(self, generations: u32) -> f64 {
        let count = f64::from(generations);
        let falling = count.min(self.until);
        let mut images = self.first * falling.powf(1.0 - self.fall) / (1.0 - self.fall);
        images += self.first * falling.powf(-self.fall) * (count - falling);
        self.base * count + self.each * images
    }
}

/// The median of the seconds, which the first touch of memory does not raise, and the mean of the images.
fn usual(measured: &[Measured]) -> (f64, f64) {
    let mut seconds: Vec<f64> = measured.iter().map(|it| it.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let images = measured.iter().map(|it| it.images).sum::<f64>() / measured.len() as f64;
    (seconds[seconds.len() / 2], images)
}

/// Measures the generations of a run, no longer than the limit, and at least one after the first population.
struct Measure<'a> {
    start: Option<&'a [f32]>,
    limit: Duration,
    interrupt: &'a Interrupt,
}

impl<'a, F: Feed + Send> Use<'a, F> for Measure<'a> {
    type Out = Vec<Measured>;

    fn of<A: Algorithm<F::Objective> + Send + Sync>(
        self,
        run: Run<'a, A, F>,
    ) -> Result<Vec<Measured>, Error> {
        let mut run = run.with_start(self.start);
        let awake = run.awake();
        awake.during(|| {
            run.start()?;
            let began = Instant::now();
            let (mut measured, mut before) = (Vec::new(), (0.0, run.snapshot().mutant_images));
            while measured.is_empty() || (measured.len() < MOST && began.elapsed() < self.limit) {
                self.interrupt.check()?;
                run.step()?;
                let now = (began.elapsed().as_secs_f64(), run.snapshot().mutant_images);
                let (seconds, images) = (now.0 - before.0, (now.1 - before.1) as f64);
                measured.push(Measured { seconds, images });
                before = now;
            }
            Ok(measured)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Batch, Preset};
    use crate::data::{self, Options, Request, Silent};
    use crate::threads::isa::Isa;
    use tinyevo_core::objective::Objective;
    use tinyevo_core::schedule::Schedule;

    #[test]
    fn a_batch_that_grows_is_measured_at_both_its_ends() {
        let options =
            Options { builtin_train: 4000, builtin_test: 10, offline: true, ..Options::default() };
        let dataset = data::load(&Request::Builtin, &options, &Silent).unwrap();
        let mut threads = Threads::new(1, Isa::detect()).unwrap();
        let mut config = Preset::Ga.config();
        config.network.hidden = vec![32.into()];
        let mut each = |size| {
            config.batch = config.batch.map(|batch| Batch { size, ..batch });
            let (time, none) = (Duration::from_secs(4), Interrupt::new());
            let mut once =
                || pace(&config, &dataset, None, time, &mut threads, &none).unwrap().milliseconds;
            // The least of three: other work on the machine only adds time.
            once().min(once()).min(once())
        };
        let (small, large) = (Schedule::ONE, Schedule::Constant { value: 2000.0 });
        let (small, large) = (each(small), each(large));
        let growing = each(Schedule::Linear { from: 1.0, to: 2000.0 });
        assert!(growing > 1.5 * small && growing < 0.9 * large, "{small} {growing} {large}");
    }

    /// Interrupts before a generation.
    struct Interrupting<'a, O>(Fixed<'a, O>, &'a Interrupt);

    impl<O: Objective> Feed for Interrupting<'_, O> {
        type Objective = O;

        fn make(&mut self, generation: u32, _: u32, _: &mut Threads) -> Result<(), Error> {
            assert!(self.1.get().is_none(), "generation {generation}");
            if generation == 3 {
                self.1.set(15);
            }
            Ok(())
        }

        fn objective(&self) -> &O {
            self.0.objective()
        }

        fn changes(&self) -> bool {
            true
        }
    }

    #[test]
    fn an_interrupt_ends_the_measurement_after_its_generation() {
        let options =
            Options { builtin_train: 40, builtin_test: 10, offline: true, ..Options::default() };
        let dataset = data::load(&Request::Builtin, &options, &Silent).unwrap();
        let mut threads = Threads::new(1, Isa::detect()).unwrap();
        let mut config = Preset::Tutorial.config();
        config.network.hidden = vec![4.into()];
        let network = config.network(dataset.shape(), dataset.classes()).unwrap();
        let (start, limit, interrupt) = (None, Duration::MAX, &Interrupt::new());
        let encoded = EncodedSplit::new(&dataset.train, &network).unwrap();
        let objective = encoded.objective(&network, config.fitness.measure, false).unwrap();
        let feed = Interrupting(Fixed(&objective), interrupt);
        let settings = Settings { seed: 1, length: 9, stop: config.stop, identity: 0 };
        let measure = Measure { start, limit, interrupt };
        let measured = with_run(config.algorithm, settings, &network, feed, &mut threads, measure);
        assert!(matches!(measured, Err(Error::Interrupted { signal: 15, .. })));
        // So does one that came before.
        let paced =
            pace(&config, &dataset, None, Duration::from_secs(600), &mut threads, interrupt);
        assert!(matches!(paced, Err(Error::Interrupted { signal: 15, .. })));
    }

    #[test]
    fn images_that_become_fewer_are_reckoned_with() {
        // Of 2 ms, one is for images, whose number falls with the root of the generation.
        let images = |number: u32| 1e6 / f64::from(number).sqrt();
        let seconds = |number| 1e-3 + 1e-8 * images(number);
        let one = |number| Measured { seconds: seconds(number), images: images(number) };
        let measured: Vec<_> = (1..=100).map(one).collect();
        let few = [Measured { seconds: 1e-3, images: 10.0 }; 4];
        let expected: f64 = (1..=10_000).map(seconds).sum();
        let cost = Cost::of(&measured, Some(&few));
        assert!((cost.seconds(10_000) / expected - 1.0).abs() < 0.02, "{cost:?} {expected}");
        let most = most_within(expected, |generations| cost.seconds(generations));
        assert!((9800..=10_200).contains(&most), "{most}");
        // From generation 2,500 on the number of images stays as it is.
        let expected: f64 = (1..=10_000).map(|number| seconds(number.min(2500))).sum();
        let until = cost.until(2500.0);
        assert!((until.seconds(10_000) / expected - 1.0).abs() < 0.02, "{until:?} {expected}");
        assert!(until.seconds(10_000) > 1.02 * cost.seconds(10_000));
        assert_eq!(until.seconds(2000).to_bits(), cost.seconds(2000).to_bits());
        // Without the second measurement all are as the last ones.
        let flat = Cost::of(&measured, None);
        assert!(flat.seconds(10_000) > 1.2 * expected && flat.fall == 0.0, "{flat:?}");
    }

    #[test]
    fn as_many_generations_are_chosen_as_fit_the_time() {
        let options =
            Options { builtin_train: 400, builtin_test: 10, offline: true, ..Options::default() };
        let dataset = data::load(&Request::Builtin, &options, &Silent).unwrap();
        let mut threads = Threads::new(2, Isa::detect()).unwrap();
        for preset in [Preset::Es, Preset::LowRank, Preset::Tutorial] {
            let mut config = preset.config();
            config.network.hidden = vec![16.into()];
            let mut of = |milliseconds| {
                let time = Duration::from_millis(milliseconds);
                pace(&config, &dataset, None, time, &mut threads, &Interrupt::new()).unwrap()
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
