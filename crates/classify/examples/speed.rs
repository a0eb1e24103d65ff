//! How long one thread takes for a definition, step by step: `speed TOOLS.jsonl [COUNT]`, where a line is `{"tool": …}`.
//! Names are varied, so that no two definitions are equal. Times are CPU time where the system tells it, after one round
//! that is not counted.

use std::hint::black_box;
use std::io::BufRead;
use std::path::Path;
use std::time::{Duration, Instant};

use riskdex_classify::{Rules, read_folder};
use riskdex_model::{Tool, Verdict};

#[derive(serde::Deserialize)]
struct Line {
    tool: Tool,
}

/// CPU time of this thread, or the time since the program began.
struct Clock(Instant);

impl Clock {
    fn now(&self) -> Duration {
        let on_cpu = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
        let nanoseconds = on_cpu.as_deref().and_then(|stat| stat.split(' ').next()?.parse().ok());
        nanoseconds.map_or_else(|| self.0.elapsed(), Duration::from_nanos)
    }

    fn time<R>(&self, spent: &mut Duration, step: impl FnOnce() -> R) -> R {
        let start = self.now();
        let result = black_box(step());
        *spent += self.now() - start;
        result
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: speed TOOLS.jsonl [COUNT]")?;
    let count: usize = args.next().map_or(Ok(100_000), |n| n.parse())?;
    let clock = Clock(Instant::now());
    let rules = Rules::load(read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"))?)?;
    eprintln!("{} rules loaded in {:?}", rules.iter().count(), clock.now());
    let lines: Vec<String> = std::io::BufReader::new(std::fs::File::open(path)?).lines().collect::<Result<_, _>>()?;
    // Expressions are compiled when they are first needed.
    for line in &lines {
        black_box(rules.classify(&serde_json::from_str::<Line>(line)?.tool));
    }
    let (mut judged, mut evidence, mut bytes) = (0, 0, 0);
    let [mut reading, mut firing, mut judging, mut writing] = [Duration::ZERO; 4];
    while judged < count && !lines.is_empty() {
        let parse = || lines.iter().map(|line| serde_json::from_str::<Line>(line)).collect::<Result<Vec<_>, _>>();
        let mut read = clock.time(&mut reading, parse)?;
        for (number, line) in read.iter_mut().enumerate() {
            line.tool.name = format!("{}_{}", line.tool.name, judged + number);
        }
        let fire = || read.iter().map(|line| rules.explain(&line.tool).len()).sum::<usize>();
        clock.time(&mut firing, fire);
        let judge = || read.iter().map(|line| rules.classify(&line.tool)).collect::<Vec<Verdict>>();
        let verdicts = clock.time(&mut judging, judge);
        let mut out = Vec::new();
        clock.time(&mut writing, || verdicts.iter().try_for_each(|v| serde_json::to_writer(&mut out, v)))?;
        evidence += verdicts.iter().map(|v| v.evidence.len()).sum::<usize>();
        bytes += out.len();
        judged += read.len();
    }
    let steps = [
        ("reading JSON", reading),
        ("rules that fire", firing),
        ("whole verdicts", judging),
        ("writing JSON", writing),
    ];
    for (step, spent) in steps {
        let each = spent.as_secs_f64() / judged.max(1) as f64;
        println!("{step:16} {:>8.2} µs a tool {:>10.0} tools a second", each * 1e6, 1.0 / each);
    }
    let each = |total: usize| total as f64 / judged.max(1) as f64;
    println!("{judged} tools, {:.1} pieces of evidence and {:.0} bytes of verdict each", each(evidence), each(bytes));
    Ok(())
}
