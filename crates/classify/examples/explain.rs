//! Says why: reads one tool object from standard input and prints its verdict and every rule that fired.

use std::path::Path;

use riskdex_classify::{Definition, Rules, read_folder};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = Rules::load(read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"))?)?;
    let mut definition = Definition::default();
    definition.read(&std::io::read_to_string(std::io::stdin())?)?;
    let verdict = rules.judge(&definition);
    println!("{} ({}), {:.0}% sure\n{}", verdict.category, verdict.risk, 100.0 * verdict.confidence, verdict.rationale);
    for explained in rules.explain(&definition) {
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
