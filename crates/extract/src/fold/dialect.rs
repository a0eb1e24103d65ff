//! What differs between languages: imports, built-in names and methods, and how an SDK's objects behave.

use std::rc::Rc;

use super::{Args, Class, Interp, Items, Place, Scope, Value};
use crate::module::{BinaryOp, Export, Import, Language};

/// A language's rules and library, asked wherever the evaluator itself has no answer.
///
/// `None` always means "nothing special": the evaluator then does what both languages share.
pub(crate) trait Dialect {
    /// The language.
    fn language(&self) -> Language;

    /// A name that no scope binds.
    fn global(&self, interp: &mut Interp, name: &str, scope: &Rc<Scope>, place: &Place) -> Option<Value>;

    /// Carries out an import statement.
    fn import(&self, interp: &mut Interp, import: &Import, scope: &Rc<Scope>, place: &Place);

    /// Carries out an export statement.
    fn export(&self, interp: &mut Interp, export: &Export, scope: &Rc<Scope>, place: &Place);

    /// A module that code asks for by a computed name (`import(x)`, `importlib.import_module(x)`).
    fn load(&self, interp: &mut Interp, name: &str, scope: &Rc<Scope>, place: &Place) -> Option<Value>;

    /// An attribute, before the evaluator looks in classes and instances.
    fn attribute(&self, interp: &mut Interp, object: &Value, name: &str, place: &Place) -> Option<Value>;

    /// What a class attribute becomes when it is read through an instance or class (properties, static methods).
    fn bind(&self, interp: &mut Interp, found: Value, receiver: Option<&Value>, class: &Rc<Class>) -> Value;

    /// A call of something that is no code of the package: an external, a method, a made object, a server.
    fn call(&self, interp: &mut Interp, callee: &Value, args: &Args, place: &Place) -> Option<Value>;

    /// A call of a function of the package, before its code is run: code that is better known by what it is for.
    fn intercept(&self, _: &mut Interp, _function: &Value, _: &Args, _: &Place) -> Option<Value> {
        None
    }

    /// A dict that a display makes.
    fn displayed(&self, _dict: &Rc<super::Dict>, _: &Place) {}

    /// A call of a class of the package, before the evaluator makes an ordinary instance.
    fn instantiate(&self, interp: &mut Interp, class: &Rc<Class>, args: &Args, place: &Place) -> Option<Value>;

    /// What a class declaration becomes once its body has run and before it is bound (enums, decorators).
    fn finish_class(&self, interp: &mut Interp, class: &Rc<Class>, place: &Place) -> Option<Value>;

    /// `object[key]`.
    fn index(&self, interp: &mut Interp, object: &Value, key: &Value, place: &Place) -> Option<Value>;

    /// `left op right` on known values, before the evaluator's arithmetic.
    fn binary(&self, interp: &mut Interp, op: BinaryOp, left: &Value, right: &Value, place: &Place) -> Option<Value>;

    /// Whether a value counts as true; `None` when that is not known.
    fn truth(&self, value: &Value) -> Option<bool>;

    /// The elements of a value that is not a list.
    fn elements(&self, interp: &mut Interp, value: &Value, place: &Place) -> Option<Items>;

    /// The text of a value in a template, with the format specification as written.
    fn display(&self, interp: &mut Interp, value: &Value, format: Option<&str>) -> Option<Rc<str>>;
}
