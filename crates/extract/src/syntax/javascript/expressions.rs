//! Expressions.

use std::ops::Range;
use std::rc::Rc;

use tree_sitter::Node;

use super::patterns::Binding;
use super::{Lowering, at, children, line, named, only_child, patterns, stmt};
use crate::module::{Arg, BinaryOp, Body, Call, DictItem, Expr, ExprKind, Function, LogicOp, Role, StmtKind, UnaryOp};

impl<'t> Lowering<'t> {
    /// An expression; what is too deep or has no word becomes [`ExprKind::Opaque`].
    pub(super) fn expression(&mut self, node: Node<'t>) -> Expr {
        if self.depth >= super::MAX_DEPTH {
            return at(node, ExprKind::Opaque("too deep"));
        }
        self.depth += 1;
        let kind = self.expression_kind(node);
        self.depth -= 1;
        at(node, kind)
    }

    fn expression_kind(&mut self, node: Node<'t>) -> ExprKind {
        match node.kind() {
            "identifier" | "this" | "super" | "shorthand_property_identifier" => ExprKind::Name(self.name(node)),
            "property_identifier" | "private_property_identifier" => ExprKind::Str(self.name(node)),
            "undefined" => ExprKind::Undefined,
            "null" => ExprKind::Null,
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "number" => self.number(node),
            "string" => self.string(node).kind,
            "template_string" => ExprKind::Template(self.template(node, false)),
            "regex" => ExprKind::Regex(self.source(node).into()),
            "call_expression" => self.call(node),
            "new_expression" => self.new_call(node),
            "member_expression" => {
                let object = Box::new(self.looked_into(node));
                match node.child_by_field_name("property") {
                    Some(property) => ExprKind::Member(object, self.name(property)),
                    None => ExprKind::Opaque("member_expression"),
                }
            }
            "subscript_expression" => {
                ExprKind::Index(Box::new(self.looked_into(node)), Box::new(self.field(node, "index")))
            }
            "array" => ExprKind::Array(self.array(node)),
            "object" => ExprKind::Dict(self.object(node)),
            "arrow_function" | "function_expression" | "generator_function" | "function" => {
                ExprKind::Function(Rc::new(self.function(node, Role::Plain)))
            }
            "class" => ExprKind::Class(Rc::new(self.class(node))),
            "binary_expression" => self.binary(node),
            "unary_expression" => self.unary(node),
            "update_expression" => self.update(node),
            "assignment_expression" => {
                let target = self.assigned(node);
                ExprKind::Assign(Box::new(target), Box::new(self.field(node, "right")))
            }
            "augmented_assignment_expression" => self.augmented(node),
            "ternary_expression" => ExprKind::Conditional(
                Box::new(self.field(node, "condition")),
                Box::new(self.field(node, "consequence")),
                Box::new(self.field(node, "alternative")),
            ),
            "sequence_expression" => ExprKind::Sequence(self.sequence(node)),
            "await_expression" => ExprKind::Await(Box::new(self.inner(node))),
            "yield_expression" => ExprKind::Yield(self.yielded(node).map(Box::new)),
            "spread_element" => ExprKind::Spread(Box::new(self.inner(node))),
            // A type assertion holds its type first.
            "type_assertion" => {
                let mut cursor = node.walk();
                let value = children(node, &mut cursor).last();
                value.map_or(ExprKind::Opaque("type_assertion"), |value| self.expression(value).kind)
            }
            "parenthesized_expression" | "as_expression" | "satisfies_expression" | "non_null_expression" => {
                self.inner(node).kind
            }
            "instantiation_expression" => self.field(node, "function").kind,
            "meta_property" | "import" => ExprKind::Name(self.name(node)),
            other if other.starts_with("jsx") => ExprKind::Opaque("jsx"),
            _ => ExprKind::Opaque("expression"),
        }
    }

    /// The expression in a field of a node.
    pub(super) fn field(&mut self, node: Node<'t>, field: &str) -> Expr {
        match node.child_by_field_name(field) {
            Some(inner) => self.expression(inner),
            None => at(node, ExprKind::Opaque("missing")),
        }
    }

    /// The only expression inside a node: parentheses, `await`, an interpolation.
    pub(super) fn inner(&mut self, node: Node<'t>) -> Expr {
        match only_child(node) {
            Some(inner) => self.expression(inner),
            None => at(node, ExprKind::Opaque("missing")),
        }
    }

    /// What an assignment assigns to.
    pub(super) fn assigned(&mut self, node: Node<'t>) -> Expr {
        match node.child_by_field_name("left") {
            Some(left) => self.pattern(left, Binding::Assigned),
            None => at(node, ExprKind::Opaque("missing")),
        }
    }

    fn sequence(&mut self, node: Node<'t>) -> Vec<Expr> {
        let mut cursor = node.walk();
        children(node, &mut cursor).map(|item| self.expression(item)).collect()
    }

    /// The items of an array or array pattern; `None` for a hole.
    pub(super) fn elements(&self, node: Node<'t>) -> Vec<Option<Node<'t>>> {
        let mut items = Vec::new();
        let mut pending = true;
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "[" | "]" | "comment" | "html_comment" => {}
                "," => {
                    if pending {
                        items.push(None);
                    }
                    pending = true;
                }
                _ => {
                    items.push(Some(child));
                    pending = false;
                }
            }
        }
        items
    }

    fn array(&mut self, node: Node<'t>) -> Vec<Expr> {
        let items = self.elements(node).into_iter();
        items.map(|item| item.map_or_else(|| patterns::undefined(node), |item| self.expression(item))).collect()
    }

    fn object(&mut self, node: Node<'t>) -> Vec<DictItem> {
        let mut cursor = node.walk();
        children(node, &mut cursor).filter_map(|item| self.object_item(item)).collect()
    }

    fn object_item(&mut self, item: Node<'t>) -> Option<DictItem> {
        Some(match item.kind() {
            "pair" => {
                let key = self.key_field(item, "key");
                DictItem::Pair(key, self.field(item, "value"))
            }
            "shorthand_property_identifier" => {
                let name = self.name(item);
                DictItem::Pair(at(item, ExprKind::Str(Rc::clone(&name))), named(item, &name))
            }
            "spread_element" => DictItem::Spread(self.inner(item)),
            "method_definition" => {
                let key = self.key_field(item, "name");
                DictItem::Method(key, Rc::new(self.method(item)))
            }
            _ => {
                self.error(item);
                return None;
            }
        })
    }

    /// A property's key: a string literal, or the expression of a computed one.
    pub(super) fn key_field(&mut self, node: Node<'t>, field: &str) -> Expr {
        let Some(key) = node.child_by_field_name(field) else { return at(node, ExprKind::Opaque("missing")) };
        match key.kind() {
            "computed_property_name" => self.inner(key),
            "property_identifier" | "private_property_identifier" | "identifier" => {
                let name = self.name(key);
                at(key, ExprKind::Str(name))
            }
            "number" => match self.number(key) {
                ExprKind::Int(number) => at(key, ExprKind::Str(number.to_string().into())),
                other => at(key, other),
            },
            _ => self.expression(key),
        }
    }

    fn call(&mut self, node: Node<'t>) -> ExprKind {
        let Some(callee) = node.child_by_field_name("function") else { return ExprKind::Opaque("call_expression") };
        let Some(arguments) = node.child_by_field_name("arguments") else {
            return ExprKind::Opaque("call_expression");
        };
        if arguments.kind() == "template_string" {
            return self.tagged(callee, arguments);
        }
        let args = self.arguments(arguments);
        if callee.kind() == "import" {
            return match args.into_iter().next() {
                Some(Arg::Positional(module)) => ExprKind::DynamicImport(Box::new(module)),
                _ => ExprKind::Opaque("import"),
            };
        }
        let callee = self.expression(callee);
        ExprKind::Call(Box::new(Call { callee, args, is_new: false }))
    }

    /// A tagged template; what `String.raw` makes is known at once.
    fn tagged(&mut self, tag: Node<'t>, template: Node<'t>) -> ExprKind {
        if self.source(tag) == "String.raw" {
            return ExprKind::Template(self.template(template, true));
        }
        let tag = self.expression(tag);
        ExprKind::Tagged(Box::new(tag), self.template(template, false))
    }

    fn new_call(&mut self, node: Node<'t>) -> ExprKind {
        let callee = self.field(node, "constructor");
        let args = node.child_by_field_name("arguments").map(|list| self.arguments(list)).unwrap_or_default();
        ExprKind::Call(Box::new(Call { callee, args, is_new: true }))
    }

    fn arguments(&mut self, list: Node<'t>) -> Vec<Arg> {
        let mut cursor = list.walk();
        children(list, &mut cursor)
            .map(|item| match item.kind() {
                "spread_element" => Arg::Spread(self.inner(item)),
                _ => Arg::Positional(self.expression(item)),
            })
            .collect()
    }

    fn unary(&mut self, node: Node<'t>) -> ExprKind {
        let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
        let argument = self.field(node, "argument");
        let op = match operator {
            "!" => UnaryOp::Not,
            "-" => UnaryOp::Neg,
            "+" => UnaryOp::Pos,
            "~" => UnaryOp::Invert,
            "typeof" => UnaryOp::TypeOf,
            "delete" => UnaryOp::Delete,
            "void" if matches!(argument.kind, ExprKind::Int(_)) => return ExprKind::Undefined,
            "void" => return ExprKind::Sequence(vec![argument, patterns::undefined(node)]),
            _ => return ExprKind::Opaque("unary_expression"),
        };
        ExprKind::Unary(op, Box::new(argument))
    }

    /// `i++` as `i = i + 1`: loops count, and seldom look at the value.
    fn update(&mut self, node: Node<'t>) -> ExprKind {
        let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
        let Some(argument) = node.child_by_field_name("argument").filter(|&it| is_plain(it)) else {
            return ExprKind::Opaque("update_expression");
        };
        let op = if operator == "--" { BinaryOp::Sub } else { BinaryOp::Add };
        let one = || Box::new(at(node, ExprKind::Int(1)));
        let value = ExprKind::Binary(Box::new(self.expression(argument)), op, one());
        let changed = ExprKind::Assign(Box::new(self.expression(argument)), Box::new(at(node, value)));
        if argument.start_byte() > node.start_byte() {
            return changed;
        }
        // `a++` gives what `a` was.
        let back = if op == BinaryOp::Add { BinaryOp::Sub } else { BinaryOp::Add };
        ExprKind::Binary(Box::new(at(node, changed)), back, one())
    }

    /// `a += b` as `a = a + b`, `a ||= b` as `a = a || b`.
    fn augmented(&mut self, node: Node<'t>) -> ExprKind {
        let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
        let Some(left) = node.child_by_field_name("left").filter(|&it| is_plain(it)) else {
            return ExprKind::Opaque("augmented_assignment_expression");
        };
        let old = Box::new(self.expression(left));
        let right = Box::new(self.field(node, "right"));
        let value = match (logic(operator.trim_end_matches('=')), augmentation(operator)) {
            (Some(op), _) => ExprKind::Logic(old, op, right),
            (_, Some(op)) => ExprKind::Binary(old, op, right),
            _ => return ExprKind::Opaque("augmented_assignment_expression"),
        };
        ExprKind::Assign(Box::new(self.expression(left)), Box::new(at(node, value)))
    }

    /// A function of any form.
    pub(super) fn function(&mut self, node: Node<'t>, role: Role) -> Function {
        self.functions.push(Vec::new());
        self.blocks.push(Vec::new());
        let (params, properties) = self.params(node);
        let later = self.body_for_later(node);
        let body = if later.is_none() { self.function_body(node, &properties) } else { Vec::new() };
        let mut declared = self.blocks.pop().unwrap_or_default();
        declared.append(&mut self.functions.pop().unwrap_or_default());
        let body = match later {
            Some((body, row)) => {
                let (whole, temporaries) = (Rc::clone(&self.whole), self.temporaries);
                Body::later(move || super::lower_body(whole.get(body).unwrap_or_default(), row, temporaries, declared))
            }
            None => super::hoisted(declared, body, line(node)).into(),
        };
        let name = match node.child_by_field_name("name").filter(|name| name.kind() != "computed_property_name") {
            Some(name) if name.kind() == "string" => self.string_text(name).into(),
            Some(name) => self.name(name),
            None => self.shared(""),
        };
        let (is_async, is_generator) = modifiers(node);
        Function {
            name,
            line: line(node),
            params,
            returns: None,
            body,
            decorators: Vec::new(),
            docstring: None,
            is_async,
            is_generator,
            is_arrow: node.kind() == "arrow_function",
            role,
        }
    }

    /// Where the function's body is in the whole text, and its row, when the text at hand lacks it.
    fn body_for_later(&mut self, node: Node<'t>) -> Option<(Range<usize>, usize)> {
        let body = node.child_by_field_name("body").filter(|body| body.kind() == "statement_block")?;
        let later = self.later.get_mut(&body.start_byte())?;
        later.is_met = true;
        Some((later.body.clone(), body.start_position().row))
    }

    fn function_body(&mut self, node: Node<'t>, properties: &[Rc<str>]) -> Vec<crate::module::Stmt> {
        let Some(body) = node.child_by_field_name("body") else { return Vec::new() };
        if body.kind() != "statement_block" {
            let mut out = Vec::new();
            self.returned(body, body, &mut out);
            return out;
        }
        let mut statements = self.statements(body);
        let calls_super = statements.first().is_some_and(|first| {
            matches!(&first.kind, StmtKind::Expr(Expr { kind: ExprKind::Call(call), .. })
                if matches!(&call.callee.kind, ExprKind::Name(name) if &**name == "super"))
        });
        for (offset, property) in properties.iter().enumerate() {
            let this = self.shared("this");
            let target = at(node, ExprKind::Member(Box::new(named(node, &this)), Rc::clone(property)));
            let value = Some(named(node, property));
            statements.insert(usize::from(calls_super) + offset, super::assign(node, target, value));
        }
        statements
    }

    /// `return value`, with a comma expression's first parts as statements before it.
    pub(super) fn returned(&mut self, node: Node<'t>, value: Node<'t>, out: &mut Vec<crate::module::Stmt>) {
        if value.kind() == "sequence_expression" {
            let mut cursor = value.walk();
            let mut parts: Vec<Node<'t>> = children(value, &mut cursor).collect();
            let last = parts.pop();
            for part in parts {
                self.effect(part, out);
            }
            if let Some(last) = last {
                self.returned(node, last, out);
            }
            return;
        }
        let value = self.expression(value);
        out.push(stmt(node, StmtKind::Return(Some(value))));
    }
}

/// Whether a function is `async` and whether it is a generator.
fn modifiers(node: Node<'_>) -> (bool, bool) {
    let (mut is_async, mut is_generator) = (false, false);
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match child.kind() {
            "async" => is_async = true,
            "*" => is_generator = true,
            "statement_block" | "class_body" | "formal_parameters" => break,
            _ => {}
        }
    }
    (is_async, is_generator)
}

/// Whether an expression may be written twice without doing anything twice: names and their members.
pub(super) fn is_plain(mut node: Node<'_>) -> bool {
    loop {
        match node.kind() {
            "identifier" | "this" => return true,
            "member_expression" | "parenthesized_expression" | "non_null_expression" => {
                let Some(inner) = node.child_by_field_name("object").or_else(|| only_child(node)) else { return false };
                node = inner;
            }
            "subscript_expression" => {
                let index = node.child_by_field_name("index");
                if !index.is_some_and(|it| matches!(it.kind(), "identifier" | "string" | "number")) {
                    return false;
                }
                let Some(object) = node.child_by_field_name("object") else { return false };
                node = object;
            }
            _ => return false,
        }
    }
}

/// The short-cut operator of that spelling.
pub(super) fn logic(operator: &str) -> Option<LogicOp> {
    Some(match operator {
        "&&" => LogicOp::And,
        "||" => LogicOp::Or,
        "??" => LogicOp::Coalesce,
        _ => return None,
    })
}

/// The binary operator of an augmented assignment.
pub(super) fn augmentation(operator: &str) -> Option<BinaryOp> {
    super::chains::binary_operator(operator.strip_suffix('=')?)
}
