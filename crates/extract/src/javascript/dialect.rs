//! JavaScript's rules, for the evaluator.

use std::rc::Rc;

use super::objects::getter_of;
use super::recipes::last;
use super::{Script, collections, globals, node, strings};
use crate::fold::{Args, Cause, Class, Dialect, Dict, Interp, Items, Place, Scope, Value};
use crate::module::{BinaryOp, Export, Import, Language};

impl Dialect for Script<'_> {
    fn language(&self) -> Language {
        Language::JavaScript
    }

    fn global(&self, interp: &mut Interp, name: &str, scope: &Rc<Scope>, place: &Place) -> Option<Value> {
        match name {
            "super" => {
                return interp.running_method().map(|(receiver, after)| super::classes::super_of(receiver, after));
            }
            "this" => return Some(Value::Undefined),
            "__filename" => return Some(node::own_path(&scope.file)),
            "__dirname" => return Some(node::own_path(super::resolve::parent(&scope.file))),
            "import.meta" => return Some(node::import_meta(interp, &scope.file, &self.program.borrow(), place)),
            _ => {}
        }
        if let Some(value) = self.imported_name(interp, name, &scope.file, place) {
            return Some(value);
        }
        self.commonjs_name(name, &scope.file).or_else(|| globals::named(name))
    }

    fn import(&self, interp: &mut Interp, import: &Import, scope: &Rc<Scope>, place: &Place) {
        self.import_statement(interp, import, scope, place);
    }

    fn export(&self, interp: &mut Interp, export: &Export, scope: &Rc<Scope>, place: &Place) {
        self.export_statement(interp, export, scope, place);
    }

    fn load(&self, interp: &mut Interp, name: &str, scope: &Rc<Scope>, place: &Place) -> Option<Value> {
        Some(self.load_name(interp, name, &scope.file, false, place))
    }

    fn attribute(&self, interp: &mut Interp, object: &Value, name: &str, place: &Place) -> Option<Value> {
        self.member(interp, object, name, place)
    }

    fn bind(&self, interp: &mut Interp, found: Value, receiver: Option<&Value>, class: &Rc<Class>) -> Value {
        let this = receiver.cloned().unwrap_or_else(|| Value::Class(class.clone()));
        self.read_property(interp, found, &this, &Place { file: "".into(), line: class.code.line })
    }

    fn call(&self, interp: &mut Interp, callee: &Value, args: &Args, place: &Place) -> Option<Value> {
        self.call_foreign(interp, callee, args, place)
    }

    fn intercept(&self, interp: &mut Interp, function: &Value, args: &Args, place: &Place) -> Option<Value> {
        let closure = match function {
            Value::Bound(bound) => match &bound.1 {
                Value::Function(closure) => closure,
                _ => return None,
            },
            Value::Function(closure) => closure,
            _ => return None,
        };
        if args.is_new {
            return Some(self.construct(interp, closure, args, place));
        }
        self.schema_class(args).or_else(|| self.converted(interp, &closure.code, args, place))
    }

    fn displayed(&self, dict: &Rc<Dict>, place: &Place) {
        self.note_answer(dict, place);
    }

    fn instantiate(&self, interp: &mut Interp, class: &Rc<Class>, args: &Args, place: &Place) -> Option<Value> {
        Some(self.make_instance(interp, class, args, place))
    }

    fn finish_class(&self, _: &mut Interp, class: &Rc<Class>, _place: &Place) -> Option<Value> {
        self.recognised_class(class)
    }

    fn index(&self, interp: &mut Interp, object: &Value, key: &Value, place: &Place) -> Option<Value> {
        let name: Rc<str> = match (object, key) {
            (Value::Str(_) | Value::List(_) | Value::Unknown(_), Value::Int(_) | Value::Float(_)) => return None,
            (_, Value::Str(name)) => name.clone(),
            (_, Value::Int(n)) => n.to_string().into(),
            (Value::Dict(dict), key) => {
                return dict.get(key).map(|found| self.read_property(interp, found, object, place));
            }
            _ => return None,
        };
        if let (Value::List(list), Ok(at)) = (object, name.parse::<usize>()) {
            let item = list.items.borrow().get(at).cloned();
            return Some(item.unwrap_or(Value::Undefined));
        }
        Some(interp.get(object, &name, place))
    }

    fn binary(&self, interp: &mut Interp, op: BinaryOp, left: &Value, right: &Value, place: &Place) -> Option<Value> {
        super::operators::binary(self, interp, op, left, right, place)
    }

    fn truth(&self, value: &Value) -> Option<bool> {
        match value {
            Value::Null | Value::Undefined => Some(false),
            Value::Bool(b) => Some(*b),
            Value::Int(n) => Some(*n != 0),
            Value::Float(n) => Some(*n != 0.0 && !n.is_nan()),
            Value::Str(text) => Some(!text.is_empty()),
            Value::Made(made) if made.args.is_new || collections::is_collection(value) || self.is_schema(value) => {
                Some(true)
            }
            Value::Made(made) if made.callee.path().is_some_and(|path| self.recipes.is_decorator(last(path))) => {
                Some(true)
            }
            Value::Made(_) | Value::Method(_) => None,
            Value::External(path) if globals::is_global(path) => Some(true),
            Value::External(path) if self.schema_class_exists(path).is_some() => self.schema_class_exists(path),
            Value::External(path) => {
                (path.split_once(':').is_some_and(|(_, member)| !member.contains('.'))).then_some(true)
            }
            Value::Unknown(_) | Value::OneOf(_) | Value::Gated(_) => None,
            _ => Some(true),
        }
    }

    fn elements(&self, interp: &mut Interp, value: &Value, place: &Place) -> Option<Items> {
        match value {
            Value::Str(text) => Some(Items::known(text.chars().map(|c| Value::str(c.to_string())).collect())),
            Value::Made(_) => collections::elements(interp, value),
            Value::Null | Value::Undefined | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
                Some(Items::known(Vec::new()))
            }
            Value::Dict(_) | Value::Instance(_) => {
                let iterator = Value::external("Symbol.iterator");
                let method = interp.index(value, &iterator, place);
                if method.is_function() {
                    let items = interp.call(&method, &Args::default(), place);
                    return matches!(items, Value::List(_)).then(|| interp.iterate(&items, place));
                }
                Some(Items::open(interp.why(value, place)))
            }
            _ => None,
        }
    }

    fn display(&self, interp: &mut Interp, value: &Value, _format: Option<&str>) -> Option<Rc<str>> {
        strings::display(interp, value)
    }
}

impl Script<'_> {
    /// What a stored value is when it is read: a getter is called, a function knows its receiver.
    pub(super) fn read_property(&self, interp: &mut Interp, found: Value, this: &Value, place: &Place) -> Value {
        if let Some(getter) = getter_of(&found) {
            let getter = Value::Bound(Rc::new((this.clone(), getter)));
            return interp.call(&getter, &Args::default(), place);
        }
        match &found {
            Value::Function(closure) if !closure.code.is_arrow => Value::Bound(Rc::new((this.clone(), found))),
            _ => found,
        }
    }

    /// Why nothing is known of a value that code outside the package makes.
    pub(super) fn runtime(&self, interp: &Interp, reason: &str, place: &Place) -> Value {
        interp.unknown(Cause::Runtime, reason, place)
    }
}
