//! One test binary, so that the workspace links once.

// Which crate may use which: read from the manifests.
mod floors;
