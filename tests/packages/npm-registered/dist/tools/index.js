import { z } from "zod";
import { common } from "./common.js";

export function registerAll(server, options) {
  server.registerTool(
    "read_note",
    {
      title: "Read a note",
      description: "Reads one note and gives its text.",
      inputSchema: { ...common, path: z.string().min(1).describe("Where the note lies") },
      annotations: { readOnlyHint: true },
    },
    async ({ path }) => ({ content: [{ type: "text", text: path }] }),
  );
  if (options.allowWrite) {
    server.tool("delete_note", "Deletes one note for good.", { path: z.string() }, { destructiveHint: true }, async () => ({ content: [] }));
  }
}
