//! What expressions evaluate to: constants, containers, code, and the several ways of not knowing.

use std::cell::RefCell;
use std::rc::Rc;

use super::scope::{Map, Scope, Vars};
use crate::module;
use crate::server::Server;

/// How deep values are compared.
const COMPARED: usize = 16;

/// A value. Cheap to clone; containers, instances and functions are shared, as in the languages themselves.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// `None`, `null`.
    Null,
    /// JavaScript's `undefined`.
    Undefined,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Str(Rc<str>),
    /// A list, tuple, set or array.
    List(Rc<List>),
    /// A dict, or a plain JavaScript object.
    Dict(Rc<Dict>),
    /// A function of the package.
    Function(Rc<Closure>),
    /// A function of the package with its receiver.
    Bound(Rc<(Value, Value)>),
    /// A class of the package.
    Class(Rc<Class>),
    /// An instance of a class of the package.
    Instance(Rc<Instance>),
    /// A module of the package: its names.
    Module(Rc<Namespace>),
    /// Something outside the package, by its full name: `mcp.server.fastmcp.FastMCP`, `builtins.len`.
    External(Rc<str>),
    /// A subscripted type or a union of types: `Optional[str]`, `str | None`.
    Generic(Rc<Generic>),
    /// What calling something outside the package gave: `Field(description="…")`, `z.string()`.
    Made(Rc<Made>),
    /// A method of something that is not an instance: `"abc".strip`, `server.tool`.
    Method(Rc<Method>),
    /// An MCP server object.
    Server(Rc<Server>),
    /// `super`, as seen from a class.
    Super(Rc<Super>),
    /// Not known, and why.
    Unknown(Rc<Unknown>),
    /// One of these, by a condition that is not known; the likeliest stands first.
    OneOf(Rc<[Value]>),
    /// An element that is only there under a condition; found inside lists only.
    Gated(Rc<(Gate, Value)>),
}

/// A place in the package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Path inside the artifact.
    pub file: Rc<str>,
    /// Line, from 1.
    pub line: u32,
}

/// A condition that is not known when reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gate {
    /// The condition in words.
    pub words: Rc<str>,
    /// Whether it holds when nobody has changed any setting; `None` when settings do not say.
    pub usual: Option<bool>,
}

impl Gate {
    /// The condition of what only an alternative has that is not the usual one.
    pub(crate) fn unusual() -> Self {
        Self { words: "settings other than the usual ones".into(), usual: Some(false) }
    }
}

/// A sequence.
#[derive(Debug)]
pub(crate) struct List {
    /// Which kind.
    pub kind: ListKind,
    /// The elements that are known.
    pub items: RefCell<Vec<Value>>,
    /// Why there may be more elements than those.
    pub open: RefCell<Option<Rc<Unknown>>>,
    /// How many gates were open when it was made: what is added under further ones is gated.
    pub depth: usize,
}

/// Kinds of [`List`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(crate) enum ListKind {
    List,
    Tuple,
    Set,
}

/// A mapping in the order of insertion.
#[derive(Debug, Default)]
pub(crate) struct Dict {
    /// Key and value by the key's identity.
    pub items: RefCell<Map<Key, (Value, Value)>>,
    /// Why there may be more items than those.
    pub open: RefCell<Option<Rc<Unknown>>>,
    /// Where JavaScript looks for what is not there.
    pub proto: RefCell<Option<Value>>,
    /// How many gates were open when it was made: what is taken away under further ones may still be there.
    pub depth: usize,
}

/// What makes two keys of a [`Dict`] the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// A string; JavaScript's numbers are strings here.
    Str(Rc<str>),
    /// A whole number or boolean.
    Int(i64),
    /// A float, by its bits.
    Float(u64),
    /// `None`.
    Null,
    /// A tuple.
    Tuple(Vec<Key>),
    /// A shared object, by its address; the item keeps it alive.
    Object(usize),
}

/// A function together with the scope it was made in.
#[derive(Debug)]
pub(crate) struct Closure {
    /// The code.
    pub code: Rc<module::Function>,
    /// Where its free names are found.
    pub scope: Rc<Scope>,
    /// Default values, by parameter; evaluated where the function was made (Python).
    pub defaults: Vec<Option<Value>>,
    /// Attributes that were set on it (`__name__`, `__doc__`, a framework's marks).
    pub attrs: Vars,
    /// The class whose body made it.
    pub home: RefCell<Option<Rc<Class>>>,
    /// The function it stands for (`functools.wraps`): that one's signature and documentation count.
    pub wraps: RefCell<Option<Value>>,
}

/// A class of the package.
#[derive(Debug)]
pub(crate) struct Class {
    /// The code.
    pub code: Rc<module::Class>,
    /// Base classes.
    pub bases: Vec<Value>,
    /// Its own names: methods, constants, static fields.
    pub attrs: Vars,
    /// Where the names in its body are found.
    pub scope: Rc<Scope>,
    /// What decorators that are no functions of the package did to it (`dataclass`).
    pub marks: RefCell<Vec<Value>>,
}

/// An instance of a class of the package.
#[derive(Debug)]
pub(crate) struct Instance {
    /// Its class.
    pub class: Rc<Class>,
    /// Its own names.
    pub attrs: Vars,
    /// What the nearest base class outside the package would have made of it: a server, an enum member's value.
    pub base: RefCell<Option<Value>>,
}

/// A module's names.
#[derive(Debug)]
pub(crate) struct Namespace {
    /// The dotted name (Python) or the file (JavaScript).
    pub name: Rc<str>,
    /// Its top-level scope.
    pub scope: Rc<Scope>,
}

/// A type with arguments.
#[derive(Debug)]
pub(crate) struct Generic {
    /// `typing.Optional`, `builtins.list`, `typing.Union`, ...
    pub origin: Value,
    /// The arguments.
    pub args: Vec<Value>,
}

/// The symbolic result of a call.
#[derive(Debug)]
pub(crate) struct Made {
    /// What was called: an `External`, or a `Method` of another `Made`.
    pub callee: Value,
    /// The arguments.
    pub args: Args,
    /// Attributes that were set on it later.
    pub attrs: Vars,
    /// Where.
    pub place: Place,
}

/// A method of something that is not an instance.
#[derive(Debug)]
pub(crate) struct Method {
    /// The receiver.
    pub receiver: Value,
    /// The method's name.
    pub name: Rc<str>,
}

/// `super` inside a method.
#[derive(Debug)]
pub(crate) struct Super {
    /// The receiver.
    pub receiver: Value,
    /// The class to look after.
    pub after: Rc<Class>,
}

/// Why something is not known.
#[derive(Debug)]
pub(crate) struct Unknown {
    /// What kind of reason.
    pub cause: Cause,
    /// In words for a reader: a noun phrase.
    pub reason: Rc<str>,
    /// Where.
    pub place: Place,
    /// What it is when nobody has changed any setting.
    pub default: Option<Value>,
}

/// Kinds of [`Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// An environment variable, a command line flag, a settings file.
    Setting,
    /// What a call outside the package gives when the server runs.
    Runtime,
    /// Something this reader does not understand.
    NotUnderstood,
    /// A bound on work was reached.
    Limit,
}

/// Arguments of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    /// By position.
    pub positional: Vec<Value>,
    /// By name, in order.
    pub named: Vec<(Rc<str>, Value)>,
    /// Why there may be more.
    pub open: Option<Rc<Unknown>>,
    /// JavaScript's `new`.
    pub is_new: bool,
}

impl Args {
    /// Arguments by position only.
    pub(crate) fn of(positional: Vec<Value>) -> Self {
        Self { positional, ..Self::default() }
    }

    /// The argument of that name.
    pub(crate) fn named(&self, name: &str) -> Option<&Value> {
        self.named.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    /// The argument at that position, or else of that name.
    pub(crate) fn get(&self, at: usize, name: &str) -> Option<&Value> {
        self.positional.get(at).or_else(|| self.named(name))
    }
}

impl Value {
    /// A string.
    pub(crate) fn str(text: impl AsRef<str>) -> Self {
        Self::Str(Rc::from(text.as_ref()))
    }

    /// Something outside the package.
    pub(crate) fn external(path: impl AsRef<str>) -> Self {
        Self::External(Rc::from(path.as_ref()))
    }

    /// A sequence whose elements are all known.
    pub(crate) fn list(kind: ListKind, items: Vec<Value>) -> Self {
        Self::List(Rc::new(List { kind, items: RefCell::new(items), open: RefCell::new(None), depth: 0 }))
    }

    /// A dict with string keys.
    pub(crate) fn dict<K: Into<Rc<str>>>(items: impl IntoIterator<Item = (K, Value)>) -> Self {
        let dict = Dict::default();
        for (key, value) in items {
            dict.set(Value::Str(key.into()), value);
        }
        Self::Dict(Rc::new(dict))
    }

    /// The string, when it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is code of the package that can be called.
    pub(crate) fn is_function(&self) -> bool {
        matches!(self, Self::Function(_) | Self::Bound(_))
    }

    /// The full name, when it stands outside the package.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Self::External(path) => Some(path),
            _ => None,
        }
    }

    /// The value that holds when nobody has changed any setting; `None` when that is not known either.
    pub(crate) fn usual(&self) -> Option<Value> {
        match self {
            Self::Unknown(unknown) => unknown.default.as_ref().and_then(Value::usual),
            Self::OneOf(values) => values.first().and_then(Value::usual),
            Self::Gated(gated) => gated.1.usual(),
            other => Some(other.clone()),
        }
    }

    /// Its identity as a key; `None` when it is not known enough.
    pub(crate) fn key(&self) -> Option<Key> {
        Some(match self {
            Self::Null => Key::Null,
            Self::Undefined => Key::Str("undefined".into()),
            Self::Bool(b) => Key::Int(i64::from(*b)),
            Self::Int(n) => Key::Int(*n),
            Self::Float(n) => Key::Float(n.to_bits()),
            Self::Str(text) => Key::Str(text.clone()),
            Self::List(list) if list.kind == ListKind::Tuple => {
                Key::Tuple(list.items.borrow().iter().map(Value::key).collect::<Option<_>>()?)
            }
            Self::External(path) => Key::Tuple(vec![Key::Null, Key::Str(path.clone())]),
            Self::Bound(bound) => Key::Tuple(vec![bound.0.key()?, bound.1.key()?]),
            Self::Method(method) => Key::Tuple(vec![method.receiver.key()?, Key::Str(method.name.clone())]),
            Self::Unknown(unknown) => return unknown.default.as_ref()?.key(),
            Self::OneOf(_) | Self::Gated(_) => return None,
            other => Key::Object(other.address()?),
        })
    }

    /// The address of a shared object.
    pub(crate) fn address(&self) -> Option<usize> {
        fn of<T: ?Sized>(rc: &Rc<T>) -> usize {
            Rc::as_ptr(rc).cast::<u8>() as usize
        }
        Some(match self {
            Self::List(x) => of(x),
            Self::Dict(x) => of(x),
            Self::Function(x) => of(x),
            Self::Class(x) => of(x),
            Self::Instance(x) => of(x),
            Self::Module(x) => of(x),
            Self::Made(x) => of(x),
            Self::Server(x) => of(x),
            Self::Generic(x) => of(x),
            _ => return None,
        })
    }

    /// Whether both are the same object or equal constants; `None` when that is not known.
    pub(crate) fn same(&self, other: &Value) -> Option<bool> {
        self.same_within(other, COMPARED)
    }

    /// The same for values nested no deeper than that: a list may hold itself.
    fn same_within(&self, other: &Value, depth: usize) -> Option<bool> {
        match (self, other) {
            (Self::Str(a), Self::Str(b)) => Some(a == b),
            (Self::Unknown(_) | Self::OneOf(_) | Self::Gated(_), _)
            | (_, Self::Unknown(_) | Self::OneOf(_) | Self::Gated(_)) => None,
            (Self::Int(a), Self::Float(b)) | (Self::Float(b), Self::Int(a)) => Some(*a as f64 == *b),
            (Self::Made(made), Self::Null) | (Self::Null, Self::Made(made)) if made.is_instance() => Some(false),
            (Self::Made(a), Self::Made(b)) => {
                if Rc::ptr_eq(a, b) {
                    Some(true)
                } else {
                    None
                }
            }
            (Self::Made(_), Self::Null | Self::Undefined) | (Self::Null | Self::Undefined, Self::Made(_)) => None,
            // Code of the package never comes out of a call of something outside.
            (Self::Made(_), Self::Function(_) | Self::Class(_) | Self::Module(_))
            | (Self::Function(_) | Self::Class(_) | Self::Module(_), Self::Made(_)) => Some(false),
            (Self::Made(_), _) | (_, Self::Made(_)) => None,
            (Self::List(a), Self::List(b)) if Rc::ptr_eq(a, b) => Some(true),
            (Self::List(_), Self::List(_)) if depth == 0 => None,
            (Self::List(a), Self::List(b)) if a.kind == b.kind => {
                let (a, b) = (a.items.borrow(), b.items.borrow());
                if a.len() != b.len() {
                    return Some(false);
                }
                let mut known = Some(true);
                for (x, y) in a.iter().zip(b.iter()) {
                    match x.same_within(y, depth - 1) {
                        Some(true) => {}
                        Some(false) => return Some(false),
                        None => known = None,
                    }
                }
                known
            }
            _ => Some(self.key()? == other.key()?),
        }
    }
}

impl Made {
    /// Whether it is an instance of a class outside the package, going by the custom that classes have capitals.
    pub(crate) fn is_instance(&self) -> bool {
        let name = self.callee.path().and_then(|path| path.rsplit('.').next()).unwrap_or_default();
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.contains(|c: char| c.is_ascii_lowercase())
    }
}

impl List {
    /// A copy of the elements.
    pub(crate) fn snapshot(&self) -> Vec<Value> {
        self.items.borrow().clone()
    }

    /// Says that there may be more elements than are known.
    pub(crate) fn leave_open(&self, why: &Rc<Unknown>) {
        self.open.borrow_mut().get_or_insert_with(|| why.clone());
    }
}

impl Dict {
    /// The value under a key.
    pub(crate) fn get(&self, key: &Value) -> Option<Value> {
        self.items.borrow().get(&key.key()?).map(|(_, v)| v.clone())
    }

    /// The value under a string key.
    pub(crate) fn get_str(&self, key: &str) -> Option<Value> {
        self.items.borrow().get(&Key::Str(key.into())).map(|(_, v)| v.clone())
    }

    /// Sets a value; a key that is not known leaves the dict as it is and says `false`.
    pub(crate) fn set(&self, key: Value, value: Value) -> bool {
        match key.key() {
            Some(id) => {
                self.items.borrow_mut().insert(id, (key, value));
                true
            }
            None => false,
        }
    }

    /// A copy of the items.
    pub(crate) fn snapshot(&self) -> Vec<(Value, Value)> {
        self.items.borrow().values().cloned().collect()
    }

    /// Says that there may be more items than are known.
    pub(crate) fn leave_open(&self, why: &Rc<Unknown>) {
        self.open.borrow_mut().get_or_insert_with(|| why.clone());
    }
}
