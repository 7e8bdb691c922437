//! What the algorithms share whose mutants differ from their parent in one filter of a convolution, one neuron of a
//! hidden layer, or one output weight.

pub(super) mod generation;
mod layout;
mod losses;
mod output;
mod score;
mod survey;
// With `micromath`, whose errors are as large as the differences, there is nothing to compare.
#[cfg(all(test, not(feature = "micromath")))]
mod integer_tests;
#[cfg(all(test, not(feature = "micromath")))]
mod tests;
mod update;
