//! How many definitions a second one thread judges: `speed TOOLS.jsonl [COUNT]`, where a line is `{"tool": …}`. Names
//! are varied, so that no two definitions are equal; reading JSON is not measured.

use std::io::BufRead;
use std::path::Path;
use std::time::{Duration, Instant};

use riskdex_classify::{Rules, read_folder};
use riskdex_model::Tool;

#[derive(serde::Deserialize)]
struct Line {
    tool: Tool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: speed TOOLS.jsonl [COUNT]")?;
    let count: usize = args.next().map_or(Ok(1_000_000), |n| n.parse())?;
    let start = Instant::now();
    let rules = Rules::load(read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"))?)?;
    eprintln!("{} rules loaded in {:?}", rules.iter().count(), start.elapsed());
    let mut tools = Vec::new();
    for line in std::io::BufReader::new(std::fs::File::open(path)?).lines() {
        tools.push(serde_json::from_str::<Line>(&line?)?.tool);
    }
    let names: Vec<String> = tools.iter().map(|t| t.name.clone()).collect();
    let (mut judged, mut evidence, mut spent, mut fired) = (0, 0, Duration::ZERO, Duration::ZERO);
    while judged < count && !tools.is_empty() {
        for (tool, name) in tools.iter_mut().zip(&names) {
            tool.name = format!("{name}_{judged}");
        }
        let start = Instant::now();
        for tool in &tools {
            evidence += rules.classify(tool).evidence.len();
        }
        spent += start.elapsed();
        let start = Instant::now();
        for tool in &tools {
            std::hint::black_box(rules.explain(tool));
        }
        fired += start.elapsed();
        judged += tools.len();
    }
    let rate = |time: Duration| judged as f64 / time.as_secs_f64();
    println!(
        "{judged} tools: {:.0} verdicts a second ({:.0} without rationale and warnings), {:.1} pieces of evidence each",
        rate(spent),
        rate(fired),
        evidence as f64 / judged.max(1) as f64
    );
    Ok(())
}
