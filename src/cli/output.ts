/**
 * Writing for people and for programs: results on stdout, everything else on stderr.
 */

import type * as ConsolaCore from "consola/core";

import { GityError } from "../base/errors.ts";
import { writeAll } from "../base/write-all.ts";
import { paintFor, STDERR, STDOUT } from "./terminal.ts";

/** A result for a program: one object on one line. */
export function printJson(value: unknown): void {
  printText(`${JSON.stringify(value)}\n`);
}

export function printLines(lines: readonly string[]): void {
  if (lines.length > 0) {
    printText(`${lines.join("\n")}\n`);
  }
}

/**
 * A result, as it is. Who reads no further (`gity list | head -1`) wants no more: no failure.
 *
 * @throws GityError OUTPUT_FAILED
 */
export function printText(text: string): void {
  printStreamed(text);
}

/** As printText(), for what has no end: false when nobody reads any further. @throws GityError */
export function printStreamed(text: string): boolean {
  const failure = write(STDOUT, text);
  if (failure !== undefined && failure.code !== "EPIPE") {
    throw new GityError("OUTPUT_FAILED", `cannot write to standard output: ${failure.reason}`);
  }
  return failure === undefined;
}

/** Beside the result, as it is. What cannot be said here can be said nowhere. */
export function printAside(text: string): void {
  write(STDERR, text);
}

interface WriteFailure {
  /** `ENOSPC`. */
  readonly code: string;
  /** In the system's words. */
  readonly reason: string;
}

function write(fd: number, text: string): WriteFailure | undefined {
  try {
    // Not a Buffer, which takes longer to load than the rest of this to run.
    writeAll(fd, new TextEncoder().encode(text));
    return undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return { code: String(error.code), reason: systemWords(error.message) };
    }
    throw error;
  }
}

/** `ENOSPC: no space left on device, write` as strerror(3) has it. */
function systemWords(message: string): string {
  const [, words = message] = /^[A-Z0-9]+: (.*), \w+$/.exec(message) ?? [];
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * What is said to people, beside the result: consola decides by level (CONSOLA_LEVEL) what is said
 * at all, and this reporter says it in git's grammar. Not its own reporters: they write to stdout,
 * and colour pipes. `throttle: 0` keeps it from holding repeated lines back behind a timer.
 */
let people: ConsolaCore.ConsolaInstance | undefined;

function openPeople(): ConsolaCore.ConsolaInstance {
  // Most commands say nothing, and an import would be a millisecond of each; `import()` is not for
  // functions that say something now.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-require-imports
  const { createConsola, LogLevels } = require("consola/core") as typeof ConsolaCore;
  return createConsola({
    throttle: 0,
    level: Number(process.env["CONSOLA_LEVEL"] ?? LogLevels.info),
    reporters: [
      {
        log: ({ type, args }) => {
          const prefix = type === "warn" ? `${paintFor(STDERR)("warning:", "doubtful")} ` : "";
          printAside(`${prefix}${visible(args.map(String).join(" "))}\n`);
        },
      },
    ],
  });
}

export function printNote(text: string): void {
  people ??= openPeople();
  people.info(text);
}

export function printWarning(text: string): void {
  people ??= openPeople();
  people.warn(text);
}

/** What could not be done, and what to do about it. A hint may have several lines. */
export function printError(message: string, hint: string | undefined): void {
  const paint = paintFor(STDERR);
  printAside(`${paint("error:", "bad")} ${visible(message)}\n`);
  if (hint !== undefined) {
    printAside(`${paint("hint:", "heading")} ${hint.split("\n").map(visible).join("\n")}\n`);
  }
}

/** Names of files are in messages, and must neither break lines nor steer the terminal. */
export function visible(text: string): string {
  // oxlint-disable-next-line no-control-regex -- Control characters are what this is about.
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F]/g, (character) =>
    character === "\n" ? "\\n" : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** Columns as wide as their widest cell, two blanks between them; the last is left ragged. */
export function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) {
      widths[i] = Math.max(widths[i] ?? 0, Bun.stringWidth(cell));
    }
  }
  return rows.map((row) =>
    row
      .map((cell, i) =>
        i === row.length - 1 ? cell : cell + " ".repeat((widths[i] ?? 0) - Bun.stringWidth(cell)),
      )
      .join("  "),
  );
}

/** 1,234,567: the same in every locale, so that output can be compared. */
export function formatCount(count: number): string {
  return count < 1000 ? `${count}` : count.toString().replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** Of an answer: `56 µs`, `1.2 ms`, `3.4 s`. */
export function formatLatency(durationUs: number): string {
  if (durationUs < 1000) {
    return `${Math.round(durationUs)} µs`;
  }
  return durationUs < 1_000_000
    ? `${(durationUs / 1000).toFixed(1)} ms`
    : formatDuration(durationUs / 1000);
}

/** Nothing lasts less than no time, whatever the clock was set to meanwhile. */
export function formatDuration(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 1) {
    return `${Math.max(0, Math.round(durationMs))} ms`;
  }
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min ${Math.floor(seconds % 60)} s`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
