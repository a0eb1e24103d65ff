//! riskdex
fn main() {}
