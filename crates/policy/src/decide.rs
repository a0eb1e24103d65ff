use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use riskdex_model::Fingerprint;

use crate::amount::Amount;
use crate::arguments::Arguments;
use crate::condition::Condition;
use crate::counters::{Counters, Demand, Key, Reservation};
use crate::document::{Limit, Mode, Policy, Rule, Scope, Stance};
use crate::problem::{below, quoted};

/// One `tools/call`, and who makes it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The tool's name as called.
    pub tool: &'a str,
    /// What it is called with.
    pub arguments: &'a Arguments,
    /// Id of the grant (one client's access to one server).
    pub grant: &'a str,
    /// Id of the session.
    pub session: &'a str,
    /// Id of the server.
    pub server: &'a str,
    /// Fingerprint of the definition that the server offers now, if it has been listed. A pinned tool
    /// without one is denied.
    pub definition: Option<&'a Fingerprint>,
}

impl Default for Call<'_> {
    fn default() -> Self {
        Self { tool: "", arguments: Arguments::NONE, grant: "", session: "", server: "", definition: None }
    }
}

/// What happens to a call, and because of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub outcome: Outcome,
    /// JSON pointer of the rule that decided, or a label in brackets: `(no policy)`, `(hidden)`,
    /// `(default deny)`, `(default allow)`.
    pub rule: String,
    /// The policy only observes: the call goes through whatever the outcome says.
    pub observed: bool,
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes to the server. A forward that fails gives the reservation back.
    Forward(Reservation),
    /// It waits for a person, holding its reservation.
    Wait {
        /// What the person is told.
        reason: Option<String>,
        /// How long to wait, if the document says.
        timeout: Option<Duration>,
        /// What the call has taken of its quotas.
        reservation: Reservation,
    },
    /// It is refused.
    Deny {
        /// What the agent is told, without the prefix that marks a denial.
        message: String,
        /// When the same call would pass a limit, if it was a limit that refused it.
        retry_after: Option<Duration>,
    },
}

/// Decides about one call. `now` is the time since any fixed moment, the same for all calls on `counters`.
///
/// The first that decides wins: no policy, hidden, no rule and deny by default, `deny`, `require`, `deny_if`,
/// `pin`, limits (all are reserved in one step, or none), `approve_if`, forward.
pub fn decide(policy: Option<&Policy>, call: &Call<'_>, counters: &mut Counters, now: Duration) -> Decision {
    let Some(policy) = policy else {
        return Decision {
            outcome: deny(None, || "No policy is attached to this grant.".to_owned()),
            rule: "(no policy)".to_owned(),
            observed: false,
        };
    };
    let (outcome, rule) = outcome(policy, call, counters, now);
    Decision { outcome, rule, observed: policy.mode == Mode::Observe }
}

fn outcome(policy: &Policy, call: &Call<'_>, counters: &mut Counters, now: Duration) -> (Outcome, String) {
    let tool = quoted(call.tool);
    if policy.is_hidden(call.tool) {
        return (deny(None, || format!("Tool {tool} is hidden by policy.")), "(hidden)".to_owned());
    }
    let unnamed = Rule::default();
    let (pointer, rule) = match policy.rule(call.tool) {
        Some((key, rule)) => (below("/tools", key), rule),
        None if policy.default == Stance::Allow => (String::new(), &unnamed),
        None => {
            let message = || format!("Tool {tool} is not permitted by policy.");
            return (deny(None, message), "(default deny)".to_owned());
        }
    };
    if let Some(denied) = refused(rule, call, &pointer) {
        return denied;
    }
    let all = policy.all_tools.limits.iter().enumerate().map(|(i, limit)| (limit, format!("/all_tools/limits/{i}")));
    let own = rule.limits.iter().enumerate().map(|(i, limit)| (limit, format!("{pointer}/limits/{i}")));
    let reservation = match reserve(&all.chain(own).collect::<Vec<_>>(), rule, call, counters, now) {
        Ok(reservation) => reservation,
        Err(denied) => return denied,
    };
    for (i, entry) in rule.approve_if.iter().enumerate() {
        if all_hold(&entry.conditions, call) {
            let timeout = entry.timeout.map(crate::document::Span::duration);
            let outcome = Outcome::Wait { reason: entry.reason.clone(), timeout, reservation };
            return (outcome, format!("{pointer}/approve_if/{i}"));
        }
    }
    let by = if pointer.is_empty() { "(default allow)".to_owned() } else { pointer };
    (Outcome::Forward(reservation), by)
}

/// What of the rule, limits apart, denies the call.
fn refused(rule: &Rule, call: &Call<'_>, pointer: &str) -> Option<(Outcome, String)> {
    let tool = quoted(call.tool);
    let said = rule.on_deny.as_deref();
    if rule.deny {
        return Some((deny(said, || format!("Tool {tool} is denied by policy.")), format!("{pointer}/deny")));
    }
    for (i, condition) in rule.require.iter().enumerate() {
        if !condition.holds(&call.arguments.0) {
            let message = || format!("Tool {tool} requires a condition on {} that does not hold.", condition.path);
            return Some((deny(said, message), format!("{pointer}/require/{i}")));
        }
    }
    for (i, entry) in rule.deny_if.iter().enumerate() {
        if all_hold(&entry.conditions, call) {
            let message = || match entry.conditions.first() {
                Some(condition) => format!("Tool {tool} is denied by a condition on {}.", condition.path),
                None => format!("Tool {tool} is denied by policy."),
            };
            let said = entry.on_deny.as_deref().or(said);
            return Some((deny(said, message), format!("{pointer}/deny_if/{i}")));
        }
    }
    if rule.pin.is_some() && rule.pin.as_ref() != call.definition {
        let message = || format!("The definition of tool {tool} is not the one that was accepted.");
        return Some((deny(said, message), format!("{pointer}/pin")));
    }
    None
}

fn all_hold(conditions: &[Condition], call: &Call<'_>) -> bool {
    conditions.iter().all(|condition| condition.holds(&call.arguments.0))
}

/// Takes what the call needs of all its limits, each given with its pointer.
fn reserve(
    limits: &[(&Limit, String)],
    rule: &Rule,
    call: &Call<'_>,
    counters: &mut Counters,
    now: Duration,
) -> Result<Reservation, (Outcome, String)> {
    let tool = quoted(call.tool);
    let said = rule.on_deny.as_deref();
    let mut demands = Vec::new();
    let mut amounts: BTreeMap<Key, Amount> = BTreeMap::new();
    let mut counted = BTreeSet::new();
    for (limit, pointer) in limits {
        let amount = match &limit.amount {
            None => Amount::ONE,
            Some(path) => counted_amount(path, call).ok_or_else(|| {
                let message = || format!("Tool {tool} needs {path} as a number, 0 or more, that a limit can count.");
                (deny(said, message), pointer.clone())
            })?,
        };
        let key = key(limit, call);
        // Limits that share a counter count a call once, whatever their windows.
        if counted.insert((key.clone(), &limit.amount)) {
            let sum = amounts.entry(key.clone()).or_default();
            *sum = sum.plus(amount);
        }
        demands.push(Demand { key, window: limit.window.duration(), max: limit.max });
    }
    counters.reserve(&demands, amounts, now).map_err(|refused| {
        let (limit, pointer) = &limits[refused.index];
        let message = || {
            let unit = limit.amount.as_ref().map_or("calls".to_owned(), |path| format!("of {path}"));
            let again = match refused.retry_after {
                Some(wait) => format!("Try again in {} s.", wait.as_millis().div_ceil(1000)),
                None => "This call alone exceeds it.".to_owned(),
            };
            format!("Tool {tool}: the limit of {} {unit} per {} is reached. {again}", limit.max, limit.window)
        };
        let mut outcome = deny(said, message);
        if let Outcome::Deny { retry_after, .. } = &mut outcome {
            *retry_after = refused.retry_after;
        }
        (outcome, pointer.clone())
    })
}

fn counted_amount(path: &crate::condition::Path, call: &Call<'_>) -> Option<Amount> {
    let found = path.find(&call.arguments.0);
    let amounts = found.iter().map(|value| match value {
        crate::json::Json::Number(number) => Amount::exactly(number),
        _ => None,
    });
    let sum = amounts.reduce(|sum, amount| Some(sum?.plus(amount?)));
    sum.flatten()
}

fn key(limit: &Limit, call: &Call<'_>) -> Key {
    let whose = match limit.scope {
        Scope::Grant => call.grant,
        Scope::Session => call.session,
        Scope::Server => "",
    };
    Key { counter: limit.counter.clone(), scope: limit.scope, server: call.server.to_owned(), whose: whose.to_owned() }
}

fn deny(said: Option<&str>, message: impl FnOnce() -> String) -> Outcome {
    Outcome::Deny { message: said.map_or_else(message, str::to_owned), retry_after: None }
}

#[cfg(test)]
mod tests;
