//! What definitions cost in a model's context.

use riskdex_model::Tool;
use serde_json::json;

/// Characters of a definition's JSON for one token of the o200k encoding. Fitted to 2,375 definitions: for
/// the servers they came from the sum is off by 3 % in the median, by 10 % or less for nine in ten.
const CHARS_PER_TOKEN: f64 = 4.5;

/// About how many tokens a client spends on showing the tool to a model: its name, description and schema.
pub(crate) fn tokens(tool: &Tool) -> u64 {
    let shown =
        json!({"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}).to_string();
    (shown.chars().count() as f64 / CHARS_PER_TOKEN).ceil() as u64
}

/// An estimate with two significant digits: more would pretend to be exact.
pub(crate) fn about(count: u64) -> u64 {
    let unit = 10_u64.pow(count.checked_ilog10().unwrap_or_default().saturating_sub(1));
    (count + unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_has_two_digits() {
        assert_eq!([0, 7, 42, 149, 5951, 123_456].map(about), [0, 7, 42, 150, 6000, 120_000]);
    }

    #[test]
    fn a_definition_costs_by_its_length() {
        let short = Tool { name: "add".into(), ..Tool::default() };
        let long = Tool { description: Some("word ".repeat(900)), ..short.clone() };
        assert!((10..20).contains(&tokens(&short)));
        assert_eq!(tokens(&long) - tokens(&short), 1000);
    }
}
