//! How the time for one definition depends on the number of rules: it should hardly.

use std::path::Path;

use divan::Bencher;
use divan::counter::ItemsCount;
use riskdex_classify::{Rules, read_folder};
use riskdex_model::Tool;
use serde_json::json;

fn main() {
    divan::main();
}

/// The built-in rules and so many more that the whole number is `count`, each with words of its own.
fn rules(count: usize) -> Rules {
    let built_in = read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")).expect("the rules folder");
    let there = Rules::load(built_in.clone()).expect("the built-in rules").iter().count();
    let more = (there..count).map(|n| {
        let head = format!("id = \"more-{n}\"\ncategory = \"Write\"\nweight = 0.1\nsays = \"it says {{words}}\"");
        let fires = format!("when = {{ text = [\"quaffle{n}\", \"blorb{n} of\"], lead = [\"@create\"] }}");
        let example = "```json\n{\"name\": \"x\"}\n```";
        let text = format!(
            "```toml\n{head}\n\n[[fires]]\n{fires}\n```\n\n# More\n\nFor measuring.\n\n## Found\n\n{example}\n\n## Clean\n\n{example}\n"
        );
        (format!("more/{n}.md"), text)
    });
    Rules::load(built_in.into_iter().chain(more)).expect("the rules")
}

fn tools() -> Vec<Tool> {
    let lines = include_str!("../tests/kinds.tsv").lines().filter(|line| !line.starts_with('#'));
    let tool = |line: &str| {
        let mut columns = line.split('\t').skip(1);
        let mut next = || columns.next().unwrap_or_default().to_owned();
        let (name, description, parameters) = (next(), next(), next());
        let properties: serde_json::Map<_, _> =
            parameters.split_whitespace().map(|p| (p.to_owned(), json!({"type": "string"}))).collect();
        Tool {
            name,
            description: Some(description),
            input_schema: json!({"type": "object", "properties": properties}),
            ..Tool::default()
        }
    };
    lines.map(tool).collect()
}

#[divan::bench(args = [150, 1_000, 5_000])]
fn definitions(bencher: Bencher, count: usize) {
    let (rules, tools) = (rules(count), tools());
    bencher.counter(ItemsCount::new(tools.len())).bench_local(|| {
        for tool in &tools {
            divan::black_box(rules.classify(divan::black_box(tool)));
        }
    });
}
