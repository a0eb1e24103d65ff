//! Plain objects: properties, getters, prototypes, and the functions of `Object` and `Reflect`.

use std::rc::Rc;

use super::{Script, arg, collections, functions, strings};
use crate::fold::{Args, Cause, Dict, Interp, ListKind, Method, Place, Value};

/// How many calls and members a chain may have.
const CHAIN: usize = 600;
/// How many prototypes are looked into.
const PROTOS: usize = 16;

/// A getter that calls a function.
pub(super) fn getter(interp: &mut Interp, function: Value, place: &Place) -> Value {
    interp.made(&Value::external("getter"), &Args::of(vec![function]), place)
}

/// The function of a getter.
pub(super) fn getter_of(value: &Value) -> Option<Value> {
    match value {
        Value::Made(made) if made.callee.path() == Some("getter") => made.args.positional.first().cloned(),
        _ => None,
    }
}

/// The one object that a function outside the package was given, alone, beside a function or after a name: helpers that
/// define something give it back.
pub(super) fn given(value: &Value) -> Option<Value> {
    let Value::Made(made) = value else { return None };
    if !matches!(made.callee, Value::External(_)) {
        return None;
    }
    match made.args.positional.as_slice() {
        _ if made.args.is_new => None,
        [object @ Value::Dict(_)] => Some(object.clone()),
        [object @ Value::Dict(_), function] | [function, object @ Value::Dict(_)] if function.is_function() => {
            Some(object.clone())
        }
        [name @ Value::Str(_), Value::Dict(object)] => {
            let named = Dict::default();
            named.set(Value::str("name"), name.clone());
            for (key, value) in object.snapshot() {
                named.set(key, value);
            }
            Some(Value::Dict(Rc::new(named)))
        }
        _ => None,
    }
}

/// Whether a chain of calls is longer than any that is written down: a loop makes it.
fn is_endless(value: &Value) -> bool {
    let mut at = value.clone();
    for _ in 0..CHAIN {
        at = match &at {
            Value::Made(made) => made.callee.clone(),
            Value::Method(method) => method.receiver.clone(),
            _ => return false,
        };
    }
    true
}

/// A method or attribute of a value that only its name says something about.
pub(super) fn method(receiver: &Value, name: &str) -> Value {
    Value::Method(Rc::new(Method { receiver: receiver.clone(), name: name.into() }))
}

impl Script<'_> {
    /// An object with a prototype.
    pub(super) fn object_with(&self, proto: Option<Value>) -> Value {
        let dict = Dict::default();
        dict.proto.replace(proto.filter(|proto| !matches!(proto, Value::Null | Value::Undefined)));
        Value::Dict(Rc::new(dict))
    }

    /// `object.name`, where JavaScript knows better than all languages do.
    pub(super) fn member(&self, interp: &mut Interp, object: &Value, name: &str, place: &Place) -> Option<Value> {
        if matches!(name, "then" | "catch" | "finally") && !has_own(object, name) {
            return match object {
                Value::Instance(instance) if interp.find_in_class(&instance.class, name, None).is_some() => None,
                Value::OneOf(_) | Value::Gated(_) => None,
                // A promise that is not known yet is as good as its value.
                _ => Some(method(object, name)),
            };
        }
        // What a spread copies.
        if name == "__dict__" {
            let own = self.properties(interp, object, place);
            return matches!(
                object,
                Value::Instance(_) | Value::Module(_) | Value::Class(_) | Value::List(_) | Value::Function(_)
            )
            .then(|| Value::dict(own));
        }
        if matches!(object, Value::Made(_) | Value::External(_))
            && let Some(options) = self.options_member(interp, object, name, place)
        {
            return Some(options);
        }
        match object {
            Value::Dict(dict) => Some(self.property(interp, dict, object, name, place)),
            Value::Unknown(unknown) => {
                let Some(Value::Dict(options)) = &unknown.default else { return None };
                let setting = super::settings::member_of(&unknown.reason, name);
                let found = self.property(interp, options, object, name, place);
                match found {
                    Value::Method(_) | Value::Unknown(_) => None,
                    found => Some(interp.setting(setting, Some(found), place)),
                }
            }
            Value::Module(module) => Some(self.namespace_member(interp, &module.name.clone(), name, place)),
            Value::Str(text) => strings::property(text, name),
            Value::List(list) => match name {
                "length" if list.open.borrow().is_none() => {
                    let gated = list.items.borrow().iter().any(|item| matches!(item, Value::Gated(_)));
                    let length = Value::Int(list.items.borrow().len() as i64);
                    Some(if gated { Value::Unknown(interp.why(object, place)) } else { length })
                }
                "length" => Some(Value::Unknown(interp.why(object, place))),
                // The texts of a tagged template, whose escapes are read already.
                "raw" => Some(object.clone()),
                _ => None,
            },
            Value::Instance(instance) => match instance.attrs.get(name) {
                Some(found) if getter_of(&found).is_some() => Some(self.read_property(interp, found, object, place)),
                Some(_) => None,
                None if name == "constructor" => Some(Value::Class(instance.class.clone())),
                None => None,
            },
            Value::Class(class) => match name {
                "name" if !class.attrs.contains("name") => Some(Value::Str(class.code.name.clone())),
                "prototype" if !class.attrs.contains("prototype") => {
                    let prototype = Value::Dict(Rc::new(self.methods_of(class)));
                    interp.bind(&class.attrs, "prototype", prototype.clone());
                    Some(prototype)
                }
                _ => None,
            },
            Value::Function(closure) => match name {
                "prototype" => Some(self.prototype(interp, closure)),
                "name" if !closure.attrs.contains("name") => Some(Value::Str(closure.code.name.clone())),
                "length" => Some(Value::Int(closure.code.params.len() as i64)),
                _ => match closure.attrs.get(name) {
                    Some(found) => Some(self.read_property(interp, found, object, place)),
                    None if functions::METHODS.contains(&name) => None,
                    None => Some(Value::Undefined),
                },
            },
            Value::External(path) => self.outside_member(interp, path, name, place),
            Value::Made(_) if collections::is_collection(object) => collections::property(object, name),
            Value::Made(_) if is_endless(object) => {
                Some(interp.unknown(Cause::Limit, "a chain of calls that does not end", place))
            }
            Value::Made(made) => match made.attrs.get(name) {
                Some(found) => Some(self.read_property(interp, found, object, place)),
                None => self.schema_member(interp, made, name, place).or_else(|| {
                    let given = given(object).filter(|given| has_own(given, name));
                    Some(interp.get(&given.or_else(|| self.describing(made, name))?, name, place))
                }),
            },
            Value::Bound(_) if functions::METHODS.contains(&name) => Some(method(object, name)),
            _ => None,
        }
    }

    /// The object that something outside the package was described with as a tool, by the property that is asked for:
    /// `new StructuredTool({ name, … }).name`.
    fn describing(&self, made: &crate::fold::Made, property: &str) -> Option<Value> {
        let is_foreign = matches!(made.callee, Value::External(_)) && self.recipes.keys.describe(property);
        let mut objects = made.args.positional.iter().filter(|_| is_foreign);
        objects.find(|object| matches!(object, Value::Dict(_)) && has_own(object, property)).cloned()
    }

    fn outside_member(&self, interp: &mut Interp, path: &Rc<str>, name: &str, place: &Place) -> Option<Value> {
        let is_builtin = super::node::is_builtin(path);
        match name {
            "__esModule" => Some(if is_builtin { Value::Undefined } else { Value::Bool(true) }),
            "default" if is_builtin => Some(Value::External(path.clone())),
            "main" if &**path == "require" => Some(self.main_module()),
            _ if &**path == "process" || &**path == "process.env" || &**path == "import.meta.env" => {
                super::node::process_member(interp, path, name, &self.program.borrow(), place)
            }
            _ if matches!(&**path, "globalThis" | "global" | "window" | "self") => {
                Some(super::globals::named(name).unwrap_or(Value::Undefined))
            }
            // The names of zod's classes, as an enum.
            _ if path.ends_with("ZodFirstPartyTypeKind") => Some(Value::str(name)),
            _ => super::globals::constant(path, name),
        }
    }

    fn property(&self, interp: &mut Interp, dict: &Rc<Dict>, this: &Value, name: &str, place: &Place) -> Value {
        if name == "__proto__" {
            return proto_of(dict);
        }
        let mut at = dict.clone();
        for _ in 0..PROTOS {
            if let Some(found) = at.get_str(name) {
                return self.read_property(interp, found, this, place);
            }
            let proto = at.proto.borrow().clone();
            match proto {
                Some(Value::Dict(proto)) => at = proto,
                Some(Value::Class(class)) => {
                    let found = interp.find_in_class(&class, name, None);
                    return found.map_or(Value::Undefined, |(found, _)| self.read_property(interp, found, this, place));
                }
                Some(proto) => return interp.get(&proto, name, place),
                None => break,
            }
        }
        if let Some(why) = dict.open.borrow().clone() {
            return match why.cause {
                // What only settings add to is without it as a rule.
                Cause::Setting => {
                    interp.setting(super::settings::member_of(&why.reason, name), Some(Value::Undefined), place)
                }
                _ => Value::Unknown(why.without_default()),
            };
        }
        match name {
            "hasOwnProperty" | "toString" | "valueOf" | "propertyIsEnumerable" | "isPrototypeOf" => method(this, name),
            "constructor" => Value::external("Object"),
            _ => Value::Undefined,
        }
    }

    /// The methods of a class as its prototype has them.
    fn methods_of(&self, class: &Rc<crate::fold::Class>) -> Dict {
        let dict = Dict::default();
        for (name, value) in class.attrs.snapshot() {
            dict.set(Value::Str(name), value);
        }
        dict.set(Value::str("constructor"), Value::Class(class.clone()));
        dict
    }

    /// The enumerable properties of a value, getters read.
    pub(super) fn properties(&self, interp: &mut Interp, value: &Value, place: &Place) -> Vec<(Rc<str>, Value)> {
        match value {
            Value::Dict(dict) => {
                let mut own = Vec::new();
                for (key, found) in dict.snapshot() {
                    let name: Rc<str> = match key {
                        Value::Str(name) => name,
                        Value::Int(n) => n.to_string().into(),
                        _ => continue,
                    };
                    let found = match getter_of(&found) {
                        Some(_) => self.read_property(interp, found, value, place),
                        None => found,
                    };
                    own.push((name, found));
                }
                // Whole numbers come first, in order.
                own.sort_by_key(|(name, _)| name.parse::<u32>().map_or((1, 0), |n| (0, n)));
                own
            }
            Value::Instance(instance) => {
                let own = instance.attrs.snapshot().into_iter();
                own.filter(|(name, value)| !name.starts_with('#') && getter_of(value).is_none()).collect()
            }
            Value::Module(module) => self.namespace_members(interp, &module.name.clone(), place),
            Value::Class(class) => {
                let own = class.attrs.snapshot().into_iter();
                let is_field = |name: &str, value: &Value| {
                    name != "prototype" && !matches!(value, Value::Function(_)) && getter_of(value).is_none()
                };
                own.filter(|(name, value)| is_field(name, value)).collect()
            }
            Value::Function(closure) => closure.attrs.snapshot(),
            Value::List(list) => {
                list.snapshot().into_iter().enumerate().map(|(n, item)| (n.to_string().into(), item)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The functions of `Object` and `Reflect`.
    pub(super) fn object_function(&self, interp: &mut Interp, name: &str, args: &Args, place: &Place) -> Option<Value> {
        if let Some(metadata) = self.metadata_function(interp, name, args) {
            return Some(metadata);
        }
        let object = arg(args, 0);
        let Some(object) = object.usual() else {
            return Some(match name {
                "freeze" | "seal" | "preventExtensions" | "assign" | "setPrototypeOf" => object,
                _ => Value::Unknown(interp.why(&object, place)),
            });
        };
        Some(match name {
            "keys" | "getOwnPropertyNames" | "ownKeys" | "values" | "entries" => {
                self.listed(interp, name, &object, place)
            }
            "fromEntries" => {
                let dict = Rc::new(Dict::default());
                let entries = interp.iterate(&object, place);
                if let Some(why) = &entries.open {
                    dict.leave_open(why);
                }
                for entry in entries.values {
                    let (key, value) = pair(interp, &entry, place);
                    let key = interp.text_of(&key, None, place);
                    interp.set_item(&dict, key, value, place);
                }
                Value::Dict(dict)
            }
            "assign" => {
                for from in args.positional.iter().skip(1) {
                    self.copy_into(interp, &object, from, place);
                }
                object
            }
            "freeze" | "seal" | "preventExtensions" => object,
            "create" => {
                let made = self.object_with(Some(object));
                self.define_all(interp, &made, &arg(args, 1), place);
                made
            }
            "defineProperty" => {
                self.define(interp, &object, &arg(args, 1), &arg(args, 2), place);
                object
            }
            "defineProperties" => {
                self.define_all(interp, &object, &arg(args, 1), place);
                object
            }
            "getPrototypeOf" => match &object {
                Value::Dict(dict) => proto_of(dict),
                Value::Instance(instance) => interp.get(&Value::Class(instance.class.clone()), "prototype", place),
                Value::Class(class) => class.bases.first().cloned().unwrap_or(Value::Null),
                other => other.clone(),
            },
            "setPrototypeOf" => {
                if let Value::Dict(dict) = &object {
                    dict.proto.replace(Some(arg(args, 1)));
                }
                object
            }
            "getOwnPropertyDescriptor" => {
                let value = interp.index(&object, &arg(args, 1), place);
                match value {
                    Value::Undefined => Value::Undefined,
                    value => Value::dict([("value", value), ("enumerable", Value::Bool(true))]),
                }
            }
            "hasOwn" | "has" => self.has_property(interp, &object, &arg(args, 1)),
            "get" => interp.index(&object, &arg(args, 1), place),
            "is" => object.same(&arg(args, 1)).map(Value::Bool)?,
            "isFrozen" | "isSealed" => Value::Bool(false),
            _ => return None,
        })
    }

    fn listed(&self, interp: &mut Interp, what: &str, object: &Value, place: &Place) -> Value {
        let known = matches!(
            object,
            Value::Dict(_)
                | Value::Instance(_)
                | Value::Module(_)
                | Value::Class(_)
                | Value::List(_)
                | Value::Function(_)
        );
        let items = self.properties(interp, object, place).into_iter().map(|(name, value)| {
            // What is only there under a condition stays so.
            let (gate, value) = match value {
                Value::Gated(gated) => (Some(gated.0.clone()), gated.1.clone()),
                value => (None, value),
            };
            let item = match what {
                "values" => value,
                "entries" => Value::list(ListKind::List, vec![Value::Str(name), value]),
                _ => Value::Str(name),
            };
            match gate {
                Some(gate) => Value::Gated(Rc::new((gate, item))),
                None => item,
            }
        });
        let items = items.collect();
        let list = interp.list(ListKind::List, items);
        let open = match object {
            Value::Dict(dict) => dict.open.borrow().clone(),
            Value::List(list) => list.open.borrow().clone(),
            Value::Null | Value::Undefined | Value::Str(_) => None,
            other if !known => Some(interp.why(other, place)),
            _ => None,
        };
        if let (Value::List(list), Some(why)) = (&list, open) {
            list.leave_open(&why);
        }
        list
    }

    /// Copies all properties of one object into another.
    pub(super) fn copy_into(&self, interp: &mut Interp, object: &Value, from: &Value, place: &Place) {
        match (object, from) {
            (Value::Dict(dict), Value::Dict(_) | Value::OneOf(_) | Value::Unknown(_) | Value::Gated(_)) => {
                interp.merge_dict(dict, from, place);
            }
            _ => {
                for (name, value) in self.properties(interp, from, place) {
                    interp.set(object, &name, value);
                }
            }
        }
    }

    fn define_all(&self, interp: &mut Interp, object: &Value, table: &Value, place: &Place) {
        for (name, descriptor) in self.properties(interp, table, place) {
            self.define(interp, object, &Value::Str(name), &descriptor, place);
        }
    }

    fn define(&self, interp: &mut Interp, object: &Value, name: &Value, descriptor: &Value, place: &Place) {
        let Value::Dict(fields) = descriptor else { return };
        let value = match (fields.get_str("get"), fields.get_str("value")) {
            (Some(function), _) if !matches!(function, Value::Undefined) => getter(interp, function, place),
            (_, Some(value)) => value,
            _ => return,
        };
        match (object, name) {
            (Value::Dict(dict), name) => interp.set_item(dict, name.clone(), value, place),
            (object, Value::Str(name)) => interp.set(object, name, value),
            _ => {}
        }
    }

    pub(super) fn has_property(&self, interp: &mut Interp, object: &Value, name: &Value) -> Value {
        let place = Place { file: "".into(), line: 0 };
        let Some(name) = name.as_str() else { return Value::Unknown(interp.why(name, &place)) };
        match object {
            Value::Dict(dict) if dict.open.borrow().is_some() && dict.get_str(name).is_none() => {
                Value::Unknown(interp.why(object, &place))
            }
            Value::Dict(_) | Value::Instance(_) | Value::Function(_) | Value::Module(_) => {
                Value::Bool(self.properties(interp, object, &place).iter().any(|(own, _)| &**own == name))
            }
            Value::External(_) | Value::Made(_) | Value::Method(_) => Value::Unknown(interp.why(object, &place)),
            _ => Value::Bool(false),
        }
    }
}

fn proto_of(dict: &Dict) -> Value {
    dict.proto.borrow().clone().unwrap_or(Value::Null)
}

/// Key and value of an entry.
pub(super) fn pair(interp: &mut Interp, entry: &Value, place: &Place) -> (Value, Value) {
    let mut items = interp.iterate(entry, place).values.into_iter();
    (items.next().unwrap_or(Value::Undefined), items.next().unwrap_or(Value::Undefined))
}

fn has_own(object: &Value, name: &str) -> bool {
    match object {
        Value::Dict(dict) => dict.get_str(name).is_some(),
        Value::Instance(instance) => instance.attrs.contains(name),
        Value::Made(made) => made.attrs.contains(name),
        Value::Class(class) => class.attrs.contains(name),
        Value::Function(closure) => closure.attrs.contains(name),
        Value::Module(_) => false,
        _ => false,
    }
}
