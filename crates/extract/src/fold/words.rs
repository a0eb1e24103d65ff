//! Expressions in words, for conditions and reasons.

use crate::module::{Arg, BinaryOp, Expr, ExprKind, LogicOp, TemplatePart, UnaryOp};

/// The longest text, in characters.
const LENGTH: usize = 120;

/// The expression much as it was written, shortened.
pub(crate) fn words(expr: &Expr) -> String {
    let mut out = String::new();
    write(expr, &mut out, 0);
    riskdex_model::capped(&out, LENGTH).into_owned()
}

/// The opposite of a condition.
pub(crate) fn opposite(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Unary(UnaryOp::Not, inner) => words(inner),
        ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Call(_) | ExprKind::Index(..) => {
            format!("not {}", words(expr))
        }
        _ => format!("not ({})", words(expr)),
    }
}

fn write(expr: &Expr, out: &mut String, depth: usize) {
    if depth > 12 || out.len() > 4 * LENGTH {
        out.push('…');
        return;
    }
    let depth = depth + 1;
    match &expr.kind {
        ExprKind::Null => out.push_str("None"),
        ExprKind::Undefined => out.push_str("undefined"),
        ExprKind::Bool(b) => out.push_str(&b.to_string()),
        ExprKind::Int(n) => out.push_str(&n.to_string()),
        ExprKind::Number(n) => out.push_str(&n.to_string()),
        ExprKind::Str(text) => {
            out.push('"');
            out.push_str(&riskdex_model::capped(text, 40));
            out.push('"');
        }
        ExprKind::Template(parts) | ExprKind::Tagged(_, parts) => {
            out.push('"');
            for part in parts {
                match part {
                    TemplatePart::Text(text) => out.push_str(text),
                    TemplatePart::Value(value, _) => {
                        out.push('{');
                        write(value, out, depth);
                        out.push('}');
                    }
                }
            }
            out.push('"');
        }
        // A name that the reader gave to a value: the value's own words stand behind it.
        ExprKind::Name(name) if name.starts_with('%') => {
            out.push_str(name.split_once(' ').map_or("a value", |(_, words)| words));
        }
        ExprKind::Name(name) => out.push_str(name),
        ExprKind::Member(object, name) => {
            write(object, out, depth);
            out.push('.');
            out.push_str(name);
        }
        ExprKind::Index(object, key) => {
            write(object, out, depth);
            out.push('[');
            write(key, out, depth);
            out.push(']');
        }
        ExprKind::Call(call) => {
            write(&call.callee, out, depth);
            out.push('(');
            for (n, arg) in call.args.iter().enumerate() {
                if n > 0 {
                    out.push_str(", ");
                }
                match arg {
                    Arg::Positional(value) => write(value, out, depth),
                    Arg::Named(name, value) => {
                        out.push_str(name);
                        out.push('=');
                        write(value, out, depth);
                    }
                    Arg::Spread(_) | Arg::NamedSpread(_) => out.push('…'),
                }
            }
            out.push(')');
        }
        ExprKind::Array(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push_str(", ");
                }
                write(item, out, depth);
            }
            out.push(']');
        }
        ExprKind::Binary(left, op, right) => {
            write(left, out, depth);
            out.push(' ');
            out.push_str(operator(*op));
            out.push(' ');
            write(right, out, depth);
        }
        ExprKind::Logic(left, op, right) => {
            write(left, out, depth);
            out.push_str(match op {
                LogicOp::And => " and ",
                LogicOp::Or => " or ",
                LogicOp::Coalesce => " ?? ",
            });
            write(right, out, depth);
        }
        ExprKind::Unary(op, inner) => {
            out.push_str(match op {
                UnaryOp::Not => "not ",
                UnaryOp::Neg => "-",
                UnaryOp::Pos => "+",
                UnaryOp::Invert => "~",
                UnaryOp::TypeOf => "typeof ",
                UnaryOp::Delete => "delete ",
            });
            write(inner, out, depth);
        }
        ExprKind::Await(inner) => write(inner, out, depth),
        _ => out.push('…'),
    }
}

fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Rem => "%",
        BinaryOp::Pow => "**",
        BinaryOp::BitOr => "|",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitXor => "^",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::MatMul => "@",
        BinaryOp::Eq => "==",
        BinaryOp::NotEq => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::LtEq => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::GtEq => ">=",
        BinaryOp::In => "in",
        BinaryOp::NotIn => "not in",
        BinaryOp::Is => "is",
        BinaryOp::IsNot => "is not",
        BinaryOp::InstanceOf => "instanceof",
    }
}
