//! Why a run ended.

use super::Judgement;
use crate::config::Stop;
use std::fmt;

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
    /// The user, by [`Interrupt::stop`](super::Interrupt::stop).
    Stopped,
    /// An observer failed.
    Failed,
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
            Self::Stopped => "stopped",
            Self::Failed => "error",
        })
    }
}

/// How far a run has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// The generation that was made last.
    pub(super) generation: u32,
    /// The champion's.
    pub(super) judgement: Judgement,
    /// The generation of the best one so far.
    pub(super) gain: u32,
    /// Seconds of work.
    pub(super) seconds: f64,
}

/// The first reason of a configuration to stop, if there is one.
pub(super) fn due(rules: &Stop, now: &Progress) -> Option<StopReason> {
    if rules.reached(now.judgement.correct, now.judgement.samples) {
        Some(StopReason::Accuracy)
    } else if now.generation >= rules.generations {
        Some(StopReason::Generations)
    } else if rules.seconds.is_some_and(|limit| now.seconds >= limit) {
        Some(StopReason::TimeLimit)
    } else if rules.patience.is_some_and(|patience| now.generation - now.gain >= patience) {
        Some(StopReason::Patience)
    } else {
        None
    }
}

/// Whether a reason, as [`StopReason`] writes it, is none of those that a configuration names: a run that ended by it can
/// be resumed.
pub(super) fn is_cut_short(reason: &str) -> bool {
    !["generations", "accuracy", "time-limit", "patience"].contains(&reason)
}
