/** What `gity worktree list` knows of each worktree, put together from git, the daemon and the disk. */

import { statSync } from "node:fs";

import { GityError } from "../../base/errors.ts";
import { STATUS_TIMEOUT_MS } from "../../base/limits.ts";
import { orUndefined } from "../../base/or-undefined.ts";
import { existingFolder } from "../../git/discover.ts";
import { isReplaced, readLinkedWorktrees } from "../../git/linked-worktrees.ts";
import { readFromGit } from "../../git/pass-to-git.ts";
import { PORCELAIN_OPTIONS } from "../../git/porcelain-status.ts";
import { readOperation, summarize } from "../../git/ready-status.ts";
import { gitFailure, runGit } from "../../git/run.ts";
import { type KnownWorktree, listKnownWorktrees } from "../../git/worktree-list.ts";
import type { DiskUse } from "../../protocol/disk-use.ts";
import type { StatusSummary } from "../../protocol/ready-status.ts";
import { PROGRAM_FORM } from "../../protocol/status-form.ts";
import type { WorktreeState } from "../../protocol/worktree-health.ts";
import { readyStatus } from "../ready-status/ready-status.ts";
import type { Registration } from "./registration.ts";
import { textOf } from "./text-of.ts";

/** Paths and names are one character a byte. */
export interface WorktreeFacts extends KnownWorktree {
  /** Null where it cannot be told. */
  readonly gitDir: string | null;
  readonly isGone: boolean;
  /** It is gone, and something else is in its place. */
  readonly isReplaced: boolean;
  /** Null for one that is gone, or bare, or where git fails. */
  readonly status: StatusSummary | null;
  /** Null for one that is not registered. */
  readonly state: WorktreeState | null;
  /** Null where nobody has looked. */
  readonly disk: DiskUse | null;
}

/** Each is a git that reads an index. */
const STATUSES_AT_ONCE = 2;

/** Of the repository a path is in. @throws GityError NOT_A_REPOSITORY, UNSUPPORTED_PATH, GIT_FAILED */
export async function commonDirOf(path: string): Promise<string> {
  const args = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
  const result = await runGit(args, { cwd: existingFolder(path) });
  if (result.exitCode !== 0) {
    throw result.stderr.includes("not a git repository")
      ? new GityError("NOT_A_REPOSITORY", `'${path}' is not in a git repository`)
      : gitFailure(args, result);
  }
  return existingFolder(Buffer.from(result.stdout.subarray(0, -1)).toString("utf8"));
}

/** Without their sizes. @throws GityError GIT_FAILED */
export async function gatherWorktreeFacts(
  commonDir: string,
  registration: Registration | undefined,
): Promise<readonly WorktreeFacts[]> {
  const common = Buffer.from(commonDir, "utf8").toString("latin1");
  const links = readLinks(common);
  const states = new Map(
    registration?.repository.worktrees.map(({ root, state }) => [root, state]),
  );
  const known = await listKnownWorktrees(commonDir);
  const facts = known.map((worktree, i) => {
    const link = i === 0 ? undefined : links.get(worktree.root);
    return {
      ...worktree,
      gitDir: i === 0 ? common : (link?.gitDir ?? null),
      isGone: worktree.isPrunable || link?.isReplaced === true || !isFolder(worktree.root),
      isReplaced: link?.isReplaced ?? false,
      state: states.get(textOf(worktree.root) ?? "") ?? null,
      disk: null,
    };
  });
  return withStatuses(facts);
}

interface Link {
  readonly gitDir: string;
  readonly isReplaced: boolean;
}

/** By root. Of several with the same, the one that is there. */
function readLinks(commonDir: string): ReadonlyMap<string, Link> {
  const links = new Map<string, Link>();
  for (const worktree of readLinkedWorktrees(commonDir)) {
    const { root, gitDir } = worktree;
    const link = { gitDir, isReplaced: isReplaced(worktree) };
    if (!link.isReplaced || !links.has(root)) {
      links.set(root, link);
    }
  }
  return links;
}

type WithoutStatus = Omit<WorktreeFacts, "status">;

async function withStatuses(
  worktrees: readonly WithoutStatus[],
): Promise<readonly WorktreeFacts[]> {
  const statuses = new Map<WithoutStatus, StatusSummary>();
  const left = worktrees.filter(({ isGone, isBare }) => !isGone && !isBare);
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      // oxlint-disable-next-line no-await-in-loop
      const output = await statusOutput(next.root);
      if (output !== undefined) {
        const gitDir = textOf(next.gitDir ?? "");
        const operation = gitDir === undefined ? null : readOperation(gitDir);
        statuses.set(next, summarize(output, operation));
      }
    }
  };
  await Promise.all(Array.from({ length: STATUSES_AT_ONCE }, work));
  return worktrees.map((worktree) => ({ ...worktree, status: statuses.get(worktree) ?? null }));
}

/** Undefined where git fails: its folder is no worktree any more, or is another user's. */
async function statusOutput(root: string): Promise<Uint8Array | undefined> {
  const text = textOf(root);
  if (text === undefined) {
    // The runtime starts no program in such a folder.
    const place = ["--no-optional-locks", "-C", Buffer.from(root, "latin1")] as const;
    const read = readFromGit([...place, "status", ...PORCELAIN_OPTIONS], "ignore");
    return read.exitCode === 0 ? read.stdout : undefined;
  }
  const ready = await readyStatus(PROGRAM_FORM.words, text);
  if (ready !== undefined) {
    return ready;
  }
  try {
    const result = await runGit(["status", ...PORCELAIN_OPTIONS], {
      cwd: text,
      configuration: "monitored",
      timeoutMs: STATUS_TIMEOUT_MS,
    });
    return result.exitCode === 0 ? result.stdout : undefined;
  } catch (error) {
    if (error instanceof GityError) {
      return undefined;
    }
    throw error;
  }
}

function isFolder(root: string): boolean {
  return orUndefined(() => statSync(Buffer.from(root, "latin1")).isDirectory()) === true;
}
