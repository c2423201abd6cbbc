/**
 * Progress on stderr: a line that redraws itself on a terminal, a line at the beginning and the
 * end elsewhere, nothing into a file.
 */

import { fstatSync } from "node:fs";

import { formatCount, formatDuration, printAside } from "./output.ts";
import { isTerminal, STDERR } from "./terminal.ts";

type Style = "terminal" | "lines" | "quiet";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CLEAR_LINE = "\r\u001B[K";

export class Progress implements Disposable {
  readonly #subject: string;
  readonly #style: Style;
  readonly #startedAt = performance.now();
  readonly #write: (text: string) => void;
  #frame = 0;

  constructor(subject: string, style: Style = styleOf(STDERR), write = printAside) {
    this.#subject = subject;
    this.#style = style;
    this.#write = write;
    if (style === "lines") {
      write(`covering ${subject} …\n`);
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
    this.#write(CLEAR_LINE + text.slice(0, (process.stderr.columns ?? 80) - 1));
  }

  finish(directories: number): void {
    this.#clear();
    if (this.#style !== "quiet") {
      const elapsed = formatDuration(performance.now() - this.#startedAt);
      this.#write(
        `covered ${this.#subject}: ${formatCount(directories)} directories in ${elapsed}\n`,
      );
    }
  }

  [Symbol.dispose](): void {
    this.#clear();
  }

  #clear(): void {
    if (this.#style === "terminal") {
      this.#write(CLEAR_LINE);
    }
  }
}

function styleOf(fd: number): Style {
  if (isTerminal(fd)) {
    return "terminal";
  }
  return fstatSync(fd).isFile() ? "quiet" : "lines";
}
