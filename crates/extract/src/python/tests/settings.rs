//! What programs decide by settings: what is there when nobody has changed any, and under which words the rest.

use super::forms::{gate, program};
use super::{described, module, names, parameters};

/// Tools named `t0`, `t1`, ... each behind one of the conditions, after the code in front.
fn behind(front: &str, conditions: &[&str]) -> Vec<Option<String>> {
    let mut code = format!("import os, json\ndef f(): ...\n{front}\n");
    for (n, condition) in conditions.iter().enumerate() {
        code.push_str(&format!("if {condition}:\n    mcp.tool(name='t{n}')(f)\n"));
    }
    code.push_str("mcp.tool(name='always')(f)\ndef main(): mcp.run()\n");
    let found = module(&code);
    let words = |n| found.tools.iter().find(|tool| tool.name == format!("t{n}")).map(|tool| tool.gated.clone());
    (0..conditions.len()).map(|n| words(n).unwrap_or_else(|| Some("missing".to_owned()))).collect()
}

const SETS: &str = "
def names(text): return {part.strip() for part in text.split(',') if part.strip()}
def read(path):
    if not path: return {}
    with open(path) as file: return json.load(file)
on = names(os.getenv('KITS', 'core'))
extra = set()
if os.getenv('MORE'): extra.add('more')
config = read(os.getenv('CONFIG'))
off = set(config.get('off', []))
";

#[test]
fn what_settings_are_by_default_decides() {
    let usual = [
        "'core' in on",
        "'other' not in on",
        "not extra",
        "not (extra or off)",
        "len(extra) == 0",
        "len(on) == 1",
        "'x' not in off",
        "'more' not in extra",
        "config.get('flag', True)",
    ];
    assert_eq!(behind(SETS, &usual), vec![None; usual.len()]);
}

#[test]
fn what_a_setting_turns_on_is_there_under_its_words() {
    let gates = behind(
        SETS,
        &["'other' in on", "'more' in extra", "os.getenv('MODE', 'a').lower() == 'b'", "'x' in off", "extra"],
    );
    let words = ["\"other\" in environment variable KITS", "\"more\" in environment variable MORE"];
    assert_eq!(gates[..2], words.map(|words| Some(words.to_owned())));
    assert_eq!(gates[2].as_deref(), Some("environment variable MODE == \"b\""));
    assert!(gates[3..].iter().all(|gate| gate.as_deref().is_some_and(|words| words != "missing")), "{gates:?}");
}

#[test]
fn lists_of_names_allow_and_forbid() {
    let found = module(
        r#"
import os
def parse(text): return {name for name in text.split(",") if name} if text else set()
def wanted(name, allowed, forbidden):
    if allowed and name in allowed: return True
    if name in forbidden: return False
    return not allowed
def main():
    allowed, forbidden = parse(os.environ.get("ALLOWED")), parse(os.environ.get("FORBIDDEN", "drop"))
    for name in ["get", "put", "drop"]:
        if not wanted(name, allowed, forbidden): continue
        mcp.tool(name=name)(lambda key: key)
    mcp.run()
"#,
    );
    assert_eq!(names(&found), ["get", "put", "drop"]);
    assert_eq!([gate(&found, "get"), gate(&found, "put")], [None, None]);
    assert!(gate(&found, "drop").is_some());
}

#[test]
fn a_table_filtered_by_default_keeps_the_rest_under_a_condition() {
    let found = program(&[(
        "m.py",
        r#"
import asyncio, os
from mcp.server import Server
from mcp.types import Tool
TABLE = {name: {"description": name.upper()} for name in ["read", "write", "purge"]}
GROUPS = {"basic": ["read"], "full": ["read", "write", "purge"]}
def chosen():
    names = ["basic"]
    if os.getenv("GROUPS"): names.extend(os.getenv("GROUPS").split(","))
    found = set()
    for name in names: found.update(GROUPS.get(name, []))
    return found
def table():
    keep = chosen()
    for name in list(TABLE.keys()):
        if name not in keep: TABLE.pop(name)
    return TABLE
server = Server("m")
@server.list_tools()
async def tools():
    return [Tool(name=n, description=t["description"], inputSchema={"type": "object"}) for n, t in table().items()]
def main(): asyncio.run(server.run(None, None, server.create_initialization_options()))
"#,
    )]);
    assert_eq!(names(&found), ["read", "write", "purge"]);
    assert_eq!(gate(&found, "read"), None);
    assert!(gate(&found, "write").is_some() && gate(&found, "purge").is_some());
}

#[test]
fn tools_are_hidden_by_name_and_by_tag() {
    let found = module(
        r#"
import os
from fastmcp import FastMCP
mcp = FastMCP("m", exclude_tags={"old"})
def add(name, *tags): mcp.tool(name=name, tags=set(tags))(lambda key: key)
add("plain")
add("admin", "admin")
add("never", "secret")
add("older", "old")
add("removed")
add("maybe")
mcp.disable(tags={"secret"})
mcp.disable(names={"admin"})
if os.getenv("ADMIN"): mcp.enable(names={"admin"})
mcp.remove_tool("removed")
if not os.getenv("MAYBE"): mcp.remove_tool("maybe")
if os.getenv("READ_ONLY"): mcp.disable(names={"plain"})
def main(): mcp.run()
"#,
    );
    assert_eq!(names(&found), ["plain", "admin", "maybe"]);
    assert_eq!(gate(&found, "plain"), None);
    assert_eq!(gate(&found, "admin"), Some("with environment variable ADMIN"));
    assert_eq!(gate(&found, "maybe"), Some("with environment variable MAYBE"));
}

#[test]
fn only_some_tags_may_be_shown() {
    let found = module(
        r#"
from fastmcp import FastMCP
from fastmcp.tools import Tool
mcp = FastMCP("m", include_tags={"open"})
@mcp.tool(tags={"open"})
def shown(): ...
@mcp.tool
def hidden(): ...
mcp.add_tool(Tool.from_function(lambda: 1, name="made", tags={"open"}))
def main(): mcp.run()
"#,
    );
    assert_eq!(names(&found), ["shown", "made"]);
}

#[test]
fn of_servers_that_all_take_a_flag_the_first_is_the_usual_one() {
    let found = module(
        r#"
import sys
def serve(names):
    server = FastMCP("s")
    for name in names: server.tool(name=name)(lambda key: key)
    server.run()
def main():
    if "--mcp" in sys.argv: serve(["a", "b"])
    elif "--other-mcp" in sys.argv: serve(["c"])
"#,
    );
    assert_eq!(names(&found), ["a", "b", "c"]);
    assert_eq!([gate(&found, "a"), gate(&found, "b")], [None, None]);
    assert!(gate(&found, "c").is_some());
}

#[test]
fn a_program_may_answer_without_an_sdk() {
    let found = program(&[(
        "m.py",
        r#"
import json, sys
TOOLS = [{"name": "raw", "description": "Raw.", "inputSchema": {"type": "object", "properties": {"key": {}}}}]
def answer(request):
    if request["method"] == "tools/list": return {"tools": TOOLS}
    return {}
def main():
    for line in sys.stdin: print(json.dumps({"result": answer(json.loads(line))}))
"#,
    )]);
    assert_eq!(names(&found), ["raw"]);
    assert_eq!(described(&found, "raw"), "Raw.");
    assert_eq!(parameters(&found, "raw"), ["key"]);
}

#[test]
fn a_list_that_is_not_found_has_a_reason() {
    let empty = module("def main(): mcp.run()\n");
    assert_eq!(empty.gaps[0].reason, "a server is made, and no registration of a tool was seen");
    let other = program(&[("m.py", "def main(): print('hello')\n")]);
    assert_eq!((other.gaps[0].file.as_str(), other.gaps.len()), ("m.py", 1));
    let missing = program(&[]);
    assert!(missing.gaps[0].reason.contains("`m`"), "{:?}", missing.gaps);
}

#[test]
fn tables_in_yaml_and_packages_in_packages_are_read() {
    let found = program(&[
        ("m/__init__.py", ""),
        ("m/tools.yaml", "- name: told\n  text: |\n    From a table.\n"),
        ("m/parts/__init__.py", ""),
        ("m/parts/inner/__init__.py", ""),
        ("m/parts/inner/deep.py", "from m.app import mcp\n@mcp.tool()\ndef deep(): ...\n"),
        ("m/app.py", "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('m')\n"),
        (
            "m/cli.py",
            r#"
import importlib, pkgutil, yaml
from importlib import resources
from m import parts
from m.app import mcp
def main():
    for _, name, _ in pkgutil.walk_packages(parts.__path__, parts.__name__ + "."):
        importlib.import_module(name)
    for row in yaml.safe_load(resources.files("m").joinpath("tools.yaml").read_text()):
        mcp.add_tool(lambda key: key, name=row["name"], description=row["text"].strip())
    mcp.run()
"#,
        ),
        ("m-1.dist-info/entry_points.txt", "[console_scripts]\nm = m.cli:main\n"),
    ]);
    assert_eq!(names(&found), ["deep", "told"]);
    assert_eq!(described(&found, "told"), "From a table.");
}

#[test]
fn a_setting_that_picks_from_a_table_picks_any_of_it() {
    let found = module(
        r#"
import os
def notes(): mcp.tool(name="note")(lambda key: key)
def files(): mcp.tool(name="file")(lambda key: key)
PARTS = {"notes": notes, "files": files}
def main():
    for part in os.environ.get("PARTS", "notes").split(","): PARTS[part]()
    mcp.run()
"#,
    );
    assert_eq!(names(&found), ["note", "file"]);
    assert_eq!([gate(&found, "note"), gate(&found, "file")], [None, Some("with environment variable PARTS")]);
}
