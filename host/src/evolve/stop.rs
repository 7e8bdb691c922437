//! Why a run ended.

use super::Snapshot;
use crate::config::Stop;
use std::fmt;

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// All generations were made.
    Generations,
    /// The accuracy was reached.
    Accuracy,
    /// The time was used up.
    TimeLimit,
    /// No new best for as many generations as patience has.
    Patience,
    /// Ctrl-C.
    Interrupted,
}

impl StopReason {
    /// The first reason to stop after a generation; `without_gain` is how many generations there
    /// was no new champion.
    pub(super) fn find(
        rules: &Stop,
        snapshot: &Snapshot<'_>,
        without_gain: u32,
        interrupted: bool,
    ) -> Option<Self> {
        if f64::from(snapshot.champion_accuracy) > rules.accuracy {
            Some(Self::Accuracy)
        } else if snapshot.generation >= rules.generations {
            Some(Self::Generations)
        } else if interrupted {
            Some(Self::Interrupted)
        } else if rules.seconds.is_some_and(|limit| snapshot.seconds >= limit) {
            Some(Self::TimeLimit)
        } else if rules.patience.is_some_and(|patience| without_gain >= patience) {
            Some(Self::Patience)
        } else {
            None
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generations => "generations",
            Self::Accuracy => "accuracy",
            Self::TimeLimit => "time-limit",
            Self::Patience => "patience",
            Self::Interrupted => "interrupted",
        })
    }
}
