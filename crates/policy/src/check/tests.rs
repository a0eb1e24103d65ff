use super::*;
use proptest::prelude::*;
use std::path::PathBuf;

/// The wire documents of `tests/expected/policy/<folder>`, by name.
fn documents(folder: &str) -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/expected/policy").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "json"));
    paths.sort();
    assert!(!paths.is_empty(), "no documents in {}", root.display());
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn valid_documents_are_read_and_written_in_canonical_form() {
    for (name, text) in documents("valid") {
        let policy = Policy::parse(&text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
        let canonical = serde_json::to_string(&policy).unwrap();
        assert_eq!(Policy::parse(&canonical).unwrap(), policy, "{name}");
        assert_eq!(Policy::parse(&policy.to_pretty()).unwrap(), policy, "{name}");
    }
}

/// Beside each invalid document `x.json` stands `x.problems`, one problem a line (written anew when
/// `UPDATE_EXPECTED` is set).
#[test]
fn invalid_documents_have_all_their_problems_reported() {
    for (name, text) in documents("invalid") {
        let problems = Policy::parse(&text).expect_err(&name);
        let found: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        let path = format!("{}/../../tests/expected/policy/invalid/{name}.problems", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        assert_eq!(found, std::fs::read_to_string(&path).unwrap_or_default(), "{name}");
    }
}

#[test]
fn defaults_are_left_out() {
    let text = r#"{"tools": {"b": {"deny": false, "limits": [{"max": 1e1, "scope": "grant", "window": "60s", "counter": "c"}]},
        "a": {"reason": "no", "deny": true}}, "all_tools": {"limits": []}, "hide": ["z", "y", "z"], "mode": "enforce",
        "default": "deny", "version": "1"}"#;
    assert_eq!(
        serde_json::to_string(&Policy::parse(text).unwrap()).unwrap(),
        r#"{"version":"1","default":"deny","hide":["y","z"],"tools":{"a":{"deny":true,"on_deny":"no"},"b":{"limits":[{"counter":"c","window":"minute","max":10}]}}}"#
    );
}

#[test]
fn numbers_keep_every_digit() {
    let text = r#"{"version":"1","default":"deny","tools":{"t":{"require":[{"path":"args.n","op":"lt","value":12345678901234567890.123456789}]}}}"#;
    assert_eq!(serde_json::to_string(&Policy::parse(text).unwrap()).unwrap(), text);
}

#[test]
fn the_pretty_form_keeps_short_things_together() {
    let text = r#"{"version":"1","default":"deny","tools":{"search":{},"run":{"approve_if":[{"conditions":[]}],"limits":[{"counter":"run_rate","window":"minute","max":10}]}}}"#;
    let expected = r#"{
  "version": "1",
  "default": "deny",
  "tools": {
    "run": {
      "approve_if": [{ "conditions": [] }],
      "limits": [{ "counter": "run_rate", "window": "minute", "max": 10 }]
    },
    "search": {}
  }
}"#;
    assert_eq!(Policy::parse(text).unwrap().to_pretty(), expected);
}

#[test]
fn hostile_documents_are_refused_in_bounded_work() {
    let globs: String = (0..5000).map(|i| format!("\"a*{i}\":{{}},")).collect();
    let text = format!(r#"{{"version":"1","default":"deny","tools":{{{globs}"x":{{}}}}}}"#);
    assert_eq!(Policy::parse(&text).unwrap_err()[0].to_string(), "/tools: holds more than 500 globs");
    let text = format!("{{{}\"a\":0}}", "\"a\":0,".repeat(100_000));
    assert_eq!(Policy::parse(&text).unwrap_err().len(), PROBLEMS_MAX);
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = Policy::parse(&text);
    }

    /// A sound document with one of its values replaced: read or refused with a pointer into the document.
    #[test]
    fn a_wrong_value_is_named(at in 0usize..12, value in prop::sample::select(vec!["null", "7", "-1", "\"x\"", "[]", "{}", "true", "[{}]", "\"*\""])) {
        let mut values = ["\"1\"", "\"deny\"", "[\"z\"]", "true", "[]", "\"args.x\"", "\"gt\"", "5", "\"c\"", "\"day\"", "3", "\"no\""];
        values[at] = value;
        let [version, default, hide, deny, conditions, path, op, bound, counter, window, max, said] = values;
        let text = format!(r#"{{"version":{version},"default":{default},"hide":{hide},"tools":{{"t":{{"deny":{deny},
            "deny_if":[{{"conditions":{conditions},"on_deny":{said}}}],"require":[{{"path":{path},"op":{op},"value":{bound}}}],
            "limits":[{{"counter":{counter},"window":{window},"max":{max}}}]}}}}}}"#);
        match Policy::parse(&text) {
            Ok(policy) => prop_assert_eq!(Policy::parse(&serde_json::to_string(&policy).unwrap()).unwrap(), policy),
            Err(problems) => {
                let document: serde_json::Value = serde_json::from_str(&text).unwrap();
                for problem in problems {
                    prop_assert!(document.pointer(&problem.pointer).is_some(), "{}", problem);
                }
            }
        }
    }
}
