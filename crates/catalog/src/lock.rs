use std::path::Path;
use crate::Result;

/// Held while a run is at work; freed when it ends, however it ends.
#[derive(Debug)]
pub struct Lock {}

#[allow(unused_variables, missing_docs, clippy::todo)]
impl Lock {
    pub fn take(data_dir: &Path) -> Result<Self> { todo!() }
}
