/**
 * Progress on stderr: a line that redraws itself on a terminal, a line at the beginning and the
 * end elsewhere, nothing into a file.
 */

import { fstatSync } from "node:fs";

import { formatCount, formatDuration, printAside } from "./output.ts";
import { isTerminal, STDERR } from "./terminal.ts";

export type ProgressStyle = "terminal" | "lines" | "quiet";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const COLUMNS = 80;
export const CLEAR_LINE = "\r\u001B[K";

export class Progress implements Disposable {
  readonly #subject: string;
  readonly #style: ProgressStyle;
  readonly #startedAt = performance.now();
  readonly #write: (text: string) => void;
  #frame = -1;

  constructor(subject: string, style: ProgressStyle = progressStyle(STDERR), write = printAside) {
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
    this.#frame += 1;
    const elapsed = formatDuration(performance.now() - this.#startedAt);
    const text = `${spinnerAt(this.#frame)} covering ${this.#subject}: ${formatCount(directories)} directories, ${elapsed}`;
    this.#write(oneLine(text));
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

/** Something that moves. */
export function spinnerAt(frame: number): string {
  return FRAMES[frame % FRAMES.length] ?? "";
}

/** Drawn over the last one, and cut where the terminal would wrap it. */
export function oneLine(text: string): string {
  // A terminal may know no size of its own, and say 0.
  const { columns } = process.stderr;
  return CLEAR_LINE + text.slice(0, (columns > 0 ? columns : COLUMNS) - 1);
}

export function progressStyle(fd: number): ProgressStyle {
  if (isTerminal(fd)) {
    return "terminal";
  }
  return fstatSync(fd).isFile() ? "quiet" : "lines";
}
