//! Tests of the module, a file for each of its files, and what they share.

mod builtin;
mod catalog;
mod dataset;
mod fetch;
mod folder;
mod gzip;
mod idx;
mod load;
mod memory;
mod real;
mod request;
mod split;
mod support;
mod transfers;
mod wrong_files;
