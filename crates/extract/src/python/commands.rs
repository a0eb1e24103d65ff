//! Command lines: argparse, click and typer. Options are settings with their defaults; a command that is run runs
//! its subcommands, since which one a user asks for is not known.

use std::rc::Rc;

use super::Python;
use super::recipes::last;
use crate::fold::{ALTERNATIVES, Args, Cause, Class, Closure, Interp, ListKind, Made, Place, Unknown, Value, one_of};
use crate::module::{ExprKind, ParamKind};

/// The class of the object that tells a command how it is run.
const CONTEXT: &str = "click.Context";

/// The package whose object this is, however many calls and attributes away.
pub(super) fn package_of(value: &Value) -> Option<&str> {
    let mut at = value;
    for _ in 0..16 {
        at = match at {
            Value::External(path) => return path.split('.').next(),
            Value::Made(made) => &made.callee,
            Value::Method(method) => &method.receiver,
            _ => return None,
        };
    }
    None
}

/// Methods of argument parsers and command groups.
pub(super) fn call_method(
    python: &Python,
    interp: &mut Interp,
    receiver: &Value,
    name: &str,
    args: &Args,
    place: &Place,
) -> Option<Value> {
    let package = package_of(receiver)?;
    if is_parser(package) {
        match name {
            "add_argument" => {
                add_argument(python, interp, args, place);
                return None;
            }
            "set_defaults" => {
                for (name, value) in &args.named {
                    if value.is_function() {
                        // Each subcommand sets its own.
                        add_choice(python, name, value.clone());
                        continue;
                    }
                    let setting = interp.setting(format!("argument `{name}`"), Some(value.clone()), place);
                    python.flags.borrow_mut().insert(name.to_string(), setting);
                }
                return Some(Value::Null);
            }
            "add_parser" => {
                if let (Value::Made(parsers), Some(name)) = (receiver, args.positional.first())
                    && let Some(dest) = parsers.args.named("dest").and_then(Value::as_str)
                {
                    add_choice(python, dest, name.clone());
                }
                return None;
            }
            "parse_args" => return Some(namespace(interp, place)),
            "parse_known_args" => {
                let rest = interp.list(ListKind::List, Vec::new());
                return Some(Value::list(ListKind::Tuple, vec![namespace(interp, place), rest]));
            }
            "error" | "exit" => {
                interp.raise();
                return Some(Value::Null);
            }
            _ => return None,
        }
    }
    if is_commander(package) {
        if let ("add_command" | "add_typer", Some(command)) = (name, args.positional.first()) {
            push_command(interp, receiver, command.clone());
            return Some(Value::Null);
        }
        // `@app.default` and its kin without brackets.
        if let (true, [function @ Value::Function(_)]) = (DECORATORS.contains(&name), &args.positional[..]) {
            return Some(put_command(interp, package, receiver, name, function, place));
        }
        // `main()` of a click command.
        if let ("main" | "__call__", Value::Made(made)) = (name, receiver) {
            return run(python, interp, made, place);
        }
    }
    None
}

fn is_parser(package: &str) -> bool {
    matches!(package, "argparse" | "configargparse" | "argcomplete" | "simple_parsing" | "jsonargparse")
}

fn is_commander(package: &str) -> bool {
    matches!(package, "click" | "typer" | "cyclopts" | "asyncclick" | "rich_click" | "asyncer" | "cloup")
}

/// The group of commands inside an instance of a class of the package that descends from such a class.
pub(super) fn group_base(interp: &mut Interp, class: &Rc<Class>, place: &Place) -> Option<Value> {
    let is_group = |path: &&str| last(path) == "Group" && path.split('.').next().is_some_and(is_commander);
    let path = interp.ancestry(class).iter().filter_map(Value::path).find(is_group)?.to_owned();
    Some(interp.made(&Value::External(path.into()), &Args::default(), place))
}

fn namespace(interp: &mut Interp, place: &Place) -> Value {
    interp.made(&Value::external("argparse.Namespace"), &Args::default(), place)
}

/// One more value that an argument may have; of many nobody keeps count.
fn add_choice(python: &Python, dest: &str, choice: Value) {
    let mut flags = python.flags.borrow_mut();
    let known = match flags.get(dest) {
        Some(Value::OneOf(known)) => known.to_vec(),
        Some(Value::Unknown(_)) => return,
        Some(known) => vec![known.clone()],
        None => Vec::new(),
    };
    if known.len() >= ALTERNATIVES {
        let place = Place { file: "".into(), line: 0 };
        let (cause, reason) = (Cause::Setting, "the subcommand".into());
        flags.insert(dest.to_owned(), Value::Unknown(Rc::new(Unknown { cause, reason, place, default: None })));
        return;
    }
    flags.insert(dest.to_owned(), one_of(known.into_iter().chain([choice])));
}

fn add_argument(python: &Python, interp: &mut Interp, args: &Args, place: &Place) {
    let names: Vec<&str> = args.positional.iter().filter_map(Value::as_str).collect();
    let long = names.iter().find(|name| name.starts_with("--")).or(names.first()).copied();
    let Some(flag) = long else { return };
    let dest = match args.named("dest").and_then(|dest| dest.as_str()) {
        Some(dest) => dest.to_owned(),
        None => flag.trim_start_matches('-').replace('-', "_"),
    };
    if let (false, Some(Value::List(choices))) = (flag.starts_with('-'), args.named("choices")) {
        // What the program is asked to do: nothing is usual.
        choices.snapshot().into_iter().for_each(|choice| add_choice(python, &dest, choice));
        return;
    }
    let action = args.named("action").and_then(|action| action.as_str()).unwrap_or_default();
    let default = args.named("default").cloned().or(match action {
        "store_true" => Some(Value::Bool(false)),
        "store_false" => Some(Value::Bool(true)),
        "count" => Some(Value::Null),
        // A positional argument is always given.
        _ if !flag.starts_with('-') && args.named("nargs").is_none() => None,
        _ if args.named("required").is_some_and(|required| matches!(required, Value::Bool(true))) => None,
        _ => Some(Value::Null),
    });
    let setting = interp.setting(format!("command line option {flag}"), default, place);
    python.flags.borrow_mut().entry(dest).or_insert(setting);
}

/// An attribute of parsed arguments.
pub(super) fn attribute(
    python: &Python,
    interp: &mut Interp,
    made: &Rc<Made>,
    name: &str,
    place: &Place,
) -> Option<Value> {
    if made.callee.path() == Some(CONTEXT) && name == "invoked_subcommand" {
        return Some(interp.setting("the subcommand", Some(Value::Null), place));
    }
    if made.callee.path() != Some("argparse.Namespace") || !made.args.named.is_empty() {
        return None;
    }
    if name == "__dict__" {
        return Some(Value::dict(python.flags.borrow().iter().map(|(name, value)| (name.as_str(), value.clone()))));
    }
    let known = python.flags.borrow().get(name).cloned();
    Some(known.unwrap_or_else(|| interp.setting(format!("command line argument `{name}`"), None, place)))
}

/// Calls a command, or a decorator that makes one.
pub(super) fn call_made(
    python: &Python,
    interp: &mut Interp,
    made: &Rc<Made>,
    args: &Args,
    place: &Place,
) -> Option<Value> {
    let value = Value::Made(made.clone());
    let package = package_of(&value)?;
    if !is_commander(package) {
        return None;
    }
    let decorated = args.positional.first().filter(|first| first.is_function() || matches!(first, Value::Made(_)));
    match (&made.callee, decorated) {
        (Value::External(path), Some(function)) => decorate(interp, path, made, function, place),
        (Value::Method(method), Some(function)) => {
            let receiver = &method.receiver;
            DECORATORS
                .contains(&&*method.name)
                .then(|| put_command(interp, package, receiver, &method.name, function, place))
        }
        _ => run(python, interp, made, place),
    }
}

/// Methods of command groups that take a function.
const DECORATORS: [&str; 5] = ["command", "group", "callback", "default", "result_callback"];

/// Gives a function to a command group, as its own or as one more command.
fn put_command(
    interp: &mut Interp,
    package: &str,
    group: &Value,
    method: &str,
    function: &Value,
    place: &Place,
) -> Value {
    let command = command(interp, function, place);
    if matches!(method, "callback" | "default") {
        if let Value::Made(owner) = group {
            owner.attrs.set("function", function.clone());
        }
    } else {
        push_command(interp, group, command.clone());
    }
    if package == "typer" { function.clone() } else { command }
}

/// A command object around a function.
fn command(interp: &mut Interp, function: &Value, place: &Place) -> Value {
    if let Value::Made(_) = function {
        return function.clone();
    }
    let command = interp.made(&Value::external("click.Command"), &Args::default(), place);
    if let Value::Made(made) = &command {
        made.attrs.set("function", function.clone());
    }
    command
}

fn decorate(interp: &mut Interp, path: &str, made: &Rc<Made>, function: &Value, place: &Place) -> Option<Value> {
    match last(path) {
        "command" | "group" => Some(command(interp, function, place)),
        "option" | "argument" => {
            let names: Vec<&str> = made.args.positional.iter().filter_map(Value::as_str).collect();
            let own = names.iter().find(|name| !name.starts_with('-'));
            let flag = names.iter().find(|name| name.starts_with("--")).or(names.first()).copied()?;
            let long = flag.split('/').next().unwrap_or(flag).trim_start_matches('-').replace('-', "_");
            let name = own.map_or(long, |name| name.replace('-', "_")).to_lowercase();
            let is_flag = flag.contains('/') || matches!(made.args.named("is_flag"), Some(Value::Bool(true)));
            let default = made.args.named("default").cloned().or(match (is_flag, last(path)) {
                (true, _) => Some(Value::Bool(false)),
                (_, "argument") => None,
                _ if matches!(made.args.named("required"), Some(Value::Bool(true))) => None,
                _ => Some(Value::Null),
            });
            let setting = interp.setting(format!("command line option {flag}"), default, place);
            let target = match function {
                Value::Made(made) => made.attrs.get("function"),
                other => Some(other.clone()),
            };
            if let Some(Value::Function(closure)) = target {
                closure.attrs.set(format!("option {name}"), setting);
            }
            Some(function.clone())
        }
        _ => Some(function.clone()),
    }
}

fn push_command(interp: &mut Interp, group: &Value, command: Value) {
    if let Value::Made(group) = group {
        match group.attrs.get("commands") {
            Some(Value::List(list)) => interp.push(&list, command),
            _ => group.attrs.set("commands", Value::list(ListKind::List, vec![command])),
        }
    }
}

/// Runs a command's function and its subcommands, until one of them runs a server.
fn run(python: &Python, interp: &mut Interp, made: &Rc<Made>, place: &Place) -> Option<Value> {
    if made.attrs.get("running").is_some() {
        return Some(Value::Null);
    }
    made.attrs.set("running", Value::Bool(true));
    let function = made.attrs.get("function");
    let commands = made.attrs.get("commands");
    if function.is_none() && commands.is_none() {
        made.attrs.remove("running");
        return None;
    }
    let before = running(interp);
    if let Some(function) = function {
        call_as_command(interp, &function, place);
    }
    if let Some(Value::List(commands)) = commands {
        let mut commands = commands.snapshot();
        commands.sort_by_key(|command| !is_starting(python, command));
        for command in commands {
            if running(interp) > before {
                break;
            }
            match &command {
                Value::Made(command) => {
                    run(python, interp, command, place);
                }
                function => call_as_command(interp, function, place),
            }
        }
    }
    made.attrs.remove("running");
    Some(Value::Null)
}

fn is_starting(python: &Python, command: &Value) -> bool {
    let function = match command {
        Value::Made(command) => command.attrs.get("function"),
        function => Some(function.clone()),
    };
    matches!(function, Some(Value::Function(function)) if python.recipes.is_starting(&function.code.name))
}

/// How many servers the program runs so far: the command that runs one is the one that matters.
fn running(interp: &Interp) -> usize {
    interp.servers.iter().filter(|server| server.is_run.get()).count()
}

/// Calls a function as a command line would: every parameter is a setting. What it complains about ends that command
/// only.
pub(super) fn call_as_command(interp: &mut Interp, function: &Value, place: &Place) {
    let closure = match function {
        Value::Function(closure) => Some(closure.clone()),
        Value::Bound(bound) => match &bound.1 {
            Value::Function(closure) => Some(closure.clone()),
            _ => None,
        },
        _ => None,
    };
    let args = closure.map_or_else(Args::default, |closure| options(interp, &closure, place));
    interp.call(function, &args, place);
    interp.recover();
}

/// Calls the functions of a module that make a server for others to run, until one of them does.
pub(super) fn call_factories(python: &Python, interp: &mut Interp, module: &Value, place: &Place) {
    let Value::Module(namespace) = module else { return };
    for (name, value) in namespace.scope.vars.snapshot() {
        let Value::Function(function) = &value else { continue };
        let is_own = function.scope.file == namespace.scope.file;
        if is_own && python.recipes.is_factory(&name) && !interp.was_called(&value) && interp.servers.is_empty() {
            call_as_command(interp, &value, place);
        }
    }
}

fn options(interp: &mut Interp, closure: &Rc<Closure>, place: &Place) -> Args {
    let mut args = Args::default();
    let wrapped = closure.wraps.borrow().clone();
    for (n, param) in closure.code.params.iter().enumerate() {
        let ExprKind::Name(name) = &param.target.kind else { continue };
        if !matches!(param.kind, ParamKind::Plain | ParamKind::KeywordOnly) || &**name == "self" {
            continue;
        }
        if matches!(&**name, "ctx" | "context") {
            args.named.push((name.clone(), interp.made(&Value::external(CONTEXT), &Args::default(), place)));
            continue;
        }
        let own = closure.attrs.get(&format!("option {name}"));
        let inner = || match &wrapped {
            Some(Value::Function(inner)) => inner.attrs.get(&format!("option {name}")),
            _ => None,
        };
        let value = own.or_else(inner).unwrap_or_else(|| {
            let default = closure.defaults.get(n).cloned().flatten().and_then(|default| match &default {
                Value::Made(made)
                    if made.callee.path().is_some_and(|path| ["Option", "Argument"].contains(&last(path))) =>
                {
                    let default = made.args.get(0, "default")?;
                    (default.path() != Some("builtins.Ellipsis")).then(|| default.clone())
                }
                _ => Some(default),
            });
            interp.setting(format!("command line option `{name}`"), default, place)
        });
        args.named.push((name.clone(), value));
    }
    args
}
