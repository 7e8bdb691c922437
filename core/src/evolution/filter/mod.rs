//! What the algorithms share whose mutants differ from their parent in one filter of a convolution, one neuron of a
//! hidden layer, or one output weight.

mod children;
#[cfg(all(test, not(feature = "micromath")))]
mod ga_tests;
pub(super) mod generation;
pub(super) mod layout;
mod losses;
mod output;
mod parent;
mod score;
mod survey;
// With `micromath`, whose errors are as large as the differences, there is nothing to compare.
#[cfg(all(test, not(feature = "micromath")))]
mod integer_tests;
#[cfg(all(test, not(feature = "micromath")))]
mod tests;
mod update;
