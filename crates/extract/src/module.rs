//! The one small language that every source language is lowered into.
//!
//! It keeps what decides which tools a program registers: names, literals, calls, functions, classes,
//! imports and control flow. It is deliberately the union of what Python and JavaScript need; a lowering
//! leaves out what it has no word for by writing [`ExprKind::Opaque`].

mod body;
pub(crate) mod visit;

use std::rc::Rc;

pub use body::Body;
pub(crate) use body::Read;

/// The language a module was written in. It decides scoping, imports and built-in methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Python 3.
    Python,
    /// JavaScript or TypeScript, ES modules or CommonJS.
    JavaScript,
}

/// One source file, lowered.
#[derive(Debug)]
pub struct Module {
    /// Path inside the artifact.
    pub file: Rc<str>,
    /// The language.
    pub language: Language,
    /// Top-level statements.
    pub body: Block,
    /// Lines where the parser had to recover from an error; empty when the whole file was understood.
    pub errors: Vec<u32>,
}

/// Statements in order.
pub type Block = Vec<Stmt>;

/// A statement and its line.
#[derive(Debug)]
pub struct Stmt {
    /// Line, from 1.
    pub line: u32,
    /// What it is.
    pub kind: StmtKind,
}

/// Kinds of statement.
#[derive(Debug)]
pub enum StmtKind {
    /// An expression for its effect.
    Expr(Expr),
    /// `target = value`; several targets for `a = b = value`. Declarations are assignments too.
    Assign {
        /// What is assigned to.
        targets: Vec<Expr>,
        /// The value; `None` for a bare declaration (`x: int`, `let x`).
        value: Option<Expr>,
        /// The declared type, as an expression.
        annotation: Option<Expr>,
    },
    /// `target += value` and its kin.
    Augment {
        /// What is changed.
        target: Expr,
        /// The operator without `=`.
        op: BinaryOp,
        /// The operand.
        value: Expr,
    },
    /// JavaScript: names that the block or function around introduces, at its start; `var`s stand in their
    /// function. An assignment to a name that no scope declares goes to the outermost one.
    Declare(Vec<Rc<str>>),
    /// A function declaration.
    Function(Rc<Function>),
    /// A class declaration.
    Class(Rc<Class>),
    /// `if`/`elif`/`else`, `switch` and `match` as chains of it.
    If {
        /// The condition.
        test: Expr,
        /// When it holds.
        then: Block,
        /// When it does not.
        otherwise: Block,
    },
    /// `for target in iter`, `for (const target of iter)`; `keys` for JavaScript's `for … in`.
    For {
        /// Loop variable or pattern.
        target: Expr,
        /// What is iterated.
        iter: Expr,
        /// Whether it runs over keys, not values (JavaScript `for … in`).
        keys: bool,
        /// The body.
        body: Block,
    },
    /// `while`, `do … while`, and JavaScript's three-part `for` (its first part stands before it).
    While {
        /// The condition.
        test: Expr,
        /// The body, with the step of a three-part `for` at its end.
        body: Block,
    },
    /// `try`/`except`/`catch`.
    Try {
        /// What is tried.
        body: Block,
        /// Every handler's body.
        handlers: Vec<Block>,
        /// `else` of Python.
        otherwise: Block,
        /// What runs in any case.
        finally: Block,
    },
    /// `with context as target:`.
    With {
        /// Contexts and the names they are bound to.
        items: Vec<(Expr, Option<Expr>)>,
        /// The body.
        body: Block,
    },
    /// A nested block with its own scope (JavaScript).
    Block(Block),
    /// `import …`, `from … import …`, and ES `import`.
    Import(Import),
    /// ES `export`: names made visible under other names, or another module's names passed on.
    Export(Export),
    /// `return`, with its value.
    Return(Option<Expr>),
    /// `yield` as a statement, so that a generator's values are known.
    Yield(Option<Expr>),
    /// `raise`, `throw`.
    Raise(Option<Expr>),
    /// `del target`, `delete target`.
    Delete(Vec<Expr>),
    /// `global` and `nonlocal`.
    Outer(Vec<Rc<str>>),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// An import statement.
#[derive(Debug)]
pub struct Import {
    /// The module, as written (`a.b`, `./x.js`); empty for `from . import x`.
    pub module: Rc<str>,
    /// Leading dots of a relative Python import.
    pub level: u32,
    /// What is bound to which local name.
    pub names: Vec<ImportName>,
}

/// One name that an import binds.
#[derive(Debug)]
pub struct ImportName {
    /// What is taken.
    pub what: Imported,
    /// The name it has here.
    pub local: Rc<str>,
}

/// What an import takes from a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// The module itself: `import a.b as c`, `import * as ns from`.
    Module,
    /// Python's `import a.b` without `as`: binds `a`.
    Root,
    /// One name (`default` for an ES default import).
    Name(Rc<str>),
    /// Every public name: `from x import *`.
    All,
}

/// An ES export.
#[derive(Debug)]
pub struct Export {
    /// The module passed on, if any (`export … from "./x.js"`).
    pub from: Option<Rc<str>>,
    /// (name inside, name seen from outside); JavaScript's stand first in the module and are read when they
    /// are asked for, since they name variables, not values.
    pub names: Vec<(Expr, Rc<str>)>,
    /// `export * from`; with a name: `export * as name from`.
    pub all: Option<Option<Rc<str>>>,
}

/// A function, method, lambda or arrow.
#[derive(Debug)]
pub struct Function {
    /// Its name; empty for lambdas and anonymous functions.
    pub name: Rc<str>,
    /// Line of the `def` or `function`.
    pub line: u32,
    /// Parameters in order.
    pub params: Vec<Param>,
    /// Declared result type.
    pub returns: Option<Expr>,
    /// The body; an arrow's expression is a `Return`.
    pub body: Body,
    /// Decorators, outermost first.
    pub decorators: Vec<Expr>,
    /// The documentation string as written, uncleaned (Python).
    pub docstring: Option<Rc<str>>,
    /// `async`.
    pub is_async: bool,
    /// Contains `yield`.
    pub is_generator: bool,
    /// An arrow or lambda: it has no `this` of its own.
    pub is_arrow: bool,
    /// In a class body.
    pub role: Role,
}

/// What a function is inside its class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// A plain function or an instance method.
    #[default]
    Plain,
    /// A JavaScript `static` method. (Python says so by decorators.)
    Static,
    /// A getter.
    Getter,
    /// A setter.
    Setter,
}

/// A parameter.
#[derive(Debug)]
pub struct Param {
    /// A name, or a destructuring pattern (`Array`, `Dict` of `Name`s).
    pub target: Expr,
    /// Declared type.
    pub annotation: Option<Expr>,
    /// Default value.
    pub default: Option<Expr>,
    /// How arguments reach it.
    pub kind: ParamKind,
}

/// How arguments reach a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// By position or by name.
    Plain,
    /// By name only.
    KeywordOnly,
    /// `*args`, `...rest`.
    Rest,
    /// `**kwargs`.
    KeywordRest,
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// Its name; empty when anonymous.
    pub name: Rc<str>,
    /// Line of the `class`.
    pub line: u32,
    /// Base classes (JavaScript: none or one).
    pub bases: Vec<Expr>,
    /// Keyword arguments of a Python class statement.
    pub keywords: Vec<(Rc<str>, Expr)>,
    /// Decorators, outermost first.
    pub decorators: Vec<Expr>,
    /// Documentation string as written.
    pub docstring: Option<Rc<str>>,
    /// Python: the statements of the body. JavaScript: methods as `Function`, static blocks as `Block`; fields
    /// and methods with computed names as [`Field`]s.
    pub body: Block,
    /// JavaScript fields in order.
    pub fields: Vec<Field>,
}

/// A JavaScript class field.
#[derive(Debug)]
pub struct Field {
    /// The key; a string literal for plain names.
    pub key: Expr,
    /// The initial value, evaluated with `this` bound.
    pub value: Option<Expr>,
    /// On the class itself.
    pub is_static: bool,
    /// Decorators.
    pub decorators: Vec<Expr>,
}

/// An expression and its line.
#[derive(Debug)]
pub struct Expr {
    /// Line, from 1.
    pub line: u32,
    /// What it is.
    pub kind: ExprKind,
}

/// Kinds of expression.
#[derive(Debug)]
pub enum ExprKind {
    /// `None`, `null`.
    Null,
    /// `undefined`, and what `void 0` gives.
    Undefined,
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A whole number that is written without point or exponent.
    Int(i64),
    /// A string with its escapes decoded.
    Str(Rc<str>),
    /// Bytes (Python); contents are not kept.
    Bytes,
    /// An f-string or template literal.
    Template(Vec<TemplatePart>),
    /// A tagged template: tag and parts.
    Tagged(Box<Expr>, Vec<TemplatePart>),
    /// A regular expression literal, with its slashes and flags.
    Regex(Rc<str>),
    /// A name. `this` and `super` are names too.
    Name(Rc<str>),
    /// `object.name`.
    Member(Box<Expr>, Rc<str>),
    /// The object of `object?.name` and `object?.[key]`: looking into nothing gives nothing.
    Optional(Box<Expr>),
    /// `object[key]`.
    Index(Box<Expr>, Box<Expr>),
    /// `a[b:c:d]`'s inside.
    Slice(Option<Box<Expr>>, Option<Box<Expr>>, Option<Box<Expr>>),
    /// A call.
    Call(Box<Call>),
    /// A list or array; holes are `Undefined`.
    Array(Vec<Expr>),
    /// A Python tuple.
    Tuple(Vec<Expr>),
    /// A Python set display.
    Set(Vec<Expr>),
    /// A dict or object literal.
    Dict(Vec<DictItem>),
    /// `*x`, `...x`, inside arrays, tuples and sets (calls have their own).
    Spread(Box<Expr>),
    /// A lambda, arrow or function expression.
    Function(Rc<Function>),
    /// A class expression.
    Class(Rc<Class>),
    /// `left op right`.
    Binary(Box<Expr>, BinaryOp, Box<Expr>),
    /// `and`/`or`/`??` with their short cut.
    Logic(Box<Expr>, LogicOp, Box<Expr>),
    /// A unary operator.
    Unary(UnaryOp, Box<Expr>),
    /// `a if test else b`, `test ? a : b`: test, then, otherwise.
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// An assignment as an expression: `:=`, and every JavaScript `=` that is not a statement.
    Assign(Box<Expr>, Box<Expr>),
    /// Comma operator: all but the last for their effect.
    Sequence(Vec<Expr>),
    /// A list, set, dict or generator comprehension.
    Comprehension(Box<Comprehension>),
    /// `await x`.
    Await(Box<Expr>),
    /// `yield x` inside an expression; of a [`Spread`](ExprKind::Spread) for `yield* x`.
    Yield(Option<Box<Expr>>),
    /// `import("x")`.
    DynamicImport(Box<Expr>),
    /// Something this language has no word for: its kind in the grammar.
    Opaque(&'static str),
}

/// A piece of a template.
#[derive(Debug)]
pub enum TemplatePart {
    /// Literal text, decoded.
    Text(Rc<str>),
    /// An interpolated value, with Python's `!r` and format specification where they are plain text.
    Value(Expr, Option<Rc<str>>),
}

/// A call.
#[derive(Debug)]
pub struct Call {
    /// What is called.
    pub callee: Expr,
    /// Arguments in order.
    pub args: Vec<Arg>,
    /// `new X(…)`.
    pub is_new: bool,
}

/// One argument.
#[derive(Debug)]
pub enum Arg {
    /// By position.
    Positional(Expr),
    /// By name.
    Named(Rc<str>, Expr),
    /// `*x`, `...x`.
    Spread(Expr),
    /// `**x`.
    NamedSpread(Expr),
}

/// One item of a dict or object literal.
#[derive(Debug)]
pub enum DictItem {
    /// `key: value`; plain JavaScript keys are string literals.
    Pair(Expr, Expr),
    /// `**x`, `...x`.
    Spread(Expr),
    /// A method, getter or setter of an object literal.
    Method(Expr, Rc<Function>),
}

/// A comprehension.
#[derive(Debug)]
pub struct Comprehension {
    /// What it makes.
    pub kind: ComprehensionKind,
    /// The element, or the key of a dict.
    pub element: Expr,
    /// The value of a dict.
    pub value: Option<Expr>,
    /// `for target in iter if …`, outermost first.
    pub clauses: Vec<Clause>,
}

/// What a comprehension makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComprehensionKind {
    /// A list.
    List,
    /// A set.
    Set,
    /// A dict.
    Dict,
    /// A generator.
    Generator,
}

/// One `for` of a comprehension.
#[derive(Debug)]
pub struct Clause {
    /// Loop variable or pattern.
    pub target: Expr,
    /// What is iterated.
    pub iter: Expr,
    /// Conditions.
    pub tests: Vec<Expr>,
}

/// Binary operators, comparisons among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
    BitOr,
    BitAnd,
    BitXor,
    Shl,
    Shr,
    MatMul,
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    In,
    NotIn,
    Is,
    IsNot,
    InstanceOf,
}

/// Short-cut operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogicOp {
    /// `and`, `&&`.
    And,
    /// `or`, `||`.
    Or,
    /// `??`.
    Coalesce,
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`, `!`.
    Not,
    /// `-`.
    Neg,
    /// `+`.
    Pos,
    /// `~`.
    Invert,
    /// `typeof`.
    TypeOf,
    /// `delete`.
    Delete,
}
