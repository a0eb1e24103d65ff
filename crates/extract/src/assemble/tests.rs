use riskdex_model::Origin;
use serde_json::json;

use super::*;

fn tool(name: &str, description: &str) -> Tool {
    Tool { name: name.into(), description: Some(description.into()), ..Tool::default() }
}

fn found(tools: &[Tool]) -> Found {
    Found { tools: tools.to_vec(), ..Found::default() }
}

fn stated(tools: &[Tool]) -> Stated {
    Stated { tools: tools.to_vec(), ..Stated::default() }
}

fn run(found: Found, stated: Stated) -> Extraction {
    assemble(Identity::default(), &Tree::default(), found, stated, Vec::new())
}

fn names(extraction: &Extraction) -> Vec<&str> {
    extraction.tools.iter().map(|tool| tool.name.as_str()).collect()
}

#[test]
fn the_first_definition_of_a_name_counts() {
    let extraction = run(found(&[tool("a", "one"), tool("b", "x"), tool("a", "two")]), Stated::default());
    assert_eq!(names(&extraction), ["a", "b"]);
    assert_eq!(extraction.tools[0].description.as_deref(), Some("one"));
    assert_eq!(extraction.notes, ["Defined more than once, differently; the first definition counts: a."]);
}

#[test]
fn a_tool_defined_under_several_conditions_depends_on_what_they_share() {
    let under = |gated: Option<&str>| Tool { gated: gated.map(str::to_owned), ..tool("a", "one") };
    let gated = |tools: &[Tool]| run(found(tools), Stated::default()).tools[0].gated.clone();
    assert_eq!(gated(&[under(Some("a and b")), under(Some("not a and b"))]).as_deref(), Some("b"));
    assert_eq!(gated(&[under(Some("a")), under(Some("not a"))]), None);
    assert_eq!(gated(&[under(Some("a")), under(None)]), None);
}

#[test]
fn code_counts_before_the_manifest_and_differences_are_said() {
    let extraction = run(found(&[tool("a", "code")]), stated(&[tool("a", "manifest"), tool("old", "gone")]));
    assert_eq!(names(&extraction), ["a"]);
    assert_eq!(extraction.tools[0].description.as_deref(), Some("code"));
    assert_eq!(
        extraction.notes,
        [
            "The manifest describes these tools in other words than the code: a.",
            "Listed in the manifest, but nothing in the code registers them: old.",
        ]
    );
}

#[test]
fn what_the_running_server_says_counts_before_its_card() {
    let said = |name: &str, description: &str, method: &str| Tool {
        origin: Some(Origin { method: method.into(), ..Origin::default() }),
        ..tool(name, description)
    };
    let stated = [said("a", "card", "card"), said("b", "x", "card"), said("a", "live", "live"), said("c", "y", "live")];
    let extraction = run(found(&[tool("a", "code")]), Stated { tools: stated.to_vec(), ..Stated::default() });
    assert_eq!(names(&extraction), ["a", "c"]);
    let sources: Vec<_> = extraction.lists.iter().map(|list| (list.source, list.tools)).collect();
    assert_eq!(sources, [(ListSource::Live, 2), (ListSource::Card, 2), (ListSource::Static, 1)]);
    let card = &extraction.lists[1];
    assert_eq!((&card.lacks, &card.adds, &card.differs), (&vec!["c".into()], &vec!["b".into()], &vec!["a".into()]));
    let notes = extraction.notes.join(" ");
    assert!(notes.contains("The server card describes these tools in other words than the running server: a."));
    assert!(notes.contains("Listed in the server card, but not by the running server: b."));
}

#[test]
fn the_manifest_fills_what_the_code_leaves_open() {
    let mut partial = found(&[tool("a", "code")]);
    partial.dynamic = Some("a loop over a service's answer".into());
    assert_eq!(names(&run(partial, stated(&[tool("b", "manifest")]))), ["a", "b"]);
    assert_eq!(names(&run(Found::default(), stated(&[tool("b", "manifest")]))), ["b"]);
}

#[test]
fn a_generated_list_is_dynamic_only_when_no_code_speaks() {
    let generated = || Stated { dynamic: Some("generated".into()), ..Stated::default() };
    assert_eq!(run(Found::default(), generated()).dynamic.as_deref(), Some("generated"));
    assert_eq!(run(found(&[tool("a", "x")]), generated()).dynamic, None);
}

#[test]
fn compiled_is_said_only_when_nothing_was_found() {
    let tree = Tree::default().with_native(vec!["bin/x".into()]);
    let read = |found| assemble(Identity::default(), &tree, found, Stated::default(), Vec::new()).gaps;
    let gaps = read(Found::default());
    assert_eq!((gaps[0].kind, gaps[0].file.as_str()), (GapKind::Compiled, "bin/x"));
    assert!(read(found(&[tool("a", "x")])).is_empty());
}

#[test]
fn definitions_are_bounded_and_say_so() {
    let mut huge = tool(&"n".repeat(10_000), &"d".repeat(200_000));
    huge.input_schema = json!({"enum": vec!["x".repeat(1000); 1000]});
    let mut deep = tool("deep", "x");
    deep.input_schema = (0..100).fold(json!({}), |inner, _| json!({"properties": inner}));
    deep.origin = Some(Origin { file: "s.py".into(), line: 7, ..Origin::default() });
    let extraction = run(found(&[huge, deep, tool("", "nameless")]), Stated::default());
    assert_eq!(extraction.tools.len(), 2);
    assert_eq!(extraction.tools[0].name.chars().count(), limits::NAME_CHARS + 1);
    assert_eq!(extraction.tools[0].description.as_ref().unwrap().chars().count(), limits::DESCRIPTION_CHARS + 1);
    assert_eq!(extraction.tools[0].input_schema, Value::Null);
    assert_eq!(extraction.tools[1].input_schema, Value::Null);
    let gaps: Vec<_> = extraction.gaps.iter().map(|gap| (gap.kind, gap.file.as_str(), gap.line)).collect();
    assert_eq!(gaps.len(), 5);
    assert_eq!(gaps[3], (GapKind::Limit, "s.py", 7));
}

#[test]
fn a_tool_read_from_a_dependency_names_it() {
    let mut tree = Tree::default();
    let dependency = Tree::new([("dep/tools.py".to_owned(), Vec::new())].into());
    tree.mount("dep", "", dependency);
    let mut one = tool("a", "x");
    one.origin = Some(Origin { file: "dep/tools.py".into(), ..Origin::default() });
    let extraction = assemble(Identity::default(), &tree, found(&[one]), Stated::default(), Vec::new());
    assert_eq!(extraction.tools[0].origin.as_ref().unwrap().package.as_deref(), Some("dep"));
}
