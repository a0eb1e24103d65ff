import { FastMCP } from "fastmcp";
import { z } from "zod";
interface Options { name: string }
const server = new FastMCP<Options>({ name: "seed", version: "1.0.0" } as const);
server.addTool({ name: "read", description: "Reads.", parameters: z.object({ p: z.enum(["a", "b"]) }), execute: async (a) => a.p });
