//! Packages that leave their tools to another package.

use riskdex_testbed::{Package, World};

use crate::world::{Bench, json};

const ENGINE: &str = "from mcp.server.fastmcp import FastMCP\n\nmcp = FastMCP('engine')\n\n\n@mcp.tool()\ndef TOOL():\n    \
                      \"\"\"Starts it.\"\"\"\n\n\ndef main():\n    mcp.run()\n";

const NODE_ENGINE: &str = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nexport function createServer() {\n  \
                           const server = new McpServer({ name: 'engine' });\n  server.registerTool('TOOL', { description: 'Starts \
                           it.' }, async () => ({}));\n  return server;\n}\n";

/// Engines in three releases, and thin packages that want the middle one.
fn world() -> World {
    let releases = [("1.0.0", "first"), ("1.5.0", "second"), ("2.0.0", "third")];
    let python = releases.iter().fold(Package::new("example-mcp-engine"), |package, (version, tool)| {
        package.release(version).file("example_mcp_engine/server.py", ENGINE.replace("TOOL", tool))
    });
    let node = releases.iter().fold(Package::new("@example/engine"), |package, (version, tool)| {
        let package = package.release(version).file("index.js", NODE_ENGINE.replace("TOOL", tool));
        package.file(
            "package.json",
            format!(r#"{{"name": "@example/engine", "version": "{version}", "type": "module", "main": "index.js"}}"#),
        )
    });
    World::builder().pypi(python).npm(node).pypi(thin_python()).serve().unwrap()
}

fn thin_python() -> Package {
    Package::new("example-thin")
        .release("1.0.0")
        .file(
            "thin/__init__.py",
            "from example_mcp_engine.server import main as engine\n\n\ndef main():\n    engine()\n",
        )
        .entry_point("thin", "thin:main")
        .requires("example-mcp-engine>=1,<2")
}

/// The thin packages as folders.
fn folder(bench: &Bench, files: &[(&str, &str)]) -> String {
    let root = bench.path("thin");
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root.to_str().unwrap().to_owned()
}

fn thin_folder(bench: &Bench, requirement: &str) -> String {
    let metadata = format!("Metadata-Version: 2.1\nName: example-thin\nVersion: 1.0.0\nRequires-Dist: {requirement}\n");
    folder(
        bench,
        &[
            (
                "thin/__init__.py",
                "from example_mcp_engine.server import main as engine\n\n\ndef main():\n    engine()\n",
            ),
            ("example_thin-1.0.0.dist-info/METADATA", &metadata),
            ("example_thin-1.0.0.dist-info/entry_points.txt", "[console_scripts]\nthin = thin:main\n"),
        ],
    )
}

#[test]
fn extract_follows_only_when_asked() {
    let bench = Bench::new(world());
    let thin = thin_folder(&bench, "example-mcp-engine (<2,>=1)");
    let alone = json(&bench.run(&["extract", &thin, "--format", "json"]).stdout);
    assert_eq!(alone["tools"].as_array().unwrap().len(), 0);
    assert!(alone["notes"].to_string().contains("example-mcp-engine"), "{alone}");
    assert!(bench.world.requests().is_empty(), "no network");

    let ended = bench.run(&["extract", &thin, "--follow-dependencies", "--format", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let followed = json(&ended.stdout);
    assert_eq!((&followed["tools"][0]["name"], followed["tools"].as_array().unwrap().len()), (&"second".into(), 1));
    let origin = &followed["tools"][0]["origin"];
    assert_eq!(
        (&origin["package"], &origin["file"]),
        (&"example-mcp-engine".into(), &"example_mcp_engine/server.py".into())
    );
    assert_eq!(followed["package"], "example-thin");

    bench.world.take_requests();
    assert_eq!(bench.run(&["extract", &thin, "--follow-dependencies", "--format", "json"]).stdout, ended.stdout);
    let fetched = bench.world.requests().iter().any(|request| request.path.ends_with(".whl"));
    assert!(!fetched, "an artifact is fetched once");
}

#[test]
fn npm_ranges_are_followed_as_npm_would() {
    let bench = Bench::new(world());
    let manifest = r#"{"name": "thin", "version": "1.0.0", "type": "module", "bin": "cli.js", "dependencies": {"@example/engine": "~1.5.0 || ^1.1"}}"#;
    let cli =
        "import { createServer } from '@example/engine';\nconst server = createServer();\nawait server.connect();\n";
    let thin = folder(&bench, &[("package.json", manifest), ("cli.js", cli)]);
    let ended = bench.run(&["extract", &thin, "--follow-dependencies", "--format", "json"]);
    let followed = json(&ended.stdout);
    assert_eq!(
        (&followed["tools"][0]["name"], &followed["tools"][0]["origin"]["package"]),
        (&"second".into(), &"@example/engine".into())
    );
}

#[test]
fn what_cannot_be_fetched_is_noted() {
    let bench = Bench::new(world());
    let thin = thin_folder(&bench, "example-mcp-engine>=7");
    let ended = bench.run(&["extract", &thin, "--follow-dependencies"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let note = "note: pypi:example-mcp-engine could not be fetched: ";
    assert!(ended.stdout.contains(note) && ended.stdout.contains("in the range >=7"), "{}", ended.stdout);
}

#[test]
fn a_crawl_follows_too() {
    let bench = Bench::new(world());
    let ended = bench.nightly_of(&["pypi:example-thin"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let tool = &bench.server("pypi-example-thin")["tools"][0];
    assert_eq!((&tool["name"], &tool["origin"]["package"]), (&"second".into(), &"example-mcp-engine".into()));
}
