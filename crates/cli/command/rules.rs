//! `riskdex rules`: list, show, test and explain.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

use anyhow::{Context, Result};
use riskdex_classify::{Claim, Explained, Rule, Rules};
use riskdex_model::visible;
use serde_json::json;

use super::classify::definitions;
use crate::args::{self, Global, TextOrJson};
use crate::embedded;
use crate::exit::Exit;

/// The built-in rules, and the user's over them.
pub(crate) fn load(global: &Global) -> Result<Rules> {
    let own = global.rules.as_deref().map(|folder| embedded::rules(Some(folder))).transpose()?;
    Ok(Rules::load_with(embedded::rules(None)?, own.unwrap_or_default())?)
}

pub(crate) fn run(global: &Global, command: args::Rules) -> Result<Exit> {
    let rules = load(global)?;
    match command {
        args::Rules::List { format } => list(&rules, format),
        args::Rules::Show { id } => show(&rules, &id),
        args::Rules::Test => {
            super::extract::extractor(global)?.check()?;
            Ok(test(&rules))
        }
        args::Rules::Explain { file } => explain(&rules, &file),
    }
}

fn claim(rule: &Rule) -> String {
    match rule.claim {
        Claim::Category(category) => category.to_string(),
        Claim::Signal(signal) => signal.to_string(),
    }
}

fn list(rules: &Rules, format: TextOrJson) -> Result<Exit> {
    let mut out = io::stdout().lock();
    match format {
        TextOrJson::Text => {
            for rule in rules.iter() {
                writeln!(out, "{:36} {:18} {:>6.2}  {}", rule.id, claim(rule), rule.weight, rule.title)?;
            }
        }
        TextOrJson::Json => {
            let all: Vec<_> = rules
                .iter()
                .map(|rule| json!({"id": rule.id, "claim": claim(rule), "weight": rule.weight, "title": rule.title}))
                .collect();
            writeln!(out, "{:#}", json!({"version": rules.version(), "rules": all}))?;
        }
    }
    Ok(Exit::Success)
}

fn show(rules: &Rules, id: &str) -> Result<Exit> {
    let rule = rules.iter().find(|rule| rule.id == id);
    let rule = rule.with_context(|| format!("no rule {id:?}; riskdex rules list names them all"))?;
    println!("{} ({}, weight {:.2}, {})\n{}\n", rule.id, claim(rule), rule.weight, rule.file, rule.title);
    println!("{}\n\nSays: {}", rule.why.trim(), rule.says);
    for (label, examples) in [("Found", &rule.found), ("Clean", &rule.clean)] {
        println!("\n{label}:");
        for example in examples {
            println!("  {}: {}", example.tool.name, example.tool.description.as_deref().unwrap_or_default());
        }
    }
    Ok(Exit::Success)
}

fn test(rules: &Rules) -> Exit {
    let failures = rules.test();
    for failure in &failures {
        println!("{}:{}: rule {}: {}", failure.file, failure.line, failure.rule, failure.message);
    }
    let examples: usize = rules.iter().map(|rule| rule.found.len() + rule.clean.len()).sum();
    println!("{} rules, {examples} examples, {} failed", rules.iter().count(), failures.len());
    if failures.is_empty() { Exit::Success } else { Exit::Nothing }
}

fn explain(rules: &Rules, path: &Path) -> Result<Exit> {
    let source = path.display().to_string();
    let found = if path == Path::new("-") {
        definitions(&source, io::stdin().lock())?
    } else {
        let file = File::open(path).with_context(|| format!("cannot read {source}"))?;
        definitions(&source, BufReader::new(file))?
    };
    for definition in found {
        let verdict = rules.judge(&definition);
        println!(
            "{}: {}, {} risk, {:.0}% sure",
            visible(definition.name()),
            verdict.category,
            verdict.risk,
            verdict.confidence * 100.0
        );
        for Explained { rule, evidence } in rules.explain(&definition) {
            let words: Vec<_> = evidence.iter().map(|e| format!("{} {:?}", e.field, visible(&e.text))).collect();
            println!("  {:>6.2} {:18} {:36} {}", rule.weight, claim(rule), rule.id, words.join(", "));
        }
        println!("  {}\n", visible(&verdict.rationale));
    }
    Ok(Exit::Success)
}
