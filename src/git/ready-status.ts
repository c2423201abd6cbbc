/**
 * One form of `git status` as the user's git prints it, for keeping; and what its entries come to.
 *
 * Nothing is written: no lock is taken, and the index stays as it is.
 */

import { join } from "node:path";

import { orUndefined } from "../base/or-undefined.ts";
import { readPlainFile } from "../base/read-plain-file.ts";
import { STATUS_BYTES_MAX, STATUS_TIMEOUT_MS } from "../base/limits.ts";
import type { Operation, StatusSummary } from "../protocol/ready-status.ts";
import { isTranslated, type StatusForm } from "../protocol/status-form.ts";
import { runGit, runGitOk } from "./run.ts";
import type { StatusSettings } from "./status-dependencies.ts";

export interface StatusRun {
  readonly root: string;
  readonly settings: StatusSettings;
  /** Whether git may ask whom its configuration names for changes; nobody otherwise. */
  readonly isMonitored: boolean;
  /** Of one that makes way for everything else; its abort ends it. */
  readonly yielding?: AbortSignal | undefined;
}

/** "It took 2.15 seconds to enumerate untracked files": no two runs print the same (wt-status.c). */
const OF_THE_MOMENT = /^It took [\d.]+ seconds /m;

/**
 * What git prints; undefined where it cannot be kept: git complains, or says something that is true of this run
 * only. @throws GityError GIT_FAILED when it did not end, or printed too much
 */
export async function runStatus(
  { words, folder, isTerminal }: StatusForm,
  { root, settings, isMonitored, yielding }: StatusRun,
): Promise<Uint8Array | undefined> {
  const cwd = folderIn(root, folder);
  if (cwd === undefined) {
    return undefined;
  }
  const shows = isTerminal && settings.color === "auto" ? ["-c", "color.status=always"] : [];
  // Not said once more: git would tell submodules, too, and start a daemon of its own for each.
  const asks = isMonitored ? [] : ["-c", "core.fsmonitor=false"];
  const args = [...asks, "-c", "core.hooksPath=/dev/null", ...shows, "status", ...words];
  const { exitCode, stdout, stderr } = await runGit(args, {
    cwd,
    configuration: "user",
    ...(yielding === undefined ? {} : { priority: "polite", signal: yielding }),
    timeoutMs: STATUS_TIMEOUT_MS,
    outputBytesMax: STATUS_BYTES_MAX,
  });
  const isKeepable =
    exitCode === 0 &&
    stderr === "" &&
    !(isTranslated({ words }) && OF_THE_MOMENT.test(Buffer.from(stdout).toString("latin1")));
  return isKeepable ? stdout : undefined;
}

/** Undefined for a name that is not UTF-8, or that leaves the root. */
function folderIn(root: string, folder: string): string | undefined {
  const text = Buffer.from(folder, "latin1").toString("utf8");
  const isSame = Buffer.from(text, "utf8").toString("latin1") === folder;
  return isSame && !folder.split("/").includes("..") ? join(root, text) : undefined;
}

/** Counts what `--porcelain=v2 --branch --show-stash -z` lists. */
export function summarize(output: Uint8Array, operation: Operation | null): StatusSummary {
  const headers = new Map<string, string>();
  const counts = { staged: 0, unstaged: 0, untracked: 0, conflicts: 0 };
  const records = Buffer.from(output).toString("latin1").split("\0");
  for (let i = 0; i < records.length; i += 1) {
    const record = records[i] ?? "";
    switch (record[0]) {
      case "#": {
        const end = record.indexOf(" ", 2);
        headers.set(record.slice(2, end), record.slice(end + 1));
        break;
      }
      case "1":
      case "2":
        counts.staged += record[2] === "." ? 0 : 1;
        counts.unstaged += record[3] === "." ? 0 : 1;
        // What it was renamed from is a record of its own.
        i += record[0] === "2" ? 1 : 0;
        break;
      case "u":
        counts.conflicts += 1;
        break;
      case "?":
        counts.untracked += 1;
        break;
      default:
    }
  }
  const head = headers.get("branch.head");
  const commit = headers.get("branch.oid");
  const tracking = /^\+(\d+) -(\d+)$/.exec(headers.get("branch.ab") ?? "");
  return {
    branch: head === undefined || head === "(detached)" ? null : head,
    commit: commit === undefined || commit === "(initial)" ? null : commit,
    upstream: headers.get("branch.upstream") ?? null,
    ahead: tracking === null ? null : Number(tracking[1]),
    behind: tracking === null ? null : Number(tracking[2]),
    stash: Number(headers.get("stash") ?? 0),
    ...counts,
    operation,
  };
}

/**
 * Which of these paths are in the index; undefined when that cannot be told. Paths from the root, one character a
 * byte. @throws GityError GIT_FAILED
 */
export async function trackedAmong(
  root: string,
  paths: readonly string[],
): Promise<readonly string[] | undefined> {
  const texts = paths.map((path) => Buffer.from(path, "latin1").toString("utf8"));
  if (texts.some((text, i) => Buffer.from(text, "utf8").toString("latin1") !== paths[i])) {
    return undefined;
  }
  const args = ["--literal-pathspecs", "ls-files", "-z", "--", ...texts];
  const output = await runGitOk(args, { cwd: root });
  return Buffer.from(output).toString("latin1").split("\0").slice(0, -1);
}

/** `# branch.head` and `# branch.upstream` of the same output. */
export function namesIn(output: Uint8Array): {
  readonly branch: string | undefined;
  readonly upstream: string | undefined;
} {
  const header = (name: string): string | undefined =>
    new RegExp(`(?:^|\\0)# ${name} ([^\\0]*)`).exec(Buffer.from(output).toString("utf8"))?.[1];
  return { branch: header("branch\\.head"), upstream: header("branch\\.upstream") };
}

/** What somebody is in the middle of, and how far, by the files git keeps meanwhile (wt-status.c). */
export function readOperation(gitDir: string): Operation | null {
  const number = (name: string): number | null => {
    const text = readIfThere(join(gitDir, name));
    return text === undefined || !/^\d+\s*$/.test(text) ? null : Number(text);
  };
  const isThere = (name: string): boolean => readIfThere(join(gitDir, name)) !== undefined;
  const total = number("rebase-merge/end");
  if (total !== null || isThere("rebase-merge/head-name")) {
    return { kind: "rebase", step: number("rebase-merge/msgnum"), total };
  }
  const next = number("rebase-apply/next");
  if (next !== null) {
    const kind = isThere("rebase-apply/applying") ? "am" : "rebase";
    return { kind, step: next, total: number("rebase-apply/last") };
  }
  const mark = MARKS.find(([name]) => isThere(name));
  return mark === undefined ? null : { kind: mark[1], step: null, total: null };
}

const MARKS = [
  ["MERGE_HEAD", "merge"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["BISECT_LOG", "bisect"],
] as const satisfies readonly (readonly [name: string, kind: Operation["kind"]])[];

function readIfThere(path: string): string | undefined {
  return orUndefined(() => readPlainFile(path, "utf8"));
}
