//! A recipe over several seeds: a run each, in a folder each, and what they say together.

use crate::config::Config;
use crate::data::Dataset;
use crate::error::Error;
use crate::report::Summary;
use crate::run::{self, Interrupt, Kept, Observer, RunFolder, State};
use crate::session::{self, Finished, Plan};
use crate::statistics::Spread;
use crate::threads::Threads;
use crate::write;
use serde::Serialize;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A recipe, and the folder in which each seed has a run: `seed-1`, `seed-2`, ...
#[derive(Debug)]
pub struct Seeds<'a> {
    config: Config,
    seeds: Range<u64>,
    folder: &'a Path,
}

impl<'a> Seeds<'a> {
    /// `count` seeds, 1 or more, from that of the configuration on. The folder may hold some of the runs: a run that has been
    /// planned there gives its number of generations to the others, as `--time` would choose another one each time.
    ///
    /// # Errors
    /// The last seed is too large, the folder is that of a run, or a run in it is damaged.
    pub fn new(config: Config, count: u64, folder: &'a Path, timed: bool) -> Result<Self, Error> {
        let seeds = config.seed..config.seed.saturating_add(count);
        Config { seed: seeds.end - 1, ..config.clone() }.check()?;
        let mut all = Self { config, seeds, folder };
        if folder.exists() && Kept::read(folder)?.is_some() {
            let file = folder.join("config.toml");
            return Err(Error::Occupied { path: folder.to_path_buf(), file });
        }
        let kept = all.seeds.clone().filter_map(|seed| all.kept(seed).transpose());
        let kept = kept.collect::<Result<Vec<_>, _>>()?;
        if let Some(first) = kept.first().filter(|_| timed) {
            (all.config.stop, all.config.length) = (first.config.stop, first.config.length);
        }
        Ok(all)
    }

    /// The configuration of the first seed.
    pub const fn config(&mut self) -> &mut Config {
        &mut self.config
    }

    /// Checks that the runs in the folder are of this recipe and data, and says how many there are. The configuration holds
    /// out as many samples as the data has for that.
    ///
    /// # Errors
    /// [`Error::OtherRecipe`], [`Error::OtherFingerprint`], or a run is damaged.
    pub fn check(&self, dataset: &Dataset) -> Result<usize, Error> {
        let mut count = 0;
        for kept in self.seeds.clone().filter_map(|seed| self.kept(seed).transpose()) {
            let mut kept = kept?;
            let own = Config { seed: kept.config.seed, ..self.config.clone() };
            if let Some(difference) = kept.config.difference(&own) {
                return Err(Error::OtherRecipe { difference });
            }
            session::name_data(&mut kept.config, dataset)?;
            count += 1;
        }
        Ok(count)
    }

    /// The seeds, in order.
    #[must_use]
    pub fn seeds(&self) -> Range<u64> {
        self.seeds.clone()
    }

    /// The folder of a seed's run.
    #[must_use]
    pub fn path(&self, seed: u64) -> PathBuf {
        self.folder.join(format!("seed-{seed}"))
    }

    /// The run of a seed, as its folder has it.
    fn kept(&self, seed: u64) -> Result<Option<Kept>, Error> {
        let path = self.path(seed);
        if path.exists() { Kept::read(&path) } else { Ok(None) }
    }

    /// The results of a seed that has ended as the configuration wants it; `None` if its run is still to be made, or
    /// to be gone on with.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn ended(&self, seed: u64) -> Result<Option<Summary>, Error> {
        let kept = self.kept(seed)?.filter(|kept| kept.state == State::Ended);
        Ok(kept.filter(|kept| kept.config.stop == self.config.stop).and_then(|kept| kept.summary))
    }

    /// Makes the run of a seed, or goes on with it from its last checkpoint. The configuration has the fingerprint of
    /// the data; beside the data stands the genome that each run begins with, if any, that of [`session::start`].
    ///
    /// # Errors
    /// As [`session::evolve`]; or the folder is not free, or not of this recipe and data.
    pub fn run(
        &self,
        seed: u64,
        (dataset, start): (&Dataset, Option<&[f32]>),
        threads: &mut Threads,
        observers: &mut [&mut dyn Observer],
        interrupt: &Interrupt,
    ) -> Result<Finished, Error> {
        let path = self.path(seed);
        let config = Config { seed, ..self.config.clone() };
        let goes_on = self.kept(seed)?.is_some();
        let folder = if goes_on { RunFolder::open(&path)? } else { RunFolder::create(&path)? };
        let checkpoint = if goes_on { run::newest(&folder)? } else { None };
        if let Some(found) = &checkpoint {
            found.check_length(config.stop.generations)?;
            found.check(session::identity(&config)?)?;
        }
        folder.write("config.toml", config.to_toml()?.as_bytes())?;
        let plan = Plan {
            config: &config,
            dataset: dataset.clone(),
            start,
            folder: Some(&folder),
            checkpoint: checkpoint.as_ref(),
        };
        let finished = session::evolve(plan, threads, observers, interrupt);
        if finished.is_err() {
            folder.abandon();
        }
        finished
    }
}

/// The results of some seeds. Field names are the keys of `summary.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Summaries {
    /// Accuracies on the test images over the seeds.
    pub test_accuracy: Spread,
    /// The runs, in the order of their seeds.
    pub runs: Vec<Summary>,
}

impl Summaries {
    /// Those of some runs.
    #[must_use]
    pub fn new(runs: Vec<Summary>) -> Self {
        let accuracies: Vec<f64> = runs.iter().map(|run| f64::from(run.test_accuracy)).collect();
        Self { test_accuracy: Spread::of(&accuracies), runs }
    }

    /// Writes `summary.json` and `summary.csv` into a folder.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        write::whole(&folder.join("summary.json"), self.json()?.as_bytes())?;
        write::whole(&folder.join("summary.csv"), self.csv().as_bytes())
    }

    /// All as JSON.
    ///
    /// # Errors
    /// Never in practice.
    pub fn json(&self) -> Result<String, Error> {
        super::json(self)
    }

    /// A row a seed.
    #[must_use]
    pub fn csv(&self) -> String {
        let line = |run: &Summary| {
            let Summary { seed, generations, evaluations, seconds, test_accuracy, .. } = run;
            let core = run.core_seconds.map(|seconds| format!("{seconds:.3}")).unwrap_or_default();
            let Summary { test_cross_entropy, stop_reason, state_hash, .. } = run;
            format!(
                "{seed},{generations},{evaluations},{seconds:.3},{core},{test_accuracy},{test_cross_entropy},{stop_reason},{state_hash}\n"
            )
        };
        let head = "seed,generations,evaluations,seconds,core_seconds,test_accuracy,test_cross_entropy,stop_reason,state_hash\n";
        head.to_string() + &self.runs.iter().map(line).collect::<String>()
    }

    /// Mean, standard deviation and 95 % interval in a line.
    #[must_use]
    pub fn text(&self) -> String {
        format!("test accuracy over {}\n", spread(&self.test_accuracy, "seed"))
    }
}

/// A spread of accuracies in words, with the number of what it is over.
pub(super) fn spread(spread: &Spread, of: &str) -> String {
    let Spread { count, mean, standard_deviation, interval } = spread;
    let mut text = format!("{count} {of}{}", if *count == 1 { "" } else { "s" });
    text += &format!(": mean {:.2} %", 100.0 * mean);
    if let (Some(deviation), Some([low, high])) = (standard_deviation, interval) {
        let [deviation, low, high] = [deviation, low, high].map(|number| 100.0 * number);
        text +=
            &format!(", standard deviation {deviation:.2}, 95 % interval {low:.2} to {high:.2}");
    }
    text
}
