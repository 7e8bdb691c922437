//! What the algorithms share whose mutants differ from their parent in one neuron, or in one output weight:
//! directions, the parent on the batch, the mutants' losses, and the change of the weights.

mod child;
mod directions;
mod forward;
pub(super) mod generation;
pub(super) mod layout;
pub(super) mod memory;
mod output;
mod polynomial;
mod project;
pub(super) mod score;
pub(super) mod update;
