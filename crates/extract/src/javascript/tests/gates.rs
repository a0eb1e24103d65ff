//! Under which conditions tools are there.

use riskdex_model::GapKind;

use super::{Found, program, read};

const SDK: &str =
    "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; const server = new McpServer({});
    const add = (name) => server.registerTool(name, { description: 'd' }, () => {});";

/// Every tool, and its condition after a `?`.
fn gates(found: &Found) -> Vec<String> {
    let gate = |words: &Option<String>| words.as_ref().map(|words| format!(" ? {words}")).unwrap_or_default();
    found.tools.iter().map(|tool| format!("{}{}", tool.name, gate(&tool.gated))).collect()
}

#[test]
fn a_tool_that_is_switched_off_for_good_is_not_there() {
    let found = program(&format!(
        "{SDK}
         for (const d of [{{ name: 'a', disabled: true }}, {{ name: 'b', disabled: false }}, {{ name: 'c' }}]) {{
           const tool = add(d.name); if (d.disabled) tool.disable(); }}
         add('d').remove(); add('e').update({{ enabled: false }});
         if (process.env.SMALL) add('f').disable();
         const last = add('g'); process.on('exit', () => last.remove());"
    ));
    assert_eq!(gates(&found), ["b", "c", "g"]);
}

#[test]
fn a_tool_that_something_switches_on_is_there_under_that_condition() {
    let found = program(&format!(
        "{SDK} import {{ parseArgs }} from 'node:util';
         const {{ values }} = parseArgs({{ options: {{ vision: {{ type: 'boolean' }}, network: {{ type: 'boolean', default: true }} }} }});
         const seen = add('see'); if (!values.vision) seen.disable();
         const fetched = add('fetch'); if (!values.network) fetched.disable();
         const asked = add('ask'); if (globalThis.quiet()) asked.disable();
         const later = add('later'); later.disable(); server.tool('unlock', () => later.enable());
         const now = add('now'); now.disable(); if (process.env.NOW) now.enable(); add('plain');"
    ));
    let expected = [
        "see ? with the option --vision",
        "fetch",
        "ask ? not (globalThis.quiet())",
        "later ? the program enables it later",
        "unlock",
        "now ? with the environment variable NOW",
        "plain",
    ];
    assert_eq!(gates(&found), expected);
}

#[test]
fn whether_a_file_is_the_program_is_no_condition() {
    for guard in [
        "import { fileURLToPath } from 'node:url'; import { realpathSync } from 'node:fs';
         if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();",
        "import { pathToFileURL } from 'node:url'; if (import.meta.url === pathToFileURL(process.argv[1]).href) main();",
        "if (import.meta.url === `file://${process.argv[1]}`) main();",
        "if (import.meta.main) main();",
        "if (process.argv[1]?.endsWith('main.js')) main();",
    ] {
        let found = program(&format!("{SDK} function main() {{ add('one'); }} {guard}"));
        assert_eq!(gates(&found), ["one"], "{guard}");
    }
    let found = program(
        "const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js');
         if (require.main === module) new McpServer({}).registerTool('one', { description: 'd' }, () => {});",
    );
    assert_eq!(gates(&found), ["one"]);
}

#[test]
fn a_command_that_starts_the_server_is_no_condition() {
    for commands in [
        "switch (process.argv[2]) { case 'help': console.log('h'); break; default: main(); }",
        "switch (process.argv[2]) { case 'serve': main(); break; default: console.log('h'); }",
        "const command = process.argv[2]; if (command === 'serve') main(); else { console.log('h'); process.exit(1); }",
    ] {
        let found = program(&format!("{SDK} function main() {{ add('one'); add('two'); }} {commands}"));
        assert_eq!(gates(&found), ["one", "two"], "{commands}");
    }
}

#[test]
fn conditions_name_the_settings_they_are_about() {
    let found = program(&format!(
        "{SDK} const o = process.env.READ_ONLY !== 'true', u = process.env.FULL?.toLowerCase();
         if (u) add('full'); if (!o) add('safe'); if (process.argv.includes('--all')) add('all');
         const q = globalThis.only(); if (q.a) add('small'); add('plain');"
    ));
    let expected = [
        "full ? with the environment variable FULL",
        "safe ? with the environment variable READ_ONLY",
        "all ? with the option --all",
        "small ? a condition in the code",
        "plain",
    ];
    assert_eq!(gates(&found), expected);
}

#[test]
fn options_of_a_bundled_library_have_their_defaults() {
    let found = program(&format!(
        "{SDK} class B {{ option() {{}} requiredOption() {{}} optsWithGlobals() {{}} allowUnknownOption() {{}} action() {{}} }}
         const made = new B(); made.option('--wide', 'w', true).option('--slim').parse();
         const args = {{ ...made.opts() }};
         if (Boolean(args.slim) === false) add('big'); if (args.wide) add('wide'); if (args.slim) add('slim');"
    ));
    assert_eq!(gates(&found), ["big", "wide", "slim ? with the option --slim"]);
}

#[test]
fn a_body_that_is_read_later_says_what_was_not_understood() {
    let filler = "console.log('some text'); ".repeat(5_000);
    let found = program(&format!(
        "{SDK}
         function unused() {{ let = = 3; {filler} }}
         function main() {{ console.log('a long enough body', 'so that it is read only when somebody calls the function');
           add('one');
           const half = = 3;
           add('two'); {filler} }}
         main();"
    ));
    let gaps: Vec<_> = found.gaps.iter().filter(|gap| gap.kind == GapKind::Syntax).collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((gaps[0].file.as_str(), gaps[0].line), ("main.js", 6));
    assert!(gaps[0].reason.contains("`main`"), "{}", gaps[0].reason);
}

#[test]
fn a_guard_in_an_imported_file_does_not_start_it() {
    let imported = format!("{SDK} export const main = () => add('one'); if (import.meta.main) add('two');");
    let found = read(&[
        ("package.json", r#"{"bin":"main.js"}"#),
        ("main.js", "import { main } from './server.js'; main();"),
        ("server.js", &imported),
    ]);
    assert_eq!(found.tools.iter().filter(|tool| tool.gated.is_none()).count(), 1);
}

#[test]
fn what_only_an_unusual_list_has_is_there_by_a_setting() {
    let found = program(&format!(
        "{SDK} const table = {{ a: 1, b: 2, c: 3 }}, core = ['a'];
         function mode() {{ const wanted = process.env.TOOLS; if (!wanted || wanted.trim() === '') return 'core'; return wanted.trim(); }}
         function register(mode) {{ let names = [];
           switch (mode.toLowerCase()) {{ case 'all': names = Object.keys(table); break; case 'core': names = core; break;
             default: names = mode.split(','); }}
           names.forEach((name) => {{ if (table[name]) add(name); }}); }}
         register(mode());"
    ));
    let sure = |name: &str| found.tools.iter().any(|tool| tool.name == name && tool.gated.is_none());
    assert_eq!(["a", "b", "c"].map(sure), [true, false, false], "{:?}", gates(&found));
    assert!(found.tools.iter().any(|tool| tool.name == "c"));
}
