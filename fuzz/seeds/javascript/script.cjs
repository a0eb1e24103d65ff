const { Server } = require("@modelcontextprotocol/sdk/server/index.js");
const { ListToolsRequestSchema } = require("@modelcontextprotocol/sdk/types.js");
const server = new Server({ name: "seed" }, {});
const TOOLS = [{ name: "read", description: "Reads.", inputSchema: { type: "object", properties: { p: { type: "string" } } } }];
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [...TOOLS] }));
