//! Classes, instances and attributes.

use std::rc::Rc;

use super::branch::one_of;
use super::value::{Cause, Class, Instance, Method, Place, Unknown, Value};
use super::{Args, Interp, Scope, ScopeKind};
use crate::module::{self, StmtKind};

/// How many classes a class may descend from.
const ANCESTORS: usize = 64;

impl Interp<'_> {
    /// Evaluates a class declaration.
    pub(super) fn class(&mut self, code: &Rc<module::Class>, scope: &Rc<Scope>) -> Value {
        let place = Place { file: scope.file.clone(), line: code.line };
        let bases = code.bases.iter().map(|base| self.eval(base, scope)).collect();
        // A JavaScript class knows itself by its own name, whatever it is bound to outside.
        let around = if self.is_python() { scope.clone() } else { self.scope(scope, ScopeKind::Block) };
        let body = self.scope(&around, ScopeKind::Class);
        let class = Rc::new(Class {
            code: code.clone(),
            bases,
            attrs: body.vars.clone(),
            scope: around.clone(),
            marks: Vec::new().into(),
        });
        if !self.is_python() && !code.name.is_empty() {
            around.vars.set(code.name.clone(), Value::Class(class.clone()));
        }
        if self.is_python() {
            let gates = self.gates.len();
            self.exec(&code.body, &body);
            self.gates.truncate(gates);
        } else {
            self.script_class(&class, &body);
        }
        for (_, value) in class.attrs.snapshot() {
            adopt(&value, &class);
        }
        let value = Value::Class(class.clone());
        let value = self.dialect().finish_class(self, &class, &place).unwrap_or(value);
        self.decorate(&code.decorators, value, scope)
    }

    /// A JavaScript class: methods and static fields now, other fields with each instance.
    fn script_class(&mut self, class: &Rc<Class>, body: &Rc<Scope>) {
        body.vars.set("this", Value::Class(class.clone()));
        let mut decorated = Vec::new();
        for stmt in &class.code.body {
            if let StmtKind::Function(code) = &stmt.kind {
                let method = self.closure(code, body);
                let place = Place { file: body.file.clone(), line: stmt.line };
                let method = match code.role {
                    module::Role::Getter => self.made(&Value::external("getter"), &Args::of(vec![method]), &place),
                    module::Role::Setter => continue,
                    _ => method,
                };
                self.bind(&class.attrs, &code.name, method.clone());
                if !code.decorators.is_empty() {
                    decorated.push((code, method));
                }
            } else {
                self.exec(std::slice::from_ref(stmt), body);
            }
        }
        for (code, method) in decorated {
            let method = self.decorate_method(class, code, method, body);
            self.bind(&class.attrs, &code.name, method);
        }
        for field in class.code.fields.iter().filter(|field| field.is_static) {
            let key = self.eval(&field.key, body);
            let value = field.value.as_ref().map_or(Value::Undefined, |value| self.eval(value, body));
            if let Value::Str(key) = key {
                self.bind(&class.attrs, &key, value);
            }
        }
        body.vars.remove("this");
    }

    /// Applies a method's decorators, the innermost first: one of the package is given the prototype, the name and a
    /// descriptor.
    fn decorate_method(
        &mut self,
        class: &Rc<Class>,
        code: &module::Function,
        method: Value,
        body: &Rc<Scope>,
    ) -> Value {
        let place = Place { file: body.file.clone(), line: code.line };
        let target = match code.role {
            module::Role::Static => Value::Class(class.clone()),
            _ => self.get(&Value::Class(class.clone()), "prototype", &place),
        };
        let evaluated: Vec<Value> = code.decorators.iter().map(|decorator| self.eval(decorator, body)).collect();
        let mut method = method;
        for decorator in evaluated.into_iter().rev() {
            if !decorator.is_function() {
                method = self.decorate_with(&decorator, method, &place);
                continue;
            }
            let descriptor = Value::dict([("value", method.clone())]);
            let args = Args::of(vec![target.clone(), Value::Str(code.name.clone()), descriptor.clone()]);
            self.call(&decorator, &args, &place);
            if let Value::Dict(descriptor) = descriptor {
                method = descriptor.get_str("value").unwrap_or(method);
            }
        }
        method
    }

    /// The class and its ancestors, nearest first; ancestors outside the package as they are.
    pub(crate) fn ancestry(&self, class: &Rc<Class>) -> Vec<Value> {
        fn visit(value: &Value, depth: usize, out: &mut Vec<Value>) {
            if depth > ANCESTORS || out.len() > ANCESTORS {
                return;
            }
            if let Some(at) = out.iter().position(|seen| seen.same(value) == Some(true)) {
                // Met again on another way: it stands after everything that descends from it.
                out.remove(at);
            }
            out.push(value.clone());
            if let Value::Class(class) = value {
                for base in &class.bases {
                    let base = match base {
                        Value::Generic(generic) => &generic.origin,
                        base => base,
                    };
                    visit(&base.usual().unwrap_or_else(|| base.clone()), depth + 1, out);
                }
            }
        }
        let mut out = Vec::new();
        visit(&Value::Class(class.clone()), 0, &mut out);
        out
    }

    /// A name in a class or its ancestors in the package, with the class that has it.
    pub(crate) fn find_in_class(
        &self,
        class: &Rc<Class>,
        name: &str,
        after: Option<&Rc<Class>>,
    ) -> Option<(Value, Rc<Class>)> {
        let mut skip = after.is_some();
        for ancestor in self.ancestry(class) {
            let Value::Class(ancestor) = ancestor else { continue };
            if skip {
                skip = !after.is_some_and(|after| Rc::ptr_eq(after, &ancestor));
                continue;
            }
            if let Some(value) = ancestor.attrs.get(name) {
                return Some((value, ancestor));
            }
        }
        None
    }

    /// The nearest ancestor outside the package, if any.
    pub(crate) fn outside_base(&self, class: &Rc<Class>) -> Option<Value> {
        self.ancestry(class).into_iter().find(|ancestor| !matches!(ancestor, Value::Class(_)))
    }

    /// Makes an instance of a class of the package.
    pub(super) fn instantiate(&mut self, class: &Rc<Class>, args: &Args, place: &Place) -> Value {
        if let Some(value) = self.dialect().instantiate(self, class, args, place) {
            return value;
        }
        let instance = self.instance(class);
        let value = Value::Instance(instance);
        self.construct(&value, class, args, place);
        value
    }

    /// An instance without anything set on it.
    pub(crate) fn instance(&mut self, class: &Rc<Class>) -> Rc<Instance> {
        Rc::new(Instance { class: class.clone(), attrs: self.vars(), base: None.into() })
    }

    /// Runs field initialisers and the constructor.
    pub(crate) fn construct(&mut self, value: &Value, class: &Rc<Class>, args: &Args, place: &Place) {
        let constructor = if self.is_python() { "__init__" } else { "constructor" };
        let found = self.find_in_class(class, constructor, None);
        if !self.is_python() {
            // A class without a constructor of its own runs its parent's, fields first from the top down.
            let mut lineage: Vec<Rc<Class>> = Vec::new();
            for ancestor in self.ancestry(class) {
                if let Value::Class(ancestor) = ancestor {
                    lineage.push(ancestor);
                }
            }
            for ancestor in lineage.iter().rev() {
                self.init_fields(value, ancestor);
            }
        }
        if let Some((Value::Function(function), _)) = found {
            self.call_function(&function, Some(value), args, place);
        }
    }

    /// Sets the fields that a JavaScript class itself declares.
    pub(crate) fn init_fields(&mut self, value: &Value, class: &Rc<Class>) {
        if class.code.fields.iter().all(|field| field.is_static) {
            return;
        }
        let scope = self.scope(&class.scope, ScopeKind::Function);
        scope.vars.set("this", value.clone());
        for field in class.code.fields.iter().filter(|field| !field.is_static) {
            let key = self.eval(&field.key, &scope);
            let initial = field.value.as_ref().map_or(Value::Undefined, |value| self.eval(value, &scope));
            if let Value::Str(key) = key {
                self.set(value, &key, initial);
            }
        }
    }

    /// `object.name`.
    pub(crate) fn get(&mut self, object: &Value, name: &str, place: &Place) -> Value {
        let too_deep = |interp: &mut Self| interp.unknown(Cause::Limit, "an attribute nested too deeply", place);
        self.deeper(place, too_deep, |interp| interp.get_any(object, name, place))
    }

    fn get_any(&mut self, object: &Value, name: &str, place: &Place) -> Value {
        if let Some(value) = self.dialect().attribute(self, object, name, place) {
            return value;
        }
        match object {
            Value::Instance(instance) => self.get_instance(object, instance, name, place),
            Value::Class(class) => match self.find_in_class(class, name, None) {
                Some((found, _)) => self.dialect().bind(self, found, None, class),
                None => match self.outside_base(class) {
                    Some(Value::External(_)) => method(object, name),
                    Some(Value::Unknown(why)) => Value::Unknown(why),
                    _ if !self.is_python() => Value::Undefined,
                    _ => self.unknown(Cause::NotUnderstood, format!("`{}.{name}`", class.code.name), place),
                },
            },
            Value::Super(sup) => {
                let class = match &sup.receiver {
                    Value::Instance(instance) => instance.class.clone(),
                    Value::Class(class) => class.clone(),
                    _ => sup.after.clone(),
                };
                match self.find_in_class(&class, name, Some(&sup.after)) {
                    Some((found, _)) => self.dialect().bind(self, found, Some(&sup.receiver), &class),
                    None => {
                        let base = match &sup.receiver {
                            Value::Instance(instance) => instance.base.borrow().clone(),
                            _ => None,
                        };
                        method(&base.unwrap_or_else(|| object.clone()), name)
                    }
                }
            }
            Value::Module(module) => match module.scope.vars.get(name) {
                Some(value) => value,
                None => self.unknown(Cause::NotUnderstood, format!("`{}.{name}`", module.name), place),
            },
            Value::External(path) => Value::external(format!("{path}.{name}")),
            Value::Made(made) => made.attrs.get(name).unwrap_or_else(|| method(object, name)),
            Value::Server(server) => server.attrs.get(name).unwrap_or_else(|| method(object, name)),
            Value::Function(closure) => match closure.attrs.get(name) {
                Some(value) => value,
                None if !self.is_python() => method(object, name),
                None => self.unknown(Cause::NotUnderstood, format!("`{}.{name}`", closure.code.name), place),
            },
            Value::Bound(bound) => self.get(&bound.1, name, place),
            Value::OneOf(values) => {
                let found: Vec<Value> = values
                    .iter()
                    .filter(|value| !matches!(value, Value::Null | Value::Undefined))
                    .map(|value| self.get(value, name, place))
                    .collect();
                let known: Vec<Value> = found.iter().filter(|value| value.usual().is_some()).cloned().collect();
                one_of(if known.is_empty() { found } else { known })
            }
            Value::Unknown(why) => match &why.default {
                Some(Value::Null | Value::Undefined) | None => Value::Unknown(why.clone()),
                Some(default) => {
                    let found = self.get(&default.clone(), name, place);
                    match found {
                        found @ Value::Method(_) => found.with_receiver(object),
                        found => with_default(why, found),
                    }
                }
            },
            Value::Gated(gated) => self.get(&gated.1, name, place),
            Value::Null | Value::Undefined => self.unknown(Cause::NotUnderstood, format!("`{name}` of nothing"), place),
            _ => method(object, name),
        }
    }

    fn get_instance(&mut self, object: &Value, instance: &Rc<Instance>, name: &str, place: &Place) -> Value {
        if let Some(value) = instance.attrs.get(name) {
            return value;
        }
        if let Some((found, _)) = self.find_in_class(&instance.class, name, None) {
            return self.dialect().bind(self, found, Some(object), &instance.class);
        }
        let base = instance.base.borrow().clone();
        if let Some(base) = base {
            return self.get(&base, name, place);
        }
        if let Some((Value::Function(fallback), _)) = self.find_in_class(&instance.class, "__getattr__", None) {
            return self.call_function(&fallback, Some(object), &Args::of(vec![Value::str(name)]), place);
        }
        match self.outside_base(&instance.class) {
            Some(Value::Unknown(why)) => Value::Unknown(why),
            Some(_) => method(object, name),
            None if !self.is_python() => Value::Undefined,
            None => {
                let reason = format!("`{name}` of a `{}`", instance.class.code.name);
                self.unknown(Cause::NotUnderstood, reason, place)
            }
        }
    }

    /// `object.name = value`.
    pub(crate) fn set(&mut self, object: &Value, name: &str, value: Value) {
        let attrs = match object {
            Value::Instance(instance) => Some(&instance.attrs),
            Value::Class(class) => Some(&class.attrs),
            Value::Module(module) => Some(&module.scope.vars),
            Value::Made(made) => Some(&made.attrs),
            Value::Server(server) => Some(&server.attrs),
            Value::Function(closure) => Some(&closure.attrs),
            _ => None,
        };
        if let Some(attrs) = attrs.cloned() {
            if self.is_branching() && !attrs.contains(name) {
                // What the attribute was before may come from a class: the other branch still sees that.
                let place = Place { file: "".into(), line: 0 };
                let before = self.get(object, name, &place);
                if !matches!(before, Value::Undefined | Value::Method(_))
                    && !matches!(&before, Value::Unknown(why) if why.cause == Cause::NotUnderstood)
                {
                    attrs.set(name, before);
                }
            }
            return self.bind(&attrs, name, value);
        }
        match object {
            Value::Bound(bound) => self.set(&bound.1, name, value),
            Value::Dict(dict) => {
                let key = Value::str(name);
                let value = self.perhaps(dict, &key, value);
                dict.set(key, value);
            }
            Value::OneOf(values) => {
                for object in values.iter() {
                    self.set(object, name, value.clone());
                }
            }
            Value::Gated(gated) => self.set(&gated.1, name, value),
            _ => {}
        }
    }

    /// The receiver and class that `super` means in the running method.
    pub(crate) fn running_method(&self) -> Option<(Value, Rc<Class>)> {
        self.frames.iter().rev().find_map(|frame| Some((frame.receiver.clone()?, frame.home.clone()?)))
    }
}

/// Methods know the class that made them.
fn adopt(value: &Value, class: &Rc<Class>) {
    match value {
        Value::Function(closure) => {
            closure.home.borrow_mut().get_or_insert_with(|| class.clone());
        }
        Value::Made(made) => made.args.positional.iter().for_each(|value| adopt(value, class)),
        _ => {}
    }
}

/// A method or attribute of something symbolic.
pub(super) fn method(receiver: &Value, name: &str) -> Value {
    Value::Method(Rc::new(Method { receiver: receiver.clone(), name: name.into() }))
}

/// A value that is so by default only.
pub(super) fn with_default(why: &Rc<Unknown>, default: Value) -> Value {
    match default {
        // Why not even that is known says more.
        Value::Unknown(inner) if inner.default.is_none() => Value::Unknown(inner),
        default => Value::Unknown(Rc::new(Unknown {
            cause: why.cause,
            reason: why.reason.clone(),
            place: why.place.clone(),
            default: Some(default),
        })),
    }
}

impl Unknown {
    /// The same for something that is there only when somebody has changed a setting.
    pub(crate) fn by_setting(&self) -> Rc<Unknown> {
        let (reason, place) = (self.reason.clone(), self.place.clone());
        Rc::new(Unknown { cause: Cause::Setting, reason, place, default: None })
    }

    /// The same, without a usual value.
    pub(crate) fn without_default(&self) -> Rc<Unknown> {
        Rc::new(Unknown { cause: self.cause, reason: self.reason.clone(), place: self.place.clone(), default: None })
    }
}

impl Value {
    fn with_receiver(self, receiver: &Value) -> Value {
        match self {
            Value::Method(found) => method(receiver, &found.name),
            other => other,
        }
    }
}
