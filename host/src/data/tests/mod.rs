//! Tests of the module as a whole, and what they share.

mod fetch;
mod folder;
mod load;
pub(super) mod support;
mod transfers;
mod wrong_files;
