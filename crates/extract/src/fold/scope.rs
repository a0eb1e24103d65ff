//! Names and what they are bound to.

use std::cell::RefCell;
use std::rc::Rc;

use super::value::Value;

/// A map in the order of insertion, with a hash that is made for short keys: looking names up is what the
/// evaluator does most.
pub(crate) type Map<K, V> = indexmap::IndexMap<K, V, foldhash::fast::RandomState>;

/// A shared table of names: a scope's variables, an instance's or a class's attributes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars(Rc<RefCell<Map<Rc<str>, Value>>>);

impl Vars {
    /// What a name is bound to.
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        self.0.borrow().get(name).cloned()
    }

    /// Whether the name is bound.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.borrow().contains_key(name)
    }

    /// Binds a name. Code under evaluation goes through [`super::Interp::bind`], which remembers what was there.
    pub(crate) fn set(&self, name: impl Into<Rc<str>>, value: Value) {
        self.0.borrow_mut().insert(name.into(), value);
    }

    /// Unbinds a name.
    pub(crate) fn remove(&self, name: &str) {
        self.0.borrow_mut().shift_remove(name);
    }

    /// A copy of all names, in the order they were first bound.
    pub(crate) fn snapshot(&self) -> Vec<(Rc<str>, Value)> {
        self.0.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// Unbinds everything: cuts the cycles between closures and their scopes.
    pub(super) fn clear(&self) {
        let taken = std::mem::take(&mut *self.0.borrow_mut());
        drop(taken);
    }

    /// Where the table lies: what tells it from others.
    pub(super) fn address(&self) -> usize {
        Rc::as_ptr(&self.0).cast::<u8>() as usize
    }
}

/// Kinds of [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    /// A module's top level.
    Module,
    /// A function's body.
    Function,
    /// A class body; functions in it do not see its names.
    Class,
    /// A block (JavaScript) or a comprehension.
    Block,
}

/// A scope inside another.
#[derive(Debug)]
pub(crate) struct Scope {
    /// Its names.
    pub vars: Vars,
    /// The scope around it.
    pub parent: Option<Rc<Scope>>,
    /// What it belongs to.
    pub kind: ScopeKind,
    /// The file its code stands in.
    pub file: Rc<str>,
    /// Names declared `global` or `nonlocal` here.
    pub outer: RefCell<Vec<Rc<str>>>,
}

impl Scope {
    /// The nearest scope, from this one outwards, that binds the name.
    pub(crate) fn holder<'a>(self: &'a Rc<Self>, name: &str) -> Option<&'a Rc<Self>> {
        let mut at = Some(self);
        while let Some(scope) = at {
            if scope.vars.contains(name) {
                return Some(scope);
            }
            at = scope.parent.as_ref();
        }
        None
    }

    /// What a name means here.
    pub(crate) fn lookup(self: &Rc<Self>, name: &str) -> Option<Value> {
        let mut at = Some(self);
        while let Some(scope) = at {
            if let Some(value) = scope.vars.get(name) {
                return Some(value);
            }
            at = scope.parent.as_ref();
        }
        None
    }

    /// The module's scope.
    pub(crate) fn module(self: &Rc<Self>) -> &Rc<Self> {
        let mut at = self;
        while let Some(parent) = &at.parent {
            at = parent;
        }
        at
    }

    /// The scope that functions made here see: class scopes are passed over.
    pub(crate) fn visible(self: &Rc<Self>) -> &Rc<Self> {
        let mut at = self;
        while at.kind == ScopeKind::Class {
            match &at.parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }
}
