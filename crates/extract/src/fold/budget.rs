//! The bound on work.

use std::cell::Cell;

/// Counts what must end: every evaluated expression and statement is a step.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: Cell<u64>,
    reported: Cell<bool>,
}

impl Budget {
    /// So many steps.
    pub(crate) fn new(steps: u64) -> Self {
        Self { steps: Cell::new(steps), reported: Cell::new(false) }
    }

    /// Takes a step; `false` when none is left.
    pub(crate) fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    /// How many are left.
    pub(crate) fn left(&self) -> u64 {
        self.steps.get()
    }

    /// Leaves only so many steps; gives what has to be given back.
    pub(crate) fn lend(&self, steps: u64) -> u64 {
        let left = self.steps.get();
        self.steps.set(left.min(steps));
        left.saturating_sub(steps)
    }

    /// Adds the steps that were kept back.
    pub(crate) fn give_back(&self, steps: u64) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    /// Whether all steps are taken and nobody has said so yet.
    pub(crate) fn is_news(&self) -> bool {
        self.steps.get() == 0 && !self.reported.replace(true)
    }
}
