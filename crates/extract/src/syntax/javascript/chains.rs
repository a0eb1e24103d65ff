//! Long chains of one operator: written one inside the other in the tree, often thousands deep.

use tree_sitter::Node;

use super::expressions::logic;
use super::{Lowering, at};
use crate::module::{BinaryOp, Expr, ExprKind, TemplatePart};

impl<'t> Lowering<'t> {
    /// A binary expression. The left spine is walked, not recursed into.
    pub(super) fn binary(&mut self, node: Node<'t>) -> ExprKind {
        let mut spine = vec![node];
        let mut left = node.child_by_field_name("left");
        while let Some(inner) = left.filter(|left| left.kind() == "binary_expression") {
            spine.push(inner);
            left = inner.child_by_field_name("left");
        }
        let Some(first) = left else { return ExprKind::Opaque("binary_expression") };
        if let Some(parts) = self.concatenation(first, &spine) {
            return ExprKind::Template(parts);
        }
        if spine.len() + self.depth as usize > super::MAX_DEPTH as usize {
            return ExprKind::Opaque("too deep");
        }
        let mut value = self.expression(first);
        for node in spine.into_iter().rev() {
            let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
            let right = Box::new(self.field(node, "right"));
            let kind = match (logic(operator), binary_operator(operator)) {
                (Some(op), _) => ExprKind::Logic(Box::new(value), op, right),
                (_, Some(op)) => ExprKind::Binary(Box::new(value), op, right),
                _ => ExprKind::Opaque("binary_expression"),
            };
            value = at(node, kind);
        }
        value.kind
    }

    /// `"a" + b + "c" …` as a template: with a string at the start, every later `+` joins texts.
    fn concatenation(&mut self, first: Node<'t>, spine: &[Node<'t>]) -> Option<Vec<TemplatePart>> {
        let adds = |node: &Node<'t>| node.child_by_field_name("operator").is_some_and(|it| it.kind() == "+");
        let is_text = |node: &Node<'t>| matches!(node.kind(), "string" | "template_string");
        let second = spine.last()?.child_by_field_name("right")?;
        if !spine.iter().all(adds) || !(is_text(&first) || is_text(&second)) {
            return None;
        }
        let mut parts = Vec::new();
        self.joined(first, &mut parts);
        for node in spine.iter().rev() {
            if let Some(right) = node.child_by_field_name("right") {
                self.joined(right, &mut parts);
            }
        }
        Some(parts)
    }

    fn joined(&mut self, node: Node<'t>, parts: &mut Vec<TemplatePart>) {
        match node.kind() {
            "string" => parts.push(TemplatePart::Text(self.string_text(node).into())),
            "template_string" => {
                let inner = self.template(node, false);
                parts.extend(inner);
            }
            _ => {
                let value: Expr = self.expression(node);
                parts.push(TemplatePart::Value(value, None));
            }
        }
    }
}

/// The binary operator of that spelling. `==` is [`BinaryOp::Eq`], `===` is [`BinaryOp::Is`].
pub(super) fn binary_operator(text: &str) -> Option<BinaryOp> {
    Some(match text {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Rem,
        "**" => BinaryOp::Pow,
        "|" => BinaryOp::BitOr,
        "&" => BinaryOp::BitAnd,
        "^" => BinaryOp::BitXor,
        "<<" => BinaryOp::Shl,
        ">>" | ">>>" => BinaryOp::Shr,
        "==" => BinaryOp::Eq,
        "!=" => BinaryOp::NotEq,
        "===" => BinaryOp::Is,
        "!==" => BinaryOp::IsNot,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::LtEq,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::GtEq,
        "in" => BinaryOp::In,
        "instanceof" => BinaryOp::InstanceOf,
        _ => return None,
    })
}
