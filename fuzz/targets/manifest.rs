//! Every manifest that is read, and the other languages: the first byte picks the file, the rest is its content.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskdex_fuzz::read;

const FILES: [&str; 15] = [
    "manifest.json",
    "tools.json",
    "server-card.json",
    ".mcp/server.json",
    "package.json",
    "pyproject.toml",
    "PKG-INFO",
    "x-1.dist-info/METADATA",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "x.csproj",
    "main.go",
    "src/main.rs",
    "Tools.cs",
];

fuzz_target!(|data: &[u8]| {
    let Some((file, content)) = data.split_first() else { return };
    read(&[(FILES[usize::from(*file) % FILES.len()], content)]);
});
