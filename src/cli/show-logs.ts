/**
 * Lines of the log for people, or for a program: those that are there, and then those that come.
 */

import { LOG_LINES_READ_MAX } from "../base/limits.ts";
import { formatLogText, isAtLeast, type LogLevel, type LogLine } from "../protocol/log-line.ts";
import type { LogSource } from "./log-source.ts";
import { visible } from "./output.ts";

export interface LogWish {
  readonly limit: number;
  /** This one, and what is more important. */
  readonly level: LogLevel;
  readonly isFollowing: boolean;
  readonly format: LogFormat;
}

export type LogFormat = "plain" | "coloured" | "json";

const COLOURS: Readonly<Record<LogLevel, string>> = {
  debug: "\u001B[2m",
  info: "\u001B[32m",
  warn: "\u001B[33m",
  error: "\u001B[31m",
};
const COLOUR_END = "\u001B[0m";

/** As wide as the widest level. */
const LEVEL_WIDTH = 5;

/** Ends after the last line, or with following, when the signal is aborted or there will be no more. */
export async function showLogs(
  source: LogSource,
  { limit, level, isFollowing, format }: LogWish,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const following = isFollowing ? source.follow(signal)[Symbol.asyncIterator]() : undefined;
  // Begun before the rest is read, so that little can come in between.
  const first = following?.next();
  // What becomes of it is seen below, unless reading fails before.
  first?.catch(() => {});
  let lastId = 0;
  const show = (lines: readonly LogLine[]): void => {
    const wanted = lines.filter((line) => line.id > lastId && isAtLeast(line.level, level));
    lastId = Math.max(lastId, lines.at(-1)?.id ?? 0);
    if (wanted.length > 0) {
      write(wanted.map((line) => `${formatLogLine(line, format)}\n`).join(""));
    }
  };
  // One at least, to know from where on a line is new.
  const stored = await source.read({ limit: Math.max(1, limit), level });
  show(stored.slice(Math.max(0, stored.length - limit)));
  lastId = stored.at(-1)?.id ?? 0;
  if (following === undefined) {
    return;
  }
  let isMissing = true;
  let result = await first;
  while (result?.done === false) {
    const line = result.value;
    if (isMissing || line === "gap") {
      // What came in between; at first that is what did since it was read.
      const before = line === "gap" ? {} : { beforeId: line.id };
      show(await source.read({ limit: LOG_LINES_READ_MAX, level, ...before }));
      isMissing = false;
    }
    if (line !== "gap") {
      show([line]);
    }
    result = await following.next();
  }
}

export function formatLogLine(line: LogLine, format: LogFormat): string {
  if (format === "json") {
    return JSON.stringify(line);
  }
  const word = line.level.padEnd(LEVEL_WIDTH);
  const level = format === "coloured" ? `${COLOURS[line.level]}${word}${COLOUR_END}` : word;
  const time = new Date(line.atMs).toISOString();
  return `${time}  ${level}  ${visible(formatLogText(line.message, line.fields))}`;
}
