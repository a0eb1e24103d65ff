//! Python's objects: attributes every object has, methods, enums, and classes whose fields are declared.

use std::rc::Rc;

use super::dialect::new_dict;
use super::recipes::last;
use super::{Python, commands, schema, sdk};
use crate::fold::{Args, Cause, Class, Instance, Interp, ListKind, Method, Place, Value};
use crate::module::{Expr, ExprKind, StmtKind};

/// An attribute that the language itself gives.
pub(super) fn attribute(
    python: &Python,
    interp: &mut Interp,
    object: &Value,
    name: &str,
    place: &Place,
) -> Option<Value> {
    match (object, name) {
        (Value::Function(closure), "__name__" | "__qualname__") => {
            if let Some(name) = closure.attrs.get(name) {
                return Some(name);
            }
            match &*closure.wraps.borrow() {
                Some(wrapped) => Some(interp.get(wrapped, name, place)),
                None => Some(Value::Str(closure.code.name.clone())),
            }
        }
        (Value::Function(closure), "__doc__") => {
            if let Some(doc) = closure.attrs.get(name) {
                return Some(doc);
            }
            match &*closure.wraps.borrow() {
                Some(wrapped) => Some(interp.get(wrapped, name, place)),
                None => Some(closure.code.docstring.clone().map_or(Value::Null, Value::Str)),
            }
        }
        (Value::Function(closure), "__wrapped__") => closure.wraps.borrow().clone(),
        (Value::Function(closure), "__module__") => closure.scope.module().vars.get("__name__"),
        (Value::Function(closure), "__dict__") => Some(Value::dict(closure.attrs.snapshot())),
        (Value::Function(closure), "__annotations__") => Some(annotations(interp, closure)),
        (Value::Bound(bound), "__self__") => Some(bound.0.clone()),
        (Value::Bound(bound), "__func__") => Some(bound.1.clone()),
        (Value::Class(class), "__name__" | "__qualname__") => Some(Value::Str(class.code.name.clone())),
        (Value::Class(class), "__doc__") if class.attrs.get("__doc__").is_none() => {
            Some(class.code.docstring.clone().map_or(Value::Null, Value::Str))
        }
        (Value::Class(class), "__module__") => class.scope.module().vars.get("__name__"),
        (Value::Class(class), "__members__") => {
            let members = enum_members(class)?;
            Some(Value::dict(members.into_iter().filter_map(|member| {
                let name = interp.get(&member, "name", place);
                Some((Rc::<str>::from(name.as_str()?), member))
            })))
        }
        (Value::Class(class), "__dict__") => Some(Value::dict(class.attrs.snapshot())),
        (Value::Class(class), "__mro__") => Some(Value::list(ListKind::Tuple, interp.ancestry(class))),
        (Value::Class(class), "__bases__") => Some(Value::list(ListKind::Tuple, class.bases.clone())),
        (Value::Class(_), "__subclasses__") => {
            Some(Value::Method(Rc::new(Method { receiver: object.clone(), name: name.into() })))
        }
        (Value::Class(class), "__annotations__" | "model_fields" | "__fields__" | "__dataclass_fields__") => {
            let dict = new_dict();
            for field in fields(interp, class) {
                let annotation = field.annotation().map(|annotation| interp.eval(annotation, &field.class.scope));
                dict.set(Value::Str(field.name.clone()), annotation.unwrap_or(Value::Null));
            }
            Some(Value::Dict(dict))
        }
        (Value::Class(class), name) if class.attrs.get(name).is_none() && sdk::is_model_method(name) => {
            let own = interp.find_in_class(class, name, None).is_some();
            (!own).then(|| Value::Method(Rc::new(Method { receiver: object.clone(), name: name.into() })))
        }
        (Value::Instance(instance), "__class__") => Some(Value::Class(instance.class.clone())),
        (Value::Instance(instance), "__dict__") => Some(Value::dict(instance.attrs.snapshot())),
        (Value::Instance(instance), "__doc__") if !instance.attrs.contains(name) => {
            Some(instance.class.code.docstring.clone().map_or(Value::Null, Value::Str))
        }
        (Value::Module(module), "__dict__") => Some(Value::dict(module.scope.vars.snapshot())),
        (Value::Method(_), _) => sdk::attribute(python, interp, object, name),
        (Value::Made(made), _) => super::library::made_attribute(python, interp, made, name, place),
        (Value::External(path), _) if &**path == "sys" && name == "modules" => None,
        (Value::Function(_), "__code__" | "__signature__" | "__defaults__") => {
            Some(interp.unknown(Cause::NotUnderstood, format!("`{name}` of a function"), place))
        }
        _ => None,
    }
}

fn annotations(interp: &mut Interp, closure: &Rc<crate::fold::Closure>) -> Value {
    let dict = new_dict();
    for param in &closure.code.params {
        if let (ExprKind::Name(name), Some(annotation)) = (&param.target.kind, &param.annotation) {
            let value = interp.eval(annotation, &closure.scope);
            dict.set(Value::Str(name.clone()), value);
        }
    }
    Value::Dict(dict)
}

/// What a class attribute is when it is read through a receiver.
pub(super) fn bind(interp: &mut Interp, found: Value, receiver: Option<&Value>, class: &Rc<Class>) -> Value {
    match &found {
        Value::Function(_) => match receiver {
            Some(receiver @ Value::Instance(_)) => Value::Bound(Rc::new((receiver.clone(), found))),
            _ => found,
        },
        Value::Made(made) => match (made.callee.path().map(last), made.args.positional.first()) {
            (Some("staticmethod"), Some(function)) => function.clone(),
            (Some("classmethod"), Some(function)) => {
                let class = match receiver {
                    Some(class @ Value::Class(_)) => class.clone(),
                    _ => Value::Class(class.clone()),
                };
                Value::Bound(Rc::new((class, function.clone())))
            }
            (Some(name), Some(function)) if PROPERTIES.contains(&name) => match receiver {
                Some(receiver @ Value::Instance(_)) => {
                    let place = Place { file: class.scope.file.clone(), line: class.code.line };
                    interp.call(function, &Args::of(vec![receiver.clone()]), &place)
                }
                _ => found,
            },
            _ => found,
        },
        _ => found,
    }
}

/// A field that a class declares by annotation.
pub(super) struct Field {
    pub(super) name: Rc<str>,
    /// The class that declares it.
    pub(super) class: Rc<Class>,
    at: usize,
    /// Its default as the class body has it.
    pub(super) default: Option<Value>,
}

impl Field {
    /// The declared type.
    pub(super) fn annotation(&self) -> Option<&Expr> {
        match self.class.code.body.get(self.at).map(|stmt| &stmt.kind) {
            Some(StmtKind::Assign { annotation, .. }) => annotation.as_ref(),
            _ => None,
        }
    }
}

/// The declared fields of a class and its ancestors, the oldest ancestor's first.
pub(super) fn fields(interp: &Interp, class: &Rc<Class>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for ancestor in interp.ancestry(class).into_iter().rev() {
        let Value::Class(ancestor) = ancestor else { continue };
        for (at, stmt) in ancestor.code.body.iter().enumerate() {
            let StmtKind::Assign { targets, annotation: Some(annotation), .. } = &stmt.kind else { continue };
            let [Expr { kind: ExprKind::Name(name), .. }] = &targets[..] else { continue };
            if name.starts_with('_') || is_class_variable(annotation) {
                continue;
            }
            let default = ancestor.attrs.get(name);
            let field = Field { name: name.clone(), class: ancestor.clone(), at, default };
            match fields.iter_mut().find(|known| known.name == *name) {
                Some(known) => *known = field,
                None => fields.push(field),
            }
        }
    }
    fields
}

fn is_class_variable(annotation: &Expr) -> bool {
    let origin = match &annotation.kind {
        ExprKind::Index(origin, _) => origin,
        _ => annotation,
    };
    matches!(&origin.kind, ExprKind::Name(name) | ExprKind::Member(_, name) if &**name == "ClassVar")
}

/// Whether the class descends from something outside the package whose name the test accepts.
pub(super) fn descends(interp: &Interp, class: &Rc<Class>, mut test: impl FnMut(&str) -> bool) -> bool {
    interp.ancestry(class).iter().any(|ancestor| ancestor.path().is_some_and(&mut test))
}

/// What calling a class gives, where that is not an ordinary instance.
pub(super) fn instantiate(
    python: &Python,
    interp: &mut Interp,
    class: &Rc<Class>,
    args: &Args,
    place: &Place,
) -> Option<Value> {
    if is_enum(interp, class) {
        let wanted = args.positional.first()?;
        let found = enum_members(class)?.into_iter().find(|member| {
            member.same(wanted) == Some(true)
                || matches!(member, Value::Instance(i) if i.attrs.get("value").is_some_and(|v| v.same(wanted) == Some(true)))
        });
        return Some(found.unwrap_or_else(|| Value::Unknown(interp.why(wanted, place))));
    }
    let made = match interp.find_in_class(class, "__new__", None) {
        Some((Value::Function(new), _)) => {
            let mut all = args.clone();
            all.positional.insert(0, Value::Class(class.clone()));
            interp.call_function(&new, None, &all, place).usual()
        }
        _ => None,
    };
    let value = match made {
        Some(value @ Value::Instance(_)) => value,
        _ => Value::Instance(interp.instance(class)),
    };
    let Value::Instance(instance) = &value else { return None };
    if let Some(base) = sdk::server_base(python, interp, class, args, place) {
        sdk::embody(&base, &value);
        instance.base.borrow_mut().get_or_insert(base);
    }
    if let Some(group) = commands::group_base(interp, class, place) {
        instance.base.borrow_mut().get_or_insert(group);
    }
    if interp.find_in_class(class, "__init__", None).is_some() {
        interp.construct(&value, class, args, place);
    } else {
        fill_fields(interp, instance, args, place);
        for method in ["__post_init__", "model_post_init"] {
            if let Some((Value::Function(method), _)) = interp.find_in_class(class, method, None) {
                let args = Args::of(vec![Value::Null; method.code.params.len().saturating_sub(1)]);
                interp.call_function(&method, Some(&value), &args, place);
            }
        }
    }
    Some(value)
}

/// Sets declared fields from arguments and defaults, as dataclasses and models do.
pub(super) fn fill_fields(interp: &mut Interp, instance: &Rc<Instance>, args: &Args, place: &Place) {
    let is_settings = descends(interp, &instance.class, |path| last(path) == "BaseSettings");
    let is_record = schema::is_record(interp, &instance.class);
    let mut positional = args.positional.iter();
    for field in fields(interp, &instance.class) {
        let given = positional.next().or_else(|| args.named(&field.name)).cloned();
        // In a class that is no record a descendant may give the attribute its value, or compute it.
        let found = if is_record { None } else { interp.find_in_class(&instance.class, &field.name, None) };
        let stated = found.map(|(found, _)| found);
        if given.is_none() && stated.as_ref().is_some_and(is_computed) {
            continue;
        }
        let value = match given {
            Some(value) => value,
            None => {
                let default =
                    stated.or(field.default.clone()).and_then(|default| field_default(interp, &default, place));
                if is_settings {
                    interp.setting(format!("setting `{}`", field.name), default, place)
                } else {
                    default.unwrap_or_else(|| {
                        let reason = format!("field `{}` of `{}`", field.name, instance.class.code.name);
                        interp.unknown(Cause::Runtime, reason, place)
                    })
                }
            }
        };
        instance.attrs.set(field.name.clone(), value);
    }
    for (name, value) in &args.named {
        if !instance.attrs.contains(name) {
            instance.attrs.set(name.clone(), value.clone());
        }
    }
}

/// Names of what decorates a method that is read like an attribute.
const PROPERTIES: [&str; 5] = ["property", "cached_property", "abstractproperty", "computed_field", "hybrid_property"];

/// Whether a class attribute is computed when it is read.
fn is_computed(value: &Value) -> bool {
    match value {
        Value::Made(made) => made.callee.path().is_some_and(|path| PROPERTIES.contains(&last(path))),
        value => value.is_function(),
    }
}

/// The default that a class body gives a field: itself, or what `Field(…)` says.
pub(super) fn field_default(interp: &mut Interp, declared: &Value, place: &Place) -> Option<Value> {
    let Value::Made(made) = declared else { return Some(declared.clone()) };
    let Some(name @ ("Field" | "field" | "attrib" | "ib" | "PrivateAttr")) = made.callee.path().map(last) else {
        return Some(declared.clone());
    };
    if let Some(factory) = made.args.named("default_factory").or_else(|| made.args.named("factory")) {
        return Some(interp.call(&factory.clone(), &Args::default(), place));
    }
    let default = made.args.named("default").or_else(|| made.args.positional.first().filter(|_| name != "field"));
    default.filter(|default| default.path() != Some("builtins.Ellipsis")).cloned()
}

/// What becomes of a class once its body has run: members of enums, and what its parents do with it.
pub(super) fn finish_class(interp: &mut Interp, class: &Rc<Class>, place: &Place) {
    if is_enum(interp, class) {
        make_members(interp, class, place);
    }
    if let Some((found, _)) = interp.find_in_class(class, "__init_subclass__", Some(class)) {
        let function = match &found {
            Value::Made(made) => made.args.positional.first().cloned(),
            _ => Some(found),
        };
        if let Some(Value::Function(function)) = function {
            let named = class.code.keywords.iter().map(|(n, v)| (n.clone(), interp.eval(v, &class.scope))).collect();
            let args = Args { named, ..Args::default() };
            interp.call_function(&function, Some(&Value::Class(class.clone())), &args, place);
        }
    }
}

/// Whether the class is an enum.
pub(super) fn is_enum(interp: &Interp, class: &Rc<Class>) -> bool {
    descends(interp, class, |path| {
        matches!(last(path), "Enum" | "StrEnum" | "IntEnum" | "Flag" | "IntFlag" | "ReprEnum")
    })
}

fn make_members(interp: &mut Interp, class: &Rc<Class>, place: &Place) {
    let is_text = descends(interp, class, |path| last(path) == "StrEnum");
    let mut next = 1;
    for (name, value) in class.attrs.snapshot() {
        let is_member = !name.starts_with('_')
            && !matches!(value, Value::Function(_) | Value::Class(_))
            && !matches!(&value, Value::Made(made) if matches!(made.callee.path(), Some("builtins.property" | "builtins.staticmethod" | "builtins.classmethod" | "functools.cached_property")));
        if !is_member {
            continue;
        }
        let value = match &value {
            Value::Made(made) if made.callee.path().is_some_and(|path| last(path) == "auto") => match is_text {
                true => Value::str(name.to_lowercase()),
                false => Value::Int(next),
            },
            _ => value,
        };
        if let Value::Int(n) = value {
            next = n.saturating_add(1);
        }
        let member = interp.instance(class);
        for (attribute, value) in [("name", Value::Str(name.clone())), ("value", value)] {
            member.attrs.set(attribute, value.clone());
            member.attrs.set(format!("_{attribute}_"), value);
        }
        let member_value = Value::Instance(member);
        if let Some((Value::Function(init), _)) = interp.find_in_class(class, "__init__", None)
            && let Value::Instance(instance) = &member_value
            && let Some(value) = instance.attrs.get("value")
        {
            let args = interp.iterate(&value, place).values;
            interp.call_function(&init, Some(&member_value), &Args::of(args), place);
        }
        class.attrs.set(name, member_value);
    }
}

/// An enum's members in order.
pub(super) fn enum_members(class: &Rc<Class>) -> Option<Vec<Value>> {
    let members: Vec<Value> = class
        .attrs
        .snapshot()
        .into_iter()
        .map(|(_, value)| value)
        .filter(
            |value| matches!(value, Value::Instance(i) if Rc::ptr_eq(&i.class, class) && i.attrs.contains("_name_")),
        )
        .collect();
    (!members.is_empty()).then_some(members)
}

/// `Color["RED"]`.
pub(super) fn enum_member_named(interp: &Interp, class: &Rc<Class>, key: &Value) -> Option<Value> {
    let name = key.as_str().filter(|_| is_enum(interp, class))?;
    class.attrs.get(name)
}

/// The string or number that a member of an enum of strings or numbers is.
pub(super) fn plain(value: &Value) -> Option<Value> {
    let Value::Instance(instance) = value else { return None };
    let value = instance.attrs.get("_value_")?;
    let mixes = |class: &Rc<Class>| {
        class.bases.iter().any(|base| match base {
            Value::External(path) => {
                matches!(last(path), "str" | "int" | "StrEnum" | "IntEnum" | "IntFlag" | "float")
            }
            Value::Class(base) => base.bases.iter().any(|base| {
                base.path().is_some_and(|path| matches!(last(path), "str" | "int" | "StrEnum" | "IntEnum" | "float"))
            }),
            _ => false,
        })
    };
    mixes(&instance.class).then_some(value)
}

/// `str(member)`.
pub(super) fn enum_text(interp: &Interp, instance: &Rc<Instance>) -> Option<String> {
    let name = instance.attrs.get("_name_")?;
    if descends(interp, &instance.class, |path| matches!(last(path), "StrEnum" | "IntEnum" | "IntFlag")) {
        return match instance.attrs.get("_value_")? {
            Value::Str(text) => Some(text.to_string()),
            Value::Int(n) => Some(n.to_string()),
            _ => None,
        };
    }
    Some(format!("{}.{}", instance.class.code.name, name.as_str()?))
}

/// `hasattr`.
pub(super) fn has(python: &Python, interp: &Interp, object: &Value, name: &str) -> Option<bool> {
    Some(match object {
        Value::Instance(instance) => {
            let own = instance.attrs.contains(name) || interp.find_in_class(&instance.class, name, None).is_some();
            if !own && (instance.base.borrow().is_some() || interp.outside_base(&instance.class).is_some()) {
                return None;
            }
            own
        }
        Value::Class(class) => {
            let own = interp.find_in_class(class, name, None).is_some();
            if !own && interp.outside_base(class).is_some() {
                return None;
            }
            own
        }
        Value::Module(module) => module.scope.vars.contains(name) || python.is_own(&format!("{}.{name}", module.name)),
        Value::Function(closure) => closure.attrs.contains(name) || name == "__name__" || name == "__doc__",
        Value::Bound(bound) => return has(python, interp, &bound.1, name),
        Value::Made(made) if made.attrs.contains(name) => true,
        Value::Server(server) if server.attrs.contains(name) => true,
        Value::Null | Value::Int(_) | Value::Bool(_) => false,
        _ => return None,
    })
}

/// `isinstance`.
pub(super) fn is_instance(interp: &Interp, value: &Value, class: &Value) -> Option<bool> {
    if let Value::List(options) = class {
        let options = options.snapshot();
        let verdicts: Vec<Option<bool>> = options.iter().map(|class| is_instance(interp, value, class)).collect();
        return if verdicts.contains(&Some(true)) {
            Some(true)
        } else if verdicts.contains(&None) {
            None
        } else {
            Some(false)
        };
    }
    let path = class.path().map(last);
    match (value, class) {
        (Value::Instance(instance), class) => is_subclass(interp, &Value::Class(instance.class.clone()), class),
        (Value::Str(_), Value::External(_)) => Some(path == Some("str")),
        (Value::Int(_), Value::External(_)) => Some(path == Some("int")),
        (Value::Float(_), Value::External(_)) => Some(path == Some("float")),
        (Value::Bool(_), Value::External(_)) => Some(matches!(path, Some("bool" | "int"))),
        (Value::Dict(_), Value::External(_)) => Some(matches!(path, Some("dict" | "Mapping" | "MutableMapping"))),
        (Value::List(list), Value::External(_)) => Some(match list.kind {
            ListKind::List => matches!(path, Some("list" | "Sequence" | "Iterable" | "Collection")),
            ListKind::Tuple => matches!(path, Some("tuple" | "Sequence" | "Iterable" | "Collection")),
            ListKind::Set => matches!(path, Some("set" | "frozenset" | "Iterable" | "Collection")),
        }),
        (Value::Class(_), Value::External(_)) => Some(path == Some("type")),
        (Value::Function(_) | Value::Bound(_), Value::External(_)) => {
            Some(path.is_some_and(|path| path.contains("Function") || path == "Callable" || path == "MethodType"))
        }
        (Value::Null, _) => Some(path == Some("NoneType")),
        (Value::Made(made), Value::External(_)) if made.callee.same(class) == Some(true) => Some(true),
        (Value::Server(server), Value::External(path)) => Some(last(path) == last(&server.class)),
        (Value::Str(_) | Value::Int(_) | Value::Dict(_) | Value::List(_) | Value::Bool(_), Value::Class(_)) => {
            Some(false)
        }
        _ => None,
    }
}

/// `issubclass`.
pub(super) fn is_subclass(interp: &Interp, class: &Value, of: &Value) -> Option<bool> {
    if let Value::List(options) = of {
        let verdicts: Vec<Option<bool>> = options.snapshot().iter().map(|of| is_subclass(interp, class, of)).collect();
        return verdicts.iter().copied().reduce(|a, b| Some(a? || b?)).flatten();
    }
    let Value::Class(class) = class else { return None };
    let ancestry = interp.ancestry(class);
    if ancestry.iter().any(|ancestor| ancestor.same(of) == Some(true)) {
        return Some(true);
    }
    if ancestry.iter().any(|ancestor| matches!(ancestor, Value::Unknown(_) | Value::OneOf(_))) {
        return None;
    }
    // An outside ancestor may itself descend from an outside class.
    let outside = ancestry.iter().any(|a| matches!(a, Value::External(path) if !path.starts_with("builtins.")));
    if outside && matches!(of, Value::External(_)) { None } else { Some(false) }
}
