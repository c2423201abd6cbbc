/** What `git status` says, for programs: `gity status --json`. The shape is in protocol/schemas.ts. */

import type { z } from "@hono/zod-openapi";

import type { statusEntry, statusReport } from "./schemas.ts";

export const STATUS_KINDS = [
  "changed",
  "renamed",
  "copied",
  "unmerged",
  "untracked",
  "ignored",
] as const;

export type StatusKind = (typeof STATUS_KINDS)[number];
export type StatusEntry = z.infer<typeof statusEntry>;
export type StatusReport = z.infer<typeof statusReport>;
