//! A run: generations until there is a reason to stop, and what is kept of it.
//!
//! [`Run`] holds the state and makes generations by an algorithm of the core: load a checkpoint, stop?,
//! step, judge, observe. [`Observer`]s get what is measured and never steer; the run folder is
//! one of them ([`Keeper`]), with the history, the champion and the checkpoints.
//!
//! Fitness and judgement are two things: a [`Judge`] measures the champion now and then on images that no
//! fitness saw. Where there is none, the fitness is the judgement.

mod checkpoint;
mod complete;
mod folder;
mod history;
mod interrupt;
mod judge;
mod keeper;
mod kept;
mod memory;
mod observer;
mod record;
mod settings;
mod state;
mod stop;

pub use checkpoint::{Found, newest};
pub use complete::complete;
pub use folder::RunFolder;
pub use history::{History, Row};
pub use interrupt::Interrupt;
pub use judge::{Judge, Judgement};
pub use keeper::Keeper;
pub use kept::{Kept, State};
pub use observer::{Champion, Observer, Snapshot};
pub use settings::Settings;
pub use state::Run;
pub use stop::StopReason;
