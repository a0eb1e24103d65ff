//! Packages, indexes and definitions that mean ill: each is named with its cause, and all else goes on.

use std::io::Write;
use std::time::Duration;

use riskdex_testbed::{Fault, Package, World};
use scraper::{Html, Selector};

use crate::world::{Bench, Ended, small};

const HEALTHY: &str = "pypi:example-healthy";

fn healthy() -> Package {
    small("example-healthy", "get_weather", "Get the weather.")
}

/// A run over the healthy package and one that goes wrong; the first must be read whatever the second does.
fn beside_the_healthy(bench: &Bench, other: &str) -> Ended {
    let ended = bench.nightly_of(&[HEALTHY, other]);
    assert_eq!(bench.server("pypi-example-healthy")["tools"][0]["name"], "get_weather", "{}", ended.stderr);
    assert_eq!(ended.code, Some(3), "{}{}", ended.stdout, ended.stderr);
    ended
}

pub(crate) fn wheel(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn world_with(artifact: Vec<u8>) -> Bench {
    let bad = Package::new("example-bad").release("1.0.0").artifact(artifact);
    Bench::new(World::builder().pypi(healthy()).pypi(bad).serve().unwrap())
}

#[test]
fn a_wheel_that_is_no_zip() {
    let bench = world_with(b"this is no archive".to_vec());
    let ended = beside_the_healthy(&bench, "pypi:example-bad");
    assert!(ended.stdout.contains("pypi:example-bad (read)"), "{}", ended.stdout);
    let page = bench.page("servers/pypi-example-bad/index.html");
    assert!(page.contains("could not be read"), "the server has its page, and it says why");
}

#[test]
fn a_wheel_that_is_cut() {
    let mut whole =
        wheel(&[("small/server.py", b"print(1)"), ("example_bad-1.0.0.dist-info/METADATA", b"Name: example-bad\n")]);
    whole.truncate(whole.len() / 2);
    beside_the_healthy(&world_with(whole), "pypi:example-bad");
}

#[test]
fn a_digest_that_is_not_the_announced_one() {
    let bad = small("example-bad", "get_it", "Get it.").wrong_digest();
    let bench = Bench::new(World::builder().pypi(healthy()).pypi(bad).serve().unwrap());
    let ended = beside_the_healthy(&bench, "pypi:example-bad");
    assert!(ended.stdout.contains("sha256") || ended.stdout.contains("SHA-256"), "{}", ended.stdout);
}

#[test]
fn one_file_that_does_not_parse_does_not_hide_the_others() {
    let package = small("example-mixed", "get_it", "Get it.").file("small/broken.py", "def (((:\n  class");
    let bench = Bench::new(World::builder().pypi(package).serve().unwrap());
    assert_eq!(bench.nightly_of(&["pypi:example-mixed"]).code, Some(0));
    assert_eq!(bench.server("pypi-example-mixed")["tools"][0]["name"], "get_it");
}

#[test]
fn a_yanked_release_is_taken_only_alone_and_said() {
    let alone = small("example-alone", "get_it", "Get it.").yanked("broken build");
    let newer = small("example-newer", "old_tool", "Get it.").release("2.0.0").file("x.py", "").yanked("oops");
    let bench = Bench::new(World::builder().pypi(alone).pypi(newer).serve().unwrap());
    assert_eq!(bench.nightly_of(&["pypi:example-alone", "pypi:example-newer"]).code, Some(0));
    assert_eq!(bench.server("pypi-example-newer")["release"]["version"], "1.0.0");
    assert_eq!(bench.server("pypi-example-alone")["release"]["yanked"], "broken build");
    assert!(bench.page("servers/pypi-example-alone/index.html").contains("broken build"));
}

#[test]
fn an_index_that_fails_in_every_way_is_told_by_cause() {
    let at = |name: &str| format!("/pypi/simple/{name}/");
    let faults = [
        ("example-server-error", Fault::Status(500), "500"),
        ("example-page", Fault::Html, "example-page"),
        ("example-inside", Fault::Redirect("http://169.254.169.254/latest/".into()), "169.254.169.254"),
        ("example-loop", Fault::RedirectLoop, "redirect"),
    ];
    let mut world = World::builder().pypi(healthy());
    for (name, fault, _) in &faults {
        world = world.pypi(small(name, "get_it", "Get it.")).fault(&at(name), fault.clone());
    }
    let bench = Bench::new(world.serve().unwrap());
    let mut packages = vec![HEALTHY.to_owned()];
    packages.extend(faults.iter().map(|(name, _, _)| format!("pypi:{name}")));
    let ended = bench.nightly_of(&packages.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    for (name, _, cause) in &faults {
        let line = ended.stdout.lines().find(|line| line.contains(&format!("pypi:{name} "))).unwrap_or_default();
        assert!(line.contains(cause), "{name}: {line:?} in {}", ended.stdout);
    }
    assert_eq!(bench.server("pypi-example-healthy")["tools"][0]["name"], "get_weather");

    bench.world.heal();
    let healed = bench.nightly_of(&packages.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(healed.code, Some(0), "{}", healed.stdout);
    assert_eq!(bench.status()["failed"], 0, "a failure is forgotten when the server is read");
}

#[test]
fn a_host_that_asks_for_a_day_is_left_alone() {
    let day = Fault::TooMany(Some("86400".into()));
    let world = World::builder().pypi(healthy()).fault("/pypi/simple/example-healthy/", day);
    let bench = Bench::new(world.serve().unwrap());
    let ended = bench.nightly_of(&[HEALTHY]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("429") && ended.stdout.contains("86400 s"), "{}", ended.stdout);
    assert_eq!(bench.world.requests().len(), 1, "it is not asked again");
}

#[test]
fn an_index_that_asks_to_wait_is_waited_for() {
    let world = World::builder().pypi(healthy()).fault_times(
        "/pypi/simple/example-healthy/",
        Fault::TooMany(Some("1".into())),
        1,
    );
    let bench = Bench::new(world.serve().unwrap());
    let before = std::time::Instant::now();
    assert_eq!(bench.nightly_of(&[HEALTHY]).code, Some(0));
    assert!(before.elapsed() >= Duration::from_secs(1), "Retry-After was not kept");
}

#[test]
fn nothing_read_at_all_is_another_exit_code() {
    let bench = Bench::new(World::builder().serve().unwrap());
    assert_eq!(bench.nightly_of(&["pypi:example-missing"]).code, Some(1));
}

#[test]
fn definitions_that_mean_ill_stay_text_on_pages_inside_the_site() {
    let long = "x".repeat(10_000);
    let names = ["../../../../tmp/escape", "get x", "get_x", "a\u{202e}b\u{7}c", long.as_str()];
    let description = "Look: <script>alert(1)</script> {{ 7*7 }} {% raw %} ]]> \u{202e}reversed\u{200b}";
    let mut source = String::from(
        "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n\ndef run(query: str) -> str:\n    return ''\n\ndef main():\n",
    );
    for name in names {
        source.push_str(&format!("    mcp.tool(name={}, description={})(run)\n", python(name), python(description)));
    }
    source.push_str("    mcp.run()\n");
    let package =
        Package::new("example-hostile").release("1.0.0").file("x/server.py", source).entry_point("x", "x.server:main");
    let bench = Bench::new(World::builder().pypi(package).serve().unwrap());
    let ended = bench.nightly_of(&["pypi:example-hostile"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let server = bench.server("pypi-example-hostile");
    let tools = server["tools"].as_array().unwrap();
    let mut slugs: Vec<_> = tools.iter().map(|tool| tool["slug"].as_str().unwrap()).collect();
    for slug in &slugs {
        assert!(!slug.contains('/') && !slug.contains("..") && slug.len() <= 200, "{slug}");
        let page = bench.page(&format!("servers/pypi-example-hostile/{slug}/index.html"));
        assert!(!page.contains("<script>alert"), "{slug}");
        assert!(!page.contains('\u{202e}') && !page.contains('\u{200b}'), "hidden characters are shown as marks");
        let html = Html::parse_document(&page);
        let heading = html.select(&Selector::parse("h1").unwrap()).count();
        assert_eq!(heading, 1, "{slug}");
    }
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), tools.len(), "no two tools share a page");
    assert!(!bench.path("tmp").exists() && !std::path::Path::new("/tmp/escape").exists());
}

/// A Python string literal.
fn python(text: &str) -> String {
    let escape = |c: char| {
        if c.is_ascii_graphic() && c != '\'' && c != '\\' || c == ' ' {
            c.to_string()
        } else {
            format!("\\U{:08x}", c as u32)
        }
    };
    format!("'{}'", text.chars().map(escape).collect::<String>())
}
