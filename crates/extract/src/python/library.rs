//! The parts of the standard library, and of the common command line packages, that decide what a program registers.

use std::rc::Rc;

use super::collections::{ITEMS, as_kind, fill};
use super::dialect::new_dict;
use super::{Python, commands, files, objects, regexp, schema, signature};
use crate::fold::{Args, Interp, ListKind, Made, Place, Value};

/// Calls a function outside the package.
pub(super) fn call(python: &Python, interp: &mut Interp, path: &str, args: &Args, place: &Place) -> Option<Value> {
    let first = args.positional.first();
    Some(match path {
        "os.getenv" | "os.environ.get" | "environ.get" | "getenv" => environment(
            interp,
            first.or_else(|| args.named("key"))?,
            args.get(1, "default").or(Some(&Value::Null)),
            place,
        ),
        "os.environ.setdefault" => environment(interp, first?, args.positional.get(1), place),
        "sys.exit" | "os._exit" | "os.abort" => {
            interp.raise();
            Value::Null
        }
        "functools.wraps" | "functools.partial" | "functools.partialmethod" => return None,
        "functools.cached_property" | "abc.abstractproperty" => interp.made(&Value::external(path), args, place),
        "functools.update_wrapper" => {
            if let (Some(Value::Function(wrapper)), Some(wrapped)) = (first, args.positional.get(1)) {
                *wrapper.wraps.borrow_mut() = Some(wrapped.clone());
            } else if let (Some(wrapper @ Value::Instance(_)), Some(wrapped)) = (first, args.positional.get(1)) {
                for name in ["__name__", "__doc__"] {
                    let value = interp.get(wrapped, name, place);
                    interp.set(wrapper, name, value);
                }
                interp.set(wrapper, "__wrapped__", wrapped.clone());
            }
            first?.clone()
        }
        "functools.reduce" => {
            let items = interp.iterate(args.positional.get(1)?, place);
            let mut values = items.values.into_iter();
            let start = match args.positional.get(2) {
                Some(start) => start.clone(),
                None => values.next()?,
            };
            values.fold(start, |sum, value| interp.call(&args.positional[0], &Args::of(vec![sum, value]), place))
        }
        "asyncio.run"
        | "asyncio.get_event_loop().run_until_complete"
        | "asyncio.create_task"
        | "asyncio.ensure_future"
        | "asyncio.shield"
        | "copy.copy"
        | "types.MappingProxyType" => first?.clone(),
        "asyncio.wait_for" => first?.clone(),
        "asyncio.gather" => interp.list(ListKind::List, args.positional.clone()),
        "copy.deepcopy" => deep_copy(interp, first?, 0),
        "typing.cast" | "typing_extensions.cast" => args.positional.get(1)?.clone(),
        "textwrap.dedent" | "inspect.cleandoc" => {
            let dedent = path == "textwrap.dedent";
            let text = first?.clone();
            interp.lift(&text, &mut |interp, text| match text {
                Value::Str(text) if dedent => Value::str(schema::dedent(text)),
                Value::Str(text) => Value::str(schema::clean(text)),
                other => Value::Unknown(interp.why(other, place)),
            })
        }
        "inspect.getdoc" => {
            let doc = interp.get(first?, "__doc__", place);
            interp.lift(&doc, &mut |_, text| match text {
                Value::Str(text) => Value::str(schema::clean(text)),
                other => other.clone(),
            })
        }
        "inspect.getmembers" => members(interp, first?, args.positional.get(1), place)?,
        "inspect.isfunction" | "inspect.ismethod" | "inspect.isroutine" => match first? {
            Value::Function(_) => Value::Bool(path != "inspect.ismethod"),
            Value::Bound(_) => Value::Bool(path != "inspect.isfunction"),
            Value::Unknown(_) | Value::OneOf(_) => return None,
            _ => Value::Bool(false),
        },
        "inspect.isclass" => Value::Bool(matches!(first?, Value::Class(_))),
        "inspect.isabstract" => match first? {
            Value::Class(class) => Value::Bool(class.bases.iter().any(|base| base.path() == Some("abc.ABC"))),
            _ => return None,
        },
        "inspect.ismodule" => Value::Bool(matches!(first?, Value::Module(_))),
        "inspect.iscoroutinefunction" | "asyncio.iscoroutinefunction" => match first? {
            Value::Function(function) => Value::Bool(function.code.is_async),
            Value::Bound(bound) => match &bound.1 {
                Value::Function(function) => Value::Bool(function.code.is_async),
                _ => return None,
            },
            _ => return None,
        },
        "importlib.import_module" => {
            let Value::Str(name) = first?.usual()? else { return None };
            let package = args.get(1, "package").and_then(|package| package.as_str().map(str::to_owned));
            let dotted = match (name.strip_prefix('.'), package) {
                (Some(rest), Some(package)) => format!("{package}.{rest}"),
                _ => name.to_string(),
            };
            python.module(interp, &dotted).unwrap_or_else(|| Value::external(&dotted))
        }
        "importlib.util.spec_from_file_location" => files::specification(interp, args, place)?,
        "importlib.util.module_from_spec" => {
            let file = files::path_of(&interp.get(first?, "origin", place))?;
            python.module(interp, &python.dotted(&file)?)?
        }
        "pkgutil.iter_modules" => files::modules(python, interp, args, false, place)?,
        "pkgutil.walk_packages" => files::modules(python, interp, args, true, place)?,
        "json.loads" => {
            let text = first?.clone();
            interp.lift(&text, &mut |interp, text| {
                let parsed = text.as_str().and_then(|text| serde_json::from_str(text).ok());
                parsed.map_or_else(|| Value::Unknown(interp.why(text, place)), |json| schema::value_of(&json))
            })
        }
        "json.dumps" => return dumps(args),
        "json.load" | "yaml.safe_load" | "yaml.load" | "tomllib.load" | "tomli.load" => {
            return files::parse(python, path, first?);
        }
        "itertools.chain" => {
            let list = interp.list(ListKind::List, Vec::new());
            if let Value::List(items) = &list {
                for part in &args.positional {
                    interp.extend(items, part, place);
                }
            }
            list
        }
        "itertools.chain.from_iterable" => {
            let list = interp.list(ListKind::List, Vec::new());
            if let Value::List(items) = &list {
                for part in interp.iterate(first?, place).values {
                    interp.extend(items, &part, place);
                }
            }
            list
        }
        "collections.OrderedDict" | "collections.ChainMap" => {
            let dict = new_dict();
            for part in &args.positional {
                fill(interp, &dict, part, place);
            }
            Value::Dict(dict)
        }
        "collections.deque" => match first {
            Some(value) => as_kind(interp, value, ListKind::List, place),
            None => interp.list(ListKind::List, Vec::new()),
        },
        "collections.defaultdict" => {
            let made = interp.made(&Value::external(path), args, place);
            if let Value::Made(made) = &made {
                made.attrs.set(ITEMS, Value::Dict(new_dict()));
            }
            made
        }
        "operator.itemgetter" | "operator.attrgetter" => return None,
        "dataclasses.replace" => {
            let Value::Instance(instance) = first? else { return None };
            copied(interp, instance, &args.named)
        }
        "re.sub" => return regexp::substitute(interp, args, place),
        "dataclasses.asdict" => interp.get(first?, "__dict__", place),
        "importlib.metadata.version" => return None,
        _ => {
            let found = files::call(python, path, args).or_else(|| signature::call(interp, path, args, place));
            if found.is_some() {
                return found;
            }
            return decorate(path, args);
        }
    })
}

/// Decorators of classes whose annotations are their fields: they leave a mark.
fn decorate(path: &str, args: &Args) -> Option<Value> {
    match &args.positional[..] {
        [decorated @ Value::Class(class)] if args.named.is_empty() && schema::is_record_mark(path) => {
            class.marks.borrow_mut().push(Value::external(path));
            Some(decorated.clone())
        }
        _ => None,
    }
}

/// Calls a method of something outside the package.
pub(super) fn call_method(
    python: &Python,
    interp: &mut Interp,
    receiver: &Value,
    name: &str,
    args: &Args,
    place: &Place,
) -> Option<Value> {
    if let Value::Made(made) = receiver {
        if let Some("functools.partial") = made.callee.path() {
            return None;
        }
        if let Some(items) = made.attrs.get(ITEMS) {
            let method = interp.get(&items, name, place);
            return Some(interp.call(&method, args, place));
        }
        if let Some(Value::Function(_)) = made.args.positional.first()
            && ["setter", "getter", "deleter"].contains(&name)
        {
            return Some(receiver.clone());
        }
    }
    match (receiver, name) {
        (Value::Class(class), "__subclasses__") => {
            let direct = |other: &Rc<crate::fold::Class>| {
                other.bases.iter().any(|base| base.same(&Value::Class(class.clone())) == Some(true))
            };
            let classes = python.classes.borrow();
            let found = classes.iter().filter(|other| direct(other)).cloned().map(Value::Class).collect();
            return Some(interp.list(ListKind::List, found));
        }
        (Value::Super(sup), "__new__") => {
            let class = match &args.positional.first() {
                Some(Value::Class(class)) => class.clone(),
                _ => sup.after.clone(),
            };
            return Some(Value::Instance(interp.instance(&class)));
        }
        (Value::Super(sup), "__init__") => {
            if let Value::Instance(instance) = &sup.receiver {
                objects::fill_fields(interp, &instance.clone(), args, place);
            }
            return Some(Value::Null);
        }
        (Value::Super(_), "__setattr__") => {
            if let [_, .., value] = &args.positional[..]
                && let Some(name) = args.positional[args.positional.len() - 2].as_str()
                && let Value::Super(sup) = receiver
            {
                interp.set(&sup.receiver.clone(), name, value.clone());
            }
            return Some(Value::Null);
        }
        (_, "run_until_complete" | "create_task" | "run_coroutine_threadsafe") => {
            return args.positional.first().cloned();
        }
        (Value::Instance(instance), "model_copy" | "copy") => {
            let changes = match args.named("update") {
                Some(Value::Dict(update)) => update.snapshot(),
                _ => Vec::new(),
            };
            let changes = changes.into_iter().filter_map(|(key, value)| Some((Rc::from(key.as_str()?), value)));
            return Some(copied(interp, instance, &changes.collect::<Vec<_>>()));
        }
        (Value::Made(made), "model_copy") => {
            let copy = interp.made(&made.callee, &made.args, &made.place);
            if let Value::Made(copy) = &copy {
                let update = match args.named("update") {
                    Some(Value::Dict(update)) => update.snapshot(),
                    _ => Vec::new(),
                };
                let update = update.into_iter().filter_map(|(key, value)| Some((Rc::from(key.as_str()?), value)));
                made.attrs.snapshot().into_iter().chain(update).for_each(|(name, value)| copy.attrs.set(name, value));
            }
            return Some(copy);
        }
        (Value::Made(made), "replace") => return signature::replace(interp, made, args, place),
        (Value::Instance(_), "model_dump" | "dict") => return Some(interp.get(receiver, "__dict__", place)),
        _ => {}
    }
    if let Some(at) = python.recipes.called_by_method(name)
        && let Some(function) = args.positional.get(at)
        && function.is_function()
    {
        let rest = Args::of(args.positional.get(at + 1..).unwrap_or_default().to_vec());
        return Some(interp.call(function, &rest, place));
    }
    schema::call_method(interp, receiver, name, args, place)
        .or_else(|| commands::call_method(python, interp, receiver, name, args, place))
        .or_else(|| files::call_method(python, interp, receiver, name, args))
}

/// Calls what a call outside the package gave.
pub(super) fn call_made(
    python: &Python,
    interp: &mut Interp,
    made: &Rc<Made>,
    args: &Args,
    place: &Place,
) -> Option<Value> {
    let first = args.positional.first();
    match made.callee.path() {
        Some("collections.namedtuple") => return row(interp, made, args, place),
        Some("functools.partial") => {
            let (function, bound) = made.args.positional.split_first()?;
            let mut all = args.clone();
            all.positional.splice(0..0, bound.iter().cloned());
            for (name, value) in &made.args.named {
                if all.named(name).is_none() {
                    all.named.push((name.clone(), value.clone()));
                }
            }
            return Some(interp.call(function, &all, place));
        }
        Some("functools.wraps") => {
            let wrapper = first?;
            if let (Value::Function(function), Some(wrapped)) = (wrapper, made.args.positional.first()) {
                *function.wraps.borrow_mut() = Some(wrapped.clone());
            }
            return Some(wrapper.clone());
        }
        Some("operator.attrgetter") => {
            let name = made.args.positional.first()?.as_str()?.to_owned();
            return Some(interp.get(first?, &name, place));
        }
        Some("operator.itemgetter") => return Some(interp.index(first?, made.args.positional.first()?, place)),
        _ => {}
    }
    if let Some(value) = commands::call_made(python, interp, made, args, place) {
        return Some(value);
    }
    // `@dataclass(frozen=True)` and its kin.
    if let (Some(Value::Class(class)), Value::External(path), [_]) = (first, &made.callee, &args.positional[..]) {
        class.marks.borrow_mut().push(Value::External(path.clone()));
        return first.cloned();
    }
    None
}

/// A row of a `namedtuple(name, fields)`: its items by position and by name.
fn row(interp: &mut Interp, class: &Rc<Made>, args: &Args, place: &Place) -> Option<Value> {
    let names: Vec<Rc<str>> = match class.args.get(1, "field_names")? {
        Value::Str(names) => names.split([' ', ',']).filter(|name| !name.is_empty()).map(Rc::from).collect(),
        names => interp.iterate(&names.clone(), place).values.iter().filter_map(|n| n.as_str().map(Rc::from)).collect(),
    };
    let defaults = class.args.named("defaults").map(|d| interp.iterate(&d.clone(), place).values).unwrap_or_default();
    let first_default = names.len().saturating_sub(defaults.len());
    let row = interp.made(&Value::external("collections.Row"), &Args::default(), place);
    let Value::Made(made) = &row else { return None };
    let mut items = Vec::new();
    for (n, name) in names.into_iter().enumerate() {
        let default = n.checked_sub(first_default).and_then(|n| defaults.get(n));
        let value = args.get(n, &name).or(default).cloned().unwrap_or(Value::Null);
        made.attrs.set(name, value.clone());
        items.push(value);
    }
    made.attrs.set(ITEMS, Value::list(ListKind::Tuple, items));
    Some(row)
}

/// An attribute of what a call outside the package gave.
pub(super) fn made_attribute(
    python: &Python,
    interp: &mut Interp,
    made: &Rc<Made>,
    name: &str,
    place: &Place,
) -> Option<Value> {
    if let Some(value) = made.attrs.get(name) {
        return Some(value);
    }
    if let Some(value) = commands::attribute(python, interp, made, name, place) {
        return Some(value);
    }
    if let Some(value) = files::attribute(&Value::Made(made.clone()), name) {
        return Some(value);
    }
    match made.callee.path() {
        Some("functools.partial") if name == "func" => made.args.positional.first().cloned(),
        Some("functools.partial") if name == "keywords" => Some(Value::dict(made.args.named.clone())),
        // Objects that hold what they are given: their arguments are their attributes.
        Some(path) if path != "builtins.property" => match made.args.named(name) {
            Some(value) => Some(value.clone()),
            None if path.starts_with("mcp.") && is_snake_for(name, made).is_some() => is_snake_for(name, made),
            None => None,
        },
        _ => None,
    }
}

/// `input_schema` for `inputSchema`, and the other way round.
fn is_snake_for(name: &str, made: &Made) -> Option<Value> {
    let fold = |name: &str| name.replace('_', "").to_lowercase();
    made.args.named.iter().find(|(given, _)| fold(given) == fold(name)).map(|(_, value)| value.clone())
}

/// `sys.argv`: nobody has given any argument, unless somebody has.
pub(super) fn command_line(interp: &mut Interp, place: &Place) -> Value {
    let default = interp.list(ListKind::List, vec![Value::str("program")]);
    interp.setting("the command line", Some(default), place)
}

/// An environment variable.
pub(super) fn environment(interp: &mut Interp, key: &Value, default: Option<&Value>, place: &Place) -> Value {
    let reason = match key.usual() {
        Some(Value::Str(name)) => format!("environment variable {name}"),
        _ => "an environment variable".to_owned(),
    };
    interp.setting(reason, default.cloned(), place)
}

/// `open(path)`.
pub(super) fn open(python: &Python, interp: &mut Interp, path: &Value, place: &Place) -> Option<Value> {
    let path = files::path_of(path)?;
    python.tree.contains(&path).then(|| {
        let callee = Value::external("builtins.open");
        interp.made(&callee, &Args::of(vec![Value::str(path)]), place)
    })
}

/// `inspect.getmembers`.
fn members(interp: &mut Interp, object: &Value, test: Option<&Value>, place: &Place) -> Option<Value> {
    let mut names: Vec<Rc<str>> = match object {
        Value::Module(module) => module.scope.vars.snapshot().into_iter().map(|(name, _)| name).collect(),
        Value::Instance(instance) => {
            let mut names: Vec<Rc<str>> = instance.attrs.snapshot().into_iter().map(|(name, _)| name).collect();
            names.extend(class_names(interp, &instance.class));
            names
        }
        Value::Class(class) => class_names(interp, class),
        _ => return None,
    };
    names.sort();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        let value = interp.get(object, &name, place);
        let verdict = match test {
            Some(test) => interp.call(test, &Args::of(vec![value.clone()]), place),
            None => Value::Bool(true),
        };
        if interp.truth(&verdict) != crate::fold::Truth::Known(false) {
            found.push(Value::list(ListKind::Tuple, vec![Value::Str(name), value]));
        }
    }
    Some(interp.list(ListKind::List, found))
}

fn class_names(interp: &Interp, class: &Rc<crate::fold::Class>) -> Vec<Rc<str>> {
    let ancestry = interp.ancestry(class);
    let classes = ancestry.iter().filter_map(|ancestor| match ancestor {
        Value::Class(class) => Some(class),
        _ => None,
    });
    classes.flat_map(|class| class.attrs.snapshot()).map(|(name, _)| name).collect()
}

/// `dir(object)`, for loops over an object's methods.
pub(super) fn names_of(interp: &mut Interp, object: &Value, place: &Place) -> Option<Value> {
    let members = members(interp, object, None, place)?;
    let pairs = interp.iterate(&members, place).values;
    let names = pairs.iter().map(|pair| interp.index(pair, &Value::Int(0), place)).collect();
    Some(interp.list(ListKind::List, names))
}

/// A copy of an instance with some attributes changed.
fn copied(interp: &mut Interp, instance: &Rc<crate::fold::Instance>, changes: &[(Rc<str>, Value)]) -> Value {
    let copy = interp.instance(&instance.class);
    for (name, value) in instance.attrs.snapshot().into_iter().chain(changes.iter().cloned()) {
        copy.attrs.set(name, value);
    }
    *copy.base.borrow_mut() = instance.base.borrow().clone();
    Value::Instance(copy)
}

fn deep_copy(interp: &mut Interp, value: &Value, depth: usize) -> Value {
    if depth > 16 {
        return value.clone();
    }
    match value {
        Value::List(list) => {
            let items = list.snapshot().iter().map(|item| deep_copy(interp, item, depth + 1)).collect();
            let copy = interp.list(list.kind, items);
            if let (Value::List(copy), Some(why)) = (&copy, &*list.open.borrow()) {
                copy.leave_open(why);
            }
            copy
        }
        Value::Dict(dict) => {
            let copy = interp.dict();
            for (key, value) in dict.snapshot() {
                copy.set(key, deep_copy(interp, &value, depth + 1));
            }
            if let Some(why) = &*dict.open.borrow() {
                copy.leave_open(why);
            }
            Value::Dict(copy)
        }
        other => other.clone(),
    }
}

fn dumps(args: &Args) -> Option<Value> {
    let json = schema::json_of(args.positional.first()?)?;
    match args.named("indent") {
        None | Some(Value::Null) => Some(Value::str(schema::python_json(&json))),
        Some(Value::Int(2)) => serde_json::to_string_pretty(&json).ok().map(Value::str),
        _ => None,
    }
}
