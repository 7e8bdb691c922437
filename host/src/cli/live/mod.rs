//! The screen of `tinyevo evolve --live`: an observer that fills [`Shown`], and a thread that draws it and reads keys.
//!
//! It never steers the results of a run: a key pauses it, asks for a checkpoint, or ends it, by [`Interrupt`].

mod look;
mod picture;
mod shown;
#[cfg(test)]
mod tests;
mod view;

use super::terminal::{self, Look, Screen};
use crate::champion::network_name;
use crate::config::{Algorithm, Config};
use crate::data::{Dataset, Split};
use crate::error::Error;
use crate::run::{Interrupt, Observer, Row, Snapshot, StopReason};
use crate::session::Finished;
use look::Viewer;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use shown::{Shown, Status};
use signal_hook::consts::SIGINT;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a key is waited for, and with it the least time between two drawings.
const FRAME: Duration = Duration::from_millis(80);

/// Time between two looks at the champion, which take some of a core.
const LOOK: Duration = Duration::from_millis(1500);

/// The least seconds of work between two copies of the champion.
const COPY: f64 = 0.3;

/// How long the screen is waited for when it shall go.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most test images that the champion is looked at on.
const IMAGES: usize = 2000;

/// What the loop, the screen and the command share.
#[derive(Debug)]
struct Shared {
    shown: Mutex<Shown>,
    /// The champion's weights, if they are newer than the pictures.
    champion: Mutex<Option<Vec<f32>>>,
    interrupt: Arc<Interrupt>,
    /// Whether the screen shall go, whatever it shows.
    closed: AtomicBool,
    /// Whether a checkpoint has a folder.
    saves: bool,
}

impl Shared {
    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn champion(&self) -> MutexGuard<'_, Option<Vec<f32>>> {
        self.champion.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The screen. It has the terminal as long as this value lives.
#[derive(Debug)]
pub(super) struct Live {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    /// When the champion was copied last, in seconds of work.
    copied: f64,
    /// Whether the last generation's individual is the champion, as of algorithms with one parent.
    keeps_last: bool,
}

impl Live {
    /// Takes the terminal for the run of a configuration; `saves`: it is kept in a folder.
    ///
    /// # Errors
    /// A network that does not fit the data, or the terminal does not obey.
    pub(super) fn start(
        config: &Config,
        dataset: &Dataset,
        saves: bool,
        look: Look,
        interrupt: &Arc<Interrupt>,
    ) -> Result<Self, Error> {
        let network = config.network(dataset.shape(), dataset.classes())?;
        let formats = config.formats(&network)?;
        let name = network_name(&network);
        let (preset, data, seed) = (config.preset, dataset.short_name(), config.seed);
        let title = format!("{preset}, {name}, {data}, seed {seed}");
        let (test, description) = (first(&dataset.test, IMAGES), dataset.description.clone());
        let viewer = Viewer { network, formats, test, description };
        let shared = Arc::new(Shared {
            shown: Mutex::new(Shown::new(title, config.stop.seconds)),
            champion: Mutex::default(),
            interrupt: Arc::clone(interrupt),
            closed: AtomicBool::new(false),
            saves,
        });
        let refused =
            |error: std::io::Error| Error::Usage(format!("--live: the terminal: {error}"));
        let mut screen = terminal::take().map_err(refused)?;
        let own = Arc::clone(&shared);
        let show = move || {
            // What fails here is the terminal, which has gone: the run goes on without it.
            let _ = show(&own, &viewer, &mut screen, look);
            terminal::give_back();
        };
        let thread = thread::Builder::new().name("live".to_string()).spawn(show);
        if thread.is_err() {
            terminal::give_back();
        }
        let keeps_last = !matches!(config.algorithm, Algorithm::EaSimple(_));
        let thread = thread.map_err(refused)?;
        Ok(Self { shared, thread, copied: f64::NEG_INFINITY, keeps_last })
    }

    /// Shows the generations that were made before the run was interrupted.
    pub(super) fn recall(&self, rows: &[Row]) {
        self.shared.shown().recall(rows, self.keeps_last);
    }

    /// Hands the screen the weights of the champion, which is the present parent where the last one will be it.
    fn hand_over(&mut self, now: &Snapshot<'_>) {
        let champion = now.champion.genome;
        let [state, ..] = now.state;
        let parent = state.get(now.outcome.champion..).and_then(|rest| rest.get(..champion.len()));
        let genome = parent.filter(|_| self.keeps_last).unwrap_or(champion);
        *self.shared.champion() = Some(genome.to_vec());
        self.copied = now.seconds;
    }

    /// Shows the results until a key is pressed, or a signal comes; where one ended the run, gives the terminal back at once.
    pub(super) fn finish(self, finished: &Finished) {
        if matches!(finished.reason, StopReason::Interrupted(_)) {
            return;
        }
        let accuracy = 100.0 * finished.report.summary.test_accuracy;
        let words =
            format!("test accuracy {accuracy:.2} %, ended by: {}; press a key", finished.reason);
        self.shared.shown().status = Status::Ended(words);
        while self.is_shown() && self.shared.interrupt.get().is_none() {
            thread::sleep(FRAME);
        }
    }

    /// Whether the screen still has the terminal.
    fn is_shown(&self) -> bool {
        !self.thread.is_finished()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.shared.closed.store(true, Relaxed);
        let began = Instant::now();
        // Where the terminal has closed, reading its keys may never come back: such a thread ends with the program.
        while self.is_shown() && began.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(5));
        }
        terminal::give_back();
    }
}

impl Observer for Live {
    fn started(&mut self, first: &Snapshot<'_>) -> Result<(), Error> {
        {
            let mut shown = self.shared.shown();
            shown.generations = first.generations;
            shown.champion_generation = Some(first.champion.generation);
        }
        self.hand_over(first);
        Ok(())
    }

    fn generation(&mut self, now: &Snapshot<'_>) -> Result<(), Error> {
        {
            let mut shown = self.shared.shown();
            shown.push(now, now.new_champion || !self.keeps_last);
            if shown.status == Status::Paused {
                shown.status = Status::Running;
            }
        }
        if (now.new_champion || self.keeps_last) && now.seconds - self.copied >= COPY {
            self.hand_over(now);
        }
        Ok(())
    }

    fn paused(&mut self, now: &Snapshot<'_>) -> Result<(), Error> {
        self.shared.shown().status = Status::Paused;
        self.hand_over(now);
        Ok(())
    }

    fn ended(&mut self, last: &Snapshot<'_>, _reason: StopReason) -> Result<(), Error> {
        self.shared.shown().status = Status::Ending;
        self.hand_over(last);
        Ok(())
    }
}

/// The first samples of a split.
fn first(split: &Split, count: usize) -> Split {
    let count = count.min(split.len());
    let images = split.images.iter().copied().take(count * split.features()).collect();
    let labels = split.labels.iter().copied().take(count).collect();
    Split { shape: split.shape, classes: split.classes, images, labels }
}

/// Draws, and does what keys say, until the screen shall go.
fn show(
    shared: &Shared,
    viewer: &Viewer,
    screen: &mut Screen,
    look: Look,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut looked: Option<Instant> = None;
    // A panic of the run has given the terminal back.
    while !shared.closed.load(Relaxed) && terminal::is_taken() {
        if looked.is_none_or(|looked| looked.elapsed() >= LOOK)
            && let Some(champion) = shared.champion().take()
        {
            let (mistakes, wrong) = viewer.mistakes(&champion, look.unicode)?;
            let weights = viewer.weights(&champion);
            let mut shown = shared.shown();
            (shown.mistakes, shown.wrong, shown.weights) = (mistakes, wrong, weights);
            looked = Some(Instant::now());
        }
        let shown = {
            let mut shown = shared.shown();
            refresh(&mut shown, &shared.interrupt);
            shown.clone()
        };
        screen.draw(|frame| view::draw(frame, &shown, look))?;
        let until = Instant::now() + FRAME;
        while event::poll(until.saturating_duration_since(Instant::now()))? {
            let Event::Key(key) = event::read()? else { break };
            if key.kind != KeyEventKind::Release && obey(shared, key) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Notes what the run has done about the last key.
fn refresh(shown: &mut Shown, interrupt: &Interrupt) {
    if (interrupt.get().is_some() || interrupt.is_stopped())
        && !matches!(shown.status, Status::Ended(_))
    {
        shown.status = Status::Ending;
    }
    if let Some(generation) = interrupt.saved() {
        shown.note = format!("checkpoint of generation {generation}");
    }
}

/// Does what a key says; whether the screen shall go.
fn obey(shared: &Shared, key: KeyEvent) -> bool {
    let (interrupt, mut shown) = (&shared.interrupt, shared.shown());
    if matches!(shown.status, Status::Ended(_)) {
        return true;
    }
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            if interrupt.get().is_some() {
                terminal::give_back();
                std::process::exit(128 + SIGINT);
            }
            interrupt.set(SIGINT);
        }
        KeyCode::Char('p' | ' ') => interrupt.pause(!interrupt.is_paused()),
        KeyCode::Char('c') if shared.saves => interrupt.save(),
        KeyCode::Char('c') => shown.note = "--no-save: no checkpoint".to_string(),
        KeyCode::Char('q') => interrupt.stop(),
        KeyCode::Char('?' | 'h') => shown.help = !shown.help,
        KeyCode::Esc => shown.help = false,
        _ => {}
    }
    false
}
