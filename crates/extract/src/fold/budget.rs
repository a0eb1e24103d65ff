//! The bound on work.

use std::cell::Cell;

/// Counts what must end: every evaluated expression and statement is a step.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: Cell<u64>,
    /// Steps that are kept back while somebody works on a part.
    kept: Cell<u64>,
    reported: Cell<bool>,
}

impl Budget {
    /// So many steps.
    pub(crate) fn new(steps: u64) -> Self {
        Self { steps: Cell::new(steps), kept: Cell::new(0), reported: Cell::new(false) }
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
        let kept = left.saturating_sub(steps);
        self.steps.set(left.min(steps));
        self.kept.set(self.kept.get().saturating_add(kept));
        kept
    }

    /// Adds the steps that were kept back.
    pub(crate) fn give_back(&self, steps: u64) {
        let back = steps.min(self.kept.get());
        self.kept.set(self.kept.get() - back);
        self.steps.set(self.steps.get().saturating_add(back));
    }

    /// Opens all steps that are left; what is taken comes out of those that are kept back first. Gives how many there
    /// were, for [`Budget::close`].
    pub(crate) fn open(&self) -> u64 {
        let part = self.steps.get();
        self.steps.set(part.saturating_add(self.kept.take()));
        part
    }

    /// Goes back to the part that was worked on before [`Budget::open`].
    pub(crate) fn close(&self, part: u64) {
        let left = self.steps.get();
        self.steps.set(left.min(part));
        self.kept.set(left.saturating_sub(part));
    }

    /// Whether all steps are taken and nobody has said so yet.
    pub(crate) fn is_news(&self) -> bool {
        self.steps.get() == 0 && !self.reported.replace(true)
    }
}
