//! An abstract interpreter of registration code.
//!
//! It runs a package's modules as the language would, on values that may be unknown. A condition that is not
//! known is explored both ways: what happens under it is remembered with the condition ([`Gate`]), and a variable
//! that both ways set differently is [`Value::OneOf`]. Nothing outside the package is run: calling it gives a
//! symbolic [`Value::Made`]. What differs between languages is behind [`Dialect`].

mod assign;
mod branch;
mod budget;
mod call;
mod class;
mod condition;
mod dialect;
mod exec;
mod expr;
mod items;
mod operate;
mod scope;
mod value;
mod words;

use std::collections::BTreeMap;
use std::rc::Rc;

use riskdex_model::{Gap, GapKind};

pub(crate) use branch::one_of;
pub(crate) use condition::{all_of, common, drop_shared, opposite, shown};
pub(crate) use dialect::Dialect;
pub(crate) use exec::Truth;
pub(crate) use items::{CHANGED, Items, list_kind, pick, under_gate_of};
pub(crate) use scope::{Scope, ScopeKind, Vars};
pub(crate) use value::{
    Args, Cause, Class, Closure, Dict, Gate, Generic, Instance, Key, List, ListKind, Made, Method, Namespace, Place,
    Super, Unknown, Value,
};

use crate::module::Language;
use crate::server::Server;
use branch::Journal;
use budget::Budget;
use call::{Frame, Work};

/// How many expressions, statements and calls may be inside one another.
const DEPTH: usize = 1200;
/// How many calls may be inside one another.
const CALLS: usize = 80;
/// How many values a [`Value::OneOf`] may hold.
pub(crate) const ALTERNATIVES: usize = 8;
/// How long a computed string may get, in bytes.
pub(crate) const TEXT: usize = 1 << 20;
/// How many elements a computed list may get.
pub(crate) const ELEMENTS: usize = 100_000;
/// How many gaps are kept.
const GAPS: usize = 500;

/// The interpreter's state while it reads one package.
pub(crate) struct Interp<'p> {
    dialect: Rc<dyn Dialect + 'p>,
    budget: Budget,
    depth: usize,
    frames: Vec<Frame>,
    gates: Vec<Gate>,
    journals: Vec<Journal>,
    /// An exception is on its way to its handler.
    raised: bool,
    /// How many `try` bodies of the running function are open.
    tries: usize,
    heap: Vec<Vars>,
    /// How many steps there are in all.
    steps: u64,
    /// What the functions took that were called, by the address of their code.
    work: BTreeMap<usize, Work>,
    /// How much was found so far: what tells a function that leads to something from one that does not.
    pub results: usize,
    /// Every server object, in the order of making.
    pub servers: Vec<Rc<Server>>,
    /// What was not understood.
    pub gaps: Vec<Gap>,
    /// Remarks for a reader.
    pub notes: Vec<String>,
}

impl<'p> Interp<'p> {
    /// An interpreter that takes so many steps at most.
    pub(crate) fn new(dialect: Rc<dyn Dialect + 'p>, steps: u64) -> Self {
        Self {
            dialect,
            budget: Budget::new(steps),
            depth: 0,
            frames: Vec::new(),
            gates: Vec::new(),
            journals: Vec::new(),
            raised: false,
            tries: 0,
            heap: Vec::new(),
            steps,
            work: BTreeMap::new(),
            results: 0,
            servers: Vec::new(),
            gaps: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The language's rules.
    pub(crate) fn dialect(&self) -> Rc<dyn Dialect + 'p> {
        self.dialect.clone()
    }

    fn is_python(&self) -> bool {
        self.dialect.language() == Language::Python
    }

    /// A table of names that is emptied when the interpreter is dropped.
    pub(crate) fn vars(&mut self) -> Vars {
        let vars = Vars::default();
        self.heap.push(vars.clone());
        vars
    }

    /// A scope inside another.
    pub(crate) fn scope(&mut self, parent: &Rc<Scope>, kind: ScopeKind) -> Rc<Scope> {
        let file = parent.file.clone();
        Rc::new(Scope { vars: self.vars(), parent: Some(parent.clone()), kind, file, outer: Vec::new().into() })
    }

    /// The scope of a module.
    pub(crate) fn module_scope(&mut self, file: &Rc<str>) -> Rc<Scope> {
        let vars = self.vars();
        Rc::new(Scope { vars, parent: None, kind: ScopeKind::Module, file: file.clone(), outer: Vec::new().into() })
    }

    /// A new server object.
    pub(crate) fn server(&mut self, class: impl Into<Rc<str>>) -> Rc<Server> {
        let attrs = self.vars();
        let server = Rc::new(Server::new(class, attrs));
        self.servers.push(server.clone());
        server
    }

    /// A value that is not known.
    pub(crate) fn unknown(&self, cause: Cause, reason: impl Into<Rc<str>>, place: &Place) -> Value {
        Value::Unknown(Rc::new(Unknown { cause, reason: reason.into(), place: place.clone(), default: None }))
    }

    /// A setting with the value it has when nobody has changed it.
    pub(crate) fn setting(&self, reason: impl Into<Rc<str>>, default: Option<Value>, place: &Place) -> Value {
        Value::Unknown(Rc::new(Unknown { cause: Cause::Setting, reason: reason.into(), place: place.clone(), default }))
    }

    /// Records what was not understood, once.
    pub(crate) fn gap(&mut self, kind: GapKind, reason: impl Into<String>, place: &Place) {
        let gap = Gap { kind, reason: reason.into(), file: place.file.to_string(), line: place.line };
        if self.gaps.len() < GAPS && !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// Takes a step; `false` when all are taken, which is recorded once.
    fn step(&mut self, place: &Place) -> bool {
        if self.budget.step() {
            return true;
        }
        if self.budget.is_news() {
            self.gap(GapKind::Limit, "the program was not read to its end: too many steps", place);
        }
        false
    }

    /// Runs `work` on a part of the steps that are left; `quietly` when nothing is missing if it does not reach its end.
    pub(crate) fn on_part<T>(&mut self, steps: u64, quietly: bool, work: impl FnOnce(&mut Self) -> T) -> T {
        let (kept, gaps) = (self.budget.lend(steps), self.gaps.len());
        let result = work(self);
        self.budget.give_back(kept);
        if quietly {
            let mut at = 0;
            self.gaps.retain(|gap| {
                at += 1;
                at <= gaps || gap.kind != GapKind::Limit
            });
        }
        result
    }

    /// Runs `work` as if nothing else were under way: under no condition, on all steps that are left.
    pub(crate) fn apart<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let gates = std::mem::take(&mut self.gates);
        let part = self.budget.open();
        let result = work(self);
        self.budget.close(part);
        self.gates = gates;
        result
    }

    /// Goes one level deeper with `work`, unless that is too deep.
    fn deeper<T>(
        &mut self,
        place: &Place,
        too_deep: impl FnOnce(&mut Self) -> T,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        if self.depth >= DEPTH {
            self.gap(GapKind::Limit, "code is nested too deeply", place);
            return too_deep(self);
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }
}

impl Drop for Interp<'_> {
    fn drop(&mut self) {
        for vars in &self.heap {
            vars.clear();
        }
    }
}
