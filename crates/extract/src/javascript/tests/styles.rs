//! Decorators, schemas in words, and how a server is started.

use serde_json::json;

use super::{names, program, read};

const SDK: &str = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; import { z } from 'zod';";

/// What TypeScript makes of `@decorator`.
const DECORATE: &str = "var __decorate = function (decorators, target, key, desc) { var c = arguments.length, r = c < 3 ? target : desc === null ? desc = Object.getOwnPropertyDescriptor(target, key) : desc, d;
   for (var i = decorators.length - 1; i >= 0; i--) if (d = decorators[i]) r = (c < 3 ? d(r) : c > 3 ? d(target, key, r) : d(target, key)) || r; return c > 3 && r && Object.defineProperty(target, key, r), r; };";

#[test]
fn definitions_of_other_libraries_are_registered() {
    let found = program(&format!(
        "{SDK} import {{ DynamicStructuredTool, tool }} from '@langchain/core/tools'; import {{ createApp, define }} from 'framework';
         const first = new DynamicStructuredTool({{ name: 'first', description: '1', schema: z.object({{ p: z.string() }}) }});
         const second = tool(async () => 1, {{ name: 'second', description: '2', schema: z.object({{}}) }});
         const server = new McpServer({{}}); for (const t of [first, second]) server.tool(t.name, t.description, t.schema.shape, async () => ({{}}));
         createApp({{ tools: [define('third', {{ description: '3', input: z.object({{ q: z.number() }}), handler() {{}} }})] }});"
    ));
    assert_eq!(names(&found), ["first", "second", "third"]);
    assert_eq!(found.tools[2].input_schema["required"], json!(["q"]));
    assert_eq!(found.gaps, []);
}

#[test]
fn arktype_becomes_json_schema() {
    let found = program(
        "import { FastMCP } from 'fastmcp'; import { type } from 'arktype';
         new FastMCP({}).addTool({ name: 't', description: 'd', parameters: type({ a: 'string.email', 'b?': 'number > 0', c: \"'x' | 'y'\", d: 'string[]', e: 'boolean = false' }) });",
    );
    let schema = &found.tools[0].input_schema;
    assert_eq!(
        schema["properties"],
        json!({"a": {"type": "string"}, "b": {"type": "number"}, "c": {"enum": ["x", "y"]},
               "d": {"type": "array", "items": {"type": "string"}}, "e": {"type": "boolean", "default": false}})
    );
    assert_eq!(schema["required"], json!(["a", "c", "d"]));
}

#[test]
fn an_arktype_that_is_not_understood_is_said() {
    let found = program(
        "import { FastMCP } from 'fastmcp'; import { type } from 'arktype';
         new FastMCP({}).addTool({ name: 't', description: 'd', parameters: type({ a: 'parse.own.thing' }) });",
    );
    assert!(found.tools[0].input_schema.is_null() && found.gaps.len() == 1);
}

#[test]
fn decorators_of_sdks_and_of_the_package_register() {
    let sdk = program(&format!(
        "{DECORATE} import {{ Tool }} from '@rekog/mcp-nest'; import {{ z }} from 'zod';
         class A {{ hello() {{}} bye() {{}} }} __decorate([Tool('hello', 'says', {{ p: z.string() }})], A.prototype, 'hello', null);
         __decorate([Tool({{ description: 'leaves' }})], A.prototype, 'bye', null);"
    ));
    let mut registered = names(&sdk);
    registered.dedup();
    assert_eq!(registered, ["hello", "bye"]);
    assert_eq!(sdk.tools[0].input_schema["required"], json!(["p"]));
    let loops = [
        "function tool(description, shape) { return (target, key, descriptor) => { (target.constructor.own ??= []).push({ key, description, shape }); return descriptor; }; }
         const all = () => A.own;",
        "const KEY = Symbol('own'); function tool(description, shape) { return (target, key) => { const own = Reflect.getMetadata(KEY, target) || []; own.push({ key, description, shape }); Reflect.defineMetadata(KEY, own, target); }; }
         const all = () => Reflect.getMetadata(KEY, Object.getPrototypeOf(new A()));",
    ];
    for own in loops {
        let found = program(&format!(
            "{DECORATE} {SDK} {own} class A {{ mine() {{}} }} __decorate([tool('Mine', {{ p: z.string() }})], A.prototype, 'mine', null);
             const server = new McpServer({{}}); for (const t of all()) server.tool(t.key, t.description, t.shape, async () => ({{}}));"
        ));
        // A compiler's helper is not followed to the last: what it calls may be called again.
        let mut registered = names(&found);
        registered.dedup();
        assert_eq!(registered, ["mine"]);
    }
}

#[test]
fn decorators_in_sources_get_the_method_and_its_name() {
    let found = read(&[
        ("package.json", r#"{"bin":"src/index.ts"}"#),
        (
            "src/index.ts",
            &format!(
                "{SDK} const tools: any[] = []; function tool(options: {{ about: string }}) {{ return (target: any, key: string) => {{ tools.push({{ key, ...options }}); }}; }}
                 class A {{ @tool({{ about: 'Mine' }}) async mine(a: {{ q: string }}) {{ return a.q; }} @tool({{ about: 'Too' }}) static too() {{}} }}
                 const server = new McpServer({{}}); for (const t of tools) server.tool(t.key, t.about, {{}}, async () => ({{}}));"
            ),
        ),
    ]);
    assert_eq!(names(&found), ["mine", "too"]);
}

#[test]
fn how_the_only_server_is_started_gates_nothing() {
    let found = program(&format!(
        "{SDK} import {{ fileURLToPath }} from 'url'; import {{ realpathSync }} from 'fs';
         function make() {{ const server = new McpServer({{}}); server.tool('t', async () => ({{}})); return server; }}
         if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) make().connect();"
    ));
    assert_eq!((names(&found), found.tools[0].gated.as_deref()), (vec!["t"], None));
}

#[test]
fn parameters_that_a_class_declares_are_not_said_to_be_none() {
    let found = program(&format!(
        "{DECORATE} import {{ Tool }} from 'framework'; class Input {{}} class A {{ run() {{}} }}
         __decorate([Tool({{ description: 'd', inputClass: Input }})], A.prototype, 'run', null);"
    ));
    assert_eq!(found.tools[0].name, "run");
    assert!(found.tools[0].input_schema.is_null() && !found.gaps.is_empty());
}

#[test]
fn a_request_may_be_told_by_its_method_alone() {
    let found = program(
        "import { Server } from '@modelcontextprotocol/sdk/server/index.js';
         class Own extends Server { constructor() { super({}, {}); this.setRequestHandler({ method: 'tools/list' }, () => this.list()); this.setRequestHandler({ method: 'prompts/list' }, () => ({ tools: [{ name: 'u' }] })); }
           list() { return { tools: [{ name: 't', description: 'd', inputSchema: { type: 'object' } }] }; } } new Own();",
    );
    assert_eq!(names(&found), ["t"]);
}
