/**
 * How far jobs are, on stderr: a line that redraws itself on a terminal. And everywhere what they wait for, once
 * and in full: it may take long, and is somebody's to change.
 */

import type { JobInfo } from "../protocol/api.ts";
import { describeProgress } from "./job-text.ts";
import { formatDuration, printAside, visible } from "./output.ts";
import { CLEAR_LINE, oneLine, progressStyle, spinnerAt, type ProgressStyle } from "./progress.ts";
import { STDERR } from "./terminal.ts";

const BAR_WIDTH = 20;
const PERCENT_MAX = 100;

export class JobProgressLine implements Disposable {
  readonly #isTerminal: boolean;
  readonly #write: (text: string) => void;
  readonly #startedAt = performance.now();
  #frame = -1;
  #hasBegun = false;
  #lastReason: string | undefined;

  constructor(style: ProgressStyle = progressStyle(STDERR), write = printAside) {
    this.#isTerminal = style === "terminal";
    this.#write = write;
  }

  /** With those that have not ended. */
  update(jobs: readonly JobInfo[]): void {
    const running = jobs.find(({ state }) => state === "running");
    const shown = running ?? jobs.find(({ waitsFor }) => waitsFor !== null) ?? jobs[0];
    this.#hasBegun ||= running !== undefined;
    if (shown !== undefined && !this.#hasBegun) {
      this.#tellReason(shown);
    }
    if (shown !== undefined && this.#isTerminal) {
      this.#frame += 1;
      const elapsed = formatDuration(performance.now() - this.#startedAt);
      this.#write(oneLine(`${spinnerAt(this.#frame)} ${describe(shown)}, ${elapsed}`));
    }
  }

  /** Nothing of it stays. */
  [Symbol.dispose](): void {
    if (this.#isTerminal) {
      this.#write(CLEAR_LINE);
    }
  }

  #tellReason(job: JobInfo): void {
    if (job.waitsFor !== null && job.waitsFor !== this.#lastReason) {
      this.#lastReason = job.waitsFor;
      this.#write(`${this.#isTerminal ? CLEAR_LINE : ""}${describe(job)}\n`);
    }
  }
}

function describe({ task, waitsFor, progress }: JobInfo): string {
  if (waitsFor !== null) {
    return `'${task}' waits, because ${visible(waitsFor)}`;
  }
  if (progress === null) {
    return task;
  }
  const bar = progress.percent === null ? "" : `${barOf(progress.percent)} `;
  return `${task} ${bar}${describeProgress(progress)}`;
}

function barOf(percent: number): string {
  const full = Math.floor((Math.min(percent, PERCENT_MAX) / PERCENT_MAX) * BAR_WIDTH);
  return `[${"#".repeat(full)}${".".repeat(BAR_WIDTH - full)}]`;
}
