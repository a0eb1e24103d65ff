//! Decorators: those of the SDKs, which register tools, and what `Reflect` keeps for a package's own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::definition::Pending;
use super::recipes::last;
use super::{Script, arg};
use crate::fold::{Args, Interp, Key, Place, Value};

/// How many classes and prototypes are asked for what they inherit.
const INHERITED: usize = 16;

/// Values by key, target and property; the target is kept so that its address stays its own.
pub(super) type Metadata = RefCell<HashMap<(Key, usize, Option<Rc<str>>), (Value, Value)>>;

impl Script<'_> {
    /// A decorator of a method or class, applied: `@Tool({…})`, `@Tool(name, description, shape)`, or what a compiler made
    /// of them.
    pub(super) fn decorated(&self, interp: &mut Interp, decorator: &Value, args: &Args, place: &Place) -> bool {
        let Value::Made(made) = decorator else { return false };
        let Some(path) = made.callee.path() else { return false };
        if made.args.is_new || !self.recipes.is_decorator(last(path)) {
            return false;
        }
        let mut tool = match (arg(&made.args, 0), made.args.positional.get(1..)) {
            (definition @ (Value::Dict(_) | Value::Undefined), _) => {
                let mut tool = Pending::defined(self, interp, None, &definition, place);
                if let (Value::Undefined, Some(class)) = (&tool.input_schema, class_in(&definition)) {
                    tool.input_schema = class;
                }
                tool
            }
            (name @ Value::Str(_), Some(rest)) => {
                let function = [Value::Undefined];
                Pending::overloaded(name, &[rest, &function].concat())
            }
            _ => return false,
        };
        if let Value::Undefined = tool.name {
            // The method's own name: the second argument of a compiled decorator, else the function's.
            tool.name = match (arg(args, 0), arg(args, 1)) {
                (_, name @ Value::Str(_)) => name,
                (Value::Function(closure), _) => Value::Str(closure.code.name.clone()),
                (Value::Class(class), _) => Value::Str(class.code.name.clone()),
                _ => Value::Undefined,
            };
        }
        self.add(interp, &tool, "javascript:decorator", place);
        true
    }

    /// The functions of `Reflect` that keep and give what decorators note on classes and methods.
    pub(super) fn metadata_function(&self, interp: &mut Interp, name: &str, args: &Args) -> Option<Value> {
        let noted = |at: usize| {
            let property = arg(args, at + 1).as_str().map(Rc::from);
            Some((arg(args, 0).key()?, arg(args, at), property))
        };
        match name {
            "defineMetadata" => {
                let (key, target, property) = noted(2)?;
                let entry = (key, target.address()?, property);
                self.metadata.borrow_mut().insert(entry, (arg(args, 1), target));
                Some(Value::Undefined)
            }
            "getMetadata" | "getOwnMetadata" | "hasMetadata" | "hasOwnMetadata" => {
                let (key, mut target, property) = noted(1)?;
                let mut found = None;
                for _ in 0..INHERITED {
                    let entry = (key.clone(), target.address()?, property.clone());
                    found = self.metadata.borrow().get(&entry).map(|(value, _)| value.clone());
                    if found.is_some() || name.contains("Own") {
                        break;
                    }
                    target = match &target {
                        Value::Class(class) => match class.bases.first() {
                            Some(base @ Value::Class(_)) => base.clone(),
                            _ => break,
                        },
                        Value::Instance(instance) => {
                            let place = Place { file: "".into(), line: 0 };
                            interp.get(&Value::Class(instance.class.clone()), "prototype", &place)
                        }
                        _ => break,
                    };
                }
                Some(match name.starts_with("has") {
                    true => Value::Bool(found.is_some()),
                    false => found.unwrap_or(Value::Undefined),
                })
            }
            _ => None,
        }
    }
}

/// A class that a definition names: what its parameters are is declared there.
fn class_in(definition: &Value) -> Option<Value> {
    let Value::Dict(dict) = definition else { return None };
    dict.snapshot().into_iter().map(|(_, value)| value).find(|value| matches!(value, Value::Class(_)))
}
