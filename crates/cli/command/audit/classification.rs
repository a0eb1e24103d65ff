//! Verdicts beside the labels of readers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use riskdex_classify::Rules;
use riskdex_model::{Category, Tool};
use riskdex_site::Figure;
use serde::Deserialize;

use super::{figure, percent};
use crate::counted::counted;

/// A tool that readers labelled.
#[derive(Deserialize)]
struct Labelled {
    tool: Tool,
    label: Category,
    unanimous: bool,
}

/// How often each label met each verdict.
pub(super) struct Score {
    met: [[usize; Category::ALL.len()]; Category::ALL.len()],
    unanimous: usize,
    unanimous_right: usize,
}

/// Judges every tool of a file of labels, without its author's annotations: the readers did not see them either.
pub(super) fn measure(rules: &Rules, gold: &Path) -> Result<Score> {
    let file = File::open(gold).with_context(|| format!("cannot read {}", gold.display()))?;
    let mut score = Score { met: Default::default(), unanimous: 0, unanimous_right: 0 };
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let place = || format!("{}, line {}", gold.display(), at + 1);
        let mut labelled: Labelled = serde_json::from_str(&line.with_context(place)?).with_context(place)?;
        labelled.tool.annotations = None;
        let category = rules.classify(&labelled.tool).category;
        score.met[labelled.label as usize][category as usize] += 1;
        score.unanimous += usize::from(labelled.unanimous);
        score.unanimous_right += usize::from(labelled.unanimous && category == labelled.label);
    }
    ensure!(score.tools() > 0, "no labelled tools in {}", gold.display());
    Ok(score)
}

impl Score {
    pub(super) fn tools(&self) -> usize {
        self.met.iter().flatten().sum()
    }

    fn count(&self, counts: impl Fn(Category, Category) -> bool) -> usize {
        let all = Category::ALL.iter().flat_map(|label| Category::ALL.iter().map(move |got| (*label, *got)));
        all.filter(|(label, got)| counts(*label, *got)).map(|(label, got)| self.met[label as usize][got as usize]).sum()
    }

    /// The mean over the categories of the harmonic mean of precision and recall.
    fn macro_f1(&self) -> f64 {
        let f1 = |category: &Category| {
            let labelled = self.count(|label, _| label == *category);
            let judged = self.count(|_, got| got == *category);
            let right = self.met[*category as usize][*category as usize];
            (labelled > 0).then(|| 2.0 * right as f64 / (labelled + judged) as f64)
        };
        let each: Vec<f64> = Category::ALL.iter().filter_map(f1).collect();
        each.iter().sum::<f64>() / each.len() as f64
    }

    pub(super) fn figures(&self) -> Vec<Figure> {
        let basis = format!("{} labelled by readers", counted(self.tools(), "tool"));
        let severe = |label: Category| label.severity() >= Category::Execute.severity();
        let too_low = self.count(|label, got| severe(label) && got.severity() < label.severity());
        vec![
            figure("Verdicts: right category", percent(self.count(|label, got| label == got), self.tools()), &basis),
            figure("Verdicts: right where readers agree", percent(self.unanimous_right, self.unanimous), &basis),
            figure("Verdicts: macro F1", format!("{:.3}", self.macro_f1()), &basis),
            figure(
                "Verdicts: Execute or worse, rated too low",
                percent(too_low, self.count(|label, _| severe(label))),
                &basis,
            ),
        ]
    }
}

/// The table of labels and verdicts.
pub(super) fn print(score: &Score, out: &mut impl Write) -> io::Result<()> {
    let columns: String = Category::ALL.iter().map(|category| format!("{category:>12}")).collect();
    writeln!(out, "{:22}{columns}", "label \\ verdict")?;
    for label in Category::ALL {
        let row: String = score.met[*label as usize].iter().map(|count| format!("{count:>12}")).collect();
        writeln!(out, "{label:22}{row}")?;
    }
    Ok(())
}
