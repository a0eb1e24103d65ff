//! Expressions, annotations and parameters.

use std::rc::Rc;

use tree_sitter::Node;

use super::{Lowering, MAX_DEPTH, fields, has_token, parts};
use crate::module::{
    Arg, BinaryOp, Call, Clause, Comprehension, ComprehensionKind, DictItem, Expr, ExprKind, Function, LogicOp, Param,
    ParamKind, Role, Stmt, StmtKind, UnaryOp,
};

impl Lowering<'_> {
    pub(super) fn expr(&mut self, node: Node<'_>) -> Expr {
        if self.depth >= MAX_DEPTH {
            return self.at(node, ExprKind::Opaque("too deep"));
        }
        self.depth += 1;
        let kind = self.expr_kind(node);
        self.depth -= 1;
        self.at(node, kind)
    }

    fn boxed(&mut self, node: Node<'_>) -> Box<Expr> {
        Box::new(self.expr(node))
    }

    fn field(&mut self, node: Node<'_>, name: &str) -> Box<Expr> {
        match node.child_by_field_name(name) {
            Some(child) => self.boxed(child),
            None => Box::new(self.at(node, ExprKind::Opaque("missing"))),
        }
    }

    fn each(&mut self, nodes: Vec<Node<'_>>) -> Vec<Expr> {
        nodes.into_iter().map(|node| self.expr(node)).collect()
    }

    fn expr_kind(&mut self, node: Node<'_>) -> ExprKind {
        match node.kind() {
            "identifier" | "dotted_name" => return self.dotted(node),
            "none" => return ExprKind::Null,
            "true" => return ExprKind::Bool(true),
            "false" => return ExprKind::Bool(false),
            "integer" | "float" => return number(self.text(node)),
            "string" => return self.string(node),
            "concatenated_string" => return self.strings(&parts(node)),
            "attribute" => {
                let object = self.field(node, "object");
                return match node.child_by_field_name("attribute") {
                    Some(name) => ExprKind::Member(object, self.name(name)),
                    None => ExprKind::Opaque("attribute"),
                };
            }
            "subscript" => return self.subscript(node),
            "call" => return self.call(node),
            "list" | "list_pattern" => return ExprKind::Array(self.each(parts(node))),
            "tuple" | "expression_list" | "pattern_list" | "tuple_pattern" => {
                return ExprKind::Tuple(self.each(parts(node)));
            }
            "set" => return ExprKind::Set(self.each(parts(node))),
            "dictionary" => return ExprKind::Dict(parts(node).into_iter().filter_map(|p| self.pair(p)).collect()),
            "list_splat" | "list_splat_pattern" | "dictionary_splat" | "splat_type" => {
                return self.only(node, ExprKind::Spread);
            }
            "lambda" => return self.lambda(node),
            "binary_operator" => return self.binary(node),
            "comparison_operator" => return self.comparison(node),
            "boolean_operator" => {
                let op = if has_token(node, "or") { LogicOp::Or } else { LogicOp::And };
                let left = self.field(node, "left");
                return ExprKind::Logic(left, op, self.field(node, "right"));
            }
            "not_operator" => return ExprKind::Unary(UnaryOp::Not, self.field(node, "argument")),
            "unary_operator" => {
                let op = match node.child(0).map(|op| op.kind()) {
                    Some("-") => UnaryOp::Neg,
                    Some("~") => UnaryOp::Invert,
                    _ => UnaryOp::Pos,
                };
                return ExprKind::Unary(op, self.field(node, "argument"));
            }
            "conditional_expression" => {
                if let [then, test, otherwise] = parts(node)[..] {
                    let test = self.boxed(test);
                    let then = self.boxed(then);
                    return ExprKind::Conditional(test, then, self.boxed(otherwise));
                }
            }
            "named_expression" | "assignment" => {
                let (target, value) = if node.kind() == "assignment" { ("left", "right") } else { ("name", "value") };
                let target = self.field(node, target);
                return ExprKind::Assign(target, self.field(node, value));
            }
            "list_comprehension" => return self.comprehension(node, ComprehensionKind::List),
            "set_comprehension" => return self.comprehension(node, ComprehensionKind::Set),
            "dictionary_comprehension" => return self.comprehension(node, ComprehensionKind::Dict),
            "generator_expression" => return self.comprehension(node, ComprehensionKind::Generator),
            "await" => return self.only(node, ExprKind::Await),
            "yield" => {
                self.mark_generator();
                let value = parts(node).first().map(|value| self.boxed(*value));
                return ExprKind::Yield(value);
            }
            "slice" => return self.slice(node),
            "parenthesized_expression" | "parenthesized_list_splat" | "type" | "as_pattern_target" => {
                if let Some(inner) = parts(node).first() {
                    return self.expr(*inner).kind;
                }
            }
            "generic_type" => return self.generic_type(node),
            "union_type" => {
                if let [left, right] = parts(node)[..] {
                    let left = self.boxed(left);
                    return ExprKind::Binary(left, BinaryOp::BitOr, self.boxed(right));
                }
            }
            "member_type" => {
                if let [object, name] = parts(node)[..] {
                    let object = self.boxed(object);
                    return ExprKind::Member(object, self.name(name));
                }
            }
            "ellipsis" => return ExprKind::Name("Ellipsis".into()),
            _ => {}
        }
        ExprKind::Opaque("unknown syntax")
    }

    fn only(&mut self, node: Node<'_>, wrap: impl FnOnce(Box<Expr>) -> ExprKind) -> ExprKind {
        match parts(node).first() {
            Some(inner) => wrap(self.boxed(*inner)),
            None => ExprKind::Opaque("nothing"),
        }
    }

    /// `a.b.c` as a name and its members.
    fn dotted(&mut self, node: Node<'_>) -> ExprKind {
        if node.kind() == "identifier" {
            return ExprKind::Name(self.name(node));
        }
        let mut names = parts(node).into_iter();
        let Some(first) = names.next() else { return ExprKind::Opaque("dotted_name") };
        let mut kind = ExprKind::Name(self.name(first));
        for name in names.take(MAX_DEPTH as usize) {
            let object = Box::new(self.at(node, kind));
            kind = ExprKind::Member(object, self.name(name));
        }
        kind
    }

    fn subscript(&mut self, node: Node<'_>) -> ExprKind {
        let value = self.field(node, "value");
        let mut keys = fields(node, "subscript");
        let key = match keys.len() {
            1 if !has_token(node, ",") => self.boxed(keys.remove(0)),
            _ => {
                let keys = self.each(keys);
                Box::new(self.at(node, ExprKind::Tuple(keys)))
            }
        };
        ExprKind::Index(value, key)
    }

    fn slice(&mut self, node: Node<'_>) -> ExprKind {
        let mut bounds = [None, None, None];
        let mut at = 0;
        for child in node.children(&mut node.walk()) {
            if child.kind() == ":" {
                at += 1;
            } else if child.is_named() && !child.is_extra() && at < 3 {
                bounds[at] = Some(self.boxed(child));
            }
        }
        let [from, to, step] = bounds;
        ExprKind::Slice(from, to, step)
    }

    fn call(&mut self, node: Node<'_>) -> ExprKind {
        let callee = *self.field(node, "function");
        let mut args = Vec::new();
        match node.child_by_field_name("arguments") {
            Some(list) if list.kind() == "argument_list" => {
                args.extend(parts(list).into_iter().map(|arg| self.argument(arg)));
            }
            Some(generator) => args.push(Arg::Positional(self.expr(generator))),
            None => {}
        }
        ExprKind::Call(Box::new(Call { callee, args, is_new: false }))
    }

    pub(super) fn argument(&mut self, node: Node<'_>) -> Arg {
        match node.kind() {
            "keyword_argument" => {
                let value = *self.field(node, "value");
                match node.child_by_field_name("name") {
                    Some(name) => Arg::Named(self.name(name), value),
                    None => Arg::Positional(value),
                }
            }
            "list_splat" | "dictionary_splat" => {
                let value = match parts(node).first() {
                    Some(inner) => self.expr(*inner),
                    None => self.at(node, ExprKind::Opaque("nothing")),
                };
                if node.kind() == "list_splat" { Arg::Spread(value) } else { Arg::NamedSpread(value) }
            }
            _ => Arg::Positional(self.expr(node)),
        }
    }

    fn pair(&mut self, node: Node<'_>) -> Option<DictItem> {
        match node.kind() {
            "pair" => {
                let key = *self.field(node, "key");
                Some(DictItem::Pair(key, *self.field(node, "value")))
            }
            "dictionary_splat" => parts(node).first().map(|inner| DictItem::Spread(self.expr(*inner))),
            _ => None,
        }
    }

    fn lambda(&mut self, node: Node<'_>) -> ExprKind {
        let params = node.child_by_field_name("parameters").map_or_else(Vec::new, |params| self.params(params));
        let value = *self.field(node, "body");
        let line = self.line(node);
        ExprKind::Function(Rc::new(Function {
            name: "".into(),
            line,
            params,
            returns: None,
            body: vec![Stmt { line, kind: StmtKind::Return(Some(value)) }].into(),
            decorators: Vec::new(),
            docstring: None,
            is_async: false,
            is_generator: false,
            is_arrow: true,
            role: Role::Plain,
        }))
    }

    fn binary(&mut self, node: Node<'_>) -> ExprKind {
        let op = node.child_by_field_name("operator").and_then(|op| binary_op(op.kind()));
        let left = self.field(node, "left");
        let right = self.field(node, "right");
        match op {
            Some(op) => ExprKind::Binary(left, op, right),
            None => ExprKind::Opaque("binary_operator"),
        }
    }

    /// `a < b < c` as `a < b and b < c`.
    fn comparison(&mut self, node: Node<'_>) -> ExprKind {
        let operands = parts(node);
        let operators: Vec<Option<BinaryOp>> =
            node.children_by_field_name("operators", &mut node.walk()).map(|op| binary_op(op.kind())).collect();
        let mut chain: Option<ExprKind> = None;
        for (pair, op) in operands.windows(2).zip(&operators).take(MAX_DEPTH as usize) {
            let [left, right] = *pair else { continue };
            let left = self.boxed(left);
            let right = self.boxed(right);
            let one = match op {
                Some(op) => ExprKind::Binary(left, *op, right),
                None => ExprKind::Opaque("comparison_operator"),
            };
            chain = Some(match chain {
                Some(before) => {
                    let before = Box::new(self.at(node, before));
                    ExprKind::Logic(before, LogicOp::And, Box::new(self.at(node, one)))
                }
                None => one,
            });
        }
        chain.unwrap_or(ExprKind::Opaque("comparison_operator"))
    }

    fn comprehension(&mut self, node: Node<'_>, kind: ComprehensionKind) -> ExprKind {
        let Some(body) = node.child_by_field_name("body") else { return ExprKind::Opaque("a comprehension") };
        let (element, value) = match body.kind() {
            "pair" => (*self.field(body, "key"), Some(*self.field(body, "value"))),
            _ => (self.expr(body), None),
        };
        let mut clauses: Vec<Clause> = Vec::new();
        for part in parts(node) {
            match part.kind() {
                "for_in_clause" => {
                    let target = *self.field(part, "left");
                    let mut iters = self.each(fields(part, "right"));
                    let iter = match iters.len() {
                        1 => iters.remove(0),
                        _ => self.at(part, ExprKind::Tuple(iters)),
                    };
                    clauses.push(Clause { target, iter, tests: Vec::new() });
                }
                "if_clause" => {
                    if let (Some(clause), Some(test)) = (clauses.last_mut(), parts(part).first()) {
                        let test = self.expr(*test);
                        clause.tests.push(test);
                    }
                }
                _ => {}
            }
        }
        ExprKind::Comprehension(Box::new(Comprehension { kind, element, value, clauses }))
    }

    /// `name[args]` where a type is expected.
    fn generic_type(&mut self, node: Node<'_>) -> ExprKind {
        let [origin, arguments] = parts(node)[..] else { return ExprKind::Opaque("generic_type") };
        let origin = self.boxed(origin);
        let mut args = self.each(parts(arguments));
        let key = match args.len() {
            1 => args.remove(0),
            _ => self.at(arguments, ExprKind::Tuple(args)),
        };
        ExprKind::Index(origin, Box::new(key))
    }

    /// The parameters of a function or lambda.
    pub(super) fn params(&mut self, node: Node<'_>) -> Vec<Param> {
        let mut params = Vec::new();
        let mut kind = ParamKind::Plain;
        for part in parts(node) {
            match part.kind() {
                "keyword_separator" => kind = ParamKind::KeywordOnly,
                "positional_separator" => {}
                _ => {
                    let param = self.param(part, kind);
                    if param.kind == ParamKind::Rest {
                        kind = ParamKind::KeywordOnly;
                    }
                    params.push(param);
                }
            }
        }
        params
    }

    fn param(&mut self, node: Node<'_>, kind: ParamKind) -> Param {
        let annotation = node.child_by_field_name("type").map(|annotation| self.expr(annotation));
        let default = node.child_by_field_name("value").map(|value| self.expr(value));
        let target = match node.kind() {
            "default_parameter" | "typed_default_parameter" => node.child_by_field_name("name"),
            "typed_parameter" => parts(node).into_iter().find(|part| part.kind() != "type"),
            _ => Some(node),
        }
        .unwrap_or(node);
        let (kind, target) = match target.kind() {
            "list_splat_pattern" => (ParamKind::Rest, parts(target).first().copied().unwrap_or(target)),
            "dictionary_splat_pattern" => (ParamKind::KeywordRest, parts(target).first().copied().unwrap_or(target)),
            _ => (kind, target),
        };
        Param { target: self.expr(target), annotation, default, kind }
    }

    pub(super) fn mark_generator(&mut self) {
        if let Some(function) = self.generators.last_mut() {
            *function = true;
        }
    }
}

fn number(text: &str) -> ExprKind {
    let digits: String = text.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    let whole = match digits.get(..2) {
        Some("0x") => i64::from_str_radix(&digits[2..], 16),
        Some("0o") => i64::from_str_radix(&digits[2..], 8),
        Some("0b") => i64::from_str_radix(&digits[2..], 2),
        _ => digits.parse(),
    };
    match (whole, digits.parse()) {
        (Ok(n), _) => ExprKind::Int(n),
        (_, Ok(n)) => ExprKind::Number(n),
        _ => ExprKind::Opaque("number"),
    }
}

pub(super) fn binary_op(token: &str) -> Option<BinaryOp> {
    Some(match token {
        "+" | "+=" => BinaryOp::Add,
        "-" | "-=" => BinaryOp::Sub,
        "*" | "*=" => BinaryOp::Mul,
        "/" | "/=" => BinaryOp::Div,
        "//" | "//=" => BinaryOp::FloorDiv,
        "%" | "%=" => BinaryOp::Rem,
        "**" | "**=" => BinaryOp::Pow,
        "|" | "|=" => BinaryOp::BitOr,
        "&" | "&=" => BinaryOp::BitAnd,
        "^" | "^=" => BinaryOp::BitXor,
        "<<" | "<<=" => BinaryOp::Shl,
        ">>" | ">>=" => BinaryOp::Shr,
        "@" | "@=" => BinaryOp::MatMul,
        "==" => BinaryOp::Eq,
        "!=" | "<>" => BinaryOp::NotEq,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::LtEq,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::GtEq,
        "in" => BinaryOp::In,
        "not in" => BinaryOp::NotIn,
        "is" => BinaryOp::Is,
        "is not" => BinaryOp::IsNot,
        _ => return None,
    })
}
