import { registerAll } from "./index.js";

export function registerOld(server) {
  server.tool("old_tool", "Nothing calls this file.", async () => ({ content: [] }));
  registerAll(server, {});
}
