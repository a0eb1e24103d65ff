//! What of a program is read: set-up code, settings, commands, bundles.

use super::{names, program, read};

const SDK: &str = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; import { z } from 'zod';";

#[test]
fn commands_that_only_the_command_line_picks_are_called() {
    let found = program(&format!(
        "{SDK}
         var init_impl = () => {{}}, impl = {{}};
         Object.defineProperty(impl, 'main', {{ get: () => main, enumerable: true }});
         function registrar(server) {{ return (tool) => server.registerTool(tool.name, tool, () => {{}}); }}
         function makeServer() {{ const add = registrar(new McpServer({{}})); add({{ name: 'one' }}); add({{ name: 'two' }}); }}
         async function main(flags) {{ if (flags.verbose) console.log(1); makeServer(); }}
         function unrelated() {{ return 1; }}
         const start = {{ loader: async () => {{ const {{ main: chosen }} = await Promise.resolve().then(() => (init_impl(), impl)); return chosen; }} }};
         const commands = {{ start }};
         const picked = process.argv[2];
         if (picked) commands[picked]?.loader().then((command) => command(process.argv.slice(3)));"
    ));
    assert_eq!(names(&found), ["one", "two"]);
}

#[test]
fn settings_that_change_a_table_leave_what_is_usual() {
    let found = program(
        "import { parseArgs } from 'node:util'; import { makeServer, tool } from '@x/framework'; import { z } from 'zod';
         const { values } = parseArgs({ options: { project: { type: 'string' }, 'read-only': { type: 'boolean', default: false } } });
         const scoped = ({ inject, parameters, ...rest }) =>
           Object.values(inject).every((value) => value === undefined) ? tool({ parameters, ...rest }) : tool({ parameters: parameters.omit({ project: true }), ...rest });
         makeServer({ name: 's', tools: async () => {
           const tools = { get: tool({ description: 'g', parameters: z.object({ id: z.string() }) }),
             put: scoped({ description: 'p', parameters: z.object({ project: z.string() }), inject: { project: values.project } }),
             old: tool({ description: 'o', parameters: z.object({}), hidden: true }) };
           if (values['read-only']) for (const [name, it] of Object.entries(tools)) tools[name] = { ...it, hidden: true };
           return tools; } });",
    );
    assert_eq!(names(&found), ["get", "put"]);
    assert!(found.tools[1].input_schema["properties"].get("project").is_some());
}

#[test]
fn searching_the_machine_does_not_take_the_place_of_the_tools() {
    let found = program(&format!(
        "{SDK} import fs from 'fs'; import path from 'path';
         const MARKS = Array.from({{ length: 30 }}, (_, n) => '.mark' + n);
         function root(from = process.cwd()) {{ let at = path.resolve(from); const top = path.parse(at).root;
           for (let n = 0; n < 50; n++) {{ if (MARKS.some((mark) => fs.existsSync(path.join(at, mark)))) return at; if (at === top) break; at = path.dirname(at); }} return from; }}
         function log(text) {{ if (config().level !== 'none') console.error(text); }}
         function config() {{ let found = {{ level: 'info' }};
           for (const name of ['a', 'b', 'c', 'd']) {{ const file = path.join(root(), name);
             if (fs.existsSync(file)) {{ log('reads ' + file); found = {{ ...found, ...JSON.parse(fs.readFileSync(file, 'utf8')) }}; log('has read ' + file); }} }}
           return found; }}
         for (let n = 0; n < 100; n++) log('step ' + n);
         const server = new McpServer({{}}); log('made');
         server.registerTool('last', {{ description: 'd' }}, () => {{}});"
    ));
    assert_eq!(names(&found), ["last"]);
}

#[test]
fn files_are_found_by_paths_of_the_program() {
    let found = read(&[
        ("package.json", r#"{"bin":"dist/a.js","type":"module"}"#),
        (
            "dist/a.js",
            "import { readdir } from 'fs/promises'; import { dirname, join, extname, parse } from 'path'; import { fileURLToPath, pathToFileURL } from 'url';
             import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
             async function load(folder) { const all = [];
               for (const entry of await readdir(folder, { withFileTypes: true })) {
                 if (entry.isDirectory()) { all.push(...await load(join(folder, entry.name))); continue; }
                 if (!entry.isFile() || extname(entry.name) !== '.js' || parse(entry.name).name === 'index') continue;
                 all.push((await import(pathToFileURL(join(folder, entry.name)).href)).default); }
               return all; }
             const server = new McpServer({});
             for (const tool of await load(join(dirname(fileURLToPath(import.meta.url)), 'tools'))) server.registerTool(tool.name, tool, tool.run);",
        ),
        ("dist/tools/one.js", "export default { name: 'one', description: 'd', run() {} };"),
        ("dist/tools/deep/two.js", "export default { name: 'two', description: 'd', run() {} };"),
        ("dist/tools/index.js", "export default { name: 'not' };"),
    ]);
    assert_eq!(names(&found), ["two", "one"]);
}

#[test]
fn large_files_are_read_when_something_of_them_is_used() {
    let filler = format!("const text = '{}';", "x".repeat(300_000));
    let used = format!(
        "{filler} import {{ McpServer }} from '@modelcontextprotocol/sdk/server/mcp.js';
         export const makeServer = () => {{ new McpServer({{}}).tool('used', () => {{}}); }};"
    );
    let unused = format!("{filler} export const other = 1; let broken = = ;");
    let found = read(&[
        ("package.json", r#"{"bin":"a.js","type":"module"}"#),
        (
            "a.js",
            "import { program } from 'commander'; import { makeServer } from './used.js'; import { other } from './unused.js';
             program.option('--x').action(async (options) => { if (options.x) makeServer(); else makeServer(); });",
        ),
        ("used.js", &used),
        ("unused.js", &unused),
    ]);
    assert_eq!(names(&found), ["used", "used"]);
    assert_eq!(found.gaps, []);
}
