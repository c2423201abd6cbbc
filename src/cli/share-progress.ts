/** How far a mirror is, on stderr: a line that redraws itself on a terminal, nothing elsewhere. */

import { formatBytes } from "../base/format-bytes.ts";
import type { PullProgress } from "../protocol/share.ts";
import { formatCount, printAside, visible } from "./output.ts";
import { CLEAR_LINE, oneLine, progressStyle, type ProgressStyle, spinnerAt } from "./progress.ts";
import { STDERR } from "./terminal.ts";

/** With this, counts and sizes fit into a narrow terminal. */
const BAR_WIDTH = 10;

/** More often nobody can read it. */
const REDRAW_MS = 100;

export class ShareProgressLine implements Disposable {
  readonly #isTerminal: boolean;
  readonly #write: (text: string) => void;
  #frame = -1;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(style: ProgressStyle = progressStyle(STDERR), write = printAside) {
    this.#isTerminal = style === "terminal";
    this.#write = write;
  }

  update(progress: PullProgress, now = performance.now()): void {
    if (!this.#isTerminal || now - this.#drawnAt < REDRAW_MS) {
      return;
    }
    this.#drawnAt = now;
    this.#frame += 1;
    this.#write(oneLine(`${spinnerAt(this.#frame)} ${describe(progress)}`));
  }

  /** Nothing of it stays. */
  [Symbol.dispose](): void {
    if (this.#isTerminal) {
      this.#write(CLEAR_LINE);
    }
  }
}

function describe(progress: PullProgress): string {
  const { path, phase, files, filesTotal, sharedBytes, copiedBytes } = progress;
  const part = filesTotal === 0 ? 1 : Math.min(1, files / filesTotal);
  const full = Math.floor(part * BAR_WIDTH);
  const bar = `[${"#".repeat(full)}${".".repeat(BAR_WIDTH - full)}]`;
  const counts = `${formatCount(files)}/${formatCount(filesTotal)} files`;
  const bytes = `${formatBytes(sharedBytes)} shared, ${formatBytes(copiedBytes)} copied`;
  const what = phase === "checking" ? `checking ${visible(path)}` : visible(path);
  return `${what} ${bar} ${counts}, ${bytes}`;
}
