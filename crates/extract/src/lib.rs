//! Reads the tools out of a package without running it.

mod found;
pub mod module;
pub mod tree;

pub use found::{Elsewhere, Found};
