use std::time::Duration;

use proptest::prelude::*;

use crate::{Arguments, Call, Counters, Outcome, Policy, Stance, decide, merge};

fn policy(text: &str) -> Policy {
    Policy::parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

fn merged(a: &str, b: &str) -> String {
    serde_json::to_string(&merge(&policy(a), &policy(b)).unwrap()).unwrap()
}

#[test]
fn two_snippets_put_together_keep_both_tools() {
    assert_eq!(
        merged(
            r#"{"version":"1","default":"deny","tools":{"search":{}}}"#,
            r#"{"version":"1","default":"deny","hide":["wipe"],"tools":{"write":{"limits":[{"counter":"write_rate","window":"minute","max":30}]}}}"#
        ),
        r#"{"version":"1","default":"deny","hide":["wipe"],"tools":{"search":{},"write":{"limits":[{"counter":"write_rate","window":"minute","max":30}]}}}"#
    );
}

#[test]
fn of_one_tool_the_rules_of_both_hold() {
    let a = r#"{"version":"1","default":"allow","mode":"observe","tools":{"pay":{
        "limits":[{"counter":"c","window":"hour","max":5},{"counter":"c","window":"day","max":9}],"on_deny":"no"}}}"#;
    let b = r#"{"version":"1","default":"deny","tools":{"pay":{"approve_if":[{"conditions":[]}],
        "limits":[{"counter":"c","window":"60m","max":3}],"reason":"not now"}}}"#;
    assert_eq!(
        merged(a, b),
        r#"{"version":"1","default":"deny","tools":{"pay":{"approve_if":[{"conditions":[]}],"limits":[{"counter":"c","window":"hour","max":3},{"counter":"c","window":"day","max":9}],"on_deny":"no"}}}"#
    );
}

#[test]
fn a_glob_of_one_reaches_the_names_of_the_other() {
    assert_eq!(
        merged(
            r#"{"version":"1","default":"allow","tools":{"*":{"limits":[{"counter":"all","window":"minute","max":9}]}}}"#,
            r#"{"version":"1","default":"deny","tools":{"get":{},"get_*":{"deny":true}}}"#
        ),
        r#"{"version":"1","default":"deny","tools":{"get":{"limits":[{"counter":"all","window":"minute","max":9}]},"get_*":{"deny":true,"limits":[{"counter":"all","window":"minute","max":9}]}}}"#
    );
}

#[test]
fn a_restriction_never_becomes_a_grant() {
    assert_eq!(
        merged(
            r#"{"version":"1","default":"allow","tools":{"push":{"limits":[{"counter":"p","window":"day","max":1}]}}}"#,
            r#"{"version":"1","default":"deny","tools":{"pull":{}}}"#
        ),
        r#"{"version":"1","default":"deny","tools":{"pull":{}}}"#
    );
}

#[test]
fn two_pins_of_one_tool_deny_it() {
    let pinned = |digit: &str| {
        format!(r#"{{"version":"1","default":"deny","tools":{{"t":{{"pin":"sha256:{}"}}}}}}"#, digit.repeat(64))
    };
    assert!(merged(&pinned("a"), &pinned("b")).contains(r#""deny":true"#));
    assert!(!merged(&pinned("a"), &pinned("a")).contains("deny\":true"));
}

#[test]
fn globs_that_tie_are_named() {
    let a = policy(r#"{"version":"1","default":"deny","tools":{"get_*":{}}}"#);
    let b = policy(r#"{"version":"1","default":"deny","tools":{"*_all":{"deny":true}}}"#);
    assert_eq!(merge(&a, &b).unwrap_err()[0].pointer, "/tools/get_*");
}

const RULES: &[&str] = &[
    "{}",
    r#"{"deny":true}"#,
    r#"{"require":[{"path":"args.n","op":"exists"}]}"#,
    r#"{"require":[{"path":"args.n","op":"lt","value":2}]}"#,
    r#"{"deny_if":[{"conditions":[{"path":"args.n","op":"gt","value":1}]}]}"#,
    r#"{"approve_if":[{"conditions":[{"path":"args.n","op":"eq","value":1}]}]}"#,
    r#"{"limits":[{"counter":"c","window":"minute","max":2}]}"#,
    r#"{"limits":[{"counter":"c","window":"minute","max":1},{"counter":"d","window":"10s","max":1,"scope":"session"}]}"#,
    r#"{"limits":[{"counter":"sum","window":"minute","max":3,"amount":"args.n"}]}"#,
    r#"{"pin":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#,
];

prop_compose! {
    fn document()(
        default in prop::sample::select(vec!["allow", "deny"]),
        mode in prop::sample::select(vec!["enforce", "enforce", "observe"]),
        hide in prop::collection::btree_set(prop::sample::select(vec!["ab", "b*", "c"]), 0..2),
        tools in prop::collection::btree_map(
            prop::sample::select(vec!["a", "ab", "abc", "b", "c", "*", "a*", "*b", "??", "a?c", "*bc"]),
            prop::sample::select(RULES.to_vec()), 0..5),
        all in prop::sample::select(vec!["", r#"{"counter":"c","window":"minute","max":3}"#]),
    ) -> String {
        let tools: Vec<String> = tools.iter().map(|(name, rule)| format!("\"{name}\":{rule}")).collect();
        format!(r#"{{"version":"1","default":"{default}","mode":"{mode}","hide":{:?},"all_tools":{{"limits":[{all}]}},"tools":{{{}}}}}"#,
            hide.iter().collect::<Vec<_>>(), tools.join(","))
    }
}

/// How far a call gets: 0 denied, 1 waits, 2 goes through; and the rule.
fn reach(policy: &Policy, call: &Call<'_>, counters: &mut Counters, now: Duration) -> (u8, String) {
    let decision = decide(Some(policy), call, counters, now);
    let reach = match decision.outcome {
        _ if decision.observed => 2,
        Outcome::Deny { .. } => 0,
        Outcome::Wait { .. } => 1,
        Outcome::Forward(_) => 2,
    };
    (reach, decision.rule)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// No call gets further under the merged document than under either; but for a tool that only one of two
    /// documents denying by default names, that one alone decides. Limits are compared over the calls
    /// that the merged document lets through.
    #[test]
    fn merging_never_loosens(
        a in document(),
        b in document(),
        calls in prop::collection::vec((prop::sample::select(vec!["a", "ab", "abc", "b", "c", "bb", "axc", "z"]),
            prop::sample::select(vec!["{}", r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":"x"}"#]), 0u64..20), 1..12),
    ) {
        let (Ok(a), Ok(b)) = (Policy::parse(&a), Policy::parse(&b)) else { return Ok(()) };
        let Ok(both) = merge(&a, &b) else { return Ok(()) };
        prop_assert_eq!(&Policy::parse(&serde_json::to_string(&both).unwrap()).unwrap(), &both);
        let grants_add = a.default() == Stance::Deny && b.default() == Stance::Deny;
        let mut counters = [Counters::default(), Counters::default(), Counters::default()];
        let mut now = Duration::ZERO;
        for (tool, arguments, gap) in calls {
            now += Duration::from_secs(gap);
            let arguments = Arguments::parse(arguments).unwrap();
            let call = Call { tool, arguments: &arguments, ..Call::default() };
            let (far, rule) = reach(&both, &call, &mut counters[2], now);
            if far == 0 {
                continue;
            }
            for (one, other, at) in [(&a, &b, 0), (&b, &a, 1)] {
                let (alone, by) = reach(one, &call, &mut counters[at], now);
                let named_by_other = grants_add && by == "(default deny)" && other.rule(tool).is_some();
                prop_assert!(far <= alone || named_by_other, "{tool}: {far} by {rule}, alone {alone} by {by}");
            }
        }
    }

    #[test]
    fn a_document_merged_with_itself_is_itself(a in document()) {
        if let Ok(a) = Policy::parse(&a) {
            prop_assert_eq!(merge(&a, &a).unwrap(), a);
        }
    }
}
