//! Calls: arguments to parameters, and what comes back.

use std::rc::Rc;

use riskdex_model::GapKind;

use super::branch::{is_constant, one_of};
use super::exec::Flow;
use super::value::{Cause, Class, Closure, Dict, Gate, ListKind, Made, Place, Unknown, Value};
use super::{Args, CALLS, Interp, Scope, ScopeKind};
use crate::module::{Expr, ExprKind, Function, ParamKind};

/// How often one function may be inside itself: over data that is known, and over what is not.
const RECURSION: [usize; 2] = [40, 3];

/// A function that took one part in so many of all steps without result is not called again, when each call took
/// one part in so many.
const BARREN: [u64; 2] = [8, 240];

/// What the calls of one function took.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Keeps the code at its address.
    _code: Option<Rc<Function>>,
    calls: u64,
    steps: u64,
    has_result: bool,
}

/// A call under way.
pub(super) struct Frame {
    code: usize,
    /// How many gates were open when it began.
    gates: usize,
    /// Values that may be returned, and whether they are when nobody has changed a setting.
    pub(super) returns: Vec<(Value, Option<bool>)>,
    yields: Vec<Value>,
    /// The receiver and the class of the method, for `super`.
    pub(super) receiver: Option<Value>,
    pub(super) home: Option<Rc<Class>>,
    tries: usize,
}

impl Interp<'_> {
    pub(super) fn open_module_frame(&mut self) -> usize {
        let tries = std::mem::take(&mut self.tries);
        self.frames.push(Frame {
            code: 0,
            gates: self.gates.len(),
            returns: Vec::new(),
            yields: Vec::new(),
            receiver: None,
            home: None,
            tries,
        });
        self.frames.len() - 1
    }

    pub(super) fn close_module_frame(&mut self, frame: usize) {
        self.tries = self.frames.get(frame).map_or(0, |frame| frame.tries);
        self.frames.truncate(frame);
    }

    /// Carries out a `yield`; a spread stands for each of its elements.
    pub(super) fn give_yielded(&mut self, expr: Option<&Expr>, scope: &Rc<Scope>) {
        let value = self.eval_or_nothing(expr, scope);
        match expr {
            Some(Expr { kind: ExprKind::Spread(_), line }) => {
                let place = Place { file: scope.file.clone(), line: *line };
                self.iterate(&value, &place).values.into_iter().for_each(|value| self.give(value));
            }
            _ => self.give(value),
        }
    }

    /// Notes a value that the running generator yields.
    fn give(&mut self, value: Value) {
        let value = self.gated_element(value, self.frames.last().map_or(0, |frame| frame.gates));
        if let Some(frame) = self.frames.last_mut() {
            frame.yields.push(value);
        }
    }

    /// Calls a value.
    pub(crate) fn call(&mut self, callee: &Value, args: &Args, place: &Place) -> Value {
        if !self.step(place) {
            return self.unknown(Cause::Limit, "a call that was not carried out", place);
        }
        let too_deep = |interp: &mut Self| interp.unknown(Cause::Limit, "a call nested too deeply", place);
        self.deeper(place, too_deep, |interp| interp.call_any(callee, args, place))
    }

    fn call_any(&mut self, callee: &Value, args: &Args, place: &Place) -> Value {
        if let (true, Some(value)) = (callee.is_function(), self.dialect().intercept(self, callee, args, place)) {
            return value;
        }
        match callee {
            Value::Function(closure) => self.call_function(closure, None, args, place),
            Value::Bound(bound) => match &bound.1 {
                Value::Function(closure) => self.call_function(closure, Some(&bound.0), args, place),
                other => {
                    let mut args = args.clone();
                    args.positional.insert(0, bound.0.clone());
                    self.call(other, &args, place)
                }
            },
            Value::Class(class) => self.instantiate(class, args, place),
            Value::Instance(_) => {
                let method = self.get(callee, "__call__", place);
                match method {
                    Value::Unknown(_) => method,
                    method => self.call(&method, args, place),
                }
            }
            Value::OneOf(values) => {
                let mut results = Vec::new();
                for value in values.iter().filter(|value| !matches!(value, Value::Null | Value::Undefined)) {
                    // Which container is changed depends: the likeliest one is.
                    let is_change = matches!(value, Value::Method(method)
                        if matches!(method.receiver, Value::List(_) | Value::Dict(_)));
                    results.push(match is_change && !results.is_empty() {
                        true => self.under(Gate::unusual(), |interp| interp.call(value, args, place)),
                        false => self.call(value, args, place),
                    });
                }
                one_of(results)
            }
            Value::Gated(gated) => self.under(gated.0.clone(), |interp| interp.call(&gated.1, args, place)),
            Value::Unknown(unknown) if unknown.default.as_ref().is_some_and(Value::is_function) => {
                let default = unknown.default.clone().unwrap_or(Value::Null);
                self.call(&default, args, place)
            }
            _ => match self.dialect().call(self, callee, args, place) {
                Some(value) => value,
                None => self.made(callee, args, place),
            },
        }
    }

    /// The symbolic result of a call that nobody carries out.
    pub(crate) fn made(&mut self, callee: &Value, args: &Args, place: &Place) -> Value {
        match callee {
            Value::External(_) | Value::Method(_) | Value::Made(_) | Value::Generic(_) | Value::Server(_) => {
                let (callee, args, place) = (callee.clone(), args.clone(), place.clone());
                Value::Made(Rc::new(Made { callee, args, attrs: self.vars(), place }))
            }
            Value::Unknown(unknown) => Value::Unknown(Rc::new(Unknown {
                cause: unknown.cause,
                reason: unknown.reason.clone(),
                place: unknown.place.clone(),
                default: None,
            })),
            other => Value::Unknown(self.why(other, place)),
        }
    }

    /// Calls a function of the package.
    pub(crate) fn call_function(
        &mut self,
        closure: &Rc<Closure>,
        receiver: Option<&Value>,
        args: &Args,
        place: &Place,
    ) -> Value {
        let code = Rc::as_ptr(&closure.code).addr();
        let within = self.frames.iter().filter(|frame| frame.code == code).count();
        let is_known = args.positional.iter().chain(args.named.iter().map(|(_, value)| value)).all(|value| {
            // Of something outside the language may know enough.
            is_concrete(value) || (matches!(value, Value::Made(_)) && self.dialect.truth(value).is_some())
        });
        if self.frames.len() >= CALLS || within >= RECURSION[usize::from(!is_known)] {
            return self.unknown(Cause::Limit, format!("a call of `{}` inside itself", closure.code.name), place);
        }
        if self.is_barren(code) {
            return self.unknown(Cause::Limit, format!("`{}`, which takes too much work", closure.code.name), place);
        }
        let scope = self.scope(&closure.scope, ScopeKind::Function);
        let (before, results) = (self.budget.left(), self.results);
        let (gates, tries) = (self.gates.len(), std::mem::take(&mut self.tries));
        let home = closure.home.borrow().clone();
        let (mut receiver, home) = (receiver.cloned(), home);
        if closure.code.is_arrow && !self.is_python() {
            let around = self.frames.last().map(|frame| frame.receiver.clone());
            receiver = closure.scope.lookup("this").or_else(|| around.flatten());
        }
        self.frames.push(Frame {
            code,
            gates,
            returns: Vec::new(),
            yields: Vec::new(),
            receiver: receiver.clone().or_else(|| args.positional.first().cloned()),
            home,
            tries,
        });
        if !self.is_python() && !closure.code.is_arrow {
            let this = receiver.clone().unwrap_or(Value::Undefined);
            scope.vars.set("this", this);
        }
        self.bind_arguments(closure, receiver.as_ref(), args, &scope, place);
        let flow = self.exec(&closure.code.body, &scope);
        if let Some(line) = closure.code.body.error() {
            let reason = match &*closure.code.name {
                "" => "a part of a function could not be parsed".to_owned(),
                name => format!("a part of the function `{name}` could not be parsed"),
            };
            self.gap(GapKind::Syntax, reason, &Place { file: scope.file.clone(), line });
        }
        if within == 0 {
            let work =
                self.work.entry(code).or_insert_with(|| Work { _code: Some(closure.code.clone()), ..Work::default() });
            work.calls += 1;
            work.steps += before.saturating_sub(self.budget.left());
            work.has_result |= results != self.results;
        }
        // A JavaScript program that starts does not fail on the way: more likely it was misread.
        self.raised &= self.is_python();
        self.gates.truncate(gates);
        self.tries = tries;
        let Some(frame) = self.frames.pop() else { return self.nothing() };
        let last = match flow {
            Flow::Return(value) => Some(value),
            // Every way that returns is behind; this one complains.
            Flow::Raise if !frame.returns.is_empty() => {
                self.raised = false;
                None
            }
            Flow::Raise => return self.unknown(Cause::Runtime, "nothing: an exception is raised", place),
            _ => Some(self.nothing()),
        };
        if closure.code.is_generator {
            return self.list(ListKind::List, frame.yields);
        }
        let (usual, other): (Vec<_>, Vec<_>) = frame.returns.into_iter().partition(|(_, usual)| *usual == Some(true));
        // With every other way known to be unusual, the last one is the usual one.
        let is_settled = !usual.is_empty() || other.iter().all(|(_, usual)| usual.is_some());
        let first = usual.into_iter().map(|(value, _)| value);
        let values: Vec<Value> = first.chain(last).chain(other.into_iter().map(|(value, _)| value)).collect();
        match &values[..] {
            [first, ..] if is_settled && values.len() > 1 && values.iter().all(is_constant) => {
                let rest = one_of(values[1..].to_vec());
                self.either(Some(true), first.clone(), rest)
            }
            _ => one_of(values),
        }
    }

    /// Whether a function was called, or a class instantiated, that has a constructor.
    pub(crate) fn was_called(&self, value: &Value) -> bool {
        match value {
            Value::Function(closure) => self.work.contains_key(&Rc::as_ptr(&closure.code).addr()),
            Value::Class(class) => class.attrs.get("constructor").is_some_and(|it| self.was_called(&it)),
            _ => false,
        }
    }

    fn is_barren(&self, code: usize) -> bool {
        let [all, each] = BARREN.map(|part| self.steps / part);
        let is_barren = |work: &Work| !work.has_result && work.steps > all && work.steps / work.calls.max(1) > each;
        self.work.get(&code).is_some_and(is_barren)
    }

    fn bind_arguments(
        &mut self,
        closure: &Rc<Closure>,
        receiver: Option<&Value>,
        args: &Args,
        scope: &Rc<Scope>,
        place: &Place,
    ) {
        let python = self.is_python();
        let receiver = receiver.filter(|_| python);
        let mut positional = receiver.into_iter().chain(&args.positional).cloned();
        let mut named: Vec<(Rc<str>, Value)> = args.named.clone();
        for (n, param) in closure.code.params.iter().enumerate() {
            let name = match &param.target.kind {
                ExprKind::Name(name) => Some(name),
                _ => None,
            };
            let given = match param.kind {
                ParamKind::Rest => {
                    let rest: Vec<Value> = positional.by_ref().collect();
                    let kind = if python { ListKind::Tuple } else { ListKind::List };
                    Some(self.list(kind, rest))
                }
                ParamKind::KeywordRest => Some(Value::dict(std::mem::take(&mut named))),
                ParamKind::Plain | ParamKind::KeywordOnly => {
                    let by_position = if param.kind == ParamKind::Plain { positional.next() } else { None };
                    by_position.or_else(|| {
                        let at = named.iter().position(|(given, _)| Some(given) == name)?;
                        Some(named.remove(at).1)
                    })
                }
            };
            match (&given, param.kind, &args.open) {
                (Some(Value::List(list)), ParamKind::Rest, Some(why)) => list.leave_open(why),
                (Some(Value::Dict(dict)), ParamKind::KeywordRest, Some(why)) => dict.leave_open(why),
                _ => {}
            }
            let value = match given {
                Some(Value::Undefined) | None => self.default_argument(closure, n, args, scope, place),
                Some(value) => value,
            };
            match name {
                Some(name) => scope.vars.set(name.clone(), value),
                None => self.assign_parameter(&param.target, value, scope),
            }
        }
    }

    /// Names in a parameter's pattern belong to the function.
    fn assign_parameter(&mut self, target: &Expr, value: Value, scope: &Rc<Scope>) {
        for name in super::expr::names(target) {
            scope.vars.set(name, Value::Undefined);
        }
        self.assign(target, value, scope);
    }

    fn default_argument(
        &mut self,
        closure: &Rc<Closure>,
        at: usize,
        args: &Args,
        scope: &Rc<Scope>,
        place: &Place,
    ) -> Value {
        let Some(param) = closure.code.params.get(at) else { return Value::Undefined };
        if let Some(value) = closure.defaults.get(at).cloned().flatten() {
            return value;
        }
        if let Some(default) = &param.default {
            return self.eval(default, scope);
        }
        if let Some(why) = &args.open {
            return Value::Unknown(why.clone());
        }
        if !self.is_python() {
            return Value::Undefined;
        }
        let name = super::words::words(&param.target);
        let reason = format!("argument `{name}` of `{}`", closure.code.name);
        self.unknown(Cause::Runtime, reason, place)
    }

    /// Keyword arguments spread from a mapping.
    pub(super) fn spread_named(&mut self, args: &mut Args, value: &Value, place: &Place) {
        let dict = Dict::default();
        self.merge_dict(&dict, value, place);
        if let Some(why) = dict.open.borrow().clone() {
            args.open.get_or_insert(why);
        }
        for (key, value) in dict.snapshot() {
            if let Value::Str(key) = key {
                args.named.push((key, value));
            }
        }
    }
}

/// Whether the value is data that the program itself holds.
fn is_concrete(value: &Value) -> bool {
    match value {
        Value::Unknown(_) | Value::OneOf(_) | Value::Made(_) | Value::Method(_) => false,
        Value::List(list) => list.open.borrow().is_none(),
        Value::Dict(dict) => dict.open.borrow().is_none(),
        _ => true,
    }
}
