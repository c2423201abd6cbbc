/** Background work in words: what a job does, what it waits for, and what became of it. */

import { formatBytes } from "../base/format-bytes.ts";
import type { JobInfo, JobRun } from "../protocol/api.ts";
import type { JobProgress } from "../protocol/job.ts";
import { formatCount, visible } from "./output.ts";

/** `Receiving objects 42 %, 1.2 MiB, 3.0 MiB/s`: git's words, and a remote's. */
export function describeProgress({
  title,
  percent,
  done,
  bytes,
  bytesPerSecond,
}: JobProgress): string {
  return [
    `${visible(title)} ${percent === null ? formatCount(done ?? 0) : `${percent} %`}`,
    ...(bytes === null ? [] : [formatBytes(bytes)]),
    ...(bytesPerSecond === null ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
  ].join(", ");
}

/** `queued`, or `running: Receiving objects 42 %`. */
export function describeState({ state, progress }: JobInfo): string {
  return progress === null ? state : `${state}: ${describeProgress(progress)}`;
}

/** What it was good for: `received 3.4 MiB`, `1.2 MiB -> 0.9 MiB`; or how it has ended instead. */
export function describeRun(run: JobRun): string {
  const { outcome, receivedBytes, storeBytesBefore, storeBytesAfter } = run;
  if (outcome === "unavailable") {
    return "this git has no such task";
  }
  if (outcome !== "finished") {
    return visible(gitWords(run) ?? outcome);
  }
  if (run.task === "prefetch") {
    return receivedBytes === null
      ? "nothing was received"
      : `received ${formatBytes(receivedBytes)}`;
  }
  if (storeBytesBefore === null || storeBytesAfter === null) {
    return "";
  }
  const [before, after] = [formatBytes(storeBytesBefore), formatBytes(storeBytesAfter)];
  return before === after ? after : `${before} -> ${after}`;
}

/** The line of git's in which it says what is wrong: the first, what follows is a consequence. */
export function gitWords({ complaints }: JobRun): string | undefined {
  const lines = complaintsOf(complaints);
  return lines.find((line) => /^(?:fatal|error): /.test(line)) ?? lines.at(-1);
}

/** What cures it where that is known, else all of it; undefined where one line was all. */
export function moreGitWords({ complaints }: JobRun): string | undefined {
  const lines = complaintsOf(complaints);
  if (lines.some((line) => line.includes("terminal prompts disabled"))) {
    return "gity never asks: have a credential helper, or ssh-agent, keep what the remote wants";
  }
  return lines.length < 2
    ? undefined
    : ["git said", ...lines.map((line) => `  ${line}`)].join("\n");
}

function complaintsOf(complaints: string): readonly string[] {
  return complaints.split("\n").filter((line) => line !== "");
}
