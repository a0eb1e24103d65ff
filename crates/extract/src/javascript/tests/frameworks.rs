//! Servers without the SDK, and what frameworks other than the SDK look like.

use serde_json::json;

use super::{names, read};

const PACKAGE: (&str, &str) = ("package.json", r#"{"bin":"dist/index.js","type":"module"}"#);
const TOOLS: &str = "const tools = [{ name: 'echo', description: 'Echo', inputSchema: { type: 'object', properties: { text: { type: 'string' } } } }];";

fn program(text: &str) -> crate::found::Found {
    read(&[PACKAGE, ("dist/index.js", text)])
}

#[test]
fn programs_that_answer_requests_themselves_are_asked() {
    let by_line = "import * as readline from 'readline'; const send = (o) => process.stdout.write(JSON.stringify(o));
        readline.createInterface({ input: process.stdin }).on('line', (line) => { const { id, method } = JSON.parse(line);
          switch (method) { case 'initialize': return send({ id, result: { capabilities: { tools: {} } } });
            case 'tools/list': return send({ id, result: { tools } }); } });";
    let by_route = "import express from 'express'; const app = express();
        app.post('/mcp', async (req, res) => { const { method, id } = req.body;
          if (method === 'tools/list') return res.json({ id, result: { tools } }); });";
    let by_table = "class Server { constructor() { process.stdin.on('data', (chunk) => this.handle(JSON.parse(chunk))); }
          async handle(request) { const handlers = { 'tools/list': () => this.list(), 'tools/call': () => ({}) };
            return { id: request.id, result: await handlers[request.method]() }; }
          list() { return { tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })) }; } }
        new Server();";
    let by_map = "const handlers = new Map(); handlers.set('tools/list', async () => ({ tools })); serve(handlers);";
    for text in [by_line, by_route, by_table, by_map] {
        let found = program(&format!("{TOOLS} {text}"));
        assert_eq!(names(&found), ["echo"], "{text}: {:?}", found.gaps);
        assert_eq!(found.tools[0].gated, None, "{text}");
    }
    // A client that asks other servers has no tools of its own.
    let client = program("const answer = { tools: [] }; client.request({ method: 'tools/list' });");
    assert!(client.tools.is_empty() && client.gaps[0].reason.contains("`dist/index.js`"), "{:?}", client.gaps);
}

#[test]
fn definitions_that_hold_their_function_need_no_other() {
    let found = program(
        "import { createServer } from 'some-framework'; import { z } from 'zod'; const server = createServer('s');
         server.tool({ name: 'listed', description: 'L', cb: async () => ({}),
           inputs: [{ name: 'a', type: 'number', required: true, description: 'A' }, { name: 'b', type: 'string' }] });
         server.tool('named', { description: 'N', inputSchema: z.object({ q: z.string() }), handler: () => ({}) });
         server.tool({ name: 'no description', cb() {} });",
    );
    assert_eq!(names(&found), ["listed", "named"]);
    assert_eq!(
        found.tools[0].input_schema,
        json!({"type": "object", "required": ["a"],
            "properties": {"a": {"type": "number", "description": "A"}, "b": {"type": "string"}}})
    );
    assert_eq!(found.tools[1].input_schema["required"], json!(["q"]));
}

#[test]
fn decorators_may_take_a_name_a_text_and_a_shape() {
    let found = read(&[
        ("package.json", r#"{"bin":"src/index.ts"}"#),
        (
            "src/index.ts",
            "import { Tool } from 'nest-like'; import { z } from 'zod';
             class Greeter { @Tool('greet', 'Greets', { name: z.string() }) async hello({ name }) { return name; } }",
        ),
    ]);
    assert_eq!(names(&found), ["greet"]);
    assert_eq!(found.tools[0].description.as_deref(), Some("Greets"));
    assert_eq!(found.tools[0].input_schema["required"], json!(["name"]));
}

#[test]
fn a_parameter_may_be_a_schema_beside_its_description() {
    let found = read(&[
        PACKAGE,
        ("dist/index.js", "import { MCPServer } from 'mcp-framework'; new MCPServer().start();"),
        (
            "dist/tools/Example.js",
            "import { MCPTool } from 'mcp-framework'; import { z } from 'zod';
             export default class Example extends MCPTool { name = 'example'; description = 'E';
               schema = { message: { type: z.string(), description: 'What to say' }, loud: { type: z.boolean().optional(), description: 'L' } }; }",
        ),
    ]);
    assert_eq!(
        found.tools[0].input_schema,
        json!({"type": "object", "required": ["message"], "properties": {
            "message": {"type": "string", "description": "What to say"},
            "loud": {"type": "boolean", "description": "L"}}})
    );
}

#[test]
fn commands_of_commands_are_run() {
    let found = read(&[
        PACKAGE,
        (
            "dist/index.js",
            "import { defineCommand, runMain } from 'citty';
             runMain(defineCommand({ meta: { name: 'x' }, subCommands: { serve: () => import('./serve.js').then((m) => m.default) } }));",
        ),
        (
            "dist/serve.js",
            "import { defineCommand } from 'citty'; import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
             export default defineCommand({ async run() { new McpServer({}).registerTool('hi', {}, () => {}); } });",
        ),
    ]);
    assert_eq!(names(&found), ["hi"]);
}

#[test]
fn tables_are_given_to_a_method_and_objects_of_libraries_are_asked_for_their_parts() {
    let found = program(
        "import { McpServer, defineTool } from 'other-sdk'; import { StructuredTool, tool } from 'agents-kit'; import { z } from 'zod';
         const server = new McpServer({ name: 's' });
         server.tools([defineTool({ name: 'given', description: 'G', schema: z.object({ a: z.string() }) }, async () => ({}))]);
         server.tools(['not', 'definitions']);
         const one = new StructuredTool({ name: 'made', description: 'M', schema: z.object({ q: z.string() }) });
         const two = tool(async ({ u }) => u, { name: 'called', description: 'C', schema: z.object({ u: z.string() }) });
         for (const t of [one, two]) server.tool(t.name, t.description, t.schema.shape, (x) => t.invoke(x));",
    );
    assert_eq!(names(&found), ["given", "made", "called"]);
    assert_eq!(found.tools[2].input_schema["required"], json!(["u"]));
}

#[test]
fn a_program_that_starts_another_of_the_package_is_followed() {
    let found = read(&[
        ("package.json", r#"{"bin":"bin/cli.js"}"#),
        (
            "bin/cli.js",
            "const { spawn } = require('child_process'); const path = require('path');
             spawn(process.execPath, [path.join(__dirname, '..', 'dist', 'index.js'), ...process.argv.slice(2)]);",
        ),
        (
            "dist/index.js",
            "const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js'); new McpServer({}).registerTool('hi', {}, () => {});",
        ),
    ]);
    assert_eq!(names(&found), ["hi"]);
}

#[test]
fn tools_may_stand_in_a_yaml_document() {
    let found = read(&[
        PACKAGE,
        (
            "dist/index.js",
            "import fs from 'node:fs'; import yaml from 'js-yaml'; import { Server } from '@modelcontextprotocol/sdk/server/index.js';
             const document = yaml.load(fs.readFileSync(new URL('../tools.yaml', import.meta.url), 'utf8'));
             new Server({}, {}).setRequestHandler('tools/list', async () => ({ tools: document.tools }));",
        ),
        ("tools.yaml", "tools:\n  - name: alpha\n    description: First\n    inputSchema: {type: object, properties: {q: {type: string}}}\n"),
    ]);
    assert_eq!(names(&found), ["alpha"]);
    assert_eq!(found.tools[0].description.as_deref(), Some("First"));
}

#[test]
fn a_platform_starts_the_agents_that_a_package_exports() {
    let found = read(&[
        ("package.json", r#"{"main":"dist/index.js","type":"module"}"#),
        (
            "dist/index.js",
            "import { McpAgent } from 'agents/mcp'; import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; import { z } from 'zod';
             export class Mine extends McpAgent { server = new McpServer({}); async init() { this.server.tool('add', { a: z.number() }, async () => ({})); } }",
        ),
    ]);
    assert_eq!(names(&found), ["add"]);
}

#[test]
fn decorators_of_the_package_may_keep_tools_at_the_class() {
    let found = program(
        "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
         const tool = (description) => (target, key) => { (target.constructor.tools ??= []).push({ name: key, description }); };
         class Service { mine() {} } tool('Mine')(Service.prototype, 'mine');
         const server = new McpServer({}); for (const t of Service.tools) server.registerTool(t.name, t, () => {});",
    );
    assert_eq!(names(&found), ["mine"]);
}
