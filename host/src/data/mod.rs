//! Data sets: MNIST and its relatives from files or the network, and digits that need neither.
//!
//! [`load`] finds the data that a [`Request`] names and returns it checked as a [`Dataset`];
//! [`fetch`] only downloads. Both print nothing: they report through [`Progress`] and return every
//! problem as a [`DataError`], whose text says what was wrong, where, and what to do. Nothing here
//! reads the environment but for the usual variables of proxies; the rest comes in [`Options`].
//!
//! Images of any size and any number of classes are loaded; what is special to MNIST's format
//! stands in `mnist`.

mod builtin;
mod dataset;
mod error;
mod fetch;
mod folder;
mod gzip;
pub mod idx;
mod load;
mod memory;
mod mnist;
mod request;
mod split;
#[cfg(test)]
mod tests;

pub use dataset::{Dataset, Origin};
pub use error::{DataError, Fault};
pub use load::{fetch, load};
pub use request::{Options, Progress, Published, Request, Silent, Wanted};
pub use split::Split;
