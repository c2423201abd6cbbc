/** `gity logs`: what has the daemon logged? */

import { resolve } from "node:path";

import { LOG_LINES_READ_MAX } from "../../base/limits.ts";
import { isLogLevel, LOG_LEVELS, type LogLevel } from "../../protocol/log-line.ts";
import { gityCommand, PATH_ARGUMENT, usageError } from "../command.ts";
import { untilInterrupted } from "../interrupt.ts";
import { openLogSource } from "../log-source.ts";
import { printStreamed } from "../output.ts";
import { type LogFormat, showLogs } from "../show-logs.ts";
import { hasColours, STDOUT } from "../terminal.ts";

const LINES_SHOWN = 50;

export default gityCommand({
  name: "logs",
  description: "Show what the daemon has logged about a repository",
  args: {
    path: PATH_ARGUMENT,
    all: {
      type: "boolean",
      default: false,
      description: "of every repository, and of gity itself",
    },
    follow: {
      type: "boolean",
      default: false,
      description: "go on with each line as it is written",
    },
    limit: {
      type: "string",
      default: String(LINES_SHOWN),
      description: "so many lines, the last ones",
      valueHint: "N",
    },
    level: {
      type: "string",
      default: "debug",
      description: "this level and what is more important",
      valueHint: LOG_LEVELS.join("|"),
    },
    json: { type: "boolean", default: false, description: "print one JSON object a line" },
  },
  examples: [
    { line: "gity logs", says: "of the repository of the current folder" },
    { line: "gity logs --all --level warn", says: "what went wrong anywhere" },
    { line: "gity logs --follow ~/src/big", says: "of another one, until Ctrl-C" },
  ],
  run: async ({ path, all, follow, limit, level, json }, context) => {
    const wish = {
      limit: parseLimit(limit),
      level: parseLevel(level),
      isFollowing: follow,
      format: formatOf(json),
    };
    const source = await openLogSource(context, all ? undefined : resolve(path));
    const show = async (signal: AbortSignal): Promise<number> => {
      const enough = new AbortController();
      // Whoever reads has had enough: `gity logs --follow | head`.
      const write = (text: string): void => {
        if (!printStreamed(text)) {
          enough.abort();
        }
      };
      await showLogs(source, wish, write, AbortSignal.any([signal, enough.signal]));
      return 0;
    };
    return untilInterrupted(show, async () => context.hasReader(STDOUT));
  },
});

/** @throws GityError INVALID_REQUEST */
function parseLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (limit < 0 || limit > LOG_LINES_READ_MAX) {
    throw usageError(`'--limit' is a number from 0 to ${LOG_LINES_READ_MAX}, not '${text}'`);
  }
  return limit;
}

/** @throws GityError INVALID_REQUEST */
function parseLevel(text: string): LogLevel {
  if (!isLogLevel(text)) {
    throw usageError(`unknown level '${text}'`, `it is one of ${LOG_LEVELS.join(", ")}`);
  }
  return text;
}

function formatOf(isJson: boolean): LogFormat {
  if (isJson) {
    return "json";
  }
  return hasColours(STDOUT) ? "coloured" : "plain";
}
