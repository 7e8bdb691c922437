//! The state of a run, one step of it, and the loop.

use super::record::{RECORD, Record};
use super::stop::{self, Progress};
use super::{Champion, Interrupt, Judge, Judgement, Observer, Settings, Snapshot, StopReason};
use crate::error::Error;
use crate::feed::Feed;
use crate::threads::aligned::Aligned;
use crate::threads::{Awake, Threads};
use std::time::{Duration, Instant};
use tinyevo_core::checkpoint::{Checkpoint, Header};
use tinyevo_core::evolution::{Algorithm, Lengths, Memory, Outcome};
use tinyevo_core::fitness::Score;
use tinyevo_core::hall_of_fame::HallOfFame;
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::network::Network;
use tinyevo_core::objective::Objective;

/// A run: its algorithm and data, and the state that it is in.
///
/// After [`Run::new`] there is nothing yet: [`Run::go`] does everything, after [`Run::resume`] from a
/// checkpoint on; [`Run::start`] and [`Run::step`] make single generations. Nothing of the size of the state is allocated after that.
#[derive(Debug)]
pub struct Run<'a, A, F> {
    settings: Settings,
    algorithm: A,
    network: &'a Network,
    feed: F,
    judge: Option<Judge<'a>>,
    start: Option<&'a [f32]>,
    threads: &'a mut Threads,
    memory: Memory<Aligned, Vec<usize>, Vec<Score>>,
    lengths: Lengths,
    generation: u32,
    evaluations: u64,
    /// Whether there is a generation to go on from.
    alive: bool,
    /// The time worked before this process.
    before: Duration,
    began: Instant,
    outcome: Outcome,
    hall: HallOfFame<1>,
    champion: Vec<f32>,
    judgement: Judgement,
    champion_generation: u32,
    /// The last generation whose individual was judged to be the best so far.
    gain_generation: u32,
    mutant_images: u64,
    /// What a checkpoint keeps beside the state and the champion, as floats.
    record: [f32; RECORD],
}

impl<'a, A: Algorithm<F::Objective> + Send + Sync, F: Feed + Send> Run<'a, A, F> {
    /// Checks the settings and takes the memory that the run needs.
    ///
    /// # Errors
    /// A setting is out of range, or the memory is too small, with the bytes that are needed.
    pub fn new(
        settings: Settings,
        algorithm: A,
        network: &'a Network,
        feed: F,
        threads: &'a mut Threads,
    ) -> Result<Self, Error> {
        algorithm.check()?;
        let direction = feed.objective().direction();
        let lengths = algorithm.lengths(network, feed.objective());
        let genes = network.parameters();
        super::memory::check(&lengths, genes, threads.count())?;
        threads.reserve(lengths.part)?;
        let mut picks = Vec::new();
        let mut scores = Vec::new();
        let memory = |_| Error::Memory { bytes: super::memory::bytes(&lengths, genes, 1) };
        picks.try_reserve_exact(lengths.picks).map_err(memory)?;
        scores.try_reserve_exact(lengths.scores).map_err(memory)?;
        picks.resize(lengths.picks, 0);
        scores.resize(lengths.scores, Score::default());
        let mut champion = Vec::new();
        champion.try_reserve_exact(genes).map_err(memory)?;
        champion.resize(genes, 0.0);
        let memory = Memory {
            state: Aligned::try_zeros(lengths.state)?,
            spare: Aligned::try_zeros(lengths.spare)?,
            shared: Aligned::try_zeros(lengths.shared)?,
            picks,
            scores,
        };
        Ok(Self {
            settings,
            algorithm,
            network,
            feed,
            judge: None,
            start: None,
            threads,
            memory,
            lengths,
            generation: 0,
            evaluations: 0,
            alive: false,
            before: Duration::ZERO,
            began: Instant::now(),
            outcome: Outcome::default(),
            hall: HallOfFame::new(genes, direction),
            champion,
            judgement: Judgement::default(),
            champion_generation: 0,
            gain_generation: 0,
            mutant_images: 0,
            record: [0.0; RECORD],
        })
    }

    /// Lets a judge measure the champion instead of the fitness.
    #[must_use]
    pub fn with_judge(mut self, judge: Option<Judge<'a>>) -> Self {
        self.judge = judge;
        if let Some(judge) = &self.judge {
            self.hall = HallOfFame::new(self.champion.len(), judge.objective.direction());
        }
        self
    }

    /// Begins with this genome, which has [`Network::parameters`] floats, instead of one that is drawn at random; see
    /// [`tinyevo_core::evolution::Task::start`].
    #[must_use]
    pub const fn with_start(mut self, start: Option<&'a [f32]>) -> Self {
        self.start = start;
        self
    }

    /// Makes generation 0.
    ///
    /// # Errors
    /// The genome of [`with_start`](Self::with_start) is not as long as the network's.
    pub fn start(&mut self) -> Result<(), Error> {
        self.began = Instant::now();
        self.make(0)
    }

    /// Makes the next generation.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn step(&mut self) -> Result<(), Error> {
        self.make(self.generation + 1)
    }

    /// Goes on from a checkpoint of this run.
    ///
    /// # Errors
    /// [`Error::OtherRun`]: it is of another recipe, or of other data.
    pub fn resume(&mut self, checkpoint: &Checkpoint<'_>) -> Result<(), Error> {
        let header = checkpoint.header();
        let state = &mut self.memory.state.as_mut_slice()[..self.lengths.state];
        let fits = checkpoint.len() == state.len() + self.champion.len() + RECORD;
        if header.run != self.settings.identity || !fits {
            return Err(Error::OtherRun);
        }
        checkpoint.read(&mut [state, &mut self.champion, &mut self.record])?;
        let record = Record::read(&self.record).ok_or(Error::OtherRun)?;
        if record.champion > header.generation || record.gain > header.generation {
            return Err(Error::OtherRun);
        }
        (self.judgement, self.champion_generation) = (record.judgement, record.champion);
        (self.gain_generation, self.mutant_images) = (record.gain, record.mutant_images);
        let mut store = Aligned::try_zeros(self.champion.len())?;
        self.hall.offer(&self.champion, record.best, store.as_mut_slice())?;
        self.alive = true;
        self.generation = header.generation;
        self.evaluations = header.evaluations;
        self.before = Duration::from_millis(header.milliseconds);
        self.began = Instant::now();
        self.feed.make(self.generation, self.settings.length, self.threads)?;
        let task = self.settings.task(self.network, &self.feed, self.start, self.generation);
        let Memory { state, shared, .. } = &mut self.memory;
        self.outcome = self.algorithm.outcome(&task, state.as_slice(), shared.as_mut_slice())?;
        Ok(())
    }

    /// Makes a generation of the one before, and judges its best individual.
    fn make(&mut self, generation: u32) -> Result<(), Error> {
        self.feed.make(generation, self.settings.length, self.threads)?;
        let task = self.settings.task(self.network, &self.feed, self.start, generation);
        self.outcome = self.algorithm.generation(&task, &mut self.memory, self.threads)?;
        self.generation = generation;
        self.alive = true;
        self.evaluations = self.evaluations.saturating_add(self.outcome.evaluations);
        self.mutant_images = self.mutant_images.saturating_add(self.outcome.mutant_images);
        if self.judge.as_ref().is_none_or(|judge| judge.is_due(generation)) {
            self.judge_best()?;
        }
        self.note();
        Ok(())
    }

    /// Judges the generation's best individual, and makes it the champion if it is the best so far, or if
    /// the algorithm's result is its last.
    fn judge_best(&mut self) -> Result<(), Error> {
        let best = self.outcome.champion;
        let genome = &self.memory.state.as_slice()[best..best + self.champion.len()];
        let judgement = match &self.judge {
            None => {
                let samples = self.feed.objective().samples();
                Judgement::new(self.outcome.best, self.outcome.accuracy, samples)
            }
            Some(judge) => judge.judge(genome, self.threads)?,
        };
        let better = self.hall.offer(genome, judgement.fitness, &mut self.champion)?;
        if better {
            self.gain_generation = self.generation;
        } else if self.algorithm.keeps_last() {
            self.champion.copy_from_slice(genome);
        }
        if better || self.algorithm.keeps_last() {
            (self.judgement, self.champion_generation) = (judgement, self.generation);
        }
        Ok(())
    }

    /// Writes down what a checkpoint keeps beside the state and the champion.
    fn note(&mut self) {
        let record = Record {
            judgement: self.judgement,
            best: self.hall.fitness(0).unwrap_or(self.judgement.fitness),
            champion: self.champion_generation,
            gain: self.gain_generation,
            mutant_images: self.mutant_images,
        };
        self.record = record.floats();
    }

    /// The last generation's individual is the champion of an algorithm that keeps the last one, even if the
    /// judge was not due.
    fn conclude(&mut self) -> Result<(), Error> {
        if self.algorithm.keeps_last() && self.champion_generation != self.generation {
            self.judge_best()?;
            self.note();
        }
        Ok(())
    }

    /// A handle by which the threads are kept awake over many short generations, as [`go`](Self::go) does.
    #[must_use]
    pub fn awake(&self) -> Awake {
        self.threads.awake()
    }

    /// The run as observers see it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        let worked = self.before + self.began.elapsed();
        Snapshot {
            generation: self.generation,
            generations: self.settings.stop.generations,
            evaluations: self.evaluations,
            mutant_images: self.mutant_images,
            seconds: worked.as_secs_f64(),
            outcome: self.outcome,
            champion: Champion {
                genome: &self.champion,
                judgement: self.judgement,
                generation: self.champion_generation,
            },
            new_champion: self.champion_generation == self.generation,
            header: Header {
                run: self.settings.identity,
                generation: self.generation,
                evaluations: self.evaluations,
                milliseconds: u64::try_from(worked.as_millis()).unwrap_or(u64::MAX),
            },
            state: [
                &self.memory.state.as_slice()[..self.lengths.state],
                &self.champion,
                &self.record,
            ],
        }
    }

    /// Makes generations until there is a reason to stop, from generation 0 on, or after
    /// the one that there is, as by [`resume`](Self::resume).
    ///
    /// An observer that fails ends the run; all are still told of its end. The errors of observers are
    /// returned beside the reason, in order: the run itself is whole.
    ///
    /// # Errors
    /// Never, after the settings were checked.
    pub fn go(
        &mut self,
        observers: &mut [&mut dyn Observer],
        interrupt: &Interrupt,
    ) -> Result<(StopReason, Vec<Error>), Error> {
        let awake = self.threads.awake();
        let mut errors = awake.during(|| self.begin(observers))?;
        let reason = loop {
            let reason = awake.during(|| self.go_on(observers, interrupt, &mut errors))?;
            if let Some(reason) = reason {
                break reason;
            }
            // A pause is no work, and keeps no thread awake.
            let pause = Instant::now();
            interrupt.wait();
            self.began += pause.elapsed();
        };
        awake.during(|| self.conclude())?;
        let last = self.snapshot();
        for error in observers.iter_mut().filter_map(|o| o.ended(&last, reason).err()) {
            // What failed in a generation mostly fails again.
            if errors.iter().all(|earlier: &Error| earlier.to_string() != error.to_string()) {
                errors.push(error);
            }
        }
        Ok((reason, errors))
    }

    /// Tells the observers of the start, after generation 0 is made if the run does not go on.
    fn begin(&mut self, observers: &mut [&mut dyn Observer]) -> Result<Vec<Error>, Error> {
        let goes_on = self.alive;
        if goes_on {
            self.began = Instant::now();
        } else {
            self.start()?;
        }
        let first = self.snapshot();
        let mut errors: Vec<_> =
            observers.iter_mut().filter_map(|o| o.started(&first).err()).collect();
        if !goes_on && errors.is_empty() {
            errors.extend(observers.iter_mut().filter_map(|o| o.generation(&first).err()));
        }
        Ok(errors)
    }

    /// Makes generations until there is a reason to stop; `None`: until the run pauses.
    fn go_on(
        &mut self,
        observers: &mut [&mut dyn Observer],
        interrupt: &Interrupt,
        errors: &mut Vec<Error>,
    ) -> Result<Option<StopReason>, Error> {
        loop {
            if !errors.is_empty() {
                return Ok(Some(StopReason::Failed));
            }
            if let Some(reason) = self.reason_to_stop(interrupt) {
                return Ok(Some(reason));
            }
            if interrupt.is_paused() {
                let now = self.snapshot();
                errors.extend(observers.iter_mut().filter_map(|o| o.paused(&now).err()));
                if errors.is_empty() {
                    return Ok(None);
                }
                continue;
            }
            self.step()?;
            let now = self.snapshot();
            errors.extend(observers.iter_mut().filter_map(|o| o.generation(&now).err()));
        }
    }

    /// The first reason to stop after this generation: a result counts more than an interrupt, which counts more than a limit.
    fn reason_to_stop(&self, interrupt: &Interrupt) -> Option<StopReason> {
        let now = Progress {
            generation: self.generation,
            judgement: self.judgement,
            gain: self.gain_generation,
            seconds: (self.before + self.began.elapsed()).as_secs_f64(),
        };
        let due = stop::due(&self.settings.stop, &now);
        if matches!(due, Some(StopReason::Accuracy | StopReason::Generations)) {
            return due;
        }
        let signal = interrupt.get().map(StopReason::Interrupted);
        let stopped = interrupt.is_stopped().then_some(StopReason::Stopped);
        signal.or(stopped).or(due)
    }

    /// FNV-1a, 64 bits, over what the algorithm says of its state: what two runs that should be equal are
    /// compared by.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hash = Fnv1a::new();
        let state = &self.memory.state.as_slice()[..self.lengths.state];
        self.algorithm.hash(self.network, state, &mut hash);
        hash.finish()
    }

    /// The best genome so far. Ends the run, and with it the loan of the threads.
    #[must_use]
    pub fn into_champion(self) -> Vec<f32> {
        self.champion
    }
}
