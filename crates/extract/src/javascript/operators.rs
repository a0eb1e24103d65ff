//! Operators where JavaScript has its own idea of them.

use std::rc::Rc;

use super::Script;
use super::functions::is_argument;
use crate::fold::{Interp, ListKind, Place, Value};
use crate::module::BinaryOp;

/// `left op right` on values that are known or symbolic; `None` for what all languages share.
pub(super) fn binary(
    script: &Script<'_>,
    interp: &mut Interp,
    op: BinaryOp,
    left: &Value,
    right: &Value,
    place: &Place,
) -> Option<Value> {
    let nothing = |value: &Value| matches!(value, Value::Null | Value::Undefined);
    match op {
        BinaryOp::Eq | BinaryOp::NotEq if nothing(left) || nothing(right) => {
            let same = match (left, right) {
                (Value::Made(made), _) | (_, Value::Made(made)) if !made.args.is_new => return None,
                (Value::Method(_), _) | (_, Value::Method(_)) => return None,
                _ => nothing(left) && nothing(right),
            };
            Some(Value::Bool(same == (op == BinaryOp::Eq)))
        }
        BinaryOp::Is | BinaryOp::IsNot | BinaryOp::Eq | BinaryOp::NotEq
            if asks_for_list(script, left, right) || asks_for_list(script, right, left) =>
        {
            Some(Value::Bool(matches!(op, BinaryOp::Is | BinaryOp::Eq)))
        }
        BinaryOp::Is | BinaryOp::IsNot | BinaryOp::Eq | BinaryOp::NotEq => {
            let same = strictly_same(left, right)?;
            Some(Value::Bool(same == matches!(op, BinaryOp::Is | BinaryOp::Eq)))
        }
        BinaryOp::Add => {
            let is_text = |value: &Value| matches!(value, Value::Str(_) | Value::List(_) | Value::Dict(_));
            if !is_text(left) && !is_text(right) {
                return None;
            }
            let (left, right) = (interp.text_of(left, None, place), interp.text_of(right, None, place));
            match (&left, &right) {
                (Value::Str(a), Value::Str(b)) if a.len() + b.len() <= crate::fold::TEXT => {
                    Some(Value::str(format!("{a}{b}")))
                }
                (Value::Str(_), _) => Some(Value::Unknown(interp.why(&right, place))),
                _ => Some(Value::Unknown(interp.why(&left, place))),
            }
        }
        BinaryOp::Div => {
            let (a, b) = (number(left)?, number(right)?);
            Some(of_number(a / b))
        }
        BinaryOp::Rem => {
            let (a, b) = (number(left)?, number(right)?);
            Some(of_number(a % b))
        }
        BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq
            if matches!((left, right), (Value::Undefined, _) | (_, Value::Undefined)) =>
        {
            Some(Value::Bool(false))
        }
        BinaryOp::In => match right {
            Value::Dict(dict) => {
                let name = match left {
                    Value::Int(n) => Value::str(n.to_string()),
                    other => other.clone(),
                };
                let found = dict.items.borrow().contains_key(&name.key()?);
                (found || dict.open.borrow().is_none()).then_some(Value::Bool(found))
            }
            Value::Instance(instance) => {
                let name = left.as_str()?;
                let found =
                    instance.attrs.contains(name) || interp.find_in_class(&instance.class, name, None).is_some();
                found.then_some(Value::Bool(true))
            }
            Value::List(list) => {
                let at = left.as_str().and_then(|text| text.parse().ok()).or(number(left).map(|n| n as usize))?;
                Some(Value::Bool(at < list.items.borrow().len()))
            }
            _ => None,
        },
        BinaryOp::InstanceOf => instance_of(script, interp, left, right),
        _ => None,
    }
}

/// Whether the method of a request that somebody outside sends is compared with that of the list: we are who asks for
/// the list.
fn asks_for_list(script: &Script<'_>, given: &Value, method: &Value) -> bool {
    is_argument(given) && method.as_str() == Some(script.recipes.list_method())
}

/// `===` where it is certain.
fn strictly_same(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::List(a), Value::List(b)) => Some(Rc::ptr_eq(a, b)),
        (Value::Bound(a), Value::Bound(b)) => a.1.same(&b.1),
        (Value::Bound(bound), other @ Value::Function(_)) | (other @ Value::Function(_), Value::Bound(bound)) => {
            bound.1.same(other)
        }
        (Value::Bool(_), Value::Int(_) | Value::Float(_)) | (Value::Int(_) | Value::Float(_), Value::Bool(_)) => {
            Some(false)
        }
        (Value::Str(text), _) | (_, Value::Str(text)) if !matches!((left, right), (Value::Str(_), Value::Str(_))) => {
            let other = if matches!(left, Value::Str(_)) { right } else { left };
            match other {
                Value::Made(_) | Value::Method(_) | Value::External(_) | Value::Unknown(_) | Value::OneOf(_) => None,
                Value::Gated(gated) => strictly_same(&Value::Str(text.clone()), &gated.1),
                _ => Some(false),
            }
        }
        (Value::External(_) | Value::Method(_), Value::Undefined | Value::Null)
        | (Value::Undefined | Value::Null, Value::External(_) | Value::Method(_)) => None,
        _ => None,
    }
}

fn instance_of(script: &Script<'_>, interp: &mut Interp, left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Instance(instance), Value::Class(_)) => {
            Some(Value::Bool(interp.ancestry(&instance.class).iter().any(|class| class.same(right) == Some(true))))
        }
        (Value::Instance(instance), Value::External(_)) => {
            let outside = interp.outside_base(&instance.class);
            Some(Value::Bool(outside.is_some_and(|base| base.same(right) == Some(true))))
        }
        (Value::List(list), Value::External(path)) => {
            Some(Value::Bool(list.kind == ListKind::List && matches!(&**path, "Array" | "Object")))
        }
        (Value::Made(made), Value::External(path))
            if path.rsplit(['.', ':']).next().is_some_and(|name| name.starts_with("Zod")) =>
        {
            let wanted = path.rsplit(['.', ':']).next()?;
            let class = script.schema_class_of(made, 0)?;
            Some(Value::Bool(class == wanted || matches!(wanted, "ZodType" | "ZodSchema")))
        }
        (Value::Made(made), Value::External(_)) if made.args.is_new => {
            made.callee.same(right).filter(|same| *same || script.is_constructor(&made.callee)).map(Value::Bool)
        }
        (Value::Dict(_), Value::External(path)) => (&**path != "Object").then_some(Value::Bool(false)),
        (Value::Str(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Null | Value::Undefined, _) => {
            Some(Value::Bool(false))
        }
        (Value::Function(_) | Value::Bound(_), Value::External(path)) => Some(Value::Bool(&**path == "Function")),
        _ => None,
    }
}

/// The number that a value is.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        _ => None,
    }
}

/// A number as a value: whole where it is whole.
pub(super) fn of_number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 { Value::Int(number as i64) } else { Value::Float(number) }
}
