//! Host.
pub mod data;
