//! Statements.

use std::rc::Rc;

use tree_sitter::Node;

use super::expressions::{augmentation, logic};
use super::patterns::{Binding, undefined};
use super::{Lowering, assign, at, children, named, only_child, stmt};
use crate::module::{BinaryOp, Block, Expr, ExprKind, LogicOp, Role, Stmt, StmtKind, UnaryOp};

impl<'t> Lowering<'t> {
    /// Lowers one statement into as many as it takes.
    pub(super) fn statement(&mut self, node: Node<'t>, out: &mut Block) {
        if self.depth >= super::MAX_DEPTH {
            out.push(stmt(node, StmtKind::Expr(at(node, ExprKind::Opaque("too deep")))));
            return;
        }
        self.depth += 1;
        self.statement_kind(node, out);
        self.depth -= 1;
    }

    fn statement_kind(&mut self, node: Node<'t>, out: &mut Block) {
        match node.kind() {
            "expression_statement" => {
                if let Some(inner) = only_child(node) {
                    self.effect(inner, out);
                }
            }
            "lexical_declaration" | "using_declaration" => self.variables(node, Binding::Let, out),
            "variable_declaration" => self.variables(node, Binding::Var, out),
            "function_declaration" | "generator_function_declaration" => {
                let function = self.function(node, Role::Plain);
                self.declare(&function.name);
                out.push(stmt(node, StmtKind::Function(Rc::new(function))));
            }
            "class_declaration" | "abstract_class_declaration" => {
                let class = self.class(node);
                self.declare(&class.name);
                out.push(stmt(node, StmtKind::Class(Rc::new(class))));
            }
            "if_statement" => self.condition(node, out),
            "for_statement" => self.counted_loop(node, out),
            "for_in_statement" => self.iteration(node, out),
            "while_statement" | "do_statement" => {
                let test = self.field(node, "condition");
                let body = self.body(node.child_by_field_name("body"));
                out.push(stmt(node, StmtKind::While { test, body }));
            }
            "switch_statement" => self.switch(node, out),
            "try_statement" => self.attempt(node, out),
            "statement_block" => {
                let body = self.block(node);
                out.push(stmt(node, StmtKind::Block(body)));
            }
            "return_statement" => match only_child(node) {
                Some(value) => self.returned(node, value, out),
                None => out.push(stmt(node, StmtKind::Return(None))),
            },
            "throw_statement" => {
                let value = only_child(node).map(|value| self.expression(value));
                out.push(stmt(node, StmtKind::Raise(value)));
            }
            "break_statement" => out.push(stmt(node, StmtKind::Break)),
            "continue_statement" => out.push(stmt(node, StmtKind::Continue)),
            "labeled_statement" | "with_statement" => {
                if let Some(body) = node.child_by_field_name("body") {
                    self.statement(body, out);
                }
            }
            "import_statement" => self.import(node, out),
            "export_statement" => self.export(node, out),
            "enum_declaration" => self.enumeration(node, out),
            "internal_module" | "module" => self.namespace(node, out),
            "ERROR" => self.error(node),
            // Types, declarations without code, `debugger`, empty statements.
            _ => {}
        }
    }

    /// An expression for its effect. Short cuts become conditions, comma expressions statements.
    pub(super) fn effect(&mut self, node: Node<'t>, out: &mut Block) {
        match node.kind() {
            "parenthesized_expression" => {
                if let Some(inner) = only_child(node) {
                    self.effect(inner, out);
                }
            }
            "sequence_expression" => {
                let mut cursor = node.walk();
                for part in children(node, &mut cursor) {
                    self.effect(part, out);
                }
            }
            "assignment_expression" => {
                let target = self.assigned(node);
                let value = self.field(node, "right");
                out.push(assign(node, target, Some(value)));
            }
            "augmented_assignment_expression" => {
                let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
                match augmentation(operator).filter(|_| logic(operator.trim_end_matches('=')).is_none()) {
                    Some(op) => {
                        let target = self.field(node, "left");
                        let value = self.field(node, "right");
                        out.push(stmt(node, StmtKind::Augment { target, op, value }));
                    }
                    None => self.plain_effect(node, out),
                }
            }
            "binary_expression" => self.short_cut(node, out),
            "ternary_expression" => {
                let test = self.field(node, "condition");
                let then = self.effects(node.child_by_field_name("consequence"));
                let otherwise = self.effects(node.child_by_field_name("alternative"));
                out.push(stmt(node, StmtKind::If { test, then, otherwise }));
            }
            "unary_expression" if self.source(node).starts_with("void") => {
                if let Some(argument) = node.child_by_field_name("argument") {
                    self.effect(argument, out);
                }
            }
            "yield_expression" => {
                let value = self.yielded(node);
                out.push(stmt(node, StmtKind::Yield(value)));
            }
            _ => self.plain_effect(node, out),
        }
    }

    /// The object of a member expression.
    pub(super) fn looked_into(&mut self, node: Node<'t>) -> Expr {
        let object = self.field(node, "object");
        match node.child_by_field_name("optional_chain") {
            Some(_) => at(node, ExprKind::Optional(Box::new(object))),
            None => object,
        }
    }

    /// What a `yield` gives; `yield*` gives every element.
    pub(super) fn yielded(&mut self, node: Node<'t>) -> Option<Expr> {
        let value = self.expression(only_child(node)?);
        let is_each = node.child(1).is_some_and(|token| token.kind() == "*");
        Some(if is_each { at(node, ExprKind::Spread(Box::new(value))) } else { value })
    }

    fn plain_effect(&mut self, node: Node<'t>, out: &mut Block) {
        let value = self.expression(node);
        out.push(stmt(node, StmtKind::Expr(value)));
    }

    /// `a && b`, `a || b` where the value does not matter.
    fn short_cut(&mut self, node: Node<'t>, out: &mut Block) {
        let operator = node.child_by_field_name("operator").and_then(|operator| logic(operator.kind()));
        let test = match operator {
            Some(LogicOp::And) => self.field(node, "left"),
            Some(LogicOp::Or) => {
                let left = self.field(node, "left");
                at(node, ExprKind::Unary(UnaryOp::Not, Box::new(left)))
            }
            _ => return self.plain_effect(node, out),
        };
        let then = self.effects(node.child_by_field_name("right"));
        out.push(stmt(node, StmtKind::If { test, then, otherwise: Block::new() }));
    }

    fn effects(&mut self, node: Option<Node<'t>>) -> Block {
        let mut out = Block::new();
        let Some(node) = node else { return out };
        if self.depth < super::MAX_DEPTH {
            self.depth += 1;
            self.effect(node, &mut out);
            self.depth -= 1;
        }
        out
    }

    fn variables(&mut self, node: Node<'t>, binding: Binding, out: &mut Block) {
        let mut cursor = node.walk();
        for declarator in children(node, &mut cursor).filter(|child| child.kind() == "variable_declarator") {
            let Some(name) = declarator.child_by_field_name("name") else { continue };
            let target = self.pattern(name, binding);
            let value = declarator.child_by_field_name("value").map(|value| self.expression(value));
            if value.is_some() || binding == Binding::Let {
                out.push(assign(declarator, target, value));
            }
        }
    }

    /// `if … else if …`: the chain is walked, not recursed into.
    fn condition(&mut self, node: Node<'t>, out: &mut Block) {
        // `if (a(), b)`: all but the last stand before.
        let mut test = node.child_by_field_name("condition").and_then(only_child);
        if let Some(list) = test.filter(|test| test.kind() == "sequence_expression") {
            let mut cursor = list.walk();
            let mut parts: Vec<Node<'t>> = children(list, &mut cursor).collect();
            test = parts.pop();
            for part in parts {
                self.effect(part, out);
            }
        }
        let mut arms = vec![node];
        let mut last = None;
        let mut current = node;
        while let Some(otherwise) = current.child_by_field_name("alternative").and_then(only_child) {
            if otherwise.kind() != "if_statement" || arms.len() >= super::MAX_DEPTH as usize {
                last = Some(otherwise);
                break;
            }
            arms.push(otherwise);
            current = otherwise;
        }
        let mut otherwise = self.body(last);
        for arm in arms.into_iter().rev() {
            let test = match test.filter(|_| arm == node) {
                Some(test) => self.expression(test),
                None => self.field(arm, "condition"),
            };
            let then = self.body(arm.child_by_field_name("consequence"));
            otherwise = vec![stmt(arm, StmtKind::If { test, then, otherwise })];
        }
        out.append(&mut otherwise);
    }

    /// `for (init; test; step)`: a `while` in a block of its own. With a `continue` in the body, the step stands in
    /// a `finally`, so that it is not left out.
    fn counted_loop(&mut self, node: Node<'t>, out: &mut Block) {
        self.blocks.push(Vec::new());
        let mut block = Block::new();
        if let Some(first) = node.child_by_field_name("initializer") {
            match first.kind() {
                "sequence_expression" | "assignment_expression" => self.effect(first, &mut block),
                _ => self.statement(first, &mut block),
            }
        }
        let test = match node.child_by_field_name("condition").filter(|test| test.kind() != "empty_statement") {
            Some(test) if test.kind() == "expression_statement" => self.inner(test),
            Some(test) => self.expression(test),
            None => at(node, ExprKind::Bool(true)),
        };
        let mut body = self.body(node.child_by_field_name("body"));
        let mut step = self.effects(node.child_by_field_name("increment"));
        if contains(&body, &|kind| matches!(kind, StmtKind::Continue)) {
            let tried = StmtKind::Try { body, handlers: Vec::new(), otherwise: Block::new(), finally: step };
            body = vec![stmt(node, tried)];
        } else {
            body.append(&mut step);
        }
        block.push(stmt(node, StmtKind::While { test, body }));
        let declared = self.blocks.pop().unwrap_or_default();
        out.push(stmt(node, StmtKind::Block(super::hoisted(declared, block, super::line(node)))));
    }

    /// `for (const x of xs)`: the body is a block that declares `x`, so that every round has its own.
    fn iteration(&mut self, node: Node<'t>, out: &mut Block) {
        let keys = node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "in");
        let iter = self.field(node, "right");
        let binding = match node.child_by_field_name("kind").map(|kind| kind.kind()) {
            Some("var") => Binding::Var,
            Some(_) => Binding::Let,
            None => Binding::Assigned,
        };
        let item = self.temporary("");
        self.blocks.push(Vec::new());
        let mut body = Block::new();
        if let Some(left) = node.child_by_field_name("left") {
            let target = self.pattern(left, binding);
            body.push(assign(node, target, Some(named(node, &item))));
        }
        match node.child_by_field_name("body") {
            Some(block) if block.kind() == "statement_block" => body.extend(self.statements(block)),
            other => body.extend(self.body(other)),
        }
        let declared = self.blocks.pop().unwrap_or_default();
        let body = vec![stmt(node, StmtKind::Block(super::hoisted(declared, body, super::line(node))))];
        out.push(stmt(node, StmtKind::For { target: named(node, &item), iter, keys, body }));
    }

    /// `switch` as a chain of `if`. Cases without a body share the next one's; a `break` in the middle of a case
    /// needs something to leave, so the chain then stands in a loop of one round.
    fn switch(&mut self, node: Node<'t>, out: &mut Block) {
        let words = node.child_by_field_name("value").map(|value| self.source(value)).unwrap_or_default();
        let words = words.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(words);
        let subject = self.temporary(words);
        let value = self.field(node, "value");
        out.push(assign(node, named(node, &subject), Some(value)));
        self.blocks.push(Vec::new());
        let mut arms: Vec<(Option<Expr>, Block, Node<'t>)> = Vec::new();
        let mut default = Block::new();
        let (mut tests, mut is_default): (Vec<Expr>, bool) = (Vec::new(), false);
        let Some(cases) = node.child_by_field_name("body") else { return };
        let mut cursor = cases.walk();
        for case in children(cases, &mut cursor) {
            match case.child_by_field_name("value") {
                Some(value) => tests.push(self.expression(value)),
                None => is_default = true,
            }
            let mut bodies = case.walk();
            let mut body = Block::new();
            for part in case.children_by_field_name("body", &mut bodies).filter(Node::is_named) {
                self.statement(part, &mut body);
            }
            if body.is_empty() {
                continue;
            }
            if matches!(body.last(), Some(Stmt { kind: StmtKind::Break, .. })) {
                body.pop();
            }
            if is_default {
                tests.clear();
                default = body;
            } else {
                let test = tests.drain(..).map(|value| {
                    let subject = Box::new(named(case, &subject));
                    at(case, ExprKind::Binary(subject, BinaryOp::Is, Box::new(value)))
                });
                let any = |left, right| at(case, ExprKind::Logic(Box::new(left), LogicOp::Or, Box::new(right)));
                arms.push((test.reduce(any), body, case));
            }
            is_default = false;
        }
        let mut chain = default;
        for (test, then, case) in arms.into_iter().rev() {
            let test = test.unwrap_or_else(|| at(case, ExprKind::Bool(true)));
            chain = vec![stmt(case, StmtKind::If { test, then, otherwise: chain })];
        }
        let declared = self.blocks.pop().unwrap_or_default();
        let chain = super::hoisted(declared, chain, super::line(node));
        if contains(&chain, &|kind| matches!(kind, StmtKind::Break)) {
            let once = at(node, ExprKind::Array(vec![undefined(node)]));
            let target = named(node, &self.temporary(""));
            let body = vec![stmt(node, StmtKind::Block(chain))];
            out.push(stmt(node, StmtKind::For { target, iter: once, keys: false, body }));
        } else {
            out.push(stmt(node, StmtKind::Block(chain)));
        }
    }

    fn attempt(&mut self, node: Node<'t>, out: &mut Block) {
        let body = self.body(node.child_by_field_name("body"));
        let handlers = node.child_by_field_name("handler").map(|handler| {
            self.blocks.push(Vec::new());
            if let Some(parameter) = handler.child_by_field_name("parameter") {
                self.pattern(parameter, Binding::Let);
            }
            let body = handler.child_by_field_name("body").map(|body| self.statements(body)).unwrap_or_default();
            let declared = self.blocks.pop().unwrap_or_default();
            super::hoisted(declared, body, super::line(handler))
        });
        let finally = node.child_by_field_name("finalizer").and_then(|finally| finally.child_by_field_name("body"));
        let finally = self.body(finally);
        let handlers = handlers.into_iter().collect();
        out.push(stmt(node, StmtKind::Try { body, handlers, otherwise: Block::new(), finally }));
    }
}

/// Whether a statement of that kind stands in a block, outside inner loops.
fn contains(block: &Block, wanted: &dyn Fn(&StmtKind) -> bool) -> bool {
    block.iter().any(|stmt| {
        wanted(&stmt.kind)
            || match &stmt.kind {
                StmtKind::If { then, otherwise, .. } => contains(then, wanted) || contains(otherwise, wanted),
                StmtKind::Block(body) => contains(body, wanted),
                StmtKind::Try { body, handlers, finally, .. } => {
                    contains(body, wanted)
                        || handlers.iter().any(|it| contains(it, wanted))
                        || contains(finally, wanted)
                }
                _ => false,
            }
    })
}
