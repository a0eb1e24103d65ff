//! Statements, functions and classes.

use std::rc::Rc;

use tree_sitter::Node;

use super::expressions::binary_op;
use super::{Lowering, MAX_DEPTH, fields, has_token, parts};
use crate::module::{
    Arg, BinaryOp, Block, Class, Expr, ExprKind, Function, Import, ImportName, Imported, LogicOp, Role, Stmt, StmtKind,
};

impl Lowering<'_> {
    fn block(&mut self, node: Option<Node<'_>>) -> Block {
        let mut out = Block::new();
        if let Some(node) = node {
            self.block_into(node, &mut out);
        }
        out
    }

    /// The statements in a block or module.
    pub(super) fn block_into(&mut self, node: Node<'_>, out: &mut Block) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        for part in parts(node) {
            self.statement(part, Vec::new(), out);
        }
        self.depth -= 1;
    }

    fn statement(&mut self, node: Node<'_>, decorators: Vec<Expr>, out: &mut Block) {
        let kind = match node.kind() {
            "expression_statement" => match parts(node).first() {
                Some(inner) => return self.expression_statement(*inner, out),
                None => return,
            },
            "function_definition" => StmtKind::Function(Rc::new(self.function(node, decorators))),
            "class_definition" => StmtKind::Class(Rc::new(self.class(node, decorators))),
            "decorated_definition" => {
                let decorators = parts(node)
                    .into_iter()
                    .filter(|part| part.kind() == "decorator")
                    .filter_map(|part| parts(part).first().copied())
                    .map(|part| self.expr(part))
                    .collect();
                if let Some(definition) = node.child_by_field_name("definition") {
                    self.statement(definition, decorators, out);
                }
                return;
            }
            "if_statement" => self.if_statement(node),
            "for_statement" => {
                let (left, right) = (node.child_by_field_name("left"), node.child_by_field_name("right"));
                let (Some(left), Some(right)) = (left, right) else { return };
                let target = self.expr(left);
                let iter = self.expr(right);
                let body = self.block(node.child_by_field_name("body"));
                out.push(self.stmt(node, StmtKind::For { target, iter, keys: false, body }));
                return self.else_after(node, out);
            }
            "while_statement" => {
                let Some(condition) = node.child_by_field_name("condition") else { return };
                let test = self.expr(condition);
                let body = self.block(node.child_by_field_name("body"));
                out.push(self.stmt(node, StmtKind::While { test, body }));
                return self.else_after(node, out);
            }
            "try_statement" => self.try_statement(node),
            "with_statement" => self.with_statement(node),
            "match_statement" => return self.match_statement(node, out),
            "import_statement" => return self.import(node, out),
            "import_from_statement" => self.import_from(node),
            "return_statement" => {
                let value = parts(node).first().map(|value| self.expr(*value));
                StmtKind::Return(value)
            }
            "raise_statement" => {
                let value = parts(node).first().map(|value| self.expr(*value));
                StmtKind::Raise(value)
            }
            "delete_statement" => {
                let targets = parts(node).into_iter().map(|target| self.expr(target)).flat_map(|target| match target {
                    Expr { kind: ExprKind::Tuple(items), .. } => items,
                    target => vec![target],
                });
                StmtKind::Delete(targets.collect())
            }
            "global_statement" | "nonlocal_statement" => {
                StmtKind::Outer(parts(node).into_iter().map(|name| self.name(name)).collect())
            }
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            "type_alias_statement" => {
                let (left, right) = (node.child_by_field_name("left"), node.child_by_field_name("right"));
                let (Some(left), Some(right)) = (left, right) else { return };
                let target = self.expr(left);
                let value = Some(self.expr(right));
                StmtKind::Assign { targets: vec![target], value, annotation: None }
            }
            // What the parser could not make sense of may still hold whole statements.
            "ERROR" | "block" => return self.block_into(node, out),
            _ => return,
        };
        out.push(self.stmt(node, kind));
    }

    fn stmt(&self, node: Node<'_>, kind: StmtKind) -> Stmt {
        Stmt { line: self.line(node), kind }
    }

    fn expression_statement(&mut self, node: Node<'_>, out: &mut Block) {
        let kind = match node.kind() {
            "assignment" => self.assignment(node),
            "augmented_assignment" => {
                let op = node.child_by_field_name("operator").and_then(|op| binary_op(op.kind()));
                let (left, right) = (node.child_by_field_name("left"), node.child_by_field_name("right"));
                let (Some(op), Some(left), Some(right)) = (op, left, right) else { return };
                let target = self.expr(left);
                StmtKind::Augment { target, op, value: self.expr(right) }
            }
            "yield" => {
                self.mark_generator();
                let value = parts(node).first().map(|value| self.expr(*value));
                match value {
                    // `yield from x`: every element of it.
                    Some(iter) if has_token(node, "from") => {
                        let each = || Expr { line: iter.line, kind: ExprKind::Name("yielded".into()) };
                        let (target, value) = (each(), each());
                        let body = vec![self.stmt(node, StmtKind::Yield(Some(value)))];
                        StmtKind::For { target, iter, keys: false, body }
                    }
                    value => StmtKind::Yield(value),
                }
            }
            "string" | "concatenated_string" | "ellipsis" => return,
            _ => StmtKind::Expr(self.expr(node)),
        };
        out.push(self.stmt(node, kind));
    }

    /// `a = b = value`, `a: type = value`.
    fn assignment(&mut self, node: Node<'_>) -> StmtKind {
        let annotation = node.child_by_field_name("type").map(|annotation| self.expr(annotation));
        let mut targets = Vec::new();
        let mut at = node;
        loop {
            if let Some(left) = at.child_by_field_name("left") {
                targets.push(self.expr(left));
            }
            match at.child_by_field_name("right") {
                Some(right) if right.kind() == "assignment" => at = right,
                right => {
                    let value = right.map(|right| self.expr(right));
                    return StmtKind::Assign { targets, value, annotation };
                }
            }
        }
    }

    /// `else` of a loop: runs after it.
    fn else_after(&mut self, node: Node<'_>, out: &mut Block) {
        let alternative = node.child_by_field_name("alternative");
        if let Some(body) = alternative.and_then(|clause| clause.child_by_field_name("body")) {
            self.block_into(body, out);
        }
    }

    fn if_statement(&mut self, node: Node<'_>) -> StmtKind {
        let mut otherwise = Block::new();
        for clause in fields(node, "alternative").into_iter().rev() {
            if clause.kind() == "elif_clause" {
                let kind = self.if_with(clause, otherwise);
                otherwise = vec![self.stmt(clause, kind)];
            } else {
                otherwise = self.block(clause.child_by_field_name("body"));
            }
        }
        self.if_with(node, otherwise)
    }

    fn if_with(&mut self, node: Node<'_>, otherwise: Block) -> StmtKind {
        let test = match node.child_by_field_name("condition") {
            Some(condition) => self.expr(condition),
            None => self.at(node, ExprKind::Opaque("condition")),
        };
        StmtKind::If { test, then: self.block(node.child_by_field_name("consequence")), otherwise }
    }

    fn try_statement(&mut self, node: Node<'_>) -> StmtKind {
        let body = self.block(node.child_by_field_name("body"));
        let (mut handlers, mut otherwise, mut finally) = (Vec::new(), Block::new(), Block::new());
        for clause in parts(node) {
            let inner = parts(clause).into_iter().find(|part| part.kind() == "block");
            match clause.kind() {
                "except_clause" | "except_group_clause" => {
                    let mut handler = Block::new();
                    if let Some(alias) = exception_name(clause) {
                        let target = self.expr(alias);
                        let value = Some(self.at(alias, ExprKind::Opaque("an exception")));
                        let kind = StmtKind::Assign { targets: vec![target], value, annotation: None };
                        handler.push(self.stmt(clause, kind));
                    }
                    if let Some(inner) = inner {
                        self.block_into(inner, &mut handler);
                    }
                    handlers.push(handler);
                }
                "else_clause" => otherwise = self.block(inner),
                "finally_clause" => finally = self.block(inner),
                _ => {}
            }
        }
        StmtKind::Try { body, handlers, otherwise, finally }
    }

    fn with_statement(&mut self, node: Node<'_>) -> StmtKind {
        let mut items = Vec::new();
        let clauses = parts(node).into_iter().filter(|part| part.kind() == "with_clause");
        for item in clauses.flat_map(parts).filter_map(|item| item.child_by_field_name("value")) {
            if item.kind() == "as_pattern" {
                let context = parts(item).first().map(|context| self.expr(*context));
                let target = item.child_by_field_name("alias").map(|alias| self.expr(alias));
                items.extend(context.map(|context| (context, target)));
            } else if item.kind() == "tuple" {
                for part in parts(item) {
                    items.push((self.expr(part), None));
                }
            } else {
                items.push((self.expr(item), None));
            }
        }
        StmtKind::With { items, body: self.block(node.child_by_field_name("body")) }
    }

    /// `match` as a chain of `if`: values are compared, other patterns are conditions that are not known.
    fn match_statement(&mut self, node: Node<'_>, out: &mut Block) {
        let Some(subject) = fields(node, "subject").first().copied() else { return };
        let Some(body) = node.child_by_field_name("body") else { return };
        let mut otherwise = Block::new();
        for clause in parts(body).into_iter().rev().filter(|part| part.kind() == "case_clause") {
            let then = self.block(clause.child_by_field_name("consequence"));
            let guard = clause.child_by_field_name("guard").and_then(|guard| parts(guard).first().copied());
            let pattern = parts(clause).into_iter().find(|part| part.kind() == "case_pattern");
            let test = pattern.and_then(|pattern| self.case_test(subject, pattern));
            let guard = guard.map(|guard| self.expr(guard));
            let test = match (test, guard) {
                (Some(test), Some(guard)) => {
                    Some(self.at(clause, ExprKind::Logic(Box::new(test), LogicOp::And, Box::new(guard))))
                }
                (test, guard) => test.or(guard),
            };
            otherwise = match test {
                Some(test) => vec![self.stmt(clause, StmtKind::If { test, then, otherwise })],
                None => then,
            };
        }
        out.append(&mut otherwise);
    }

    /// The condition of a case; `None` when it always matches.
    fn case_test(&mut self, subject: Node<'_>, pattern: Node<'_>) -> Option<Expr> {
        if self.text(pattern).trim() == "_" {
            return None;
        }
        let inner = parts(pattern).first().copied().unwrap_or(pattern);
        if inner.kind() == "union_pattern" {
            let mut tests = parts(inner).into_iter().map(|part| self.case_value(subject, part)).collect::<Vec<_>>();
            let mut test = tests.pop()?;
            while let Some(before) = tests.pop() {
                test = self.at(inner, ExprKind::Logic(Box::new(before), LogicOp::Or, Box::new(test)));
            }
            return Some(test);
        }
        Some(self.case_value(subject, inner))
    }

    fn case_value(&mut self, subject: Node<'_>, value: Node<'_>) -> Expr {
        match value.kind() {
            "string" | "concatenated_string" | "integer" | "float" | "true" | "false" | "none" | "dotted_name"
                if value.kind() != "dotted_name" || value.named_child_count() > 1 =>
            {
                let subject = Box::new(self.expr(subject));
                let value = Box::new(self.expr(value));
                Expr { line: value.line, kind: ExprKind::Binary(subject, BinaryOp::Eq, value) }
            }
            _ => self.at(value, ExprKind::Opaque("a pattern")),
        }
    }

    fn function(&mut self, node: Node<'_>, decorators: Vec<Expr>) -> Function {
        let body = node.child_by_field_name("body");
        let name = node.child_by_field_name("name").map_or_else(|| "".into(), |name| self.name(name));
        let params = node.child_by_field_name("parameters").map_or_else(Vec::new, |params| self.params(params));
        let returns = node.child_by_field_name("return_type").map(|returns| self.expr(returns));
        self.generators.push(false);
        let docstring = body.and_then(|body| self.docstring(body));
        let statements = self.block(body);
        let is_generator = self.generators.pop().unwrap_or_default();
        Function {
            name,
            line: self.line(node),
            params,
            returns,
            body: statements.into(),
            decorators,
            docstring,
            is_async: has_token(node, "async"),
            is_generator,
            is_arrow: false,
            role: Role::Plain,
        }
    }

    fn class(&mut self, node: Node<'_>, decorators: Vec<Expr>) -> Class {
        let body = node.child_by_field_name("body");
        let name = node.child_by_field_name("name").map_or_else(|| "".into(), |name| self.name(name));
        let (mut bases, mut keywords) = (Vec::new(), Vec::new());
        for part in node.child_by_field_name("superclasses").map_or_else(Vec::new, parts) {
            match self.argument(part) {
                Arg::Positional(base) | Arg::Spread(base) => bases.push(base),
                Arg::Named(name, value) => keywords.push((name, value)),
                Arg::NamedSpread(_) => {}
            }
        }
        let docstring = body.and_then(|body| self.docstring(body));
        let body = self.block(body);
        Class { name, line: self.line(node), bases, keywords, decorators, docstring, body, fields: Vec::new() }
    }

    fn import(&mut self, node: Node<'_>, out: &mut Block) {
        for name in fields(node, "name") {
            let import = if name.kind() == "aliased_import" {
                let (module, alias) = (name.child_by_field_name("name"), name.child_by_field_name("alias"));
                let (Some(module), Some(alias)) = (module, alias) else { continue };
                let names = vec![ImportName { what: Imported::Module, local: self.name(alias) }];
                Import { module: self.dotted_text(module), level: 0, names }
            } else {
                let module = self.dotted_text(name);
                let root: Rc<str> = module.split('.').next().unwrap_or_default().into();
                Import { module, level: 0, names: vec![ImportName { what: Imported::Root, local: root }] }
            };
            out.push(self.stmt(node, StmtKind::Import(import)));
        }
    }

    fn import_from(&mut self, node: Node<'_>) -> StmtKind {
        let mut import = Import { module: "".into(), level: 0, names: Vec::new() };
        match node.child_by_field_name("module_name") {
            Some(relative) if relative.kind() == "relative_import" => {
                for part in parts(relative) {
                    if part.kind() == "import_prefix" {
                        let dots = self.text(part).matches('.').count();
                        import.level = u32::try_from(dots).unwrap_or(u32::MAX);
                    } else {
                        import.module = self.dotted_text(part);
                    }
                }
            }
            Some(absolute) => import.module = self.dotted_text(absolute),
            None => {}
        }
        for name in fields(node, "name") {
            let (what, local) = if name.kind() == "aliased_import" {
                let (what, alias) = (name.child_by_field_name("name"), name.child_by_field_name("alias"));
                let (Some(what), Some(alias)) = (what, alias) else { continue };
                (what, alias)
            } else {
                (name, name)
            };
            let what = Imported::Name(self.dotted_text(what));
            import.names.push(ImportName { what, local: self.name(local) });
        }
        if parts(node).iter().any(|part| part.kind() == "wildcard_import") {
            import.names.push(ImportName { what: Imported::All, local: "*".into() });
        }
        StmtKind::Import(import)
    }

    /// `a . b` without white space.
    fn dotted_text(&self, node: Node<'_>) -> Rc<str> {
        self.text(node).chars().filter(|c| !c.is_whitespace()).collect::<String>().into()
    }
}

/// `e` of `except X as e`.
fn exception_name<'n>(clause: Node<'n>) -> Option<Node<'n>> {
    clause.child_by_field_name("alias").or_else(|| {
        let pattern = fields(clause, "value").into_iter().find(|value| value.kind() == "as_pattern")?;
        pattern.child_by_field_name("alias")
    })
}
