//! Conditions that are not known: both ways are explored, and what they change is put together again.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;

use super::exec::{Flow, Truth};
use super::scope::Vars;
use super::value::{Gate, Place, Value};
use super::{ALTERNATIVES, Interp, condition};
use crate::module::Expr;

/// What happens only when somebody changes a setting may take one part in so many of the steps that are left.
const UNUSUAL: u64 = 4;

/// What a branch changed: where, which name, and what was bound before.
pub(super) type Journal = Vec<(Vars, Rc<str>, Option<Value>)>;

/// What a name is bound to after either branch.
type Change = (Vars, Option<Value>, Option<Value>);

impl Interp<'_> {
    /// The open conditions, in words; `None` when code under them runs unless somebody changes a setting.
    pub(crate) fn gated(&self) -> Option<String> {
        self.gated_beyond(0)
    }

    /// The conditions opened beyond the first `depth`, likewise.
    pub(crate) fn gated_beyond(&self, depth: usize) -> Option<String> {
        let open = self.gates.get(depth..).unwrap_or_default().iter();
        condition::all_of(open.filter(|gate| gate.usual != Some(true)).map(|gate| &*gate.words))
    }

    /// The open conditions beyond the first `depth`, in words, those too that hold unless somebody changes a setting.
    pub(crate) fn conditions_beyond(&self, depth: usize) -> Option<String> {
        condition::all_of(self.gates.get(depth..).unwrap_or_default().iter().map(|gate| &*gate.words))
    }

    /// Whether one of the conditions beyond the first `depth` holds only when somebody has changed a setting.
    pub(crate) fn is_unusual_beyond(&self, depth: usize) -> bool {
        self.gates.get(depth..).unwrap_or_default().iter().any(|gate| gate.usual == Some(false))
    }

    /// A condition and its opposite, in words; `value` is what it evaluates to.
    pub(super) fn conditions(&self, test: &Expr, value: &Value) -> [Rc<str>; 2] {
        let usual = match self.truth(value) {
            Truth::Depends(usual) => usual,
            Truth::Known(_) => None,
        };
        let named = condition::of_setting(test, value, usual).filter(|_| self.is_python() || is_named(value));
        named.unwrap_or_else(|| [condition::holds(test), condition::fails(test)]).map(Rc::from)
    }

    /// How many conditions are open.
    pub(crate) fn gate_depth(&self) -> usize {
        self.gates.len()
    }

    /// Opens a condition until [`Interp::close_gates`].
    pub(crate) fn open_gate(&mut self, gate: Gate) {
        self.gates.push(gate);
    }

    /// Closes all conditions but the first `depth`.
    pub(crate) fn close_gates(&mut self, depth: usize) {
        self.gates.truncate(depth);
    }

    /// An element as a list made at `depth` should hold it: with the conditions that were opened since.
    pub(crate) fn gated_element(&self, value: Value, depth: usize) -> Value {
        match self.gated_beyond(depth) {
            Some(words) => Value::Gated(Rc::new((Gate { words: words.into(), usual: Some(false) }, value))),
            None => value,
        }
    }

    /// Binds a name in a table, so that an explored branch can be undone.
    pub(crate) fn bind(&mut self, vars: &Vars, name: &str, value: Value) {
        if let Some(journal) = self.journals.last_mut() {
            journal.push((vars.clone(), name.into(), vars.get(name)));
        }
        vars.set(name, value);
    }

    /// Whether a branch is being explored, whose changes may be undone.
    pub(super) fn is_branching(&self) -> bool {
        !self.journals.is_empty()
    }

    /// Unbinds a name, likewise.
    pub(crate) fn unbind(&mut self, vars: &Vars, name: &str) {
        if let Some(journal) = self.journals.last_mut() {
            journal.push((vars.clone(), name.into(), vars.get(name)));
        }
        vars.remove(name);
    }

    /// Explores both ways of a condition. `usual` says which way is taken when nobody has changed a setting.
    pub(super) fn explore(
        &mut self,
        [holds, fails]: [Rc<str>; 2],
        usual: Option<bool>,
        then: impl FnOnce(&mut Self) -> Flow,
        otherwise: impl FnOnce(&mut Self) -> Flow,
    ) -> Flow {
        let holds = Gate { words: holds, usual };
        let fails = Gate { words: fails, usual: usual.map(|holds| !holds) };
        let (flow_then, after_then) = self.branch(holds.clone(), usual == Some(false), then);
        let (flow_otherwise, after_otherwise) = self.branch(fails.clone(), usual == Some(true), otherwise);
        match (flow_then, flow_otherwise) {
            (Flow::Next, Flow::Next) => {
                self.merge(after_then, after_otherwise, usual);
                Flow::Next
            }
            (Flow::Next, other) => self.rest(after_then, holds, other, usual.map(|holds| !holds)),
            (other, Flow::Next) => self.rest(after_otherwise, fails, other, usual),
            (Flow::Raise, other) => {
                self.replay(after_otherwise);
                other
            }
            (other, Flow::Raise) => {
                self.replay(after_then);
                other
            }
            (Flow::Return(a), Flow::Return(b)) => {
                self.merge(after_then, after_otherwise, usual);
                Flow::Return(self.either(usual, a, b))
            }
            (Flow::Return(value), other) => {
                self.merge(after_then, after_otherwise, usual);
                self.may_return(value, usual);
                other
            }
            (other, Flow::Return(value)) => {
                self.merge(after_then, after_otherwise, usual);
                self.may_return(value, usual.map(|holds| !holds));
                other
            }
            (other, _) => {
                self.merge(after_then, after_otherwise, usual);
                other
            }
        }
    }

    /// One way ended the block in `flow`; what follows happens only the other way, whose changes are `after`.
    fn rest(&mut self, after: Journal, gate: Gate, flow: Flow, ended_is_usual: Option<bool>) -> Flow {
        self.replay(after);
        match flow {
            // The program ends or complains: whoever runs the server runs it the other way.
            Flow::Raise => {}
            Flow::Return(value) => {
                self.may_return(value, ended_is_usual);
                self.gates.push(gate);
            }
            _ => self.gates.push(gate),
        }
        Flow::Next
    }

    fn may_return(&mut self, value: Value, usual: Option<bool>) {
        if let Some(frame) = self.frames.last_mut() {
            frame.returns.push((value, usual));
        }
    }

    /// One of two values by a condition; `usual` says whether it holds when nobody has changed a setting. Of two
    /// constants the usual one is remembered as such.
    pub(super) fn either(&self, usual: Option<bool>, holds: Value, fails: Value) -> Value {
        let (first, second) = if usual == Some(false) { (fails, holds) } else { (holds, fails) };
        if usual.is_some() && is_constant(&first) && is_constant(&second) && first.same(&second) != Some(true) {
            let place = Place { file: "".into(), line: 0 };
            return self.setting(condition::SETTING, Some(first), &place);
        }
        one_of([first, second])
    }

    /// Runs one way and undoes its changes; they are returned with the values they set.
    fn branch(&mut self, gate: Gate, is_unusual: bool, work: impl FnOnce(&mut Self) -> Flow) -> (Flow, Journal) {
        let depth = self.gates.len();
        let returns = self.frames.last().map_or(0, |frame| frame.returns.len());
        self.gates.push(gate);
        self.journals.push(Journal::new());
        let mut flow = match is_unusual {
            true => self.on_part(self.budget.left() / UNUSUAL, true, work),
            false => work(self),
        };
        if std::mem::take(&mut self.raised) {
            flow = Flow::Raise;
        }
        self.gates.truncate(depth);
        if let (true, Some(frame)) = (is_unusual, self.frames.last_mut()) {
            frame.returns.iter_mut().skip(returns).for_each(|(_, usual)| *usual = Some(false));
        }
        let mut after = Journal::new();
        let mut seen = HashSet::new();
        for (vars, name, before) in self.journals.pop().unwrap_or_default().into_iter().rev() {
            if seen.insert((vars.address(), name.clone())) {
                after.push((vars.clone(), name.clone(), vars.get(&name)));
            }
            match before {
                Some(value) => vars.set(name, value),
                None => vars.remove(&name),
            }
        }
        after.reverse();
        (flow, after)
    }

    /// Makes a branch's changes after all.
    fn replay(&mut self, changes: Journal) {
        for (vars, name, value) in changes {
            match value {
                Some(value) => self.bind(&vars, &name, value),
                None => self.unbind(&vars, &name),
            }
        }
    }

    /// Makes both branches' changes: a name set differently is one of the two.
    fn merge(&mut self, first: Journal, second: Journal, usual: Option<bool>) {
        let mut merged: IndexMap<(usize, Rc<str>), Change> = IndexMap::new();
        for (vars, name, value) in first {
            let before = vars.get(&name);
            merged.insert((vars.address(), name), (vars, value, before));
        }
        for (vars, name, value) in second {
            let before = vars.get(&name);
            let entry = merged.entry((vars.address(), name)).or_insert((vars, before, None));
            entry.2 = value;
        }
        for ((_, name), (vars, a, b)) in merged {
            let value = match (a, b) {
                (Some(a), Some(b)) => Some(self.either(usual, a, b)),
                (Some(a), None) if !self.is_python() => Some(self.either(usual, a, Value::Undefined)),
                (None, Some(b)) if !self.is_python() => Some(self.either(usual, Value::Undefined, b)),
                (a, b) => a.or(b),
            };
            match value {
                Some(value) => self.bind(&vars, &name, value),
                None => self.unbind(&vars, &name),
            }
        }
    }
}

/// Whether the value is a setting with a name of its own.
fn is_named(value: &Value) -> bool {
    let Value::Unknown(unknown) = value else { return false };
    ["the environment variable ", "the option "].iter().any(|kind| unknown.reason.starts_with(kind))
}

/// Whether the value is a constant, or one by default.
pub(super) fn is_constant(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => true,
        Value::Unknown(unknown) => unknown.default.as_ref().is_none_or(is_constant),
        Value::OneOf(values) => values.iter().all(is_constant),
        _ => false,
    }
}

/// One of several values; equal ones count once.
pub(crate) fn one_of(values: impl IntoIterator<Item = Value>) -> Value {
    let mut flat: Vec<Value> = Vec::new();
    for value in values {
        let parts = match &value {
            Value::OneOf(parts) => parts.to_vec(),
            _ => vec![value],
        };
        for part in parts {
            if flat.len() < ALTERNATIVES && !flat.iter().any(|v| v.same(&part) == Some(true)) {
                flat.push(part);
            }
        }
    }
    match flat.len() {
        1 => flat.swap_remove(0),
        _ => Value::OneOf(flat.into()),
    }
}
