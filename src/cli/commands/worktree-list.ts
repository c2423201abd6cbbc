/** `gity worktree list`: how is each worktree of a repository, and what does it cost on disk? */

import { resolve } from "node:path";

import { formatBytes } from "../../base/format-bytes.ts";
import type { DiskMeter } from "../../protocol/disk-use.ts";
import { pathValueOf } from "../../protocol/path-value.ts";
import { SHARE_KEY } from "../../protocol/share.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../command.ts";
import { formatCount, printJson, printNote, visible } from "../output.ts";
import { type Dialect, dialectOf } from "../prompt/prompt-dialect.ts";
import { factsOfNow } from "../prompt/prompt-facts.ts";
import { parseFormat, renderFormat } from "../prompt/prompt-format.ts";
import { parseDialect } from "../prompt/show-prompt.ts";
import { quotePath, quoteReadable } from "../quote-path.ts";
import { paintState, printTable } from "../table.ts";
import { type Paint, paintFor, STDOUT } from "../terminal.ts";
import { orWarn } from "../worktree/or-warn.ts";
import { findRegistration, readOwnSettings } from "../worktree/registration.ts";
import { StepLine } from "../worktree/step-line.ts";
import { textOf } from "../worktree/text-of.ts";
import {
  commonDirOf,
  gatherWorktreeFacts,
  type WorktreeFacts,
} from "../worktree/worktree-facts.ts";

export default gityCommand({
  name: "worktree list",
  description:
    "Show the worktrees of a repository: branch, status, how far they are from their upstreams, how they are watched, and what each takes on disk\n" +
    "SIZE is what is allocated for everything in the worktree and in its own git directory, without what all worktrees have in common; SHARED is the part of it in directories declared with 'gity share add'. A file with several names counts once in each worktree; content that files share on btrfs or xfs counts in each.",
  args: {
    path: PATH_ARGUMENT,
    size: {
      type: "boolean",
      default: true,
      description: "and what each takes on disk",
      negativeDescription: "do not add up what each takes on disk",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity worktree list", says: "of the repository of the current folder" },
    { line: "gity worktree list --no-size", says: "without a look at every file" },
    { line: "gity worktree list --json ~/src/big", says: "for a program" },
  ],
  run: async ({ path, size, json }, context) => {
    const commonDir = await commonDirOf(resolve(path));
    const settings = await readOwnSettings(commonDir);
    const registration = await orWarn(() => findRegistration(context, commonDir, settings));
    const gathered = await gatherWorktreeFacts(commonDir, registration);
    const worktrees = size
      ? withSizes(gathered, await context.openDiskMeter(), {
          commonDir: Buffer.from(commonDir, "utf8").toString("latin1"),
          shared: settings.all(SHARE_KEY),
        })
      : gathered;
    if (json) {
      printJson({ commonDir, worktrees: worktrees.map(jsonOf) });
      return 0;
    }
    show(worktrees, { hasStates: registration !== undefined, hasSizes: size });
    return 0;
  },
});

interface MeasuredPlace {
  readonly commonDir: string;
  readonly shared: readonly string[];
}

/** One after the other: they would only wait for the same disk. */
function withSizes(
  worktrees: readonly WorktreeFacts[],
  measure: DiskMeter,
  { commonDir, shared }: MeasuredPlace,
): readonly WorktreeFacts[] {
  using line = new StepLine();
  return worktrees.map((worktree) => {
    const { root, isGone, isBare } = worktree;
    if (isGone || isBare) {
      return worktree;
    }
    const gitDir = worktree.gitDir === commonDir ? null : worktree.gitDir;
    const elsewhere = worktrees.filter((each) => each !== worktree).map((each) => each.root);
    const others = [commonDir, ...elsewhere];
    const disk = measure({ root, gitDir, others, shared }, (entries) => {
      line.say(`looking at '${shownPath(root)}': ${formatCount(entries)} entries`);
    });
    return { ...worktree, disk };
  });
}

interface Columns {
  readonly hasStates: boolean;
  readonly hasSizes: boolean;
}

function show(worktrees: readonly WorktreeFacts[], columns: Columns): void {
  const titles = [
    "BRANCH",
    "STATUS",
    "UPSTREAM",
    ...(columns.hasStates ? ["WATCHED"] : []),
    ...(columns.hasSizes ? ["SIZE", "SHARED"] : []),
    "WORKTREE",
  ];
  const paint = paintFor(STDOUT);
  const dialect = parseDialect("auto") ?? dialectOf("plain", false);
  const rows = worktrees.map((worktree) => describe(worktree, columns, { paint, dialect }));
  printTable(titles, rows, { numbers: new Set(["SIZE", "SHARED"]), paint });
  if (worktrees.some(({ isGone, lockReason }) => isGone && lockReason === null)) {
    printNote(
      "hint: run 'git worktree repair' in one that was moved; 'git worktree prune' forgets those that are gone",
    );
  }
  if (worktrees.some((worktree) => worktree.isReplaced)) {
    printNote("hint: something else is where one was replaced; git forgets it once that is moved");
  }
}

/** As in a prompt. */
const STATUS_FORMAT =
  "[{red}✖{conflicts}{normal} ][{green}+{staged}{normal} ][{yellow}!{unstaged}{normal} ]" +
  "[{blue}?{untracked}{normal} ][{clean:clean} ][{yellow}{operation}{normal}]";
const UPSTREAM_FORMAT = "[⇣{behind}][⇡{ahead}]";

interface Look {
  readonly paint: Paint;
  readonly dialect: Dialect;
}

function describe(
  worktree: WorktreeFacts,
  { hasStates, hasSizes }: Columns,
  look: Look,
): readonly string[] {
  const { root, isGone, state, disk, lockReason } = worktree;
  const shownLock = lockReason === "" || lockReason === null ? "" : `: ${readable(lockReason)}`;
  const lock = lockReason === null ? "" : `  (locked${shownLock})`;
  return [
    branchOf(worktree),
    statusOf(worktree, look),
    upstreamOf(worktree, look),
    ...(hasStates ? [state === null || isGone ? "-" : paintState(state, look.paint)] : []),
    ...(hasSizes
      ? [disk?.bytes, disk?.sharedBytes].map((bytes) =>
          bytes === undefined ? "-" : formatBytes(bytes),
        )
      : []),
    `${shownPath(root)}${lock}`,
  ];
}

const COMMIT_LETTERS = 7;

function branchOf({ branch, commit, isBare }: WorktreeFacts): string {
  if (isBare) {
    return "(bare)";
  }
  return branch === null
    ? `(detached ${commit?.slice(0, COMMIT_LETTERS) ?? ""})`
    : readable(branch);
}

function statusOf(worktree: WorktreeFacts, { paint, dialect }: Look): string {
  const { status, isGone, isReplaced, isBare } = worktree;
  if (isGone) {
    return paint(isReplaced ? "replaced" : "gone", "bad");
  }
  if (status === null) {
    return isBare ? "-" : paint("unknown", "doubtful");
  }
  return render(STATUS_FORMAT, status, dialect);
}

/** Nothing ahead and nothing behind is `=`. */
function upstreamOf({ status }: WorktreeFacts, { dialect }: Look): string {
  if (status === null || status.ahead === null) {
    return "-";
  }
  const shown = render(UPSTREAM_FORMAT, status, dialect);
  return shown === "" ? "=" : shown;
}

function render(
  format: string,
  status: NonNullable<WorktreeFacts["status"]>,
  dialect: Dialect,
): string {
  const { format: parsed } = parseFormat(format);
  return parsed === undefined ? "" : renderFormat(parsed, factsOfNow(status), dialect).trim();
}

/** Bytes that are no text become a sign for that. */
function readable(latin1: string): string {
  return visible(Buffer.from(latin1, "latin1").toString("utf8"));
}

function shownPath(root: string): string {
  const text = textOf(root);
  return text === undefined
    ? quotePath(pathValueOf(Buffer.from(root, "latin1")))
    : quoteReadable(text);
}

function jsonOf(worktree: WorktreeFacts): Record<string, unknown> {
  const { root, branch, commit, isBare, isGone, isReplaced, lockReason, state, status, disk } =
    worktree;
  return {
    root: valueOf(root),
    branch: branch === null ? null : valueOf(branch),
    commit,
    isBare,
    isGone,
    isReplaced,
    lockReason: lockReason === null ? null : valueOf(lockReason),
    state,
    status: status === null ? null : statusJson(status),
    disk,
  };
}

/** Branch and commit are the worktree's own, with or without a status. */
function statusJson({
  branch: _branch,
  commit: _commit,
  upstream,
  ...counts
}: NonNullable<WorktreeFacts["status"]>): Record<string, unknown> {
  return { upstream: upstream === null ? null : valueOf(upstream), ...counts };
}

function valueOf(latin1: string): ReturnType<typeof pathValueOf> {
  return pathValueOf(Buffer.from(latin1, "latin1"));
}
