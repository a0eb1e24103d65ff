//! Reads the tools out of a package without running it.
pub mod module;
pub mod tree;
