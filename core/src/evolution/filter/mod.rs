//! What the algorithms share whose mutants differ from their parent in one filter of a convolution, one neuron of a
//! hidden layer, or one output weight. The parent on a batch and the losses of a lane group of samples are shared with the
//! low-rank strategy too.

mod children;
#[cfg(all(test, not(feature = "micromath")))]
mod ga_tests;
pub(super) mod generation;
pub(super) mod layout;
pub(super) mod losses;
mod output;
mod parent;
mod score;
pub(super) mod survey;
// With `micromath`, whose errors are as large as the differences, there is nothing to compare.
#[cfg(all(test, not(feature = "micromath")))]
mod integer_tests;
#[cfg(all(test, not(feature = "micromath")))]
pub(super) mod tests;
mod update;
