//! A whole evolution as the command line makes it: data, network, algorithm, run, report, files.
//!
//! [`evolve`] puts the parts together that a configuration names; each can be used alone, as
//! [`crate::run::Run`] with an objective of one's own.

mod identity;
mod pace;
mod report;
mod start;

pub use identity::identity;
pub use pace::{Pace, pace};
pub use report::Report;
pub use start::{Start, start};

use crate::config::{self, Config, SplitName};
use crate::data::{Dataset, Split};
use crate::encoded::{EncodedSplit, Form};
use crate::error::Error;
use crate::evaluate;
use crate::feed::{Feed, Fixed, Minibatches};
use crate::run::{Found, Interrupt, Judge, Keeper, Observer, Run, RunFolder, Settings, StopReason};
use crate::threads::aligned::Aligned;
use crate::threads::{Threads, core_seconds};
use report::{Ended, Seen};
use tinyevo_core::evolution::Algorithm;
use tinyevo_core::fitness::Score;
use tinyevo_core::network::Network;
use tinyevo_core::objective::{Batch, Rows};
use tinyevo_core::operators::Initialisation;
use tinyevo_core::rng::{Purpose, stream};

/// What an evolution is made of.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The configuration; its source and fingerprint are those of the data.
    pub config: &'a Config,
    /// The data. The training images are dropped once they are encoded.
    pub dataset: Dataset,
    /// The genome that it begins with, if not with one that is drawn at random: that of [`start`]. A checkpoint needs none.
    pub start: Option<&'a [f32]>,
    /// The folder that the run is kept in, if any.
    pub folder: Option<&'a RunFolder>,
    /// The checkpoint that it goes on from, if any.
    pub checkpoint: Option<&'a Found>,
}

/// The results of an evolution.
#[derive(Debug)]
pub struct Finished {
    /// Why it ended.
    pub reason: StopReason,
    /// What there is to read and to keep of it.
    pub report: Report,
    /// What went wrong on the way, such as a full disk; the report is whole.
    pub errors: Vec<Error>,
}

/// Writes the fingerprint of the data into a configuration, or compares it with the one that is there.
///
/// # Errors
/// [`Error::OtherFingerprint`]: the configuration has the fingerprint of other data.
pub fn name_data(config: &mut Config, dataset: &Dataset) -> Result<(), Error> {
    let got = dataset.fingerprint();
    if let Some(expected) = config.data.fingerprint.take().filter(|expected| *expected != got) {
        return Err(Error::OtherFingerprint { expected, got, dataset: dataset.to_string() });
    }
    config.data.fingerprint = Some(got);
    Ok(())
}

/// The images of a data set that the fitness is computed on.
#[must_use]
pub const fn fitness_images<'a>(config: &Config, dataset: &'a Dataset) -> &'a Split {
    match config.fitness.images {
        SplitName::Train => &dataset.train,
        SplitName::Test => &dataset.test,
    }
}

/// The score of a random individual that no population has, on all images of a split, in their form.
///
/// # Errors
/// The images do not fit the network, or the memory is short.
pub fn random_individual(
    network: &Network,
    initialisation: Initialisation,
    seed: u64,
    images: &EncodedSplit,
    threads: &mut Threads,
) -> Result<Score, Error> {
    let mut genome = Aligned::try_zeros(network.parameters())?;
    let genome = genome.as_mut_slice();
    initialisation.fill(network, genome, &mut stream(seed, 0, 0, Purpose::Show))?;
    evaluate::score(network, genome, images, threads)
}

/// Evolves, and reports. The plan's folder, if any, gets its files as they come; errors of files are
/// collected, since the results count more.
///
/// # Errors
/// A setting that does not fit the data, too little memory, or a checkpoint of another run.
pub fn evolve(
    plan: Plan<'_>,
    threads: &mut Threads,
    observers: &mut [&mut dyn Observer],
    interrupt: &Interrupt,
) -> Result<Finished, Error> {
    let Plan { config, mut dataset, start, folder, checkpoint } = plan;
    if checkpoint.is_none() {
        start::check(start, config)?;
    }
    let network = config.network(dataset.shape(), dataset.classes())?;
    let [form, judging] = Form::for_run(config, &network)?;
    let fitness = match config.batch {
        None => EncodedSplit::in_form(fitness_images(config, &dataset), form.clone())?,
        Some(_) => EncodedSplit::none(dataset.shape().elements()),
    };
    let validation = EncodedSplit::in_form(&dataset.validation, judging)?;
    let seen = Seen::of(config, &dataset);
    // The training images are needed for batches alone, and are most of the memory.
    let none = Split::empty(dataset.shape(), dataset.classes());
    let train = std::mem::replace(&mut dataset.train, none);
    let measure = config.fitness.measure;
    let objective = validation.objective(&network, measure, false)?;
    let judge = Judge { objective, every: config.judge.every };
    let judge = Some(judge).filter(|_| !dataset.validation.is_empty());
    let settings = Settings {
        seed: config.seed,
        length: config.planned(),
        stop: config.stop,
        identity: identity(config)?,
    };
    let title = report::title(config, &dataset);
    let formats = config.formats(&network)?;
    let keeper = Keeper::new(folder, (&network, formats), title, config.checkpoint.every);
    let keeper = keeper.describing(dataset.description.clone());
    let mut keeper = keeper.with_interrupt(interrupt);
    let go = Go { judge, start, checkpoint, keeper: &mut keeper, observers, interrupt };
    let ended = match config.batch {
        None => {
            let objective = fitness.objective(&network, measure, false)?;
            with_run(config.algorithm, settings, &network, Fixed(&objective), threads, go)?
        }
        Some(batch) => {
            let feed = Minibatches::in_form(&network, (measure, form), &train, batch, config.seed)?;
            with_run(config.algorithm, settings, &network, feed, threads, go)?
        }
    };
    let reason = ended.reason;
    let (report, mut errors) =
        Report::new(config, &dataset, &network, seen, ended, keeper, threads)?;
    errors.extend(folder.map(|folder| report.write(folder)).unwrap_or_default());
    Ok(Finished { reason, report, errors })
}

/// What is done with a run, whichever its algorithm is.
trait Use<'a, F: Feed> {
    type Out;

    fn of<A: Algorithm<F::Objective> + Send + Sync>(
        self,
        run: Run<'a, A, F>,
    ) -> Result<Self::Out, Error>;
}

/// Makes a run of the algorithm that a configuration names, and uses it.
fn with_run<'a, F: Feed<Objective: Batch + Rows> + Send, U: Use<'a, F>>(
    algorithm: config::Algorithm,
    settings: Settings,
    network: &'a Network,
    feed: F,
    threads: &'a mut Threads,
    then: U,
) -> Result<U::Out, Error> {
    use config::Algorithm::{EaSimple, FilterEs, FilterGa, LowRankEs, NeuronEs, NeuronGa};
    match algorithm {
        EaSimple(it) => then.of(Run::new(settings, it, network, feed, threads)?),
        NeuronEs(it) => then.of(Run::new(settings, it, network, feed, threads)?),
        FilterEs(it) => then.of(Run::new(settings, it, network, feed, threads)?),
        FilterGa(it) => then.of(Run::new(settings, it, network, feed, threads)?),
        NeuronGa(it) => then.of(Run::new(settings, it, network, feed, threads)?),
        LowRankEs(it) => then.of(Run::new(settings, it, network, feed, threads)?),
    }
}

/// Takes a run from its start, or its checkpoint, to its end.
struct Go<'a, 'k, 'f, 'o> {
    judge: Option<Judge<'a>>,
    start: Option<&'a [f32]>,
    checkpoint: Option<&'a Found>,
    keeper: &'k mut Keeper<'f>,
    observers: &'k mut [&'o mut dyn Observer],
    interrupt: &'k Interrupt,
}

impl<'a, F: Feed + Send> Use<'a, F> for Go<'a, '_, '_, '_> {
    type Out = Ended;

    fn of<A: Algorithm<F::Objective> + Send + Sync>(
        self,
        run: Run<'a, A, F>,
    ) -> Result<Ended, Error> {
        let Self { judge, start, checkpoint, keeper, observers, interrupt } = self;
        let mut run = run.with_judge(judge).with_start(start);
        if let Some(found) = checkpoint {
            let checkpoint = &found.checkpoint()?;
            run.resume(checkpoint)?;
            keeper.resume(checkpoint.header().generation)?;
            keeper.set_aside(found)?;
        }
        let mut all: Vec<&mut dyn Observer> = Vec::with_capacity(observers.len() + 1);
        all.push(keeper);
        all.extend(observers.iter_mut().map(|observer| &mut **observer as &mut dyn Observer));
        let before = core_seconds();
        let (reason, errors) = run.go(&mut all, interrupt)?;
        let core_seconds = core_seconds().zip(before).map(|(now, before)| now - before);
        let last = run.snapshot();
        Ok(Ended {
            reason,
            generations: last.generation,
            evaluations: last.evaluations,
            mutant_images: last.mutant_images,
            seconds: last.seconds,
            core_seconds,
            judgement: last.champion.judgement,
            champion_generation: last.champion.generation,
            state_hash: run.state_hash(),
            champion: run.into_champion(),
            errors,
        })
    }
}
