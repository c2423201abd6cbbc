/**
 * Hooks beside gity's own. The null hook knows nothing, the scan hook looks at everything: a test
 * that fails with one of them, too, wants what no hook can give. (That the index is not written
 * again, say; or it meets a mistake of git's own about files that a monitor calls unchanged.) The
 * counting hook is gity's helper, and keeps its answers: gity could pass by knowing nothing.
 */

import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SCAN_PROGRAM = join(import.meta.dir, "scan-hook.pl");

export interface AnswerCounts {
  readonly answers: number;
  /** How many of them were "anything may have changed". */
  readonly unknownAnswers: number;
}

/** Writes a hook that always answers a fresh token and "/", and returns its path. */
export function writeNullHook(folder: string): string {
  // git forgets what the last token meant as soon as it changes.
  return writeHook(folder, "null-hook", String.raw`printf 'null:%s\0/\0' "$$"`);
}

/** Writes a hook that compares the whole working tree with what it was, and returns its path. */
export function writeScanHook(folder: string): string {
  const scans = join(folder, "scans");
  mkdirSync(scans);
  return writeHook(folder, "scan-hook", `exec perl '${SCAN_PROGRAM}' '${scans}' "$@"`);
}

/** Writes a hook that runs `helper` and keeps each answer in `<folder>/answers`. */
export function writeCountingHook(folder: string, helper: string): string {
  const answers = answersFolder(folder);
  mkdirSync(answers);
  return writeHook(
    folder,
    "counting-hook",
    `answer='${answers}'/$$-$PPID
'${helper}' "$@" >"$answer"
code=$?
cat "$answer"
exit $code`,
  );
}

/** What the counting hook has kept so far. */
export function countAnswers(folder: string): AnswerCounts {
  const names = readdirSync(answersFolder(folder));
  const unknownAnswers = names.filter((name) =>
    readFileSync(join(answersFolder(folder), name), "latin1").includes("\0/\0"),
  ).length;
  return { answers: names.length, unknownAnswers };
}

function answersFolder(folder: string): string {
  return join(folder, "answers");
}

function writeHook(folder: string, name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}
