//! Schemas in the forms that programs write them in, beyond plain chains.

use serde_json::{Value as Json, json};

use crate::javascript::tests::{names, program, read};

const SDK: &str = "import { z } from 'zod'; import { zodToJsonSchema } from 'zod-to-json-schema';
    import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'; const server = new McpServer({});";

/// The properties and required names of the one tool `t` that the program registers.
fn shape(text: &str) -> (Vec<String>, Vec<String>) {
    let found = program(&format!("{SDK}{text}"));
    assert_eq!(names(&found), ["t"], "{text}: {:?}", found.gaps);
    let schema = &found.tools[0].input_schema;
    let keys = |key: &str| match &schema[key] {
        Json::Object(map) => map.keys().cloned().collect(),
        Json::Array(items) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    (keys("properties"), keys("required"))
}

fn assert_shapes(cases: &[(&str, &str, &str)]) {
    for (text, properties, required) in cases {
        let (seen, needed) = shape(text);
        assert_eq!((seen.join(" ").as_str(), needed.join(" ").as_str()), (*properties, *required), "{text}");
    }
}

#[test]
fn code_asks_and_unwraps_schemas() {
    assert_shapes(&[
        (
            "const given = { a: z.string().optional(), b: z.string() }; const made = {};
             for (const [name, s] of Object.entries(given)) made[name + '1'] = s.isOptional() ? s.unwrap().nullish() : s;
             server.tool('t', 'd', made, () => {});",
            "a1 b1",
            "b1",
        ),
        (
            "const pick = (name, s) => name === 'x' ? undefined : s; const made = {};
             for (const name of ['x', 'y']) { const s = pick(name, z.string()); if (s) made[name] = s }
             server.tool('t', 'd', made, () => {});",
            "y",
            "y",
        ),
        (
            "const whole = z.object({ a: z.string(), b: z.number() }).refine(() => true);
             const { b, ...rest } = whole.innerType().shape; server.tool('t', 'd', rest, () => {});",
            "a",
            "a",
        ),
        ("server.tool('t', 'd', z.object({ a: z.string() })._def.shape(), () => {});", "a", "a"),
        (
            "const s = z.object({ a: z.string() }); server.tool('t', 'd', 'shape' in s ? s.shape : {}, () => {});",
            "a",
            "a",
        ),
        ("server.tool('t', 'd', { a: z.string().catch('x'), b: z.lazy(() => z.string()).schema }, () => {});", "a b", "b"),
    ]);
}

#[test]
fn a_packages_own_converter_is_followed() {
    let found = program(&format!(
        "{SDK} function json(s) {{
           if (s instanceof z.ZodOptional) return json(s.unwrap());
           if (s instanceof z.ZodDefault) return {{ ...json(s.removeDefault()), default: s._def.defaultValue() }};
           if (s instanceof z.ZodArray) return {{ type: 'array', items: json(s.element) }};
           if (s instanceof z.ZodUnion) return {{ anyOf: s.options.map(json) }};
           switch (s._def.typeName) {{
             case z.ZodFirstPartyTypeKind.ZodEnum: return {{ type: 'string', enum: s.options }};
             case 'ZodString': return {{ type: 'string', ...(s.description ? {{ description: s.description }} : {{}}) }};
           }}
           const properties = {{}}, required = [];
           for (const key in s.shape) {{ properties[key] = json(s.shape[key]); if (!s.shape[key].isOptional()) required.push(key) }}
           return {{ type: s.constructor.name === 'ZodObject' ? 'object' : 'other', properties, required }};
         }}
         server.server.setRequestHandler('tools/list', () => ({{ tools: [{{ name: 't', inputSchema: json(z.object({{
           a: z.string().describe('A'), b: z.array(z.enum(['x'])).default([]), c: z.union([z.string(), z.literal(1)]).optional() }})) }}] }}));"
    ));
    let schema = &found.tools[0].input_schema;
    assert_eq!(schema["properties"]["a"], json!({"type": "string", "description": "A"}));
    assert_eq!(schema["properties"]["b"]["items"], json!({"type": "string", "enum": ["x"]}));
    assert_eq!(schema["properties"]["b"]["default"], json!([]));
    assert_eq!(schema["properties"]["c"]["anyOf"][0], json!({"type": "string"}));
    assert_eq!((&schema["type"], &schema["required"]), (&json!("object"), &json!(["a"])));
}

#[test]
fn named_definitions_and_definitions_given_back_are_known() {
    assert_shapes(&[
        (
            "const json = zodToJsonSchema(z.object({ a: z.string() }), 'In').definitions.In;
             server.registerTool('t', { inputSchema: json }, () => {});",
            "a",
            "a",
        ),
        (
            "import { tool, jsonSchema } from 'a-framework';
             const all = { t: tool({ inputSchema: jsonSchema({ type: 'object', properties: { a: {} }, required: ['a'] }) }) };
             for (const [name, { inputSchema }] of Object.entries(all)) server.registerTool(name, { inputSchema }, () => {});",
            "a",
            "a",
        ),
        ("server.tool({ name: 't', schema: z.object({ a: z.string() }) }, () => {});", "a", "a"),
    ]);
}

#[test]
fn what_only_settings_add_is_no_part_of_a_schema() {
    assert_shapes(&[
        (
            "const s = { a: z.string() }; if (process.env.M) s.b = z.string(); server.tool('t', 'd', s, () => {});",
            "a",
            "a",
        ),
        (
            "const m = process.env.M; server.tool('t', 'd', { a: z.any(), ...(m && { b: z.any() }) }, () => {});",
            "a",
            "",
        ),
        (
            "const m = process.env.M === '1'; server.registerTool('t', { inputSchema: { type: 'object',
             properties: { a: {}, ...(m ? { b: {} } : {}) }, required: ['a', ...(m ? ['b'] : [])] } }, () => {});",
            "a",
            "a",
        ),
        (
            "const m = process.env.M; server.tool('t', 'd', { a: z.any(), ...(m ? {} : { b: z.any() }) }, () => {});",
            "a b",
            "",
        ),
    ]);
}

#[test]
fn settings_that_a_schema_parses_have_its_defaults() {
    let found = program(&format!(
        "{SDK} const env = z.object({{ MODE: z.enum(['ro', 'rw']).default('ro'), N: z.coerce.number().default(5),
           EXTRA: z.string().optional().transform((v) => v === 'true') }}).parse(process.env);
         server.tool('t', `up to ${{env.N}}`, {{ n: z.number().max(env.N) }}, () => {{}});
         if (env.MODE === 'rw') server.tool('write', 'd', () => {{}});
         if (env.EXTRA) server.tool('extra', 'd', () => {{}});"
    ));
    assert_eq!(names(&found), ["t", "write", "extra"]);
    assert_eq!(found.tools[0].description.as_deref(), Some("up to 5"));
    assert_eq!(found.tools[0].input_schema["properties"]["n"]["maximum"], json!(5));
    assert_eq!(found.tools.iter().map(|tool| tool.gated.is_some()).collect::<Vec<_>>(), [false, true, true]);
}

#[test]
fn the_generation_in_use_decides_what_is_required() {
    let required = |range: &str, import: &str| {
        let manifest = format!(r#"{{"bin":"main.js","dependencies":{{"zod":"{range}"}}}}"#);
        let text = format!(
            "import {{ McpServer }} from '@modelcontextprotocol/sdk/server/mcp.js'; import * as z from '{import}';
             new McpServer({{}}).tool('t', 'd', {{ a: z.any(), b: z.preprocess((v) => v, z.string().optional()) }}, () => {{}});"
        );
        let found = read(&[("package.json", &manifest), ("main.js", &text)]);
        found.tools[0].input_schema.get("required").cloned().unwrap_or_default()
    };
    assert_eq!(required("^3.25.0", "zod"), Json::Null);
    assert_eq!(required("^3.25.0", "zod/v4"), json!(["a"]));
    assert_eq!(required("^3.25.0 || ^4.0.0", "zod"), json!(["a"]));
}

#[test]
fn composed_objects_of_typebox_are_one() {
    let found = program(
        "import { Type } from '@sinclair/typebox'; import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
         const some = Type.Partial(Type.Object({ b: Type.String() }));
         new McpServer({}).registerTool('t', { inputSchema: Type.Composite([Type.Object({ a: Type.Number() }), some]) }, () => {});",
    );
    let schema = &found.tools[0].input_schema;
    assert_eq!(schema["properties"], json!({"a": {"type": "number"}, "b": {"type": "string"}}));
    assert_eq!(schema["required"], json!(["a"]));
}
