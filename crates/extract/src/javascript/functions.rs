//! Calls of what is no code of the package: built-in functions and methods, and callbacks given to libraries.

use std::rc::Rc;

use super::objects::method;
use super::{Script, arg, arrays, collections, globals, node, regexp, strings};
use crate::fold::{Args, Gate, Interp, Place, Value};

/// The methods that every function has.
pub(super) const METHODS: [&str; 4] = ["call", "apply", "bind", "toString"];
/// How deep in objects that a library is given functions are looked for: commands with commands of their own.
const NESTED: usize = 2;
/// What a name starts with that stands for what somebody outside gives.
const ARGUMENT: &str = "argument:";
/// How many callbacks are kept for later.
const LATER: usize = 5_000;

/// Steps that one of them may take: setting up a server takes far less, doing a tool's work may never end.
const PART: u64 = 400_000;

/// A function that a library was given, to be called when the program has been read.
pub(super) struct Later {
    function: Value,
    /// Whether it gets the options of the command line.
    takes_options: bool,
    /// The conditions that were open.
    gated: Option<String>,
    place: Place,
}

impl Script<'_> {
    /// A call of something that is not code of the package.
    pub(super) fn call_foreign(
        &self,
        interp: &mut Interp,
        callee: &Value,
        args: &Args,
        place: &Place,
    ) -> Option<Value> {
        match callee {
            Value::Super(sup) => Some(self.call_super(interp, sup, args, place)),
            Value::External(path) => {
                let path = path.clone();
                if let Some(registered) = self.registration(interp, callee, &path, None, args, place) {
                    return Some(registered);
                }
                if let Some(schema) = self.conversion(interp, super::recipes::last(&path), args, place) {
                    return Some(schema);
                }
                if let Some(known) = self.known_outside(interp, callee, args, place) {
                    return Some(known);
                }
                self.call_external(interp, &path, args, place).or_else(|| {
                    self.keep_callbacks(interp, args, place);
                    None
                })
            }
            Value::Method(found) => {
                let (receiver, name) = (found.receiver.clone(), found.name.clone());
                self.call_method(interp, callee, &receiver, &name, args, place)
            }
            Value::Made(made) => {
                if made.callee.path() == Some("bind") {
                    let mut all = made.args.positional.clone();
                    let function = all.remove(0);
                    all.extend(args.positional.iter().cloned());
                    let args =
                        Args { positional: all, open: args.open.clone(), is_new: args.is_new, ..Args::default() };
                    return Some(interp.call(&function, &args, place));
                }
                if !self.decorated(interp, callee, args, place) {
                    self.keep_callbacks(interp, args, place);
                }
                None
            }
            Value::Unknown(_) => {
                self.keep_callbacks(interp, args, place);
                None
            }
            _ => None,
        }
    }

    fn call_method(
        &self,
        interp: &mut Interp,
        callee: &Value,
        receiver: &Value,
        name: &Rc<str>,
        args: &Args,
        place: &Place,
    ) -> Option<Value> {
        match &**name {
            "then" => return Some(self.settle(interp, receiver, args, place)),
            "catch" if !self.is_schema(receiver) => return Some(receiver.clone()),
            "finally" => {
                interp.call(&arg(args, 0), &Args::default(), place);
                return Some(receiver.clone());
            }
            _ => self.note_handler(args, place),
        }
        if let Some(usual) = match receiver {
            Value::Unknown(unknown) => unknown.default.clone(),
            _ => None,
        } {
            let why = interp.why(receiver, place);
            if let Value::Undefined | Value::Null = usual {
                return Some(Value::Unknown(why.without_default()));
            }
            // `process.argv.includes("--flag")`
            let reason = match (&**name, arg(args, 0)) {
                ("includes" | "indexOf", Value::Str(flag)) if flag.starts_with("--") => {
                    super::settings::member_of(&why.reason, &flag)
                }
                _ => why.reason.clone(),
            };
            let function = interp.get(&usual, name, place);
            let result = interp.call(&function, args, place);
            return Some(match result {
                Value::Unknown(_) | Value::Made(_) => result,
                known => interp.setting(reason, Some(known), place),
            });
        }
        if let Value::Made(made) = receiver
            && self.is_schema(receiver)
            && let Some(value) = self.schema_call(interp, made, name, args, place)
        {
            return Some(value);
        }
        if let Value::Made(made) = receiver {
            self.switch(interp, made, name, args, place);
        }
        let found = match receiver {
            Value::Str(text) => strings::call(self, interp, text, name, args, place),
            Value::List(list) => arrays::call(interp, list, name, args, place),
            Value::Function(_) | Value::Bound(_) | Value::Class(_) if METHODS.contains(&&**name) => {
                Some(self.call_function_method(interp, receiver, name, args, place))
            }
            // `server.tool.bind(server)`: a method knows its receiver.
            Value::Method(_) if &**name == "bind" && args.positional.len() < 2 => Some(receiver.clone()),
            Value::Method(_) if &**name == "call" => {
                let rest = Args { positional: args.positional.iter().skip(1).cloned().collect(), ..Args::default() };
                Some(interp.call(receiver, &rest, place))
            }
            Value::Method(_) if &**name == "apply" => {
                let items = interp.iterate(&arg(args, 1), place);
                Some(interp.call(
                    receiver,
                    &Args { positional: items.values, open: items.open, ..Args::default() },
                    place,
                ))
            }
            Value::Made(_) if collections::is_collection(receiver) => {
                collections::call(interp, receiver, name, args, place)
            }
            Value::Made(made) if made.callee.path() == Some("RegExp") => {
                Some(interp.lift(&arg(args, 0), &mut |interp, text| {
                    let args = Args::of(vec![text.clone()]);
                    regexp::call(self, interp, made, name, &args)
                        .unwrap_or_else(|| Value::Unknown(interp.why(text, place)))
                }))
            }
            Value::Made(made) if made.callee.path() == Some("URL") => node::url_method(made, name),
            Value::Made(made) if matches!(made.callee.path(), Some("Symbol")) => None,
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
                globals::number_method(interp, receiver, name, args, place)
            }
            Value::Dict(_) | Value::Instance(_) => match &**name {
                "hasOwnProperty" | "propertyIsEnumerable" => Some(self.has_property(interp, receiver, &arg(args, 0))),
                "toString" => Some(Value::str("[object Object]")),
                "valueOf" => Some(receiver.clone()),
                _ => None,
            },
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        if let Some(registered) = self.registration(interp, callee, name, Some(receiver), args, place) {
            return Some(registered);
        }
        let of_itself = Args::of(vec![receiver.clone()]);
        let converted = if args.positional.iter().any(|given| self.is_schema(given)) { args } else { &of_itself };
        if let Some(schema) = self.conversion(interp, name, converted, place) {
            return Some(schema);
        }
        if let Some(known) = self.known_outside(interp, callee, args, place) {
            return Some(known);
        }
        if let Value::Undefined | Value::Null = receiver {
            return Some(self.runtime(interp, "a call of nothing", place));
        }
        self.keep_for_later(interp, args, self.runs_commands(callee), place);
        None
    }

    /// What functions outside the package give of which the recipes know it.
    fn known_outside(&self, interp: &mut Interp, callee: &Value, args: &Args, place: &Place) -> Option<Value> {
        if let Some(options) = self.parsed_options(interp, callee, args, place) {
            return Some(options);
        }
        let (path, Value::Str(text)) = (outside_function(callee)?, arg(args, 0)) else { return None };
        if self.recipes.parses_yaml(&path) {
            return Some(super::json::value(&serde_yaml_ng::from_str(&text).ok()?));
        }
        let layout = self.recipes.layout(&path)?;
        Some(Value::str(strings::laid_out(&text, layout)))
    }

    /// `promise.then(f)`: the value is there as far as reading goes.
    fn settle(&self, interp: &mut Interp, receiver: &Value, args: &Args, place: &Place) -> Value {
        let callback = arg(args, 0);
        match callback.is_function() {
            true => interp.call(&callback, &Args::of(vec![receiver.clone()]), place),
            false => receiver.clone(),
        }
    }

    /// `f.call`, `f.apply`, `f.bind`.
    fn call_function_method(
        &self,
        interp: &mut Interp,
        function: &Value,
        name: &str,
        args: &Args,
        place: &Place,
    ) -> Value {
        let this = arg(args, 0);
        let unbound = match function {
            Value::Bound(bound) => bound.1.clone(),
            other => other.clone(),
        };
        let receives = |function: Value| match &function {
            Value::Function(closure) if !closure.code.is_arrow => Value::Bound(Rc::new((this.clone(), function))),
            _ => function,
        };
        match name {
            "call" => {
                let rest = args.positional.iter().skip(1).cloned().collect();
                interp.call(
                    &receives(unbound),
                    &Args { positional: rest, open: args.open.clone(), ..Args::default() },
                    place,
                )
            }
            "apply" => {
                let items = interp.iterate(&arg(args, 1), place);
                interp.call(
                    &receives(unbound),
                    &Args { positional: items.values, open: items.open, ..Args::default() },
                    place,
                )
            }
            "bind" => {
                let bound = receives(unbound);
                if args.positional.len() < 2 {
                    return bound;
                }
                let all = [bound].into_iter().chain(args.positional.iter().skip(1).cloned()).collect();
                interp.made(&Value::external("bind"), &Args::of(all), place)
            }
            _ => Value::str("function () { [code] }"),
        }
    }

    /// A call of a built-in function.
    fn call_external(&self, interp: &mut Interp, path: &str, args: &Args, place: &Place) -> Option<Value> {
        if let Some(name) = path.strip_suffix(".call") {
            let rest = Args::of(args.positional.iter().skip(1).cloned().collect());
            return self.call_detached(interp, name, &arg(args, 0), &rest, place);
        }
        if let Some(name) = path.strip_suffix(".apply") {
            let items = interp.iterate(&arg(args, 1), place);
            let rest = Args { positional: items.values, open: items.open, ..Args::default() };
            return self.call_detached(interp, name, &arg(args, 0), &rest, place);
        }
        if let Some(name) = path.strip_suffix(".bind") {
            return Some(match name.rsplit_once(".prototype.") {
                Some((_, last)) => method(&arg(args, 0), last),
                None => Value::external(name),
            });
        }
        match path.split_once('.') {
            Some(("Object" | "Reflect", name)) if name != "apply" && name != "construct" => {
                self.object_function(interp, name, args, place)
            }
            _ => globals::call(self, interp, path, args, place).or_else(|| node::call(self, interp, path, args, place)),
        }
    }

    /// `Array.prototype.slice.call(x)`: a method whose receiver is given.
    fn call_detached(
        &self,
        interp: &mut Interp,
        name: &str,
        this: &Value,
        args: &Args,
        place: &Place,
    ) -> Option<Value> {
        match name.rsplit_once(".prototype.") {
            Some((_, last)) => {
                let function = interp.get(this, last, place);
                let function = if function.is_function() { function } else { method(this, last) };
                Some(interp.call(&function, args, place))
            }
            None => Some(interp.call(&Value::external(name), args, place)),
        }
    }

    /// Remembers the functions that a library was given: it may call them when the program runs.
    pub(super) fn keep_callbacks(&self, interp: &Interp, args: &Args, place: &Place) {
        self.keep_for_later(interp, args, false, place);
    }

    fn keep_for_later(&self, interp: &Interp, args: &Args, takes_options: bool, place: &Place) {
        let gated = interp.gated();
        let keep = |function: &Value| {
            let mut later = self.later.borrow_mut();
            if later.len() < LATER {
                let (function, gated, place) = (function.clone(), gated.clone(), place.clone());
                later.push_back(Later { function, takes_options, gated, place });
            }
        };
        for value in &args.positional {
            each_function(value, NESTED, &keep);
        }
    }

    /// Calls what libraries were given, and what they are given meanwhile.
    pub(super) fn run_later(&self, interp: &mut Interp) {
        let mut called: Vec<usize> = Vec::new();
        loop {
            let Some(next) = self.later.borrow_mut().pop_front() else { break };
            // One call shows what a function registers.
            let code = code_of(&next.function);
            if code.is_none_or(|code| called.contains(&code)) {
                continue;
            }
            called.extend(code);
            self.turn.set(self.turn.get() + 1);
            let depth = interp.gate_depth();
            if let Some(words) = next.gated {
                interp.open_gate(Gate { words: words.into(), usual: Some(false) });
            }
            let args = match next.takes_options {
                true => Args::of(vec![self.options(interp, &next.place); 4]),
                false => arguments(4),
            };
            interp.on_part(PART, true, |interp| interp.call(&next.function, &args, &next.place));
            interp.recover();
            interp.close_gates(depth);
        }
    }
}

/// Arguments that somebody outside gives.
pub(super) fn arguments(count: usize) -> Args {
    Args::of((0..count).map(|n| Value::external(format!("{ARGUMENT}{n}"))).collect())
}

/// Whether a value is what somebody outside gives, or a part of it.
pub(super) fn is_argument(value: &Value) -> bool {
    value.path().is_some_and(|path| path.starts_with(ARGUMENT))
}

/// A value that is a function, and those in objects.
fn each_function(value: &Value, depth: usize, keep: &dyn Fn(&Value)) {
    match value {
        Value::Dict(dict) if depth > 0 => {
            dict.snapshot().iter().for_each(|(_, value)| each_function(value, depth - 1, keep));
        }
        value if value.is_function() => keep(value),
        _ => {}
    }
}

/// The full name of a function outside the package: `package:member` or `package:default.member`.
fn outside_function(callee: &Value) -> Option<String> {
    match callee {
        Value::External(path) => Some(path.to_string()),
        Value::Method(method) => Some(format!("{}.{}", method.receiver.path()?, method.name)),
        _ => None,
    }
}

/// The address of a function's code.
fn code_of(function: &Value) -> Option<usize> {
    match function {
        Value::Function(closure) => Some(Rc::as_ptr(&closure.code).addr()),
        Value::Bound(bound) => code_of(&bound.1),
        _ => None,
    }
}
