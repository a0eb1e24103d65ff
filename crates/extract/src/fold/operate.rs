//! Operators on constants, and the same on values that are not quite known.

use super::branch::one_of;
use super::value::{ListKind, Place, Value};
use super::{ALTERNATIVES, ELEMENTS, Interp, TEXT};
use crate::module::{BinaryOp, UnaryOp};

impl Interp<'_> {
    /// Applies a function to every alternative, and to the usual value of a setting.
    pub(crate) fn lift(&mut self, value: &Value, work: &mut dyn FnMut(&mut Self, &Value) -> Value) -> Value {
        match value {
            Value::OneOf(values) => {
                let results: Vec<Value> = values.iter().map(|value| self.lift(value, work)).collect();
                one_of(results)
            }
            Value::Unknown(unknown) => match &unknown.default {
                Some(default) => {
                    let result = self.lift(&default.clone(), work);
                    super::class::with_default(unknown, result)
                }
                None => value.clone(),
            },
            Value::Gated(gated) => self.lift(&gated.1, work),
            known => work(self, known),
        }
    }

    /// `left op right`.
    pub(crate) fn binary(&mut self, op: BinaryOp, left: &Value, right: &Value, place: &Place) -> Value {
        if let (Value::OneOf(a), Value::OneOf(b)) = (left, right)
            && a.len() * b.len() > ALTERNATIVES * 2
        {
            return Value::Unknown(self.why(left, place));
        }
        self.lift(left, &mut |interp, left| {
            interp.lift(right, &mut |interp, right| interp.binary_known(op, left, right, place))
        })
    }

    fn binary_known(&mut self, op: BinaryOp, left: &Value, right: &Value, place: &Place) -> Value {
        if let Some(value) = self.dialect().binary(self, op, left, right, place) {
            return value;
        }
        let known = match op {
            BinaryOp::Eq | BinaryOp::Is => left.same(right).map(Value::Bool),
            BinaryOp::NotEq | BinaryOp::IsNot => left.same(right).map(|same| Value::Bool(!same)),
            BinaryOp::In | BinaryOp::NotIn => match self.contains(right, left) {
                Some(found) => Some(Value::Bool(found == (op == BinaryOp::In))),
                None => self.not_among_usual(right, left, op == BinaryOp::NotIn),
            },
            BinaryOp::Add => self.add(left, right),
            BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq => compare(op, left, right),
            BinaryOp::BitOr if matches!((left, right), (Value::Dict(_), Value::Dict(_))) => {
                let dict = self.dict();
                self.merge_dict(&dict, left, place);
                self.merge_dict(&dict, right, place);
                Some(Value::Dict(dict))
            }
            BinaryOp::BitOr | BinaryOp::Sub | BinaryOp::BitAnd if is_set(left) && is_set(right) => {
                self.set_operation(op, left, right)
            }
            BinaryOp::Mul => self.multiply(left, right),
            _ => arithmetic(op, left, right),
        };
        known.unwrap_or_else(|| {
            let blame =
                if matches!(left, Value::Made(_) | Value::External(_) | Value::Method(_)) { left } else { right };
            Value::Unknown(self.why(blame, place))
        })
    }

    fn add(&self, left: &Value, right: &Value) -> Option<Value> {
        match (left, right) {
            (Value::Str(a), Value::Str(b)) if a.len() + b.len() <= TEXT => Some(Value::str(format!("{a}{b}"))),
            (Value::List(a), Value::List(b)) if a.items.borrow().len() + b.items.borrow().len() <= ELEMENTS => {
                let items = a.snapshot().into_iter().chain(b.snapshot()).collect();
                let sum = self.list(a.kind, items);
                if let Value::List(sum) = &sum {
                    for part in [a, b] {
                        if let Some(why) = &*part.open.borrow() {
                            sum.leave_open(why);
                        }
                    }
                }
                Some(sum)
            }
            _ => arithmetic(BinaryOp::Add, left, right),
        }
    }

    fn multiply(&self, left: &Value, right: &Value) -> Option<Value> {
        match (left, right) {
            (Value::Str(text), Value::Int(n)) | (Value::Int(n), Value::Str(text)) => {
                let n = usize::try_from(*n).unwrap_or(0);
                (n.saturating_mul(text.len()) <= TEXT).then(|| Value::str(text.repeat(n)))
            }
            (Value::List(list), Value::Int(n)) | (Value::Int(n), Value::List(list)) => {
                let (items, n) = (list.snapshot(), usize::try_from(*n).unwrap_or(0));
                let total = items.len().saturating_mul(n);
                (total <= ELEMENTS).then(|| self.list(list.kind, items.iter().cycle().take(total).cloned().collect()))
            }
            _ => arithmetic(BinaryOp::Mul, left, right),
        }
    }

    fn set_operation(&self, op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
        let (Value::List(a), Value::List(b)) = (left, right) else { return None };
        if op != BinaryOp::BitOr && (a.open.borrow().is_some() || b.open.borrow().is_some()) {
            return None;
        }
        let (a, b) = (a.snapshot(), b.snapshot());
        let has = |items: &[Value], value: &Value| items.iter().any(|item| item.same(value) == Some(true));
        let items = match op {
            BinaryOp::BitOr => {
                let more: Vec<Value> = b.into_iter().filter(|value| !has(&a, value)).collect();
                a.into_iter().chain(more).collect()
            }
            BinaryOp::BitAnd => a.into_iter().filter(|value| has(&b, value)).collect(),
            _ => a.into_iter().filter(|value| !has(&b, value)).collect(),
        };
        Some(self.list(ListKind::Set, items))
    }

    /// Whether a container has an element.
    pub(crate) fn contains(&mut self, container: &Value, value: &Value) -> Option<bool> {
        match container {
            Value::Str(text) => Some(text.contains(value.as_str()?)),
            Value::Dict(dict) => {
                let items = dict.items.borrow();
                match items.get(&value.key()?) {
                    Some((_, Value::Gated(_))) if self.is_python() => None,
                    None if dict.open.borrow().is_some() => None,
                    found => Some(found.is_some()),
                }
            }
            Value::List(list) => {
                let mut known = if list.open.borrow().is_some() { None } else { Some(false) };
                for item in list.items.borrow().iter() {
                    match item.same(value) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => known = None,
                    }
                }
                known
            }
            _ => None,
        }
    }

    /// Whether an element that a container is not known to have is in it: not unless somebody changes the setting
    /// that may add it.
    fn not_among_usual(&self, container: &Value, value: &Value, answer: bool) -> Option<Value> {
        let (open, gate) = match container {
            Value::List(list) => {
                let items = list.items.borrow();
                let mut gate = None;
                for item in items.iter().filter(|item| item.same(value) != Some(false)) {
                    let Value::Gated(gated) = item else { return None };
                    gate = gate.or_else(|| (gated.1.same(value) != Some(false)).then(|| gated.0.clone()));
                }
                (list.open.borrow().clone(), gate)
            }
            Value::Dict(dict) => {
                let gate = match dict.items.borrow().get(&value.key()?) {
                    Some((_, Value::Gated(gated))) => Some(gated.0.clone()),
                    _ => None,
                };
                (dict.open.borrow().clone(), gate)
            }
            _ => return None,
        };
        let (answer, place) = (Some(Value::Bool(answer)), Place { file: "".into(), line: 0 });
        match (open, gate) {
            (Some(why), _) if why.cause == super::Cause::Setting => {
                Some(self.setting(why.reason.clone(), answer, &why.place))
            }
            (None, Some(gate)) if gate.usual == Some(false) => Some(self.setting(
                gate.words.strip_prefix("with ").unwrap_or(super::condition::SETTING),
                answer,
                &place,
            )),
            _ => None,
        }
    }

    /// `target op= value`: lists and dicts are changed where they are.
    pub(super) fn augment(&mut self, op: BinaryOp, left: &Value, right: &Value, place: &Place) -> Value {
        match (op, left) {
            (BinaryOp::Add, Value::List(list)) if self.is_python() && list.kind == ListKind::List => {
                self.extend(list, right, place);
                left.clone()
            }
            (BinaryOp::BitOr, Value::Dict(dict)) => {
                self.merge_dict(dict, right, place);
                left.clone()
            }
            _ => self.binary(op, left, right, place),
        }
    }

    /// What follows from whether a value counts as true, which may be a matter of settings.
    pub(crate) fn answer(&self, value: &Value, of: impl Fn(bool) -> bool, place: &Place) -> Value {
        match self.truth(value) {
            super::Truth::Known(holds) => Value::Bool(of(holds)),
            super::Truth::Depends(Some(usual)) => {
                self.setting(super::condition::SETTING, Some(Value::Bool(of(usual))), place)
            }
            super::Truth::Depends(None) => Value::Unknown(self.why(value, place)),
        }
    }

    pub(super) fn unary(&mut self, op: UnaryOp, value: &Value, place: &Place) -> Value {
        if op == UnaryOp::Not && matches!(value, Value::Made(_) | Value::Method(_) | Value::External(_)) {
            return match self.truth(value) {
                super::exec::Truth::Known(b) => Value::Bool(!b),
                super::exec::Truth::Depends(_) => Value::Unknown(self.why(value, place)),
            };
        }
        self.lift(value, &mut |interp, value| match (op, value) {
            (UnaryOp::Not, value) => interp.answer(value, |holds| !holds, place),
            (UnaryOp::Neg, Value::Int(n)) => Value::Int(n.saturating_neg()),
            (UnaryOp::Neg, Value::Float(n)) => Value::Float(-n),
            (UnaryOp::Pos, Value::Int(_) | Value::Float(_)) => value.clone(),
            (UnaryOp::Invert, Value::Int(n)) => Value::Int(!n),
            (UnaryOp::TypeOf, value) => match type_of(value) {
                Some(name) => Value::str(name),
                None => Value::Unknown(interp.why(value, place)),
            },
            (_, value) => Value::Unknown(interp.why(value, place)),
        })
    }
}

/// JavaScript's `typeof`.
fn type_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Undefined => "undefined",
        Value::Null | Value::List(_) | Value::Dict(_) | Value::Instance(_) | Value::Module(_) | Value::Server(_) => {
            "object"
        }
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::Function(_) | Value::Bound(_) | Value::Class(_) => "function",
        _ => return None,
    })
}

fn is_set(value: &Value) -> bool {
    matches!(value, Value::List(list) if list.kind == ListKind::Set)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        _ => None,
    }
}

fn compare(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    let order = match (left, right) {
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        _ => number(left)?.partial_cmp(&number(right)?)?,
    };
    Some(Value::Bool(match op {
        BinaryOp::Lt => order.is_lt(),
        BinaryOp::LtEq => order.is_le(),
        BinaryOp::Gt => order.is_gt(),
        _ => order.is_ge(),
    }))
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    if let (Value::Int(a), Value::Int(b)) = (left, right) {
        let exact = match op {
            BinaryOp::Add => a.checked_add(*b),
            BinaryOp::Sub => a.checked_sub(*b),
            BinaryOp::Mul => a.checked_mul(*b),
            BinaryOp::FloorDiv => a.checked_div_euclid(*b),
            BinaryOp::Rem => a.checked_rem_euclid(*b),
            BinaryOp::Pow => u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)),
            BinaryOp::BitOr => Some(a | b),
            BinaryOp::BitAnd => Some(a & b),
            BinaryOp::BitXor => Some(a ^ b),
            BinaryOp::Shl => u32::try_from(*b).ok().and_then(|b| a.checked_shl(b)),
            BinaryOp::Shr => u32::try_from(*b).ok().and_then(|b| a.checked_shr(b)),
            _ => None,
        };
        if let Some(n) = exact {
            return Some(Value::Int(n));
        }
    }
    if let (Value::Str(_), _) | (_, Value::Str(_)) = (left, right) {
        return None;
    }
    let (a, b) = (number(left)?, number(right)?);
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b != 0.0 => a / b,
        BinaryOp::FloorDiv if b != 0.0 => (a / b).floor(),
        BinaryOp::Rem if b != 0.0 => a.rem_euclid(b),
        BinaryOp::Pow => a.powf(b),
        _ => return None,
    };
    Some(Value::Float(result))
}
