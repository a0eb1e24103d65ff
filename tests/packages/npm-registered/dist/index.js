#!/usr/bin/env node
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { registerAll } from "./tools/index.js";

async function main() {
  const server = new McpServer({ name: "sample", version: "1.2.3" });
  registerAll(server, { allowWrite: process.env.SAMPLE_ALLOW_WRITE === "true" });
  await server.connect(new StdioServerTransport());
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
