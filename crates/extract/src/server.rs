//! An MCP server as the program builds it: the tools that were put on it, in order.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use riskdex_model::{Gap, Tool};

use crate::fold::{self, Value, Vars};

/// A server object of the package under reading.
#[derive(Debug)]
pub(crate) struct Server {
    /// The class it was made from, by its full name.
    pub class: Rc<str>,
    /// What was registered, in order.
    pub entries: RefCell<Vec<Entry>>,
    /// Functions that answer `tools/list`, called when all registration is done.
    pub listers: RefCell<Vec<Value>>,
    /// Functions to call when the server starts (`lifespan`).
    pub starters: RefCell<Vec<Value>>,
    /// Attributes that were set on it.
    pub attrs: Vars,
    /// Whether the program runs it.
    pub is_run: Cell<bool>,
    /// The conditions under which it does, where it takes any.
    pub started: RefCell<Option<String>>,
    /// Whether it is a part of another server.
    pub is_mounted: Cell<bool>,
}

/// One thing put on a server.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// A tool that was understood.
    Tool(Box<Tool>),
    /// A registration that was seen and not understood.
    Gap(Gap),
    /// Tools that are made when the server runs, and why.
    Dynamic(Rc<str>),
    /// Another server's tools, under a prefix, with the condition for them.
    Mount { server: Rc<Server>, prefix: Option<Rc<str>>, gated: Option<String> },
    /// A tool taken away again.
    Remove(Rc<str>),
}

impl Server {
    /// A server without tools.
    pub(crate) fn new(class: impl Into<Rc<str>>, attrs: Vars) -> Self {
        Self {
            class: class.into(),
            entries: RefCell::default(),
            listers: RefCell::default(),
            starters: RefCell::default(),
            attrs,
            is_run: Cell::new(false),
            started: RefCell::default(),
            is_mounted: Cell::new(false),
        }
    }

    /// Notes that the program runs it under a condition; of several ways to run it what they have in common counts.
    pub(crate) fn run(&self, gated: Option<String>) {
        let is_again = self.is_run.replace(true);
        let mut started = self.started.borrow_mut();
        *started = match (is_again, started.take(), gated) {
            (false, _, gated) => gated,
            (true, Some(before), Some(now)) => fold::common(&before, &now),
            (true, ..) => None,
        };
    }

    /// Puts something on it.
    pub(crate) fn put(&self, entry: Entry) {
        self.entries.borrow_mut().push(entry);
    }
}
