use super::*;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::PathBuf;

/// A policy and the calls made under it, one after the other: `tests/expected/policy/decisions/*.json`.
#[derive(Deserialize)]
struct Story {
    policy: Box<RawValue>,
    calls: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    /// Seconds since the start.
    #[serde(default)]
    at: f64,
    tool: String,
    arguments: Option<Box<RawValue>>,
    #[serde(default)]
    grant: String,
    #[serde(default)]
    session: String,
    definition: Option<Fingerprint>,
    /// The forward fails, and the reservation is given back.
    #[serde(default)]
    fails: bool,
    expect: Expected,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Expected {
    outcome: String,
    rule: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    retry_after: Option<f64>,
}

#[test]
fn documents_decide_as_they_read() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/expected/policy/decisions");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let story: Story = serde_json::from_str(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let policy = Policy::parse(story.policy.get()).unwrap_or_else(|p| panic!("{}: {p:?}", path.display()));
        let mut counters = Counters::default();
        for (i, told) in story.calls.into_iter().enumerate() {
            let found = tell(&policy, &told, &mut counters);
            let name = path.file_stem().unwrap().to_string_lossy();
            assert_eq!(found, told.expect, "{name}, call {i} of {}", told.tool);
        }
    }
}

fn tell(policy: &Policy, told: &Told, counters: &mut Counters) -> Expected {
    let arguments = Arguments::parse(told.arguments.as_ref().map_or("{}", |raw| raw.get())).unwrap();
    let call = Call {
        tool: &told.tool,
        arguments: &arguments,
        grant: &told.grant,
        session: &told.session,
        server: "",
        definition: told.definition.as_ref(),
    };
    let decision = decide(Some(policy), &call, counters, Duration::from_secs_f64(told.at));
    let observed = if decision.observed { "observed " } else { "" };
    let (word, message, retry, reservation) = match decision.outcome {
        Outcome::Forward(reservation) => ("forward", None, None, Some(reservation)),
        Outcome::Wait { reason, reservation, .. } => ("wait", reason, None, Some(reservation)),
        Outcome::Deny { message, retry_after } => ("deny", Some(message), retry_after, None),
    };
    if let Some(reservation) = reservation.filter(|_| told.fails) {
        counters.give_back(reservation);
    }
    Expected {
        outcome: format!("{observed}{word}"),
        rule: decision.rule,
        // Told only where the story cares.
        message: message.filter(|_| told.expect.message.is_some()),
        retry_after: retry.map(|wait| wait.as_secs_f64()).filter(|_| told.expect.retry_after.is_some()),
    }
}

#[test]
fn without_a_policy_everything_is_denied() {
    let decision = decide(None, &Call { tool: "t", ..Call::default() }, &mut Counters::default(), Duration::ZERO);
    assert_eq!(decision.rule, "(no policy)");
    assert!(matches!(decision.outcome, Outcome::Deny { .. }) && !decision.observed);
}

#[test]
fn hidden_tools_leave_the_list_unless_only_observed() {
    let text = |mode: &str| format!(r#"{{"version":"1","default":"allow","mode":"{mode}","hide":["drop_*"]}}"#);
    assert!(Policy::parse(&text("enforce")).unwrap().hides("drop_table"));
    assert!(!Policy::parse(&text("enforce")).unwrap().hides("Drop_table"));
    assert!(!Policy::parse(&text("observe")).unwrap().hides("drop_table"));
}
