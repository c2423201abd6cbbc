/**
 * Progress on stderr: a line that redraws itself on a terminal, a line at the beginning and the
 * end elsewhere, nothing into a file.
 */

import { fstatSync } from "node:fs";

import { formatCount, formatDuration } from "./output.ts";

type Style = "terminal" | "lines" | "quiet";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CLEAR_LINE = "\r\u001B[K";
const STDERR_FD = 2;

export class Progress implements Disposable {
  readonly #subject: string;
  readonly #style: Style;
  readonly #startedAt = performance.now();
  #frame = 0;

  constructor(subject: string, style: Style = styleOf(STDERR_FD)) {
    this.#subject = subject;
    this.#style = style;
    if (style === "lines") {
      process.stderr.write(`covering ${subject} …\n`);
    }
  }

  update(directories: number): void {
    if (this.#style !== "terminal") {
      return;
    }
    const frame = FRAMES[this.#frame % FRAMES.length] ?? "";
    this.#frame += 1;
    const elapsed = formatDuration(performance.now() - this.#startedAt);
    const text = `${frame} covering ${this.#subject}: ${formatCount(directories)} directories, ${elapsed}`;
    process.stderr.write(CLEAR_LINE + text.slice(0, (process.stderr.columns ?? 80) - 1));
  }

  finish(directories: number): void {
    this.#clear();
    if (this.#style !== "quiet") {
      const elapsed = formatDuration(performance.now() - this.#startedAt);
      process.stderr.write(
        `covered ${this.#subject}: ${formatCount(directories)} directories in ${elapsed}\n`,
      );
    }
  }

  [Symbol.dispose](): void {
    this.#clear();
  }

  #clear(): void {
    if (this.#style === "terminal") {
      process.stderr.write(CLEAR_LINE);
    }
  }
}

function styleOf(fd: number): Style {
  if (process.stderr.isTTY) {
    return "terminal";
  }
  return fstatSync(fd).isFile() ? "quiet" : "lines";
}
