//! Python's rules, for the evaluator.

use std::rc::Rc;

use super::collections::ITEMS;
use super::{Python, builtins, collections, files, library, objects, protocol, sdk, text};
use crate::fold::{Args, Class, Dialect, Dict, Generic, Interp, Items, ListKind, Place, Scope, Value};
use crate::module::{BinaryOp, Export, Import, Language};

impl Dialect for Python<'_> {
    fn language(&self) -> Language {
        Language::Python
    }

    fn global(&self, _: &mut Interp, name: &str, scope: &Rc<Scope>, _: &Place) -> Option<Value> {
        self.starred(&scope.file, name)
            .filter(|_| !builtins::is_builtin(name))
            .or_else(|| (builtins::is_builtin(name)).then(|| Value::external(format!("builtins.{name}"))))
    }

    fn import(&self, interp: &mut Interp, import: &Import, scope: &Rc<Scope>, place: &Place) {
        self.import_statement(interp, import, scope, place);
    }

    fn export(&self, _: &mut Interp, _: &Export, _: &Rc<Scope>, _: &Place) {}

    fn load(&self, interp: &mut Interp, name: &str, _: &Rc<Scope>, _: &Place) -> Option<Value> {
        self.module(interp, name)
    }

    fn attribute(&self, interp: &mut Interp, object: &Value, name: &str, place: &Place) -> Option<Value> {
        match object {
            Value::External(path) if &**path == "sys" && name == "argv" => Some(library::command_line(interp, place)),
            Value::Module(_) if name != "__dict__" => Some(self.member(interp, object, name, place)),
            _ => objects::attribute(self, interp, object, name, place),
        }
    }

    fn bind(&self, interp: &mut Interp, found: Value, receiver: Option<&Value>, class: &Rc<Class>) -> Value {
        objects::bind(interp, found, receiver, class)
    }

    fn call(&self, interp: &mut Interp, callee: &Value, args: &Args, place: &Place) -> Option<Value> {
        match callee {
            Value::External(path) => match path.strip_prefix("builtins.") {
                Some(name) => builtins::call(self, interp, name, args, place),
                None => {
                    self.calls.borrow_mut().insert(path.to_string());
                    sdk::call(self, interp, path, args, place)
                        .or_else(|| library::call(self, interp, path, args, place))
                }
            },
            Value::Method(method) => match &method.receiver {
                Value::Str(text) => text::call(interp, text, &method.name, args, place),
                Value::List(list) => collections::list(interp, list, &method.name, args, place),
                Value::Dict(dict) => collections::dict(interp, dict, &method.name, args, place),
                Value::Unknown(unknown) if unknown.default.is_some() => {
                    let receiver = method.receiver.clone();
                    let name = method.name.clone();
                    Some(interp.lift(&receiver, &mut |interp, receiver| {
                        let method = interp.get(receiver, &name, place);
                        interp.call(&method, args, place)
                    }))
                }
                receiver => sdk::call_method(self, interp, receiver, &method.name, args, place)
                    .or_else(|| library::call_method(self, interp, receiver, &method.name, args, place)),
            },
            Value::Made(made) => sdk::call_made(self, interp, made, args, place)
                .or_else(|| library::call_made(self, interp, made, args, place)),
            Value::Generic(generic) => Some(interp.call(&generic.origin.clone(), args, place)),
            Value::Unknown(_) => sdk::call_unknown(args),
            _ => None,
        }
    }

    fn displayed(&self, dict: &Rc<Dict>, _: &Place) {
        if let Some(tools) = dict.get_str(protocol::TOOLS) {
            protocol::note(self, &tools);
        }
    }

    fn instantiate(&self, interp: &mut Interp, class: &Rc<Class>, args: &Args, place: &Place) -> Option<Value> {
        objects::instantiate(self, interp, class, args, place)
    }

    fn finish_class(&self, interp: &mut Interp, class: &Rc<Class>, place: &Place) -> Option<Value> {
        self.classes.borrow_mut().push(class.clone());
        objects::finish_class(interp, class, place);
        None
    }

    fn index(&self, interp: &mut Interp, object: &Value, key: &Value, place: &Place) -> Option<Value> {
        match object {
            Value::External(path) if &**path == "os.environ" => Some(library::environment(interp, key, None, place)),
            Value::External(path) if &**path == "sys.modules" => self.module(interp, key.as_str()?),
            Value::External(_) | Value::Generic(_) => Some(generic(object, key)),
            Value::Class(class) => match objects::enum_member_named(interp, class, key) {
                Some(member) => Some(member),
                None => Some(generic(object, key)),
            },
            Value::Instance(_) => {
                let get = interp.get(object, "__getitem__", place);
                get.is_function().then(|| interp.call(&get, &Args::of(vec![key.clone()]), place))
            }
            // `Default` dicts make what is not there.
            Value::Made(made) if made.callee.path() == Some("collections.defaultdict") => {
                let items = made.attrs.get(ITEMS)?;
                let Value::Dict(dict) = &items else { return None };
                if let Some(value) = dict.get(key) {
                    return Some(value);
                }
                let factory = made.args.positional.first()?.clone();
                let value = interp.call(&factory, &Args::default(), place);
                dict.set(key.clone(), value.clone());
                Some(value)
            }
            _ => None,
        }
    }

    fn binary(&self, interp: &mut Interp, op: BinaryOp, left: &Value, right: &Value, place: &Place) -> Option<Value> {
        match (op, left, right) {
            // `str | None`
            (BinaryOp::BitOr, left, right) if is_type(left) && is_type(right) => {
                let origin = Value::external("typing.Union");
                Some(Value::Generic(Rc::new(Generic { origin, args: vec![left.clone(), right.clone()] })))
            }
            (BinaryOp::Rem, Value::Str(format), right) => text::percent(interp, format, right, place),
            (BinaryOp::Div, left, right) => files::divide(left, right),
            (BinaryOp::Eq | BinaryOp::NotEq, Value::Instance(_), _)
            | (BinaryOp::Eq | BinaryOp::NotEq, _, Value::Instance(_)) => {
                let plain = |value: &Value| objects::plain(value).unwrap_or_else(|| value.clone());
                let same = plain(left).same(&plain(right))?;
                Some(Value::Bool(same == (op == BinaryOp::Eq)))
            }
            (BinaryOp::Add, Value::Instance(_), _) | (BinaryOp::Add, _, Value::Instance(_)) => {
                let plain = |value: &Value| objects::plain(value).unwrap_or_else(|| value.clone());
                let (a, b) = (plain(left), plain(right));
                if matches!(a, Value::Instance(_)) || matches!(b, Value::Instance(_)) {
                    return None;
                }
                Some(interp.binary(op, &a, &b, place))
            }
            (BinaryOp::In | BinaryOp::NotIn, value, container) => {
                let found = match container {
                    Value::Class(class) => {
                        let members = objects::enum_members(class)?;
                        members.iter().any(|member| {
                            member.same(value) == Some(true)
                                || objects::plain(member).is_some_and(|m| m.same(value) == Some(true))
                        })
                    }
                    Value::Instance(_) => {
                        let contains = interp.get(container, "__contains__", place);
                        if !contains.is_function() {
                            return None;
                        }
                        return Some(interp.call(&contains, &Args::of(vec![value.clone()]), place));
                    }
                    _ => {
                        let plain = objects::plain(value)?;
                        interp.contains(container, value).or_else(|| interp.contains(container, &plain))?
                            || interp.contains(container, &plain)?
                    }
                };
                Some(Value::Bool(found == (op == BinaryOp::In)))
            }
            _ => None,
        }
    }

    fn truth(&self, value: &Value) -> Option<bool> {
        match value {
            Value::Null | Value::Undefined => Some(false),
            Value::Bool(b) => Some(*b),
            Value::Int(n) => Some(*n != 0),
            Value::Float(n) => Some(*n != 0.0),
            Value::Str(text) => Some(!text.is_empty()),
            Value::List(list) => match list.open.borrow().is_some() {
                true => None,
                false => Some(!list.items.borrow().is_empty()),
            },
            Value::Dict(dict) => match dict.open.borrow().is_some() {
                true => None,
                false => Some(!dict.items.borrow().is_empty()),
            },
            // Nothing under it runs.
            Value::External(path) if path.ends_with(".TYPE_CHECKING") => Some(false),
            // What an import gave; modules and classes count as true.
            Value::External(path) => (!path.starts_with("os.") && !path.starts_with("sys.")).then_some(true),
            Value::Instance(_) => match objects::plain(value) {
                Some(plain) => self.truth(&plain),
                None => Some(true),
            },
            Value::Made(made) if made.is_instance() => Some(true),
            Value::Made(_) | Value::Method(_) | Value::Unknown(_) | Value::OneOf(_) | Value::Gated(_) => None,
            _ => Some(true),
        }
    }

    fn elements(&self, interp: &mut Interp, value: &Value, place: &Place) -> Option<Items> {
        match value {
            Value::Str(text) => Some(Items::known(text.chars().map(|c| Value::str(c.to_string())).collect())),
            Value::Class(class) => objects::enum_members(class).map(Items::known),
            Value::Instance(_) => {
                let iter = interp.get(value, "__iter__", place);
                if !iter.is_function() {
                    return None;
                }
                let items = interp.call(&iter, &Args::default(), place);
                (!matches!(items, Value::Instance(_))).then(|| interp.iterate(&items, place))
            }
            Value::Made(made) => {
                let items = made.attrs.get(ITEMS)?;
                Some(interp.iterate(&items, place))
            }
            Value::Null => Some(Items::default()),
            _ => None,
        }
    }

    fn display(&self, interp: &mut Interp, value: &Value, format: Option<&str>) -> Option<Rc<str>> {
        text::display(interp, value, format)
    }
}

/// A subscripted type.
fn generic(origin: &Value, key: &Value) -> Value {
    let args = match key {
        Value::List(list) if list.kind == ListKind::Tuple => list.snapshot(),
        other => vec![other.clone()],
    };
    Value::Generic(Rc::new(Generic { origin: origin.clone(), args }))
}

fn is_type(value: &Value) -> bool {
    match value {
        Value::Null | Value::Class(_) | Value::Generic(_) => true,
        Value::External(path) => !path.starts_with("re.") && !path.starts_with("os."),
        Value::Str(_) => false,
        _ => false,
    }
}

/// An empty dict that is shared.
pub(super) fn new_dict() -> Rc<Dict> {
    Rc::new(Dict::default())
}
