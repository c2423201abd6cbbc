/**
 * `gity prompt`, as a prompt asks for it: loaded before all other commands, and with as little as it can do with.
 * What is left to the command itself (commands/prompt.ts) are words that no prompt has.
 */

import { PROMPT_MS } from "../../base/limits.ts";
import { writeAll } from "../../base/write-all.ts";
import { hasColours, STDOUT } from "../terminal.ts";
import { type Dialect, type DialectName, dialectOf } from "./prompt-dialect.ts";
import { parseFormat, renderFormat } from "./prompt-format.ts";
import { findFacts } from "./prompt-source.ts";

export const DIALECT_NAMES = ["auto", "ansi", "bash", "zsh", "tmux", "never"] as const;

/** Somebody who would wait longer has no prompt in mind. */
export const PROMPT_MS_MAX = 10_000;

/** Resolves with the exit code; with undefined when this is nothing for it. */
export async function showPrompt(
  words: readonly string[],
  kickDaemon: () => Promise<void>,
): Promise<number | undefined> {
  const values = new Map<string, string>();
  for (const word of words) {
    const end = word.indexOf("=");
    const name = word.slice(0, end);
    if (end === -1 || !OPTIONS.has(name) || end + 1 === word.length) {
      return undefined;
    }
    values.set(name, word.slice(end + 1));
  }
  const { format } = parseFormat(values.get("--format") ?? "default");
  const dialect = parseDialect(values.get("--color") ?? "auto");
  const deadlineMs = parsePromptMs(values.get("--timeout") ?? String(PROMPT_MS));
  if (format === undefined || dialect === undefined || deadlineMs === undefined) {
    return undefined;
  }
  const facts = await findFacts({ deadlineMs, kickDaemon });
  const text = facts === undefined ? "" : renderFormat(format, facts, dialect);
  if (text !== "") {
    write(`${text}\n`);
  }
  return 0;
}

const OPTIONS = new Set(["--format", "--color", "--timeout"]);

/** Asked for or not: a person who set NO_COLOR wants none. */
export function parseDialect(color: string): Dialect | undefined {
  const { NO_COLOR = "" } = process.env;
  const known = DIALECT_NAMES.find((name) => name === color);
  return known === undefined ? undefined : dialectOf(nameOf(known), NO_COLOR === "");
}

function nameOf(name: (typeof DIALECT_NAMES)[number]): DialectName {
  if (name === "auto") {
    return hasColours(STDOUT) ? "ansi" : "plain";
  }
  return name === "never" ? "plain" : name;
}

/** Milliseconds. */
export function parsePromptMs(text: string): number | undefined {
  const limitMs = Number(text);
  return String(limitMs) === text &&
    Number.isInteger(limitMs) &&
    limitMs >= 0 &&
    limitMs <= PROMPT_MS_MAX
    ? limitMs
    : undefined;
}

/** Who does not read any further has no prompt. */
function write(text: string): void {
  try {
    writeAll(STDOUT, new TextEncoder().encode(text));
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) {
      throw error;
    }
  }
}
