//! How programs are put together: registries, class hierarchies, compiled modules, late imports.

use super::{names, read};

const PACKAGE: (&str, &str) = ("package.json", r#"{"bin":"dist/index.js","type":"module"}"#);
const SDK: &str = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; import { z } from 'zod';";

#[test]
fn registries_are_filled_by_modules_that_are_imported_for_their_effect() {
    let index = format!(
        "{SDK} import './tools/index.js'; import {{ registry }} from './registry.js'; registry.install(new McpServer({{}}));"
    );
    let found = read(&[
        PACKAGE,
        ("dist/index.js", &index),
        (
            "dist/registry.js",
            "class Registry { static own; static get() { return (Registry.own ??= new Registry()); } #tools = [];
               add(tool) { this.#tools.push(tool); return tool; } install(server) { this.#tools.forEach((t) => server.registerTool(t.name, t, t.run)); } }
             export const registry = Registry.get();",
        ),
        ("dist/tools/index.js", "export * from './x.js'; export * from './y.js';"),
        ("dist/tools/x.js", "import { registry } from '../registry.js'; registry.add({ name: 'x', run() {} });"),
        ("dist/tools/y.js", "import { registry } from '../registry.js'; export const y = registry.add({ name: 'y', run() {} });"),
    ]);
    assert_eq!(names(&found), ["x", "y"]);
}

#[test]
fn classes_state_their_tools_in_static_fields_and_servers_are_subclassed() {
    let index = format!(
        "{SDK} class Base {{ static id; static about = ''; static shape = {{}}; constructor(server) {{ this.server = server; }}
           register() {{ const own = this.constructor; this.server.registerTool(own.id, {{ description: own.about, inputSchema: own.shape }}, (a) => this.run(a)); }} }}
         class Alpha extends Base {{ static id = 'alpha'; static about = 'first'; static shape = {{ a: z.number() }}; }}
         class Beta extends Base {{ static id = 'beta'; }}
         class Mine extends McpServer {{ constructor() {{ super({{}}); for (const Tool of [Alpha, Beta]) new Tool(this).register(); this.registerTool('own', {{}}, () => {{}}); }} }}
         async function main() {{ await new Mine().connect(); }} main().catch(() => process.exit(1));"
    );
    let found = read(&[PACKAGE, ("dist/index.js", &index)]);
    assert_eq!(names(&found), ["alpha", "beta", "own"]);
    assert_eq!(found.tools[0].description.as_deref(), Some("first"));
    assert!(found.tools[0].input_schema["properties"].get("a").is_some());
}

#[test]
fn tools_come_from_generators_and_late_imports() {
    let index = format!(
        "{SDK} const define = (config) => (server) => server.registerTool(config.name, {{ ...config, inputSchema: config.parameters.shape }}, () => {{}});
         const tools = [define({{ name: 'one', parameters: z.object({{ a: z.string() }}) }}), define({{ name: 'two', parameters: z.object({{}}) }})];
         async function* each() {{ for (const tool of tools) yield tool; }}
         const server = new McpServer({{}}); for await (const tool of each()) tool(server);
         await Promise.all([import('./late.js').then((late) => late.default(server)), import('./later.js').then(({{ setup }}) => setup(server))]);"
    );
    let found = read(&[
        PACKAGE,
        ("dist/index.js", &index),
        ("dist/late.js", "export default (server) => server.registerTool('late', {}, () => {});"),
        ("dist/later.js", "export const setup = (server) => server.registerTool('later', {}, () => {});"),
    ]);
    assert_eq!(names(&found), ["one", "two", "late", "later"]);
}

#[test]
fn modules_compiled_for_commonjs_are_read_like_their_sources() {
    let found = read(&[
        ("package.json", r#"{"bin":"dist/index.js"}"#),
        (
            "dist/index.js",
            r#""use strict";
            var star = (this && this.star) || function (mod) { if (mod && mod.__esModule) return mod; var result = {};
              if (mod != null) for (var k in mod) if (k !== "default" && Object.prototype.hasOwnProperty.call(mod, k)) result[k] = mod[k]; result.default = mod; return result; };
            var byDefault = (this && this.byDefault) || function (mod) { return (mod && mod.__esModule) ? mod : { "default": mod }; };
            Object.defineProperty(exports, "__esModule", { value: true });
            const mcp_js_1 = require("@modelcontextprotocol/sdk/server/mcp.js");
            const tools = star(require("./tools")); const config_1 = byDefault(require("./config"));
            (0, tools.registerAll)(new mcp_js_1.McpServer({ name: config_1.default.name }));"#,
        ),
        (
            "dist/config.js",
            "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = { name: 's', prefix: 'my' };",
        ),
        (
            "dist/tools/index.js",
            r#""use strict";
            var bind = (this && this.bind) || (Object.create ? (function (o, m, k) { Object.defineProperty(o, k, { enumerable: true, get: function () { return m[k]; } }); }) : (function (o, m, k) { o[k] = m[k]; }));
            var all = (this && this.all) || function (m, exports) { for (var p in m) if (p !== "default" && !Object.prototype.hasOwnProperty.call(exports, p)) bind(exports, m, p); };
            Object.defineProperty(exports, "__esModule", { value: true }); exports.registerAll = registerAll;
            const config_1 = require("../config"); all(require("./more"), exports); const self = exports;
            function registerAll(server) { server.tool(`${config_1.default.prefix}_first`, "First", {}, () => {}); (0, self.registerMore)(server); }"#,
        ),
        (
            "dist/tools/more.js",
            "Object.defineProperty(exports, '__esModule', { value: true }); exports.registerMore = void 0;
             const registerMore = (s) => { s.tool('more', () => {}); }; exports.registerMore = registerMore;",
        ),
    ]);
    assert_eq!(names(&found), ["my_first", "more"]);
}

#[test]
fn containers_make_what_they_are_asked_for() {
    let found = read(&[
        PACKAGE,
        (
            "dist/index.js",
            "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; let count = 0;
             class Container { makers = new Map(); made = {}; bind(key, make) { this.makers.set(key, make); }
               get(key) { return (this.made[key] ??= this.makers.get(key)(this)); } }
             const container = new Container(); container.bind('server', () => new McpServer({}));
             container.bind('tool', (c) => { c.get('server').registerTool('tool' + count++, {}, () => {}); return count; });
             container.get('tool'); container.get('tool');",
        ),
    ]);
    assert_eq!(names(&found), ["tool0"]);
}

#[test]
fn what_all_tools_depend_on_is_how_the_server_is_started() {
    let index = format!(
        "{SDK} const server = new McpServer({{}}); function start() {{ server.tool('a', () => {{}});
           if (process.env.MORE === 'yes') server.tool('b', () => {{}}); }}
         if (process.env.PORT) listen(process.env.PORT); else start();
         function listen(port) {{ console.error(port); process.exit(0); }}"
    );
    let found = read(&[PACKAGE, ("dist/index.js", &index)]);
    let gates: Vec<_> = found.tools.iter().map(|tool| (tool.name.as_str(), tool.gated.as_deref())).collect();
    assert_eq!(gates, [("a", None), ("b", Some("the environment variable MORE == \"yes\""))]);
}

#[test]
fn a_condition_that_all_tools_have_to_pass_is_no_gate() {
    let index = format!(
        "{SDK} const server = new McpServer({{}}); const add = (only) => (tool) => {{ if (only && !only.has(tool)) return; server.tool(tool, () => {{}}); }};
         const tool = add(globalThis.only()); tool('a'); tool('b');"
    );
    let found = read(&[PACKAGE, ("dist/index.js", &index)]);
    assert!(found.tools.len() == 2 && found.tools.iter().all(|tool| tool.gated.is_none()));
}
