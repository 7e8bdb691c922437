//! Data sets: MNIST and its relatives from files or the network, and digits that need neither.
//!
//! [`load`] finds the data that a [`Request`] names and returns it checked as a [`Dataset`];
//! [`fetch`] only downloads. Both print nothing: they report through [`Progress`] and return every
//! problem as a [`DataError`], whose text says what was wrong, where, and what to do. The
//! environment is read by nobody here but for the proxies that the usual variables name; the
//! command line passes the rest in as [`Options`].
//!
//! For [`Request::Auto`] the search order is: the given folder, the cache, a download, and at last
//! the built-in digits with a notice. Images of any size and any number of classes are loaded; what
//! is special to MNIST's format stands in `mnist`.

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
mod published;
mod request;
mod split;

#[cfg(test)]
mod tests;

pub use dataset::{Dataset, Origin};
pub use error::{DataError, Fault, MirrorFailure};
pub use load::{fetch, load};
pub use published::Published;
pub use request::{Options, Progress, Request, Silent, Wanted};
pub use split::Split;
