//! Signatures: the parameters that an SDK sees of a function, and the objects by which programs change them.

use std::rc::Rc;

use super::recipes::last;
use super::schema::forward;
use super::tool::Subject;
use crate::fold::{Args, Interp, ListKind, Made, Place, Value};
use crate::module::{ExprKind, ParamKind};

/// A parameter as an SDK sees it.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: Rc<str>,
    /// The declared type, evaluated.
    pub(super) annotation: Option<Value>,
    pub(super) default: Option<Value>,
    /// Whether it takes one argument, not any number of them.
    pub(super) is_single: bool,
}

/// The parameters of a registered function that are not bound by position.
pub(super) fn parameters(interp: &mut Interp, subject: &Subject) -> Vec<Parameter> {
    if let Some(stated) = stated(interp, &subject.named) {
        return stated;
    }
    let mut open: Vec<Parameter> = own(interp, &subject.closure).into_iter().skip(subject.skip).collect();
    for param in &mut open {
        if let Some((_, value)) = subject.bound.iter().find(|(name, _)| *name == param.name) {
            param.default = Some(value.clone());
        }
    }
    open
}

/// The parameters of a function as it is written.
fn own(interp: &mut Interp, closure: &Rc<crate::fold::Closure>) -> Vec<Parameter> {
    let mut found = Vec::new();
    let replaced = match closure.attrs.get("__annotations__") {
        Some(Value::Dict(dict)) => Some(dict),
        _ => None,
    };
    for (n, param) in closure.code.params.iter().enumerate() {
        let ExprKind::Name(name) = &param.target.kind else { continue };
        let written = param.annotation.as_ref().map(|annotation| {
            let evaluated = interp.eval(annotation, &closure.scope);
            forward(interp, &evaluated, &closure.scope, annotation.line)
        });
        found.push(Parameter {
            name: name.clone(),
            annotation: replaced.as_ref().and_then(|dict| dict.get_str(name)).or(written),
            default: closure.defaults.get(n).cloned().flatten(),
            is_single: matches!(param.kind, ParamKind::Plain | ParamKind::KeywordOnly),
        });
    }
    found
}

/// What a program sets as a function's `__signature__`.
fn stated(interp: &mut Interp, function: &Value) -> Option<Vec<Parameter>> {
    let signature = match function {
        Value::Function(closure) => match closure.attrs.get("__signature__") {
            Some(signature) => signature,
            None => {
                let wrapped = closure.wraps.borrow().clone()?;
                return stated(interp, &wrapped);
            }
        },
        Value::Bound(bound) => return stated(interp, &bound.1.clone()),
        _ => return None,
    };
    let Value::Made(signature) = signature.usual()? else { return None };
    let place = signature.place.clone();
    let parameters = signature.attrs.get("parameters")?;
    let values = match &parameters {
        Value::Dict(dict) => dict.snapshot().into_iter().map(|(_, value)| value).collect(),
        other => {
            let items = interp.iterate(other, &place);
            if items.open.is_some() {
                return None;
            }
            items.values
        }
    };
    values.iter().map(from_value).collect()
}

fn from_value(value: &Value) -> Option<Parameter> {
    let Value::Made(made) = value else { return None };
    let Some(Value::Str(name)) = made.attrs.get("name") else { return None };
    let stated = |name: &str| made.attrs.get(name).filter(|value| value.path().map(last) != Some("empty"));
    let kind = made.attrs.get("kind");
    let is_single = !kind.as_ref().and_then(Value::path).is_some_and(|path| last(path).starts_with("VAR_"));
    Some(Parameter { name, annotation: stated("annotation"), default: stated("default"), is_single })
}

fn empty() -> Value {
    Value::external("inspect.Parameter.empty")
}

fn parameter_value(interp: &mut Interp, param: &Parameter, place: &Place) -> Value {
    let value = interp.made(&Value::external("inspect.Parameter"), &Args::default(), place);
    if let Value::Made(made) = &value {
        let kind = if param.is_single { "POSITIONAL_OR_KEYWORD" } else { "VAR_KEYWORD" };
        made.attrs.set("name", Value::Str(param.name.clone()));
        made.attrs.set("annotation", param.annotation.clone().unwrap_or_else(empty));
        made.attrs.set("default", param.default.clone().unwrap_or_else(empty));
        made.attrs.set("kind", Value::external(format!("inspect.Parameter.{kind}")));
    }
    value
}

fn signature_value(interp: &mut Interp, parameters: Value, place: &Place) -> Value {
    let value = interp.made(&Value::external("inspect.Signature"), &Args::default(), place);
    if let Value::Made(made) = &value {
        made.attrs.set("parameters", parameters);
        made.attrs.set("return_annotation", Value::external("inspect.Signature.empty"));
    }
    value
}

/// `inspect.signature(f)`, `inspect.Signature(…)`, `inspect.Parameter(…)`, `typing.get_type_hints(f)`.
pub(super) fn call(interp: &mut Interp, path: &str, args: &Args, place: &Place) -> Option<Value> {
    match path {
        "inspect.signature" => {
            let subject = super::tool::subject(args.positional.first()?)?;
            let parameters = parameters(interp, &subject);
            let named: Vec<(Rc<str>, Value)> =
                parameters.iter().map(|param| (param.name.clone(), parameter_value(interp, param, place))).collect();
            let signature = signature_value(interp, Value::dict(named), place);
            if let (Value::Made(made), Some(returns)) = (&signature, &subject.closure.code.returns) {
                let returns = interp.eval(returns, &subject.closure.scope);
                made.attrs.set("return_annotation", returns);
            }
            Some(signature)
        }
        "inspect.Signature" => {
            let parameters = args.get(0, "parameters").cloned().unwrap_or(Value::Null);
            Some(signature_value(interp, parameters, place))
        }
        "inspect.Parameter" => {
            let value = interp.made(&Value::external(path), &Args::default(), place);
            let Value::Made(made) = &value else { return None };
            made.attrs.set("name", args.get(0, "name")?.clone());
            made.attrs.set("kind", args.get(1, "kind").cloned().unwrap_or(Value::Null));
            for name in ["default", "annotation"] {
                made.attrs.set(name, args.named(name).cloned().unwrap_or_else(empty));
            }
            Some(value)
        }
        "typing.get_args" | "typing_extensions.get_args" => {
            let args = match args.positional.first()?.usual()? {
                Value::Generic(generic) => match generic.origin.path().map(last) {
                    Some("Optional") => generic.args.iter().cloned().chain([Value::Null]).collect(),
                    _ => generic.args.clone(),
                },
                _ => Vec::new(),
            };
            Some(Value::list(ListKind::Tuple, args))
        }
        "typing.get_origin" | "typing_extensions.get_origin" => Some(match args.positional.first()?.usual()? {
            Value::Generic(generic) => match generic.origin.path().map(last) {
                Some("Optional" | "Union") => Value::external("typing.Union"),
                Some("List") => Value::external("builtins.list"),
                Some("Dict") => Value::external("builtins.dict"),
                _ => generic.origin.clone(),
            },
            _ => Value::Null,
        }),
        "typing.get_type_hints" | "inspect.get_annotations" => {
            let Some(subject) = super::tool::subject(args.positional.first()?) else {
                return Some(interp.get(args.positional.first()?, "__annotations__", place));
            };
            let own = own(interp, &subject.closure);
            Some(Value::dict(own.into_iter().filter_map(|param| Some((param.name, param.annotation?)))))
        }
        _ => None,
    }
}

/// `signature.replace(parameters=…)`, `parameter.replace(…)`.
pub(super) fn replace(interp: &mut Interp, made: &Rc<Made>, args: &Args, place: &Place) -> Option<Value> {
    if !matches!(made.callee.path()?, "inspect.Signature" | "inspect.Parameter") {
        return None;
    }
    let copy = interp.made(&made.callee, &Args::default(), place);
    if let Value::Made(copy) = &copy {
        for (name, value) in made.attrs.snapshot().into_iter().chain(args.named.iter().cloned()) {
            copy.attrs.set(name, value);
        }
        if let Some(Value::List(list)) = copy.attrs.get("parameters")
            && list.kind != ListKind::Set
        {
            let named: Option<Vec<(Rc<str>, Value)>> =
                list.snapshot().into_iter().map(|value| Some((from_value(&value)?.name, value))).collect();
            if let Some(named) = named {
                copy.attrs.set("parameters", Value::dict(named));
            }
        }
    }
    Some(copy)
}
