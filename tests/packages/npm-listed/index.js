"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
const index_js_1 = require("@modelcontextprotocol/sdk/server/index.js");
const types_js_1 = require("@modelcontextprotocol/sdk/types.js");
const tools = require("./tools.json");

const server = new index_js_1.Server({ name: "sample", version: "0.1.0" }, { capabilities: { tools: {} } });
server.setRequestHandler(types_js_1.ListToolsRequestSchema, async () => ({
  tools: tools.map(({ id, text, required }) => ({
    name: `sample_${id}`,
    description: text.join(" "),
    inputSchema: {
      type: "object",
      properties: Object.fromEntries(required.map((name) => [name, { type: "string" }])),
      required,
    },
  })),
}));
