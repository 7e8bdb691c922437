//! Why a run ended.

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

/// Whether a reason, as [`StopReason`] writes it, is none of those that a configuration names: a run that ended by it can
/// be resumed.
pub(super) fn is_cut_short(reason: &str) -> bool {
    !["generations", "accuracy", "time-limit", "patience"].contains(&reason)
}
