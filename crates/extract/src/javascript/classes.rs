//! Classes, `super`, and functions used as classes.

use std::rc::Rc;

use super::Script;
use crate::fold::{Args, Class, Closure, Interp, Place, Super, Value};
use crate::module::StmtKind;

/// `super`, as a value.
pub(super) fn super_of(receiver: Value, after: Rc<Class>) -> Value {
    Value::Super(Rc::new(Super { receiver, after }))
}

impl Script<'_> {
    /// `new` of a class of the package.
    pub(super) fn make_instance(&self, interp: &mut Interp, class: &Rc<Class>, args: &Args, place: &Place) -> Value {
        if let Some(made) = self.recognised_instance(interp, class, args, place) {
            return made;
        }
        let instance = interp.instance(class);
        let this = Value::Instance(instance);
        self.run_constructor(interp, class, &this, args, place);
        this
    }

    /// Runs a class's constructor on an instance. A class without one passes the arguments on to its parent's; the
    /// class's own fields are set before the rest of its constructor, after its parent's.
    fn run_constructor(&self, interp: &mut Interp, class: &Rc<Class>, this: &Value, args: &Args, place: &Place) {
        let own = class
            .code
            .body
            .iter()
            .any(|stmt| matches!(&stmt.kind, StmtKind::Function(code) if &*code.name == "constructor"));
        let constructor = class.attrs.get("constructor").filter(|_| own);
        match constructor {
            Some(Value::Function(constructor)) => {
                if class.bases.is_empty() {
                    interp.init_fields(this, class);
                }
                interp.call_function(&constructor, Some(this), args, place);
            }
            _ => {
                self.run_base(interp, class, this, args, place);
                interp.init_fields(this, class);
            }
        }
    }

    /// Runs the constructor of a class's parent.
    fn run_base(&self, interp: &mut Interp, class: &Rc<Class>, this: &Value, args: &Args, place: &Place) {
        let Some(base) = class.bases.first() else { return };
        match base.usual() {
            Some(Value::Class(base)) => self.run_constructor(interp, &base, this, args, place),
            Some(Value::Function(function)) => {
                interp.call_function(&function, Some(this), args, place);
            }
            Some(base @ (Value::External(_) | Value::Method(_) | Value::Made(_))) => {
                let mut args = args.clone();
                args.is_new = true;
                let made = interp.call(&base, &args, place);
                if let Value::Instance(instance) = this {
                    instance.base.replace(Some(made));
                }
            }
            _ => {}
        }
    }

    /// `super(…)`.
    pub(super) fn call_super(&self, interp: &mut Interp, sup: &Super, args: &Args, place: &Place) -> Value {
        self.run_base(interp, &sup.after, &sup.receiver, args, place);
        interp.init_fields(&sup.receiver, &sup.after);
        Value::Undefined
    }

    /// `new` of a function: an object whose prototype is the function's.
    pub(super) fn construct(&self, interp: &mut Interp, closure: &Rc<Closure>, args: &Args, place: &Place) -> Value {
        let this = self.object_with(Some(self.prototype(interp, closure)));
        let mut args = args.clone();
        args.is_new = false;
        let result = interp.call_function(closure, Some(&this), &args, place);
        match result {
            Value::Dict(_) | Value::Instance(_) | Value::List(_) | Value::Made(_) | Value::Function(_) => result,
            _ => this,
        }
    }

    /// A function's `prototype`, made when it is first asked for.
    pub(super) fn prototype(&self, interp: &mut Interp, closure: &Rc<Closure>) -> Value {
        if let Some(known) = closure.attrs.get("prototype") {
            return known;
        }
        let made = self.object_with(None);
        interp.bind(&closure.attrs, "prototype", made.clone());
        made
    }
}
