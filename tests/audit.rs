//! Measuring against truth files.

use riskdex_testbed::{Package, World};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::hostile::wheel;
use crate::world::Bench;

const FILE: &str = "example_tools-1.0.0-py3-none-any.whl";

/// A world with a package of one tool, and a truth file about it.
fn bench(change: impl FnOnce(&mut serde_json::Value)) -> Bench {
    let source: &[u8] = b"from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef look(): pass\n";
    let packed = wheel(&[
        ("tools.py", source),
        ("example_tools-1.0.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: example-tools\nVersion: 1.0.0\n"),
        ("example_tools-1.0.0.dist-info/entry_points.txt", b"[console_scripts]\nlook = tools:mcp.run\n"),
    ]);
    let sha256: String = Sha256::digest(&packed).iter().map(|byte| format!("{byte:02x}")).collect();
    let package = Package::new("example-tools").release("1.0.0").artifact(packed).release("2.0.0").file("x.py", "");
    let bench = Bench::new(World::builder().pypi(package).serve().unwrap());
    let mut truth = json!({
        "package": "example-tools", "registry": "pypi", "version": "1.0.0", "in_artifact": true,
        "artifact": {"kind": "wheel", "file": FILE, "sha256": sha256}, "startup_seconds": 60.0,
        "tools": [{"name": "look", "inputSchema": {"type": "object", "properties": {}}}],
    });
    change(&mut truth);
    std::fs::create_dir(bench.path("truth")).unwrap();
    std::fs::write(bench.path("truth/example.json"), truth.to_string()).unwrap();
    bench
}

const AUDIT: [&str; 5] = ["audit", "--truth", "truth", "--artifacts", "artifacts"];

#[test]
fn missing_artifacts_are_fetched_once_when_asked() {
    let bench = bench(|_| ());
    let ended = bench.run(&[&AUDIT[..], &["--results", "accuracy.json"]].concat());
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("accuracy.json is not written, for want of 1 artifact"), "{}", ended.stderr);
    assert!(!bench.path("accuracy.json").exists() && !ended.stdout.contains('%'), "{}", ended.stdout);
    assert!(ended.stdout.contains(&format!("artifacts/{FILE} is not there; --fetch fetches it")), "{}", ended.stdout);
    assert!(bench.world.requests().is_empty());

    let fetch = [&AUDIT[..], &["--fetch", "--speed"]].concat();
    let ended = bench.run(&fetch);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(bench.path("artifacts").join(FILE).exists());
    for (begin, end) in [("example-tools 1.0.0 ", "x"), ("PyPI: servers exact ", "none more; 1 PyPI server, 1 tool")] {
        let line = ended.stdout.lines().find(|line| line.starts_with(begin)).unwrap();
        assert!(line.ends_with(end), "{line}");
    }
    assert!(ended.stdout.contains(" 60.00 s ") && ended.stdout.contains("reading instead of running"));

    bench.world.take_requests();
    assert_eq!(bench.run(&AUDIT).code, Some(0));
    assert!(bench.world.requests().is_empty());
}

#[test]
fn an_artifact_that_is_another_one_is_not_measured() {
    let bench = bench(|truth| truth["artifact"]["sha256"] = "00".repeat(32).into());
    let ended = bench.run(&[&AUDIT[..], &["--fetch"]].concat());
    assert_eq!(ended.code, Some(3));
    assert!(ended.stdout.contains("pypi:example-tools 1.0.0 has the sha256"), "{}", ended.stdout);
    assert!(!bench.path("artifacts").exists());
    std::fs::create_dir(bench.path("artifacts")).unwrap();
    std::fs::write(bench.path("artifacts").join(FILE), "something").unwrap();
    assert!(bench.run(&AUDIT).stdout.contains("is another one: its sha256 is"));
}

#[test]
fn files_are_named_by_their_names_alone() {
    let bench = bench(|truth| truth["artifact"]["file"] = "../../etc/passwd".into());
    let ended = bench.run(&[&AUDIT[..], &["--fetch"]].concat());
    assert!(ended.stdout.contains("\"../../etc/passwd\" is no file name"), "{}", ended.stdout);
}
