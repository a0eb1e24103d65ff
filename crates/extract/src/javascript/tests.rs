use std::collections::BTreeMap;

use super::*;
use serde_json::{Value as Json, json};

mod forms;
mod frameworks;
mod gates;
mod reach;
mod styles;

const RECIPES: &str = include_str!("../../../../rules/recipes/javascript.toml");
const STEPS: u64 = 2_000_000;

/// Reads a package of these files; on a stack like the one that packages are read on.
pub(super) fn read(files: &[(&str, &str)]) -> Found {
    let files: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let reader = std::thread::Builder::new().stack_size(crate::limits::STACK_BYTES);
    let reader = reader.spawn(move || tools(&Tree::new(files), &Recipes::parse(RECIPES).unwrap(), STEPS));
    reader.unwrap().join().unwrap()
}

/// Reads one file as the package's program.
pub(super) fn program(text: &str) -> Found {
    read(&[("package.json", r#"{"bin":"main.js","dependencies":{"zod":"^3.25.0"}}"#), ("main.js", text)])
}

/// The schema of the parameter `p` that a program declares as `schema`.
fn parameter(schema: &str) -> (Json, bool) {
    let found = program(&format!(
        "import {{ z }} from 'zod'; import {{ McpServer }} from '@modelcontextprotocol/sdk/server/mcp.js';
         new McpServer({{}}).registerTool('t', {{ inputSchema: {{ p: {schema} }} }}, async () => ({{}}));"
    ));
    assert_eq!(found.gaps, [], "{schema}");
    let schema = &found.tools[0].input_schema;
    (schema["properties"]["p"].clone(), schema["required"].as_array().is_some_and(|names| names.contains(&json!("p"))))
}

pub(super) fn names(found: &Found) -> Vec<&str> {
    found.tools.iter().map(|tool| tool.name.as_str()).collect()
}

#[test]
fn overloads_are_told_apart_by_their_arguments() {
    let found = program(
        "import { z } from 'zod'; import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
         const server = new McpServer({ name: 's', version: '1' });
         server.tool('a', () => {});
         server.tool('b', 'says b', () => {});
         server.tool('c', 'says c', { q: z.string() }, () => {});
         server.tool('d', 'says d', { q: z.string() }, { readOnlyHint: true, title: 'D' }, () => {});
         server.tool('e', { q: z.number().optional() }, () => {});
         server.tool('f', 'says f', { destructiveHint: false }, () => {});",
    );
    assert_eq!(names(&found), ["a", "b", "c", "d", "e", "f"]);
    let [a, b, c, d, e, f] = found.tools.as_slice() else { panic!() };
    assert_eq!((a.description.as_deref(), b.description.as_deref()), (None, Some("says b")));
    assert_eq!(c.input_schema["required"], json!(["q"]));
    assert_eq!(d.annotations.as_ref().unwrap().read_only_hint, Some(true));
    assert_eq!(e.input_schema["properties"]["q"], json!({"type": "number"}));
    assert_eq!(e.input_schema.get("required"), None);
    assert_eq!(f.annotations.as_ref().unwrap().destructive_hint, Some(false));
    assert_eq!(f.input_schema, json!({"type": "object", "properties": {}}));
    assert_eq!((d.origin.as_ref().unwrap().file.as_str(), d.origin.as_ref().unwrap().line), ("main.js", 6));
}

#[test]
fn zod_becomes_json_schema() {
    for (schema, expected, required) in [
        ("z.string().min(1).describe('d')", json!({"type": "string", "minLength": 1, "description": "d"}), true),
        ("z.number().int().max(5).default(3)", json!({"type": "integer", "maximum": 5, "default": 3}), false),
        (
            "z.enum(['a', 'b']).nullish()",
            json!({"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]}),
            false,
        ),
        ("z.nativeEnum({ A: 0, 0: 'A', B: 1, 1: 'B' })", json!({"type": "number", "enum": [0, 1]}), true),
        (
            "z.array(z.boolean()).nonempty()",
            json!({"type": "array", "items": {"type": "boolean"}, "minItems": 1}),
            true,
        ),
        (
            "z.record(z.string(), z.number())",
            json!({"type": "object", "additionalProperties": {"type": "number"}}),
            true,
        ),
        ("z.union([z.string(), z.null()])", json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), true),
        (
            "z.literal('x').or(z.literal(2))",
            json!({"anyOf": [{"type": "string", "const": "x"}, {"type": "number", "const": 2}]}),
            true,
        ),
        ("z.preprocess(x => x, z.string().optional())", json!({"type": "string"}), false),
        ("z.string().transform(Number).pipe(z.number())", json!({"type": "string"}), true),
        ("z.coerce.number().min(0)", json!({"type": "number", "minimum": 0}), true),
        ("z.lazy(() => z.string().email())", json!({"type": "string", "format": "email"}), true),
        ("z.string().regex(/^a+$/i)", json!({"type": "string", "pattern": "^a+$"}), true),
        ("z.any()", json!({}), false),
    ] {
        assert_eq!(parameter(schema), (expected, required), "{schema}");
    }
}

#[test]
fn object_schemas_are_reshaped() {
    let base = "z.object({ a: z.string(), b: z.number(), c: z.boolean().optional() })";
    for (change, properties, required) in [
        (".pick({ a: true })", vec!["a"], json!(["a"])),
        (".omit({ a: true })", vec!["b", "c"], json!(["b"])),
        (".extend({ d: z.string() }).strict()", vec!["a", "b", "c", "d"], json!(["a", "b", "d"])),
        (".merge(z.object({ b: z.string().optional() }))", vec!["a", "b", "c"], json!(["a"])),
        (".partial()", vec!["a", "b", "c"], Json::Null),
        (".required()", vec!["a", "b", "c"], json!(["a", "b", "c"])),
    ] {
        let (schema, _) = parameter(&format!("{base}{change}"));
        let seen: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(seen, properties, "{change}");
        assert_eq!(schema.get("required").cloned().unwrap_or_default(), required, "{change}");
    }
}

#[test]
fn a_list_handler_is_asked() {
    let found = program(
        "import { Server } from '@modelcontextprotocol/sdk/server/index.js';
         import { ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
         import { zodToJsonSchema } from 'zod-to-json-schema'; import { z } from 'zod';
         const TOOL = { name: 'one', description: `a ${'b'}`, inputSchema: { type: 'object', properties: { x: { type: 'string' } } } };
         const table = { two: { description: 'second', schema: z.object({ y: z.string() }) } };
         const server = new Server({}, {});
         const wrap = (handler) => async (...args) => { try { return await handler(...args) } finally { console.log(1) } };
         server.setRequestHandler(ListToolsRequestSchema, wrap(async () => ({
           tools: [TOOL, ...Object.entries(table).map(([name, { description, schema }]) =>
             ({ name, description, inputSchema: zodToJsonSchema(schema) })), ...(process.env.EXTRA ? [{ ...TOOL, name: 'three' }] : [])],
         })));",
    );
    assert_eq!(names(&found), ["one", "two", "three"]);
    assert_eq!(found.tools[0].description.as_deref(), Some("a b"));
    assert_eq!(found.tools[1].input_schema["properties"], json!({"y": {"type": "string"}}));
    assert!(found.tools[1].gated.is_none() && found.tools[2].gated.is_some());
}

#[test]
fn conditions_gate_and_what_is_not_known_is_said() {
    let found = program(
        "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
         const server = new McpServer({});
         if (process.env.WRITE === '1') server.registerTool('write', { description: 'w' }, () => {});
         for (const name of await (await fetch('https://example.org')).json()) server.registerTool(name, {}, () => {});
         server.registerTool('half', { description: 'for ' + fetch('x').text() }, () => {});",
    );
    assert_eq!(names(&found), ["write", "half"]);
    assert_eq!(found.tools[0].gated.as_deref(), Some("the environment variable WRITE == \"1\""));
    assert_eq!(found.tools[1].description, None);
    assert_eq!(found.gaps.iter().map(|gap| gap.line).collect::<Vec<_>>(), [4, 5], "{:?}", found.gaps);
}

#[test]
fn classes_maps_and_wrappers_are_followed() {
    let found = read(&[
        ("package.json", r#"{"bin":{"x":"./dist/main.js"},"type":"module"}"#),
        (
            "dist/main.js",
            "import { createServer } from './server.js'; const run = async () => { (await createServer()).start() }; run().catch(console.error);",
        ),
        (
            "dist/server.js",
            "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; import * as all from './tools/index.js';
             const registry = new Map();
             class Wrapper { #server = new McpServer({}); constructor(tools) { for (const t of tools) registry.set(t.name, t) }
               install() { for (const [name, tool] of registry) this.#add(name, tool); return this }
               #add(name, { description, schema = {} }) { this.#server.registerTool(`x_${name}`, { description, inputSchema: schema }, async () => {}) }
               start() { this.install() } }
             export const createServer = async () => new Wrapper(Object.values(all).map((T) => new T()));",
        ),
        ("dist/tools/index.js", "export { First } from './first.js'; export * from './second.js';"),
        (
            "dist/tools/first.js",
            "export class Base { get name() { return this.constructor.id } describe() { return 'base' } constructor() { this.description = this.describe() } }
             export class First extends Base { static id = 'first'; describe() { return super.describe() + ' of first' } }",
        ),
        (
            "dist/tools/second.js",
            "import { Base } from './first.js'; import texts from './texts.json' with { type: 'json' };
             export default class Hidden extends Base { static id = 'hidden' }
             export class Second extends Base { static id = 'second'; describe = () => texts.second }",
        ),
        ("dist/tools/texts.json", r#"{"second": "from a file"}"#),
    ]);
    assert_eq!(names(&found), ["x_first", "x_second"]);
    assert_eq!(found.tools[0].description.as_deref(), Some("base of first"));
}

#[test]
fn bundles_are_read_like_their_sources() {
    let found = program(
        r#"var d = Object.defineProperty, n = Object.getOwnPropertyNames;
        var __commonJS = (cb, mod) => function __require() { return mod || (0, cb[n(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports; };
        var __export = (target, all) => { for (var name in all) d(target, name, { get: all[name], enumerable: true }); };
        var req = __commonJS({ "node_modules/x/index.js"(exports, module) { module.exports = { text: "from x" }; } });
        var ext = {}; __export(ext, { object: () => o, string: () => s, literal: () => l });
        function c(t, e, p) { function r(def) { return this } return r }
        var S = c("ZodString", (i, f) => {}), O = c("ZodObject", (i, f) => {}), L = c("ZodLiteral", (i, f) => {});
        function s(p) { return new S({ type: "string", ...p }) } function o(h, p) { return new O({ type: "object", shape: h ?? {}, ...p }) }
        function l(v) { return new L({ type: "literal", values: [v] }) }
        class K { setRequestHandler() {} setNotificationHandler() {} assertCanSetRequestHandler() {} removeRequestHandler() {} }
        class a extends K {} class M { registerTool() {} registerPrompt() {} registerResource() {} sendToolListChanged() {} }
        var LT = ext.object({ method: ext.literal("tools/list") }), e = new a(), m = new M();
        m.registerTool("one", { description: req().text, inputSchema: { q: ext.string().describe("d") } }, () => {}),
        e.setRequestHandler(LT, () => ({ tools: [{ name: "two", inputSchema: { type: "object" } }] }));"#,
    );
    assert_eq!(names(&found), ["one", "two"]);
    assert_eq!(found.tools[0].description.as_deref(), Some("from x"));
    assert_eq!(found.tools[0].input_schema["properties"]["q"], json!({"type": "string", "description": "d"}));
}

#[test]
fn only_what_the_program_reaches_counts() {
    let found = read(&[
        ("package.json", r#"{"bin":"a.js","main":"b.js"}"#),
        (
            "a.js",
            "const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js'); new McpServer({}).tool('a', () => {});",
        ),
        (
            "b.js",
            "const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js'); new McpServer({}).tool('b', () => {});",
        ),
    ]);
    assert_eq!(names(&found), ["a"]);
}

#[test]
fn functions_given_to_a_command_line_library_are_called() {
    let found = program(
        "import { Command } from 'commander'; import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
         new Command().command('serve').action(async (options) => {
           const server = new McpServer({}); const add = server.tool.bind(server);
           if (options.full) add('full', () => {}); add('basic', () => {}); });",
    );
    assert_eq!(names(&found), ["full", "basic"]);
    assert!(found.tools[0].gated.is_some() && found.tools[1].gated.is_none());
}

#[test]
fn other_frameworks_are_known() {
    let fastmcp = program(
        "import { FastMCP } from 'fastmcp'; import { z } from 'zod'; const server = new FastMCP({ name: 's' });
         server.addTool({ name: 'add', description: 'd', parameters: z.object({ a: z.number() }), execute: async () => '' });",
    );
    assert_eq!(fastmcp.tools[0].input_schema["required"], json!(["a"]));
    let typebox = program(
        "import { Type } from '@sinclair/typebox'; import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
         new McpServer({}).registerTool('t', { inputSchema: Type.Object({ a: Type.String({ description: 'd' }), b: Type.Optional(Type.Integer()) }) }, () => {});",
    );
    assert_eq!(
        typebox.tools[0].input_schema["properties"],
        json!({"a": {"type": "string", "description": "d"}, "b": {"type": "integer"}})
    );
    assert_eq!(typebox.tools[0].input_schema["required"], json!(["a"]));
    let valibot = program(
        "import * as v from 'valibot'; import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
         new McpServer({}).registerTool('t', { inputSchema: v.object({ a: v.pipe(v.string(), v.description('d')), b: v.optional(v.picklist(['x'])) }) }, () => {});",
    );
    assert_eq!(valibot.tools[0].input_schema["properties"]["a"], json!({"type": "string", "description": "d"}));
    assert_eq!(valibot.tools[0].input_schema["required"], json!(["a"]));
    let table = program(
        "import { serve } from 'some-framework'; serve({ tools: { go: { description: 'd', parameters: {} } } });",
    );
    assert_eq!(names(&table), ["go"]);
    let decorated = read(&[
        ("package.json", r#"{"bin":"a.ts"}"#),
        (
            "a.ts",
            "import { Tool } from '@x/nest'; export class T { @Tool({ description: 'd', parameters: {} }) greet(name: string) {} }",
        ),
    ]);
    assert_eq!(names(&decorated), ["greet"]);
    let classes = read(&[
        ("package.json", r#"{"bin":"dist/index.js"}"#),
        ("dist/index.js", "import { MCPServer } from 'mcp-framework'; new MCPServer().start();"),
        (
            "dist/tools/one.js",
            "import { MCPTool } from 'mcp-framework'; import { z } from 'zod';
             export default class One extends MCPTool { name = 'one'; description = 'd'; schema = z.object({ a: z.string() }) }",
        ),
    ]);
    assert_eq!(names(&classes), ["one"]);
}

#[test]
fn tools_of_another_package_are_left_to_it() {
    let found = read(&[
        ("package.json", r#"{"bin":"a.js","dependencies":{"@x/server":"^2.1.0","left-pad":"1"}}"#),
        ("a.js", "require('@x/server').main();"),
    ]);
    let [other] = found.elsewhere.as_slice() else { panic!("{found:?}") };
    assert_eq!((other.package.as_str(), other.requirement.as_deref()), ("@x/server", Some("^2.1.0")));
    let compiled = read(&[
        ("package.json", r#"{"name":"s","bin":"a.js","optionalDependencies":{"s-linux-x64":"1"}}"#),
        ("a.js", ""),
    ]);
    assert_eq!(compiled.gaps[0].kind, GapKind::Compiled);
}

#[test]
fn files_of_the_package_are_data() {
    let found = read(&[
        ("package.json", r#"{"bin":"dist/a.js"}"#),
        (
            "dist/a.js",
            "import fs from 'node:fs'; import path from 'path'; import { fileURLToPath } from 'url';
             import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; const server = new McpServer({});
             const here = path.dirname(fileURLToPath(import.meta.url));
             const table = JSON.parse(fs.readFileSync(path.join(here, '..', 'data', 'tools.json'), 'utf8'));
             for (const { id, text } of table) server.registerTool(id.replace(/[A-Z]/g, (c) => '-' + c.toLowerCase()), { description: text }, () => {});
             for (const file of fs.readdirSync(path.join(here, 'plug')).filter((f) => f.endsWith('.js'))) { const m = await import(path.join(here, 'plug', file)); m.default(server) }",
        ),
        ("data/tools.json", r#"[{"id":"getX","text":"t"}]"#),
        ("dist/plug/p.js", "export default (server) => server.registerTool('plugged', {}, () => {});"),
        ("dist/plug/p.d.ts", ""),
    ]);
    assert_eq!(names(&found), ["get-x", "plugged"]);
}

#[test]
fn hostile_programs_end() {
    for text in [
        "while (true) {} ".to_owned(),
        "function f() { return f() + f() } f();".to_owned(),
        "const a = []; for (;;) a.push(a);".to_owned(),
        "let s = 'x'; for (let i = 0; i < 1e9; i++) s += s;".to_owned(),
        "const o = {}; o.__proto__ = o; o.x; Object.setPrototypeOf(o, o).y; String(o)".to_owned(),
        "const o = { get a() { return this.a } }; o.a;".to_owned(),
        "const a = [1]; a[0] = a; JSON.stringify(a); `${a}`; a.flat(Infinity)".to_owned(),
        format!("x = {}1{}", "[".repeat(50_000), "]".repeat(50_000)),
        format!("x = {}", "f(".repeat(50_000)),
        format!("[{}]", "1,".repeat(200_000)),
        "'a'.repeat(1e12); Array(1e12).fill(0); 'x'.padEnd(1e15)".to_owned(),
        "/(a+)+$/.test('a'.repeat(1e5) + 'b'); class A extends A {} new A; with (x) {} ".to_owned(),
    ] {
        assert_eq!(program(&text).tools, [], "{}", &text[..text.len().min(60)]);
    }
}

#[test]
fn the_sample_packages_are_read() {
    let packages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/packages");
    let extractor = crate::Extractor::new([("recipes/javascript.toml".to_owned(), RECIPES.to_owned())]).unwrap();
    for (package, expected) in [
        (
            "npm-registered",
            vec![
                ("read_note", "format path", None),
                ("delete_note", "path", Some("with the environment variable SAMPLE_ALLOW_WRITE")),
            ],
        ),
        ("npm-listed", vec![("sample_find", "query", None), ("sample_send", "to body", None)]),
        ("npm-bundled", vec![("ping", "loud", None), ("say", "text", None)]),
    ] {
        let extraction = extractor.read(&packages.join(package)).unwrap();
        let seen: Vec<(&str, String, Option<&str>)> = extraction
            .tools
            .iter()
            .map(|tool| {
                let parameters: Vec<&str> = tool.parameters().iter().map(|parameter| parameter.name).collect();
                (tool.name.as_str(), parameters.join(" "), tool.gated.as_deref())
            })
            .collect();
        let expected: Vec<_> = expected.into_iter().map(|(name, list, gate)| (name, list.to_owned(), gate)).collect();
        assert_eq!(seen, expected, "{package}");
        assert!(extraction.tools.iter().all(|tool| tool.description.is_some()), "{package}");
    }
}

#[test]
fn tags_of_templates_are_carried_out() {
    let found = program(
        "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; import dedent from 'dedent';
         import { oneLine } from 'common-tags'; const server = new McpServer({});
         const md = (texts, ...values) => texts.reduce((all, text, n) => all + text + (values[n] ?? ''), '').trim();
         server.tool('a', md` ${'own'} tag `, () => {});
         server.tool('b', dedent`\n    first\n      ${'second'}\n  `, () => {});
         server.tool('c', oneLine`one\n   line`, () => {});
         server.tool('d', String.raw`a\\nb`, () => {});",
    );
    let descriptions: Vec<_> = found.tools.iter().map(|tool| tool.description.as_deref().unwrap_or_default()).collect();
    assert_eq!(descriptions, ["own tag", "first\n  second", "one line", "a\\nb"]);
}

#[test]
fn options_of_the_command_line_have_their_defaults() {
    let tools = |text: &str| {
        let found = program(&format!(
            "import {{ McpServer }} from '@modelcontextprotocol/sdk/server/mcp.js'; const server = new McpServer({{}});
             const add = (name) => server.tool(name, 'd', () => {{}}); {text}"
        ));
        let name = |tool: &Tool| format!("{}{}", tool.name, if tool.gated.is_some() { "?" } else { "" });
        found.tools.iter().map(name).collect::<Vec<_>>().join(" ")
    };
    for (text, expected) in [
        (
            "import { Command } from 'commander'; const program = new Command().option('--read-only', 'd', false)
               .option('-s, --sets <list>', 'd', 'x,y'); program.parse(); const options = program.opts();
             if (!options.readOnly) add('write'); options.sets.split(',').forEach(add); if (options.more) add('more');",
            "write x y more?",
        ),
        (
            "import yargs from 'yargs'; const { argv } = yargs(process.argv).option('full', { default: false });
             add('one'); if (argv.full) add('full');",
            "one full?",
        ),
        (
            "import { Command } from 'commander'; const program = new Command();
             program.option('--full').action(async (options) => { if (!options.port) add('one'); if (options.full) add('full') });
             program.parse();",
            "one full?",
        ),
        (
            "import { parseArgs } from 'node:util'; const { values } = parseArgs({ options: { mode: { default: 'x' } } });
             if (values.mode === 'x') add('x'); if (values.key) add('key');",
            "x key?",
        ),
        (
            "const own = {}; for (let i = 2; i < process.argv.length; i++) { const arg = process.argv[i];
               if (arg === '--full') own.full = true; else own[arg.slice(2)] = process.argv[++i]; }
             add(own.name ?? 'one'); if (own.full) add('full');",
            "one full?",
        ),
    ] {
        assert_eq!(tools(text), expected, "{text}");
    }
}

#[test]
fn conditions_are_told_in_the_programs_words() {
    let found = program(
        "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; const server = new McpServer({});
         switch (process.env.MODE) { case 'all': server.tool('b', 'd', () => {}); break; default: server.tool('a', 'd', () => {}) }
",
    );
    let mut seen: Vec<_> = found.tools.iter().map(|tool| (tool.name.as_str(), tool.gated.as_deref())).collect();
    seen.sort_unstable();
    assert_eq!(seen, [("a", None), ("b", Some("the environment variable MODE == \"all\""))]);
}

#[test]
fn annotations_are_known_beside_what_a_package_adds() {
    let found = program(
        "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; import { own } from 'elsewhere';
         new McpServer({}).registerTool('t', { annotations: { readOnlyHint: true, category: own() } }, () => {});",
    );
    assert_eq!(found.tools[0].annotations.as_ref().unwrap().read_only_hint, Some(true));
}

#[test]
fn generators_and_inner_names_of_classes_work() {
    let found = program(
        "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; const server = new McpServer({});
         const Outer = class Inner { constructor(name) { this.name = name } static make(name) { return new Inner(name) } };
         function* all() { yield Outer.make('a'); yield* [Outer.make('b'), Outer.make('c')] }
         for (const { name } of all()) server.tool(name, 'd', () => {});",
    );
    assert_eq!(names(&found), ["a", "b", "c"]);
}

#[test]
fn looking_into_nothing_with_care_gives_nothing() {
    let found = program(
        "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; const server = new McpServer({});
         const parts = { json: { text: 'json' } }; const made = {};
         if (parts['form']?.text) made.form = 1; else if (parts?.['json']?.text) made.json = 1;
         server.tool('a', JSON.stringify(made), () => {}); if (parts.form?.text) server.tool('b', () => {});",
    );
    assert_eq!(names(&found), ["a"]);
    assert_eq!(found.tools[0].description.as_deref(), Some(r#"{"json":1}"#));
}
