//! Data sets: MNIST and its relatives from files or the network, and digits that need neither.
//!
//! [`load`] finds the data that a [`Request`] names and returns it checked as a [`Dataset`]; [`fetch`] only
//! downloads. Both print nothing: they report through [`Progress`] and return every problem as a [`DataError`],
//! whose text says what was wrong, where, and what to do. The environment is read by nobody here but for the
//! proxies that the usual variables name; the command line passes the rest in as [`Options`].
//!
//! For [`Request::Auto`] the search order is: the given folder, the cache, a download, and at last the built-in digits with a
//! notice. The files are read by the crate `mnist`; since it panics on any irregularity, everything is checked before
//! it sees a file.

mod catalog;
mod dataset;
mod download;
mod error;
mod fetch;
mod files;
mod folder;
mod generate;
mod gzip;
mod idx;
mod load;
mod progress;
mod request;
mod split;

#[cfg(test)]
mod fetch_tests;
#[cfg(test)]
mod folder_tests;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod testing;

pub use catalog::Published;
pub use dataset::{Dataset, Origin};
pub use error::{DataError, Fault, MirrorFailure};
pub use load::{fetch, load};
pub use progress::{Progress, Silent};
pub use request::{Options, Request};
pub use split::{CLASSES, COLUMNS, PIXELS, ROWS, Samples, Split};
