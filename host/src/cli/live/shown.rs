//! What the screen shows of a run, as the observer last saw it.

use super::picture::Picture;
use crate::report::Series;
use crate::run::{Row, Snapshot};
use std::collections::VecDeque;
use tinyevo_core::statistics::Statistics;

/// The rate is that of the last so many seconds of work.
const WINDOW: f64 = 5.0;

/// The least seconds between two points of the rate.
const STEP: f64 = 0.2;

/// What the run does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    /// It makes generations.
    Running,
    /// It waits.
    Paused,
    /// It ends as soon as it can.
    Ending,
    /// It has ended, with these words.
    Ended(String),
}

/// What the screen shows.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// Preset, network, data, seed.
    pub(super) title: String,
    pub(super) status: Status,
    pub(super) generation: u32,
    /// How many there are at most.
    pub(super) generations: u32,
    /// The seconds of work after which the run ends, if it has such a limit.
    pub(super) limit: Option<f64>,
    /// Seconds of work.
    pub(super) seconds: f64,
    /// Accuracies over generations, 0 to 1: of each generation's best, of the champion.
    pub(super) best: Series,
    pub(super) champion: Series,
    /// The population's fitness over generations: mean, smallest, largest.
    pub(super) mean: Series,
    pub(super) smallest: Series,
    pub(super) largest: Series,
    pub(super) statistics: Statistics,
    pub(super) accuracy: f32,
    pub(super) champion_accuracy: f32,
    /// The generation of the champion; not known of a run that goes on and has not started yet.
    pub(super) champion_generation: Option<u32>,
    /// Test images that the champion gets wrong, and in words how many of how many.
    pub(super) mistakes: Vec<Picture>,
    pub(super) wrong: String,
    /// Weights of its first layer.
    pub(super) weights: Vec<Picture>,
    /// The answer to the last key.
    pub(super) note: String,
    pub(super) help: bool,
    /// Seconds of work and generations of some moments.
    moments: VecDeque<(f64, u32)>,
}

impl Shown {
    pub(super) const fn new(title: String, limit: Option<f64>) -> Self {
        Self {
            title,
            status: Status::Running,
            generation: 0,
            generations: 0,
            limit,
            seconds: 0.0,
            best: Series::new(),
            champion: Series::new(),
            mean: Series::new(),
            smallest: Series::new(),
            largest: Series::new(),
            statistics: Statistics { avg: 0.0, std: 0.0, min: 0.0, max: 0.0 },
            accuracy: 0.0,
            champion_accuracy: 0.0,
            champion_generation: None,
            mistakes: Vec::new(),
            wrong: String::new(),
            weights: Vec::new(),
            note: String::new(),
            help: false,
            moments: VecDeque::new(),
        }
    }

    /// Takes in the generations of a run up to the checkpoint from which it goes on.
    ///
    /// `keeps_champion`: a champion lasts until a better one comes, so only those of other accuracies are points.
    pub(super) fn recall(&mut self, rows: &[Row], keeps_champion: bool) {
        let mut last = None;
        for row in rows {
            self.best.push(row.generation, row.accuracy);
            let champion = Some(row.champion_accuracy);
            if !keeps_champion || champion != last {
                self.champion.push(row.generation, row.champion_accuracy);
            }
            last = champion;
            self.spread(row.generation, row.statistics);
        }
        let Some(row) = rows.last() else { return };
        (self.accuracy, self.champion_accuracy) = (row.accuracy, row.champion_accuracy);
        self.moment(row.generation, row.seconds);
    }

    /// Takes a generation in.
    ///
    /// `judged`: the champion is of this generation, or it is one that lasts until a better one comes.
    pub(super) fn push(&mut self, now: &Snapshot<'_>, judged: bool) {
        let (generation, seconds, s) = (now.generation, now.seconds, now.outcome.statistics);
        self.generations = now.generations;
        self.accuracy = now.outcome.accuracy;
        self.champion_accuracy = now.champion.judgement.accuracy();
        self.champion_generation = Some(now.champion.generation);
        self.best.push(generation, self.accuracy);
        if judged {
            self.champion.push(generation, self.champion_accuracy);
        }
        self.spread(generation, s);
        self.moment(generation, seconds);
    }

    /// Notes the population's fitness.
    fn spread(&mut self, generation: u32, statistics: Statistics) {
        self.statistics = statistics;
        self.mean.push(generation, statistics.avg as f32);
        self.smallest.push(generation, statistics.min);
        self.largest.push(generation, statistics.max);
    }

    /// Notes when a generation was made, in seconds of work.
    pub(super) fn moment(&mut self, generation: u32, seconds: f64) {
        (self.generation, self.seconds) = (generation, seconds);
        if self.moments.back().is_none_or(|(last, _)| seconds - last >= STEP) {
            self.moments.push_back((seconds, generation));
        }
        while self.moments.len() > 2
            && self.moments.front().is_some_and(|it| seconds - it.0 > WINDOW)
        {
            self.moments.pop_front();
        }
    }

    /// Generations a second, of late; `None` at the start.
    pub(super) fn rate(&self) -> Option<f64> {
        let (since, from) = self.moments.front()?;
        let (seconds, made) = (self.seconds - since, self.generation - from);
        (seconds > 0.0 && made > 0).then(|| f64::from(made) / seconds)
    }

    /// Seconds until the run ends at this rate.
    pub(super) fn left(&self) -> Option<f64> {
        let generations =
            f64::from(self.generations.saturating_sub(self.generation)) / self.rate()?;
        let limit = self.limit.map_or(f64::INFINITY, |limit| (limit - self.seconds).max(0.0));
        Some(generations.min(limit))
    }

    /// The share of the run that is made, 0 to 1.
    pub(super) fn share(&self) -> f64 {
        let time = self.limit.map_or(0.0, |limit| self.seconds / limit);
        (f64::from(self.generation) / f64::from(self.generations.max(1))).max(time).min(1.0)
    }
}
