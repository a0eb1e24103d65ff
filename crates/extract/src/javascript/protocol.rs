//! Servers without an SDK: programs that answer the protocol's requests themselves.
//!
//! Such a program has an object `{ tools: [...] }` for the request that it knows by its method, `tools/list`; or a table
//! of functions by method. Both are looked at when nothing was registered with an SDK.

use super::Script;
use super::registration::Lister;
use crate::fold::{Args, Dict, Interp, Place, Value};
use std::rc::Rc;

/// Functions that answer may be asked what other functions answer.
const ROUNDS: usize = 3;
/// How many objects are kept.
const OBJECTS: usize = 500;

impl Script<'_> {
    /// Notes an object that may be an answer, or a table of functions that answer.
    pub(super) fn note_answer(&self, object: &Rc<Dict>, place: &Place) {
        let handler = object.get_str(self.recipes.list_method());
        let handler = handler.filter(Value::is_function);
        if let Some(found) = handler.or_else(|| object.get_str("tools").map(|_| Value::Dict(object.clone()))) {
            self.note(found, place);
        }
    }

    /// Notes a function that a table is given for the request: `handlers.set("tools/list", list)`.
    pub(super) fn note_handler(&self, args: &Args, place: &Place) {
        if let [Value::Str(method), function, ..] = args.positional.as_slice()
            && &**method == self.recipes.list_method()
            && function.is_function()
        {
            self.note(function.clone(), place);
        }
    }

    fn note(&self, value: Value, place: &Place) {
        let mut answers = self.answers.borrow_mut();
        if answers.len() < OBJECTS {
            answers.push((value, place.clone()));
        }
    }

    /// Reads the tools that the program answers with, where it names the request.
    pub(super) fn ask_answers(&self, interp: &mut Interp) {
        for _ in 0..ROUNDS {
            let answers = std::mem::take(&mut *self.answers.borrow_mut());
            if answers.is_empty() || !self.tools.borrow().is_empty() || !self.names_request() {
                return;
            }
            for (answer, place) in answers {
                if answer.is_function() {
                    self.listers.borrow_mut().push(Lister::open(answer, place));
                    continue;
                }
                let tools = interp.get(&answer, "tools", &place);
                let items = interp.iterate(&tools, &place).values;
                if !items.is_empty() && items.iter().all(|item| self.is_definition(interp, item, &place)) {
                    self.read_answer(interp, &answer, &place);
                }
            }
            self.ask_listers(interp);
        }
    }

    /// Whether a file that was loaded names the request.
    fn names_request(&self) -> bool {
        let method = self.recipes.list_method();
        self.by_file.borrow().keys().any(|file| self.tree.text(file).is_some_and(|text| text.contains(method)))
    }
}
