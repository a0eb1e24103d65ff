//! Expressions in words, for conditions and reasons.

use crate::module::{Arg, BinaryOp, Expr, ExprKind, LogicOp, TemplatePart, UnaryOp};

/// The longest text, in characters.
const LENGTH: usize = 120;
/// The longest arguments of a call, in bytes, and the longest string, in characters, that are written out.
const ARGUMENTS: usize = 40;
const STRING: usize = 40;

/// The expression much as it was written, shortened.
pub(crate) fn words(expr: &Expr) -> String {
    let mut out = String::new();
    write(expr, &mut out, 0);
    riskdex_model::capped(&out, LENGTH).into_owned()
}

/// Writes the expression, `depth` levels inside another.
pub(super) fn write(expr: &Expr, out: &mut String, depth: usize) {
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
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "'");
            out.push_str(&riskdex_model::capped(&text, STRING));
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
        ExprKind::Optional(object) => write(object, out, depth),
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
            let from = out.len();
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
            if out.len() - from > ARGUMENTS {
                out.truncate(from);
                out.push('…');
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
            out.push_str(operator(*op));
            write(right, out, depth);
        }
        ExprKind::Logic(left, op, right) => {
            // Conditions are joined by `and`; what is joined otherwise stands apart.
            let is_apart = *op != LogicOp::And;
            out.push_str(if is_apart { "(" } else { "" });
            write(left, out, depth);
            out.push_str(match op {
                LogicOp::And => " and ",
                LogicOp::Or => " or ",
                LogicOp::Coalesce => " ?? ",
            });
            write(right, out, depth);
            out.push_str(if is_apart { ")" } else { "" });
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

/// The operator with a space on either side.
pub(super) fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => " + ",
        BinaryOp::Sub => " - ",
        BinaryOp::Mul => " * ",
        BinaryOp::Div => " / ",
        BinaryOp::FloorDiv => " // ",
        BinaryOp::Rem => " % ",
        BinaryOp::Pow => " ** ",
        BinaryOp::BitOr => " | ",
        BinaryOp::BitAnd => " & ",
        BinaryOp::BitXor => " ^ ",
        BinaryOp::Shl => " << ",
        BinaryOp::Shr => " >> ",
        BinaryOp::MatMul => " @ ",
        BinaryOp::Eq => " == ",
        BinaryOp::NotEq => " != ",
        BinaryOp::Lt => " < ",
        BinaryOp::LtEq => " <= ",
        BinaryOp::Gt => " > ",
        BinaryOp::GtEq => " >= ",
        BinaryOp::In => " in ",
        BinaryOp::NotIn => " not in ",
        BinaryOp::Is => " is ",
        BinaryOp::IsNot => " is not ",
        BinaryOp::InstanceOf => " instanceof ",
    }
}

/// The comparison that holds where this one does not.
pub(super) fn opposite_operator(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        BinaryOp::Eq => BinaryOp::NotEq,
        BinaryOp::NotEq => BinaryOp::Eq,
        BinaryOp::Lt => BinaryOp::GtEq,
        BinaryOp::GtEq => BinaryOp::Lt,
        BinaryOp::Gt => BinaryOp::LtEq,
        BinaryOp::LtEq => BinaryOp::Gt,
        BinaryOp::In => BinaryOp::NotIn,
        BinaryOp::NotIn => BinaryOp::In,
        BinaryOp::Is => BinaryOp::IsNot,
        BinaryOp::IsNot => BinaryOp::Is,
        _ => return None,
    })
}
