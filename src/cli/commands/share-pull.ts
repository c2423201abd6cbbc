/** `gity share pull`: mirror the shared directories from the best other worktree into this one. */

import { resolve } from "node:path";

import { ERRORS } from "../../base/errors.ts";
import type { PullReport } from "../../protocol/share.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT, usageError } from "../command.ts";
import { untilInterrupted } from "../interrupt.ts";
import { printJson } from "../output.ts";
import { ShareProgressLine } from "../share-progress.ts";
import { tellPull } from "../share-report.ts";

const NO = 1;

export default gityCommand({
  name: "share pull",
  description:
    "Mirror the shared directories from the best other worktree: the one in which the files that decide what belongs in them are the same, and that is newest. Content is shared with the source where the file system can (btrfs, xfs), until one of the two is written to.\n" +
    "Each is put in its place in one step, or not at all; what is there is never touched without --replace.\n" +
    "The answer is no (exit code 1) when one is elsewhere, and could not be had.",
  args: {
    path: PATH_ARGUMENT,
    from: { type: "string", description: "take them from this worktree", valueHint: "WORKTREE" },
    clone: {
      type: "boolean",
      default: false,
      description: "the one of --from may be another clone of the same repository",
    },
    "dry-run": { type: "boolean", default: false, description: "only say what would be done" },
    replace: {
      type: "boolean",
      default: false,
      description: "replace what is there, unless it is newer",
    },
    any: {
      type: "boolean",
      default: false,
      description: "also where the lock files are others, or there are none",
    },
    "hard-links": {
      type: "boolean",
      default: false,
      description: "share the files themselves: what is written in one is written in both",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity share pull", says: "into the worktree of the current folder" },
    { line: "gity share pull --dry-run", says: "what would come, and from where" },
    { line: "gity share pull --from ../main --replace", says: "from this one, over what is here" },
  ],
  run: async (args, { openShare }) => {
    if (args.clone && args.from === undefined) {
      throw usageError("--clone goes with --from");
    }
    const share = await openShare();
    return untilInterrupted(async (signal) => {
      const report = await pullWithProgress(async (onProgress) =>
        share.pull(
          {
            path: resolve(args.path),
            from: args.from === undefined ? undefined : resolve(args.from),
            isClone: args.clone,
            isDryRun: args["dry-run"],
            isReplacing: args.replace,
            isAnyKey: args.any,
            hasHardLinks: args["hard-links"],
          },
          onProgress,
          signal,
        ),
      );
      if (args.json) {
        printJson(report);
      } else {
        report.entries.forEach(tellPull);
      }
      return exitCodeOf(report);
    });
  },
});

async function pullWithProgress(
  pull: (onProgress: ShareProgressLine["update"]) => Promise<PullReport>,
): Promise<PullReport> {
  using line = new ShareProgressLine();
  return await pull((progress) => {
    line.update(progress);
  });
}

function exitCodeOf({ entries }: PullReport): number {
  if (entries.some(({ outcome }) => outcome === "failed")) {
    return ERRORS.SHARE_FAILED.exitCode;
  }
  return entries.some(({ outcome }) => outcome === "unavailable" || outcome === "refused") ? NO : 0;
}
