//! Functions that nobody called while a program was read: commands that it picks by the command line.
//!
//! A program that is told what to do only when it is started, by means that are not understood, never gets to its
//! server. Those of its functions from which a registration can be reached, going by the names they mention, are called
//! then.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Script;
use super::functions::arguments;
use super::objects::getter_of;
use crate::fold::{Args, Interp, Place, Value};
use crate::module::{Expr, ExprKind, visit};

/// How many are called.
const CALLED: usize = 50;
/// How deep objects are looked into.
const DEPTH: usize = 3;

/// A name at the top level of a module, with the functions and classes behind it.
struct Candidate {
    name: Rc<str>,
    code: Vec<Value>,
    file: Rc<str>,
    mentions: BTreeSet<Rc<str>>,
    registers: bool,
}

impl Script<'_> {
    /// Calls what was not called and can reach a registration, the outermost first, until there are tools.
    pub(super) fn call_uncalled(&self, interp: &mut Interp) {
        let candidates = self.candidates();
        let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (n, candidate) in candidates.iter().enumerate() {
            named.entry(&candidate.name).or_default().push(n);
        }
        let mut callers: Vec<Vec<usize>> = vec![Vec::new(); candidates.len()];
        for (n, candidate) in candidates.iter().enumerate() {
            for mentioned in candidate.mentions.iter().filter_map(|name| named.get(&**name)).flatten() {
                if *mentioned != n {
                    callers[*mentioned].push(n);
                }
            }
        }
        // From those that register outwards.
        let mut reached: Vec<usize> = (0..candidates.len()).filter(|n| candidates[*n].registers).collect();
        let mut seen: BTreeSet<usize> = reached.iter().copied().collect();
        let mut at = 0;
        while let Some(inner) = reached.get(at).copied() {
            at += 1;
            reached.extend(callers[inner].iter().filter(|outer| seen.insert(**outer)));
        }
        let outermost_first =
            reached.into_iter().rev().flat_map(|n| candidates[n].code.iter().map(move |code| (n, code)));
        let mut left = CALLED;
        for (n, code) in outermost_first {
            if left == 0 || !self.tools.borrow().is_empty() {
                break;
            }
            // One that was called before may have called it.
            if !interp.was_called(code) {
                left -= 1;
                self.try_out(interp, code, &candidates[n].file);
            }
        }
    }

    /// Calls a function, and the function that it gives; makes an instance of a class.
    fn try_out(&self, interp: &mut Interp, code: &Value, file: &Rc<str>) {
        let place = Place { file: file.clone(), line: 1 };
        let args = Args { is_new: matches!(code, Value::Class(_)), ..arguments(4) };
        let given = interp.call(code, &args, &place);
        interp.recover();
        if given.is_function() && !interp.was_called(&given) {
            interp.call(&given, &arguments(4), &place);
            interp.recover();
        }
        self.finish(interp);
    }

    /// The functions and classes at the top level of all modules, and in the objects there.
    fn candidates(&self) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (file, name, value) in self.top_level() {
            let mut code = Vec::new();
            gather(&value, DEPTH, &mut code);
            let (mut mentions, mut registers) = (BTreeSet::new(), false);
            let mut look = |expr: &Expr| match &expr.kind {
                ExprKind::Name(name) => {
                    mentions.insert(name.clone());
                }
                ExprKind::Call(call) => {
                    if let ExprKind::Member(_, method) = &call.callee.kind {
                        registers |= call.args.len() > 1 && self.recipes.registers(method);
                    }
                }
                _ => {}
            };
            for value in &code {
                match value {
                    Value::Function(closure) => visit::function(&closure.code, &mut look),
                    Value::Class(class) => visit::class(&class.code, &mut look),
                    _ => {}
                }
            }
            if !code.is_empty() {
                candidates.push(Candidate { name, code, file, mentions, registers });
            }
        }
        candidates
    }
}

/// The functions and classes in a value.
fn gather(value: &Value, depth: usize, code: &mut Vec<Value>) {
    match value {
        Value::Function(_) | Value::Class(_) => code.push(value.clone()),
        Value::Dict(dict) if depth > 0 => {
            dict.snapshot().iter().for_each(|(_, value)| gather(value, depth - 1, code));
        }
        value => code.extend(getter_of(value)),
    }
}
