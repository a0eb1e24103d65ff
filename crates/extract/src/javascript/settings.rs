//! What libraries that read the command line give: options that have their defaults unless somebody sets them.

use std::rc::Rc;

use super::{Script, arg};
use crate::fold::{Args, Dict, Interp, ListKind, Place, Value};

/// How many calls and members a chain may have.
const CHAIN: usize = 600;
/// What all options together are called.
const COMMAND_LINE: &str = "the command line";

impl Script<'_> {
    /// The options that a call of such a library gives.
    pub(super) fn parsed_options(
        &self,
        interp: &mut Interp,
        callee: &Value,
        args: &Args,
        place: &Place,
    ) -> Option<Value> {
        let (package, function) = root(callee)?;
        if &*package == "util" && function == "parseArgs" {
            let options = interp.get(&arg(args, 0), "options", place);
            self.declare_options(interp, &options, place);
            let values = self.options(interp, place);
            let positionals = interp.setting(COMMAND_LINE, Some(Value::list(ListKind::List, Vec::new())), place);
            return Some(Value::dict([("values", values), ("positionals", positionals)]));
        }
        if self.recipes.declares_options(&package, &function) {
            match arg(args, 0) {
                Value::Str(flags) => {
                    let default = match (arg(args, 1), arg(args, 2)) {
                        (described @ Value::Dict(_), _) => interp.get(&described, "default", place),
                        (_, default) => default,
                    };
                    if !default.is_function() {
                        self.declare_option(&flags, default);
                    }
                }
                table => self.declare_options(interp, &table, place),
            }
        }
        self.recipes.gives_options(&package, &function).then(|| self.options(interp, place))
    }

    /// The options as a member of such a library: `yargs(…).argv`.
    pub(super) fn options_member(
        &self,
        interp: &mut Interp,
        object: &Value,
        name: &str,
        place: &Place,
    ) -> Option<Value> {
        let package = root(object)?.0;
        self.recipes.holds_options(&package, name).then(|| self.options(interp, place))
    }

    /// A table from name to description, with its default.
    fn declare_options(&self, interp: &mut Interp, table: &Value, place: &Place) {
        for (name, described) in self.properties(interp, table, place) {
            let default = interp.get(&described, "default", place);
            self.declare_option(&name, default);
        }
    }

    fn declare_option(&self, flags: &str, default: Value) {
        if matches!(default, Value::Undefined | Value::Unknown(_)) {
            return;
        }
        // `-p, --port <number>` and `port` alike.
        let long = flags.split([',', ' ', '|']).find(|flag| flag.starts_with("--")).unwrap_or(flags);
        let name = long.trim_start_matches("--").split([' ', '=', '<', '[']).next().unwrap_or_default();
        self.option_defaults.set(Value::str(name), default.clone());
        self.option_defaults.set(Value::str(camel(name)), default);
    }

    /// Whether a call gives such a library a function to run with the options: `program.action(function)`.
    pub(super) fn runs_commands(&self, callee: &Value) -> bool {
        root(callee).is_some_and(|(package, function)| self.recipes.runs_commands(&package, &function))
    }

    /// What the program finds when nobody gives any option.
    pub(super) fn options(&self, interp: &mut Interp, place: &Place) -> Value {
        let usual = Dict::default();
        for (name, default) in self.option_defaults.snapshot() {
            usual.set(name, default);
        }
        interp.setting(COMMAND_LINE, Some(Value::Dict(Rc::new(usual))), place)
    }
}

/// What a member of a setting is called: one of the options, or the same setting.
pub(super) fn member_of(setting: &Rc<str>, name: &str) -> Rc<str> {
    if &**setting != COMMAND_LINE {
        return setting.clone();
    }
    let mut flag = String::from("the option --");
    for c in name.trim_start_matches('-').chars() {
        if c.is_ascii_uppercase() {
            flag.push('-');
        }
        flag.push(c.to_ascii_lowercase());
    }
    flag.into()
}

/// The package outside that a chain of calls begins with, and the last function called.
fn root(callee: &Value) -> Option<(Rc<str>, String)> {
    let mut at = callee.clone();
    let mut function = None;
    for _ in 0..CHAIN {
        at = match &at {
            Value::Made(made) => made.callee.clone(),
            Value::Method(method) => {
                function.get_or_insert_with(|| method.name.to_string());
                method.receiver.clone()
            }
            Value::External(path) => {
                let (package, last) = path.split_once([':', '.']).unwrap_or((path, "default"));
                let last = last.rsplit('.').next().unwrap_or(last).to_owned();
                return Some((package.into(), function.unwrap_or(last)));
            }
            _ => return None,
        };
    }
    None
}

/// `read-only` as code names it: `readOnly`.
fn camel(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let start: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
        name + &start + letters.as_str()
    })
}
