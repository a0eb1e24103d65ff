//! Servers of whose tools more than one list speaks.

use riskdex_testbed::World;

use crate::world::{Bench, small};

#[test]
fn the_page_says_which_list_counts_and_where_others_differ() {
    let manifest =
        r#"[{"name": "look", "description": "Looks around."}, {"name": "old", "description": "Was there."}]"#;
    let package = small("example-look", "look", "Looks.").file("tools.json", manifest);
    let bench = Bench::new(World::builder().pypi(package).serve().unwrap());
    let ended = bench.nightly_of(&["pypi:example-look"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let server = bench.server("pypi-example-look");
    assert_eq!(server["tools"].as_array().unwrap().len(), 1);
    assert_eq!((&server["lists"][0]["source"], &server["lists"][1]["source"]), (&"static".into(), &"manifest".into()));
    let page = bench.page("servers/pypi-example-look/index.html");
    assert!(page.contains("<dt>Code</dt><dd>1 tool; this list counts</dd>"), "{page}");
    assert!(page.contains("<dt>Manifest</dt><dd>2 tools; adds old; describes otherwise look</dd>"), "{page}");
}
