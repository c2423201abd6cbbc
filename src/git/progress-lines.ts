/**
 * git's progress, as it draws it on a terminal (progress.c), taken apart: lines end with a carriage return
 * while they are to be drawn over, and with a newline when they are done.
 */

import { COMPLAINT_CHARACTERS_MAX } from "../base/limits.ts";
import type { JobProgress } from "../protocol/job.ts";

/** `Title: 42% (21/50), 1.20 MiB | 3.00 MiB/s`, or `Title: 21` where nobody knows of how many; of a remote
 *  behind `remote: `. More digits than git's counters have are a remote's joke. */
const PROGRESS =
  /^(?:remote: )?(?<title>[A-Z][^:]{1,80}):\s+(?:(?<percent>\d{1,3})% \((?<done>\d{1,15})\/(?<total>\d{1,15})\)|(?<count>\d{1,15}))(?<rest>(?:,.*)?)\s*$/;

/** throughput_string() of progress.c: size so far, and rate. */
const THROUGHPUT =
  /, (?<size>\d{1,12}(?:\.\d{1,2})?) (?<sizeUnit>[KMG]iB|bytes?)(?: \| (?<rate>\d{1,12}(?:\.\d{1,2})?) (?<rateUnit>[KMG]iB|bytes?)\/s)?/;

/** strbuf_humanise() of strbuf.c. */
const UNITS: Readonly<Record<string, number>> = {
  byte: 1,
  bytes: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

const PERCENT_MAX = 100;

/** Undefined for a line that is something else: a message for people. */
export function parseProgress(line: string): JobProgress | undefined {
  const groups = PROGRESS.exec(line)?.groups;
  const title = groups?.["title"];
  if (groups === undefined || title === undefined) {
    return undefined;
  }
  const { percent, done, total, count, rest = "" } = groups;
  const throughput = THROUGHPUT.exec(rest)?.groups;
  return {
    title,
    percent: percent === undefined ? null : Math.min(PERCENT_MAX, Number(percent)),
    done: numberOr(done ?? count),
    total: numberOr(total),
    bytes: bytesOf(throughput?.["size"], throughput?.["sizeUnit"]),
    bytesPerSecond: bytesOf(throughput?.["rate"], throughput?.["rateUnit"]),
  };
}

function numberOr(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function bytesOf(amount: string | undefined, unit: string | undefined): number | null {
  const factor = UNITS[unit ?? ""];
  return amount === undefined || factor === undefined ? null : Math.round(Number(amount) * factor);
}

/** Cuts what comes in pieces into lines. A line that is longer than anybody reads is cut off. */
export class LineCutter {
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const parts = `${this.#rest}${text}`.split(/[\r\n]+/);
    this.#rest = (parts.pop() ?? "").slice(0, COMPLAINT_CHARACTERS_MAX);
    for (const part of parts) {
      this.#tell(part);
    }
  }

  /** What has no end yet is a line as well. */
  end(): void {
    this.#tell(this.#rest);
    this.#rest = "";
  }

  #tell(line: string): void {
    // A remote's progress ends with "clear to the end of the line" (sideband.c). Whatever else a remote says is
    // shown on somebody's terminal later.
    const text = Bun.stripANSI(line)
      .replaceAll(/\p{Cc}/gu, " ")
      .trimEnd();
    if (text !== "") {
      this.#onLine(text.slice(0, COMPLAINT_CHARACTERS_MAX));
    }
  }
}
