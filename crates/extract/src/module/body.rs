//! The bodies of functions.

use std::cell::LazyCell;
use std::fmt;
use std::ops::Deref;

use super::{Block, Stmt};

/// A function's statements, which may be read from the source only when somebody looks at them.
pub struct Body(LazyCell<Block, Box<dyn FnOnce() -> Block>>);

impl Body {
    /// Statements that `read` gives when they are needed.
    pub(crate) fn later(read: impl FnOnce() -> Block + 'static) -> Self {
        Self(LazyCell::new(Box::new(read)))
    }
}

impl From<Block> for Body {
    fn from(block: Block) -> Self {
        let body = Self::later(move || block);
        LazyCell::force(&body.0);
        body
    }
}

impl Deref for Body {
    type Target = [Stmt];

    fn deref(&self) -> &[Stmt] {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}
