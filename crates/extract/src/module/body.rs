//! The bodies of functions.

use std::cell::LazyCell;
use std::fmt;
use std::ops::Deref;

use super::{Block, Stmt};

/// A function's statements, which may be read from the source only when somebody looks at them.
pub struct Body(LazyCell<Read, Box<dyn FnOnce() -> Read>>);

/// What reading a body gave.
pub(crate) struct Read {
    pub(crate) block: Block,
    /// The first line that could not be parsed, where the file does not tell of it.
    pub(crate) error: Option<u32>,
}

impl Body {
    /// Statements that `read` gives when they are needed.
    pub(crate) fn later(read: impl FnOnce() -> Read + 'static) -> Self {
        Self(LazyCell::new(Box::new(read)))
    }

    /// The first line that could not be parsed when the body was read apart from its file.
    pub(crate) fn error(&self) -> Option<u32> {
        self.0.error
    }
}

impl From<Block> for Body {
    fn from(block: Block) -> Self {
        let body = Self::later(move || Read { block, error: None });
        LazyCell::force(&body.0);
        body
    }
}

impl Deref for Body {
    type Target = [Stmt];

    fn deref(&self) -> &[Stmt] {
        &self.0.block
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}
