//! Destructuring patterns: `Array` and `Dict` expressions whose leaves are what is assigned to. A default
//! value is an [`ExprKind::Assign`], what is left over is an [`ExprKind::Spread`].

use std::rc::Rc;

use tree_sitter::Node;

use super::{Lowering, at, children, line, named, only_child};
use crate::module::{DictItem, Expr, ExprKind, Param, ParamKind};

/// What becomes of the names in a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// Nothing: the names are assigned to.
    Assigned,
    /// They are declared in the innermost block.
    Let,
    /// They are declared in the innermost function.
    Var,
}

impl<'t> Lowering<'t> {
    /// A pattern, with its names declared as `binding` says.
    pub(super) fn pattern(&mut self, node: Node<'t>, binding: Binding) -> Expr {
        if self.depth >= super::MAX_DEPTH {
            return at(node, ExprKind::Opaque("too deep"));
        }
        self.depth += 1;
        let pattern = self.pattern_kind(node, binding);
        self.depth -= 1;
        pattern
    }

    fn pattern_kind(&mut self, node: Node<'t>, binding: Binding) -> Expr {
        match node.kind() {
            "identifier" | "shorthand_property_identifier_pattern" | "shorthand_property_identifier" | "undefined" => {
                let name = self.name(node);
                self.bind(&name, binding);
                named(node, &name)
            }
            "array_pattern" | "array" => {
                let items = self.elements(node).into_iter().map(|item| match item {
                    Some(item) => self.pattern(item, binding),
                    None => at(node, ExprKind::Undefined),
                });
                let items = items.collect();
                at(node, ExprKind::Array(items))
            }
            "object_pattern" | "object" => {
                let mut cursor = node.walk();
                let items = children(node, &mut cursor).map(|item| self.pattern_item(item, binding)).collect();
                at(node, ExprKind::Dict(items))
            }
            "rest_pattern" | "spread_element" => {
                let inner = self.pattern_in(node, binding);
                at(node, ExprKind::Spread(Box::new(inner)))
            }
            "assignment_pattern" | "object_assignment_pattern" | "assignment_expression" => {
                let target = self.pattern_field(node, "left", binding);
                let default = self.field(node, "right");
                at(node, ExprKind::Assign(Box::new(target), Box::new(default)))
            }
            "parenthesized_expression" | "non_null_expression" | "as_expression" | "satisfies_expression" => {
                self.pattern_in(node, binding)
            }
            _ => self.expression(node),
        }
    }

    fn pattern_item(&mut self, item: Node<'t>, binding: Binding) -> DictItem {
        match item.kind() {
            "pair_pattern" | "pair" => {
                let key = self.key_field(item, "key");
                DictItem::Pair(key, self.pattern_field(item, "value", binding))
            }
            "rest_pattern" | "spread_element" => DictItem::Spread(self.pattern_in(item, binding)),
            _ => {
                let target = self.pattern(item, binding);
                DictItem::Pair(at(item, key_of(&target)), target)
            }
        }
    }

    fn pattern_in(&mut self, node: Node<'t>, binding: Binding) -> Expr {
        match only_child(node) {
            Some(inner) => self.pattern(inner, binding),
            None => at(node, ExprKind::Opaque("pattern")),
        }
    }

    fn pattern_field(&mut self, node: Node<'t>, field: &str, binding: Binding) -> Expr {
        match node.child_by_field_name(field) {
            Some(inner) => self.pattern(inner, binding),
            None => at(node, ExprKind::Opaque("pattern")),
        }
    }

    fn bind(&mut self, name: &Rc<str>, binding: Binding) {
        match binding {
            Binding::Assigned => {}
            Binding::Let => self.declare(name),
            Binding::Var => self.declare_var(name),
        }
    }

    /// The parameters of a function, and the names of those that TypeScript makes properties too.
    pub(super) fn params(&mut self, node: Node<'t>) -> (Vec<Param>, Vec<Rc<str>>) {
        let (mut params, mut properties) = (Vec::new(), Vec::new());
        let Some(list) = node.child_by_field_name("parameters") else {
            let single = node.child_by_field_name("parameter");
            params.extend(single.map(|name| self.param(name, name)));
            return (params, properties);
        };
        let mut cursor = list.walk();
        for child in children(list, &mut cursor) {
            let pattern = child.child_by_field_name("pattern").unwrap_or(child);
            if pattern.kind() == "this" || child.kind() == "decorator" {
                continue;
            }
            if pattern.kind() == "identifier" && makes_property(child) {
                properties.push(self.name(pattern));
            }
            params.push(self.param(child, pattern));
        }
        params.shrink_to_fit();
        (params, properties)
    }

    /// One parameter: `node` holds its default value in TypeScript, `pattern` does in JavaScript.
    fn param(&mut self, node: Node<'t>, pattern: Node<'t>) -> Param {
        let typed_default = node.child_by_field_name("value").filter(|_| node != pattern);
        let (pattern, default) = match pattern.kind() {
            "assignment_pattern" => {
                (pattern.child_by_field_name("left").unwrap_or(pattern), pattern.child_by_field_name("right"))
            }
            _ => (pattern, typed_default),
        };
        let kind = if pattern.kind() == "rest_pattern" { ParamKind::Rest } else { ParamKind::Plain };
        let target = match kind {
            ParamKind::Rest => self.pattern_in(pattern, Binding::Assigned),
            _ => self.pattern(pattern, Binding::Assigned),
        };
        let default = default.map(|value| self.expression(value));
        Param { target, annotation: None, default, kind }
    }
}

/// Whether a constructor's parameter is declared as a property (`private x: T`).
fn makes_property(param: Node<'_>) -> bool {
    let mut cursor = param.walk();
    param.children(&mut cursor).any(|child| matches!(child.kind(), "accessibility_modifier" | "readonly"))
}

/// The key that a shorthand (`{a}`, `{a = 1}`) takes its value from.
fn key_of(target: &Expr) -> ExprKind {
    match &target.kind {
        ExprKind::Name(name) => ExprKind::Str(Rc::clone(name)),
        ExprKind::Assign(inner, _) => key_of(inner),
        _ => ExprKind::Opaque("pattern"),
    }
}

/// `let x` without a value.
pub(super) fn undefined(node: Node<'_>) -> Expr {
    Expr { line: line(node), kind: ExprKind::Undefined }
}
