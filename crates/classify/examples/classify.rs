//! Judges tools from standard input, one `{"server", "tool"}` object a line: the classifier alone, for measuring.

use std::io::{BufRead, Write};
use std::path::Path;

use riskdex_classify::{Rules, read_folder};
use riskdex_model::Tool;

#[derive(serde::Deserialize)]
struct Line {
    tool: Tool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = Rules::load(read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"))?)?;
    for failure in rules.test() {
        eprintln!("{}:{}: {}: {}", failure.file, failure.line, failure.rule, failure.message);
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let tool = serde_json::from_str::<Line>(&line?)?.tool;
        let mut answer = serde_json::to_value(rules.classify(&tool))?;
        answer["name"] = tool.name.as_str().into();
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
