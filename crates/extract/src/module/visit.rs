//! Walking through lowered code.

use super::{Arg, Class, DictItem, Expr, ExprKind, Function, Stmt, StmtKind, TemplatePart};

/// Shows every expression inside some statements to `look`, those of nested functions and classes too.
pub(crate) fn expressions<'m>(block: &'m [Stmt], look: &mut dyn FnMut(&'m Expr)) {
    for stmt in block {
        statement(stmt, look);
    }
}

/// The same for a class.
pub(crate) fn class<'m>(code: &'m Class, look: &mut dyn FnMut(&'m Expr)) {
    code.bases.iter().chain(&code.decorators).for_each(|expr| expression(expr, look));
    code.keywords.iter().for_each(|(_, expr)| expression(expr, look));
    expressions(&code.body, look);
    for field in &code.fields {
        expression(&field.key, look);
        field.value.iter().chain(&field.decorators).for_each(|expr| expression(expr, look));
    }
}

/// The same for a function.
pub(crate) fn function<'m>(code: &'m Function, look: &mut dyn FnMut(&'m Expr)) {
    code.decorators.iter().for_each(|expr| expression(expr, look));
    for param in &code.params {
        expression(&param.target, look);
        param.default.iter().for_each(|expr| expression(expr, look));
    }
    expressions(&code.body, look);
}

fn statement<'m>(stmt: &'m Stmt, look: &mut dyn FnMut(&'m Expr)) {
    match &stmt.kind {
        StmtKind::Expr(expr) => expression(expr, look),
        StmtKind::Assign { targets, value, .. } => targets.iter().chain(value).for_each(|expr| expression(expr, look)),
        StmtKind::Augment { target, value, .. } => [target, value].into_iter().for_each(|expr| expression(expr, look)),
        StmtKind::Function(code) => function(code, look),
        StmtKind::Class(code) => class(code, look),
        StmtKind::If { test, then, otherwise } => {
            expression(test, look);
            expressions(then, look);
            expressions(otherwise, look);
        }
        StmtKind::For { target, iter, body, .. } => {
            expression(target, look);
            expression(iter, look);
            expressions(body, look);
        }
        StmtKind::While { test, body } => {
            expression(test, look);
            expressions(body, look);
        }
        StmtKind::Try { body, handlers, otherwise, finally } => {
            expressions(body, look);
            handlers.iter().for_each(|handler| expressions(handler, look));
            expressions(otherwise, look);
            expressions(finally, look);
        }
        StmtKind::With { items, body } => {
            for (context, target) in items {
                expression(context, look);
                target.iter().for_each(|expr| expression(expr, look));
            }
            expressions(body, look);
        }
        StmtKind::Block(body) => expressions(body, look),
        StmtKind::Return(value) | StmtKind::Yield(value) | StmtKind::Raise(value) => {
            value.iter().for_each(|expr| expression(expr, look));
        }
        StmtKind::Delete(targets) => targets.iter().for_each(|expr| expression(expr, look)),
        StmtKind::Declare(_)
        | StmtKind::Import(_)
        | StmtKind::Export(_)
        | StmtKind::Outer(_)
        | StmtKind::Break
        | StmtKind::Continue => {}
    }
}

fn expression<'m>(expr: &'m Expr, look: &mut dyn FnMut(&'m Expr)) {
    look(expr);
    match &expr.kind {
        ExprKind::Array(items) | ExprKind::Tuple(items) | ExprKind::Set(items) | ExprKind::Sequence(items) => {
            items.iter().for_each(|item| expression(item, look));
        }
        ExprKind::Member(inner, _)
        | ExprKind::Spread(inner)
        | ExprKind::Unary(_, inner)
        | ExprKind::Optional(inner)
        | ExprKind::Await(inner)
        | ExprKind::DynamicImport(inner) => expression(inner, look),
        ExprKind::Yield(inner) => inner.iter().for_each(|inner| expression(inner, look)),
        ExprKind::Index(a, b) | ExprKind::Binary(a, _, b) | ExprKind::Logic(a, _, b) | ExprKind::Assign(a, b) => {
            expression(a, look);
            expression(b, look);
        }
        ExprKind::Conditional(a, b, c) => [a, b, c].into_iter().for_each(|inner| expression(inner, look)),
        ExprKind::Slice(a, b, c) => [a, b, c].into_iter().flatten().for_each(|inner| expression(inner, look)),
        ExprKind::Template(parts) => template(parts, look),
        ExprKind::Tagged(tag, parts) => {
            expression(tag, look);
            template(parts, look);
        }
        ExprKind::Call(call) => {
            expression(&call.callee, look);
            for arg in &call.args {
                match arg {
                    Arg::Positional(value) | Arg::Named(_, value) | Arg::Spread(value) | Arg::NamedSpread(value) => {
                        expression(value, look);
                    }
                }
            }
        }
        ExprKind::Dict(items) => {
            for item in items {
                match item {
                    DictItem::Pair(key, value) => {
                        expression(key, look);
                        expression(value, look);
                    }
                    DictItem::Spread(value) => expression(value, look),
                    DictItem::Method(key, code) => {
                        expression(key, look);
                        function(code, look);
                    }
                }
            }
        }
        ExprKind::Function(code) => function(code, look),
        ExprKind::Class(code) => class(code, look),
        ExprKind::Comprehension(inner) => {
            expression(&inner.element, look);
            inner.value.iter().for_each(|value| expression(value, look));
            for clause in &inner.clauses {
                expression(&clause.target, look);
                expression(&clause.iter, look);
                clause.tests.iter().for_each(|test| expression(test, look));
            }
        }
        ExprKind::Null
        | ExprKind::Undefined
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::Int(_)
        | ExprKind::Str(_)
        | ExprKind::Bytes
        | ExprKind::Regex(_)
        | ExprKind::Name(_)
        | ExprKind::Opaque(_) => {}
    }
}

fn template<'m>(parts: &'m [TemplatePart], look: &mut dyn FnMut(&'m Expr)) {
    for part in parts {
        if let TemplatePart::Value(value, _) = part {
            expression(value, look);
        }
    }
}
