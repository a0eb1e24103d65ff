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
