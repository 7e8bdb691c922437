//! The observer that keeps a run in its folder: history, champion, checkpoints, plots.

use super::{
    Found, History, Interrupt, Observer, Row, RunFolder, Snapshot, StopReason, checkpoint,
};
use crate::champion::PackedIntegers;
use crate::data::Description;
use crate::error::Error;
use crate::formats::safetensors;
use crate::report::plot;
use crate::write;
use tinyevo_core::deploy::Formats;
use tinyevo_core::network::Network;

/// How often the plots of a run are drawn again, in seconds.
const REDRAW_SECONDS: f64 = 10.0;

/// How often rows are handed to the system, in seconds.
const FLUSH_SECONDS: f64 = 0.2;

/// Keeps the history of a run for its report and, if it has a folder, all that is to survive there.
#[derive(Debug)]
pub struct Keeper<'a> {
    plot: plot::History,
    files: Option<Files<'a>>,
}

impl<'a> Keeper<'a> {
    /// Of a run in `folder`, if any, of genomes of this network, which stand for integers of these formats, if any; with a checkpoint after every so many seconds of work, and at its end.
    #[must_use]
    pub fn new(
        folder: Option<&'a RunFolder>,
        (network, formats): (&'a Network, Option<Formats>),
        title: String,
        every: f64,
    ) -> Self {
        let files = |folder| Files {
            folder,
            network,
            formats,
            description: Description::default(),
            interrupt: None,
            history: None,
            every,
            saved: 0.0,
            drawn: 0.0,
            flushed: 0.0,
        };
        Self { plot: plot::History::new(title), files: folder.map(files) }
    }

    /// The same with a description of the samples and classes, which is kept in the champion's file.
    #[must_use]
    pub fn describing(mut self, description: Description) -> Self {
        if let Some(files) = &mut self.files {
            files.description = description;
        }
        self
    }

    /// Lets somebody outside ask for a checkpoint.
    #[must_use]
    pub fn with_interrupt(mut self, interrupt: &'a Interrupt) -> Self {
        if let Some(files) = &mut self.files {
            files.interrupt = Some(interrupt);
        }
        self
    }

    /// Takes the history of a run that goes on after `generation`.
    ///
    /// # Errors
    /// The history cannot be read, or does not reach that generation.
    pub fn resume(&mut self, generation: u32) -> Result<(), Error> {
        let Some(files) = &mut self.files else { return Ok(()) };
        let (history, rows) = History::resume(&files.folder.file("history.csv"), generation)?;
        for row in rows {
            self.plot.push(row.generation, row.accuracy, row.champion_accuracy);
        }
        files.history = Some(history);
        Ok(())
    }

    /// Sets the checkpoints aside that could not be gone on from.
    ///
    /// # Errors
    /// One cannot be renamed.
    pub fn set_aside(&self, found: &Found) -> Result<(), Error> {
        if self.files.is_some() { checkpoint::set_aside(found) } else { Ok(()) }
    }

    /// Accuracy over the generations, for plots. Ends the keeping.
    #[must_use]
    pub fn into_plot(self) -> plot::History {
        self.plot
    }
}

/// Draws the plots of a run into its folder.
///
/// # Errors
/// They cannot be written.
fn draw(folder: &RunFolder, plot: &plot::History) -> Result<(), Error> {
    folder.write("history.svg", plot::svg(plot)?.as_bytes())?;
    folder.write("history.png", &plot::png(plot)?)
}

/// The files of a run.
#[derive(Debug)]
struct Files<'a> {
    folder: &'a RunFolder,
    network: &'a Network,
    formats: Option<Formats>,
    description: Description,
    interrupt: Option<&'a Interrupt>,
    /// `None` until the run has started.
    history: Option<History>,
    /// Seconds between checkpoints.
    every: f64,
    saved: f64,
    drawn: f64,
    flushed: f64,
}

impl Files<'_> {
    fn champion(&self, snapshot: &Snapshot<'_>, sync: bool) -> Result<(), Error> {
        let (network, genome) = (self.network, snapshot.champion.genome);
        let keep = |name: &str, bytes: &[u8]| {
            let path = self.folder.file(name);
            if sync { write::whole(&path, bytes) } else { write::replace(&path, bytes) }
        };
        let formats = self.formats.as_ref().map_or(&[][..], Formats::as_slice);
        let bytes = safetensors::encode_masters(network, genome, formats, &self.description)?;
        keep("champion.safetensors", &bytes)?;
        let Some(formats) = &self.formats else { return Ok(()) };
        keep("champion.tev", PackedIntegers::deployed(network, formats, genome)?.file())
    }

    fn save(&mut self, snapshot: &Snapshot<'_>) -> Result<(), Error> {
        // A checkpoint must not be newer than the history.
        if let Some(history) = &mut self.history {
            history.sync()?;
        }
        checkpoint::save(self.folder, snapshot)?;
        self.saved = snapshot.seconds;
        Ok(())
    }

    fn row(&mut self, now: &Snapshot<'_>) -> Result<(), Error> {
        let Some(history) = &mut self.history else { return Ok(()) };
        history.push(now)?;
        if now.new_champion || now.seconds - self.flushed >= FLUSH_SECONDS {
            self.flushed = now.seconds;
            history.flush()?;
        }
        Ok(())
    }
}

impl Observer for Keeper<'_> {
    fn started(&mut self, first: &Snapshot<'_>) -> Result<(), Error> {
        let Some(files) = &mut self.files else { return Ok(()) };
        (files.saved, files.drawn, files.flushed) = (first.seconds, first.seconds, first.seconds);
        if files.history.is_none() {
            files.history = Some(History::create(&files.folder.file("history.csv"))?);
        }
        // A champion that is newer than the checkpoint is not of the run that goes on.
        files.champion(first, true)
    }

    fn generation(&mut self, now: &Snapshot<'_>) -> Result<(), Error> {
        let Row { generation, accuracy, champion_accuracy, .. } = Row::of(now);
        self.plot.push(generation, accuracy, champion_accuracy);
        let Some(files) = &mut self.files else { return Ok(()) };
        files.row(now)?;
        if now.new_champion && now.generation > 0 {
            files.champion(now, false)?;
        }
        let asked = files.interrupt.is_some_and(Interrupt::take_save);
        if now.generation == 0 || asked || now.seconds - files.saved >= files.every {
            files.save(now)?;
        }
        if let Some(interrupt) = files.interrupt.filter(|_| asked) {
            interrupt.has_saved(now.generation);
        }
        if now.seconds - files.drawn >= REDRAW_SECONDS {
            files.drawn = now.seconds;
            draw(files.folder, &self.plot)?;
        }
        Ok(())
    }

    fn paused(&mut self, now: &Snapshot<'_>) -> Result<(), Error> {
        let Some(files) = &mut self.files else { return Ok(()) };
        files.save(now)?;
        if let Some(interrupt) = files.interrupt {
            interrupt.has_saved(now.generation);
        }
        Ok(())
    }

    fn ended(&mut self, last: &Snapshot<'_>, _reason: StopReason) -> Result<(), Error> {
        let Some(files) = &mut self.files else { return Ok(()) };
        // The champion first: it is what a full disk must not cost.
        let kept = files.champion(last, true);
        let saved = files.save(last);
        kept.and(saved).and(draw(files.folder, &self.plot))
    }
}
