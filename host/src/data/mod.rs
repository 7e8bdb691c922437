//! Data sets: MNIST and others of its format from files or the network, the user's own files, and built-in digits.
//!
//! [`load`] finds the data that a [`Request`] names and returns it checked as a [`Dataset`];
//! [`fetch`] only downloads. They print nothing: [`Progress`] observes them, and every problem is a
//! [`DataError`], whose text says what was wrong, where, and what to do. Settings come in [`Options`];
//! of the environment only the usual variables for proxies are read.
//!
//! Images of any size and any number of classes are loaded; what is special to MNIST's format
//! stands in `mnist`.

mod builtin;
mod dataset;
mod description;
mod error;
mod fetch;
mod folder;
mod gzip;
pub mod idx;
mod load;
mod memory;
mod mnist;
mod own;
mod request;
mod split;
#[cfg(test)]
mod tests;

pub use dataset::{Dataset, Origin};
pub use description::{Columns, Description, Division, Normalisation};
pub use error::{DataError, Fault, OwnFault};
pub use load::{fetch, load};
pub use request::{Options, Progress, Published, Request, Silent, Wanted};
pub use split::Split;
