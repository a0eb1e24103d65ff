//! Says why: reads one tool object from standard input and prints its verdict and every rule that fired.

use std::path::Path;

use riskdex_classify::{Rules, read_folder};
use riskdex_model::Tool;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = Rules::load(read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"))?)?;
    let tool: Tool = serde_json::from_reader(std::io::stdin().lock())?;
    let verdict = rules.classify(&tool);
    println!("{} ({}), {:.0}% sure\n{}", verdict.category, verdict.risk, 100.0 * verdict.confidence, verdict.rationale);
    for explained in rules.explain(&tool) {
        let words: Vec<String> = explained.evidence.iter().map(|e| format!("{} {:?}", e.field, e.text)).collect();
        println!(
            "{:?} {:+.2} {}: {}",
            explained.rule.claim,
            explained.rule.weight,
            explained.rule.id,
            words.join(", ")
        );
    }
    Ok(())
}
