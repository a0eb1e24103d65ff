use std::collections::BTreeMap;

use crate::check;
use crate::document::{AllTools, Limit, Mode, Policy, Rule, Stance};
use crate::pattern::Pattern;
use crate::problem::Problem;

/// One document that stands for two: the grants of both, and for what both speak of the stricter.
///
/// Two documents that deny by default add up their grants: a tool that one of them names and the other does
/// not mention keeps its rule, so that two snippets from two pages may be put together. This is the one way in
/// which the result allows a call that one of the two refuses, by its default alone; a call that either refuses
/// by what it says is refused. Everything else takes the stricter of both: `deny` as the default, enforcing as
/// the mode, all that is hidden, for each tool the rules of both (through whatever name or glob), and of two
/// limits on one counter and window the smaller.
///
/// Fails if a glob of one document ties with a glob of the other; each such pair is a problem.
pub fn merge(a: &Policy, b: &Policy) -> Result<Policy, Vec<Problem>> {
    let mut merged = Policy::new(a.default.max(b.default));
    merged.mode = if a.mode == b.mode { a.mode } else { Mode::Enforce };
    merged.hide = union(&a.hide, &b.hide);
    merged.hide.sort();
    merged.all_tools = AllTools { limits: limits(&a.all_tools.limits, &b.all_tools.limits) };
    let kept: Vec<&Pattern> = a
        .tools
        .keys()
        .filter(|key| grants(b, key, a))
        .chain(b.tools.keys().filter(|key| grants(a, key, b) && !a.tools.contains_key(key)))
        .collect();
    for key in &kept {
        let all = applying(a, key, &kept).into_iter().chain(applying(b, key, &kept));
        let rule = all.fold(Rule::default(), |sum, rule| rules(&sum, rule));
        merged.tools.insert((*key).clone(), rule);
    }
    let ties = check::ties(&merged);
    if ties.is_empty() { Ok(merged) } else { Err(ties) }
}

/// Whether `policy` leaves open what `key`, of the document `other`, may open: it allows by default, or it
/// denies by default as the other does (then grants add up), or it names all that the key names.
fn grants(policy: &Policy, key: &Pattern, other: &Policy) -> bool {
    policy.default == Stance::Allow || other.default == Stance::Deny || policy.tools.keys().any(|own| own.contains(key))
}

/// The rules of `policy` that may decide about a name for which `key` is the most specific of the `kept` keys:
/// that of the most specific key containing it, and those of still more specific globs that overlap it
/// without being kept as a key that would decide itself.
fn applying<'p>(policy: &'p Policy, key: &Pattern, kept: &[&Pattern]) -> Vec<&'p Rule> {
    let container = policy.tools.iter().filter(|(own, _)| own.contains(key)).max_by_key(|(own, _)| own.rank());
    let floor = container.map(|(own, _)| own.rank());
    let partial = policy.tools.iter().filter(|(own, _)| {
        let decides_itself = kept.contains(own) && own.rank() > key.rank();
        Some(own.rank()) > floor && !decides_itself && own.overlaps(key)
    });
    container.into_iter().chain(partial).map(|(_, rule)| rule).collect()
}

/// The rule that asks for everything either asks for.
pub(crate) fn rules(a: &Rule, b: &Rule) -> Rule {
    // Two different pins: no definition satisfies both.
    let torn = a.pin.is_some() && b.pin.is_some() && a.pin != b.pin;
    Rule {
        deny: a.deny || b.deny || torn,
        require: union(&a.require, &b.require),
        deny_if: union(&a.deny_if, &b.deny_if),
        approve_if: union(&a.approve_if, &b.approve_if),
        limits: limits(&a.limits, &b.limits),
        pin: a.pin.clone().or_else(|| b.pin.clone()),
        on_deny: a.on_deny.clone().or_else(|| b.on_deny.clone()),
    }
}

fn union<T: Clone + PartialEq>(a: &[T], b: &[T]) -> Vec<T> {
    let mut all = a.to_vec();
    all.extend(b.iter().filter(|item| !a.contains(item)).cloned());
    all
}

fn limits(a: &[Limit], b: &[Limit]) -> Vec<Limit> {
    let mut all: Vec<Limit> = Vec::new();
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for limit in a.iter().chain(b) {
        let kind = (&limit.counter, limit.window, limit.scope, &limit.amount);
        match places.get(&kind) {
            Some(&at) => all[at].max = all[at].max.min(limit.max),
            None => {
                places.insert(kind, all.len());
                all.push(limit.clone());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
