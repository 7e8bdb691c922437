//! Why a run ended.

use crate::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicI32, Ordering};

/// The signal numbers of POSIX.
const SIGINT: i32 = 2;

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// All generations were made.
    Generations,
    /// The champion's accuracy is above the limit.
    Accuracy,
    /// The time is used up.
    TimeLimit,
    /// No new champion for as many generations as the patience is.
    Patience,
    /// A signal, by its number: 2 is Ctrl-C.
    Interrupted(i32),
    /// An observer failed.
    Failed,
}

/// Tells a run from outside that it shall end after the present generation.
#[derive(Debug, Default)]
pub struct Interrupt(AtomicI32);

impl Interrupt {
    /// Nobody has interrupted yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicI32::new(0))
    }

    /// Ends the run, for a signal of this number.
    pub fn set(&self, signal: i32) {
        self.0.store(signal, Ordering::Relaxed);
    }

    /// The number of the signal, if there was one.
    #[must_use]
    pub fn get(&self) -> Option<i32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|signal| *signal != 0)
    }

    /// Ends work that has no result yet.
    ///
    /// # Errors
    /// [`Error::Interrupted`]: there was a signal.
    pub fn check(&self) -> Result<(), Error> {
        self.get().map_or(Ok(()), |signal| Err(Error::Interrupted { signal }))
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generations => "generations",
            Self::Accuracy => "accuracy",
            Self::TimeLimit => "time-limit",
            Self::Patience => "patience",
            Self::Interrupted(SIGINT) => "interrupted",
            Self::Interrupted(_) => "terminated",
            Self::Failed => "error",
        })
    }
}

/// Whether a reason, as [`StopReason`] writes it, is none of those that a configuration names: a run that ended by it can
/// be resumed.
pub(super) fn is_cut_short(reason: &str) -> bool {
    !["generations", "accuracy", "time-limit", "patience"].contains(&reason)
}
