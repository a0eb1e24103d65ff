//! Judges tools from standard input, one `{"server", "tool"}` object a line: the classifier alone, for measuring.

use std::io::{BufRead, Write};
use std::path::Path;

use riskdex_classify::{Definition, Rules, read_folder};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = Rules::load(read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"))?)?;
    for failure in rules.test() {
        eprintln!("{}:{}: {}: {}", failure.file, failure.line, failure.rule, failure.message);
    }
    let mut definition = Definition::default();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        definition.read(&line?)?;
        let mut answer = serde_json::to_value(rules.judge(&definition))?;
        answer["name"] = definition.name().into();
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
