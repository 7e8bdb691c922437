//! The observer that keeps a run in its folder: history, champion, checkpoints, plots.

use super::{History, Observer, Row, RunFolder, Snapshot, StopReason, checkpoint};
use crate::champion::Champion;
use crate::error::Error;
use crate::formats::safetensors;
use crate::report::plot;
use crate::write;
use tinyevo_core::network::Network;

/// How often the plots of a run are drawn again, in seconds.
const REDRAW_SECONDS: f64 = 10.0;

/// How often rows are handed to the system, in seconds.
const FLUSH_SECONDS: f64 = 0.2;

/// Keeps a run in its folder.
#[derive(Debug)]
pub struct Keeper<'a> {
    folder: &'a RunFolder,
    network: &'a Network,
    plot: plot::History,
    /// `None` until the run has started.
    history: Option<History>,
    /// Seconds between checkpoints.
    every: f64,
    saved: f64,
    drawn: f64,
    flushed: f64,
}

impl<'a> Keeper<'a> {
    /// Of a run in `folder`, with a checkpoint after every so many seconds of work, and at its end.
    #[must_use]
    pub fn new(folder: &'a RunFolder, network: &'a Network, title: String, every: f64) -> Self {
        let plot = plot::History::new(title);
        Self { folder, network, plot, history: None, every, saved: 0.0, drawn: 0.0, flushed: 0.0 }
    }

    /// Takes the history of a run that goes on after `generation`.
    ///
    /// # Errors
    /// The history cannot be read, or does not reach that generation.
    pub fn resume(&mut self, generation: u32) -> Result<(), Error> {
        let (history, rows) = History::resume(&self.folder.file("history.csv"), generation)?;
        for row in rows {
            self.push(row);
        }
        self.history = Some(history);
        Ok(())
    }

    /// Accuracy over the generations, for plots.
    #[must_use]
    pub const fn plot(&self) -> &plot::History {
        &self.plot
    }

    /// Draws the plots.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn draw(&self) -> Result<(), Error> {
        self.folder.write("history.svg", plot::svg(&self.plot)?.as_bytes())?;
        self.folder.write("history.png", &plot::png(&self.plot)?)
    }

    fn push(&mut self, row: Row) {
        self.plot.push(row.generation, row.accuracy, row.champion_accuracy);
    }

    fn champion(&self, snapshot: &Snapshot<'_>, sync: bool) -> Result<(), Error> {
        let genome = snapshot.champion.genome.to_vec();
        let champion = Champion::floats(self.network.clone(), genome)?;
        let bytes = safetensors::encode(&champion)?;
        let path = self.folder.file("champion.safetensors");
        if sync { write::whole(&path, &bytes) } else { write::unsynced(&path, &bytes) }
    }

    fn save(&mut self, snapshot: &Snapshot<'_>) -> Result<(), Error> {
        if let Some(history) = &mut self.history {
            history.sync()?;
        }
        checkpoint::save(self.folder, snapshot)?;
        self.saved = snapshot.seconds;
        Ok(())
    }
}

impl Observer for Keeper<'_> {
    fn started(&mut self, first: &Snapshot<'_>) -> Result<(), Error> {
        (self.saved, self.drawn, self.flushed) = (first.seconds, first.seconds, first.seconds);
        if self.history.is_none() {
            self.history = Some(History::create(&self.folder.file("history.csv"))?);
        }
        // A champion that is newer than the checkpoint is not of the run that goes on.
        self.champion(first, true)
    }

    fn generation(&mut self, now: &Snapshot<'_>) -> Result<(), Error> {
        self.push(Row::of(now));
        if let Some(history) = &mut self.history {
            history.push(now)?;
            if now.new_champion || now.seconds - self.flushed >= FLUSH_SECONDS {
                history.flush()?;
                self.flushed = now.seconds;
            }
        }
        if now.new_champion {
            self.champion(now, false)?;
        }
        if now.generation == 0 || now.seconds - self.saved >= self.every {
            self.save(now)?;
        }
        if now.seconds - self.drawn >= REDRAW_SECONDS {
            self.drawn = now.seconds;
            self.draw()?;
        }
        Ok(())
    }

    fn ended(&mut self, last: &Snapshot<'_>, _reason: StopReason) -> Result<(), Error> {
        // The champion first: it is what a full disk must not cost.
        let kept = self.champion(last, true);
        let saved = self.save(last);
        kept.and(saved).and(self.draw())
    }
}
