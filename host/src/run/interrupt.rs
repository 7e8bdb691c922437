//! What reaches a run from outside: it looks between two generations whether it shall end, pause, or save.

use crate::error::Error;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// How often a run that pauses looks whether it goes on.
const LOOK: Duration = Duration::from_millis(10);

/// Tells a run from outside what it shall do after the present generation. No result depends on it but where the run ends.
#[derive(Debug, Default)]
pub struct Interrupt {
    signal: AtomicI32,
    stopped: AtomicBool,
    paused: AtomicBool,
    asked: AtomicBool,
    /// 1 more than the generation of the last checkpoint that was asked for.
    saved: AtomicU64,
}

impl Interrupt {
    /// Nobody has interrupted yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            signal: AtomicI32::new(0),
            stopped: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            asked: AtomicBool::new(false),
            saved: AtomicU64::new(0),
        }
    }

    /// Ends the run, for a signal of this number.
    pub fn set(&self, signal: i32) {
        self.signal.store(signal, Relaxed);
    }

    /// The number of the signal, if there was one.
    #[must_use]
    pub fn get(&self) -> Option<i32> {
        Some(self.signal.load(Relaxed)).filter(|signal| *signal != 0)
    }

    /// Ends work that has no result yet.
    ///
    /// # Errors
    /// [`Error::Interrupted`]: there was a signal.
    pub fn check(&self) -> Result<(), Error> {
        self.get().map_or(Ok(()), |signal| Err(Error::Interrupted { signal, during: "" }))
    }

    /// Ends the run as its user wants it, without a signal.
    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Whether the user has ended the run.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    /// Lets the run pause, or go on.
    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Relaxed);
    }

    /// Whether the run shall pause: not where it shall end.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused.load(Relaxed) && self.get().is_none() && !self.is_stopped()
    }

    /// Waits as long as the run shall pause.
    pub fn wait(&self) {
        while self.is_paused() {
            thread::sleep(LOOK);
        }
    }

    /// Asks for a checkpoint.
    pub fn save(&self) {
        self.asked.store(true, Relaxed);
    }

    /// Whether a checkpoint was asked for since the last call.
    pub(super) fn take_save(&self) -> bool {
        self.asked.swap(false, Relaxed)
    }

    /// Says that a checkpoint of this generation was written because somebody asked, or because the run pauses.
    pub(super) fn has_saved(&self, generation: u32) {
        self.saved.store(u64::from(generation) + 1, Relaxed);
    }

    /// The generation of the last checkpoint that was asked for, or was written at a pause.
    #[must_use]
    pub fn saved(&self) -> Option<u32> {
        self.saved
            .load(Relaxed)
            .checked_sub(1)
            .and_then(|generation| u32::try_from(generation).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_shall_end_does_not_pause() {
        for end in [|it: &Interrupt| it.set(15), |it: &Interrupt| it.stop()] {
            let interrupt = Interrupt::new();
            interrupt.pause(true);
            assert!(interrupt.is_paused());
            end(&interrupt);
            assert!(!interrupt.is_paused());
            interrupt.wait();
        }
    }

    #[test]
    fn a_checkpoint_is_asked_for_once() {
        let interrupt = Interrupt::new();
        assert!(!interrupt.take_save() && interrupt.saved().is_none());
        interrupt.save();
        assert!(interrupt.take_save() && !interrupt.take_save());
        interrupt.has_saved(u32::MAX);
        assert_eq!(interrupt.saved(), Some(u32::MAX));
    }
}
