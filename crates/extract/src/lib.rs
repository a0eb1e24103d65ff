//! Reads the tools out of a package without running it.

mod fold;
mod found;
pub mod module;
mod server;
mod syntax;
pub mod tree;

pub use found::{Elsewhere, Found};
