import { z } from "zod";

export const common = {
  format: z.enum(["text", "html"]).default("text").describe("Form of the answer"),
};
