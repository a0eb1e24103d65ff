//! Tools that a program registers and then switches off, or on again.

use std::rc::Rc;

use riskdex_model::Tool;

use super::{Script, arg};
use crate::fold::{Args, Interp, Made, Place, Value, all_of, opposite};

/// What a registration gives, as a value outside the package: its arguments say which tool it is (counted from 1), how
/// many conditions were open, and in which turn of reading it was registered.
const REGISTERED: &str = "registered";
/// How code switches a tool on.
const ENABLES: &str = ".enable(";

impl Script<'_> {
    /// What the registration gives that was just made of the tools from `before` on.
    pub(super) fn registered(&self, interp: &mut Interp, before: usize, place: &Place) -> Value {
        let count = self.tools.borrow().len();
        let number = if count > before { count } else { 0 };
        let parts = [number, interp.gate_depth(), self.turn.get()].map(|part| Value::Int(part as i64));
        interp.made(&Value::external(REGISTERED), &Args::of(parts.to_vec()), place)
    }

    /// A call of a method of what a registration gave.
    pub(super) fn switch(&self, interp: &mut Interp, made: &Made, method: &str, args: &Args, place: &Place) {
        if made.callee.path() != Some(REGISTERED) {
            return;
        }
        let is_on = match method {
            "disable" | "remove" => false,
            "enable" => true,
            "update" => match interp.get(&arg(args, 0), "enabled", place) {
                Value::Bool(is_on) => is_on,
                _ => return,
            },
            _ => return,
        };
        let part = |at: usize| match made.args.positional.get(at) {
            Some(Value::Int(part)) => usize::try_from(*part).ok(),
            _ => None,
        };
        let (Some(number), Some(depth), Some(turn)) = (part(0), part(1), part(2)) else { return };
        let mut tools = self.tools.borrow_mut();
        let Some((at, tool)) = number.checked_sub(1).and_then(|at| Some((at, tools.get_mut(at)?))) else { return };
        // What happens at another time says nothing of the list at the start.
        if turn != self.turn.get() {
            return;
        }
        let condition = interp.conditions_beyond(depth);
        let mut off = self.off.borrow_mut();
        match (is_on, condition) {
            (false, None) => {
                off.insert(at);
            }
            // Nobody has changed that setting.
            (false, _) if interp.is_unusual_beyond(depth) => {}
            (false, Some(words)) => gate(tool, &opposite(&words)),
            (true, condition) if off.remove(&at) => condition.iter().for_each(|words| gate(tool, words)),
            (true, _) => {}
        }
    }

    /// Leaves out the tools that are switched off for good; the others are there when something enables them.
    pub(super) fn without_switched_off(&self, tools: Vec<Tool>) -> Vec<Tool> {
        let off = self.off.take();
        if off.is_empty() {
            return tools;
        }
        let mentions = |file: &Rc<str>| self.tree.text(file).is_some_and(|text| text.contains(ENABLES));
        let is_enabled = self.by_file.borrow().keys().any(mentions);
        let mut left = Vec::new();
        for (at, mut tool) in tools.into_iter().enumerate() {
            match (off.contains(&at), is_enabled) {
                (true, false) => continue,
                (true, true) => gate(&mut tool, "the program enables it later"),
                (false, _) => {}
            }
            left.push(tool);
        }
        left
    }
}

/// Adds a condition to those of a tool.
fn gate(tool: &mut Tool, words: &str) {
    tool.gated = all_of(tool.gated.as_deref().into_iter().chain([words]));
}
