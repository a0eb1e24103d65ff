//! Writes as many definitions as are asked for, with varied names so that no two are equal, for measuring `riskdex
//! classify` as a whole: `many TOOLS.jsonl 1000000 | time riskdex classify > verdicts.jsonl`. A line of the input is
//! `{"server", "tool"}`; annotations are left out.

use std::io::{BufWriter, Write};

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: many TOOLS.jsonl [COUNT]")?;
    let count: usize = args.next().map_or(Ok(1_000_000), |n| n.parse())?;
    let text = std::fs::read_to_string(path)?;
    let mut lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let names: Vec<String> =
        lines.iter().map(|line| line["tool"]["name"].as_str().unwrap_or_default().into()).collect();
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (number, at) in (0..lines.len()).cycle().take(count).enumerate() {
        let line = &mut lines[at];
        line["tool"]["annotations"] = Value::Null;
        line["tool"]["name"] = json!(format!("{}_{number}", names[at]));
        serde_json::to_writer(&mut out, &json!({"server": line["server"], "tool": line["tool"]}))?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}
