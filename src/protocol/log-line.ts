/**
 * One line of the daemon's log, as it is stored, sent and shown; and its text, which is the same in the
 * file and on the screen.
 */

import type { z } from "@hono/zod-openapi";

import type { logLine } from "./schemas.ts";

/** From the least important on. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = LogLine["fields"];
export type LogLine = z.infer<typeof logLine>;

/** Which lines somebody wants to see. */
export interface LogQuestion {
  readonly repositoryId?: number;
  readonly worktreeId?: number;
  /** This one, and what is more important. */
  readonly level?: LogLevel;
  /** Of those that match, the last. */
  readonly limit: number;
  /** Only what came before this line. */
  readonly beforeId?: number;
}

export function isLogLevel(word: unknown): word is LogLevel {
  return LOG_LEVELS.some((level) => level === word);
}

/** Whether a line of this level is shown to who wants `lowest` and what is more important. */
export function isAtLeast(level: LogLevel, lowest: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(lowest);
}

/** One line whatever the values hold: paths may have newlines. */
export function formatLogText(message: string, fields: LogFields): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`);
  return [message.replaceAll("\n", "\\n"), ...parts].join(" ");
}

function formatValue(value: LogFields[string]): string {
  return typeof value === "string" && !/^[\w./:@+-]+$/.test(value)
    ? JSON.stringify(value)
    : String(value);
}
